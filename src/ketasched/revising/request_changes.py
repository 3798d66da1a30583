"""What a change makes of a course's request: wishes, records, and what an insurer authorised.

Wishes are what the patient can from now on. Records, the clearance and what the protocol requires,
are facts, and so is what is authorised: no rule refuses them, and no visit moves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest
from ketasched.model import Change, Course, Finding, Record, Request, Wish, Wishes, quote
from ketasched.model.authorised_visits import authorisation_text
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.wall_clock import day_text
from ketasched.planning.check import check
from ketasched.revising.intents import Draft, pinned_draft, unchanged_intents
from ketasched.rules import Availability, Clearance

AIMED_TIME = "time"
"""The name of the finding about visits that are not at the wanted time."""

NO_WISHES: Mapping[Wish, object] = {
    "days": (),
    "between": None,
    "time": None,
    "unavailable": (),
    "language": "",
    "driver_language": "",
    "patient_phone": "",
    "patient_email": "",
    "reminders": False,
}
"""The fields of a request that hold wishes, as they are without any."""


def request_after(course: Course, change: Change) -> Request:
    """The request as it is once the change has been made; most changes leave it alone."""
    if change.wishes is not None:
        return _with_wishes(course.request, change.wishes)
    if change.record is not None:
        return _with_record(course.request, change.record)
    if change.verb == "authorise":
        return _with_authorised(course.request, change)
    return course.request


def _with_wishes(request: Request, wishes: Wishes) -> Request:
    """The request with the wishes: some emptied, absences added, all others replaced."""
    fields = {name: NO_WISHES[name] for name in wishes.emptied}
    for name in NO_WISHES:
        wish = getattr(wishes, name)
        if name != "unavailable" and wish not in (None, ""):
            fields[name] = wish
    request = replace(request, **fields)  # type: ignore[arg-type]  # its own fields
    known = request.unavailable
    new = (
        dates
        for dates in wishes.unavailable or ()
        if not any(dates.first in one and dates.last in one for one in known)
    )
    return replace(request, unavailable=(*known, *dict.fromkeys(new)))


def _with_authorised(request: Request, change: Change) -> Request:
    """The request with what is authorised besides, or `anew`; what is known already is kept."""
    known = () if change.anew else request.authorised
    return replace(request, authorised=tuple(dict.fromkeys((*known, *change.authorised))))


def _with_record(request: Request, record: Record) -> Request:
    """The request with the record, in place of an earlier one of the same name."""
    if record.what == Clearance.name:
        return replace(request, cleared_by=record.by, cleared_on=record.on)
    others = (one for one in request.recorded if one.what != record.what)
    return replace(request, recorded=(*others, record))


def wishes_drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The draft of new wishes; `course` has them in its request.

    The visits stay where they fit; all of them, if no wish is a reason to move any. With a wanted
    time each visit to come keeps its day only, and gets the start that is nearest to that time.
    Raises `BadRequest` if there is no wish.
    """
    wishes = change.wishes
    if wishes is None or wishes == Wishes():
        said = "expected what the patient can from now on"
        step = "some of: --days mon,wed --between 08:00-12:00 --time 10:00 --unavailable DATE"
        raise BadRequest("verb", said, next_step=step)
    if wishes.move_nobody:
        return [pinned_draft(course)]
    intents = (
        replace(intent, keeps_day=wishes.time is not None)
        for intent in unchanged_intents(course, now)
    )
    return [Draft(tuple(intents), course.companions)]


def is_time_wished_on_hold(course: Course) -> bool:
    """Whether the wanted time is a wish that came while the visits were held."""
    for entry in reversed(course.history):
        change = entry.change
        if change and change.verb == "hold":
            return False
        if change and change.wishes and change.wishes.time:
            return change.wishes.time == course.request.time
    return False


def lasting_findings(course: Course, request: Request) -> tuple[Finding, ...]:
    """The findings of a course that are still true with another request.

    Left out is that a visit is not when the patient could, if the reason is another one now: it
    was overridden for a reason that does not hold any more, so the visit has to fit or to move.
    """
    wished = check(replace(course, request=request))
    known = {(one.visit, one.message) for one in wished if one.rule == Availability.name}
    is_same_time = request.time == course.request.time
    return tuple(
        finding
        for finding in course.findings
        if (finding.rule != Availability.name or (finding.visit, finding.message) in known)
        and (finding.rule != AIMED_TIME or is_same_time)
    )


def wishes_text(before: Course, change: Change, course: Course) -> str:
    """What new wishes did, in words: "wishes: days mon, wed; visits 3 and 5 moved"."""
    starts = {visit.uid: visit.start for visit in before.visits}
    moved = [str(one.number) for one in course.visits if one.start != starts[one.uid]]
    listed = " and ".join(filter(None, (", ".join(moved[:-1]), *moved[-1:])))
    said = f"visit{'s' * (len(moved) > 1)} {listed} moved" if moved else "no visit moved"
    wishes = ", ".join(_wish_texts(change.wishes)) if change.wishes else ""
    return f"wishes: {wishes}; {said}"


def _wish_texts(wishes: Wishes) -> Iterator[str]:
    texts = {
        "days": ", ".join(wishes.days or ()),
        "unavailable": ", ".join(dates.plain() for dates in wishes.unavailable or ()),
        "reminders": "" if wishes.reminders is None else "yes" if wishes.reminders else "no",
    }
    for wish in NO_WISHES:
        text, name = texts.get(wish, str(getattr(wishes, wish) or "")), wish.replace("_", "'s ")
        if text or wish in wishes.emptied:
            yield f"{name} {text or 'none'}"


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
    return [pinned_draft(course)]


def record_text(_before: Course, change: Change, _after: Course) -> str:
    """What a record says, for the history: "clearance recorded: Tue 1 Dec 2026, Dr. Lee"."""
    record = change.record
    return f"{record.what} recorded: {day_text(record.on)}, {record.by}" if record else ""


def authorise_drafts(course: Course, change: Change, _now: datetime) -> list[Draft]:
    """The draft of a change that records what is authorised: every visit keeps its start.

    Raises `BadRequest` if it records nothing.
    """
    if not change.authorised and not change.anew:
        said = "expected what is authorised"
        step = "a number and two days: 8 from 2027-01-04 until 2027-02-28\nto empty it: none"
        raise BadRequest("sessions", said, next_step=step)
    return [pinned_draft(course)]


def authorise_text(_before: Course, change: Change, _after: Course) -> str:
    """What was recorded, for the history: "authorised: 8 sessions from … until …"."""
    if not change.authorised:
        return "authorisations are no longer counted"
    given = " and ".join(map(authorisation_text, change.authorised))
    return f"authorised{' from now on' if change.anew else ''}: {given}"
