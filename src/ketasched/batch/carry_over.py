"""Carry-over: what the new course of a row takes from the one that an earlier run planned.

A row that is as it was keeps its times where these still keep every rule; a course on the same
dates is the next revision of the earlier one; a course under way is not moved.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketasched.batch.calendar_identity import with_calendar_identity
from ketasched.batch.folders import COURSE
from ketasched.batch.manifest import format_visits
from ketasched.batch.records import SEPARATOR, CourseSummary, PriorResult, Settings
from ketasched.errors import BadFile, BadRequest
from ketasched.events.diff import changed_uids
from ketasched.files.load import load_course
from ketasched.model import Clinic, Course, Entry
from ketasched.model.wall_clock import minute_of_day
from ketasched.planning.assemble import with_identity
from ketasched.planning.planner import ChosenSlots, choose_slots, choose_slots_at
from ketasched.revising.history import add_entry, ended_dates
from ketasched.rules import Past
from ketasched.rules.base import PlanningContext

UNDER_WAY = (
    "its course is under way, and would be at other times now: it stays as it is; "
    "change it with ketasched revise"
)


def is_under_way(prior: PriorResult | None, clinic: Clinic, settings: Settings) -> bool:
    """Whether the earlier course has begun: its first day is today or over, at the clinic.

    A course that was planned for days gone by is not under way: nobody came because of this plan,
    and its row can be mended.
    """
    if prior is None or settings.replaces or not prior.summary.first:
        return False
    if begins_in_the_past(prior.summary):
        return False
    today = settings.made_at.astimezone(ZoneInfo(clinic.timezone)).date()
    return date.fromisoformat(prior.summary.first) <= today


def begins_in_the_past(summary: CourseSummary) -> bool:
    """Whether a course was planned for days gone by."""
    return Past.name in summary.notes.split(SEPARATOR)


def would_move() -> BadRequest:
    """The error of a row whose course is under way and would be moved."""
    return BadRequest("patient", UNDER_WAY, public=UNDER_WAY)


def choose_slots_again(context: PlanningContext, prior: PriorResult | None) -> ChosenSlots:
    """The slots of the earlier course, if they keep every rule; else the best slots.

    So new hours or a closure of the clinic move only the patients whom they concern. Raises
    `NoPlan`.
    """
    same = choose_slots_at(context, list(_starts(prior))) if prior else None
    return choose_slots(context) if same is None else same


def _starts(prior: PriorResult) -> Iterator[tuple[date, int]]:
    """The visits of an earlier course: local dates, and minutes after midnight."""
    visits = prior.summary.visits
    for visit in visits.split(SEPARATOR) if visits else ():
        start = datetime.fromisoformat(visit.partition("/")[0])
        yield start.date(), minute_of_day(start)


def carry_over(
    course: Course, prior: PriorResult | None, settings: Settings, before: Course | None = None
) -> Course:
    """The course as the next revision of the earlier one, if that was on the same dates.

    Then calendars recognise its entries, and update them. On other dates it is another course with
    entries of its own. The earlier course is `before`, from a register, or that in the folder.
    Raises `BadRequest` if a course under way would be moved.
    """
    if prior is None or settings.output is None or settings.replaces:
        return course
    moves = prior.summary.visits != format_visits(course)
    if is_under_way(prior, course.clinic, settings):
        if moves:
            raise would_move()
        # When the course was planned, its start was not in the past.
        findings = tuple(one for one in course.findings if one.rule != Past.name)
        course = replace(course, findings=findings)
    if moves:
        return course
    if before is None:
        try:
            before = load_course(str(settings.folder(course.patient)))
        except BadFile:
            is_damaged = any(name == COURSE for name, _ in prior.files)
            return course if is_damaged else with_calendar_identity(course, prior, settings)
    return _next_revision(before, course, settings.made_at)


def _next_revision(before: Course, course: Course, now: datetime) -> Course:
    """The course with the identity and the history of the one `before`."""
    course = with_identity(course, before.course_id, before.uid_key, before.made_at)
    sequences = {visit.uid: visit.sequence for visit in before.visits}
    sequences |= {review.uid: review.sequence for review in before.reviews}
    visits = (replace(one, sequence=sequences.get(one.uid, 0)) for one in course.visits)
    reviews = (replace(one, sequence=sequences.get(one.uid, 0)) for one in course.reviews)
    same = replace(
        course,
        revision=before.revision,
        history=before.history,
        visits=tuple(visits),
        reviews=tuple(reviews),
    )
    if len(before.history) > 1 and before.history[-1].at == now:
        return same  # a stopped run has added the entry
    changed = changed_uids(before, same, now)
    if not changed:
        return same
    entry = Entry(
        now.astimezone(before.made_at.tzinfo),
        "planned again",
        changed=tuple(sorted(changed)),
        former=tuple(ended_dates(before, same)),
        former_clinic=None if same.clinic == before.clinic else before.clinic,
    )
    return add_entry(replace(same, revision=before.revision + 1), entry)
