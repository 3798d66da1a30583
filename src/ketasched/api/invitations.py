"""Invitations as mails in a folder: `ketasched invite`, from Python, too."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack, get_args

from ketasched.api.moments import Moment
from ketasched.api.publication import Paths, Publication, PublishedCourses, Read, courses_in_all
from ketasched.errors import BadRequest, Refused, command_line
from ketasched.exchange.invitation_mail import invitation_mail
from ketasched.exchange.invitation_record import (
    RECORD,
    OutboxRecord,
    parse_record,
    record_bytes,
    with_files,
)
from ketasched.exchange.invitations import (
    Attendee,
    Invitation,
    due_invitations,
    invitations,
    remembered,
)
from ketasched.files.outbox import outbox, read_record_file, write_mails
from ketasched.model import Clinic, Course

BOTH: tuple[Attendee, ...] = get_args(Attendee)


class InvitationOptions(TypedDict, total=False):
    """Who is invited: `attendees` are "patient" or "driver". A `dry_run` writes nothing."""

    attendees: Sequence[Attendee]
    dry_run: bool


def invite(
    courses: Paths,
    folder: str | Path,
    *,
    at: Moment,
    clinic: Clinic | None = None,
    **options: Unpack[InvitationOptions],
) -> Publication[Invitation]:
    """Write invitations as mails into a folder, as the command `invite` does; nothing is sent.

    `courses` are paths of course files or of patients' folders. Only what is new, changed or
    ended since the last time is written. Raises `BadFile`, `BadRequest`, `Refused`.
    """
    return write_invitations(courses_in_all(courses, at, clinic), folder, **options)


def write_invitations(
    read: Read, folder: str | Path, *, attendees: Sequence[Attendee] = BOTH, dry_run: bool = False
) -> Publication[Invitation]:
    """Write the mails that are due of what is read. Raises `BadFile`, `BadRequest`, `Refused`."""
    folder = Path(folder)
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(outbox(folder))
        found, record = read(), folder / RECORD
        sent = parse_record(read_record_file(record), str(record))
        read_now = _revisions(found, sent)
        due = {one.key: one for one in _due(found, sent.invitations, attendees)}
        invited = {one.course_id for one in (*sent.invitations, *due.values())}
        new = {key: number for key, number in read_now.items() if key in invited}
        revisions = {**sent.revisions, **new}
        written, named = with_files(sent.written, due.values())
        if (due or revisions != sent.revisions) and not dry_run:
            now = max(one.now for one in found)
            _write(folder, replace(sent, written=written, revisions=revisions), named, now)
    counts = Counter({"new": 0, "changed": 0, "called off": 0})
    counts.update({"invited": "new"}.get(one.what, one.what) for one in named)
    return Publication(named, counts, found)


def _revisions(found: Sequence[PublishedCourses], sent: OutboxRecord) -> Mapping[str, int]:
    """The revisions of the courses by their ids.

    Raises `Refused` for a course that is older than what was sent of it.
    """
    for published in found:
        for course in published.courses:
            last = sent.revisions.get(course.course_id, 0)
            if course.revision < last:
                raise _stale(course, last, is_file=published.source == "files")
    return {one.course_id: one.revision for published in found for one in published.courses}


def _stale(course: Course, last: int, *, is_file: bool) -> Refused:
    said = f"the invitations of {course.patient} are of revision {last}"
    if is_file:
        newer = command_line("invite", course.patient, "-o", "DIR")
        step = f"name the folder of the newer one, or, if it is in your register: {newer}"
    else:
        newer = command_line("register", "import", "FOLDER")
        step = f"with the folder of the newer one: {newer}"
    return Refused(f"{said}; this is revision {course.revision}", next_step=step)


def _due(
    found: Sequence[PublishedCourses], sent: Sequence[Invitation], attendees: Sequence[str]
) -> Iterator[Invitation]:
    """What is to be sent of these courses, to these attendees. Raises `BadRequest`."""
    known = [one for one in sent if one.attendee in attendees]
    for published in found:
        owner = published.owner if published.source != "files" else ""
        today = [
            one
            for course in published.courses
            for one in invitations(course, published.clinic.email or course.clinic.email, owner)
            if one.attendee in attendees
        ]
        if any(not one.organizer for one in today):
            said = "invitations need the clinic's e-mail address, which answers go to"
            file = published.clinic_file
            where = file or "the clinic's file"
            step = f'in {where}: email = "appointments@example.org"'
            step += "" if file else "\nthen: --clinic FILE"
            raise BadRequest("clinic", said, next_step=step)
        now = published.now.astimezone(UTC)
        yield from due_invitations(known, today, published.courses, now, published.whole_register)


def _write(folder: Path, sent: OutboxRecord, due: Sequence[Invitation], now: datetime) -> None:
    """Write the mails, and the record of them before and after.

    Whoever is killed in between has the mails in the record as pending: the next time they are
    written again, which is harmless, or, if they no longer hold, called off.
    """
    known = {one.key: one for one in (*sent.invitations, *due)}
    before = replace(sent, invitations=[*known.values()])
    known |= {one.key: replace(one, pending=False) for one in due}
    after = replace(sent, invitations=remembered(known.values(), now.astimezone(UTC)))
    mails = {one.file: invitation_mail(one, now) for one in due}
    write_mails(folder, mails, (RECORD, record_bytes(before)), (RECORD, record_bytes(after)))
