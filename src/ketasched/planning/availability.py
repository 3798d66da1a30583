"""What a clinic's days offer, whoever asks: found once for all its patients."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice

from ketasched.model import Clinic, Protocol, Request, Slot, TimeRange, VisitKind
from ketasched.model.memo import memoised
from ketasched.model.opening_hours import openings, starts
from ketasched.model.wall_clock import at, minutes_gone_back, slot_at
from ketasched.planning.shortest_path import Candidate
from ketasched.rules import DAY_RULES, SLOT_RULES
from ketasched.rules.base import ClinicRule, PlanningContext, first_broken

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
class AvailabilityCache:
    """What has been worked out: days by `date.toordinal`, the rest by the minute since day 0.

    Stops are by that and the wanted time as one number. There is one table of each for all days:
    tables for each day would take three times the memory.
    """

    days: "dict[int, DayAvailability]" = field(default_factory=dict)
    starts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    slots: dict[int, Slot | None] = field(default_factory=dict)
    candidates: dict[int, Candidate | None] = field(default_factory=dict)
    nearest: dict[int, list[Candidate]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Availability:
    """What the days of a clinic offer for a kind of visit; `context` is of no patient."""

    context: PlanningContext
    kind: VisitKind
    cache: AvailabilityCache = field(default_factory=AvailabilityCache)

    def on(self, day: int) -> "DayAvailability":
        """What a day (`date.toordinal`) offers."""
        offer = self.cache.days.get(day)
        if offer is None:
            if len(self.cache.days) >= MOST_DAYS:
                self.cache = AvailabilityCache()
            offer = self.cache.days.setdefault(day, _day_availability(self, day))
        return offer


@dataclass(frozen=True, slots=True, eq=False)
class DayAvailability:
    """A day as the clinic's rules see it: whether they refuse it, and which slots they leave.

    `midnight` is the minute at which it begins, by which things are `cache`.
    """

    availability: Availability
    cache: AvailabilityCache
    day: date
    midnight: int
    refused: bool

    def starts(self, wanted: int) -> tuple[int, ...]:
        """The start times on the clinic's grid, in minutes, the nearest to the wanted one first.

        Never empty on a day that is not refused: where no opening is long enough, the wanted time
        stands in, for a rule to refuse.
        """
        key = self.midnight + wanted
        found = self.cache.starts.get(key)
        if found is None:
            found = () if self.refused else self._nearest_first(wanted)
            self.cache.starts[key] = found
        return found

    def _nearest_first(self, wanted: int) -> tuple[int, ...]:
        context, minutes = self.availability.context, self.availability.kind.minutes.total
        shortest = max(minutes - minutes_gone_back(self.day, context.zone), 1)
        open_then = openings(context.clinic, self.day)
        return _nearest_first(open_then, shortest, context.clinic.slot_minutes, wanted)

    def slot(self, minutes: int) -> Slot | None:
        """The slot that begins then; None if the clinic's rules refuse it."""
        key = self.midnight + minutes
        if key not in self.cache.slots:
            context = self.availability.context
            slot = slot_at(self.availability.kind, at(self.day, minutes, context.zone))
            refusal = first_broken(rule.slot(slot, context) for rule in CLINIC_SLOT_RULES)
            self.cache.slots.setdefault(key, None if refusal else slot)
        return self.cache.slots[key]

    def nearest(self, wanted: int) -> list[Candidate]:
        """The stop nearest to the wanted time, of those that the clinic's rules leave."""
        key = self.midnight + wanted
        found = self.cache.nearest.get(key)
        if found is None:
            candidates = (self.candidate(minutes, wanted) for minutes in self.starts(wanted))
            found = self.cache.nearest.setdefault(key, list(islice(filter(None, candidates), 1)))
        return found

    def candidate(self, minutes: int, wanted: int) -> Candidate | None:
        """The slot that begins then as a stop of whoever wants that time of day."""
        key = (self.midnight + minutes) * MINUTES_OF_A_DAY + wanted
        if key not in self.cache.candidates:
            slot, off = self.slot(minutes), abs(minutes - wanted)
            candidate = Candidate(slot, self.day.toordinal(), off) if slot else None
            self.cache.candidates.setdefault(key, candidate)
        return self.cache.candidates[key]


@memoised
def availability_of(clinic: Clinic, kind: VisitKind) -> Availability:
    """What the clinic's days offer for visits of this kind, by whatever protocol."""
    return Availability(PlanningContext(NO_PROTOCOL, clinic, NOBODY, AT_NO_TIME), kind)


def _day_availability(availability: Availability, day: int) -> DayAvailability:
    on = date.fromordinal(day)
    refusal = first_broken(rule.day(on, availability.context) for rule in CLINIC_DAY_RULES)
    return DayAvailability(
        availability, availability.cache, on, day * MINUTES_OF_A_DAY, refusal is not None
    )


@lru_cache(maxsize=256)
def _nearest_first(
    open_then: tuple[TimeRange, ...], minutes: int, slot_minutes: int, wanted: int
) -> tuple[int, ...]:
    found = sorted(starts(open_then, minutes, slot_minutes))
    return tuple(sorted(found, key=lambda start: abs(start - wanted))) or (wanted,)
