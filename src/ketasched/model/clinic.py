"""The clinic: its zone, hours, closures, chairs, reminders and words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Literal

from ketasched.model.protocol import NoDriving
from ketasched.model.values import (
    WEEKDAYS,
    Amount,
    Clock,
    DateRange,
    Lead,
    Problem,
    Reminder,
    TimeRange,
    Weekday,
    shown,
)

LONGEST_CURRENCY = 5

Titles = Literal["discreet", "clinical"]


@dataclass(frozen=True, slots=True)
class Hours:
    """The openings of each weekday, in local time; a day left out is closed."""

    mon: tuple[TimeRange, ...] = ()
    tue: tuple[TimeRange, ...] = ()
    wed: tuple[TimeRange, ...] = ()
    thu: tuple[TimeRange, ...] = ()
    fri: tuple[TimeRange, ...] = ()
    sat: tuple[TimeRange, ...] = ()
    sun: tuple[TimeRange, ...] = ()

    def on(self, weekday: int) -> tuple[TimeRange, ...]:
        """The openings of a weekday, Monday being 0."""
        openings: tuple[TimeRange, ...] = getattr(self, WEEKDAYS[weekday])
        return openings

    def problems(self) -> Iterator[Problem]:
        """Openings of a day that overlap, or no day open at all."""
        for name in WEEKDAYS:
            yield from overlap_problems(name, getattr(self, name, ()))
        if not any(self.on(day) for day in range(7)):
            yield "", "no day is open"


def overlap_problems(place: str, openings: tuple[TimeRange, ...]) -> Iterator[Problem]:
    """Openings of one day that are out of order or overlap."""
    for index, (one, two) in enumerate(pairwise(openings), start=1):
        if two.start < one.end:
            yield f"{place}[{index}]", f'"{two}" begins before "{one}" has ended'


@dataclass(frozen=True, slots=True)
class Closures:
    """When the clinic is closed: a holiday calendar ("US-NY"), dates; one-off openings win."""

    holidays: str = ""
    dates: tuple[DateRange, ...] = ()
    openings: Mapping[date, tuple[TimeRange, ...]] = field(default_factory=dict)

    def problems(self) -> Iterator[Problem]:
        """One-off openings that overlap or are empty."""
        for day, openings in self.openings.items():
            yield from overlap_problems(f"openings.{day}", openings)
            if not openings:
                yield f"openings.{day}", "no times; a closed day belongs in closures.dates"


NINE, TWO_HOURS = Clock(9 * 60), Lead(120)


@dataclass(frozen=True, slots=True)
class Reminders:
    """When the patient is reminded to arrange a driver, and how early alarms sound."""

    driver: tuple[Reminder, ...] = (Reminder(3, Clock(600)), Reminder(1, Clock(1080)))
    alarm: Lead = TWO_HOURS


@dataclass(frozen=True, slots=True)
class Wording:
    """The clinic's own words, each a free text. No number in them is ours."""

    before: str = ""
    bring: str = ""
    side_effects: str = ""
    call: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolWording(Wording):
    """The clinic's words for one protocol; what is left empty is said as for all."""

    discreet: Wording = field(default_factory=Wording)


@dataclass(frozen=True, slots=True)
class Instructions(ProtocolWording):
    """The clinic's words for all protocols, and for single ones by id (`protocols`)."""

    protocols: Mapping[str, ProtocolWording] = field(
        default_factory=dict, metadata={"other tables": True}
    )

    def wording(self, protocol: str, *, discreet: bool) -> Wording:
        """What to say for a protocol: its own words where there are some, else the general."""
        general: Wording = self.discreet if discreet else self
        own = self.protocols.get(protocol, ProtocolWording())
        special: Wording = own.discreet if discreet else own
        return Wording(
            before=special.before or general.before,
            bring=special.bring or general.bring,
            side_effects=special.side_effects or general.side_effects,
            call=special.call or general.call,
        )


@dataclass(frozen=True, slots=True)
class OwnMinutes:
    """A clinic's own minutes for a visit; None leaves the protocol's number."""

    check_in: int | None = None
    treatment: int | None = None
    observation: int | None = None

    def problems(self) -> Iterator[Problem]:
        """A part outside a day."""
        for name in ("check_in", "treatment", "observation"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < 24 * 60:
                yield name, f"expected 0 to {24 * 60 - 1}, not {value}"


@dataclass(frozen=True, slots=True)
class Override:
    """What a clinic says instead of a protocol for one kind of visit."""

    minutes: OwnMinutes = field(default_factory=OwnMinutes)
    no_driving: NoDriving | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """What visits cost, by protocol id, then by kind of visit; printed on the patient's page."""

    currency: str = ""
    protocols: Mapping[str, Mapping[str, Amount]] = field(
        default_factory=dict, metadata={"other tables": True}
    )

    def problems(self) -> Iterator[Problem]:
        """A currency of more than a few characters."""
        if len(self.currency) > LONGEST_CURRENCY or not self.currency.isprintable():
            yield (
                "currency",
                f'expected a short one such as "USD" or "€", not {shown(self.currency)}',
            )


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic: zone, hours, closures, chairs, wording, reminders.

    `overrides` is by protocol id, then by visit kind. `chairs` None means that chairs are not
    counted; `starts_per_slot` None means that any number of visits may begin together.
    `week_begins` is the first column of printed months.
    """

    timezone: str
    hours: Hours
    name: str = ""
    phone: str = ""
    address: str = ""
    calendar_name: str = ""
    calendar_place: str = ""
    chairs: int | None = None
    starts_per_slot: int | None = None
    slot_minutes: int = 15
    preferred_start: Clock = NINE
    week_begins: Weekday = "mon"
    titles: Titles = "discreet"
    id_salt: str = ""
    closures: Closures = field(default_factory=Closures)
    reminders: Reminders = field(default_factory=Reminders)
    instructions: Instructions = field(default_factory=Instructions)
    overrides: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)
    prices: Prices = field(default_factory=Prices)

    def problems(self) -> Iterator[Problem]:
        """Numbers of chairs and minutes that no clinic has."""
        for name, most in (("chairs", 1000), ("starts_per_slot", 1000), ("slot_minutes", 720)):
            value = getattr(self, name, None)
            if value is not None and not 1 <= value <= most:
                yield name, f"expected 1 to {most}, not {value}"
