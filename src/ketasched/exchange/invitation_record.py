"""What invitations were sent, in a file beside their mails: `RECORD`, in a format of its own.

A mail may be gone as soon as it is written, so the record alone says what attendees know.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from ketasched.errors import BadFile
from ketasched.exchange.invitations import Invitation

RECORD, FORMAT = "invitations.json", 1

FILE_NAME = re.compile(r"\d{6,12}-\w{0,8}\.eml")

MOMENTS = ("start", "end", "made")


def parse_record(data: bytes | None, place: str) -> tuple[int, list[Invitation]]:
    """How many mails have been written in this folder, and the invitations that were sent.

    `data` are those of the record's file, None if there is none. Raises `BadFile`, with the
    `place`, for a record that is none of ours.
    """
    if data is None:
        return 0, []
    try:
        found = json.loads(data)
        rows = {FORMAT: found["invitations"]}[found["format"]]
        return int(found["written"]), [_invitation(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError):
        said = f"{place}: this is no record of invitations that ketasched has written"
        step = "invite into another folder: everybody gets all invitations once more"
        raise BadFile(said, next_step=step) from None


def record_bytes(written: int, invitations: Iterable[Invitation]) -> bytes:
    """The record's file."""
    rows = [asdict(one) for one in invitations]
    found = {"format": FORMAT, "written": written, "invitations": rows}
    text = json.dumps(found, ensure_ascii=False, indent=1, default=datetime.isoformat)
    return f"{text}\n".encode()


def file_name(number: int, one: Invitation) -> str:
    """The name of a mail's file, which tells of nobody; sorted, they are in order of writing."""
    return f"{number:06d}-{''.join(filter(str.isalnum, one.uid))[:8]}.eml"


def with_files(written: int, due: Iterable[Invitation]) -> tuple[int, list[Invitation]]:
    """The invitations as pending, each with the name of its file; pending ones keep theirs.

    Also how many mails have been written once these are.
    """
    named = list[Invitation]()
    for one in due:
        if not one.pending:
            written += 1
            one = replace(one, file=file_name(written, one), pending=True)
        named.append(one)
    return written, named


def _invitation(row: dict[str, Any]) -> Invitation:
    moments = {name: datetime.fromisoformat(row[name]) for name in MOMENTS}
    found = Invitation(**{**row, **moments})
    if found.file and not FILE_NAME.fullmatch(found.file):
        raise ValueError
    return found
