"""The book of a clinic: courses are entered whole or not at all, each visit on a chair."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from ketasched.errors import BadFile, NoPlan, Refused
from ketasched.handout import as_line
from ketasched.load import course_from
from ketasched.model import Clinic, Course, Request
from ketasched.register.bookings import Bookings
from ketasched.register.database import Lost, opened, reading, shown, writing
from ketasched.register.entries import (
    Line,
    Taken,
    clinic_id,
    days_of,
    locked_clinic,
    withdraw,
    write,
)
from ketasched.register.tables import BOOKINGS, CLINICS, COURSES, LOG
from ketasched.shapes import Bookings as AnyBookings
from ketasched.times import clock_text, day_text

QUICK_TRIES = 3
"""How often a plan is made beside others; after that they wait while it is made."""

NEVER = "9999"
"""Comes after every date."""

DAYS_AFTERWARDS = 60
"""How long after its last visit a course may still have a review."""

ROWS = 100
"""So many courses are read at once."""

TRIES = 8
"""How often an entry is tried that others, or a connection that breaks, get in the way of."""

SECONDS_TO_COME_BACK, SECONDS_BETWEEN = 20, 0.5
"""How long a database that went away may take to be there again, and how often it is asked."""


class Against(Refused):
    """What is in the book speaks against an entry; the book itself is well."""


class Entered(NamedTuple):
    """A course of the book, in short: `clinic` is the name of its clinic.

    `first_day` and `last_day` are the dates (ISO) of its visits that take place, "" if none does.
    """

    course_id: str
    clinic: str
    patient: str
    revision: int
    first_day: str
    last_day: str


class Logged(NamedTuple):
    """A line of the log, as it was written."""

    number: int
    at: str
    course_id: str
    revision: int
    what: str
    by_whom: str


class Days(NamedTuple):
    """Some days of the book: their courses, and the chair (from 0) of each visit by its uid."""

    courses: list[Course]
    chairs: dict[str, int | None]


def _as_it_is(error: NoPlan, bookings: AnyBookings) -> NoPlan:
    return error


def _nothing(course: Course) -> None:
    """Nothing has to be done before the entry holds."""


@dataclass(frozen=True, slots=True)
class Order:
    """A course to be entered: `make` makes it of what is booked at the clinic.

    `request` is what a new course is made for; `before` the course that is revised; `instead_of`
    the identifiers of those that give way. `explain` says more of a refusal. `then` is done before
    the entry holds: if it raises, nothing is entered; it may be done more than once.
    """

    clinic: Clinic
    make: Callable[[AnyBookings], Course]
    line: Line
    request: Request | None = None
    before: Course | None = None
    instead_of: tuple[str, ...] = ()
    explain: Callable[[NoPlan, AnyBookings], NoPlan] = _as_it_is
    then: Callable[[Course], None] = _nothing

    @property
    def but(self) -> tuple[str, ...]:
        """The courses whose visits are not in the way."""
        before = (self.before.course_id,) if self.before else ()
        return before + self.instead_of


@dataclass(frozen=True, slots=True)
class Book:
    """The register, opened; `is_new` if there was none."""

    engine: Engine
    is_new: bool

    @classmethod
    def at(cls, address: str, *, make: bool = True) -> "Book":
        """The book at a URL or in a SQLite file. Raises what `database.opened` raises."""
        return cls(*opened(address, make=make))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, without its password."""
        return shown(self.engine)

    @contextmanager
    def bookings(self, order: Order) -> Iterator[Bookings]:
        """Who sits at the clinic at one moment, as `entered` would look at it.

        Raises `Refused` where the book would refuse the order at once.
        """
        with reading(self.engine) as connection:
            _look_at(connection, order)
            yield _bookings(connection, order.clinic, order.but)

    def tried(self, order: Order) -> Course:
        """What `entered` would enter, which is not entered. Raises the same."""
        with self.bookings(order) as bookings:
            try:
                return order.make(bookings)
            except NoPlan as error:
                raise order.explain(error, bookings) from None

    def entered(self, order: Order) -> Course:
        """Plan beside what is taken, and enter the course, whole or not at all.

        Where somebody else was quicker, it is planned anew on what is left. Raises `NoPlan`, and
        `Refused` where the book has another revision than `before`, where a new course's patient
        has one already, and where nothing is left of what there was.
        """
        for number in range(TRIES):
            made: list[Course] = []
            try:
                return self._tried(order, made, waits=number >= QUICK_TRIES)
            except NoPlan as error:
                with self.bookings(order) as bookings:
                    refusal = order.explain(error, bookings)
                raise _gone(refusal) if number else refusal from None
            except Taken:
                continue
            except Lost as error:
                if self._has_after_all(made, error):
                    return made[0]
        raise Against("others are booking all the time", next_step="try again")

    def _tried(self, order: Order, made: list[Course], *, waits: bool) -> Course:
        """Plan and enter once; with `waits` nobody else books in between."""
        if not waits:
            with reading(self.engine) as connection:
                made.append(_made(connection, order))
        with self._entering() as connection:
            clinic = locked_clinic(connection, order.clinic)
            if waits:
                made.append(_made(connection, order))
            else:
                _look_at(connection, order)
            course = made[0]
            for course_id in order.instead_of:
                withdraw(connection, course_id, order.line._replace(what="planned anew"))
            if order.before is None:
                _refuse_again(connection, course)
            write(connection, clinic, course, order.line)
            order.then(course)
        return course

    def put(self, course: Course, line: Line, *, spared: Collection[str] = ()) -> bool:
        """Enter a course as it is, or a later revision of one that is there; False if it is there.

        Visits in `spared` (uids) are let in whoever sits there. Raises `Refused`.
        """
        for _ in range(TRIES):
            try:
                with self._entering() as connection:
                    clinic = locked_clinic(connection, course.clinic)
                    found = _entry(connection, course.course_id)
                    if found and found.revision >= course.revision:
                        if _same(connection, course):
                            return False
                        raise _other_course(found, course.revision)
                    if found is None and days_of(course)[0]:
                        _refuse_second(connection, clinic, course.patient, *days_of(course))
                    try:
                        write(connection, clinic, course, line, spared=spared)
                    except Taken as taken:
                        raise _no_chair(course, str(taken)) from None
                    return True
            except Taken:
                continue
        raise Against("others are booking all the time", next_step="try again")

    def withdrawn(self, course_id: str, line: Line) -> None:
        """Remove a course from the book; its chairs are free again."""
        with self._entering() as connection:
            withdraw(connection, course_id, line)

    @contextmanager
    def _entering(self) -> Iterator[Connection]:
        """A transaction that writes. Raises `Taken` where somebody else was quicker."""
        try:
            with writing(self.engine) as connection:
                yield connection
        except IntegrityError:
            raise Taken from None

    def _has_after_all(self, made: list[Course], error: Lost) -> bool:
        """Whether an entry was made though its answer was lost, once the database is there again.

        Raises `error` if it does not come back.
        """
        for _ in range(int(SECONDS_TO_COME_BACK / SECONDS_BETWEEN)):
            with suppress(Lost), reading(self.engine) as connection:
                found = _entry(connection, made[0].course_id) if made else None
                return found is not None and _same(connection, made[0])
            time.sleep(SECONDS_BETWEEN)
        raise error

    def entry(self, course_id: str) -> Entered | None:
        """The entry of a course."""
        with reading(self.engine) as connection:
            return _entry(connection, course_id)

    def entries(self, clinic: Clinic | None = None, patient: str = "") -> list[Entered]:
        """The courses of a clinic, or of all; of one patient, where one is named."""
        with reading(self.engine) as connection:
            asked = _ENTRIES.order_by(COURSES.c.patient, COURSES.c.last_day, COURSES.c.course_id)
            if clinic is not None:
                asked = asked.where(COURSES.c.clinic == clinic_id(connection, clinic))
            if patient:
                asked = asked.where(COURSES.c.patient == patient)
            return [Entered(*row) for row in connection.execute(asked)]

    def course(self, course_id: str) -> Course:
        """The course of an entry. Raises `BadFile`."""
        with reading(self.engine) as connection:
            document = _document(connection, course_id)
        return course_from(document, f"the register's course {course_id}")

    def documents(self) -> Iterator[str]:
        """Every course file on a line, as they are at one moment, in order of the patients."""
        order = COURSES.c.patient, COURSES.c.last_day, COURSES.c.course_id
        asked = select(COURSES.c.document).order_by(*order)
        with reading(self.engine) as connection:
            few = connection.execution_options(yield_per=ROWS)
            yield from few.execute(asked).scalars()

    def between(self, first: date, last: date, clinic: Clinic | None = None) -> "Days":
        """The courses that may have something on these days (inclusive), and who sits where.

        Of a clinic, or of all. Raises `BadFile`.
        """
        since = first - timedelta(DAYS_AFTERWARDS)
        days = COURSES.c.first_day <= last.isoformat(), COURSES.c.last_day >= since.isoformat()
        asked = select(COURSES.c.course_id, COURSES.c.document).where(*days)
        seats = select(BOOKINGS.c.uid, BOOKINGS.c.chair).where(
            BOOKINGS.c.day.between(first.isoformat(), last.isoformat())
        )
        with reading(self.engine) as connection:
            if clinic is not None:
                known = clinic_id(connection, clinic)
                asked = asked.where(COURSES.c.clinic == known)
                seats = seats.where(BOOKINGS.c.clinic == known)
            found = connection.execute(asked.order_by(COURSES.c.course_id)).all()
            chairs = {row.uid: row.chair for row in connection.execute(seats)}
        named = ((f"the register's course {name}", document) for name, document in found)
        return Days([course_from(document, name) for name, document in named], chairs)

    def log(self, course_id: str) -> list[Logged]:
        """What was done to a course, the first first."""
        asked = select(LOG).where(LOG.c.course_id == course_id).order_by(LOG.c.number)
        with reading(self.engine) as connection:
            return [Logged(*row) for row in connection.execute(asked)]


_ENTRIES = select(
    COURSES.c.course_id,
    CLINICS.c.name,
    COURSES.c.patient,
    COURSES.c.revision,
    COURSES.c.first_day,
    COURSES.c.last_day,
).join(CLINICS, COURSES.c.clinic == CLINICS.c.id)


def _bookings(connection: Connection, clinic: Clinic, but: Collection[str]) -> Bookings:
    known = clinic_id(connection, clinic)
    return Bookings(connection, known, ZoneInfo(clinic.timezone), tuple(but))


def _entry(connection: Connection, course_id: str) -> Entered | None:
    row = connection.execute(_ENTRIES.where(COURSES.c.course_id == course_id)).one_or_none()
    return Entered(*row) if row else None


def _document(connection: Connection, course_id: str) -> str:
    asked = select(COURSES.c.document).where(COURSES.c.course_id == course_id)
    return connection.execute(asked).scalar_one_or_none() or ""


def _same(connection: Connection, course: Course) -> bool:
    """Whether an entry is just this course, also where another version of ours wrote it."""
    document = _document(connection, course.course_id)
    if document == as_line(course):
        return True
    try:
        return course_from(document, course.course_id) == course
    except BadFile:
        return False


def _look_at(connection: Connection, order: Order) -> None:
    """Refuse what the book has something against, whatever is planned."""
    if order.before is not None:
        _refuse_stale(connection, order.before)
    if order.request is not None:
        known = clinic_id(connection, order.clinic)
        patient, start = order.request.patient, order.request.start.isoformat()
        _refuse_second(connection, known, patient, start, NEVER, order.instead_of)


def _made(connection: Connection, order: Order) -> Course:
    _look_at(connection, order)
    return order.make(_bookings(connection, order.clinic, order.but))


def _refuse_again(connection: Connection, course: Course) -> None:
    if _entry(connection, course.course_id):
        said = "this course is in the register already"
        raise Against(said, next_step=f"ketasched register show {course.patient}")


def _refuse_stale(connection: Connection, before: Course) -> None:
    found = _entry(connection, before.course_id)
    if found is None:
        said = "this course is not in the register"
        raise Against(said, next_step="ketasched register import with its course.json")
    if found.revision != before.revision or not _same(connection, before):
        raise _other_course(found, before.revision)


def _other_course(found: Entered, revision: int) -> Refused:
    if found.revision < revision:
        said = f"the register has only revision {found.revision} of this course, not {revision}"
        return Against(said, next_step="ketasched register import with its course.json")
    said = f"the register has another revision of this course: {found.revision}, not {revision}"
    if found.revision == revision:
        said = f"the register has another revision {revision} of this course"
    step = f"ketasched register show {found.patient} -o DIR writes the files of that one"
    return Against(said, next_step=step)


def _refuse_second(
    connection: Connection,
    clinic: int | None,
    patient: str,
    first: str,
    last: str,
    but: Collection[str] = (),
) -> None:
    """Refuse a course for somebody who has another one between these days (ISO)."""
    asked = select(COURSES.c.first_day, COURSES.c.last_day).where(
        COURSES.c.clinic == clinic,
        COURSES.c.patient == patient,
        COURSES.c.course_id.not_in(but),
        COURSES.c.last_day >= first,
        COURSES.c.first_day <= last,
    )
    found = connection.execute(asked).first()
    if found is not None:
        days = " to ".join(day_text(date.fromisoformat(one)) for one in found)
        said = f"{patient} has a course in the register, {days}"
        step = f"ketasched revise {patient} --help: it can be changed, or ended with cease"
        raise Against(said, next_step=step)


def _no_chair(course: Course, uid: str) -> Refused:
    visit = next((one for one in course.visits if one.uid == uid), course.visits[0])
    when = f"{day_text(visit.start)}, {clock_text(visit.start)}"
    said = f"visit {visit.number} of {course.patient}, {when}: all chairs are taken"
    return Against(said, next_step="revise it, then import it; or move the others")


def _gone(error: NoPlan) -> Refused:
    """What there was a plan for is taken by others now; with what would do instead."""
    step = error.next_step or "look at what is left: ketasched suggest"
    return Against(f"taken meanwhile: {error.what}", details=error.details, next_step=step)
