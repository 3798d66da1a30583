"""`Request` and `Course`: what is asked for one patient, and the dated visits planned from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from ketasched.model.busy_time import BusyTime
from ketasched.model.clinic import Clinic
from ketasched.model.history import Driver, Entry
from ketasched.model.keys import Key
from ketasched.model.protocol import Protocol, VisitKind
from ketasched.model.values import Clock, DateRange, Place, Problem, Record, TimeRange, Weekday

Level = Literal["broken", "given-up", "warning"]
Audience = Literal["patient", "driver", "clinic"]
Status = Literal["planned", "tentative", "held", "completed", "missed", "omitted", "ceased"]
Uid = Annotated[
    str,
    Key(
        "Its identifier in calendars.",
        pattern="[A-Za-z0-9@._-]{1,64}",
        form="up to 64 letters, digits, and @ . _ -",
    ),
]
"""The type of the field `uid`."""

TAKES_PLACE: frozenset[str] = frozenset({"planned", "tentative", "completed"})
"""The statuses of visits that take place, or may; the rules consider these visits only."""

TO_BE_DECIDED = "to be decided by your clinician"
"""The note of every tentative visit."""

MAKE_UP_SUFFIX = ", again"
"""The end of a make-up visit's label: "3 of 6, again"."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for one patient. All dates are local to the clinic and inclusive.

    `between` bounds the whole visit, check-in to end. `boosters` is the number of tentative
    boosters to plan. No visit overlaps a time of `busy`.
    """

    start: Annotated[date, Key("The first day that would do.")]
    patient: Annotated[str, Key("The clinic's reference for the patient.")] = "patient"
    latest_start: Annotated[date | None, Key("The last day to begin; unsaid, 14 days later.")] = (
        None
    )
    per_week: Annotated[int | None, Key("The pace that was asked for.", unit="visits a week")] = (
        None
    )
    every_days: Annotated[int | None, Key("The pace that was asked for.", unit="days")] = None
    time: Annotated[Clock | None, Key("The check-in time to aim for.")] = None
    between: Annotated[TimeRange | None, Key("The hours that the whole visit must fit in.")] = None
    days: Annotated[tuple[Weekday, ...], Key("The weekdays that the patient can; none: any.")] = ()
    unavailable: Annotated[tuple[DateRange, ...], Key("Days that they cannot.")] = ()
    boosters: Annotated[int, Key("How many boosters to pencil in.", unit="visits")] = 0
    booster_every: Annotated[int | None, Key("Days from booster to booster.", unit="days")] = None
    born: Annotated[date | None, Key("The date of birth.")] = None
    cleared_by: Annotated[str, Key("The clinician whose clearance is recorded.")] = ""
    cleared_on: Annotated[date | None, Key("The day of that clearance.")] = None
    recorded: Annotated[
        tuple[Record, ...], Key("What else is recorded, on which day and by whom.")
    ] = ()
    driver_name: Annotated[str, Key("Who drives the patient there and back.")] = ""
    driver_phone: Annotated[str, Key("The driver's phone number.")] = ""
    busy: Annotated[
        tuple[BusyTime, ...], Key("When they are busy, by the calendars of `--busy`.")
    ] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A possible time of a visit of this kind, from check-in to end, in the clinic's zone."""

    kind: VisitKind
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say: its name, how bad it is, and a sentence; `visit` is a number."""

    rule: Annotated[str, Key("The rule's name: docs/rules.md.")]
    level: Annotated[Level, Key("How bad it is.")]
    message: Annotated[str, Key("A sentence.")]
    visit: Annotated[int | None, Key("The number of the visit that it is about.")] = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that would help, in words, and the resulting dates.

    `dates` are all dates of a new course, or those of the visits that the change moves.
    """

    change: str
    dates: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Earliest, ideal and latest date of a visit, given the visit before it. Inclusive."""

    earliest: Annotated[date, Key("The first date that keeps the rules.")]
    target: Annotated[date, Key("The ideal one.")]
    latest: Annotated[date, Key("The last one.")]

    def problems(self) -> Iterator[Problem]:
        """Problem if the dates are out of order."""
        if not self.earliest <= self.target <= self.latest:
            yield "", "expected earliest, target and latest in this order"


@dataclass(frozen=True, slots=True)
class Visit:
    """One dated visit. `start` is check-in, `end` when the patient may be collected.

    `of` is the place within the phase ("3 of 6"). `no_driving_until` None means that there is no
    rule: the patient is told to ask the clinic. `held_from` is the status before `held`.
    """

    number: Annotated[int, Key("1, 2, … through the course.")]
    phase: Annotated[str, Key("The name of its phase.")]
    of: Annotated[
        str,
        Key(
            "Its place within the phase.", pattern=r"\d{1,4} of \d{1,4}(, again)?", form='"3 of 6"'
        ),
    ]
    kind: Annotated[str, Key("Its kind, by its name in the protocol.")]
    status: Annotated[Status, Key("How it stands.")]
    start: Annotated[datetime, Key("Check-in.")]
    treatment_start: Annotated[datetime, Key("When the treatment begins.")]
    end: Annotated[datetime, Key("When the patient may be collected.")]
    no_driving_until: Annotated[
        datetime | None, Key("Until when they must not drive; none: the clinic is to be asked.")
    ]
    window: Annotated[Window, Key("Where it could be, given the visit before it.")]
    uid: Uid
    sequence: Annotated[int, Key("How often its entry has changed.", least=0, most=2147483647)] = 0
    driver: Annotated[Driver | None, Key("Who drives.")] = None
    note: Annotated[str, Key("What there is to say of it.")] = ""
    held_from: Annotated[Status | None, Key("The status that a held one goes back to.")] = None

    def problems(self) -> Iterator[Problem]:
        """Problems if the end is not after the start, or the treatment begins before it."""
        start = self.start.astimezone(UTC)
        if self.end.astimezone(UTC) <= start:
            yield "end", "is not after the start"
        if self.treatment_start.astimezone(UTC) < start:
            yield "treatment_start", "is before the start"


@dataclass(frozen=True, slots=True)
class Review:
    """A dated look at how it goes, 15 minutes, after visit number `after` of the course."""

    after: Annotated[int, Key("The number of the visit before it.")]
    title: Annotated[str, Key("What it is called where titles are clinical.")]
    gate: Annotated[bool, Key("Whether later visits wait for it.")]
    place: Annotated[Place, Key("Where it is.")]
    start: Annotated[datetime, Key("When it is.")]
    uid: Uid
    sequence: Annotated[int, Key("How often its entry has changed.", least=0, most=2147483647)] = 0
    status: Annotated[Status, Key("How it stands.")] = "planned"
    held_from: Annotated[Status | None, Key("The status that a held one goes back to.")] = None


@dataclass(frozen=True, slots=True)
class Course:
    """All the visits of one patient, and everything that they were planned from."""

    format: Annotated[Literal[1], Key("The format of the file.")]
    course_id: Annotated[
        str, Key("The course's identifier; those of its visits are made from it.")
    ]
    patient: Annotated[
        str, Key("The clinic's reference for the patient: a file's name, up to 80 bytes.")
    ]
    timezone: Annotated[str, Key("The clinic's zone.")]
    made_at: Annotated[datetime, Key("When it was planned.")]
    revision: Annotated[
        int,
        Key("How many times it has been written, the first counted.", least=1, most=2147483647),
    ]
    visits: Annotated[tuple[Visit, ...], Key("Its treatment visits.", least=1, form="one visit")]
    reviews: Annotated[tuple[Review, ...], Key("The looks at how it goes.")]
    findings: Annotated[tuple[Finding, ...], Key("What the rules have to say.")]
    history: Annotated[tuple[Entry, ...], Key("What was done to it.", least=1, form="one entry")]
    protocol: Annotated[Protocol, Key("The protocol that it was planned from.")]
    clinic: Annotated[Clinic, Key("The clinic that it was planned at.")]
    request: Annotated[Request, Key("What was asked for.")]
    uid_key: Annotated[
        str,
        Key("A secret: with it the identifiers of rides and reminders are made from the visits'."),
    ] = ""

    def problems(self) -> Iterator[Problem]:
        """Problem if the patient is not the request's."""
        if self.patient != self.request.patient:
            yield "patient", "is not the one of the request"
