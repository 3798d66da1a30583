"""check: the findings of the rules on a course, however it came about."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ketasched.model import TAKES_PLACE, Course, Finding, Slot, Visit
from ketasched.model.no_driving import is_without_driving, with_no_driving
from ketasched.model.occupancy import Occupancy, slots_of
from ketasched.model.wall_clock import add_minutes, day_text, moment_text
from ketasched.rules import DAY_RULES, ENDS_RULES, PAIR_RULES, PRECONDITIONS, SLOT_RULES
from ketasched.rules.base import NO_BOOKINGS, PlanningContext


def check(course: Course, *, bookings: Occupancy = NO_BOOKINGS) -> tuple[Finding, ...]:
    """The findings of the rules on a course, however it came about; empty if all is well.

    Visits that do not take place (missed, omitted, ceased, held) are left out. Besides asking the
    rules, `check` recomputes the times that follow from a visit's start: treatment, end, driving.
    """
    context = PlanningContext(
        course.protocol, course.clinic, course.request, course.made_at, bookings
    )
    visits = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    slots = list(slots_of(course))
    times = [
        _about(visit, finding)
        for visit, expected in zip(visits, _expected_visits(course, visits, slots), strict=True)
        for finding in _time_findings(visit, expected)
    ]
    return (*findings_of(context, visits, slots), *times, *_review_findings(course))


def _review_findings(course: Course) -> Iterator[Finding]:
    """Warnings of reviews at the clinic to which the patient cannot drive, without a ride."""
    for review in course.reviews:
        before = course.visits[review.after - 1]
        has_ride = any(visit.start == review.start for visit in course.visits)
        is_ahead = review.status in ("planned", "tentative") and review.place == "clinic"
        if is_ahead and not has_ride and is_without_driving(before, review.start):
            said = f"The review after visit {review.after}, {moment_text(review.start)}"
            message = f"{said}: the patient must not drive there; it needs a ride."
            yield Finding("times", "warning", message, review.after)


def findings_of(
    context: PlanningContext, visits: Sequence[Visit], slots: Sequence[Slot]
) -> Iterator[Finding]:
    """The findings of the rules on these visits and their slots."""
    for rule in PRECONDITIONS if slots else ():
        if finding := rule.ask(slots[0], context):
            yield finding
    day_rules = [rule for rule in DAY_RULES if rule.concerns(context)]
    slot_rules = [rule for rule in SLOT_RULES if rule.concerns(context)]
    for visit, slot in zip(visits, slots, strict=True):
        day = slot.start.date()
        findings = [rule.day(day, context) for rule in day_rules]
        findings += [rule.slot(slot, context) for rule in slot_rules]
        for finding in filter(None, findings):
            yield _about(visit, finding)
    yield from _spacing_findings(context, visits, slots)


def _spacing_findings(
    context: PlanningContext, visits: Sequence[Visit], slots: Sequence[Slot]
) -> Iterator[Finding]:
    phases = {phase.name: phase for phase in context.protocol.phases}
    for index in range(1, len(visits)):
        phase = phases[visits[index].phase]
        for pair_rule in PAIR_RULES:
            finding = pair_rule.pair(slots[index - 1], slots[index], phase, context)
            if finding:
                yield _about(visits[index], finding)
    for name, phase in phases.items():
        own = [index for index, visit in enumerate(visits) if visit.phase == name]
        for ends_rule in ENDS_RULES if own else ():
            first, last = (slots[index].start.date() for index in (own[0], own[-1]))
            finding = ends_rule.ends(first, last, phase, context)
            if finding:
                yield _about(visits[own[-1]], finding)


def _expected_visits(
    course: Course, visits: Sequence[Visit], slots: Sequence[Slot]
) -> Sequence[Visit]:
    """The visits with the times that follow from their starts and kinds."""
    timed = []
    for visit, slot in zip(visits, slots, strict=True):
        minutes = slot.kind.minutes
        treatment_start = add_minutes(slot.start, minutes.check_in)
        end = add_minutes(slot.start, minutes.total)
        timed.append(replace(visit, treatment_start=treatment_start, end=end))
    return with_no_driving(timed, course.protocol, course.clinic)


def _time_findings(visit: Visit, expected: Visit) -> Iterator[Finding]:
    """Findings on times that do not follow from the start and the kind of the visit."""
    for name, actual, wanted in (
        ("treatment", visit.treatment_start, expected.treatment_start),
        ("end", visit.end, expected.end),
        ("no driving until", visit.no_driving_until, expected.no_driving_until),
    ):
        if _utc(actual) != _utc(wanted):
            said = f"its {name} is {_text(actual)}; by its minutes it is {_text(wanted)}"
            yield Finding("times", "broken", said)


def _utc(moment: datetime | None) -> datetime | None:
    # Two local times of one zone compare by the clock, also when the clocks go back.
    return moment.astimezone(UTC) if moment else None


def _text(moment: datetime | None) -> str:
    return moment_text(moment) if moment else "not said"


def _about(visit: Visit, finding: Finding) -> Finding:
    """The finding with the number of this visit, its message a sentence."""
    said = f"Visit {visit.number}, {day_text(visit.start.date())}: {finding.message}."
    return replace(finding, visit=visit.number, message=said)
