"""Records of a course besides its visits: the clearance, and what its protocol requires."""

from datetime import datetime

from ketasched.errors import BadRequest
from ketasched.model import Change, Course, quote
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.wall_clock import day_text
from ketasched.revising.intents import Draft, pinned_draft
from ketasched.rules import Clearance


def record_drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The draft of a change that adds a record: every visit and review stays.

    Raises `BadRequest` if there is no record, if it has a name that the protocol does not ask for,
    or if its day is still to come.
    """
    record = change.record
    if record is None:
        said = "expected the clinician whose clearance is recorded"
        raise BadRequest("by", said, next_step="--by NAME")
    known = tuple(dict.fromkeys((Clearance.name, *course.protocol.requires)))
    if record.what not in known:
        said = f"expected {' or '.join(known)}, not {quote(record.what)}"
        step = f"--what {known[-1]}" if len(known) > 1 else "the same without --what"
        raise BadRequest("what", f"{said}{did_you_mean(record.what, known)}", next_step=step)
    if record.on > now.date():
        said = f"{day_text(record.on)} is still to come (today is {day_text(now.date())})"
        raise BadRequest("on", said, next_step="the day on which it was given")
    return [pinned_draft(course.visits, course.companions)]


def record_text(change: Change) -> str:
    """What a record says, for the history: "clearance recorded: Tue 1 Dec 2026, Dr. Lee"."""
    record = change.record
    return f"{record.what} recorded: {day_text(record.on)}, {record.by}" if record else ""
