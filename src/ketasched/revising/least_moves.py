"""New dates for the visits of a course that are still to come, with as few moved as possible.

The kernel of planning finds the cheapest sequence here, too. The cost of a step is first whether
the visit changes its start, then the spacing, phase by phase.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from math import inf
from typing import ClassVar, NamedTuple

from ketasched.model import Finding, Slot
from ketasched.model.opening_hours import openings, start_times
from ketasched.model.wall_clock import minute_of_day, moment_at, slot_at
from ketasched.planning.availability import PatientAvailability
from ketasched.planning.search import feasible_successors
from ketasched.planning.shortest_path import (
    Arcs,
    Candidate,
    VisitSequence,
    cheapest_sequence,
    lowest_cost,
)
from ketasched.revising.intents import FixedPrefix, VisitDomain
from ketasched.rules import ENDS_RULES, MOVE_RULES, PAIR_RULES, VISIT_RULES, Gap
from ketasched.rules.base import PlanningContext, first_broken, visit_findings

MOVE_COST = 10**19
"""The cost of moving a visit: more than any spacing and the longest delay can cost."""

PHASE_WEIGHT = 10**6
"""How much more a phase's spacing weighs than that of the phase after it."""

MOVE_BUDGETS = (0, 1, 2, 4, 8)
"""Numbers of moves that are tried, one after the other: a few are usually enough."""

SPACING_BUDGETS = ((0, 0), (0, 64), (4, 64), (16, 1024), (64, 4096), (256, 4096), (1024, 16384))
"""Budgets for the spacing of the first and of the later phases that are tried in turn."""

SINGLE_VISIT_RULES = frozenset(rule.name for rule in VISIT_RULES)
"""The rules about one visit, whatever the other visits are."""

DELAY_COST = 10**16
"""The cost of each day by which the first visit is later than it was.

It is more than any spacing can cost; `FIRST_VISIT_DAYS` of them cost less than moving a visit.
"""

DELAY_BUDGETS = (1, 7, 99)
"""Days of delay that are tried after all budgets for the spacing: they cost no move yet."""

FIRST_VISIT_DAYS = 366
"""How many days after its current day a course's first visit may be."""

MOST_EXTRA_DAYS = 28
"""How many days longer than the rule allows a gap may be where the visit may wait."""


class PhaseState(NamedTuple):
    """What a phase's later visits depend on: the anchor of its pace, and the day of its first
    visit (`date.toordinal`).
    """

    anchor: int
    first_day: int


@dataclass(eq=False)
class Rescheduler:
    """The layered graph of the visits to be rescheduled, with a layer for each domain.

    A node is a copy of a candidate for one state of its phase. The parameter `index` is a position
    in `domains`; `VisitDomain.index` is a position in the phase. No visit moves to before
    `not_before`; `now` is the moment of the change.
    """

    phase_weight: ClassVar[int] = PHASE_WEIGHT

    context: PlanningContext
    domains: Sequence[VisitDomain]
    prefix: FixedPrefix
    now: datetime
    not_before: datetime
    heeds_spacing: bool = True

    def __post_init__(self) -> None:
        # The caches know a list of candidates by its `id`, so each list is kept in one of them.
        self.candidates = cache(self._find_candidates)
        self._phase_may_last = cache(self._find_whether_phase_may_last)
        self._successor_lists: dict[tuple[object, ...], list[Candidate]] = {}
        self._splits: dict[tuple[int, datetime], Arcs] = {}
        self._node_lists: dict[tuple[int, str, int, int], list[Candidate]] = {}
        self._nodes: dict[tuple[str, int, int], dict[Candidate, Candidate]] = {}
        self._states: dict[Candidate, tuple[Candidate, PhaseState]] = {}
        self._days = PatientAvailability(self.context)
        phases = {domain.phase.name: domain.phase for domain in self.domains}
        powers = reversed(range(len(phases)))
        self._weights: dict[str, int] = {
            name: self.phase_weight**power for name, power in zip(phases, powers, strict=True)
        }
        self.by_clock = any(
            rule.by_clock(phase) for phase in phases.values() for rule in PAIR_RULES
        )

    def best_sequence(self, most: int | None = None) -> VisitSequence | None:
        """The best sequence; None if none keeps the rules, or only with more than `most` moves.

        The least number of moves is found first, without spacing; then the best sequence with that
        many moves, within growing budgets, since good spacing or a short delay mostly does.
        """
        firsts, count = list(self.first_nodes()), len(self.domains)
        moves = self.fewest_moves(count if most is None else most)
        if moves is None:
            return None
        first, *others = self._weights.values()
        spacings = [own * first + later * sum(others) for own, later in SPACING_BUDGETS]
        delays = (days * DELAY_COST + spacings[-1] for days in DELAY_BUDGETS)
        for more in (*spacings, *delays, inf):
            budget = moves * MOVE_COST + more
            sequence = cheapest_sequence(firsts, count, self.steps_from, lambda node: True, budget)
            if sequence is not None:
                return sequence
        return None

    def fewest_moves(self, most: int) -> int | None:
        """How many visits have to change their start, at least; None if more than `most`."""
        if self.heeds_spacing:
            return replace(self, heeds_spacing=False).fewest_moves(most)
        firsts, count = list(self.first_nodes()), len(self.domains)
        for moves in (*(fewer for fewer in MOVE_BUDGETS if fewer < most), most):
            cost = lowest_cost(firsts, count, self.steps_from, moves * MOVE_COST)
            if cost is not None:
                return cost // MOVE_COST
        return None

    def _find_candidates(self, index: int, day: int) -> list[Candidate]:
        """Where the visit could be on a day (`date.toordinal`), whatever the other visits are."""
        domain = self.domains[index]
        current = self._current_candidate(domain, day)
        if domain.intent.pinned:
            return [current] if current else []
        if domain.intent.on and day != domain.intent.on.toordinal():
            return []
        found = self._new_candidates(domain, date.fromordinal(day))
        if current and not any(candidate.moment == current.moment for candidate in found):
            return [current, *found]
        return found

    def _current_candidate(self, domain: VisitDomain, day: int) -> Candidate | None:
        """The visit's current slot, if it is on this day and the visit may stay there."""
        slot, waived = domain.current, domain.intent.waived | domain.violation.rules
        if slot is None or slot.start.toordinal() != day:
            return None
        may_stay = domain.intent.pinned or not self.refusal(slot, waived)
        return self._candidate(slot) if may_stay else None

    def _new_candidates(self, domain: VisitDomain, day: date) -> list[Candidate]:
        """The candidates of a day; only the best one, unless a rule looks at the time of day."""
        kind, zone, waived = domain.phase_plan.kind, self.context.zone, domain.intent.waived
        if domain.intent.time is None and waived.isdisjoint(SINGLE_VISIT_RULES):
            shared = self._days.candidates(kind, day.toordinal(), by_clock=self.by_clock)
            if not any(self._refuses_move(domain, candidate.slot) for candidate in shared):
                return shared  # the list that all visits of the kind share
        times = self._start_times(domain, day)
        slots = (slot_at(kind, moment_at(day, minutes, zone)) for minutes in times)
        allowed = (slot for slot in slots if not self._refuses_move(domain, slot))
        found = [self._candidate(slot) for slot in allowed if not self.refusal(slot, waived)]
        found.sort(key=lambda candidate: (candidate.minutes, candidate.slot.start))
        return found if self.by_clock else found[:1]

    def _start_times(self, domain: VisitDomain, day: date) -> list[int]:
        """The required time, or all that may do: the clinic's start times and the wanted time."""
        if domain.intent.time is not None:
            return [domain.intent.time.minutes]
        kind, clinic = domain.phase_plan.kind, self.context.clinic
        found = start_times(openings(clinic, day), kind.minutes.total, clinic.slot_minutes)
        return sorted({*found, self.context.wanted})

    def _candidate(self, slot: Slot) -> Candidate:
        minutes = abs(minute_of_day(slot.start) - self.context.wanted)
        return Candidate(slot, slot.start.toordinal(), minutes)

    def refusal(self, slot: Slot, waived: frozenset[str]) -> Finding | None:
        """The finding of a rule about one visit that refuses the slot, `waived` rules aside."""
        rules = [rule for rule in VISIT_RULES if rule.name not in waived]
        return first_broken(visit_findings(slot, self.context, rules))

    def _refuses_move(self, domain: VisitDomain, slot: Slot) -> bool:
        """Whether the slot is over, or a rule about moving the visit refuses the slot."""
        is_over = slot.start.timestamp() < self.not_before.timestamp()
        return is_over or self.move_refusal(domain, slot) is not None

    def move_refusal(self, domain: VisitDomain, slot: Slot) -> Finding | None:
        """The finding of a rule about moving the visit to another start, `waived` rules aside.

        A visit that has a new wanted time moves freely on its day.
        """
        visit, waived = domain.intent.visit, domain.intent.waived
        stays = slot.start == visit.start and not domain.intent.free
        keeps_day = domain.intent.keeps_day and slot.start.date() == visit.start.date()
        if stays or keeps_day or domain.intent.moves_freely:
            return None
        rules = (rule for rule in MOVE_RULES if rule.name not in waived)
        clinic, now = self.context.clinic, self.now
        return first_broken(rule.move(visit.start, slot.start, now, clinic) for rule in rules)

    def first_nodes(self) -> Iterator[tuple[int, Candidate]]:
        """The nodes of the first visit, day by day, each with its cost."""
        domain, last = self.domains[0], self.prefix.last
        before = Candidate(last, last.start.toordinal(), 0) if last else None
        if before and not before.slot.elsewhere:
            for cost, nodes in self._steps(0, before, None, inf):
                yield from ((cost, node) for node in nodes)
            return
        current = domain.intent.visit.start.toordinal()
        for day in self._first_days(domain):
            state = self._state(0, day, None, day)
            late = max(day - current, 0) if self.heeds_spacing and domain.only_day is None else 0
            found = self.candidates(0, day)
            if before and found:
                found = self._successors(domain, before, found)
            for cost, candidates in self._by_move_cost(domain, found):
                nodes = self._nodes_of(domain, candidates, state)
                yield from ((cost + late * DELAY_COST, node) for node in nodes)

    def _first_days(self, domain: VisitDomain) -> Iterable[int]:
        """The days on which the first visit of a course that has not begun may be."""
        if domain.only_day is not None:
            return [domain.only_day.toordinal()]
        today = self.now.astimezone(self.context.zone).date().toordinal()
        current = domain.intent.visit.start.toordinal()
        return range(today, max(today, current) + FIRST_VISIT_DAYS)

    def steps_from(self, index: int, node: Candidate, most: float) -> Arcs:
        """The steps from a node to visit `index`, by day, that cost at most `most`."""
        before, state = self._states[node]
        return self._steps(index, before, state, most)

    def _steps(self, index: int, before: Candidate, state: PhaseState | None, most: float) -> Arcs:
        """The steps from `before` to the visit, by day, that cost at most `most`.

        `state` is that of the phase of `before`, None if `before` is in the fixed prefix.
        """
        self.context.go_on()
        domain = self.domains[index]
        gaps = self._gaps(index, before)
        if most < MOVE_COST and domain.current:  # it has to stay
            gaps = {domain.current.start.toordinal() - before.day}.intersection(gaps)
        for gap in gaps:
            day = before.day + gap
            found = self.candidates(index, day)
            if not found:
                continue
            new_state = self._state(index, day, state, before.day)
            spacing = self._spacing_cost(domain, gap, day, new_state.anchor)
            if spacing > most or not self._phase_may_last(domain, new_state.first_day, day):
                continue
            successors = self._successors(domain, before, found)
            for move_cost, candidates in self._by_move_cost(domain, successors):
                if move_cost + spacing <= most and candidates:
                    nodes = self._nodes_of(domain, candidates, new_state)
                    yield move_cost + spacing, nodes

    def _gaps(self, index: int, before: Candidate) -> Iterable[int]:
        """The numbers of days after `before` on which the visit may be."""
        domain = self.domains[index]
        allowed = domain.phase.gap_days
        usual = range(allowed.min, allowed.max + 1)
        if domain.only_day is not None:
            return [max(domain.only_day.toordinal() - before.day, 0)]
        if domain.intent.may_wait:
            return range(allowed.min, allowed.max + MOST_EXTRA_DAYS + 1)
        if domain.current and domain.violation.previous_start == before.slot.start:
            return sorted({*usual, domain.current.start.toordinal() - before.day})
        return usual

    def _by_move_cost(self, domain: VisitDomain, candidates: list[Candidate]) -> Arcs:
        """A day's candidates by what moving there costs: 0 if the visit stays or has to move."""
        if domain.current is None:
            return [(0, candidates)]
        start = domain.current.start
        if not candidates or candidates[0].day != start.toordinal():
            return [(MOVE_COST, candidates)]
        if domain.intent.keeps_day:
            return [(0, candidates)]
        key = id(candidates), start
        if key not in self._splits:
            current = [candidate for candidate in candidates if candidate.slot.start == start]
            others = [candidate for candidate in candidates if candidate.slot.start != start]
            self._splits[key] = [(0, current), (MOVE_COST, others)]
        return self._splits[key]

    def _spacing_cost(self, domain: VisitDomain, gap: int, day: int, anchor: int) -> int:
        if not self.heeds_spacing or domain.is_anchor:
            return 0
        weight = self._weights[domain.phase.name]
        if domain.offset is None:
            return domain.phase_plan.cost(domain.index, gap, 0) * weight
        return (day - anchor - domain.offset) ** 2 * weight

    def _successors(
        self, domain: VisitDomain, before: Candidate, candidates: list[Candidate]
    ) -> list[Candidate]:
        """The candidates of a day that keep the rules about this visit and the one `before`."""
        phase, waived, violation = domain.phase, domain.intent.waived, domain.violation
        longest = phase.gap_days.max
        if domain.intent.may_wait and candidates and candidates[0].day - before.day > longest:
            waived |= {Gap.name}
        # If the visit before keeps its start, this one may keep its own with what that breaks.
        is_same_step = violation.previous_start == before.slot.start
        stays = domain.current.start if domain.current and is_same_step else None
        key = id(candidates), before, phase.name, waived, stays
        if key not in self._successor_lists:
            found = feasible_successors(before.slot, candidates, phase, self.context, waived)
            current = [one for one in candidates if one.slot.start == stays and one not in found]
            waived |= violation.rules
            current = feasible_successors(before.slot, current, phase, self.context, waived)
            self._successor_lists[key] = [*current, *found] if current else found
        return self._successor_lists[key]

    def _state(
        self, index: int, day: int, before: PhaseState | None, day_before: int
    ) -> PhaseState:
        """The state of the phase once the visit is on `day`.

        `before` is the state at the visit before, `day_before` the day of that visit.
        """
        domain = self.domains[index]
        name = domain.phase.name
        if before is not None and self.domains[index - 1].phase.name == name:
            anchor, first_day = before
        else:
            anchor = self.prefix.anchors.get(name, day_before)
            first_day = self.prefix.first_days.get(name, day)
        return PhaseState(day if domain.is_anchor else anchor, first_day)

    def _nodes_of(
        self, domain: VisitDomain, candidates: list[Candidate], state: PhaseState
    ) -> list[Candidate]:
        """The nodes of the candidates; states that make no difference share them."""
        phase = domain.phase
        heeds_anchor = self.heeds_spacing and domain.offset is not None
        anchor = state.anchor if heeds_anchor else 0
        key = id(candidates), phase.name, anchor, state.first_day if phase.span_days else 0
        if key not in self._node_lists:
            nodes = self._nodes.setdefault(key[1:], {})
            for candidate in candidates:
                if candidate not in nodes:
                    node = Candidate(candidate.slot, candidate.day, candidate.minutes)
                    nodes[candidate] = node
                    self._states[node] = candidate, state
            self._node_lists[key] = [nodes[candidate] for candidate in candidates]
        return self._node_lists[key]

    def _find_whether_phase_may_last(self, domain: VisitDomain, first_day: int, day: int) -> bool:
        """Whether the phase that began on `first_day` may go on, or end, on `day`."""
        first, last = date.fromordinal(first_day), date.fromordinal(day)
        if domain.phase.name == self.prefix.elsewhere:
            return True  # what a phase breaks that began elsewhere is a fact
        if domain.violation.phase_end and last <= domain.violation.phase_end:
            return True
        found = (
            rule.ends(first, last, domain.phase, self.context)
            for rule in ENDS_RULES
            if rule.name not in domain.intent.waived and rule.concerns(domain.phase)
        )
        return first_broken(found) is None

    def anchor_of(self, node: Candidate) -> int:
        """The day (`date.toordinal`) from which the pace counts at a node of the sequence."""
        return self._states[node][1].anchor
