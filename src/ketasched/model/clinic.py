"""`Clinic`: the clinic's time zone, hours, closures, chairs, reminders, words and prices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Annotated, Literal

from ketasched.model.email_address import EMAIL
from ketasched.model.keys import Key, where_used
from ketasched.model.protocol import NoDriving
from ketasched.model.resource import Resource, days_overlap_problems
from ketasched.model.values import (
    Amount,
    Clock,
    DateRange,
    LeadTime,
    Problem,
    Reminder,
    TimeRange,
    Weekday,
    quote,
)
from ketasched.model.week_hours import Hours, overlap_problems

Titles = Literal["discreet", "clinical"]
ClockStyle = Literal["12h", "24h"]
DateStyle = Literal["us", "intl"]
DateOrder = Literal["mdy", "dmy"] | None

_MINUTES = Key(unit="minutes", least=0, most=1439)


@dataclass(frozen=True, slots=True)
class Closures:
    """When the clinic is closed: a holiday calendar ("US-NY"), dates; one-off openings win.

    On a day with chairs out of order it is open, with the other chairs.
    """

    holidays: str = ""
    """The public holidays of a country, or of a part of it: `US-NY`, `DE-BY`, `GB-ENG`."""
    dates: tuple[DateRange, ...] = ()
    """Other days, with what they are called."""
    openings: Mapping[date, tuple[TimeRange, ...]] = field(default_factory=dict)
    """Days on which the clinic is open all the same, each with its openings."""
    chairs: Annotated[Mapping[DateRange, int], Key(unit="chairs")] = field(
        default_factory=dict, metadata={"written where used": True}
    )
    """How many chairs are out of order: by day, or by first and last day."""

    def chairs_out_of_order(self, day: date) -> tuple[int, str]:
        """How many chairs are out of order on a date, and what their time is called, or ""."""
        found = ((number, days.label) for days, number in self.chairs.items() if day in days)
        return next(found, (0, ""))

    def problems(self) -> Iterator[Problem]:
        """Problems if one-off openings overlap, a day has none, or days of chairs overlap."""
        yield from days_overlap_problems("chairs", self.chairs)
        for day, openings in self.openings.items():
            yield from overlap_problems(f"openings.{day}", openings)
            if not openings:
                yield f"openings.{day}", "no times; a closed day belongs in closures.dates"


NINE, TWO_HOURS, A_DAY = Clock(9 * 60), LeadTime(120), LeadTime(24 * 60)


@dataclass(frozen=True, slots=True)
class Reminders:
    """When the patient is reminded to arrange a driver, and how early alarms sound."""

    driver: tuple[Reminder, ...] = (Reminder(3, Clock(600)), Reminder(1, Clock(1080)))
    """When the patient is reminded to arrange a driver."""
    alarm: LeadTime = TWO_HOURS
    """How long before a visit its alarm sounds."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The clinic's own words, each a free text. No number in them is ours."""

    before: Annotated[str, Key(lines=True)] = ""
    """How to prepare: eating, drinking, medicines."""
    bring: Annotated[str, Key(lines=True)] = ""
    """What to bring."""
    side_effects: Annotated[str, Key(lines=True)] = ""
    """How one may feel afterwards."""
    call: Annotated[str, Key(lines=True)] = ""
    """When to call, and whom."""


@dataclass(frozen=True, slots=True)
class ProtocolWording(Wording):
    """The clinic's words for one protocol; what is left empty is said as for all."""

    discreet: Wording = field(default_factory=Wording)
    """The same where nothing may tell the treatment."""


@dataclass(frozen=True, slots=True)
class OtherWording(ProtocolWording):
    """The clinic's words for one protocol, or for the readers of one language.

    Those of a language may have tables named by a protocol's id, with the words for that one.
    """

    protocols: Mapping[str, ProtocolWording] = field(
        default_factory=dict, metadata={"other tables": True}
    )
    """In the table of a language: the same for one protocol, by its id."""


@dataclass(frozen=True, slots=True)
class Instructions(ProtocolWording):
    """The clinic's words for all; other tables are named by a protocol's id or by a language."""

    others: Mapping[str, OtherWording] = field(
        default_factory=dict, metadata={"other tables": True}
    )
    """The same for one protocol, by its id, or for readers of one language, by its code; what is
    left out is as for all.
    """

    def wording(self, protocol: str, language: str, *, discreet: bool) -> Wording:
        """The words for a protocol to the readers of a language.

        Each text is the first of these that is not empty: in the language, for the protocol; in
        the clinic's own words, for the protocol; in the language; in the clinic's own words. What
        is said of one protocol comes before the language, because it may be another thing.
        """
        none, here = OtherWording(), self.others.get(language, OtherWording())
        own = here.protocols.get(protocol, none), self.others.get(protocol, none), here, self
        words: list[Wording] = [one.discreet if discreet else one for one in own]
        names = [one.name for one in fields(Wording)]
        return Wording(
            *[next(filter(None, (getattr(one, name) for one in words)), "") for name in names]
        )


@dataclass(frozen=True, slots=True)
class OwnMinutes:
    """A clinic's own minutes for a visit; what is left out is as in the protocol."""

    check_in: Annotated[int | None, _MINUTES] = None
    """From arriving until the treatment begins."""
    treatment: Annotated[int | None, _MINUTES] = None
    """How long the treatment takes."""
    observation: Annotated[int | None, _MINUTES] = None
    """From its end until the patient may be collected."""


@dataclass(frozen=True, slots=True)
class Override:
    """What a clinic says instead of a protocol for one kind of visit."""

    minutes: OwnMinutes = field(default_factory=OwnMinutes)
    """The clinic's own minutes; what is left out is as in the protocol."""
    no_driving: NoDriving | None = None
    """The clinic's own rule on driving afterwards, instead of the protocol's."""
    because: str = ""
    """Why a number is shorter than the protocol's; shown on the clinic's page."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What visits cost, by protocol id, then by kind of visit; printed on the patient's page."""

    currency: Annotated[str, Key(pattern=".{0,5}", form='a short one such as "USD" or "€"')] = ""
    """The currency, as it is printed."""
    protocols: Mapping[str, Mapping[str, Amount]] = field(
        default_factory=dict, metadata={"other tables": True}
    )
    """What each kind of visit of a protocol costs: by the protocol's id, then by kind."""

    def problems(self) -> Iterator[Problem]:
        """Problem if the currency is not printable."""
        if not self.currency.isprintable():
            said = f'expected a short one such as "USD" or "€", not {quote(self.currency)}'
            yield "currency", said


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic: zone, hours, closures, chairs, wording, reminders.

    `overrides` is by protocol id, then by visit kind. `chairs` None means that chairs are not
    counted; `starts_per_slot` None means that any number of visits may begin together.
    `week_begins` is the first column of printed months, and the first day of `day --week`.
    """

    timezone: str
    """The clinic's zone, an IANA name: `America/New_York`."""
    hours: Hours
    """When the clinic is open, by weekday."""
    name: Annotated[str, Key(lines=True)] = ""
    """What the clinic is called."""
    phone: Annotated[str, Key(lines=True)] = ""
    """Where to call."""
    email: Annotated[str, EMAIL] = where_used(default="")
    """From which address invitations are sent."""
    address: Annotated[str, Key(lines=True)] = ""
    """Where it is; it may have several lines."""
    calendar_name: Annotated[str, Key(lines=True)] = ""
    """A neutral name for calendars, where the name tells what is treated."""
    calendar_place: Annotated[str, Key(lines=True)] = ""
    """A neutral place for calendars, where the address tells."""
    chairs: Annotated[int | None, Key(unit="chairs", least=1, most=1000)] = None
    """How many visits there can be at once; unsaid, they are not counted."""
    starts_per_slot: Annotated[int | None, Key(unit="visits", least=1, most=1000)] = None
    """How many visits may begin together; unsaid, any number."""
    resources: tuple[Resource, ...] = where_used(default=())
    """What visits need beside a chair: people, rooms, devices."""
    slot_minutes: Annotated[int, Key(unit="minutes", least=1, most=720)] = 15
    """Visits begin every so many minutes from each opening."""
    preferred_start: Clock = NINE
    """The check-in time to aim for where none is asked for."""
    week_begins: Weekday = "mon"
    """The first day of a week, on printed months and for `day --week`."""
    clock: ClockStyle = where_used(default="24h")
    """How people read the time here: `9:00 AM` (12h) or `09:00` (24h)."""
    dates: DateStyle = where_used(default="intl")
    """How people read dates here: `Mon, Dec 7` (us) or `Mon 7 Dec` (intl)."""
    language: str = where_used(default="en")
    """What patients and drivers read, unless a request says another: docs/languages.md."""
    date_order: DateOrder = where_used(default=None)
    """What `03/04/2027` is here, where somebody types it: the month first, or the day."""
    notice: LeadTime = A_DAY
    """How soon a visit may be to which another visit's change moves it, in elapsed time."""
    titles: Titles = "discreet"
    """What visits are called for patients, on pages and in calendars: discreet titles tell
    nothing. The clinic's own pages and calendars always say what they are.
    """
    id_salt: str = ""
    """Random text that keeps identifiers from being guessed; `clinic init` writes one."""
    closures: Closures = field(default_factory=Closures)
    """When the clinic is closed, whatever its hours say."""
    reminders: Reminders = field(default_factory=Reminders)
    """When somebody is reminded."""
    instructions: Instructions = field(default_factory=Instructions)
    """The clinic's words for its patients."""
    overrides: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)
    """Its own minutes and rules: by protocol id, then by kind of visit."""
    prices: Prices = field(default_factory=Prices)
    """What visits cost, for the patient's page."""

    def problems(self) -> Iterator[Problem]:
        """Problems if a resource is named twice, or too many chairs are out of order."""
        names = [resource.name for resource in self.resources]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield f"resources[{index}].name", f"{quote(name)} is there twice"
        if self.closures.chairs and self.chairs is None:
            yield "closures.chairs", "how many chairs there are is missing: chairs = 3, say"
            return
        for days, number in self.closures.chairs.items():
            if not 1 <= number <= (self.chairs or 0):
                said = f"expected 1 to {self.chairs}, the clinic's chairs, not {number}"
                yield f"closures.chairs.{days.plain()}", said

    @property
    def counts_visits(self) -> bool:
        """Whether visits at once, or visits that begin together, or resources are limited."""
        return bool(self.chairs is not None or self.starts_per_slot is not None or self.resources)
