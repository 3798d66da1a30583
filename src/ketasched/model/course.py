"""What is asked for one patient, and what is planned: dated visits, reviews and findings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from ketasched.model.busy import BusyTime
from ketasched.model.clinic import Clinic
from ketasched.model.history import Driver, Entry
from ketasched.model.protocol import Protocol, VisitKind
from ketasched.model.values import Clock, DateRange, Place, Problem, TimeRange, Weekday, shown

Level = Literal["broken", "given-up", "warning"]
Audience = Literal["patient", "driver", "clinic"]
Status = Literal["planned", "tentative", "held", "completed", "missed", "omitted", "ceased"]
TAKES_PLACE: frozenset[str] = frozenset({"planned", "tentative", "completed"})
"""The statuses of visits that happen, or may: the rules look at these."""

TO_BE_DECIDED = "to be decided by your clinician"
"""What is said of every tentative visit."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for one patient. All dates are local to the clinic and inclusive.

    `between` bounds the whole visit, check-in to end. `boosters` is how many to pencil in. No
    visit overlaps a time of `busy`.
    """

    start: date
    patient: str = "patient"
    latest_start: date | None = None
    per_week: int | None = None
    every_days: int | None = None
    time: Clock | None = None
    between: TimeRange | None = None
    days: tuple[Weekday, ...] = ()
    unavailable: tuple[DateRange, ...] = ()
    boosters: int = 0
    booster_every: int | None = None
    born: date | None = None
    cleared_by: str = ""
    cleared_on: date | None = None
    driver_name: str = ""
    driver_phone: str = ""
    busy: tuple[BusyTime, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A time at which a visit of this kind could be: check-in to end, in the clinic's zone."""

    kind: VisitKind
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say: its name, how bad it is, and a sentence; `visit` is a number."""

    rule: str
    level: Level
    message: str
    visit: int | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change, in words, and the dates that it gives: of a new course all, else what it moves."""

    change: str
    dates: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Earliest, ideal and latest date of a visit, given the visit before it. Inclusive."""

    earliest: date
    target: date
    latest: date

    def problems(self) -> Iterator[Problem]:
        """Dates out of order."""
        if not self.earliest <= self.target <= self.latest:
            yield "", "expected earliest, target and latest in this order"


@dataclass(frozen=True, slots=True)
class Visit:
    """One dated visit. `start` is check-in, `end` when the patient may be collected.

    `held_from` is the status that a held one goes back to. `of` is its place within its phase
    ("3 of 6"); `no_driving_until` None means that no rule
    says when: the clinic is to be asked.
    """

    number: int
    phase: str
    of: str
    kind: str
    status: Status
    start: datetime
    treatment_start: datetime
    end: datetime
    no_driving_until: datetime | None
    window: Window
    uid: str
    sequence: int = 0
    driver: Driver | None = None
    note: str = ""
    held_from: Status | None = None

    def problems(self) -> Iterator[Problem]:
        """An end that is not after the start, times before it, or a uid that is no single word."""
        yield from _uid_problems(self.uid)
        start = self.start.astimezone(UTC)
        if self.end.astimezone(UTC) <= start:
            yield "end", "is not after the start"
        if self.treatment_start.astimezone(UTC) < start:
            yield "treatment_start", "is before the start"
        yield from _sequence_problems(self.sequence)
        if not re.fullmatch(r"\d{1,4} of \d{1,4}(, again)?", self.of, re.ASCII):
            yield "of", f'expected "3 of 6", not {shown(self.of)}'


def _sequence_problems(sequence: int) -> Iterator[Problem]:
    # A calendar's integers end there (RFC 5545, 3.3.8).
    if not 0 <= sequence < 2**31:
        yield "sequence", f"expected 0 to {2**31 - 1}, not {sequence}"


def _uid_problems(uid: str) -> Iterator[Problem]:
    # It is written into calendars as it stands.
    if not re.fullmatch(r"[A-Za-z0-9@._-]{1,64}", uid, re.ASCII):
        yield "uid", f"expected up to 64 letters, digits, and @ . _ -, not {shown(uid)}"


@dataclass(frozen=True, slots=True)
class Review:
    """A dated look at how it goes, 15 minutes, after visit number `after` of the course."""

    after: int
    title: str
    gate: bool
    place: Place
    start: datetime
    uid: str
    sequence: int = 0
    status: Status = "planned"
    held_from: Status | None = None

    def problems(self) -> Iterator[Problem]:
        """A uid that is no single word, or a sequence below 0."""
        yield from _uid_problems(self.uid)
        yield from _sequence_problems(self.sequence)


@dataclass(frozen=True, slots=True)
class Course:
    """All the visits of one patient, and everything that they were planned from."""

    format: Literal[1]
    course_id: str
    patient: str
    timezone: str
    made_at: datetime
    revision: int
    visits: tuple[Visit, ...]
    reviews: tuple[Review, ...]
    findings: tuple[Finding, ...]
    history: tuple[Entry, ...]
    protocol: Protocol
    clinic: Clinic
    request: Request

    def problems(self) -> Iterator[Problem]:
        """A revision before the first, no visit at all, or another patient than was asked for."""
        if self.patient != self.request.patient:
            yield "patient", "is not the one of the request"
        if self.revision < 1:
            yield "revision", f"expected 1 or more, not {self.revision}"
        if not self.visits:
            yield "visits", "expected at least one visit"
