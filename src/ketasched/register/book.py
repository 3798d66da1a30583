"""The book of a clinic: courses are entered whole or not at all, each visit on a chair."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from ketasched.errors import NoPlan, Refused
from ketasched.handout import as_line
from ketasched.load import course_from
from ketasched.model import TAKES_PLACE, Clinic, Course
from ketasched.register.chairs import Seat, seated
from ketasched.register.database import opened, reading, writing
from ketasched.register.tables import BOOKINGS, CLINICS, COURSES, LOG
from ketasched.rules import Capacity
from ketasched.times import effective_kind

TRIES = 8
"""How often an entry is tried that others get in the way of."""

Result = TypeVar("Result")


class Taken(Exception):
    """Somebody else has taken a chair since it was looked up; users see what comes of it."""


class Entered(NamedTuple):
    """A course of the book, in short: `last` is the date of its last visit that takes place."""

    course_id: str
    patient: str
    revision: int
    last: str
    document: str


@dataclass(frozen=True, slots=True)
class Bookings(Mapping[date, tuple[tuple[datetime, datetime], ...]]):
    """Who sits when at a clinic, by local date: looked up day by day, within one transaction."""

    connection: Connection
    clinic: int | None
    zone: ZoneInfo
    but: str = ""
    _days: dict[date, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)

    def __getitem__(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        if day not in self._days:
            asked = select(BOOKINGS.c.begins, BOOKINGS.c.ends).where(
                BOOKINGS.c.clinic == self.clinic,
                BOOKINGS.c.day == day.isoformat(),
                BOOKINGS.c.course_id != self.but,
            )
            found = self.connection.execute(asked.order_by(BOOKINGS.c.begins, BOOKINGS.c.uid))
            self._days[day] = tuple(
                (_moment(begins, self.zone), _moment(ends, self.zone)) for begins, ends in found
            )
        return self._days[day]

    def __bool__(self) -> bool:
        return self.clinic is not None

    def __iter__(self) -> Iterator[date]:
        return iter(self._days)

    def __len__(self) -> int:
        return len(self._days)


@dataclass(frozen=True, slots=True)
class Book:
    """The register, opened."""

    engine: Engine

    @classmethod
    def at(cls, address: str) -> "Book":
        """The book at a URL or in a SQLite file. Raises what `database.opened` raises."""
        return cls(opened(address))

    def planned(
        self, clinic: Clinic, make: Callable[[Bookings], Course], *, but: str = ""
    ) -> Course:
        """What `make` makes of the bookings of a clinic, those of the course `but` left out."""
        with reading(self.engine) as connection:
            known = _clinic_id(connection, clinic)
            return make(Bookings(connection, known, ZoneInfo(clinic.timezone), but))

    def entered(
        self,
        clinic: Clinic,
        make: Callable[[Bookings], Course],
        *,
        before: Course | None = None,
        what: str,
        at: datetime,
        by: str = "",
        then: Callable[[Course], None] = lambda course: None,
    ) -> Course:
        """Plan with `make` beside what is taken, and enter the course, whole or not at all.

        `before` is the course that it revises. Where somebody else was quicker, it is planned anew
        on what is left. `then` is done before the entry holds: if it raises, nothing is entered.
        Raises `Refused` where the book has another revision than `before`, where a new course's
        patient has one already, and where there is nothing left of what there was.
        """
        but = before.course_id if before else ""
        for number in range(TRIES):
            try:
                course = self.planned(clinic, make, but=but)
            except NoPlan as error:
                if number:
                    raise _gone(error) from None
                raise
            try:
                self._enter(course, before, Line(at, what, by), then)
            except Taken:
                continue
            return course
        raise Refused("others are booking all the time", next_step="try again")

    def _enter(
        self, course: Course, before: Course | None, line: "Line", then: Callable[[Course], None]
    ) -> None:
        try:
            with writing(self.engine) as connection:
                clinic = _locked_clinic(connection, course.clinic)
                _refuse_stale(connection, course, before)
                if before is None:
                    _refuse_second(connection, clinic, course)
                _write(connection, clinic, course, line)
                then(course)
        except IntegrityError:
            raise Taken from None

    def courses(self, clinic: Clinic | None = None, patient: str = "") -> list[Entered]:
        """The courses of a clinic, or of all; of one patient, where one is named."""
        with reading(self.engine) as connection:
            return list(_courses(connection, clinic, patient))

    def course(self, entered: Entered) -> Course:
        """The course of an entry."""
        return course_from(entered.document, f"course {entered.course_id}")


class Line(NamedTuple):
    """A line of the log: when (aware), what, and by whom."""

    at: datetime
    what: str
    by: str = ""


def clinic_key(clinic: Clinic) -> str:
    """What tells a clinic from others, whatever its hours: its salt, or else its name and zone."""
    return hashlib.sha256(
        "\n".join((clinic.id_salt,) if clinic.id_salt else (clinic.name, clinic.timezone)).encode()
    ).hexdigest()


def _clinic_id(connection: Connection, clinic: Clinic) -> int | None:
    asked = select(CLINICS.c.id).where(CLINICS.c.key == clinic_key(clinic))
    return connection.execute(asked).scalar_one_or_none()


def _locked_clinic(connection: Connection, clinic: Clinic) -> int:
    """The clinic's number; nobody else writes to its days until this is done."""
    asked = select(CLINICS.c.id).where(CLINICS.c.key == clinic_key(clinic)).with_for_update()
    found: int | None = connection.execute(asked).scalar_one_or_none()
    if found is None:
        new = CLINICS.insert().values(key=clinic_key(clinic), name=clinic.name)
        found = connection.execute(new.returning(CLINICS.c.id)).scalar_one()
    return found


def _refuse_stale(connection: Connection, course: Course, before: Course | None) -> None:
    asked = select(COURSES.c.revision).where(COURSES.c.course_id == course.course_id)
    found = connection.execute(asked).scalar_one_or_none()
    expected = before.revision if before else None
    if found == expected:
        return
    if found is None:
        said = "this course is not in the register"
        raise Refused(said, next_step="ketasched register import course.json")
    if before is None:
        raise Refused("this course is in the register already", next_step="ketasched revise")
    said = f"the register has revision {found} of this course, not {expected}"
    raise Refused(said, next_step="ketasched register show, then go on from that")


def _refuse_second(connection: Connection, clinic: int, course: Course) -> None:
    """Refuse a course for somebody who has one that is not over by then."""
    asked = select(COURSES.c.last_day).where(
        COURSES.c.clinic == clinic,
        COURSES.c.patient == course.patient,
        COURSES.c.last_day >= course.visits[0].start.date().isoformat(),
    )
    last = connection.execute(asked).scalars().first()
    if last is not None:
        said = f"{course.patient} has a course in the register, until {last}"
        step = f"ketasched revise {course.patient} to change it, or cease to end it"
        raise Refused(said, next_step=step)


def _write(connection: Connection, clinic: int, course: Course, line: Line) -> None:
    """The course, its visits on chairs, and the line of the log. Raises `Taken`."""
    _keep(connection, clinic, course)
    wanted = {seat.uid: (day, seat) for day, seat in _seats(course)}
    own = BOOKINGS.c.course_id == course.course_id
    for row in connection.execute(select(BOOKINGS).where(own)).all():
        if row.uid in wanted and wanted[row.uid][1] == (row.uid, row.begins, row.ends, None, None):
            del wanted[row.uid]  # it stays on its chair
        else:
            connection.execute(BOOKINGS.delete().where(BOOKINGS.c.uid == row.uid))
    for day in sorted({day for day, _ in wanted.values()}):
        _seat(connection, clinic, course, day, [one for on, one in wanted.values() if on == day])
    connection.execute(
        LOG.insert().values(
            at=line.at.isoformat(),
            course_id=course.course_id,
            revision=course.revision,
            what=line.what,
            by_whom=line.by,
        )
    )


def _keep(connection: Connection, clinic: int, course: Course) -> None:
    taking = [visit.start.date() for visit in course.visits if visit.status in TAKES_PLACE]
    values = {
        "clinic": clinic,
        "patient": course.patient,
        "revision": course.revision,
        "last_day": max(taking).isoformat() if taking else "",
        "document": as_line(course),
    }
    same = COURSES.c.course_id == course.course_id
    changed = connection.execute(COURSES.update().where(same).values(values))
    if not changed.rowcount:
        connection.execute(COURSES.insert().values(course_id=course.course_id, **values))


def _seats(course: Course) -> Iterator[tuple[str, Seat]]:
    """The visits that need a chair, each with its day."""
    for visit in course.visits:
        kind = effective_kind(course.protocol, course.clinic, visit.kind)
        if visit.status in TAKES_PLACE and kind.place == "clinic":
            begins, ends = int(visit.start.timestamp()), int(visit.end.timestamp())
            yield visit.start.date().isoformat(), Seat(visit.uid, begins, ends)


def _seat(connection: Connection, clinic: int, course: Course, day: str, new: list[Seat]) -> None:
    """Put these visits of the course on the chairs of a day. Raises `Taken`."""
    place = course.clinic
    on_day = BOOKINGS.c.clinic == clinic, BOOKINGS.c.day == day
    rows = connection.execute(select(BOOKINGS).where(*on_day)).all()
    of = {row.uid: row.course_id for row in rows} | {seat.uid: course.course_id for seat in new}
    there = {Seat(row.uid, row.begins, row.ends, row.chair, row.place) for row in rows}
    # Who was let in beside the chairs, because somebody overrode the rule, takes none.
    spared = _overridden(course)
    counted = [one for one in there if place.chairs is None or one.chair is not None]
    found = seated(
        [one for one in new if one.uid not in spared], counted, place.chairs, place.starts_per_slot
    )
    if found is None:
        raise Taken
    changed = {*found, *(one for one in new if one.uid in spared)} - there
    gone = [one.uid for one in changed]
    connection.execute(BOOKINGS.delete().where(BOOKINGS.c.uid.in_(gone)))
    rows_of = [{**one._asdict(), "course_id": of[one.uid]} for one in changed]
    connection.execute(BOOKINGS.insert().values(clinic=clinic, day=day), rows_of)


def _overridden(course: Course) -> set[str]:
    """The uids of visits for which the rule about chairs was overridden."""
    broken = (
        finding.visit
        for finding in course.findings
        if finding.rule == Capacity.name and finding.level == "broken" and finding.visit
    )
    return {course.visits[number - 1].uid for number in broken}


def _courses(connection: Connection, clinic: Clinic | None, patient: str) -> Iterator[Entered]:
    asked = select(
        COURSES.c.course_id,
        COURSES.c.patient,
        COURSES.c.revision,
        COURSES.c.last_day,
        COURSES.c.document,
    ).order_by(COURSES.c.patient, COURSES.c.last_day, COURSES.c.course_id)
    if clinic is not None:
        asked = asked.where(COURSES.c.clinic == _clinic_id(connection, clinic))
    if patient:
        asked = asked.where(COURSES.c.patient == patient)
    for row in connection.execute(asked):
        yield Entered(*row)


def _gone(error: NoPlan) -> Refused:
    """What there was a plan for is taken by others now; with what would do instead."""
    step = error.next_step or "look at what is left: ketasched suggest"
    return Refused(f"taken meanwhile: {error.what}", details=error.details, next_step=step)


def _moment(seconds: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)
