"""The layered graph of a course some of whose visits are displaced, where others take slots, too.

Where a visit keeps its start, its node stands for that slot alone; where it moves, for all slots
of a day. An arc costs the days by which an overridden rule is broken, whether the visit moves, the
days by which it is later, and the spacing.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from typing import ClassVar

from ketasched.model.holds import holds
from ketasched.model.wall_clock import minutes_apart
from ketasched.planning.shortest_path import Candidate
from ketasched.revising.intents import VisitDomain
from ketasched.revising.least_moves import DELAY_COST, Rescheduler
from ketasched.rules import Span
from ketasched.together.capacity import SlotClasses, slot_class_of
from ketasched.together.layered_graph import HOLDS_NOTHING, Layer, Node, prune_dead_ends

NEAR_DAYS = 7
"""To how many days with candidates a visit may move: from the first on, and around its old day."""


@dataclass(eq=False)
class ReschedulingGraph(Rescheduler):
    """A rescheduler with more choice of slots and less choice of days, which builds its graph.

    With `other_starts` each day also has a candidate at another start than the current one. Visits
    move only to `NEAR_DAYS` of the days with candidates: the first ones, and those around the old
    day. The spacing of all phases weighs the same.
    """

    slot_classes: SlotClasses = field(default_factory=dict)
    other_starts: bool = True

    phase_weight: ClassVar[int] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._alternatives: dict[tuple[int, int], list[Candidate]] = {}
        self._near_gaps: dict[tuple[int, int], list[int]] = {}
        self._classes: dict[tuple[int, int], int] = {}

    def layers(self) -> list[Layer]:
        """The layers, one for each visit to come; empty if no course keeps the rules."""
        layers: list[Layer] = []
        nodes: dict[Candidate, Node] = {}
        for index, domain in enumerate(self.domains):
            before, nodes = nodes, {}
            old = domain.intent.visit.start.toordinal()
            for source, cost, candidates in self._steps_to(index, before):
                for candidate in candidates:
                    if candidate not in nodes:
                        nodes[candidate] = Node(candidate, self._slot_class(index, candidate))
                    excess = self._excess(index, source.candidate if source else None, candidate)
                    moves, delay = self.moves(index, candidate), max(candidate.day - old, 0)
                    # What is left of the cost is that of moves and of delay.
                    costs = excess, int(moves), delay, cost % DELAY_COST
                    nodes[candidate].arcs.append((source, costs))
            layers.append(list(nodes.values()))
            if not nodes:
                return []
        return prune_dead_ends(layers)

    def offered(self, index: int, candidate: Candidate) -> list[Candidate]:
        """The candidates that a node stands for, the nearest to the visit's old time first."""
        if self.by_clock or not self.moves(index, candidate):
            return [candidate]
        return self._alternatives_on(index, candidate.day)

    def moves(self, index: int, node: Candidate) -> bool:
        """Whether visit `index` gets another start at this node."""
        current = self.domains[index].current
        return current is None or node.slot.start != current.start

    def _steps_to(
        self, index: int, before: dict[Candidate, Node]
    ) -> Iterator[tuple[Node | None, int, Iterable[Candidate]]]:
        """The steps to visit `index`, each with its source, if there is one, and its cost."""
        if index == 0:
            yield from ((None, cost, [one]) for cost, one in self.first_nodes())
        for candidate, source in before.items():
            for cost, candidates in self.steps_from(index, candidate, inf):
                yield source, cost, candidates

    def _slot_class(self, index: int, candidate: Candidate) -> int:
        clinic = self.context.clinic
        if not holds(clinic, candidate.slot):
            return HOLDS_NOTHING
        found = self.offered(index, candidate)
        if found == [candidate]:
            return slot_class_of(self.slot_classes, clinic, found)
        key = index, candidate.day
        if key not in self._classes:
            self._classes[key] = slot_class_of(self.slot_classes, clinic, found)
        return self._classes[key]

    def _excess(self, index: int, before: Candidate | None, node: Candidate) -> int:
        """The days by which the step to a node of visit `index` breaks `gap` and `span` anew.

        The last visit of a phase counts for its span. `before` is None for the first visit.
        """
        domain = self.domains[index]
        intent, phase, violation, day = domain.intent, domain.phase, domain.violation, node.day
        last = before.slot if before else self.prefix.last
        found = 0
        if intent.may_wait and last:
            is_known = violation.previous_start == last.start and not self.moves(index, node)
            too_long = day - last.start.toordinal() - phase.gap_days.max
            found = 0 if is_known else max(too_long, 0)
        is_last = index + 1 == len(self.domains) or self.domains[index + 1].phase is not phase
        if is_last and phase.span_days and Span.name in intent.waived:
            known = violation.phase_end.toordinal() if violation.phase_end else 0
            latest = self._states[node][1].first_day + phase.span_days.max - 1
            found += max(day - max(latest, known), 0)
        return found

    def _alternatives_on(self, index: int, day: int) -> list[Candidate]:
        """All candidates of a day but the current slot, the nearest to the old time first."""
        key, domain = (index, day), self.domains[index]
        if key not in self._alternatives:
            old = domain.intent.visit.start
            found = self._days.candidates(domain.phase_plan.kind, day, by_clock=True)
            if day == old.toordinal() and domain.current:
                found = [one for one in found if one.slot.start != old]
            if not domain.intent.moves_freely or day <= self.not_before.toordinal():
                found = [one for one in found if not self._refuses_move(domain, one.slot)]
            self._alternatives[key] = sorted(
                found, key=lambda one: (minutes_apart(one.slot.start, old), one.moment)
            )
        return self._alternatives[key]

    def _find_candidates(self, index: int, day: int) -> list[Candidate]:
        domain = self.domains[index]
        if domain.intent.pinned or not self.other_starts:
            return super()._find_candidates(index, day)
        current, others = self._current_candidate(domain, day), self._alternatives_on(index, day)
        others = others if self.by_clock else others[:1]
        return [current, *others] if current else others

    def _first_days(self, domain: VisitDomain) -> Iterator[int]:
        later, current = 0, domain.intent.visit.start.toordinal()
        for day in super()._first_days(domain):
            later += day > current and bool(self.candidates(0, day))
            if later > NEAR_DAYS:
                return
            yield day

    def _gaps(self, index: int, before: Candidate) -> Iterable[int]:
        domain, key, near = self.domains[index], (index, before.day), NEAR_DAYS
        gaps = super()._gaps(index, before)
        if domain.only_day is not None:
            return gaps
        if key not in self._near_gaps:
            found = [gap for gap in gaps if self.candidates(index, before.day + gap)]
            at_old = bisect_left(found, domain.intent.visit.start.toordinal() - before.day)
            too_long = bisect_left(found, domain.phase.gap_days.max + 1)
            parts = (
                found[:near],
                found[too_long : too_long + near // 2],
                found[max(at_old - near, 0) : at_old + near],
            )
            self._near_gaps[key] = sorted({*chain.from_iterable(parts)})
        return self._near_gaps[key]
