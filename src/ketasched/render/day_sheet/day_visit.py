"""The visits of some days as data: the times, the chair, the driver, and what to know of each."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from ketasched.events.rides import needs_ride
from ketasched.events.view import View, clinic_locale, reader_locale
from ketasched.events.wording import prohibition_text
from ketasched.language.catalogue import ENGLISH
from ketasched.language.known import english_name
from ketasched.language.locale import Locale
from ketasched.model import Course, Driver, Misfit, Misfits, Status, Visit
from ketasched.model.authorised_visits import sessions_text, visits_beyond
from ketasched.model.effective_kind import effective_kind
from ketasched.model.review_gates import is_pending
from ketasched.model.session_counts import sessions_left
from ketasched.model.wall_clock import wall_minutes
from ketasched.rules import missing_records
from ketasched.rules.overridden import is_overridden

NO_DRIVER, NO_CHAIR, NO_LONGER_FITS = "NO DRIVER", "NO CHAIR", "NO LONGER FITS"

CLEARANCE_MISSING, AUTHORISATION_MISSING = "clearance missing", "authorisation missing"

FEW_SESSIONS, FEW_DAYS = 2, 14
"""At most so many sessions, or days, are said on the sheet: so more can be asked for in time."""

URGENT = re.compile(rf".* missing$|review due$|broken: |CHAIR SHARED |{NO_LONGER_FITS}: ")
"""The marks that are more than to be known."""

LANGUAGE = re.compile(r"(driver )?reads .+")
"""The marks of who reads another language than English."""

NO_MISFITS: Misfits = {}

Chairs = Mapping[str, int | None]
"""The chair of each visit by UID, counted from 0."""


@dataclass(frozen=True, slots=True)
class DayVisit:
    """A visit of the day; its times are local to the clinic.

    `chair` counts from 1; it is None if the visit takes no chair, or chairs are not counted.
    `without_chair` is whether the chair's number is after the clinic's last one.
    `needs_driver` is whether a driver is still to be found. `marks` are what the staff has to
    know: "first visit", "clearance missing", "overridden: gap", or "broken: gap" if nobody
    decided that. `changed` is when the course's `revision` was made. `misfit` is None if the visit
    fits the clinic as it is now.
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
    misfit: Misfit | None = None
    patient_phone: str = ""

    @property
    def patient_text(self) -> str:
        """The patient, and the phone number if there is one: "P-014, +1 555 0134"."""
        return ", ".join(filter(None, (self.patient, self.patient_phone)))

    @property
    def chair_text(self) -> str:
        """The number of the chair; `NO_CHAIR` if the clinic has not so many."""
        return NO_CHAIR if self.without_chair else str(self.chair or "")

    def no_driving_text(self, locale: Locale) -> str:
        """The prohibition, with the end of the time without driving if there is a rule.

        Empty for a missed visit.
        """
        if self.status == "missed":
            return ""
        return prohibition_text(self.no_driving_until, locale)

    @property
    def urgent_marks(self) -> list[str]:
        """The marks of what has to be put right before the visit."""
        return [mark for mark in self.marks if URGENT.match(mark)]

    @property
    def language_marks(self) -> list[str]:
        """The marks of who reads another language than English."""
        return [mark for mark in self.marks if LANGUAGE.fullmatch(mark)]

    @property
    def driver_text(self) -> str:
        """The driver's name and phone; `NO_DRIVER` if a driver is still to be found."""
        if self.needs_driver:
            return NO_DRIVER
        return driver_text(self.driver)


def driver_text(driver: Driver | None) -> str:
    """A driver's name and phone; "" if there is none."""
    return ", ".join(filter(None, (driver.name, driver.phone))) if driver else ""


def visits_between(
    course: Course, chairs: Chairs, first: date, last: date, misfits: Misfits
) -> Iterator[DayVisit]:
    """The visits of a course from `first` to `last`, both inclusive: held ones and the like aside.

    They take place here, or are missed. A visit that began the day before, and ends after
    midnight, is one of them.
    """
    own = misfits.get(course.course_id, ())
    unfit = {one.visit: one for one in own if not one.companion}
    takes_place = [visit for visit in course.visits if visit.is_here]
    for visit in course.visits:
        if not visit.is_here and visit.status != "missed":
            continue
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
                tuple(_marks(course, visit, takes_place, unfit.get(visit.number))),
                visit.uid,
                course.revision,
                course.history[-1].at,
                misfit=unfit.get(visit.number),
                patient_phone=course.request.patient_phone,
            )


def coming_visits(
    courses: Iterable[Course],
    chairs: Chairs,
    now: datetime,
    last: date,
    misfits: Misfits = NO_MISFITS,
) -> list[DayVisit]:
    """The visits, and what else needs a ride, from `now` to the day `last`, inclusive, by time."""
    found = [
        one
        for course in courses
        for one in (
            *visits_between(course, chairs, now.date(), last, misfits),
            *_driven_companions(course, now.date(), last, misfits),
        )
        if one.start >= now
    ]
    return sorted(found, key=time_order)


def _driven_companions(
    course: Course, first: date, last: date, misfits: Misfits
) -> Iterator[DayVisit]:
    """The companions from `first` to `last` that need a ride, each as a visit of its own."""
    unfit = {one.companion: one for one in misfits.get(course.course_id, ())}
    for one in course.companions:
        if needs_ride(course, one) and first <= one.start.date() <= last:
            yield DayVisit(
                one.start,
                one.start,
                one.end,
                None,
                None,
                course.patient,
                one.after,
                one.title,
                f"{one.title} {one.side} it",
                one.status,
                one.driver,
                one.status == "planned" and one.driver is None,
                (),
                one.uid,
                course.revision,
                course.history[-1].at,
                misfit=unfit.get(one.uid),
                patient_phone=course.request.patient_phone,
            )


def time_order(visit: DayVisit) -> tuple[float, int, str]:
    """The sort key of a day's visits: by time, chair and patient."""
    return visit.start.timestamp(), visit.chair or 0, visit.patient


def _marks(
    course: Course, visit: Visit, takes_place: list[Visit], misfit: Misfit | None
) -> Iterator[str]:
    """What the staff has to know; of a missed visit nothing but that."""
    if visit.status == "missed":
        yield "missed"
        return
    if misfit:
        yield f"{NO_LONGER_FITS}: {misfit.message}"
    yield from _visit_marks(course, visit, takes_place)


def _visit_marks(course: Course, visit: Visit, takes_place: list[Visit]) -> Iterator[str]:
    if visit.start.date() < visit.end.date() and visit.end.time() != time():
        day_text = clinic_locale(course.clinic).day_text
        begins, ends = (day_text(one, year=False) for one in (visit.start, visit.end))
        yield f"{begins} to {ends}"
    if visit.status == "tentative":
        yield "to be decided"
    if visit.status == "completed":
        yield "done"
    if visit is takes_place[0] and not course.visits[0].elsewhere:
        yield "new protocol" if course.follows else "first visit"
    if visit is takes_place[-1]:
        yield "last visit"
    if any(
        one.is_review and is_pending(one) and one.start.date() <= visit.start.date()
        for one in course.companions
    ):
        yield "review due"
    cleared = course.request.cleared_by and course.request.cleared_on
    if not cleared or cleared > visit.start.date():
        yield CLEARANCE_MISSING
    for what in missing_records(course.protocol, course.request, visit.start.date()):
        yield f"{what} missing"
    yield from _session_marks(course, visit, is_last=visit is takes_place[-1])
    yield from _language_marks(course, visit)
    broken = {
        finding.rule: "overridden" if is_overridden(course, finding) else "broken"
        for finding in course.findings
        if finding.level == "broken" and finding.visit == visit.number
    }
    yield from (f"{word}: {rule}" for rule, word in broken.items())


def _session_marks(course: Course, visit: Visit, *, is_last: bool) -> Iterator[str]:
    """That the visit has no authorised session, or that few are left for those after it."""
    authorised, day = course.request.authorised, visit.start.date()
    if visit in visits_beyond(authorised, course.visits):
        yield AUTHORISATION_MISSING
        return
    left = sessions_left(authorised, course.visits, day)
    if left and not is_last:
        count, until = left
        if count <= FEW_SESSIONS or (until - day).days <= FEW_DAYS:
            last = clinic_locale(course.clinic).day_text(until, year=False)
            few = f"{sessions_text(count)} left after this one, until {last}"
            yield f"authorised: {few if count else 'this is the last session'}"


def _language_marks(course: Course, visit: Visit) -> Iterator[str]:
    """Which language the patient reads, and the driver, if it is not English."""
    own, drivers = (reader_locale(course, view).language for view in (View(), View("driver")))
    if own != ENGLISH:
        yield f"reads {english_name(own)}"
    if drivers not in (own, ENGLISH) and needs_ride(course, visit):
        yield f"driver reads {english_name(drivers)}"
