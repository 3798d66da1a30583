"""check: what the rules say of a course, however it was made."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from ketasched.model import TAKES_PLACE, Course, Finding, Slot, Visit
from ketasched.model.wall_clock import after, day_text, effective_kind, no_driving_until
from ketasched.rules import DAY_RULES, ENDS_RULES, PAIR_RULES, PRECONDITIONS, SLOT_RULES
from ketasched.rules.base import NO_BOOKINGS, Bookings, PlanningContext


def check(course: Course, *, bookings: Bookings = NO_BOOKINGS) -> tuple[Finding, ...]:
    """What the rules have to say of a course, however it was made; empty when all is well.

    Visits that do not take place (missed, omitted, ceased, held) are not looked at. Besides the
    rules it compares what follows from a visit's start: its end, and the no-driving time.
    """
    context = PlanningContext(
        course.protocol, course.clinic, course.request, course.made_at, bookings
    )
    visits = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    slots = [
        Slot(effective_kind(course.protocol, course.clinic, visit.kind), visit.start, visit.end)
        for visit in visits
    ]
    times = [
        _of(visit, finding)
        for visit, slot in zip(visits, slots, strict=True)
        for finding in _times(visit, slot)
    ]
    return (*findings_of(context, visits, slots), *times)


def findings_of(
    context: PlanningContext, visits: Sequence[Visit], slots: Sequence[Slot]
) -> Iterator[Finding]:
    """What the rules say of these visits, each with its slot."""
    for rule in PRECONDITIONS if slots else ():
        if finding := rule.ask(slots[0], context):
            yield finding
    day_rules = [rule for rule in DAY_RULES if rule.concerns(context)]
    slot_rules = [rule for rule in SLOT_RULES if rule.concerns(context)]
    for visit, slot in zip(visits, slots, strict=True):
        found = [rule.day(slot.start.date(), context) for rule in day_rules]
        found += [rule.slot(slot, context) for rule in slot_rules]
        yield from (_of(visit, finding) for finding in found if finding)
    yield from _between(context, visits, slots)


def _between(
    context: PlanningContext, visits: Sequence[Visit], slots: Sequence[Slot]
) -> Iterator[Finding]:
    phases = {phase.name: phase for phase in context.protocol.phases}
    for index in range(1, len(visits)):
        phase = phases[visits[index].phase]
        for pair_rule in PAIR_RULES:
            finding = pair_rule.pair(slots[index - 1], slots[index], phase, context)
            if finding:
                yield _of(visits[index], finding)
    for name, phase in phases.items():
        own = [index for index, visit in enumerate(visits) if visit.phase == name]
        for ends_rule in ENDS_RULES if own else ():
            first, last = (slots[index].start.date() for index in (own[0], own[-1]))
            finding = ends_rule.ends(first, last, phase, context)
            if finding:
                yield _of(visits[own[-1]], finding)


def _times(visit: Visit, slot: Slot) -> Iterator[Finding]:
    """Times that do not follow from the start, the minutes and the no-driving rule."""
    minutes = slot.kind.minutes
    day = slot.start.date()
    for what, is_at, should_be in (
        ("treatment", visit.treatment_start, after(slot.start, minutes.check_in)),
        ("end", visit.end, after(slot.start, minutes.total)),
        ("no driving until", visit.no_driving_until, _until(slot, day)),
    ):
        if _utc(is_at) != _utc(should_be):
            said = f"its {what} is {_moment(is_at)}; by its minutes it is {_moment(should_be)}"
            yield Finding("times", "broken", said)


def _until(slot: Slot, day: date) -> datetime | None:
    end = after(slot.start, slot.kind.minutes.total)
    return no_driving_until(end, day, slot.kind.no_driving)


def _utc(moment: datetime | None) -> datetime | None:
    # Two local times of one zone compare by the clock, also when the clocks go back.
    return moment.astimezone(UTC) if moment else None


def _moment(moment: datetime | None) -> str:
    return f"{day_text(moment.date())}, {moment:%H:%M}" if moment else "not said"


def _of(visit: Visit, finding: Finding) -> Finding:
    """The finding as one about this visit, in a sentence."""
    said = f"Visit {visit.number}, {day_text(visit.start.date())}: {finding.message}."
    return replace(finding, visit=visit.number, message=said)
