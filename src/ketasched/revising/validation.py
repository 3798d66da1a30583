"""Whether a change is possible at all, before any rule is applied.

Functions `refuse_...` raise `BadRequest`, with the name of the option, if it is not.
"""

from datetime import date, datetime, timedelta

from ketasched.errors import BadRequest
from ketasched.model import Change, Clock, Course, Visit
from ketasched.model.opening_hours import openings
from ketasched.model.review_gates import first_closed_gate
from ketasched.model.values import LAST_START
from ketasched.model.wall_clock import day_text

REVISE = "ketasched revise COURSE"
"""How a next step begins that changes the course; whoever prints it puts the course's name in."""

FINAL_STATUSES: frozenset[str] = frozenset({"completed", "missed", "omitted", "ceased"})
"""Statuses that no change replaces any more."""

DECIDED_STATUSES = ("planned", "completed")
"""Statuses of visits that take place whatever the clinician decides."""


def is_over(visit: Visit, now: datetime) -> bool:
    """Whether a visit stays as it is: its status is final, or it has begun."""
    return visit.status in FINAL_STATUSES or visit.start <= now


def has_begun(visit: Visit, now: datetime) -> bool:
    """Whether a visit has begun by `now`, or is recorded already as completed or missed."""
    return visit.start <= now or visit.status in ("completed", "missed")


def visit_of(course: Course, change: Change, *statuses: str) -> Visit:
    """The visit with the change's number.

    Raises `BadRequest` if there is none, or if its status is not one of `statuses` (if given).
    """
    number, most = change.visit, len(course.visits)
    if number is None or not 1 <= number <= most:
        raise BadRequest("visit", f"there is no visit {number}: the course has {most}")
    visit = course.visits[number - 1]
    if visit.elsewhere and change.verb != "cease":
        said = f"visit {number} took place elsewhere on {day_text(visit.start)}: it stays as it is"
        raise BadRequest("visit", said)
    if statuses and visit.status not in statuses:
        gate = first_closed_gate(course.companions)
        waits = gate is not None and gate < number
        confirm = f"review {gate} --outcome go-on" if waits else f"confirm {number}"
        verb = {"held": "resume --on DATE", "tentative": confirm}.get(visit.status)
        step = f"{REVISE} {verb}" if verb else ""
        raise BadRequest("visit", f"visit {number} is {visit.status}", next_step=step)
    return visit


def requested_day(course: Course, change: Change, now: datetime) -> date | None:
    """The day that a change asks for, if any: a date, or so many days from the visit that moves.

    For a new visit the days count from the last visit that is decided, else from today.
    """
    if change.on or change.days is None:
        return change.on
    if change.verb == "defer":
        return visit_of(course, change).start.date() + timedelta(change.days)
    decided = [one.start.date() for one in course.visits if one.status in DECIDED_STATUSES]
    return (decided[-1] if decided else now.date()) + timedelta(change.days)


def refuse_future(
    visit: Visit, now: datetime, *, step: str = "record it when its day has come"
) -> None:
    """Refuse to record a visit of a later day."""
    if visit.start.date() > now.date():
        said = f"visit {visit.number} is on {day_text(visit.start.date())}, which is still to come"
        raise BadRequest("visit", said, next_step=step)


def refuse_past(visit: Visit, now: datetime, *, step: str = "complete or miss it") -> None:
    """Refuse to move a visit of an earlier day; today's may have been called off just now."""
    if visit.start.date() < now.date():
        said = f"visit {visit.number} was on {day_text(visit.start.date())}, which is over"
        raise BadRequest("visit", said, next_step=step)


def refuse_unclear_day(change: Change) -> None:
    """Refuse a change with neither a date nor a number of days, or with both."""
    dated, counted = day_options(change)
    if (change.on is None) == (change.days is None):
        step = (
            f"--{dated} DATE\n--{counted} DAYS" if change.on is None else "leave one of them out"
        )
        raise BadRequest(dated, f"expected one of --{dated} and --{counted}", next_step=step)


def day_options(change: Change) -> tuple[str, str]:
    """The options of the change's verb that give a date, and a number of days."""
    return ("to", "by") if change.verb == "defer" else ("on", "after")


def refuse_day(course: Course, change: Change, on: date, now: datetime) -> None:
    """Refuse a requested day that is over or beyond `LAST_START`, and a time off the grid."""
    field = day_options(change)[change.on is None]
    if on > LAST_START:
        said = f"expected a day until {LAST_START}, not {on}"
        raise BadRequest(field, said, next_step="an earlier day")
    if on < now.date():
        said = f"{day_text(on)} is over (today is {day_text(now.date())})"
        raise BadRequest(field, said, next_step="a day from today on")
    if change.time is not None:
        _refuse_off_grid(course, field, on, change.time)


def _refuse_off_grid(course: Course, field: str, on: date, time: Clock) -> None:
    """Refuse a time of the clinic's opening hours that is not one of its start times."""
    step = course.clinic.slot_minutes
    for opening in openings(course.clinic, on):
        past = (time.minutes - opening.start) % step
        if past and opening.start <= time.minutes < opening.end:
            near = Clock(time.minutes - past), Clock(min(time.minutes - past + step, 1439))
            said = f"visits begin every {step} minutes from {opening.plain().split('-')[0]}"
            raise BadRequest(field, f"{said}, not at {time}", next_step=f"{near[0]} or {near[1]}")
