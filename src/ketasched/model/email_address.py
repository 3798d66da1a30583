"""E-mail addresses, as far as a text alone can tell that it is one."""

from ketasched.model.keys import Key

_CHARACTER = (
    r'[^\s@,;:<>()\[\]\\"\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u206f\u3000\ufeff'
    # Characters that may be shown as nothing: Unicode's Default_Ignorable_Code_Point.
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffb]"
)

EMAIL = Key(
    pattern=rf"((?=.{{3,254}}$){_CHARACTER}{{1,64}}@{_CHARACTER}+)?",
    form='an e-mail address such as "ana@example.org"',
)
"""The key of an address, which may be empty.

An address has one "@", at most 254 characters (RFC 5321, 4.5.3.1.3, without the brackets), and no
space, control or separator of addresses: nothing of it can become another header of a mail.
Letters of any script, and dots anywhere, occur in addresses that work.
"""


def read_email(text: str) -> str:
    """The address in this text. Raises `ValueError` for any other text, also for an empty one."""
    if not text or (problem := EMAIL.refusal(text)):
        raise ValueError(problem if text else f"expected {EMAIL.form}")
    return text
