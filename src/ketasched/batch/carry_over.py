"""A row that is planned again though it is as it was: its clinic's file, say, has changed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketasched.batch.manifest import visits_of
from ketasched.batch.records import SEPARATOR, Known, Made, Settings
from ketasched.errors import BadFile, BadRequest
from ketasched.events.diff import differing
from ketasched.files.load import load_course
from ketasched.model import Clinic, Course, Entry
from ketasched.model.wall_clock import minute_of
from ketasched.planning.assemble import planned_before
from ketasched.planning.planner import ChosenSlots, choose_slots, choose_slots_at
from ketasched.revising.history import ended_dates, entered
from ketasched.rules import Past
from ketasched.rules.base import PlanningContext


def is_as_before(known: Known | None, asked: str) -> bool:
    """Whether a finished run has planned a course for a row of these words (`asked_of`)."""
    return known is not None and known.finished and known.asked == asked


def decided_again(context: PlanningContext, known: Known | None, asked: str) -> ChosenSlots:
    """What is decided for a row: where it is as it was, its times, if these still keep every rule.

    So another hour or holiday of the clinic moves only those whom it concerns. Raises `NoPlan`.
    """
    if known and is_as_before(known, asked):
        same = choose_slots_at(context, list(_starts(known)))
        if same is not None:
            return same
    return choose_slots(context)


def _starts(known: Known) -> Iterator[tuple[date, int]]:
    """The visits of an earlier course: their local dates, and minutes after midnight."""
    for visit in known.made.visits.split(SEPARATOR) if known.made.visits else ():
        start = datetime.fromisoformat(visit.partition("/")[0])
        yield start.date(), minute_of(start)


def renewed(
    course: Course, known: Known | None, settings: Settings, before: Course | None = None
) -> Course:
    """The course as the next revision of the one that was there, if that was on the same dates.

    Then calendars know its entries, and take in what is new of them. On other dates it is another
    course, with entries of its own, and so it is where there is no course file to go by, nor the
    course `before` of a register. Raises `BadRequest` if that would move what is under way.
    """
    if known is None or settings.output is None or settings.replaces:
        return course
    moves = known.made.visits != visits_of(course)
    if is_under_way(known, course.clinic, settings):
        if moves:
            raise would_move()
        # Its start was none in the past when it was planned.
        course = replace(
            course, findings=tuple(one for one in course.findings if one.rule != Past.name)
        )
    if moves:
        return course
    if before is None:
        try:
            before = load_course(str(settings.output / course.patient))
        except BadFile:
            return course
    return _after(before, course, settings.made_at)


def _after(before: Course, course: Course, now: datetime) -> Course:
    """The course by the name and with the history of the one `before`."""
    named = planned_before(course, before.course_id, before.made_at)
    uids = {one.uid: one.sequence for one in before.visits}
    uids |= {one.uid: one.sequence for one in before.reviews}
    same = replace(
        named,
        revision=before.revision,
        history=before.history,
        visits=tuple(replace(one, sequence=uids.get(one.uid, 0)) for one in named.visits),
        reviews=tuple(replace(one, sequence=uids.get(one.uid, 0)) for one in named.reviews),
    )
    if len(before.history) > 1 and before.history[-1].at == now:
        return same  # a run that was stopped has done it
    changed = differing(before, same, now)
    if not changed:
        return same
    entry = Entry(
        now.astimezone(before.made_at.tzinfo),
        "planned again",
        changed=tuple(sorted(changed)),
        former=tuple(ended_dates(before, same)),
        former_clinic=None if same.clinic == before.clinic else before.clinic,
    )
    return entered(replace(same, revision=before.revision + 1), entry)


def is_under_way(known: Known | None, clinic: Clinic, settings: Settings) -> bool:
    """Whether an earlier run planned a course that has begun: its first day is today, or over.

    Today is that of the clinic. A course that was for days gone by already when it was planned is
    none: nobody came by this plan, and its row is there to be mended.
    """
    if known is None or settings.replaces or not known.made.first:
        return False
    if begins_in_the_past(known.made):
        return False
    today = settings.made_at.astimezone(ZoneInfo(clinic.timezone)).date()
    return date.fromisoformat(known.made.first) <= today


def begins_in_the_past(made: Made) -> bool:
    """Whether a course was planned for days gone by."""
    return Past.name in made.notes.split(SEPARATOR)


def would_move() -> BadRequest:
    """What to say of a row whose course is under way, and would be on other dates."""
    said = "its course is under way, and would be at other times now"
    return BadRequest("patient", f"{said}: it stays as it is; change it with ketasched revise")
