"""check: the findings of the rules on a course, however it came about."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ketasched.errors import command_line
from ketasched.model import TAKES_PLACE, Companion, Course, Finding, Level, Slot, Visit
from ketasched.model.field_types import refusing_wrong_nouns
from ketasched.model.holds import slot_of
from ketasched.model.no_driving import with_home_days
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import add_minutes, day_text
from ketasched.planning.companion_check import (
    companion_findings,
    no_driving_findings,
    time_finding,
)
from ketasched.rules import COURSE_RULES, ENDS_RULES, PAIR_RULES, PRECONDITIONS, RULES, VISIT_RULES
from ketasched.rules.base import NO_BOOKINGS, PlanningContext, visit_findings


@refusing_wrong_nouns
def check(course: Course, *, bookings: Occupancy = NO_BOOKINGS) -> tuple[Finding, ...]:
    """The findings of the rules on a course, however it came about; empty if all is well.

    Visits that do not take place (missed, omitted, ceased, held) are left out. What a visit breaks
    that is not to come any more is a fact, hence given up; what a visit to come breaks has a next
    step. Besides asking the rules, `check` recomputes the times that follow from a visit's start:
    treatment, end, driving.
    """
    context = PlanningContext.of(course, bookings)
    visits = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    slots = [slot_of(course, visit) for visit in visits]
    expected_visits, expected_companions = _expected_items(course, visits, slots)
    times = [
        _about(visit, finding)
        for visit, expected in zip(visits, expected_visits, strict=True)
        for finding in (() if visit.elsewhere else _time_findings(visit, expected))
    ]
    times += no_driving_findings(course, expected_companions)
    asked = (one for one in findings_of(context, visits, slots) if _is_asked(course, one))
    found = (_with_level(course, finding) for finding in asked)
    return (*found, *times, *companion_findings(context, course), *follow_findings(course))


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
    is_ahead = visit.start.timestamp() > course.changed_at.timestamp()
    return visit.status != "completed" and is_ahead


def follow_findings(course: Course) -> Iterator[Finding]:
    """A warning of a course that follows another one."""
    if course.follows:
        said = "The course follows another one: no gap is checked between the two."
        yield Finding("switch", "warning", said)


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
    visit_rules = [rule for rule in VISIT_RULES if rule.concerns(context)]
    for visit, slot in here:
        for finding in visit_findings(slot, context, visit_rules):
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


def _time_findings(visit: Visit, expected: Visit) -> Iterator[Finding]:
    """Findings on times that do not follow from the start and the kind of the visit."""
    for name, actual, wanted in (
        ("treatment", visit.treatment_start, expected.treatment_start),
        ("end", visit.end, expected.end),
        ("no driving until", visit.no_driving_until, expected.no_driving_until),
    ):
        yield from time_finding(f"its {name}", actual, wanted)


def _about(visit: Visit, finding: Finding) -> Finding:
    """The finding with the number of this visit, its message a sentence."""
    said = f"Visit {visit.number}, {day_text(visit.start.date())}: {finding.message}."
    return replace(finding, visit=visit.number, message=said)
