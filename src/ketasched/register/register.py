"""The book of a clinic: courses are entered whole or not at all, each visit on a chair."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.functions import count

from ketasched.errors import NoPlan
from ketasched.files.load import course_from
from ketasched.model import Clinic, Course
from ketasched.model.occupancy import Taken
from ketasched.register.booked_days import BookedDays
from ketasched.register.database import opened, reading, writing
from ketasched.register.database_errors import Lost, place_of
from ketasched.register.joint_entry import Planned, enter_as_one
from ketasched.register.queries import (
    ENTRIES,
    another,
    bookings_of,
    document_of,
    entry_of,
    give_way,
    gone,
    is_same,
    look_at,
    made_of,
    no_chair,
    refuse_meeting,
    refuse_second,
)
from ketasched.register.records import Against, Days, Entered, Line, Logged, Order
from ketasched.register.tables import BOOKINGS, CLINICS, COURSES, LOG
from ketasched.register.writes import (
    ChairTaken,
    clinic_id,
    days_of,
    locked_clinic,
    withdraw,
    write,
)

QUICK_TRIES = 3
"""How often a plan is made beside others; after that they wait while it is made."""

DAYS_AFTERWARDS = 60
"""How long after its last visit a course may still have a review."""

ROWS = 100
"""So many courses are read at once."""

TRIES = 8
"""How often an entry is tried that others, or a connection that breaks, get in the way of."""

SECONDS_TO_COME_BACK, SECONDS_BETWEEN = 20, 0.5
"""How long a database that went away may take to be there again, and how often it is asked."""


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
        return place_of(self.engine)

    @property
    def is_a_file(self) -> bool:
        """Whether it is a file here, and not at a server."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def bookings(self, order: Order) -> Iterator[BookedDays]:
        """Who sits at the clinic at one moment, as `entered` would look at it.

        Raises `Refused` where the book would refuse the order at once.
        """
        with reading(self.engine) as connection:
            look_at(connection, order)
            yield bookings_of(connection, order.clinic, order.but)

    def taken(
        self, clinic: Clinic, first: date, last: date, but: Collection[str] = ()
    ) -> dict[date, Taken]:
        """Who sits when at a clinic on these days (inclusive), but for the courses `but`."""
        days = [first + timedelta(number) for number in range((last - first).days + 1)]
        with reading(self.engine) as connection:
            found = bookings_of(connection, clinic, but)
            return {day: found[day] for day in days if found[day]}

    def look_at(self, order: Order) -> None:
        """Raise `Refused` where the book would refuse the order at once."""
        with reading(self.engine) as connection:
            look_at(connection, order)

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
                raise gone(refusal) if number else refusal from None
            except ChairTaken:
                continue
            except Lost as error:
                if self._has_after_all(made, error):
                    return made[0]
        raise Against("others are booking all the time", next_step="try again")

    def _tried(self, order: Order, made: list[Course], *, waits: bool) -> Course:
        """Plan and enter once; with `waits` nobody else books in between."""
        if not waits:
            with reading(self.engine) as connection:
                made.append(made_of(connection, order))
        with self._entering() as connection:
            clinic = locked_clinic(connection, order.clinic)
            if waits:
                made.append(made_of(connection, order))
            else:
                look_at(connection, order)
            course = made[0]
            if order.before is not None:
                refuse_meeting(connection, clinic, order.before, course)
            give_way(connection, order, course)
            write(connection, clinic, course, order.line)
            order.then(course)
        return course

    def entered_as_one(self, planned: Sequence[Planned]) -> list[Course | NoPlan | Against | None]:
        """Enter the courses of one clinic that were planned together: all at once, so that nobody
        is overtaken in between, each whole or not at all.

        For each what was entered, or why it could not be; None for who has none. Who was overtaken
        before is planned anew beside all the others. Raises `Against` if others never stop.
        """
        for _ in range(TRIES):
            found: list[Course | NoPlan | Against | None] = []
            try:
                with self._entering() as connection:
                    found += enter_as_one(connection, planned)
            except ChairTaken:
                continue
            except Lost as error:
                if not self._has_after_all(
                    [one for one in found if isinstance(one, Course)], error
                ):
                    continue
            return found
        raise Against("others are booking all the time", next_step="try again")

    def put(self, course: Course, line: Line, *, spared: Collection[str] = ()) -> bool:
        """Enter a course as it is, or a later revision of one that is there; False if it is there.

        Visits in `spared` (uids) are let in whoever sits there. Raises `Refused`.
        """
        for _ in range(TRIES):
            try:
                with self._entering() as connection:
                    clinic = locked_clinic(connection, course.clinic)
                    found = entry_of(connection, course.course_id)
                    if found and found.revision >= course.revision:
                        if is_same(connection, course):
                            return False
                        raise another(found, course.revision)
                    if found is None and days_of(course)[0]:
                        refuse_second(connection, clinic, course.patient, *days_of(course))
                    try:
                        write(connection, clinic, course, line, spared=spared)
                    except ChairTaken as taken:
                        raise no_chair(course, str(taken)) from None
                    return True
            except ChairTaken:
                continue
        raise Against("others are booking all the time", next_step="try again")

    def withdrawn(self, course_id: str, line: Line) -> None:
        """Remove a course from the book; its chairs are free again."""
        with self._entering() as connection:
            withdraw(connection, course_id, line)

    @contextmanager
    def _entering(self) -> Iterator[Connection]:
        """A transaction that writes. Raises `ChairTaken` where somebody else was quicker."""
        try:
            with writing(self.engine) as connection:
                yield connection
        except IntegrityError:
            raise ChairTaken from None

    def _has_after_all(self, made: list[Course], error: Lost) -> bool:
        """Whether an entry was made though its answer was lost, once the database is there again.

        Raises `error` if it does not come back.
        """
        for _ in range(int(SECONDS_TO_COME_BACK / SECONDS_BETWEEN)):
            with suppress(Lost), reading(self.engine) as connection:
                found = entry_of(connection, made[0].course_id) if made else None
                return found is not None and is_same(connection, made[0])
            time.sleep(SECONDS_BETWEEN)
        raise error

    def entry(self, course_id: str) -> Entered | None:
        """The entry of a course."""
        with reading(self.engine) as connection:
            return entry_of(connection, course_id)

    def entries(self, clinic: Clinic | None = None, patient: str = "") -> list[Entered]:
        """The courses of a clinic, or of all; of one patient, where one is named."""
        with reading(self.engine) as connection:
            asked = ENTRIES.order_by(COURSES.c.patient, COURSES.c.last_day, COURSES.c.course_id)
            if clinic is not None:
                asked = asked.where(COURSES.c.clinic == clinic_id(connection, clinic))
            if patient:
                asked = asked.where(COURSES.c.patient == patient)
            return [Entered(*row) for row in connection.execute(asked)]

    def clinics(self) -> list[str]:
        """The names of the clinics."""
        with reading(self.engine) as connection:
            return list(
                connection.execute(select(CLINICS.c.name).order_by(CLINICS.c.name)).scalars()
            )

    def knows(self, clinic: Clinic) -> bool:
        """Whether it has this clinic: by its `id_salt`, or by its name and zone without one."""
        with reading(self.engine) as connection:
            return clinic_id(connection, clinic) is not None

    def size(self) -> int:
        """How many courses are in it."""
        with reading(self.engine) as connection:
            found: int = connection.execute(select(count()).select_from(COURSES)).scalar_one()
            return found

    def newest(self) -> Course | None:
        """The course that ends last."""
        asked = select(COURSES.c.course_id).order_by(COURSES.c.last_day.desc()).limit(1)
        with reading(self.engine) as connection:
            found = connection.execute(asked).scalar_one_or_none()
        return self.course(found) if found else None

    def course(self, course_id: str) -> Course:
        """The course of an entry. Raises `BadFile`."""
        with reading(self.engine) as connection:
            document = document_of(connection, course_id)
        return course_from(document, f"the register's course {course_id}")

    def documents(self) -> Iterator[str]:
        """Every course file on a line, as they are at one moment, in order of the patients."""
        order = COURSES.c.patient, COURSES.c.last_day, COURSES.c.course_id
        asked = select(COURSES.c.document).order_by(*order)
        with reading(self.engine) as connection:
            few = connection.execution_options(yield_per=ROWS)
            yield from few.execute(asked).scalars()

    def between(self, first: date, last: date, clinic: Clinic | None = None) -> Days:
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
