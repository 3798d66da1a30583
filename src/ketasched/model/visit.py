"""`Visit` and `Companion`: the dated items of a course, with what belongs to one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from ketasched.model.email_address import EMAIL
from ketasched.model.keys import Key, where_used
from ketasched.model.protocol import VisitKind
from ketasched.model.values import Place, Problem

Status = Literal["planned", "tentative", "held", "completed", "missed", "omitted", "ceased"]
Uid = Annotated[
    str, Key(pattern="[A-Za-z0-9@._-]{1,64}", form="up to 64 letters, digits, and @ . _ -")
]
"""The type of the field `uid`."""

TAKES_PLACE: frozenset[str] = frozenset({"planned", "tentative", "completed"})
"""The statuses of visits that take place, or may; the rules consider these visits only."""

TO_BE_DECIDED = "to be decided by your clinician"
"""The note of every tentative visit."""

MAKE_UP_SUFFIX = ", again"
"""The end of a make-up visit's label: "3 of 6, again"."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Who brings the patient and takes them home."""

    name: str
    """Who drives."""
    phone: str = ""
    """Where to reach them."""
    email: Annotated[str, EMAIL] = where_used(default="")
    """Where they are sent invitations."""


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A possible time of a visit of this kind, from check-in to end, in the clinic's zone.

    Of a visit that took place `elsewhere` only the date is known: the times stand for any.
    """

    kind: VisitKind
    start: datetime
    end: datetime
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Earliest, ideal and latest date of a visit, given the visit before it. Inclusive."""

    earliest: date
    """The first date that keeps the rules."""
    target: date
    """The ideal one."""
    latest: date
    """The last one."""

    def problems(self) -> Iterator[Problem]:
        """Problem if the dates are out of order."""
        if not self.earliest <= self.target <= self.latest:
            yield "", "expected earliest, target and latest in this order"


@dataclass(frozen=True, slots=True)
class Visit:
    """One dated visit. `start` is check-in, `end` when the patient may be collected.

    `of` is the place within the phase ("3 of 6"). `no_driving_until` None means that there is no
    rule: the patient is told to ask the clinic. `held_from` is the status before `held`. A visit
    that took place `elsewhere` is completed, counts, and takes no chair; its times are no facts.
    """

    number: int
    """1, 2, … through the course."""
    phase: str
    """The name of its phase."""
    of: Annotated[str, Key(pattern=r"\d{1,4} of \d{1,4}(, again)?", form='"3 of 6"')]
    """Its place within the phase."""
    kind: str
    """Its kind, by its name in the protocol."""
    status: Status
    """How it stands."""
    start: datetime
    """Check-in."""
    treatment_start: datetime
    """When the treatment begins."""
    end: datetime
    """When the patient may be collected."""
    no_driving_until: datetime | None
    """Until when they must not drive; none: the clinic is to be asked."""
    window: Window
    """Where it could be, given the visit before it."""
    uid: Uid
    """Its identifier in calendars."""
    sequence: Annotated[int, Key(least=0, most=2147483647)] = 0
    """How often its entry has changed."""
    driver: Driver | None = None
    """Who drives."""
    note: str = ""
    """What there is to say of it."""
    held_from: Status | None = None
    """The status that a held one goes back to."""
    elsewhere: bool = where_used(default=False)
    """Whether it took place elsewhere, before the others."""

    @property
    def is_here(self) -> bool:
        """Whether the visit takes place, or may, and not elsewhere."""
        return self.status in TAKES_PLACE and not self.elsewhere

    def problems(self) -> Iterator[Problem]:
        """Problems if the times are out of order, or a visit elsewhere is not completed."""
        start = self.start.astimezone(UTC)
        if self.end.astimezone(UTC) <= start:
            yield "end", "is not after the start"
        if self.treatment_start.astimezone(UTC) < start:
            yield "treatment_start", "is before the start"
        if self.elsewhere and self.status != "completed":
            yield "elsewhere", "goes with the status completed"


def visits_text(numbers: Iterable[int]) -> str:
    """The visits with these numbers, one or more, in words: "visits 2, 3 and 5"."""
    *others, last = map(str, numbers)
    return f"visits {', '.join(others)} and {last}" if others else f"visit {last}"


REVIEW_MINUTES = 15
"""How long a review takes."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A dated item that belongs to the treatment visit number `after` of the course.

    One without a `name` is a review: a look at how it goes, 15 minutes, perhaps a gate for later
    visits. Any other is of the protocol's `[[companions]]` with this name, after its visit or
    `before` it; or a home day of the phase with this name, after the treatment visit before it.
    """

    after: int
    """The number of the visit to which it belongs."""
    title: str
    """What it is called where titles are clinical."""
    gate: bool
    """Whether later visits wait for it."""
    place: Place
    """Where it is."""
    start: datetime
    """When it is."""
    uid: Uid
    """Its identifier in calendars."""
    sequence: Annotated[int, Key(least=0, most=2147483647)] = 0
    """How often its entry has changed."""
    status: Status = "planned"
    """How it stands."""
    held_from: Status | None = None
    """The status that a held one goes back to."""
    name: str = where_used(default="")
    """Its kind, by its name in the protocol; a review has none."""
    before: bool = where_used(default=False)
    """Whether it is before its visit."""
    minutes: Annotated[int, Key(unit="minutes", least=0, most=1439)] = where_used(default=0)
    """How long it takes; a review 15."""
    driver: Driver | None = where_used(default=None)
    """Who drives."""

    no_driving_until: datetime | None = where_used(default=None)
    """Until when they must not drive after a treatment; none: the clinic is to be asked."""

    @property
    def is_review(self) -> bool:
        """Whether it is a review, of a phase, and of no kind of its own."""
        return not self.name

    @property
    def end(self) -> datetime:
        """When it is over."""
        length = timedelta(minutes=self.minutes or REVIEW_MINUTES)
        return (self.start.astimezone(UTC) + length).astimezone(self.start.tzinfo)

    @property
    def side(self) -> str:
        """On which side of its visit it is: "before" or "after"."""
        return "before" if self.before else "after"
