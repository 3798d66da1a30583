"""The bookings of a policy as they are stored, read with plain SQL: no code of ketasched.

Both policies keep a SQLite file with the tables `courses` (`course_id`, `patient`) and `bookings`
(`uid`, `course_id`, `clinic`, `begins` and `ends` in POSIX seconds, `chair`).
"""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tools.simulation.clinic import ZONE

ON_ONE_CHAIR = """
SELECT uid FROM (
  SELECT uid, begins, max(ends) OVER (
    PARTITION BY clinic, chair ORDER BY begins, uid
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS until FROM bookings WHERE chair IS NOT NULL
) WHERE begins < until
"""
"""The bookings that begin before another one on their chair is over."""

MOST_AT_ONCE = """
SELECT coalesce(max(seated), 0) FROM (
  SELECT sum(step) OVER (PARTITION BY clinic ORDER BY moment, step) AS seated FROM (
    SELECT clinic, begins AS moment, 1 AS step FROM bookings WHERE begins >= ? AND begins < ?
    UNION ALL
    SELECT clinic, ends AS moment, -1 AS step FROM bookings WHERE begins >= ? AND begins < ?
  )
)
"""
"""How many bookings there are at once, at most, among those that begin within a time."""


@dataclass
class StoredBookings:
    """The bookings in a SQLite file."""

    path: Path

    def __post_init__(self) -> None:
        self._connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        self._patients: dict[str, str] = {}
        """By course, whose it is."""
        self._courses: dict[str, str] = {}
        """By patient, the course."""

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a query finds."""
        return self._connection.execute(query, values).fetchall()

    def on(self, first: date, last: date) -> Sequence[tuple[str, datetime]]:
        """Patients and starts from `first` to `last`, both inclusive, in the order of time."""
        query = "SELECT course_id, begins FROM bookings WHERE begins >= ? AND begins < ?"
        found = self.rows(query, *_seconds(first, last))
        named = [(begins, self._patient(course_id)) for course_id, begins in found]
        return [(patient, _local(begins)) for begins, patient in sorted(named)]

    def of(self, patient: str) -> Sequence[datetime]:
        """The starts of a patient, in order."""
        if patient not in self._courses:
            self._read_courses()
        query = "SELECT begins FROM bookings WHERE course_id = ? ORDER BY begins"
        found = self.rows(query, self._courses.get(patient, ""))
        return [_local(begins) for (begins,) in found]

    def by_patient(self, after: datetime | None = None) -> Mapping[str, Sequence[datetime]]:
        """The starts after a moment, in order, by patient."""
        query = "SELECT course_id, begins FROM bookings WHERE begins > ? ORDER BY begins"
        found = defaultdict(list)
        for course_id, begins in self.rows(query, after.timestamp() if after else 0):
            found[self._patient(course_id)].append(_local(begins))
        return found

    def _patient(self, course_id: str) -> str:
        if course_id not in self._patients:
            self._read_courses()
        return self._patients[course_id]

    def _read_courses(self) -> None:
        self._patients = dict(self.rows("SELECT course_id, patient FROM courses"))
        self._courses = {patient: course_id for course_id, patient in self._patients.items()}

    def overlaps(self) -> list[str]:
        """The bookings that begin before another one on their chair is over."""
        return [str(uid) for (uid,) in self.rows(ON_ONE_CHAIR)]

    def most_at_once(self, first: date, last: date) -> int:
        """How many bookings there are at once, at most, from `first` to `last`, both inclusive."""
        span = _seconds(first, last)
        most: int = self.rows(MOST_AT_ONCE, *span, *span)[0][0]
        return most


def _local(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, ZONE)


def _seconds(first: date, last: date) -> tuple[int, int]:
    ends = datetime.combine(last + timedelta(1), time(), ZONE)
    return int(datetime.combine(first, time(), ZONE).timestamp()), int(ends.timestamp())
