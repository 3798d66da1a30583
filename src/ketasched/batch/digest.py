"""Digests: whether a file, a clinic or a row is still what it was."""

import hashlib
from pathlib import Path


def sha(data: bytes) -> str:
    """The SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha_of(path: Path) -> str:
    """The SHA-256 of a file, "" if there is none that can be read."""
    try:
        return sha(path.read_bytes())
    except OSError:
        return ""
