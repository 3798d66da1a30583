"""The findings of a course after a change, and those that refuse the change."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import TAKES_PLACE, Change, Course, Finding, Visit
from ketasched.model.occupancy import Occupancy
from ketasched.model.replay import item_of, uid_of
from ketasched.model.wall_clock import day_text
from ketasched.planning.check import check
from ketasched.planning.companions import COMPANION, left_out_companions
from ketasched.planning.home_days import left_out_home_days
from ketasched.planning.left_out import LEFT_OUT
from ketasched.revising.completion import UNPLANNED, unplanned_findings
from ketasched.revising.placement import phase_plan_of, previous_starts
from ketasched.revising.verbs import plans_dates
from ketasched.rules import RULES
from ketasched.rules.base import EndsRule, OverrideRule, PairRule, PlanningContext

NO_DAY = "which has no day any more."
"""The end of a message about a visit that was left out, until the next day for one is added."""

DAYS_AHEAD = 60
"""How many days after the last visit a day is looked for on which a booster could be."""


def findings_after(
    before: Course,
    course: Course,
    change: Change,
    waived: Mapping[str, frozenset[str]],
    bookings: Occupancy,
) -> tuple[tuple[Finding, ...], list[Finding]]:
    """The findings that the course has after a change, and those that refuse the change.

    What a change breaks stays as a finding if the change is a fact or an undo, if it overrides
    the rule (`waived`, by the visit's UID), or if the visit has begun. What was broken before
    stays if it was decided. What a newer clinic broke nobody decided: it is left to `check`, but
    for a clinic's numbers that are too short: with them nothing gets a new date. All else refuses.
    """
    found = [*_carried_over(before, course), *unplanned_findings(course)]
    plans = plans_dates(change)
    found += _left_out_visits(before, course) if plans else ()
    context = PlanningContext.of(course, bookings)
    found += left_out_home_days(context, course, course.changed_at)
    found += left_out_companions(context, course, course.changed_at)
    found += _off_pace(before, course) if plans else ()
    refused: list[Finding] = []
    decided = {_violation_key(before, one): one.next_step for one in before.findings}
    known = {_violation_key(before, finding) for finding in check(before, bookings=bookings)}
    has_new_dates = plans and _has_new_dates(before, course)
    for finding in check(course, bookings=bookings):
        uid = uid_of(course, finding)
        key = _violation_key(course, finding)
        if finding.level == "warning":
            found.append(finding)
        elif has_new_dates and isinstance(RULES.get(finding.rule), OverrideRule):
            refused.append(finding)
        elif finding.rule in waived.get(uid, ()):
            found.append(replace(finding, next_step=""))
        elif key in decided:
            found.append(replace(finding, next_step=decided[key]))
        elif key not in known:
            stays = not plans or finding.level == "given-up"
            (found if stays else refused).append(finding)
    return tuple(dict.fromkeys(found)), refused


def _left_out_visits(before: Course, course: Course) -> Iterator[Finding]:
    """A finding for each visit that a change has left out, about the last visit before them."""
    statuses = {visit.uid: visit.status for visit in before.visits}
    takes_place = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    for visit in course.visits:
        if visit.status == "omitted" and statuses.get(visit.uid) == "tentative":
            said = f"Left out: {visit.phase} {visit.of}, {NO_DAY}"
            before_it = [one.number for one in takes_place if one.start <= visit.start]
            yield Finding(LEFT_OUT, "given-up", said, (before_it or [1])[-1])


def with_next_day(course: Course, revise: Callable[[Course, Change], Course]) -> Course:
    """The course with the next day for a booster in the first new finding about one left out.

    `revise` makes a change. The day counts from the last visit that takes place.
    """
    phase = course.protocol.booster_phase
    finding = next((one for one in course.findings if _is_unsaid(one)), None)
    takes_place = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    if finding is None or phase is None or not takes_place:
        return course
    first = takes_place[-1].start.date() + timedelta(phase.gap_days.min)
    for day in (first + timedelta(days) for days in range(DAYS_AHEAD)):
        try:
            revise(course, Change("booster", on=day))
        except (BadRequest, NoPlan):
            continue
        said = f"{finding.message} It could be on {day_text(day)}: booster --on {day}."
        new = replace(finding, message=said)
        return replace(
            course, findings=tuple(new if one is finding else one for one in course.findings)
        )
    return course


def _is_unsaid(finding: Finding) -> bool:
    return finding.rule == LEFT_OUT and finding.message.endswith(NO_DAY)


def _carried_over(before: Course, course: Course) -> Iterator[Finding]:
    """What was given up before the change, for visits that did not change."""
    has_more = len(course.visits) > len(before.visits)
    for finding in before.findings:
        is_told_anew = finding.rule in (UNPLANNED, COMPANION)
        if finding.level == "given-up" and finding.visit and not is_told_anew:
            if finding.rule == LEFT_OUT and has_more:
                continue  # what was left out may have been added
            # The message is about the visit's number and the visit before.
            pair = slice(max(finding.visit - 2, 0), finding.visit)
            if [*map(_date_key, before.visits[pair])] == [*map(_date_key, course.visits[pair])]:
                yield finding


def _off_pace(before: Course, course: Course) -> Iterator[Finding]:
    """Findings about visits to come that a change has put off the pace of their phase."""
    earlier, starts = previous_starts(before), previous_starts(course)
    pairs = {(visit.uid, visit.start, earlier[visit.uid]) for visit in before.visits}
    names = [visit.phase for visit in course.visits]
    for visit in course.visits:
        previous, day = starts[visit.uid], visit.start.date()
        is_same = (visit.uid, visit.start, previous) in pairs
        if is_same or previous is None or visit.status not in ("planned", "tentative"):
            continue
        plan, gap = phase_plan_of(course, visit.phase, names), (day - previous.date()).days
        is_first = visit.phase not in names[: visit.number - 1]
        if plan.per_week:
            is_off, target = bool(plan.cost(1, gap, 0)) and not is_first, plan.target_text(1, day)
        else:
            is_off, target = day != visit.window.target, day_text(visit.window.target)
        if is_off:
            said = f"comes {gap} days after the one before; the pace asks for {target}"
            yield Finding("spacing", "given-up", f"Visit {visit.number} {said}.", visit.number)


def _has_new_dates(before: Course, course: Course) -> bool:
    starts = {(visit.uid, visit.start) for visit in before.visits}
    return any((visit.uid, visit.start) not in starts for visit in course.visits)


def _date_key(visit: Visit) -> tuple[str, datetime, bool]:
    return visit.uid, visit.start, visit.status in TAKES_PLACE


def _violation_key(course: Course, finding: Finding) -> tuple[object, ...]:
    """What a finding is about, without the visit's number: equal only if nothing moved."""
    if finding.uid:
        companion = item_of(course, finding)
        return finding.rule, finding.uid, companion and companion.start
    if not finding.visit:
        return (finding.rule,)
    visit = course.visits[finding.visit - 1]
    if isinstance(RULES.get(finding.rule), EndsRule):
        return finding.rule, visit.phase, visit.start.date()
    if not isinstance(RULES.get(finding.rule), PairRule):
        return finding.rule, visit.uid, visit.start
    return finding.rule, visit.uid, visit.start, previous_starts(course)[visit.uid]
