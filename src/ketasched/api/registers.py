"""The clinic's register from Python: what the commands do with `--register`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Self, Unpack

from ketasched.api.asked_changes import AskedChange
from ketasched.api.changes import Verb, booking_of, change_of
from ketasched.api.moments import Moment, moment_at_clinic
from ketasched.api.new_courses import plan_booking, refuse_unusable
from ketasched.errors import BadRequest, NothingToDo
from ketasched.events.view import clinic_locale
from ketasched.files.change_parsing import ChangeValues
from ketasched.files.load import with_newer_clinic
from ketasched.files.option_values import read_day
from ketasched.files.typed_text import text_of
from ketasched.language.locale import INTERNATIONAL
from ketasched.model import UNNAMED, Clinic, Course, Protocol, Request
from ketasched.planning.misfits import misfits_of_all
from ketasched.register.clinic_now import clinic_now
from ketasched.register.course_lookup import (
    entries_of,
    find_entry,
    several_clinics,
    unknown_patient,
)
from ketasched.register.opening import opened_register
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.render.day_sheet import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import DaySheet, make_day_sheet
from ketasched.revising.suggest import Suggestion, suggest
from ketasched.revising.validation import plans_dates
from ketasched.rules.base import PlanningContext, unlimited

if TYPE_CHECKING:
    from ketasched.register.register import Register as StoredRegister

Patient = str | Course
"""A patient's reference, as people type it, or a course as it was read from the register."""


@dataclass(frozen=True, slots=True)
class Register:
    """An open register. `with Register.open("book.db") as register:` closes it.

    Every change is one transaction. A method that takes a `clinic` needs it only where the
    register has several, or where its hours are newer than those that the register has seen.
    """

    stored: "StoredRegister"

    @classmethod
    def open(cls, address: str, *, make: bool = True) -> Self:
        """Open the register at a URL or in a SQLite file; with `make` a missing one is made.

        Raises `BadRequest` for an address that is none, or without the extra `register`;
        `BadFile` if there is no register, `Refused` if the database refuses.
        """
        return cls(opened_register(address, make=make))

    def close(self) -> None:
        """Close all connections."""
        self.stored.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plan(
        self,
        protocol: Protocol,
        clinic: Clinic,
        request: Request,
        *,
        made_at: Moment,
        course_id: str = "",
    ) -> Course:
        """The course that `book` would enter; nothing is entered. Raises the errors of `book`."""
        return self.stored.plan(self._booking(protocol, clinic, request, made_at, course_id))

    def book(
        self,
        protocol: Protocol,
        clinic: Clinic,
        request: Request,
        *,
        made_at: Moment,
        course_id: str = "",
    ) -> Course:
        """Plan a course beside all that is booked, and enter it.

        Raises the errors of `ketasched.plan`, and `Refused` if the patient has a course at that
        time, or the database refuses.
        """
        return self.stored.book(self._booking(protocol, clinic, request, made_at, course_id))

    def _booking(
        self,
        protocol: Protocol,
        clinic: Clinic,
        request: Request,
        made_at: Moment,
        course_id: str,
    ) -> BookingRequest:
        moment = refuse_unusable(protocol, clinic, request, made_at, course_id)
        if request.patient == UNNAMED:
            raise BadRequest("patient", "a register has to know whose course it is")
        self.stored.refuse_stranger(clinic)
        context = PlanningContext(protocol, clinic, request, moment)
        return plan_booking(context, course_id, budget=lambda: unlimited)

    def revise(
        self,
        patient: Patient,
        verb: Verb,
        visit: int | str | None = None,
        *,
        at: Moment,
        reason: str = "",
        by_whom: str = "",
        override: str | Sequence[str] = (),
        clinic: Clinic | None = None,
        dry_run: bool = False,
        **values: Unpack[ChangeValues],
    ) -> Course:
        """Change a course as `ketasched.revise` does, beside all that is booked, and enter it.

        The course is the one of the patient that is not over. If a `Course` is given, and
        somebody else has changed it since, `Refused` is raised. A `dry_run` enters nothing.
        """
        before = self._course(patient, at, clinic)
        moment = moment_at_clinic(at, before.clinic, "at")
        change = change_of(before, verb, visit, values, moment, override)
        newer = self._newer(before, clinic) if clinic or plans_dates(change) else before
        asked = AskedChange(before, newer, change, moment, reason, by_whom, lambda: unlimited)
        booking = booking_of(asked, values)
        try:
            return self.stored.plan(booking) if dry_run else self.stored.book(booking)
        except NothingToDo:
            return before

    def suggest(
        self, patient: Patient, visit: int, *, at: Moment, clinic: Clinic | None = None
    ) -> list[Suggestion]:
        """Other times for a visit beside all that is booked, as `ketasched.suggest` has them."""
        before = self._course(patient, at, clinic)
        course, moment = self._newer(before, clinic), moment_at_clinic(at, before.clinic, "at")
        line = LogEntry(moment, "")
        booking = BookingRequest(course.clinic, lambda _: course, line, before=before)
        with self.stored.occupancy_for(booking) as bookings:
            return suggest(course, visit, at=moment, bookings=bookings)

    def course(self, patient: str, *, at: Moment, clinic: Clinic | None = None) -> Course:
        """The course of a patient that is not over at this moment, else the last one.

        Case and accents of the reference make no difference. Raises `BadFile` if there is no such
        patient, or the reference may mean several.
        """
        return self._course(patient, at, clinic)

    def courses(self, patient: str = "", *, clinic: Clinic | None = None) -> list[Course]:
        """All courses, or those of one patient, in the order of patients. Raises `BadFile`."""
        if patient:
            entries = entries_of(self.stored, patient, clinic)
        else:
            entries = self.stored.entries(clinic)
        return [self.stored.course(entry.course_id) for entry in entries]

    def day(self, day: str | date, *, clinic: Clinic | None = None) -> DaySheet:
        """The clinic's day: its `visits`, its `talks`, and their `summary`, as `ketasched day`.

        Raises `BadFile` if the register has several clinics and none is given.
        """
        now = self._clinic(clinic)
        order = now.date_order if now else None
        on = read_day(text_of("day", day), "day", order, next_step="a date such as 2026-12-07")
        found = self.stored.days(on, on, clinic)
        misfits = misfits_of_all(found.courses, now) if now else {}
        name, zone = (now.name, now.timezone) if now else ("", "UTC")
        return make_day_sheet(found.courses, found.chairs, on, name, zone, now, misfits)

    def day_page(
        self, day: str | date, form: str = "text", *, clinic: Clinic | None = None
    ) -> str:
        """The sheet of a day as `ketasched day` prints it. Raises `BadRequest`, `BadFile`."""
        if form not in FORMS:
            raise BadRequest("form", f"expected one of {', '.join(FORMS)}, not {form}")
        now = self._clinic(clinic)
        locale = clinic_locale(now) if now else INTERNATIONAL
        return render_sheet(self.day(day, clinic=clinic), form, locale)

    def _clinic(self, clinic: Clinic | None) -> Clinic | None:
        """The clinic as it is now; None if the register has no course."""
        if clinic:
            self.stored.refuse_stranger(clinic)
            return clinic
        names = self.stored.clinics()
        if len(names) > 1:
            raise several_clinics(names)
        newest = self.stored.newest()
        return clinic_now(newest, self.stored) if newest else None

    def _course(self, patient: Patient, at: Moment, clinic: Clinic | None) -> Course:
        if isinstance(patient, Course):
            return patient
        newest = self.stored.newest(clinic)
        if newest is None:
            raise unknown_patient(patient)
        today: datetime = moment_at_clinic(at, newest.clinic, "at")
        entry = find_entry(self.stored, patient, clinic, today.date())
        return self.stored.course(entry.course_id)

    def _newer(self, course: Course, clinic: Clinic | None) -> Course:
        """The course with its clinic as it is now."""
        now = clinic_now(course, self.stored, clinic)
        return with_newer_clinic(course, now, "the clinic as it is now")
