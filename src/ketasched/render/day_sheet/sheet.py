"""The day sheet as data: the visits and reviews of a day at a clinic."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial
from math import inf

from ketasched.events.rides import needs_ride
from ketasched.events.wording import no_driving_title
from ketasched.model import TAKES_PLACE, Course, Driver, Place, Status, Visit
from ketasched.model.effective_kind import effective_kind
from ketasched.model.review_gates import is_pending
from ketasched.model.wall_clock import day_text, moment_text, wall_minutes
from ketasched.rules import Clearance, missing_records

NO_DRIVER, NO_CHAIR = "NO DRIVER", "NO CHAIR"


@dataclass(frozen=True, slots=True)
class DayVisit:
    """A visit of the day; its times are local to the clinic.

    `chair` counts from 1; it is None if the visit takes no chair, or chairs are not counted.
    `without_chair` is whether the chair's number is after the clinic's last one.
    `needs_driver` is whether a driver is still to be found. `marks` are what the staff has to
    know: "first visit", "clearance missing", "overridden: gap". `changed` is when the course's
    `revision` was made.
    """

    start: datetime
    treatment_start: datetime
    end: datetime
    no_driving_until: datetime | None
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
    without_chair: bool = False

    @property
    def chair_text(self) -> str:
        """The number of the chair; `NO_CHAIR` if the clinic has not so many."""
        return NO_CHAIR if self.without_chair else str(self.chair or "")

    @property
    def no_driving_text(self) -> str:
        """The prohibition, with the end of the time without driving if there is a rule."""
        until = self.no_driving_until
        return no_driving_title(moment_text(until, year=False) if until else "")

    @property
    def driver_text(self) -> str:
        """The driver's name and phone; `NO_DRIVER` if a driver is still to be found."""
        if self.needs_driver:
            return NO_DRIVER
        driver = self.driver
        return ", ".join(filter(None, (driver.name, driver.phone))) if driver else ""


@dataclass(frozen=True, slots=True)
class DayReview:
    """A review of the day; its start is local to the clinic.

    `gate` is whether later visits wait for it, `at_check_in` whether a visit of the patient begins
    at the same time.
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
class DaySheet:
    """A clinic's day: its visits by time and chair, and its reviews (`talks`) by time."""

    clinic: str
    day: date
    timezone: str
    visits: tuple[DayVisit, ...]
    talks: tuple[DayReview, ...]

    @property
    def missing_drivers(self) -> int:
        """How many visits need a driver and have none."""
        return sum(visit.needs_driver for visit in self.visits)

    @property
    def summary(self) -> str:
        """The number of visits, and of what is missing: "5 visits, 2 without a driver"."""
        count, missing = len(self.visits), self.missing_drivers
        text = "no visits" if not count else "1 visit" if count == 1 else f"{count} visits"
        text += f", {missing} without a driver" if missing else ""
        overridden = sum(visit.without_chair for visit in self.visits)
        return f"{text}, {overridden} without a chair" if overridden else text


Chairs = Mapping[str, int | None]
"""The chair of each visit by UID, counted from 0."""


def make_day_sheet(
    courses: Iterable[Course],
    chairs: Chairs,
    day: date,
    clinic: str,
    timezone: str,
    most_chairs: int | None = None,
) -> DaySheet:
    """The sheet of a day; courses without a visit or review on that day make no difference.

    `most_chairs` is how many chairs the clinic has; None if they are not counted.
    """
    courses = list(courses)
    last = inf if most_chairs is None else most_chairs
    visits = [
        replace(visit, without_chair=(visit.chair or 0) > last)
        for course in courses
        for visit in visits_between(course, chairs, day, day)
    ]
    reviews = [review for course in courses for review in _reviews_on(course, day)]
    return DaySheet(
        clinic,
        day,
        timezone,
        visits=tuple(sorted(map(partial(_with_shared_chair, visits), visits), key=_time_order)),
        talks=tuple(sorted(reviews, key=lambda one: (one.start.timestamp(), one.patient))),
    )


def _with_shared_chair(visits: Iterable[DayVisit], visit: DayVisit) -> DayVisit:
    """The visit with a mark if another one is on its chair at the same time."""
    begins, ends = visit.start.timestamp(), visit.end.timestamp()
    others = [
        f"CHAIR SHARED with {one.patient}"
        for one in visits
        if one is not visit and one.chair == visit.chair is not None
        if one.start.timestamp() < ends and begins < one.end.timestamp()
    ]
    return replace(visit, marks=(*others, *visit.marks))


def visits_between(course: Course, chairs: Chairs, first: date, last: date) -> Iterator[DayVisit]:
    """The visits of a course that take place from `first` to `last`, both inclusive.

    A visit that began the day before, and ends after midnight, is one of them.
    """
    takes_place = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    for visit in takes_place:
        if visit.start.date() <= last and wall_minutes(visit.end, first) > 0:
            chair = chairs.get(visit.uid)
            kind = effective_kind(course.protocol, course.clinic, visit.kind)
            yield DayVisit(
                visit.start,
                visit.treatment_start,
                visit.end,
                visit.no_driving_until,
                None if chair is None else chair + 1,
                course.patient,
                visit.number,
                kind.title,
                visit.of,
                visit.status,
                visit.driver,
                visit.status == "planned" and needs_ride(course, visit) and visit.driver is None,
                tuple(_visit_marks(course, visit, takes_place)),
                visit.uid,
                course.revision,
                course.history[-1].at,
            )


def visits_without_driver(
    courses: Iterable[Course], chairs: Chairs, now: datetime, last: date
) -> list[DayVisit]:
    """The visits from `now` to the day `last` (inclusive) that need a driver and have none."""
    found = [
        visit
        for course in courses
        for visit in visits_between(course, chairs, now.date(), last)
        if visit.needs_driver and visit.start >= now
    ]
    return sorted(found, key=_time_order)


def _time_order(visit: DayVisit) -> tuple[float, int, str]:
    return visit.start.timestamp(), visit.chair or 0, visit.patient


def _visit_marks(course: Course, visit: Visit, takes_place: list[Visit]) -> Iterator[str]:
    if visit.start.date() < visit.end.date() and visit.end.time() != time():
        begins, ends = (day_text(one.date(), year=False) for one in (visit.start, visit.end))
        yield f"{begins} to {ends}"
    if visit.status == "tentative":
        yield "to be decided"
    if visit.status == "completed":
        yield "done"
    if visit is takes_place[0]:
        yield "first visit"
    if visit is takes_place[-1]:
        yield "last visit"
    if any(is_pending(one) and one.start.date() <= visit.start.date() for one in course.reviews):
        yield "review due"
    if any(finding.rule == Clearance.name for finding in course.findings):
        yield "clearance missing"
    for what in missing_records(course.protocol, course.request, visit.start.date()):
        yield f"{what} missing"
    broken = (
        finding.rule
        for finding in course.findings
        if finding.level == "broken" and finding.visit == visit.number
    )
    yield from (f"overridden: {rule}" for rule in dict.fromkeys(broken))


def _reviews_on(course: Course, day: date) -> Iterator[DayReview]:
    starts = {visit.start for visit in course.visits if visit.status in TAKES_PLACE}
    for review in course.reviews:
        if review.start.date() == day and review.status in ("planned", "tentative"):
            yield DayReview(
                review.start,
                course.patient,
                review.title,
                review.after,
                review.place,
                review.gate and review.after < len(course.visits),
                review.start in starts,
                review.uid,
                course.revision,
                course.history[-1].at,
            )
