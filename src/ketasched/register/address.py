"""The address of a register: what is a URL, and what of it may be shown."""

import re
from urllib.parse import unquote

LIKE_A_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:|^\w*//|:[^/\\]*@|\bpassword\s*=")
"""A scheme of two or more letters, as a Windows drive has one; slashes as after a scheme; a name
and a password, wherever they stand.
"""


def is_url(address: str) -> bool:
    """Whether an address is a URL, also one that is misspelled; otherwise it is a path."""
    return "://" in address or LIKE_A_URL.search(address) is not None


def has_second_at(url: str) -> bool:
    """Whether a URL has a second "@", so that a part of the password would be read as the host."""
    place = url.partition("@")[2].partition("?")[0]
    return "@" in place


def without_secrets(text: str, secrets: list[str]) -> str:
    """The text with each of the secrets, also percent-encoded ones, as "***"."""
    found = {one for secret in secrets for one in (secret, unquote(secret)) if one}
    for secret in sorted(found, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
    return text
