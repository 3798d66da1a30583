"""What is asked of a register about one clinic: its days, its patients, and what does not fit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING

from ketasched.errors import BadFile
from ketasched.model import Clinic, Course, Misfits, quote
from ketasched.model.identifiers import clinic_key
from ketasched.model.session_counts import SessionCount, count_sessions
from ketasched.model.values import LAST_START
from ketasched.planning.misfits import misfits_of_all
from ketasched.register.course_lookup import patient_named
from ketasched.register.records import BookedDays

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
