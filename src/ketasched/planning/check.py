"""check: the findings of the rules on a course, however it came about."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ketasched.errors import command_line
from ketasched.model import TAKES_PLACE, Companion, Course, Finding, Level, Slot, Visit
from ketasched.model.companion_slots import companion_kind, companion_slot, visit_kind_of
from ketasched.model.holds import slot_of
from ketasched.model.no_driving import is_without_driving, with_home_days
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import add_minutes, day_text, moment_text
from ketasched.planning.companion_times import companion_time_findings
from ketasched.planning.companions import treatments
from ketasched.planning.home_days import home_day_findings
from ketasched.rules import (
    COMPANION_RULES,
    COURSE_RULES,
    DAY_RULES,
    ENDS_RULES,
    PAIR_RULES,
    PRECONDITIONS,
    RULES,
    SLOT_RULES,
    Start,
)
from ketasched.rules.base import NO_BOOKINGS, PlanningContext


def check(course: Course, *, bookings: Occupancy = NO_BOOKINGS) -> tuple[Finding, ...]:
    """The findings of the rules on a course, however it came about; empty if all is well.

    Visits that do not take place (missed, omitted, ceased, held) are left out. What a visit breaks
    that is not to come any more is a fact, hence given up; what a visit to come breaks has a next
    step. Besides asking the rules, `check` recomputes the times that follow from a visit's start:
    treatment, end, driving.
    """
    context = PlanningContext(
        course.protocol, course.clinic, course.request, course.made_at, bookings
    )
    visits = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    slots = [slot_of(course, visit) for visit in visits]
    expected_visits, expected_companions = _expected_items(course, visits, slots)
    times = [
        _about(visit, finding)
        for visit, expected in zip(visits, expected_visits, strict=True)
        for finding in (() if visit.elsewhere else _time_findings(visit, expected))
    ]
    times += _home_time_findings(course, expected_companions)
    asked = (one for one in findings_of(context, visits, slots) if _is_asked(course, one))
    found = (_with_level(course, finding) for finding in asked)
    companions = (
        *_ride_findings(course),
        *companion_findings(context, course),
        *home_day_findings(context, course),
        *companion_time_findings(course),
    )
    return (*found, *times, *companions, *follow_findings(course))


def _is_asked(course: Course, finding: Finding) -> bool:
    """Whether the rule of a finding is asked of its visit."""
    is_ahead = finding.visit is None or is_to_come(course, course.visits[finding.visit - 1])
    return is_ahead or not RULES[finding.rule].only_ahead


def _with_level(course: Course, finding: Finding) -> Finding:
    """The finding of a rule: given up if its visit is not to come, else with a next step.

    The visit of a finding about several visits is the last one of them.
    """
    if finding.level != "broken" or not finding.visit:
        return finding
    visit = course.visits[finding.visit - 1]
    if not is_to_come(course, visit):
        return replace(finding, level="given-up")
    return replace(finding, next_step=command_line("suggest", "COURSE", str(finding.visit)))


def is_to_come(course: Course, visit: Visit) -> bool:
    """Whether a visit was still to come at the moment of the course's last history entry."""
    last = course.history[-1].at if course.history else course.made_at
    return visit.status != "completed" and visit.start.timestamp() > last.timestamp()


def follow_findings(course: Course) -> Iterator[Finding]:
    """A warning of a course that follows another one."""
    if course.follows:
        said = "The course follows another one: no gap is checked between the two."
        yield Finding("switch", "warning", said)


def companion_findings(context: PlanningContext, course: Course) -> Iterator[Finding]:
    """The findings of the rules on the companions to come, reviews aside, each about its visit."""
    last = course.history[-1].at if course.history else course.made_at
    for one in course.companions:
        kind = companion_kind(course.protocol, one)
        is_ahead = one.status in ("planned", "tentative") and one.start > last
        if kind and is_ahead:
            slot, visit = companion_slot(course, one), course.visits[one.after - 1]
            findings = [
                rule.beside(kind, slot, slot_of(course, visit)) for rule in COMPANION_RULES
            ]
            findings += _visit_rule_findings(context, slot, is_before=one.before)
            for finding in filter(None, findings):
                said = f"{one.title} {one.side} visit {one.after}, {day_text(one.start)}"
                step = command_line("suggest", "COURSE", str(one.after))
                next_step = step if finding.level == "broken" else ""
                message = f"{said}: {finding.message}."
                about = replace(finding, visit=one.after, uid=one.uid)
                yield replace(about, message=message, next_step=next_step)


def _visit_rule_findings(
    context: PlanningContext, slot: Slot, *, is_before: bool
) -> list[Finding | None]:
    """The findings of the rules on one visit; before a visit the asked start does not matter."""
    day, rules = slot.start.date(), (DAY_RULES, SLOT_RULES)
    day_rules, slot_rules = (
        [
            rule
            for rule in own
            if rule.concerns(context) and not (is_before and rule.name == Start.name)
        ]
        for own in rules
    )
    findings = [rule.day(day, context) for rule in day_rules]
    return findings + [rule.slot(slot, context) for rule in slot_rules]


def _ride_findings(course: Course) -> Iterator[Finding]:
    """Warnings of companions at the clinic to which the patient cannot drive, without a ride."""
    for review in course.companions:
        before = _treatment_before(course, review)
        has_ride = any(visit.start == review.start for visit in course.visits)
        has_ride = has_ride or visit_kind_of(course, review).needs_driver
        is_ahead = review.status in ("planned", "tentative") and review.place == "clinic"
        if before and is_ahead and not has_ride and is_without_driving(before, review.start):
            name = "The review" if review.is_review else review.title
            said = f"{name} {review.side} visit {review.after}, {moment_text(review.start)}"
            message = f"{said}: the patient must not drive there; it needs a ride."
            uid = "" if review.is_review else review.uid
            yield Finding("times", "warning", message, review.after, uid=uid)


def _treatment_before(course: Course, companion: Companion) -> Visit | Companion | None:
    """The visit that a review follows; the last treatment before any other companion, if any.

    Beside home days a review is as any other companion.
    """
    if companion.is_review and not course.protocol.home_phases:
        return course.visits[companion.after - 1]
    visits = [visit for visit in course.visits if visit.is_here]
    beside = [one for one in course.companions if one.status in TAKES_PLACE]
    begin, found = companion.start.timestamp(), treatments(course.protocol, visits, beside)
    return next((one for one in reversed(found) if one.start.timestamp() < begin), None)


def findings_of(
    context: PlanningContext, visits: Sequence[Visit], slots: Sequence[Slot]
) -> Iterator[Finding]:
    """The findings of the rules on these visits and their slots.

    A visit elsewhere is only asked how far it is from the others.
    """
    here = [(visit, slot) for visit, slot in zip(visits, slots, strict=True) if visit.is_here]
    for rule in PRECONDITIONS if here else ():
        if finding := rule.ask(here[0][1], context):
            yield finding
    for course_rule in COURSE_RULES if here else ():
        if finding := course_rule.course([visit for visit, _ in here], context):
            yield finding
    day_rules = [rule for rule in DAY_RULES if rule.concerns(context)]
    slot_rules = [rule for rule in SLOT_RULES if rule.concerns(context)]
    for visit, slot in here:
        day = slot.start.date()
        findings = [rule.day(day, context) for rule in day_rules]
        findings += [rule.slot(slot, context) for rule in slot_rules]
        for finding in filter(None, findings):
            yield _about(visit, finding)
    yield from _spacing_findings(context, visits, slots)


def _spacing_findings(
    context: PlanningContext, visits: Sequence[Visit], slots: Sequence[Slot]
) -> Iterator[Finding]:
    phases = {phase.name: phase for phase in context.protocol.phases_in_turn}
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
                level: Level = "given-up" if visits[own[0]].elsewhere else "broken"
                yield replace(_about(visits[own[-1]], finding), level=level)


def _expected_items(
    course: Course, visits: Sequence[Visit], slots: Sequence[Slot]
) -> tuple[Sequence[Visit], Sequence[Companion]]:
    """The visits with the times that follow from their starts and kinds, and so the companions."""
    timed = []
    for visit, slot in zip(visits, slots, strict=True):
        minutes = slot.kind.minutes
        treatment_start = add_minutes(slot.start, minutes.check_in)
        end = add_minutes(slot.start, minutes.total)
        timed.append(replace(visit, treatment_start=treatment_start, end=end))
    there = [one for one in course.companions if one.status in TAKES_PLACE]
    return with_home_days(timed, there, course.protocol, course.clinic)


def _home_time_findings(course: Course, expected: Sequence[Companion]) -> Iterator[Finding]:
    """Findings on home days whose time without driving does not follow from their start."""
    wanted = {one.uid: one.no_driving_until for one in expected}
    for one in course.companions:
        until = wanted.get(one.uid, one.no_driving_until)
        if _utc(one.no_driving_until) != _utc(until):
            said = f"{one.title} after visit {one.after}, {day_text(one.start)}"
            actual = f"no driving until is {_text(one.no_driving_until)}"
            message = f"{said}: its {actual}; by its minutes it is {_text(until)}."
            yield Finding("times", "broken", message, one.after, uid=one.uid)


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
