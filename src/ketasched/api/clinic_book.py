"""What is asked of a register about one clinic: its days, its patients, and what does not fit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from ketasched.errors import BadFile, BadRequest
from ketasched.events.rides import all_driver_names
from ketasched.events.view import clinic_locale
from ketasched.exchange.queues import (
    ALL,
    FURTHEST,
    NOBODY,
    appointments,
    is_called,
    reminders,
    rides,
)
from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.model import Clinic, Course, DateRange, Misfits, quote
from ketasched.model.identifiers import clinic_key
from ketasched.model.queues import Appointment, PatientReminder, Ride
from ketasched.model.session_counts import SessionCount, count_sessions
from ketasched.model.values import LAST_START
from ketasched.planning.misfits import misfits_of_all
from ketasched.register.course_lookup import patient_named
from ketasched.register.records import BookedDays
from ketasched.render.day_sheet.day_visit import DayVisit, coming_visits
from ketasched.render.day_sheet.sheet import DaySheet, make_day_sheet

if TYPE_CHECKING:
    from ketasched.register.register import Register


NO_COURSE = "there is no course in the register"


@dataclass(frozen=True)
class ClinicBook:
    """A register, and the clinic whose days are asked for.

    `named` is the clinic that somebody named; None if the register has only one. `clinic` is the
    clinic as it is now; None if the register has no course.
    """

    register: "Register"
    named: Clinic | None
    clinic: Clinic | None

    @property
    def zone(self) -> str:
        """The clinic's time zone; UTC if there is no clinic."""
        return self.clinic.timezone if self.clinic else "UTC"

    @property
    def locale(self) -> Locale:
        """The clock and the dates of the clinic."""
        return clinic_locale(self.clinic) if self.clinic else INTERNATIONAL

    @property
    def known_clinic(self) -> Clinic:
        """The clinic as it is now. Raises `BadFile` if the register has no course."""
        if self.clinic is None:
            raise BadFile(NO_COURSE, next_step="book one, or name a clinic")
        return self.clinic

    def patient(self, name: str) -> str:
        """The patient of the clinic whom a typed name means. Raises `BadFile`."""
        found = patient_named(self.register, name, self.named)
        if not found:
            said = f"{quote(name)}: there is no such patient in the register"
            raise BadFile(said, next_step="one of this list: ketasched register list")
        return found

    def days(self, first: date, last: date) -> BookedDays:
        """The clinic's days from `first` to `last`, both inclusive."""
        return self.register.days(first, last, self.named)

    def sheet(self, day: date) -> DaySheet:
        """The sheet of a day."""
        courses, chairs = self.days(day, day)
        name, misfits = self.clinic.name if self.clinic else "", self.misfits(courses)
        return make_day_sheet(courses, chairs, day, name, self.zone, self.clinic, misfits)

    def coming(self, now: datetime, last: date) -> list[DayVisit]:
        """The visits, and what else needs a ride, from `now` to the day `last`, by time."""
        courses, chairs = self.days(now.date(), last)
        return coming_visits(courses, chairs, now, last, self.misfits(courses))

    def rides(self, now: datetime, last: date, driver: str = NOBODY) -> list[Ride]:
        """The ends of rides from `now` to the day `last`, by time: `ClinicExchange.rides`."""
        courses = self.days(now.date(), last).courses
        found = [one for course in courses for one in rides(course, now, last, driver)]
        if not found and driver not in (ALL, NOBODY):
            self._refuse_unknown_driver(driver)
        return sorted(found, key=lambda one: (one.at.timestamp(), one.key))

    def reminders(self, now: datetime, last: date) -> list[PatientReminder]:
        """The messages from `now` to the day `last`, by time, also those that reach nobody."""
        courses = self.days(now.date(), last + FURTHEST).courses
        found = [one for course in courses for one in reminders(course, now, last)]
        return sorted(found, key=lambda one: (one.send_at.timestamp(), one.key))

    def appointments(self, days: DateRange, *, cancelled: bool = True) -> list[Appointment]:
        """The visits of these days, by time; with `cancelled` also those on their last date."""
        courses, chairs = self.days(days.first, days.last)
        each = (appointments(one, chairs, days, cancelled=cancelled) for one in courses)
        found = [one for several in each for one in several]
        return sorted(found, key=lambda one: (one.start.timestamp(), one.key))

    def current(self, clinic: Clinic, day: date) -> list[Course]:
        """The courses of a clinic that end on this day or later."""
        key, courses = clinic_key(clinic), self.register.current(day)
        return [one for one in courses if clinic_key(one.clinic) == key]

    def sessions_that_run_out(self, today: date, last: date) -> list[SessionCount]:
        """The courses with visits to come whose sessions run out until the day `last`, by day.

        They run out with the last session, at a visit that has none, or on the last day.
        """
        counts = (count_sessions(one, today) for one in self.days(today, LAST_START).courses)
        found = [one for one in counts if one and one.runs_out <= last]
        return sorted(found, key=attrgetter("runs_out", "patient"))

    def misfits(self, courses: Collection[Course]) -> Misfits:
        """The booked visits that do not fit the clinic any more, as it is now."""
        return misfits_of_all(courses, self.clinic) if self.clinic else {}

    def _refuse_unknown_driver(self, driver: str) -> None:
        """Raise `BadRequest` for a driver whom no course of the clinic has ever had."""
        entries = self.register.entries(self.named)
        courses = [self.register.course(one.course_id) for one in entries]
        known = sorted({name for one in courses for name in all_driver_names(one)})
        if not any(is_called(name, driver) for name in known):
            step = f"one of: {', '.join(known)}" if known else "leave it out: no driver is named"
            raise BadRequest("driver", f"{driver} drives to no visit", next_step=step)


@dataclass(frozen=True, slots=True)
class JointChange:
    """A change of many courses in a clinic's book, at a moment, for a reason, by somebody.

    The visits of the `excepted` patients stay as they are.
    """

    book: ClinicBook
    now: datetime
    excepted: Collection[str] = ()
    reason: str = ""
    by_whom: str = ""
