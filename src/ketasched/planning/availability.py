"""Availability: the candidates that each day has, for a clinic and for one of its patients.

`Availability` holds what the clinic's own rules leave of its days. It is computed once and shared
by all patients. `PatientAvailability` adds the rules that look at the patient and at the bookings.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice

from ketasched.model import Clinic, Finding, Protocol, Request, Slot, TimeRange, VisitKind
from ketasched.model.memo import memoised_up_to
from ketasched.model.opening_hours import openings, start_times
from ketasched.model.wall_clock import minutes_gone_back, moment_at, slot_at
from ketasched.planning.shortest_path import Candidate
from ketasched.rules import DAY_RULES, SLOT_RULES, OccupancyRule, has_room
from ketasched.rules.base import ClinicRule, PlanningContext, first_broken

MAX_CLINICS = 32
"""How many clinics, each with a kind of visit, have their days cached at once.

A year of days takes up to a megabyte. To work them out anew doubles the time of a plan.
"""

MAX_DAYS = 4096
"""How many days the cache of a clinic and a kind of visit holds before it is emptied."""

CLINIC_DAY_RULES = [rule for rule in DAY_RULES if isinstance(rule, ClinicRule)]
CLINIC_SLOT_RULES = [rule for rule in SLOT_RULES if isinstance(rule, ClinicRule)]

PATIENT_DAY_RULES = [rule for rule in DAY_RULES if not isinstance(rule, ClinicRule)]
PATIENT_SLOT_RULES = [rule for rule in SLOT_RULES if not isinstance(rule, ClinicRule)]
"""The rules that look at the patient, or at the bookings of others."""

NO_PROTOCOL = Protocol(format=1, id="", title="", sources=(), visits={}, phases=())
NO_REQUEST = Request(date.min)
NO_MOMENT = datetime.min.replace(tzinfo=UTC)
"""Stand-ins in the context of the clinic's own rules, which look at none of the three."""

MINUTES_OF_A_DAY = 24 * 60


@dataclass(slots=True, eq=False)
class AvailabilityCache:
    """The results for all days of one `Availability`, in a third of the memory of tables by day.

    The key of `slots` is the start, and that of `starts` the wanted time, in minutes since day 0;
    that of `candidates` is the start and the wanted time of day as one number.
    """

    starts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    slots: dict[int, Slot | None] = field(default_factory=dict)
    candidates: dict[int, Candidate | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class DayAvailability:
    """A day by the clinic's own rules: whether they refuse the day, and the slots they allow.

    `midnight` is the first minute of the day since day 0, from which the cache's keys are made.
    """

    context: PlanningContext
    kind: VisitKind
    cache: AvailabilityCache
    day: date
    midnight: int
    refused: bool

    def starts(self, wanted: int) -> tuple[int, ...]:
        """The start times on the clinic's grid, in minutes, the nearest to the wanted one first.

        Empty only if the day is refused: on a day without an opening that is long enough, the
        wanted time stands in, for a rule to refuse.
        """
        key = self.midnight + wanted
        found = self.cache.starts.get(key)
        if found is None:
            found = () if self.refused else self._grid(wanted)
            self.cache.starts[key] = found
        return found

    def _grid(self, wanted: int) -> tuple[int, ...]:
        context, minutes = self.context, self.kind.minutes.total
        shortest = max(minutes - minutes_gone_back(self.day, context.zone), 1)
        hours = openings(context.clinic, self.day)
        return _nearest_first(hours, shortest, context.clinic.slot_minutes, wanted)

    def slot(self, minutes: int) -> Slot | None:
        """The slot that begins `minutes` after midnight; None if a clinic's rule refuses it."""
        key = self.midnight + minutes
        if key not in self.cache.slots:
            context = self.context
            slot = slot_at(self.kind, moment_at(self.day, minutes, context.zone))
            refusal = first_broken(rule.slot(slot, context) for rule in CLINIC_SLOT_RULES)
            self.cache.slots.setdefault(key, None if refusal else slot)
        return self.cache.slots[key]

    def candidate(self, minutes: int, wanted: int) -> Candidate | None:
        """The slot at this time as a candidate of a patient who wants the time `wanted`."""
        key = (self.midnight + minutes) * MINUTES_OF_A_DAY + wanted
        if key not in self.cache.candidates:
            slot, off = self.slot(minutes), abs(minutes - wanted)
            candidate = Candidate(slot, self.day.toordinal(), off) if slot else None
            self.cache.candidates.setdefault(key, candidate)
        return self.cache.candidates[key]


@dataclass(slots=True, eq=False)
class Availability:
    """The days of a clinic for one kind of visit; `context` is of no particular patient.

    No day refers back to it: many are dropped at once, and the garbage collector seldom comes.
    """

    context: PlanningContext
    kind: VisitKind
    days: dict[int, DayAvailability] = field(default_factory=dict)
    cache: AvailabilityCache = field(default_factory=AvailabilityCache)

    def on(self, day: int) -> DayAvailability:
        """The availability on a day (`date.toordinal`)."""
        found = self.days.get(day)
        if found is None:
            if len(self.days) >= MAX_DAYS:
                self.days, self.cache = {}, AvailabilityCache()
            found = self.days.setdefault(day, self._day(date.fromordinal(day)))
        return found

    def _day(self, day: date) -> DayAvailability:
        refusal = first_broken(rule.day(day, self.context) for rule in CLINIC_DAY_RULES)
        midnight = day.toordinal() * MINUTES_OF_A_DAY
        is_refused = refusal is not None
        return DayAvailability(self.context, self.kind, self.cache, day, midnight, is_refused)


@memoised_up_to(MAX_CLINICS)
def availability_of(clinic: Clinic, kind: VisitKind) -> Availability:
    """The availability of a clinic for visits of this kind, under any protocol."""
    return Availability(PlanningContext(NO_PROTOCOL, clinic, NO_REQUEST, NO_MOMENT), kind)


@lru_cache(maxsize=256)
def _nearest_first(
    hours: tuple[TimeRange, ...], minutes: int, slot_minutes: int, wanted: int
) -> tuple[int, ...]:
    found = sorted(start_times(hours, minutes, slot_minutes))
    return tuple(sorted(found, key=lambda start: abs(start - wanted))) or (wanted,)


class PatientAvailability:
    """The candidates that the days of a clinic have for one patient; each is computed once."""

    def __init__(self, context: PlanningContext) -> None:
        self.context = context
        self._wanted = context.wanted
        self._day_rules = [rule for rule in PATIENT_DAY_RULES if rule.concerns(context)]
        concerned = [rule for rule in PATIENT_SLOT_RULES if rule.concerns(context)]
        self._slot_rules = [rule for rule in concerned if not isinstance(rule, OccupancyRule)]
        self._looks_at_holds = len(self._slot_rules) < len(concerned)
        self._availability: dict[int, Availability] = {}
        self._candidates: dict[tuple[int, int, bool], list[Candidate]] = {}
        self._refusals: dict[tuple[int, int], Finding | None] = {}

    def candidates(self, kind: VisitKind, day: int, *, by_clock: bool) -> list[Candidate]:
        """The candidates on a day (`date.toordinal`), the nearest to the wanted time first.

        All of them if `by_clock`, else only the first one: without rules about the clock it is as
        good for the other visits as any candidate of the day.
        """
        key = day, id(kind), by_clock
        found = self._candidates.get(key)
        if found is None:
            allowed = self.allowed(kind, day)
            found = self._candidates[key] = list(allowed if by_clock else islice(allowed, 1))
        return found

    def allowed(self, kind: VisitKind, day: int) -> Iterator[Candidate]:
        """The candidates on a day, the nearest to the wanted time first, each when asked for."""
        offered = self._on(kind, day)
        if not self._refuses_day(offered):
            for minutes in offered.starts(self._wanted):
                candidate = offered.candidate(minutes, self._wanted)
                if candidate is not None and self._allows_slot(candidate.slot):
                    yield candidate

    def slot_at(self, kind: VisitKind, day: int, minutes: int) -> Slot | None:
        """The slot on a day that begins `minutes` after midnight; None if a rule refuses it."""
        offered = self._on(kind, day)
        slot = None if self._refuses_day(offered) else offered.slot(minutes)
        return slot if slot is not None and self._allows_slot(slot) else None

    def refusal(self, kind: VisitKind, day: int) -> Finding | None:
        """Why a day has no candidate; None if it has one, or has not been looked at yet."""
        key = day, id(kind)
        if [] not in [self._candidates.get((*key, clock)) for clock in (False, True)]:
            return None
        if key not in self._refusals:
            self._refusals[key] = self._refusal(self._on(kind, day))
        return self._refusals[key]

    def _refusal(self, offered: DayAvailability) -> Finding | None:
        context, kind = self.context, offered.kind
        refusal = first_broken(rule.day(offered.day, context) for rule in DAY_RULES)
        if refusal is not None:
            return refusal
        slots = [
            offered.slot(minutes) or slot_at(kind, moment_at(offered.day, minutes, context.zone))
            for minutes in offered.starts(self._wanted)
        ]
        # The time that passes most rules tells most: "taken" says more than "not on the grid".
        for rule in SLOT_RULES:
            allowed = [slot for slot in slots if rule.allows(slot, context)]
            if not allowed:
                return rule.slot(slots[0], context)
            slots = allowed
        return None

    def _on(self, kind: VisitKind, day: int) -> DayAvailability:
        availability = self._availability.get(id(kind))
        if availability is None:
            availability = availability_of(self.context.clinic, kind)
            self._availability[id(kind)] = availability
        return availability.on(day)

    def _refuses_day(self, offered: DayAvailability) -> bool:
        if offered.refused:
            return True
        findings = [rule.day(offered.day, self.context) for rule in self._day_rules]
        return first_broken(findings) is not None

    def _allows_slot(self, slot: Slot) -> bool:
        """Whether the patient's rules allow a slot that the clinic's rules allow."""
        if self._looks_at_holds and not has_room(slot, self.context):
            return False
        return all(rule.allows(slot, self.context) for rule in self._slot_rules)
