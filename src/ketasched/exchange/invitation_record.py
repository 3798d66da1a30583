"""What invitations were sent, in a file beside their mails: `RECORD`, in a format of its own.

A mail may be gone as soon as it is written, so the record alone says what attendees know.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from ketasched.errors import BadFile
from ketasched.exchange.invitations import Invitation

RECORD, FORMAT = "invitations.json", 1

FILE_NAME = re.compile(r"\d{6,12}-\w{0,8}\.eml")

MOMENTS = ("start", "end", "made")


@dataclass(frozen=True, slots=True)
class OutboxRecord:
    """How many mails have been written in this folder, and the invitations that were sent.

    `revisions` has, by the course's id, the revision that was looked at last.
    """

    written: int = 0
    invitations: Sequence[Invitation] = ()
    revisions: Mapping[str, int] = field(default_factory=dict)


def parse_record(data: bytes | None, place: str) -> OutboxRecord:
    """The record in the `data` of its file, None if there is none.

    Raises `BadFile`, with the `place`, for a record that is none of ours.
    """
    if data is None:
        return OutboxRecord()
    try:
        found = json.loads(data)
        rows = {FORMAT: found["invitations"]}[found["format"]]
        revisions = {str(one): int(number) for one, number in found["revisions"].items()}
        return OutboxRecord(int(found["written"]), [_invitation(row) for row in rows], revisions)
    except (ValueError, KeyError, TypeError, AttributeError):
        said = f"{place}: this is no record of invitations that ketasched has written"
        step = "invite into another folder: everybody gets all invitations once more"
        raise BadFile(said, next_step=step) from None


def record_bytes(record: OutboxRecord) -> bytes:
    """The record's file; the revisions are those of courses that somebody is invited to."""
    rows = [asdict(one) for one in record.invitations]
    courses = dict.fromkeys(one.course_id for one in record.invitations)
    revisions = {one: record.revisions[one] for one in courses if one in record.revisions}
    found = {
        "format": FORMAT,
        "written": record.written,
        "revisions": revisions,
        "invitations": rows,
    }
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
