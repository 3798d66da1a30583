"""What invitations were sent, in a file beside their mails: `RECORD`, in a format of its own.

A mail may be gone as soon as it is written, so the record alone says what attendees know.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from ketasched.errors import BadFile
from ketasched.events.event import EventStatus
from ketasched.exchange.invitations import Attendee, Invitation
from ketasched.model import text_problem
from ketasched.model.email_address import read_email
from ketasched.model.field_types import refuse_wrong_types
from ketasched.model.values import FIRST_YEAR, LAST_YEAR

RECORD, FORMAT = "invitations.json", 1

FILE_NAME = re.compile(r"\d{6,12}-\w{0,8}\.eml")

MOMENTS = ("start", "end", "made")

LARGEST = 2**31 - 1
"""The largest number in a calendar (RFC 5545, 3.3.8)."""


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
        if not isinstance(rows, list):  # an empty table would be a record of nothing
            raise TypeError  # noqa: TRY301 - said below
        revisions = {one: _number(number) for one, number in found["revisions"].items()}
        written = _number(found["written"])
        return OutboxRecord(written, [_invitation(row) for row in rows], revisions)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        # `OSError`: a zone is looked for in a file of its name, which may be too long for one.
        said = f"{place}: this is no record of invitations that ketasched has written"
        # In a new record SEQUENCE begins anew, and a calendar keeps what has a higher one.
        step = "restore the file from a backup\nif there is none, invite into another folder: "
        step += "calendars may ignore a new invitation to a date that was changed before"
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
    refuse_wrong_types(found, "Invitation")
    texts = "".join(value for value in row.values() if isinstance(value, str))
    is_ours = (
        found.attendee in get_args(Attendee)
        and found.status in get_args(EventStatus)
        and all(at.tzinfo and FIRST_YEAR <= at.year <= LAST_YEAR for at in moments.values())
        and (FILE_NAME.fullmatch(found.file) or not (found.file or found.pending))
        and not text_problem(texts, lines=True, most=len(texts))
    )
    if not is_ours:
        raise ValueError
    # Each raises an error for what is none.
    read_email(found.to), read_email(found.organizer), ZoneInfo(found.zone)
    _number(found.sequence), _number(found.alarm or 0)
    return found


def _number(value: object) -> int:
    """A number of the record. Raises `ValueError` for what is no such number in a calendar."""
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise ValueError
    return value
