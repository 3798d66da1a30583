"""What is asked of a register about one clinic: its days, its patients, and what does not fit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from ketasched.errors import BadFile
from ketasched.events.view import clinic_locale
from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.model import Clinic, Course, Misfits, quote
from ketasched.model.identifiers import clinic_key
from ketasched.model.session_counts import SessionCount, count_sessions
from ketasched.model.values import LAST_START
from ketasched.planning.misfits import misfits_of_all
from ketasched.register.course_lookup import patient_named
from ketasched.register.records import BookedDays
from ketasched.render.day_sheet.day_visit import DayVisit, coming_visits
from ketasched.render.day_sheet.sheet import DaySheet, make_day_sheet

if TYPE_CHECKING:
    from ketasched.register.register import Register


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
