"""Whether a change makes sense: which visits are over, and what is asked before a verb acts.

What makes none is a `BadRequest` with the option's name; the rules are asked later.
"""

from datetime import date, datetime, timedelta

from ketasched.errors import BadRequest
from ketasched.model import Change, Clock, Course, Visit
from ketasched.model.gates import first_gate
from ketasched.model.opening_hours import openings
from ketasched.model.wall_clock import day_text
from ketasched.planning.planner import LAST_START
from ketasched.rules import RULES, Gap, Span

NEEDS_REASON = ("miss", "defer", "omit", "hold", "cease")
"""Verbs that are not done without a reason."""

OVERRIDABLE = tuple(name for name, rule in RULES.items() if rule.overridable)
"""The rules that a change can override."""

BENDS = {
    **dict.fromkeys(("defer", "resume", "booster"), OVERRIDABLE),
    **dict.fromkeys(("miss", "omit"), (Gap.name, Span.name)),
}
"""By verb, the rules that it can meet: others give no visit a new place."""

OVER: frozenset[str] = frozenset({"completed", "missed", "omitted", "ceased"})
"""Statuses of visits that nothing changes any more."""


DECIDED = ("planned", "completed")
"""Statuses of visits that take place whatever the clinician decides."""


def is_over(visit: Visit, now: datetime) -> bool:
    """Whether a visit stays as it is: it is over by its status, or it has begun."""
    return visit.status in OVER or visit.start <= now


def has_been(visit: Visit, now: datetime) -> bool:
    """Whether a visit's time has come, by the clock or because it is recorded already."""
    return visit.start <= now or visit.status in ("completed", "missed")


def visit_of(course: Course, change: Change, *statuses: str) -> Visit:
    """The visit of the change, which has to have one of these statuses, if any are given.

    Raises `BadRequest`.
    """
    number, most = change.visit, len(course.visits)
    if number is None or not 1 <= number <= most:
        raise BadRequest("visit", f"there is no visit {number}: the course has {most}")
    visit = course.visits[number - 1]
    if statuses and visit.status not in statuses:
        gate = first_gate(course.reviews)
        waits = gate is not None and gate < number
        confirm = f"review {gate} --outcome go-on" if waits else f"confirm {number}"
        step = {"held": "resume --on DATE", "tentative": confirm}.get(visit.status, "")
        raise BadRequest("visit", f"visit {number} is {visit.status}", next_step=step)
    return visit


def asked_day(course: Course, change: Change, now: datetime) -> date | None:
    """The day that a change asks for: by its date, or counted from the visit that it moves.

    A new visit is counted from the last one that is decided, or from today without one.
    """
    if change.on or change.days is None:
        return change.on
    if change.verb == "defer":
        return visit_of(course, change).start.date() + timedelta(change.days)
    decided = [one.start.date() for one in course.visits if one.status in DECIDED]
    return (decided[-1] if decided else now.date()) + timedelta(change.days)


def refuse_future(visit: Visit, now: datetime) -> None:
    """Refuse to record a visit of a day that is still to come."""
    if visit.start.date() > now.date():
        said = f"visit {visit.number} is on {day_text(visit.start.date())}, which is still to come"
        raise BadRequest("visit", said, next_step="record it when its day has come")


def refuse_past(visit: Visit, now: datetime, *, step: str = "complete or miss it") -> None:
    """Refuse to move a visit of an earlier day; one of today may have been called off just now."""
    if visit.start.date() < now.date():
        said = f"visit {visit.number} was on {day_text(visit.start.date())}, which is over"
        raise BadRequest("visit", said, next_step=step)


def refuse_before_today(field: str, on: date, now: datetime) -> None:
    """Refuse a day, asked for with the option `field`, that is over or no sensible date."""
    if on > LAST_START:
        said = f"expected a day until {LAST_START}, not {on}"
        raise BadRequest(field, said, next_step="an earlier day")
    if on < now.date():
        said = f"{day_text(on)} is over (today is {day_text(now.date())})"
        raise BadRequest(field, said, next_step="a day from today on")


def refuse_idle_overrides(change: Change) -> None:
    """Refuse to override a rule that cannot be in this verb's way."""
    idle = [name for name in change.overrides if name not in BENDS.get(change.verb, ())]
    if idle:
        can = ", ".join(BENDS.get(change.verb, ())) or "none"
        said = f"{idle[0]} is never in the way of {change.verb}; what can be: {can}"
        raise BadRequest("override", said, next_step=f"the same without --override {idle[0]}")


def refuse_off_grid(course: Course, field: str, on: date, time: Clock | None) -> None:
    """Refuse a time at which no visit of this clinic begins, though it is open then."""
    step = course.clinic.slot_minutes
    for opening in openings(course.clinic, on) if time else ():
        past = (time.minutes - opening.start) % step if time else 0
        if time and opening.start <= time.minutes < opening.end and past:
            near = Clock(time.minutes - past), Clock(min(time.minutes - past + step, 1439))
            said = f"visits begin every {step} minutes from {opening.plain().split('-')[0]}"
            raise BadRequest(field, f"{said}, not at {time}", next_step=f"{near[0]} or {near[1]}")
