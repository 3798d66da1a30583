"""Digests, which tell whether a file, a clinic or a row is still what it was."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from ketasched.batch.records import Digests, Settings, Site
from ketasched.files.codec import plain
from ketasched.files.disk import read_bytes
from ketasched.files.roster import Row
from ketasched.model import Request

VERSION = version("ketasched")
"""Part of the digests: another version may write other files for the same row."""


def sha(data: bytes) -> str:
    """The SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha_of_file(path: Path) -> str:
    """The SHA-256 of a file, "" if there is none that can be read; a link is none."""
    try:
        return sha(read_bytes(path, follows=False))
    except OSError:
        return ""


def digests_of(row: Row, request: Request, site: Site, settings: Settings) -> Digests:
    """The digests of a row, which becomes this request.

    `asked` is the digest of the row's own words, and of how its dates are read; `input` that of
    all that the files are made from, without the moment of planning and other patients' visits.
    """
    asked = sha(json.dumps((sorted(row.texts.items()), settings.date_order)).encode())
    made_from: list[object] = [asked, site.digest, settings.formats, VERSION]
    if request.busy:  # a row without busy times has the digest of a run without calendars
        made_from.append(plain(request.busy))
    return Digests(asked, sha(json.dumps(made_from).encode()))
