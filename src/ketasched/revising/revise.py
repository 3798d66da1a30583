"""revise: a course after a change, with as little else changed as the rules allow; rename.

Visits that are over stay. As few others as possible get another start; then the order of
preference is that of `plan`. Every rule is kept unless the change overrides it by name; then the
finding stays on the course.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from ketasched.errors import BadRequest, NoPlan
from ketasched.events.diff import changed_uids
from ketasched.model import BusyTime, Change, Clinic, Course, Entry
from ketasched.model.occupancy import Occupancy
from ketasched.model.replay import items_of
from ketasched.model.review_gates import with_usual_drivers
from ketasched.model.wall_clock import day_text
from ketasched.planning.check import check
from ketasched.revising.companions import with_companions
from ketasched.revising.driver_changes import with_known_name
from ketasched.revising.findings import findings_after, with_next_day
from ketasched.revising.history import add_entry, ended_dates, undone_course, with_result
from ketasched.revising.intents import drafts_without_pencilled, waive_rules
from ketasched.revising.placement import (
    Placement,
    explain_no_sequence,
    place_draft,
    rescheduler_of,
)
from ketasched.revising.request_changes import lasting_findings, request_after
from ketasched.revising.sessions import with_session_statuses
from ketasched.revising.validation import visit_of
from ketasched.revising.verbs import drafts, entry_text, is_fact, refuse_overrides
from ketasched.rules.base import NO_BOOKINGS, PlanningContext, unlimited

Waived = Mapping[str, frozenset[str]]
"""By UID the rules that a change overrides for a visit."""


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
    names_next_day: bool = True,
) -> Course:
    """The next revision of the course: what the change asks for, and nothing else that could stay.

    It is the course itself if the change changes nothing. Unless `names_next_day`, the finding
    about a booster that the change leaves out does not say on which day it could be.

    `at` is the aware moment of the change: visits that have begun by then are over, and no visit
    moves to before it. `clinic` and `busy` (all busy times) replace those of the course, if given.
    Raises `BadRequest` if the change is impossible, `NoPlan` if it would break a rule that it does
    not override, `OutOfTime` once there is no `more_time`.
    """
    refuse_overrides(change)
    change = with_known_name(course, change)
    clinic = clinic or course.clinic
    now = moment_of_change(course, at.astimezone(ZoneInfo(clinic.timezone)))
    request = course.request if busy is None else replace(course.request, busy=busy)
    newer = replace(course, clinic=clinic, request=request)
    if change.verb == "undo":
        before, after = newer, undone_course(newer, change, now, bookings)
        waived: Waived = dict.fromkeys(items_of(after), frozenset(change.overrides))
    else:
        before, after, waived = _planned(newer, change, now, bookings, more_time)
        if change.verb != "switch" and _is_same(course, after):
            return course
    was_busy, still_busy = course.request.busy, set(request.busy)
    # What still holds is not kept a second time: else a course would grow with each change.
    no_longer_busy = tuple(one for one in was_busy if one not in still_busy)
    entry = Entry(
        now,
        entry_text(newer, change, after),
        why,
        by,
        change,
        # Calendars have the course as it was, at the clinic as it was.
        changed=tuple(sorted(changed_uids(course, after, now))),
        former=tuple(ended_dates(course, after)),
        former_clinic=None if clinic == course.clinic else course.clinic,
        former_busy=None if was_busy == request.busy else no_longer_busy,
    )
    after = with_result(course, add_entry(after, entry))
    findings, refused = findings_after(before, after, change, waived, bookings)
    if refused:
        raise NoPlan(_what_failed(change), findings=refused)
    after = replace(after, findings=findings)
    if not names_next_day:
        return after
    add = partial(revise, at=at, bookings=bookings, more_time=more_time, names_next_day=False)
    return with_next_day(after, add)


def _planned(
    course: Course,
    change: Change,
    now: datetime,
    bookings: Occupancy,
    more_time: Callable[[], bool],
) -> tuple[Course, Course, Waived]:
    """What a change makes of a course that has its newer clinic and busy times.

    Returns the course of before, as the change finds it, the one of after, and the waived rules.
    """
    request = request_after(course, change)
    before = replace(course, request=request)
    if change.verb == "wishes":
        before = replace(before, findings=lasting_findings(course, request))
    context = PlanningContext.of(before, bookings, more_time)
    if change.make_up:
        before = _with_missed_visit(before, context, change, now)
    placement = _best_placement(before, context, change, now)
    after = with_session_statuses(course, _next_revision(before, placement), change, now)
    after = with_companions(context, before, after, now, stay=is_fact(change))
    after = with_usual_drivers(after, now, course)
    return before, after, placement.waived


def _is_same(course: Course, after: Course) -> bool:
    """Whether the course of after differs in nothing but its number and its findings."""
    return replace(after, revision=course.revision, findings=course.findings) == course


def moment_of_change(course: Course, now: datetime) -> datetime:
    """`now`, or the moment of the last change if that is later on the same day.

    Raises `BadRequest` if the last change was on a later day.
    """
    last = course.history[-1].at.astimezone(now.tzinfo) if course.history else now
    if now.date() < last.date():
        said = f"{day_text(now)} is before the last change, made on {day_text(last)}"
        step = f"plan the course anew, or, if it is that day or later: --today {last:%Y-%m-%d}"
        raise BadRequest("today", said, next_step=step)
    return max(now, last)


def _with_missed_visit(
    course: Course, context: PlanningContext, change: Change, now: datetime
) -> Course:
    """The course, in the same revision, with the visit that is to be made up for as missed.

    What that breaks is a finding, as for every fact, so that it does not refuse a make-up visit.
    """
    if visit_of(course, change).status == "missed":
        return course
    fact = replace(change, make_up=None, overrides=())
    placement = _best_placement(course, context, fact, now)
    missed = replace(course, visits=placement.visits)
    findings, _ = findings_after(course, missed, fact, {}, context.bookings)
    return replace(missed, findings=findings)


def _best_placement(
    course: Course, context: PlanningContext, change: Change, now: datetime
) -> Placement:
    """The best of the change's drafts with its dates. Raises `NoPlan` if none keeps the rules."""
    # The last draft first: a visit more at the end moves few others, and bounds the next searches.
    candidates = drafts(course, change, now)[::-1]
    attempts = [(course, False)]
    if change.make_up and any(finding.level == "broken" for finding in course.findings):
        # A make-up visit mends what the missed one broke, if that moves no more visits.
        attempts.append((replace(course, findings=()), False))
    if change.overrides:
        # A rule is waived for all later visits only if waiving it once does not help.
        attempts.append((course, True))
    chosen: Placement | None = None
    for known, throughout in attempts:
        if chosen and throughout:
            break
        best, most = None, chosen.moves if chosen else None
        for draft in candidates:
            waived = waive_rules(draft, change, throughout=throughout)
            found = place_draft(known, context, waived, now, best.moves if best else most)
            if found and (best is None or found.rank < best.rank):
                best = found
        chosen = best or chosen
    if chosen:
        return chosen
    # What is pencilled in refuses nothing.
    for draft in drafts_without_pencilled(course, candidates[0]):
        if found := place_draft(course, context, waive_rules(draft, change), now, None):
            return found
    failed = waive_rules(candidates[0], change)
    findings, refusals = explain_no_sequence(rescheduler_of(course, context, failed, now))
    raise NoPlan(_what_failed(change), findings=findings, refusals=refusals)


def _what_failed(change: Change) -> str:
    number = f" visit {change.visit}" if change.visit else ""
    return f"{change.verb}{number}: no way to do this keeps every rule"


def _next_revision(course: Course, placement: Placement) -> Course:
    """The next revision with the placed visits and reviews, in order of time and numbered.

    The other companions have the numbers of their visits, and are still to be placed.
    """
    visits = sorted(placement.visits, key=lambda visit: visit.start.timestamp())
    numbers = {visit.number: number for number, visit in enumerate(visits, start=1)}
    return replace(
        course,
        visits=tuple(replace(visit, number=numbers[visit.number]) for visit in visits),
        companions=tuple(replace(one, after=numbers[one.after]) for one in placement.companions),
        revision=course.revision + 1,
    )


def rename(
    courses: Sequence[Course], patient: str, *, at: datetime, why: str = "", by: str = ""
) -> list[Course]:
    """The next revisions of a patient's courses, under the reference `patient`.

    Identifiers and visits stay. SEQUENCE rises for the events whose title has the reference: those
    of the clinic's calendar. The change has one moment in all courses: the aware moment `at`, or
    that of the last change of the same day. Raises `BadRequest` if one was made on a later day.
    """
    local = at.astimezone(ZoneInfo(courses[0].clinic.timezone))
    now = max(moment_of_change(course, local) for course in courses)
    return [_renamed(course, patient, now, why, by) for course in courses]


def _renamed(course: Course, patient: str, now: datetime, why: str, by: str) -> Course:
    after = replace(
        course,
        patient=patient,
        request=replace(course.request, patient=patient),
        revision=course.revision + 1,
    )
    old, new = check(course), check(after)
    kept = (one for one in course.findings if one not in old or one in new)
    after = replace(after, findings=(*kept, *(one for one in new if one not in old)))
    said, changed = f"renamed from {course.patient}", changed_uids(course, after, now)
    entry = Entry(now, said, why, by, Change("rename"), changed=tuple(sorted(changed)))
    return with_result(course, add_entry(after, entry))
