"""First come, first served: each visit on the nearest free day, whatever the other visits are.

This is what general appointment books with repeated appointments do. Courses are begun on the
first free day, and the later visits are looked for near the dates that a planner gives a patient
who is alone in the clinic; so the pattern to begin with is a good one. What a patient can is
asked for each visit, and nobody has two visits on one day.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from ketasched.files.load import load_protocol
from ketasched.model import Clinic, Hours, Request, TimeRange
from ketasched.planning.planner import plan
from tools.simulation.clinic import (
    FIRST_MONDAY,
    VISIT_MINUTES,
    WANTED,
    ZONE,
    ClinicFile,
    News,
    end_of,
)
from tools.simulation.patients import SIX, Patient
from tools.simulation.stored_bookings import StoredBookings

FARTHEST = 90
"""How many days from the nominal date a free day is looked for."""

TABLES = """
CREATE TABLE courses (course_id TEXT PRIMARY KEY, patient TEXT NOT NULL);
CREATE TABLE bookings (
  uid INTEGER PRIMARY KEY, course_id TEXT NOT NULL, clinic INTEGER NOT NULL,
  begins INTEGER NOT NULL, ends INTEGER NOT NULL, chair INTEGER NOT NULL
);
CREATE INDEX by_course ON bookings (course_id);
PRAGMA synchronous = OFF;
"""


class NearestDay:
    """The book of a clinic that knows days and chairs, but no courses."""

    name = "nearest day"

    def __init__(self, folder: Path, clinic: ClinicFile) -> None:
        self._clinic = clinic
        self._connection = sqlite3.connect(folder / "nearest-day.db")
        self._connection.executescript(TABLES)
        self._seated: dict[datetime, dict[int, Patient]] = {}
        """By start, who has which chair."""
        self._waiting: list[Patient] = []
        self.counts: Counter[str] = Counter()
        self._held: dict[str, int] = {}
        """By patient, how many visits are held."""
        self.bookings = StoredBookings(folder / "nearest-day.db")

    def close(self) -> None:
        """See `Policy`."""
        self.bookings.close()
        self._connection.close()

    def ask(self, patient: Patient, at: datetime) -> None:
        """See `Policy`."""
        first = self._first_free(patient, max(patient.start, at.date() + timedelta(1)))
        if first is None:
            self._waiting.append(patient)
            return
        with self._connection:
            row = patient.reference, patient.reference
            self._connection.execute("INSERT INTO courses VALUES (?, ?)", row)
        self._book_all(patient, first, SIX - len(patient.prior))

    def _first_free(self, patient: Patient, first: date) -> date | None:
        days = (first + timedelta(n) for n in range((patient.latest - first).days + 1))
        return next((day for day in days if self._best_start(patient, day)), None)

    def _book_all(self, patient: Patient, first: date, count: int) -> None:
        for offset in pattern(patient.per_week, first.weekday())[:count]:
            self._book_near(patient, first + timedelta(offset), first)

    def name_driver(self, patient: Patient, at: datetime) -> None:
        """See `Policy`: this book has no drivers."""

    def defer(self, patient: Patient, visit: datetime, days: int, at: datetime) -> None:
        """See `Policy`."""
        day = visit.date() + timedelta(days)
        self._remove(patient, visit)
        self._book_near(patient, day, day)

    def hold(self, patient: Patient, at: datetime) -> None:
        """See `Policy`."""
        ahead = [visit for visit in self.bookings.of(patient.reference) if visit > at]
        for visit in ahead:
            self._remove(patient, visit)
        self._held[patient.reference] = len(ahead)

    def resume(self, patient: Patient, on: date, at: datetime) -> None:
        """See `Policy`."""
        days = (on + timedelta(number) for number in range(FARTHEST))
        first = next(day for day in days if self._best_start(patient, day))
        self._book_all(patient, first, self._held.pop(patient.reference))

    def stop(self, patient: Patient, at: datetime) -> None:
        """See `Policy`."""
        self.hold(patient, at)

    def add_booster(self, patient: Patient, days: int, at: datetime) -> None:
        """See `Policy`."""
        last = self.bookings.of(patient.reference)[-1].date()
        self._book_near(patient, last + timedelta(days), at.date() + timedelta(1))

    def hear(self, news: News, at: datetime) -> None:
        """See `Policy`: of too many visits at a time those booked last move."""
        for start in sorted(self._seated):
            room = self._clinic.free_chairs(start.date())
            if start > at and len(self._seated[start]) > room:
                for patient in list(self._seated[start].values())[room:]:
                    self._remove(patient, start)
                    self._book_near(patient, start.date(), at.date())

    def end_day(self, day: date, missed: list[tuple[Patient, datetime]], at: datetime) -> None:
        """See `Policy`."""
        for patient, visit in missed:
            self._remove(patient, visit)
            self._book_near(patient, day + timedelta(1), day + timedelta(1))

    def end_week(self, at: datetime) -> None:
        """See `Policy`: those who wait are tried again, in the order of their calls."""
        waiting, self._waiting = self._waiting, []
        for patient in waiting:
            if at.date() < patient.latest:
                self.ask(patient, at)

    def inspect(self, day: date) -> list[str]:
        """See `Policy`: what plain SQL finds is all that there is to inspect."""
        return []

    def _book_near(self, patient: Patient, nominal: date, not_before: date) -> None:
        """Book a visit on the free day that is nearest to the nominal one, the later of two."""
        for day in _by_distance(nominal):
            start = self._best_start(patient, day) if day >= not_before else None
            if start:
                seated = self._seated.setdefault(start, {})
                chair = next(n for n in range(self._clinic.chairs) if n not in seated)
                seated[chair] = patient
                begins = int(start.timestamp())
                row = patient.reference, 1, begins, begins + 60 * VISIT_MINUTES, chair
                with self._connection:
                    self._connection.execute(
                        "INSERT INTO bookings (course_id, clinic, begins, ends, chair) "
                        "VALUES (?, ?, ?, ?, ?)",
                        row,
                    )
                return

    def _best_start(self, patient: Patient, day: date) -> datetime | None:
        """The free start of a day that is nearest to the wanted time."""
        if any(one.date() == day for one in self.bookings.of(patient.reference)):
            return None
        room = self._clinic.free_chairs(day)
        free = [
            start
            for start in self._clinic.starts(day)
            if len(self._seated.get(start, ())) < room
            and patient.can_come(day, start.time(), end_of(start).time())
        ]
        wanted = datetime.combine(day, WANTED, ZONE)
        return min(free, key=lambda start: (abs(start - wanted), start), default=None)

    def _remove(self, patient: Patient, start: datetime) -> None:
        seated = self._seated[start]
        chair = next(chair for chair, one in seated.items() if one is patient)
        del seated[chair]
        with self._connection:
            self._connection.execute(
                "DELETE FROM bookings WHERE course_id = ? AND begins = ?",
                (patient.reference, int(start.timestamp())),
            )


def _by_distance(nominal: date) -> Iterator[date]:
    yield nominal
    for distance in range(1, FARTHEST + 1):
        yield nominal + timedelta(distance)
        yield nominal - timedelta(distance)


@lru_cache(maxsize=32)
def pattern(per_week: int, weekday: int) -> tuple[int, ...]:
    """The days from the first visit to each of the six, for a patient who is alone."""
    usual = (TimeRange.read("08:00-17:00"),)
    hours = Hours(mon=usual, tue=usual, wed=usual, thu=usual, fri=usual)
    clinic = Clinic("America/New_York", hours)
    first = FIRST_MONDAY + timedelta(weekday)
    asked = Request(first, latest_start=first, per_week=per_week)
    made_at = datetime(2027, 1, 1, tzinfo=ZONE)
    course = plan(load_protocol("iv-depression"), clinic, asked, made_at=made_at)
    return tuple((visit.start.date() - first).days for visit in course.visits)
