"""Digests: whether a file, a clinic or a row is still what it was."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from ketasched.batch.records import Desk, Settings
from ketasched.batch.shared_calendars import busy_of
from ketasched.files.codec import plain
from ketasched.files.roster import Row, request_of_row

VERSION = version("ketasched")
"""Another version may write other files of the same row."""


def sha(data: bytes) -> str:
    """The SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha_of(path: Path) -> str:
    """The SHA-256 of a file, "" if there is none that can be read."""
    try:
        return sha(path.read_bytes())
    except OSError:
        return ""


def asked_of(row: Row, settings: Settings) -> str:
    """The digest of what a row asks for: its own words, and how its dates are read."""
    return sha(json.dumps((sorted(row.texts.items()), settings.date_order)).encode())


def input_of(row: Row, asked: str, desk: Desk, settings: Settings) -> str:
    """The digest of all that a row's files are made from; `asked` is that of its own words.

    The moment of planning is left out, and who sits on the other chairs. Raises `BadRequest` where
    calendars count and the row cannot be read, or reaches further than they were read.
    """
    made_from: list[object] = [asked, desk.digest, settings.formats, VERSION]
    if desk.agenda:
        # What nobody asked for leaves the digest as it was.
        busy = busy_of(request_of_row(row, settings.date_order), desk)
        made_from += [plain(busy)] if busy else []
    return sha(json.dumps(made_from).encode())
