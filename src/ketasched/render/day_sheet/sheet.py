"""The day sheet as data: a line for each visit, one for each talk, what somebody has to see to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ketasched.events.rides import has_ride
from ketasched.model import TAKES_PLACE, Course, Driver, Finding, Place, Status, Visit
from ketasched.model.gates import is_open
from ketasched.model.wall_clock import effective_kind
from ketasched.rules import Clearance


@dataclass(frozen=True, slots=True)
class Coming:
    """A visit of the day, local to the clinic.

    `chair` counts from 1; None where it takes none, or chairs are not counted. `needs_driver` is
    true where somebody has to drive and nobody is named. `marks` are what somebody has to know:
    "first visit", "clearance missing", "overridden: gap". It is of the course's `revision`, made
    at the moment `changed`.
    """

    start: datetime
    treatment_start: datetime
    end: datetime
    chair: int | None
    patient: str
    number: int
    title: str
    of: str
    status: Status
    driver: Driver | None
    needs_driver: bool
    marks: tuple[str, ...]
    uid: str
    revision: int
    changed: datetime


@dataclass(frozen=True, slots=True)
class Talk:
    """A review of the day, local to the clinic: a short look at how it goes.

    `at_check_in` is true where a visit of the patient begins just then.
    """

    start: datetime
    patient: str
    title: str
    after: int
    place: Place
    gate: bool
    at_check_in: bool
    uid: str
    revision: int
    changed: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """A clinic's day: its visits by time and chair, and its talks by time."""

    clinic: str
    day: date
    timezone: str
    visits: tuple[Coming, ...]
    talks: tuple[Talk, ...]

    @property
    def without_driver(self) -> int:
        """How many visits have no driver that need one."""
        return sum(one.needs_driver for one in self.visits)


Chairs = Mapping[str, int | None]
"""The chair of each visit by its uid, from 0."""


def sheet_of(
    courses: Iterable[Course], chairs: Chairs, day: date, clinic: str, timezone: str
) -> Sheet:
    """The sheet of a day from all courses that may have something on it."""
    courses = list(courses)
    visits = [one for course in courses for one in coming(course, chairs, day, day)]
    talks = [one for course in courses for one in _talks(course, day)]
    return Sheet(
        clinic,
        day,
        timezone,
        tuple(sorted(visits, key=_by_time)),
        tuple(sorted(talks, key=lambda one: (one.start.timestamp(), one.patient))),
    )


def coming(course: Course, chairs: Chairs, first: date, last: date) -> Iterator[Coming]:
    """The visits of a course that take place from `first` to `last`, both inclusive."""
    taking = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    for visit in taking:
        if first <= visit.start.date() <= last:
            chair = chairs.get(visit.uid)
            kind = effective_kind(course.protocol, course.clinic, visit.kind)
            yield Coming(
                visit.start,
                visit.treatment_start,
                visit.end,
                None if chair is None else chair + 1,
                course.patient,
                visit.number,
                kind.title,
                visit.of,
                visit.status,
                visit.driver,
                visit.status == "planned" and has_ride(course, visit) and visit.driver is None,
                tuple(_marks(course, visit, taking)),
                visit.uid,
                course.revision,
                course.history[-1].at,
            )


def without_driver(
    courses: Iterable[Course], chairs: Chairs, now: datetime, last: date
) -> list[Coming]:
    """The visits from this moment until `last` (inclusive) that have no driver and need one."""
    found = [
        one
        for course in courses
        for one in coming(course, chairs, now.date(), last)
        if one.needs_driver and one.start >= now
    ]
    return sorted(found, key=_by_time)


def _by_time(one: Coming) -> tuple[float, int, str]:
    return one.start.timestamp(), one.chair or 0, one.patient


def _marks(course: Course, visit: Visit, taking: list[Visit]) -> Iterator[str]:
    if visit.status == "tentative":
        yield "to be decided"
    if visit.status == "completed":
        yield "done"
    if visit is taking[0]:
        yield "first visit"
    if visit is taking[-1]:
        yield "last visit"
    if any(_is_due(course, visit)):
        yield "review due"
    if any(finding.rule == Clearance.name for finding in course.findings):
        yield "clearance missing"
    overridden = (one.rule for one in _broken(course) if one.visit == visit.number)
    yield from (f"overridden: {rule}" for rule in dict.fromkeys(overridden))


def _is_due(course: Course, visit: Visit) -> Iterator[bool]:
    """For each review, whether it is to be done by this visit and was not recorded."""
    for review in course.reviews:
        yield is_open(review) and review.start.date() <= visit.start.date()


def _broken(course: Course) -> Iterator[Finding]:
    return (finding for finding in course.findings if finding.level == "broken")


def _talks(course: Course, day: date) -> Iterator[Talk]:
    starts = {visit.start for visit in course.visits if visit.status in TAKES_PLACE}
    for review in course.reviews:
        if review.start.date() == day and review.status in ("planned", "tentative"):
            what = review.title, review.after, review.place, review.gate
            made = review.uid, course.revision, course.history[-1].at
            yield Talk(review.start, course.patient, *what, review.start in starts, *made)
