"""The clinic's register from Python: what the commands do with `--register`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self, Unpack

from ketasched.api.asked_changes import AskedChange
from ketasched.api.busy_times import Busy, course_with_calendars
from ketasched.api.changes import Verb, booking_of, change_of
from ketasched.api.clinic_days import ClinicDays
from ketasched.api.exports import exported
from ketasched.api.moments import Moment, moment_at_clinic
from ketasched.api.new_courses import new_course_booking, usable_context
from ketasched.api.renaming import read_new_reference, renamed_courses
from ketasched.errors import BadFile, BadRequest, NothingToDo
from ketasched.files.load import with_newer_clinic
from ketasched.files.request_values import ChangeValues
from ketasched.model import UNNAMED, Clinic, Course, Protocol, Request
from ketasched.model.field_types import refusing_wrong_nouns
from ketasched.register.clinic_now import clinic_now
from ketasched.register.course_lookup import entries_of, find_entry, unknown_patient
from ketasched.register.imports import Imported, enter_courses
from ketasched.register.opening import opened_register
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.revising.suggest import Suggestion, suggest
from ketasched.revising.verbs import plans_dates
from ketasched.rules.base import unlimited

Patient = str | Course
"""A patient's reference, as people type it, or a course as it was read from the register."""


@dataclass(frozen=True, slots=True)
class Register(ClinicDays):
    """An open register. `with Register.open("book.db") as register:` closes it.

    Every change is one transaction. A method that takes a `clinic` needs it only where the
    register has several, or where its hours are newer than those that the register has seen.
    """

    @classmethod
    def open(cls, address: str, *, make: bool = True) -> Self:
        """Open the register at a URL or in a SQLite file; with `make` a missing one is made.

        Raises `BadRequest` for what is no address, or without the extra `register`;
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

    def book(
        self,
        protocol: Protocol,
        clinic: Clinic,
        request: Request,
        *,
        made_at: Moment,
        course_id: str = "",
        busy: Busy = (),
        dry_run: bool = False,
    ) -> Course:
        """Plan a course beside all that is booked, and enter it; a `dry_run` enters nothing.

        Raises the errors of `ketasched.plan`, and `Refused` if the patient has a course at that
        time, or the database refuses.
        """
        context, _ = usable_context(protocol, clinic, request, made_at, course_id, busy)
        if request.patient == UNNAMED:
            raise BadRequest("patient", "a register has to know whose course it is")
        self.stored.refuse_stranger(clinic)
        booking = new_course_booking(context, course_id, budget=lambda: unlimited)
        return self._enter(booking, dry_run=dry_run)

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
        busy: Busy = (),
        dry_run: bool = False,
        **values: Unpack[ChangeValues],
    ) -> Course:
        """Change a course as `ketasched.revise` does, beside all that is booked, and enter it.

        The course is the one of the patient that is not over. If a `Course` is given, and
        somebody else has changed it since, `Refused` is raised. A `dry_run` enters nothing.
        """
        before = self.course(patient, at=at, clinic=clinic)
        moment = moment_at_clinic(at, before.clinic, "at")
        change = change_of(before, verb, visit, values, moment, override)
        newer = self._newer(before, clinic) if clinic or plans_dates(change) else before
        newer, _ = course_with_calendars(newer, busy, moment)
        asked = AskedChange(before, newer, change, moment, reason, by_whom, lambda: unlimited)
        try:
            return self._enter(booking_of(asked, values), dry_run=dry_run)
        except NothingToDo:
            return before

    def suggest(
        self,
        patient: Patient,
        visit: int,
        *,
        at: Moment,
        clinic: Clinic | None = None,
        busy: Busy = (),
    ) -> list[Suggestion]:
        """Other times for a visit beside all that is booked, as `ketasched.suggest` has them."""
        before = self.course(patient, at=at, clinic=clinic)
        course, moment = self._newer(before, clinic), moment_at_clinic(at, before.clinic, "at")
        course, _ = course_with_calendars(course, busy, moment)
        line = LogEntry(moment, "")
        booking = BookingRequest(course.clinic, lambda _: course, line, before=before)
        with self.stored.occupancy_for(booking) as bookings:
            return suggest(course, visit, at=moment, bookings=bookings)

    @refusing_wrong_nouns
    def course(self, patient: Patient, *, at: Moment, clinic: Clinic | None = None) -> Course:
        """The course of a patient that is not over at this moment, else the last one.

        Case and accents of the reference make no difference. Raises `BadFile` if there is no such
        patient, or the reference may mean several.
        """
        if isinstance(patient, Course):
            return patient
        newest = self.stored.newest(clinic)
        if newest is None:
            raise unknown_patient(patient)
        today: datetime = moment_at_clinic(at, newest.clinic, "at")
        entry = find_entry(self.stored, patient, clinic, today.date())
        return self.stored.course(entry.course_id)

    @refusing_wrong_nouns
    def courses(self, patient: str = "", *, clinic: Clinic | None = None) -> list[Course]:
        """All courses, or those of one patient, in the order of patients. Raises `BadFile`."""
        if patient:
            entries = entries_of(self.stored, patient, clinic)
        else:
            entries = self.stored.entries(clinic)
        return [self.stored.course(entry.course_id) for entry in entries]

    def rename(
        self,
        old: str,
        new: str,
        *,
        at: Moment,
        reason: str = "",
        by_whom: str = "",
        clinic: Clinic | None = None,
        dry_run: bool = False,
    ) -> list[Course]:
        """Give a patient another reference, in all courses at once; the one that ends last first.

        None is returned if the patient is called `new` already. Raises `BadRequest`, `BadFile`,
        and `Refused` if the reference is another patient's. A `dry_run` enters nothing.
        """
        moment = partial(_moment_of, at)
        said = {"reason": reason, "by_whom": by_whom}
        reference = read_new_reference(new)
        found = renamed_courses(self.stored, old, reference, moment, **said, clinic=clinic)
        if found and not dry_run:
            line = LogEntry(found[0][1].history[-1].at, "", by_whom)
            self.stored.revise_jointly(found, line)
        return [after for _, after in found]

    def export(self, form: str = "ndjson") -> Iterator[str]:
        """Every course as a line of JSON, in the order of patients, as of one moment.

        In the form `ndjson` a line is a course, in `fhir` a Bundle for a record system. Raises
        `BadRequest` for another form; in `fhir`, `BadFile` at a course that is damaged.
        """
        for line in exported(self.stored, form):
            if isinstance(line, BadFile):
                raise line
            yield line

    def import_courses(self, courses: Iterable[Course], *, at: Moment) -> list[Imported]:
        """Enter courses that were made elsewhere, each whole or not at all.

        A later revision replaces a course that is there. Visits before the moment `at` are
        entered whoever else sat there. What became of each course is returned, in their order:
        the `error` that forbade it, if there is one, is not raised.
        """
        return [*enter_courses(self.stored, [*courses], partial(_moment_of, at))]

    def _enter(self, booking: BookingRequest, *, dry_run: bool) -> Course:
        return self.stored.plan(booking) if dry_run else self.stored.book(booking)

    def _newer(self, course: Course, clinic: Clinic | None) -> Course:
        """The course with its clinic as it is now."""
        now = clinic_now(course, self.stored, clinic)
        return with_newer_clinic(course, now, "the clinic as it is now")


def _moment_of(at: Moment, course: Course) -> datetime:
    return moment_at_clinic(at, course.clinic, "at")
