"""The search for the best plan: which slots a day has, and which chain of them wins.

It asks the rules and sets the prices; the kernel in `chain` finds the cheapest chain. It knows
the shapes of rules, and no rule by name.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from math import inf

from ketasched.model import Finding, Phase, Slot, VisitKind
from ketasched.model.wall_clock import at, minute_of, slot_at
from ketasched.planning.availability import Availability, DayAvailability, availability_of
from ketasched.planning.cadence import PhasePlan
from ketasched.planning.shortest_path import Candidate, VisitSequence, cheapest_sequence
from ketasched.rules import DAY_RULES, ENDS_RULES, PAIR_RULES, SLOT_RULES
from ketasched.rules.base import ClinicRule, PlanningContext, VisitRule, first_broken

USUAL_BUDGET = 4
BUDGETS = (0, USUAL_BUDGET, 64, 256, 1024, 4096, inf)
"""Prices up to which a chain is looked for, one after the other: most plans cost little, and a
chain found within a budget is the cheapest there is. Where there is none within the usual ones,
it is asked first whether there is any."""


FEW_CANDIDATES = 2
"""So few stops of a day are asked about one by one."""

OWN_DAY_RULES = [rule for rule in DAY_RULES if not isinstance(rule, ClinicRule)]
OWN_SLOT_RULES = [rule for rule in SLOT_RULES if not isinstance(rule, ClinicRule)]
"""The rules that look at the patient, or at who else comes."""


@dataclass(slots=True)
class PatientAvailability:
    """What each day has to offer to one patient, asked once and kept."""

    context: PlanningContext
    _stops: dict[tuple[int, int, bool], list[Candidate]] = field(default_factory=dict)
    _refused: set[tuple[int, int]] = field(default_factory=set)
    _availability: dict[int, Availability] = field(default_factory=dict)
    _day_rules: list[VisitRule] = field(init=False)
    _slot_rules: list[VisitRule] = field(init=False)

    def __post_init__(self) -> None:
        self._day_rules = [rule for rule in OWN_DAY_RULES if rule.concerns(self.context)]
        self._slot_rules = [rule for rule in OWN_SLOT_RULES if rule.concerns(self.context)]

    def refusal(self, kind: VisitKind, day: int) -> Finding | None:
        """Why a day has no stop, once it has been asked for some."""
        if (day, id(kind)) not in self._refused:
            return None
        context, day_availability = self.context, self._day_availability(kind, day)
        refusal = first_broken(rule.day(day_availability.day, context) for rule in DAY_RULES)
        if refusal is not None:
            return refusal
        # Of the time that got furthest: that it is taken tells more than that nobody wants it.
        starts = (
            at(day_availability.day, start, context.zone)
            for start in day_availability.starts(context.wanted)
        )
        slots = (slot_at(kind, start) for start in starts)
        found = [first_broken(rule.slot(slot, context) for rule in SLOT_RULES) for slot in slots]
        return max(found, key=_rules_passed)

    def candidates(self, kind: VisitKind, day: int, *, by_clock: bool) -> list[Candidate]:
        """The stops of a day: all of them if `by_clock`, else the one nearest to the wanted time.

        Without rules about the clock that one is as good as the others for every other visit.
        """
        key = day, id(kind), by_clock
        found = self._stops.get(key)
        if found is None:
            found = self._stops[key] = self._ask(
                self._day_availability(kind, day), by_clock=by_clock
            )
            if not found:
                self._refused.add(key[:2])
        return found

    def slot_at(self, kind: VisitKind, day: int, minutes: int) -> Slot | None:
        """The slot at this time of the day, if the rules leave it."""
        day_availability = self._day_availability(kind, day)
        slot = None if self._refuses(day_availability) else day_availability.slot(minutes)
        return slot if slot is not None and self._has_room(slot) else None

    def _day_availability(self, kind: VisitKind, day: int) -> DayAvailability:
        availability = self._availability.get(id(kind))
        if availability is None:
            availability = availability_of(self.context.clinic, kind)
            self._availability[id(kind)] = availability
        return availability.on(day)

    def _ask(self, day_availability: DayAvailability, *, by_clock: bool) -> list[Candidate]:
        found: list[Candidate] = []
        wanted = self.context.wanted
        if self._refuses(day_availability):
            return found
        if not self._slot_rules and not by_clock:
            return day_availability.nearest(wanted)
        kind = day_availability.availability.kind
        refused = [
            rule.refused(day_availability.day, kind, self.context) for rule in self._slot_rules
        ]
        refused = [times for times in refused if times]
        for minutes in day_availability.starts(wanted):
            if refused and any(minutes in times for times in refused):
                continue
            candidate = day_availability.candidate(minutes, wanted)
            if candidate is not None and self._has_room(candidate.slot):
                found.append(candidate)
                if not by_clock:
                    break
        return found

    def _refuses(self, day_availability: DayAvailability) -> bool:
        if day_availability.refused:
            return True
        found = [rule.day(day_availability.day, self.context) for rule in self._day_rules]
        return first_broken(found) is not None

    def _has_room(self, slot: Slot) -> bool:
        """Whether the patient's own rules leave a slot that the clinic's do."""
        found = (rule.slot(slot, self.context) for rule in self._slot_rules)
        return not self._slot_rules or first_broken(found) is None


def may_follow(
    before: Slot,
    candidates: list[Candidate],
    phase: Phase,
    context: PlanningContext,
    spared: Collection[str] = frozenset(),
) -> list[Candidate]:
    """Those of the stops of a day that may follow a visit, the rules in `spared` aside.

    Whatever is spared, nobody has two visits at once.
    """
    if candidates and candidates[0].day == before.start.toordinal():
        candidates = [
            candidate for candidate in candidates if candidate.moment >= before.end.timestamp()
        ]
    for rule in PAIR_RULES:
        if rule.name in spared:
            continue
        ends = rule.within(before, phase, context) if len(candidates) > FEW_CANDIDATES else None
        if ends is None:
            found = [
                (candidate, rule.pair(before, candidate.slot, phase, context))
                for candidate in candidates
            ]
            candidates = [
                candidate for candidate, finding in found if first_broken([finding]) is None
            ]
        else:
            first, last = ends
            candidates = [
                candidate for candidate in candidates if first <= candidate.moment <= last
            ]
    return candidates


def _rules_passed(finding: Finding | None) -> int:
    """How many of the rules about a time said nothing against it."""
    names = [rule.name for rule in SLOT_RULES]
    return names.index(finding.rule) if finding else len(names)


@dataclass(slots=True, eq=False)
class Search:
    """The runs of one course, and what the days have to offer them."""

    context: PlanningContext
    phase_plans: tuple[PhasePlan, ...]
    days: PatientAvailability = field(init=False)
    _clocks: list[tuple[bool, bool]] = field(init=False)
    _onward: dict[tuple[int, Candidate, int, bool], list[Candidate]] = field(default_factory=dict)
    _follows: dict[tuple[int, Candidate], bool] = field(default_factory=dict)
    _dead_ends: dict[tuple[int, int], set[tuple[int, Candidate]]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def __post_init__(self) -> None:
        self.days = PatientAvailability(self.context)
        clocks = [
            any(rule.by_clock(phase_plan.phase) for rule in PAIR_RULES)
            for phase_plan in self.phase_plans
        ]
        self._clocks = list(zip(clocks, [*clocks[1:], False], strict=True))

    def best_from(
        self, number: int, firsts: Callable[[float], Iterable[tuple[int, Candidate]]], anchor: int
    ) -> VisitSequence | None:
        """The best chain of run `number`.

        `firsts(most)` are the first stops that cost at most `most`, each with its price.

        It ends only where the later runs still fit, up to a tentative one. `anchor` is the day
        that an every-so-many-days pace counts from.
        """
        phase_plan = self.phase_plans[number]
        # A rule about the first and the last day is asked for one first day after the other.
        ends = any(rule.concerns(phase_plan.phase) for rule in ENDS_RULES)
        for budget in BUDGETS:
            by_day = groupby(firsts(budget), key=lambda first: first[1].day if ends else 0)
            found = [
                chain
                for _, group in by_day
                if (chain := self._cheapest(number, list(group), anchor, budget)) is not None
            ]
            if found:
                return min(found)
            if budget == USUAL_BUDGET and not any(
                self.reaches_end(number, one) for _, one in firsts(inf)
            ):
                break
        return None

    def steps(
        self,
        number: int,
        index: int,
        candidate: Candidate,
        anchor: int,
        most: float,
        latest: float = inf,
    ) -> Iterator[tuple[int, list[Candidate]]]:
        """The steps from `candidate` to visit `index` of a phase that cost at most `most`, by day.

        Those from which the run could not end by the day `latest` are left out.
        """
        self.context.go_on()
        phase_plan = self.phase_plans[number]
        latest -= phase_plan.phase.gap_days.min * (phase_plan.count - 1 - index)
        by_clock = self.by_clock(number, index)
        for gap in phase_plan.gaps(index, candidate.day - anchor, most):
            day = candidate.day + gap
            if day > latest:
                return
            key = number, candidate, gap, by_clock
            if key not in self._onward:
                found = self.days.candidates(phase_plan.kind, day, by_clock=by_clock)
                self._onward[key] = may_follow(
                    candidate.slot, found, phase_plan.phase, self.context
                )
            if self._onward[key]:
                yield phase_plan.cost(index, gap, day - anchor), self._onward[key]

    def _cheapest(
        self, number: int, firsts: list[tuple[int, Candidate]], anchor: int, budget: float
    ) -> VisitSequence | None:
        phase_plan = self.phase_plans[number]
        first = firsts[0][1]
        latest = self.latest_end(number, first)
        return cheapest_sequence(
            firsts,
            phase_plan.count,
            lambda index, candidate, most: self.steps(
                number, index, candidate, anchor, most, latest
            ),
            lambda last: self._may_end(number, first, last),
            budget,
        )

    def candidates(self, number: int, index: int, day: int) -> list[Candidate]:
        """Where visit `index` of a run could be on `day`."""
        by_clock = self.by_clock(number, index)
        return self.days.candidates(self.phase_plans[number].kind, day, by_clock=by_clock)

    def candidate_at(self, kind: VisitKind, day: int, minutes: int) -> Candidate | None:
        """The stop of a day at this time, if the rules leave it."""
        candidates = self.days.candidates(kind, day, by_clock=True)
        return next(
            (candidate for candidate in candidates if minute_of(candidate.slot.start) == minutes),
            None,
        )

    def by_clock(self, number: int, index: int) -> bool:
        """Whether a rule looks at the time of visit `index` of a run, not at its day alone."""
        own, following = self._clocks[number]
        return own or (following and index == self.phase_plans[number].count - 1)

    def step_finding(
        self, number: int, candidate: Candidate, following: Candidate
    ) -> Finding | None:
        """What a rule has against the step to `following`, a visit of phase `number`."""
        phase = self.phase_plans[number].phase
        return first_broken(
            rule.pair(candidate.slot, following.slot, phase, self.context) for rule in PAIR_RULES
        )

    def latest_end(self, number: int, first: Candidate) -> float:
        """The last day (`date.toordinal`) on which a run from `first` may end."""
        phase = self.phase_plans[number].phase
        ends = (
            rule.latest(date.fromordinal(first.day), phase)
            for rule in ENDS_RULES
            if rule.concerns(phase)
        )
        return min((day.toordinal() for day in ends if day), default=inf)

    def end_finding(self, number: int, first: Candidate, last: Candidate) -> Finding | None:
        """What a rule has against a run from `first` to `last`."""
        phase = self.phase_plans[number].phase
        days = date.fromordinal(first.day), date.fromordinal(last.day)
        return first_broken(
            rule.ends(*days, phase, self.context) for rule in ENDS_RULES if rule.concerns(phase)
        )

    def _may_end(self, number: int, first: Candidate, last: Candidate) -> bool:
        fine = self.end_finding(number, first, last) is None
        return fine and self._later_fit(number + 1, last)

    def _later_fit(self, number: int, last: Candidate) -> bool:
        """Whether run `number` and those after it, up to a tentative one, fit after `last`."""
        if number == len(self.phase_plans) or self.phase_plans[number].phase.tentative:
            return True
        key = number, last
        if key not in self._follows:
            firsts = self.steps(number, 0, last, last.day, inf)
            self._follows[key] = any(
                self.reaches_end(number, first) for _, candidates in firsts for first in candidates
            )
        return self._follows[key]

    def reaches_end(self, number: int, first: Candidate) -> bool:
        """Whether a run that begins at `first` can come to an end; the earliest way is first.

        What was found to lead nowhere leads nowhere from another first stop of the day, either,
        and from no other day where no rule looks at the first and the last one.
        """
        latest, most = self.latest_end(number, first), self.phase_plans[number].count - 1
        ends = any(rule.concerns(self.phase_plans[number].phase) for rule in ENDS_RULES)
        dead = self._dead_ends[number, first.day if ends else 0]
        if (0, first) in dead:
            return False
        waiting, seen = [(0, first)], {(0, first)}
        looked_at: set[tuple[int, int]] = set()
        while waiting:
            index, candidate = waiting.pop()
            if index == most and self._may_end(number, first, candidate):
                return True
            onward = (
                self.steps(number, index + 1, candidate, first.day, inf, latest)
                if index < most
                else ()
            )
            days = {id(candidates): candidates for _, candidates in onward}
            found = [
                one
                for key, candidates in days.items()
                if (index, key) not in looked_at
                for after in candidates
                if (one := (index + 1, after)) not in dead and one not in seen
            ]
            looked_at.update((index, key) for key in days)
            waiting += reversed(found)
            seen.update(found)
        dead |= seen
        return False
