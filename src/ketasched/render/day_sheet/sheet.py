"""The day sheet as data: the visits and reviews of a day at a clinic."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from ketasched.events.rides import needs_ride
from ketasched.events.wording import prohibition_text
from ketasched.language.locale import Locale
from ketasched.model import (
    Clinic,
    Course,
    Driver,
    Misfit,
    Misfits,
    Place,
    misfit_count,
    where_used,
)
from ketasched.model.companion_slots import home_phase, kind_of
from ketasched.model.holds import CHAIR, Hold
from ketasched.model.occupancy import Occupancy
from ketasched.model.opening_hours import openings
from ketasched.model.unit_limits import limit_on
from ketasched.model.wall_clock import wall_minutes
from ketasched.render.day_sheet.day_visit import (
    NO_DRIVER,
    NO_LONGER_FITS,
    NO_MISFITS,
    Chairs,
    DayVisit,
    driver_text,
    time_order,
    visits_between,
)
from ketasched.render.day_sheet.unit_use import holds_on, missing_text, resources_taken, shortages


@dataclass(frozen=True, slots=True)
class DayReview:
    """A review or another companion of the day; its start is local to the clinic.

    `is_dose` is whether it is a home day, with an `attendant` or without. `gate` is whether later
    visits wait for it, `at_check_in` whether a visit of the patient begins at the same time.
    `after` is the number of its visit, which it is perhaps `before`; `minutes` are 0 for a review.
    `needs_driver` is whether a driver is still to be found. `misfit` is None if it fits the clinic
    as it is now.
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
    before: bool = where_used(default=False)
    minutes: int = where_used(default=0)
    is_dose: bool = where_used(default=False)
    attendant: bool = where_used(default=False)
    no_driving_until: datetime | None = where_used(default=None)
    driver: Driver | None = where_used(default=None)
    needs_driver: bool = where_used(default=False)
    misfit: Misfit | None = where_used(default=None)

    @property
    def about(self) -> str:
        """Beside which visit it is, where, and how long: "after visit 3, here, 60 minutes"."""
        side = "before" if self.before else "after"
        length = f", {self.minutes} minutes" if self.minutes else ""
        return f"{side} visit {self.after}, {self.where}{length}"

    @property
    def driver_text(self) -> str:
        """The driver's name and phone; `NO_DRIVER` if a driver is still to be found."""
        return NO_DRIVER if self.needs_driver else driver_text(self.driver)

    def dose_text(self, locale: Locale) -> str:
        """What holds for a dose at home: who stays, and the prohibition; "" for anything else."""
        if not self.is_dose:
            return ""
        said = prohibition_text(self.no_driving_until, locale)
        return f"Somebody has to stay with them. {said}" if self.attendant else said

    @property
    def misfit_text(self) -> str:
        """Why it does not fit the clinic any more: "NO LONGER FITS: …"; "" if it does fit."""
        return f"{NO_LONGER_FITS}: {self.misfit.message}" if self.misfit else ""

    @property
    def where(self) -> str:
        """Where it is, for the staff: "here", "by phone", or "at check-in"."""
        if self.at_check_in:
            return "at check-in"
        return {"clinic": "here", "phone": "by phone", "home": "at home"}[self.place]


@dataclass(frozen=True, slots=True)
class DaySheet:
    """A clinic's day: its visits by time and chair, and its reviews (`talks`) by time.

    `out_of_order` says how many chairs are, and who is away: "1 of 4 chairs is out of order".
    `fullness` is how much of their time is taken: "3 chairs, 84 % taken; 2 monitors, 60 % taken".
    `short` says of which resource there are too few: "3 need a monitor at 10:00, 2 can have one".
    Each of the three is empty if there is nothing to say.
    """

    clinic: str
    day: date
    timezone: str
    visits: tuple[DayVisit, ...]
    talks: tuple[DayReview, ...]
    out_of_order: str = where_used(default="")
    fullness: str = where_used(default="")
    short: str = where_used(default="")

    @property
    def items(self) -> tuple[DayVisit | DayReview, ...]:
        """The visits, and then the reviews and other companions."""
        return (*self.visits, *self.talks)

    @property
    def missing_drivers(self) -> int:
        """How many visits and companions need a driver and have none."""
        return sum(one.needs_driver for one in self.items)

    @property
    def summary(self) -> str:
        """The number of visits, and of what is amiss: "5 visits, 2 without a driver".

        If all that do not fit the clinic any more have one reason, it is said: "5 visits, 5 no
        longer fit: the clinic is closed (pump repair)".
        """
        count, missing = len(self.visits), self.missing_drivers
        text = "no visits" if not count else "1 visit" if count == 1 else f"{count} visits"
        text += "".join(f", {one}" for one in (self.out_of_order, self.short) if one)
        text += f", {missing} without a driver" if missing else ""
        missed = sum(visit.status == "missed" for visit in self.visits)
        text += f", {missed} missed" if missed else ""
        overridden = sum(visit.without_chair for visit in self.visits)
        text += f", {overridden} without a chair" if overridden else ""
        reasons = [one.misfit.message for one in self.items if one.misfit]
        why = f": {reasons[0]}" if len(set(reasons)) == 1 else ""
        noun = "date" if any(one.misfit for one in self.talks) else ""  # else visits
        return f"{text}, {misfit_count(len(reasons), noun)}{why}" if reasons else text


def make_day_sheet(
    courses: Iterable[Course],
    chairs: Chairs,
    day: date,
    clinic: str,
    timezone: str,
    now: Clinic | None = None,
    misfits: Misfits = NO_MISFITS,
) -> DaySheet:
    """The sheet of a day; courses without a visit or review on that day make no difference.

    `now` is the clinic as it is now; None if that is not known: then no chair is missing.
    """
    courses = list(courses)
    visits = [
        visit for course in courses for visit in visits_between(course, chairs, day, day, misfits)
    ]
    if now and now.chairs:
        visits = list(_with_missing_chairs(visits, now, day))
    reviews = [review for course in courses for review in _reviews_on(course, day, misfits)]
    holds = holds_on(now, day, courses) if now else []
    return DaySheet(
        clinic,
        day,
        timezone,
        visits=tuple(sorted(map(partial(_with_shared_chair, visits), visits), key=time_order)),
        talks=tuple(sorted(reviews, key=lambda one: (one.start.timestamp(), one.patient))),
        out_of_order=missing_text(now, day) if now else "",
        fullness=_fullness(now, day, visits, holds) if now else "",
        short="; ".join(shortages(now, holds)) if now else "",
    )


def _fullness(
    clinic: Clinic, day: date, visits: Collection[DayVisit], holds: Iterable[Hold]
) -> str:
    """How much of the time of chairs and resources is taken while the clinic is open."""
    chairs = _chairs_taken(clinic, day, visits)
    return "; ".join(filter(None, (chairs, *resources_taken(clinic, day, holds))))


def _chairs_taken(clinic: Clinic, day: date, visits: Collection[DayVisit]) -> str:
    """How much of the time of the chairs that are in order is taken while the clinic is open."""
    chairs, opened = limit_on(clinic, CHAIR, day) or 0, openings(clinic, day)
    minutes = chairs * sum(one.end - one.start for one in opened)
    if not minutes or (visits and not any(visit.chair for visit in visits)):
        return ""  # closed, or nobody knows who is on which chair
    spans = [
        (wall_minutes(visit.start, day), wall_minutes(visit.end, day))
        for visit in visits
        if visit.chair and visit.status != "missed"
    ]
    taken = sum(
        max(0, min(end, one.end) - max(start, one.start)) for start, end in spans for one in opened
    )
    number = "1 chair" if chairs == 1 else f"{chairs} chairs"
    return f"{number}, {round(100 * taken / minutes)} % taken"


def _with_missing_chairs(
    visits: Collection[DayVisit], clinic: Clinic, day: date
) -> Iterator[DayVisit]:
    """The visits, marked if the chair's number is after the last one.

    Which chair is out of order, the clinic's file does not say: where there are enough for all
    visits at a time, every number stands for a chair.
    """
    all_chairs, in_order = clinic.chairs or 0, limit_on(clinic, CHAIR, day) or 0
    taken = Occupancy(map(_chair_hold, (one for one in visits if one.chair)))
    for visit in visits:
        peak = taken.peak(_chair_hold(visit))
        last = in_order if peak > in_order else all_chairs
        yield replace(visit, without_chair=(visit.chair or 0) > last)


def _chair_hold(visit: DayVisit) -> Hold:
    return Hold(CHAIR, visit.start.timestamp(), visit.end.timestamp())


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


def _reviews_on(course: Course, day: date, misfits: Misfits) -> Iterator[DayReview]:
    unfit = {one.companion: one for one in misfits.get(course.course_id, ())}
    starts = {visit.start for visit in course.visits if visit.is_here}
    for review in course.companions:
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
                review.before,
                review.minutes,
                home_phase(course.protocol, review) is not None,
                kind_of(course, review).attendant,
                review.no_driving_until,
                review.driver,
                needs_ride(course, review) and review.driver is None,
                unfit.get(review.uid),
            )
