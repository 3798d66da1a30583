"""revise: a course after a change, with as little else changed as the rules allow.

Visits that are over stay. As few others as possible get another start; then the order of
preference is that of `plan`. Every rule is kept unless the change overrides it by name; then the
finding stays on the course.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest, NoPlan
from ketasched.events.diff import changed_uids
from ketasched.model import TAKES_PLACE, BusyTime, Change, Clinic, Course, Entry, Finding, Visit
from ketasched.model.occupancy import Occupancy
from ketasched.model.review_gates import with_usual_drivers
from ketasched.model.wall_clock import day_text
from ketasched.planning.check import check
from ketasched.planning.left_out import LEFT_OUT
from ketasched.revising.history import add_entry, ended_dates, entry_text
from ketasched.revising.intents import waive_rules
from ketasched.revising.placement import Placement, explain_failure, place_draft, previous_starts
from ketasched.revising.validation import has_begun, refuse_overrides
from ketasched.revising.verbs import drafts
from ketasched.rules import RULES
from ketasched.rules.base import (
    NO_BOOKINGS,
    EndsRule,
    OverrideRule,
    PairRule,
    PlanningContext,
    unlimited,
)


def revise(
    course: Course,
    change: Change,
    *,
    at: datetime,
    why: str = "",
    by: str = "",
    clinic: Clinic | None = None,
    busy: tuple[BusyTime, ...] | None = None,
    bookings: Occupancy = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
) -> Course:
    """The next revision of the course: what the change asks for, and nothing else that could stay.

    `at` is the aware moment of the change: visits that have begun by then are over, and no visit
    moves to before it. `clinic` and `busy` (all busy times) replace those of the course, if given.
    Raises `BadRequest` if the change is impossible, `NoPlan` if it would break a rule that it does
    not override, `OutOfTime` once there is no `more_time`.
    """
    refuse_overrides(change)
    request = course.request if busy is None else replace(course.request, busy=busy)
    newer = replace(course, clinic=clinic or course.clinic, request=request)
    context = PlanningContext(
        course.protocol, newer.clinic, request, course.made_at, bookings, more_time
    )
    now = _moment_of_change(course, at.astimezone(context.zone))
    placement = _best_placement(newer, context, change, now)
    after = with_usual_drivers(_next_revision(newer, placement), course)
    entry = Entry(
        now,
        entry_text(newer, change, after),
        why,
        by,
        change,
        # Calendars have the course as it was, at the clinic as it was.
        changed=tuple(sorted(changed_uids(course, after, now))),
        former=tuple(ended_dates(course, after)),
        former_clinic=None if newer.clinic == course.clinic else course.clinic,
        former_busy=_former_busy(course.request.busy, request.busy),
    )
    after = add_entry(after, entry)
    findings = _findings(newer, after, change, placement.waived, bookings, now)
    return replace(after, findings=tuple(findings))


def _former_busy(
    before: tuple[BusyTime, ...], after: tuple[BusyTime, ...]
) -> tuple[BusyTime, ...] | None:
    """The busy times that no longer hold; None if all are as before.

    Those that still hold are not kept a second time: else a course would grow with each change.
    """
    still = set(after)
    return None if before == after else tuple(one for one in before if one not in still)


def _moment_of_change(course: Course, now: datetime) -> datetime:
    """`now`, or the moment of the last change if that is later on the same day.

    Raises `BadRequest` if the last change was on a later day.
    """
    last = course.history[-1].at.astimezone(now.tzinfo) if course.history else now
    if now.date() < last.date():
        said = f"{day_text(now)} is before the last change, made on {day_text(last)}"
        step = f"--today {last:%Y-%m-%d}, or later, if that is right; else plan the course anew"
        raise BadRequest("today", said, next_step=step)
    return max(now, last)


def _best_placement(
    course: Course, context: PlanningContext, change: Change, now: datetime
) -> Placement:
    """The best of the change's drafts with its dates. Raises `NoPlan` if none keeps the rules."""
    # The last draft first: a visit more at the end moves few others, and bounds the next searches.
    candidates = drafts(course, change, now)[::-1]
    # A rule is waived for all later visits only if waiving it once does not help.
    for throughout in (False, True) if change.overrides else (False,):
        best: Placement | None = None
        for draft in candidates:
            waived = waive_rules(draft, change, throughout=throughout)
            found = place_draft(course, context, waived, now, best.moves if best else None)
            if found and (best is None or found.rank < best.rank):
                best = found
        if best is not None:
            return best
    failed = waive_rules(candidates[0], change)
    findings, refusals = explain_failure(course, context, failed, now)
    raise NoPlan(_what_failed(change), findings=findings, refusals=refusals)


def _what_failed(change: Change) -> str:
    number = f" visit {change.visit}" if change.visit else ""
    return f"{change.verb}{number}: no way to do this keeps every rule"


def _next_revision(course: Course, placement: Placement) -> Course:
    """The next revision with the placed visits and reviews, in order of time and numbered."""
    visits = sorted(placement.visits, key=lambda visit: visit.start.timestamp())
    numbers = {visit.number: number for number, visit in enumerate(visits, start=1)}
    return replace(
        course,
        visits=tuple(replace(visit, number=numbers[visit.number]) for visit in visits),
        reviews=tuple(replace(one, after=numbers[one.after]) for one in placement.reviews),
        revision=course.revision + 1,
    )


def _date_key(visit: Visit) -> tuple[str, datetime, bool]:
    return visit.uid, visit.start, visit.status in TAKES_PLACE


def _findings(
    before: Course,
    course: Course,
    change: Change,
    waived: Mapping[str, frozenset[str]],
    bookings: Occupancy,
    now: datetime,
) -> Iterator[Finding]:
    """The findings of the rules now, and what was given up for visits that did not change.

    A broken rule is a finding if it was overridden, now or earlier, or if it is about a visit that
    has begun: that is a fact. What else was broken before, by a newer clinic, nobody decided, so
    it is left to `check`, but for a clinic's numbers that are too short: with them nothing gets a
    new date. Raises `NoPlan` for all other broken rules.
    """
    has_more = len(course.visits) > len(before.visits)
    for finding in before.findings:
        if finding.level == "given-up" and finding.visit:
            if finding.rule == LEFT_OUT and has_more:
                continue  # what was left out may have been added
            # The message is about the visit's number and the visit before.
            pair = slice(max(finding.visit - 2, 0), finding.visit)
            if [*map(_date_key, before.visits[pair])] == [*map(_date_key, course.visits[pair])]:
                yield finding
    decided = {_violation_key(before, finding) for finding in before.findings}
    known = {_violation_key(before, finding) for finding in check(before, bookings=bookings)}
    starts = {(visit.uid, visit.start) for visit in before.visits}
    has_new_dates = any((visit.uid, visit.start) not in starts for visit in course.visits)
    undecided = []
    for finding in check(course, bookings=bookings):
        visit = course.visits[finding.visit - 1] if finding.visit else None
        is_fact = visit is not None and has_begun(visit, now)
        is_waived = visit is not None and finding.rule in waived.get(visit.uid, ())
        key = _violation_key(course, finding)
        refuses = has_new_dates and isinstance(RULES.get(finding.rule), OverrideRule)
        may_stay = not refuses and (is_fact or is_waived or key in decided)
        if finding.level != "broken" or may_stay:
            yield finding
        elif refuses or key not in known:
            undecided.append(finding)
    if undecided:
        raise NoPlan(_what_failed(change), findings=undecided)


def _violation_key(course: Course, finding: Finding) -> tuple[object, ...]:
    """What a finding is about, without the visit's number: equal only if nothing moved."""
    if not finding.visit:
        return (finding.rule,)
    visit = course.visits[finding.visit - 1]
    if isinstance(RULES.get(finding.rule), EndsRule):
        return finding.rule, visit.phase, visit.start.date()
    if not isinstance(RULES.get(finding.rule), PairRule):
        return finding.rule, visit.uid, visit.start
    return finding.rule, visit.uid, visit.start, previous_starts(course)[visit.uid]
