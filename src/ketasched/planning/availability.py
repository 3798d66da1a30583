"""What a clinic's days offer, whoever asks: found once for all its patients."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice

from ketasched.model import Clinic, Protocol, Request, Slot, TimeRange, VisitKind
from ketasched.model.memo import memoised
from ketasched.model.opening_hours import openings, starts
from ketasched.model.wall_clock import at, minutes_gone_back, slot_at
from ketasched.planning.shortest_path import Stop
from ketasched.rules import DAY_RULES, SLOT_RULES
from ketasched.rules.base import ClinicRule, Given, first_broken

MOST_DAYS = 4096
"""How many days are kept of a clinic for a kind of visit; then it begins anew."""

CLINIC_DAY_RULES = [rule for rule in DAY_RULES if isinstance(rule, ClinicRule)]
CLINIC_SLOT_RULES = [rule for rule in SLOT_RULES if isinstance(rule, ClinicRule)]

NO_PROTOCOL = Protocol(format=1, id="", title="", sources=(), visits={}, phases=())
NOBODY = Request(date.min)
AT_NO_TIME = datetime.min.replace(tzinfo=UTC)
"""What is asked of a clinic alone is asked for these."""

MINUTES_OF_A_DAY = 24 * 60


@dataclass(slots=True, eq=False)
class Kept:
    """What has been worked out: days by `date.toordinal`, the rest by the minute since day 0.

    Stops are by that and the wanted time as one number. There is one table of each for all days:
    tables for each day would take three times the memory.
    """

    days: "dict[int, Offer]" = field(default_factory=dict)
    starts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    slots: dict[int, Slot | None] = field(default_factory=dict)
    stops: dict[int, Stop | None] = field(default_factory=dict)
    nearest: dict[int, list[Stop]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Offers:
    """What the days of a clinic offer for a kind of visit; `given` is of no patient."""

    given: Given
    kind: VisitKind
    kept: Kept = field(default_factory=Kept)

    def on(self, day: int) -> "Offer":
        """What a day (`date.toordinal`) offers."""
        offer = self.kept.days.get(day)
        if offer is None:
            if len(self.kept.days) >= MOST_DAYS:
                self.kept = Kept()
            offer = self.kept.days.setdefault(day, _offer(self, day))
        return offer


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A day as the clinic's rules see it: whether they refuse it, and which slots they leave.

    `midnight` is the minute at which it begins, by which things are `kept`.
    """

    offers: Offers
    kept: Kept
    day: date
    midnight: int
    refused: bool

    def starts(self, wanted: int) -> tuple[int, ...]:
        """The start times on the clinic's grid, in minutes, the nearest to the wanted one first.

        Never empty on a day that is not refused: where no opening is long enough, the wanted time
        stands in, for a rule to refuse.
        """
        key = self.midnight + wanted
        found = self.kept.starts.get(key)
        if found is None:
            found = () if self.refused else self._nearest_first(wanted)
            self.kept.starts[key] = found
        return found

    def _nearest_first(self, wanted: int) -> tuple[int, ...]:
        given, minutes = self.offers.given, self.offers.kind.minutes.total
        shortest = max(minutes - minutes_gone_back(self.day, given.zone), 1)
        open_then = openings(given.clinic, self.day)
        return _nearest_first(open_then, shortest, given.clinic.slot_minutes, wanted)

    def slot(self, minutes: int) -> Slot | None:
        """The slot that begins then; None if the clinic's rules refuse it."""
        key = self.midnight + minutes
        if key not in self.kept.slots:
            given = self.offers.given
            slot = slot_at(self.offers.kind, at(self.day, minutes, given.zone))
            refusal = first_broken(rule.slot(slot, given) for rule in CLINIC_SLOT_RULES)
            self.kept.slots.setdefault(key, None if refusal else slot)
        return self.kept.slots[key]

    def nearest(self, wanted: int) -> list[Stop]:
        """The stop nearest to the wanted time, of those that the clinic's rules leave."""
        key = self.midnight + wanted
        found = self.kept.nearest.get(key)
        if found is None:
            stops = (self.stop(minutes, wanted) for minutes in self.starts(wanted))
            found = self.kept.nearest.setdefault(key, list(islice(filter(None, stops), 1)))
        return found

    def stop(self, minutes: int, wanted: int) -> Stop | None:
        """The slot that begins then as a stop of whoever wants that time of day."""
        key = (self.midnight + minutes) * MINUTES_OF_A_DAY + wanted
        if key not in self.kept.stops:
            slot, off = self.slot(minutes), abs(minutes - wanted)
            stop = Stop(slot, self.day.toordinal(), off) if slot else None
            self.kept.stops.setdefault(key, stop)
        return self.kept.stops[key]


@memoised
def offers_of(clinic: Clinic, kind: VisitKind) -> Offers:
    """What the clinic's days offer for visits of this kind, by whatever protocol."""
    return Offers(Given(NO_PROTOCOL, clinic, NOBODY, AT_NO_TIME), kind)


def _offer(offers: Offers, day: int) -> Offer:
    on = date.fromordinal(day)
    refusal = first_broken(rule.day(on, offers.given) for rule in CLINIC_DAY_RULES)
    return Offer(offers, offers.kept, on, day * MINUTES_OF_A_DAY, refusal is not None)


@lru_cache(maxsize=256)
def _nearest_first(
    open_then: tuple[TimeRange, ...], minutes: int, slot_minutes: int, wanted: int
) -> tuple[int, ...]:
    found = sorted(starts(open_then, minutes, slot_minutes))
    return tuple(sorted(found, key=lambda start: abs(start - wanted))) or (wanted,)
