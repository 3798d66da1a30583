"""The register: plan and enter courses, look them up, withdraw them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.functions import count

from ketasched.errors import BadFile, NoPlan
from ketasched.model import Clinic, Course
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import moment_at
from ketasched.register import conflicts, queries
from ketasched.register.booked_occupancy import BookedOccupancy
from ketasched.register.clinics import (
    clinic_id,
    locked_clinic,
    refuse_another_clinic,
    refuse_stranger,
)
from ketasched.register.database import open_database, reading, writing
from ketasched.register.database_errors import ConnectionLost, shown_address
from ketasched.register.joint_entry import JointBooking, book_jointly, revise_jointly
from ketasched.register.lost_connection import ATTEMPTS, Result, repeat_if_lost, wait_for_database
from ketasched.register.records import (
    BookedDays,
    BookingRequest,
    BookState,
    Conflict,
    CourseEntry,
    LogEntry,
    LogRecord,
    ReadListener,
    Waiver,
    ignore,
    prepared_files,
)
from ketasched.register.seating import ChairTaken
from ketasched.register.tables import CLINICS, COURSES
from ketasched.register.writes import withdraw, withdraw_replaced, write_course

Entered = TypeVar("Entered", bound=Course | NoPlan | Conflict | None)

UNLOCKED_ATTEMPTS = 3
"""How often a course is planned without a lock; later attempts lock the clinic first."""

ROWS_AT_ONCE = 100
"""How many courses are read at once."""


@dataclass(frozen=True, slots=True)
class Register:
    """An open register; `is_new` if this opening made it; `notice` is told whom it reads."""

    engine: Engine
    is_new: bool
    notice: ReadListener = ignore

    @classmethod
    def open(cls, address: str, *, make: bool = True, notice: ReadListener = ignore) -> "Register":
        """Open the register at a URL or in a SQLite file. Raises the errors of `open_database`."""
        return cls(*open_database(address, make=make), notice)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @property
    def place(self) -> str:
        """The register's address, without a password."""
        return shown_address(self.engine)

    @contextmanager
    def occupancy_for(self, booking: BookingRequest) -> Iterator[BookedOccupancy]:
        """The clinic's occupancy at one moment, as `book` would see it.

        Raises `Refused` if the register forbids the booking, whatever is planned.
        """
        with reading(self.engine) as connection:
            conflicts.refuse_conflicts(connection, booking)
            yield queries.occupancy_of(connection, booking.clinic, booking.without)

    def occupancy(
        self, clinic: Clinic, first: date, last: date, without: Collection[str] = ()
    ) -> Occupancy:
        """The occupancy of a clinic on these local dates (inclusive), as it is now.

        The courses `without` (identifiers) are left out.
        """
        zone = ZoneInfo(clinic.timezone)
        start, end = (moment_at(day, 0, zone).timestamp() for day in (first, last + timedelta(1)))

        def occupied(connection: Connection) -> Occupancy:
            found = queries.occupancy_of(connection, clinic, without)
            found.read(start, end)
            return Occupancy(found)

        return self._read(occupied)

    def refuse_stranger(self, clinic: Clinic) -> None:
        """Raise `BadRequest` if the register has this clinic under another `id_salt` or zone."""
        self._read(lambda connection: refuse_stranger(connection, clinic))

    def refuse_conflicts(self, booking: BookingRequest) -> None:
        """Raise `Refused` if the register forbids the booking, whatever is planned."""
        self._read(lambda connection: conflicts.refuse_conflicts(connection, booking))

    def refuse_taken_reference(self, courses: Sequence[Course]) -> None:
        """Raise `Conflict` if the reference of renamed courses is another patient's."""
        own = [course.course_id for course in courses]
        with reading(self.engine) as connection:
            for course in courses:
                clinic = clinic_id(connection, course.clinic)
                conflicts.refuse_taken_reference(connection, clinic, course, own)

    def plan(self, booking: BookingRequest) -> Course:
        """The course that `book` would enter; nothing is written. Raises the errors of `book`."""
        with self.occupancy_for(booking) as bookings:
            return booking.planned(bookings)

    def book(self, booking: BookingRequest) -> Course:
        """Plan a course beside the booked visits and enter it in one transaction.

        The files of the course are prepared before the transaction, and get their names after its
        commit: no other writer waits for a disk. If another writer takes a chair meanwhile, all
        begins anew. After `UNLOCKED_ATTEMPTS` the course is planned under the lock, and its files
        are prepared after the commit; so they are if the connection broke at the commit.

        Raises `NoPlan`, and `Refused` if the stored revision is not `before`, if the patient of a
        new course has another course at that time, if the chairs were taken meanwhile, and if the
        files cannot be written: then nothing is entered, or the error says so.
        """
        refused = ChairTaken()
        for number in range(ATTEMPTS):
            made: list[Course] = []
            try:
                if number < UNLOCKED_ATTEMPTS:
                    with reading(self.engine) as connection:
                        seen = queries.last_lines(connection)
                        made.append(conflicts.plan_beside_booked(connection, booking))
                    with prepared_files(booking.files, made[0]):
                        self._enter_planned(booking, made, seen)
                    return made[0]
                self._enter_planned(booking, made)
            except NoPlan as error:
                refusal = self._explained(booking, error)
                raise conflicts.taken_meanwhile(refusal) if number else refusal from None
            except ChairTaken as error:
                refused = error
                continue
            except ConnectionLost as error:
                if not self._has_after_all(made, error):
                    continue
            with prepared_files(booking.files, made[0], is_entered=True):
                return made[0]
        raise conflicts.refused_again(refused, made)

    def _explained(self, booking: BookingRequest, error: NoPlan) -> NoPlan:
        def explain() -> NoPlan:
            with self.occupancy_for(booking) as bookings:
                return booking.explain(error, bookings)

        return repeat_if_lost(self.engine, explain)

    def _enter_planned(
        self, booking: BookingRequest, made: list[Course], seen: object = None
    ) -> None:
        """Enter the course that was `made`; if none was, plan it once the clinic is locked.

        `seen` are the last lines of the log at the planning.
        """
        with self._entering() as connection:
            clinic = locked_clinic(connection, booking.clinic, booking.before)
            if made:
                conflicts.refuse_conflicts(connection, booking)
            else:
                made.append(conflicts.plan_beside_booked(connection, booking))
            course = made[0]
            is_alone = seen is None or queries.last_lines(connection) == seen
            if not is_alone and conflicts.is_overtaken(connection, booking, course):
                raise ChairTaken
            if booking.ended:
                write_course(connection, clinic, booking.ended(course), booking.line)
            if booking.before is not None:
                conflicts.refuse_new_overlap(connection, clinic, course)
            conflicts.refuse_known(connection, booking, course)
            withdraw_replaced(connection, booking, but={course.course_id})
            write_course(connection, clinic, course, booking.line)

    def book_jointly(
        self, planned: Sequence[JointBooking]
    ) -> list[Course | NoPlan | Conflict | None]:
        """Enter the jointly planned courses of one clinic in one transaction.

        Returns for each the entered course, or the reason why it was not entered; None for a
        patient without a course. A course whose chairs were taken since the planning is planned
        anew beside all others. Raises `Conflict` if other writers interfere all the time.
        """
        return self._enter_jointly(partial(book_jointly, planned=planned))

    def book_state(self, clinic: Clinic, since: datetime) -> BookState:
        """What is booked at a clinic from the aware moment `since` on."""
        found = self._read(lambda connection: queries.fingerprint(connection, clinic, since))
        return BookState(clinic, since, found)

    def revise_jointly(
        self,
        revisions: Sequence[tuple[Course, Course]],
        line: LogEntry,
        *,
        state: BookState | None = None,
        dry_run: bool = False,
    ) -> list[Course]:
        """Enter revisions of one clinic's courses in one transaction: all of them, or none.

        Each is a course before and after; one may take a chair that another one leaves. A
        `dry_run` enters none. Raises `Conflict`: `Stale` if a course or the `state` has changed.
        """
        enter = partial(revise_jointly, revisions=revisions, line=line, state=state)
        return self._enter_jointly(partial(enter, dry_run=dry_run))

    def _enter_jointly(self, enter: Callable[[Connection], list[Entered]]) -> list[Entered]:
        refused = ChairTaken()
        for _ in range(ATTEMPTS):
            found: list[Entered] = []
            try:
                with self._entering() as connection:
                    found += enter(connection)
            except ChairTaken as error:
                refused = error
                continue
            except ConnectionLost as error:
                courses: list[Course] = [one for one in found if isinstance(one, Course)]
                if not self._has_after_all(courses, error):
                    continue
            return found
        raise conflicts.refused_again(refused, ())

    def enter(
        self,
        course: Course,
        line: LogEntry,
        *,
        waived: Collection[Waiver] = (),
        allowed_by: Collection[Clinic] = (),
    ) -> bool:
        """Enter a course, or a later revision of a stored one, without planning.

        Returns False if the register has this revision already. Visits that are `waived` may
        exceed the clinic's limits, which are the widest of `allowed_by`, or those of the course's
        clinic. Raises `BadRequest`, `Refused`.
        """
        refused = ChairTaken()
        for _ in range(ATTEMPTS):
            try:
                return self._enter(course, line, waived, allowed_by)
            except ChairTaken as error:
                refused = error
                if refused.uid:
                    break
            except ConnectionLost as error:
                if self._has_after_all([course], error):
                    return True
        raise conflicts.refused_again(refused, [course])

    def _enter(
        self,
        course: Course,
        line: LogEntry,
        waived: Collection[Waiver],
        allowed_by: Collection[Clinic],
    ) -> bool:
        with self._entering() as connection:
            found = queries.entry_of(connection, course.course_id)
            refuse_stranger(connection, course.clinic)
            refuse_another_clinic(connection, course.clinic, course.course_id)
            clinic = locked_clinic(connection, course.clinic, course)
            if found and not conflicts.replaces(connection, course, found):
                return False
            conflicts.refuse_new_overlap(connection, clinic, course)
            conflicts.refuse_mistakable(connection, course)
            write_course(connection, clinic, course, line, waived=waived, allowed_by=allowed_by)
            return True

    def withdraw(self, course_id: str, line: LogEntry) -> None:
        """Remove a course from the register; its chairs are free again."""

        def remove() -> None:
            with self._entering() as connection:
                withdraw(connection, course_id, line)

        repeat_if_lost(self.engine, remove)

    @contextmanager
    def _entering(self) -> Iterator[Connection]:
        """A transaction that writes. Raises `ChairTaken` if another writer was quicker."""
        try:
            with writing(self.engine) as connection:
                yield connection
        except IntegrityError as error:
            reason = str(error.orig).strip().partition("\n")[0]
            raise ChairTaken(reason=reason) from None

    def _has_after_all(self, made: list[Course], error: ConnectionLost) -> bool:
        """Whether the course was entered although the connection broke before the answer.

        Waits until the database answers again. Raises `error` if it does not.
        """
        wait_for_database(self.engine, error)
        found = self.entry(made[0].course_id) if made else None
        return found is not None and self._read(lambda one: queries.is_stored(one, made[0]))

    def _read(self, query: Callable[[Connection], Result]) -> Result:
        """What a query finds, which is asked again if the connection breaks."""

        def ask() -> Result:
            with reading(self.engine) as connection:
                return query(connection)

        return repeat_if_lost(self.engine, ask)

    def entry(self, course_id: str) -> CourseEntry | None:
        """The entry of a course; None if the register does not have the course."""
        return self._read(lambda connection: queries.entry_of(connection, course_id))

    def entries(self, clinic: Clinic | None = None, patient: str = "") -> list[CourseEntry]:
        """The entries of a clinic or of all clinics, of a patient or of all patients."""
        return self._read(lambda connection: queries.entries(connection, clinic, patient))

    def patients_named(self, name: str, clinic: Clinic | None = None) -> list[str]:
        """The patients of a clinic, or of all, who are called like this.

        Only the one whose reference is `name`, if there is one; else all whose references differ
        in case, accents and spaces only.
        """
        found = self._read(lambda connection: queries.patients_named(connection, name, clinic))
        for patient in found:
            self.notice(patient)
        return found

    def clinics(self) -> list[str]:
        """The names of the clinics."""
        asked = select(CLINICS.c.name).order_by(CLINICS.c.name)
        return self._read(lambda connection: list(connection.execute(asked).scalars()))

    def size(self) -> int:
        """The number of courses."""
        asked = select(count()).select_from(COURSES)
        return self._read(lambda connection: connection.execute(asked).scalar_one())

    def newest(self, clinic: Clinic | None = None) -> Course | None:
        """The course that was planned last, of a clinic or of all; None if there is no course."""
        found = self._read(lambda connection: queries.newest_course(connection, clinic))
        return self.course(found) if found else None

    def course(self, course_id: str) -> Course:
        """The course with this identifier. Raises `BadFile`."""
        return self._noticed(self._read(lambda one: queries.stored_course(one, course_id)))

    def documents(self) -> Iterator[tuple[str, str]]:
        """Every course's id and its file, a line of JSON, by patients, as of one moment."""
        sorting = COURSES.c.patient, COURSES.c.last_day, COURSES.c.course_id
        asked = select(COURSES.c.course_id, COURSES.c.document).order_by(*sorting)
        with reading(self.engine) as connection:
            few = connection.execution_options(yield_per=ROWS_AT_ONCE)
            yield from ((row[0], row[1]) for row in few.execute(asked))

    def current(self, today: date) -> Iterator[Course]:
        """The courses that end today or later. A course that is damaged is left out."""
        asked = select(COURSES.c.course_id, COURSES.c.document)
        with reading(self.engine) as connection:
            few = connection.execution_options(yield_per=ROWS_AT_ONCE)
            for row in few.execute(asked.where(COURSES.c.last_day >= today.isoformat())):
                with suppress(BadFile):
                    yield self._noticed(queries.read_document(*row))

    def _noticed(self, course: Course) -> Course:
        self.notice(course)
        return course

    def days(self, first: date, last: date, clinic: Clinic | None = None) -> BookedDays:
        """The courses that may have a visit or a review on these dates (inclusive), with chairs.

        Of one clinic, or of all. Raises `BadFile`.
        """
        found = self._read(lambda one: queries.booked_days(one, first, last, clinic))
        for course in found.courses:
            self.notice(course)
        return found

    def log(self, course_id: str) -> list[LogRecord]:
        """The log of a course, oldest line first."""
        return self._read(lambda connection: queries.log_of(connection, course_id))
