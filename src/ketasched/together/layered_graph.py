"""The layered graph of all courses of one patient: the rules are asked once, dual prices change.

The graph has a layer for each visit. A node is a candidate and, if the pace or the span of its
phase counts from another day, that day. An arc leads from a node to a node of the next layer; its
costs are the days from the asked start and the cost of the gap.

First the most seats are best, then the least of one cost after another. Each objective is
minimised in a stage of its own; what the stage finds is a limit for the later stages. In a
weighted sum the numbers would be too large for a linear programme to be exact.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import NamedTuple

from ketasched.model.holds import holds
from ketasched.planning.planner import latest_start
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.rules import ENDS_RULES
from ketasched.together.capacity import SlotClasses, slot_class_of

Costs = tuple[int, ...]
"""What an arc or a course costs, in the order of the objectives."""


class Value(NamedTuple):
    """What a course or a plan is worth: the priority that is seated, and the costs."""

    seated: int
    costs: Costs

    def part(self, stage: int) -> int:
        """What a stage minimises: in the first (0) the seats, as a negative number."""
        if stage == 0:
            return -self.seated
        return self.costs[stage - 1] if self.costs else 0


def sum_of(values: Iterable[Value]) -> Value:
    """The sum of values; one without costs costs nothing."""
    found = list(values)
    costs = zip(*(value.costs for value in found if value.costs), strict=True)
    return Value(sum(value.seated for value in found), tuple(map(sum, costs)))


HOLDS_NOTHING = -1
"""The slot class of a visit that holds nothing."""


class NodeKey(NamedTuple):
    """A candidate, with the days (`date.toordinal`) that the pace and the span count from.

    A day is 0 if the pace or the span does not depend on it.
    """

    anchor: int
    first: int
    candidate: Candidate


@dataclass(slots=True, eq=False)
class Node:
    """A node: the candidate, the slot class and the incoming arcs.

    An arc is its source and its costs. An arc to the first layer has no source.
    """

    candidate: Candidate
    slot_class: int
    arcs: "list[tuple[Node | None, Costs]]" = field(default_factory=list)


Layer = list[Node]
"""The nodes of a visit."""


@dataclass(frozen=True, slots=True)
class PatientGraph:
    """The layered graph of one patient, whose `priority` is seated if a course is selected.

    `offered(index, candidate)` has the candidates for visit `index` that do as well as a node's,
    the best first. Without a course the patient has hold sets of the slot classes `stays`.
    """

    layers: Sequence[Layer]
    priority: int
    offered: Callable[[int, Candidate], Iterable[Candidate]]
    stays: tuple[int, ...] = ()


@dataclass(slots=True)
class GraphBuilder:
    """Builds the layered graph of one patient."""

    search: Search
    slot_classes: SlotClasses
    _nodes: dict[NodeKey, Node] = field(default_factory=dict)
    _firsts: dict[int, Candidate] = field(default_factory=dict)
    _slot_classes: dict[tuple[int, int], int] = field(default_factory=dict)

    def build(self, priority: int) -> PatientGraph:
        """The graph of the patient: a layer for each visit, or none if no course keeps the rules.

        The candidates nearest to the wanted time are the best.
        """
        self._add_first_layer()
        layers = [list(self._nodes.values())]
        for number, phase_plan in enumerate(self.search.phase_plans):
            for index in range(phase_plan.count):
                if number or index:
                    self._add_layer(number, index)
                    layers.append(list(self._nodes.values()))
        return PatientGraph(prune_dead_ends(layers), priority, self._offered)

    def _offered(self, _index: int, candidate: Candidate) -> Iterable[Candidate]:
        kind, day = candidate.slot.kind, candidate.day
        return self.search.availability.candidates(kind, day, by_clock=True)

    def _add_first_layer(self) -> None:
        request = self.search.context.request
        asked = request.start.toordinal()
        for day in range(asked, latest_start(request).toordinal() + 1):
            for candidate in self.search.candidates(0, 0, day):
                self._add(0, 0, NodeKey(day, day, candidate), (None, (day - asked, 0)))

    def _add_layer(self, number: int, index: int) -> None:
        """Replace the nodes by those of the next layer, of visit `index` of a phase."""
        before, self._nodes = self._nodes, {}
        for key, source in before.items():
            anchor, latest = key.anchor or key.candidate.day, inf
            if key.first and index:
                latest = self.search.latest_end(number, self._firsts[key.first])
            for cost, candidates in self.search.successors(
                number, index, key.candidate, anchor, inf, latest
            ):
                for after in candidates:
                    first = key.first if index else after.day
                    self._add(number, index, NodeKey(anchor, first, after), (source, (0, cost)))

    def _add(self, number: int, index: int, key: NodeKey, arc: tuple[Node | None, Costs]) -> None:
        """Add an arc and, if it is new, its target node."""
        phase_plan, candidate = self.search.phase_plans[number], key.candidate
        if index == 0:
            self._firsts.setdefault(candidate.day, candidate)
        ends = any(rule.concerns(phase_plan.phase) for rule in ENDS_RULES)
        if index == phase_plan.count - 1:
            if ends and self.search.end_finding(number, self._firsts[key.first], candidate):
                return
            key = NodeKey(0, 0, candidate)
        else:
            anchor = key.anchor if phase_plan.per_week is None else 0
            key = NodeKey(anchor, key.first if ends else 0, candidate)
        if key not in self._nodes:
            self._nodes[key] = Node(candidate, self._slot_class(number, index, candidate))
        self._nodes[key].arcs.append(arc)

    def _slot_class(self, number: int, index: int, candidate: Candidate) -> int:
        """The slot class of a candidate: itself if a rule depends on times, else its whole day."""
        kind, clinic = self.search.phase_plans[number].kind, self.search.context.clinic
        if not holds(clinic, candidate.slot):
            return HOLDS_NOTHING
        if self.search.by_clock(number, index):
            return slot_class_of(self.slot_classes, clinic, [candidate])
        key = id(kind), candidate.day
        if key not in self._slot_classes:
            candidates = self._offered(index, candidate)
            self._slot_classes[key] = slot_class_of(self.slot_classes, clinic, candidates)
        return self._slot_classes[key]


def prune_dead_ends(layers: list[Layer]) -> list[Layer]:
    """The layers without the nodes from which no path leads to the last layer."""
    for layer, following in reversed([*pairwise(layers)]):
        sources = {source for node in following for source, _ in node.arcs}
        layer[:] = [node for node in layer if node in sources]
    return layers if layers[0] else []
