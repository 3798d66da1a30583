"""The visits of a day that are over, recorded as completed: all of them or none."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from ketasched.api.clinic_book import JointChange
from ketasched.files.option_values import refuse_unsafe_words
from ketasched.model import Change, Course, Visit
from ketasched.planning.misfits import visit_misfits
from ketasched.register.records import LogEntry, Stale
from ketasched.revising.revise import revise

ATTEMPTS = 5
"""How often the day is read if somebody else changes one of its courses meanwhile."""


class VisitState(Enum):
    """Whether a visit is to be recorded; the value of all others says why it is left as it is."""

    DUE = "due"
    RECORDED = "recorded already"
    EXCEPTED = "excepted"
    UNDECIDED = "to be decided"
    HELD = "held"
    NOT_OVER = "not over yet"
    UNFIT = "on a day or at a time that no longer fits the clinic"


STATES = {
    "completed": VisitState.RECORDED,
    "missed": VisitState.RECORDED,
    "tentative": VisitState.UNDECIDED,
    "held": VisitState.HELD,
}
"""By a visit's status, why it is left as it is."""


@dataclass(frozen=True, slots=True)
class DayVisitState:
    """A visit of the day with its course and its state."""

    course: Course
    visit: Visit
    state: VisitState


@dataclass(frozen=True, slots=True)
class CompletedDay:
    """The visits of a day, and each course some of whose visits are recorded, before and after."""

    visits: Sequence[DayVisitState]
    revisions: Sequence[tuple[Course, Course]]


def complete_day(asked: JointChange, day: date, *, dry_run: bool = False) -> CompletedDay:
    """Record the visits of `day` that are over by now, but for those of the excepted patients.

    Raises `Stale` if others change the courses all the time, and another `Conflict` if the
    register cannot take one of them.
    """
    refuse_unsafe_words(asked.reason, asked.by_whom)
    book = asked.book
    for attempt in range(1, ATTEMPTS + 1):
        courses = book.days(day, day).courses
        misfits = visit_misfits(book.misfits(courses)).items()
        unfit = {(course_id, one.visit) for course_id, own in misfits for one in own}
        found = [
            DayVisitState(course, visit, _state(asked, course, visit, unfit))
            for course in courses
            for visit in course.visits
            if visit.start.date() == day and visit.status not in ("omitted", "ceased")
            if not visit.elsewhere
        ]
        done = CompletedDay(found, list(_completed(found, asked)))
        if dry_run or not done.revisions:
            break
        try:
            book.register.revise_jointly(done.revisions, LogEntry(asked.now, "", asked.by_whom))
            break
        except Stale:
            if attempt == ATTEMPTS:
                raise
    return done


def _state(
    asked: JointChange, course: Course, visit: Visit, unfit: Collection[tuple[str, int]]
) -> VisitState:
    """The state of a visit; those that are `unfit` are known by their courses and numbers."""
    recorded = STATES.get(visit.status)
    if course.patient in asked.excepted and recorded is not VisitState.RECORDED:
        return VisitState.EXCEPTED
    if recorded:
        return recorded
    if visit.end.timestamp() > asked.now.timestamp():
        return VisitState.NOT_OVER
    is_unfit = (course.course_id, visit.number) in unfit
    return VisitState.UNFIT if is_unfit else VisitState.DUE


def _completed(
    found: Sequence[DayVisitState], asked: JointChange
) -> Iterator[tuple[Course, Course]]:
    """Each course with visits that are due, before and after they are recorded."""
    why, by = asked.reason, asked.by_whom
    due: dict[str, list[DayVisitState]] = {}
    for one in found:
        if one.state is VisitState.DUE:
            due.setdefault(one.course.course_id, []).append(one)
    for visits in due.values():
        before = after = visits[0].course
        for one in visits:
            change = Change("complete", one.visit.number)
            after = revise(after, change, at=asked.now, why=why, by=by)
        yield before, after
