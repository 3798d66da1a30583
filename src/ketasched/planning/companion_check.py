"""The findings on the companions of a course: by the rules, and beside its other items."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ketasched.errors import command_line
from ketasched.model import TAKES_PLACE, Companion, Course, Finding, Visit
from ketasched.model.companion_slots import companion_kind, companion_slot, home_phase, kind_of
from ketasched.model.holds import slot_of
from ketasched.model.no_driving import is_without_driving
from ketasched.model.replay import name_of
from ketasched.model.wall_clock import day_text, moment_text
from ketasched.planning.companions import COMPANION, treatments
from ketasched.planning.home_days import HomeDays
from ketasched.rules import COMPANION_RULES, VISIT_RULES, Start
from ketasched.rules.base import PlanningContext, visit_findings


def companion_findings(context: PlanningContext, course: Course) -> Iterator[Finding]:
    """The findings on the companions to come, each about its visit.

    The rules are not asked of reviews; a review is only to have a ride where it needs one.
    """
    yield from _ride_findings(course)
    ahead = [one for one in course.companions if one.status in ("planned", "tentative")]
    ahead = [one for one in ahead if one.start > course.changed_at]
    for one in ahead:
        for finding in _rule_findings(context, course, one):
            yield _about(one, finding)
    for phase in context.protocol.home_phases:
        home = HomeDays(context, phase, course.visits, ())
        for one in ahead:
            findings = home.findings(course, one) if one.name == phase.name else ()
            for found in filter(None, findings):
                yield replace(_about(one, found), next_step="")
    yield from _time_findings(course)


def _rule_findings(context: PlanningContext, course: Course, one: Companion) -> Iterator[Finding]:
    """The findings of the rules; before a visit the asked start does not matter."""
    kind = companion_kind(course.protocol, one)
    if kind is None:
        return
    slot, visit = companion_slot(course, one), slot_of(course, course.visits[one.after - 1])
    yield from filter(None, (rule.beside(kind, slot, visit) for rule in COMPANION_RULES))
    rules = [rule for rule in VISIT_RULES if rule.concerns(context)]
    asked = [rule for rule in rules if not (one.before and rule.name == Start.name)]
    yield from visit_findings(slot, context, asked)


def _ride_findings(course: Course) -> Iterator[Finding]:
    """Warnings of companions at the clinic to which the patient cannot drive, without a ride."""
    for review in course.companions:
        before = _treatment_before(course, review)
        has_ride = any(visit.start == review.start for visit in course.visits)
        has_ride = has_ride or kind_of(course, review).needs_driver
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


def _time_findings(course: Course) -> Iterator[Finding]:
    """A finding for each companion to come that is at the time of another item of the course,
    takes longer or shorter than its kind, or, as a home day, is too near to the one before.
    """
    taking = [one for one in course.companions if one.status in TAKES_PLACE]
    visits = [visit for visit in course.visits if visit.is_here]
    known: list[Visit | Companion] = [*visits, *(one for one in taking if one.is_review)]
    others = (one for one in taking if not one.is_review)
    for one in sorted(others, key=lambda one: (one.start.timestamp(), one.uid)):
        if one.status != "completed" and one.start > course.changed_at:
            for rule, clause in _sayings(course, one, known):
                yield _about(one, Finding(rule, "broken", clause))
        known.append(one)


def _sayings(
    course: Course, one: Companion, known: list[Visit | Companion]
) -> Iterator[tuple[str, str]]:
    """The rules that a companion breaks beside the items that are `known`, each with a clause."""
    begin, end = one.start.timestamp(), one.end.timestamp()
    for other in known:
        if begin < other.end.timestamp() and other.start.timestamp() < end:
            yield COMPANION, f"{name_of(other)} is at the same time"
    minutes = kind_of(course, one).minutes.total
    if one.minutes != minutes:
        yield "times", f"it takes {one.minutes} minutes; by its kind it is {minutes}"
    if phase := home_phase(course.protocol, one):
        own = (other for other in known if getattr(other, "name", "") == phase.name)
        gap = one.start.toordinal() - max((other.start.toordinal() for other in own), default=0)
        if gap < phase.gap_days.min:
            said = f"it is {gap} days after the one before, at least {phase.gap_days.min}"
            yield COMPANION, f"{said} are to be between them"


def no_driving_findings(course: Course, expected: Sequence[Companion]) -> Iterator[Finding]:
    """Findings on home days whose time without driving does not follow from their start."""
    wanted = {one.uid: one.no_driving_until for one in expected}
    for one in course.companions:
        until = wanted.get(one.uid, one.no_driving_until)
        for finding in time_finding("its no driving until", one.no_driving_until, until):
            yield replace(_about(one, finding), next_step="")


def time_finding(what: str, actual: datetime | None, wanted: datetime | None) -> Iterator[Finding]:
    """A finding on a time that does not follow from the start and the kind of its item."""
    # Two local times of one zone compare by the clock, also when the clocks go back.
    one, other = (moment and moment.astimezone(UTC) for moment in (actual, wanted))
    if one != other:
        is_, by = (moment_text(moment) if moment else "not said" for moment in (actual, wanted))
        yield Finding("times", "broken", f"{what} is {is_}; by its minutes it is {by}")


def _about(one: Companion, finding: Finding) -> Finding:
    """The finding with the companion and its visit, its message a sentence; with a next step."""
    said = f"{one.title} {one.side} visit {one.after}, {day_text(one.start)}: {finding.message}."
    step = command_line("suggest", "COURSE", str(one.after)) if finding.level == "broken" else ""
    return replace(finding, visit=one.after, uid=one.uid, message=said, next_step=step)
