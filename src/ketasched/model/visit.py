"""`Visit` and `Companion`: the dated items of a course, with what belongs to one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from ketasched.model.email_address import email_key
from ketasched.model.keys import Key
from ketasched.model.protocol import VisitKind
from ketasched.model.values import Place, Problem

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
class Driver:
    """Who brings the patient and takes them home."""

    name: Annotated[str, Key("Who drives.")]
    phone: Annotated[str, Key("Where to reach them.")] = ""
    email: Annotated[str, email_key("Where they are sent invitations.")] = field(
        default="", metadata={"written where used": True}
    )


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
    rule: the patient is told to ask the clinic. `held_from` is the status before `held`. A visit
    that took place `elsewhere` is completed, counts, and takes no chair; its times are no facts.
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
    elsewhere: Annotated[bool, Key("Whether it took place elsewhere, before the others.")] = field(
        default=False, metadata={"written where used": True}
    )

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

    after: Annotated[int, Key("The number of the visit to which it belongs.")]
    title: Annotated[str, Key("What it is called where titles are clinical.")]
    gate: Annotated[bool, Key("Whether later visits wait for it.")]
    place: Annotated[Place, Key("Where it is.")]
    start: Annotated[datetime, Key("When it is.")]
    uid: Uid
    sequence: Annotated[int, Key("How often its entry has changed.", least=0, most=2147483647)] = 0
    status: Annotated[Status, Key("How it stands.")] = "planned"
    held_from: Annotated[Status | None, Key("The status that a held one goes back to.")] = None
    name: Annotated[str, Key("Its kind, by its name in the protocol; a review has none.")] = field(
        default="", metadata={"written where used": True}
    )
    before: Annotated[bool, Key("Whether it is before its visit.")] = field(
        default=False, metadata={"written where used": True}
    )
    minutes: Annotated[
        int, Key("How long it takes; a review 15.", unit="minutes", least=0, most=1439)
    ] = field(default=0, metadata={"written where used": True})
    driver: Annotated[Driver | None, Key("Who drives.")] = field(
        default=None, metadata={"written where used": True}
    )

    no_driving_until: Annotated[
        datetime | None,
        Key("Until when they must not drive after a treatment; none: the clinic is to be asked."),
    ] = field(default=None, metadata={"written where used": True})

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
