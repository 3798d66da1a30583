"""`Clinic`: the clinic's time zone, hours, closures, chairs, reminders, words and prices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Annotated, Literal

from ketasched.model.email_address import email_key
from ketasched.model.keys import Key
from ketasched.model.protocol import CHECK_IN, OBSERVATION, TREATMENT, NoDriving
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


@dataclass(frozen=True, slots=True)
class Closures:
    """When the clinic is closed: a holiday calendar ("US-NY"), dates; one-off openings win.

    On a day with chairs out of order it is open, with the other chairs.
    """

    holidays: Annotated[
        str,
        Key("The public holidays of a country, or of a part of it: `US-NY`, `DE-BY`, `GB-ENG`."),
    ] = ""
    dates: Annotated[tuple[DateRange, ...], Key("Other days, with what they are called.")] = ()
    openings: Annotated[
        Mapping[date, tuple[TimeRange, ...]],
        Key("Days on which the clinic is open all the same, each with its openings."),
    ] = field(default_factory=dict)
    chairs: Annotated[
        Mapping[DateRange, int],
        Key("How many chairs are out of order: by day, or by first and last day.", unit="chairs"),
    ] = field(default_factory=dict, metadata={"written where used": True})

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

    driver: Annotated[
        tuple[Reminder, ...], Key("When the patient is reminded to arrange a driver.")
    ] = (Reminder(3, Clock(600)), Reminder(1, Clock(1080)))
    alarm: Annotated[LeadTime, Key("How long before a visit its alarm sounds.")] = TWO_HOURS


@dataclass(frozen=True, slots=True)
class Wording:
    """The clinic's own words, each a free text. No number in them is ours."""

    before: Annotated[str, Key("How to prepare: eating, drinking, medicines.", lines=True)] = ""
    bring: Annotated[str, Key("What to bring.", lines=True)] = ""
    side_effects: Annotated[str, Key("How one may feel afterwards.", lines=True)] = ""
    call: Annotated[str, Key("When to call, and whom.", lines=True)] = ""


@dataclass(frozen=True, slots=True)
class ProtocolWording(Wording):
    """The clinic's words for one protocol; what is left empty is said as for all."""

    discreet: Annotated[Wording, Key("The same where nothing may tell the treatment.")] = field(
        default_factory=Wording
    )


@dataclass(frozen=True, slots=True)
class OtherWording(ProtocolWording):
    """The clinic's words for one protocol, or for the readers of one language.

    Those of a language may have tables named by a protocol's id, with the words for that one.
    """

    protocols: Annotated[
        Mapping[str, ProtocolWording],
        Key("In the table of a language: the same for one protocol, by its id."),
    ] = field(default_factory=dict, metadata={"other tables": True})


@dataclass(frozen=True, slots=True)
class Instructions(ProtocolWording):
    """The clinic's words for all; other tables are named by a protocol's id or by a language."""

    others: Annotated[
        Mapping[str, OtherWording],
        Key(
            "The same for one protocol, by its id, or for readers of one language, by its code; "
            "what is left out is as for all."
        ),
    ] = field(default_factory=dict, metadata={"other tables": True})

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

    check_in: Annotated[int | None, replace(CHECK_IN, most=1439)] = None
    treatment: Annotated[int | None, replace(TREATMENT, most=1439)] = None
    observation: Annotated[int | None, replace(OBSERVATION, most=1439)] = None


@dataclass(frozen=True, slots=True)
class Override:
    """What a clinic says instead of a protocol for one kind of visit."""

    minutes: Annotated[
        OwnMinutes, Key("The clinic's own minutes; what is left out is as in the protocol.")
    ] = field(default_factory=OwnMinutes)
    no_driving: Annotated[
        NoDriving | None,
        Key("The clinic's own rule on driving afterwards, instead of the protocol's."),
    ] = None
    because: Annotated[
        str, Key("Why a number is shorter than the protocol's; shown on the clinic's page.")
    ] = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """What visits cost, by protocol id, then by kind of visit; printed on the patient's page."""

    currency: Annotated[
        str,
        Key(
            "The currency, as it is printed.",
            pattern=".{0,5}",
            form='a short one such as "USD" or "€"',
        ),
    ] = ""
    protocols: Annotated[
        Mapping[str, Mapping[str, Amount]],
        Key("What each kind of visit of a protocol costs: by the protocol's id, then by kind."),
    ] = field(default_factory=dict, metadata={"other tables": True})

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

    timezone: Annotated[str, Key("The clinic's zone, an IANA name: `America/New_York`.")]
    hours: Annotated[Hours, Key("When the clinic is open, by weekday.")]
    name: Annotated[str, Key("What the clinic is called.", lines=True)] = ""
    phone: Annotated[str, Key("Where to call.", lines=True)] = ""
    email: Annotated[str, email_key("From which address invitations are sent.")] = field(
        default="", metadata={"written where used": True}
    )
    address: Annotated[str, Key("Where it is; it may have several lines.", lines=True)] = ""
    calendar_name: Annotated[
        str, Key("A neutral name for calendars, where the name tells what is treated.", lines=True)
    ] = ""
    calendar_place: Annotated[
        str, Key("A neutral place for calendars, where the address tells.", lines=True)
    ] = ""
    chairs: Annotated[
        int | None,
        Key(
            "How many visits there can be at once; unsaid, they are not counted.",
            unit="chairs",
            least=1,
            most=1000,
        ),
    ] = None
    starts_per_slot: Annotated[
        int | None,
        Key(
            "How many visits may begin together; unsaid, any number.",
            unit="visits",
            least=1,
            most=1000,
        ),
    ] = None
    resources: Annotated[
        tuple[Resource, ...], Key("What visits need beside a chair: people, rooms, devices.")
    ] = field(default=(), metadata={"written where used": True})
    slot_minutes: Annotated[
        int,
        Key(
            "Visits begin every so many minutes from each opening.",
            unit="minutes",
            least=1,
            most=720,
        ),
    ] = 15
    preferred_start: Annotated[
        Clock, Key("The check-in time to aim for where none is asked for.")
    ] = NINE
    week_begins: Annotated[
        Weekday, Key("The first day of a week, on printed months and for `day --week`.")
    ] = "mon"
    clock: Annotated[
        ClockStyle, Key("How people read the time here: `9:00 AM` (12h) or `09:00` (24h).")
    ] = field(default="24h", metadata={"written where used": True})
    dates: Annotated[
        DateStyle, Key("How people read dates here: `Mon, Dec 7` (us) or `Mon 7 Dec` (intl).")
    ] = field(default="intl", metadata={"written where used": True})
    language: Annotated[
        str,
        Key("What patients and drivers read, unless a request says another: docs/languages.md."),
    ] = field(default="en", metadata={"written where used": True})
    date_order: Annotated[
        DateOrder,
        Key("What `03/04/2027` is here, where somebody types it: the month first, or the day."),
    ] = field(default=None, metadata={"written where used": True})
    notice: Annotated[
        LeadTime,
        Key("How soon a visit may be to which another visit's change moves it, in elapsed time."),
    ] = A_DAY
    titles: Annotated[
        Titles,
        Key(
            "What visits are called for patients, on pages and in calendars: discreet titles tell "
            "nothing. The clinic's own pages and calendars always say what they are."
        ),
    ] = "discreet"
    id_salt: Annotated[
        str,
        Key("Random text that keeps identifiers from being guessed; `clinic init` writes one."),
    ] = ""
    closures: Annotated[Closures, Key("When the clinic is closed, whatever its hours say.")] = (
        field(default_factory=Closures)
    )
    reminders: Annotated[Reminders, Key("When somebody is reminded.")] = field(
        default_factory=Reminders
    )
    instructions: Annotated[Instructions, Key("The clinic's words for its patients.")] = field(
        default_factory=Instructions
    )
    overrides: Annotated[
        Mapping[str, Mapping[str, Override]],
        Key("Its own minutes and rules: by protocol id, then by kind of visit."),
    ] = field(default_factory=dict)
    prices: Annotated[Prices, Key("What visits cost, for the patient's page.")] = field(
        default_factory=Prices
    )

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
