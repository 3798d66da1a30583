"""The layered graph of all courses of one patient: the rules are asked once, dual prices change.

The graph has a layer for each visit. A node is a candidate and, if the pace or the span of its
phase counts from another day, that day. An arc leads from a node to a node of the next layer; its
cost is the cost of the gap.
"""

from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from ketasched.planning.planner import latest_start
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.rules import ENDS_RULES
from ketasched.together.capacity import SlotClasses

NO_CHAIR = -1
"""The slot class of a visit that takes no chair."""


class Node(NamedTuple):
    """A candidate, with the days (`date.toordinal`) that the pace and the span count from.

    A day is 0 if the pace or the span does not depend on it.
    """

    anchor: int
    first: int
    candidate: Candidate


@dataclass(slots=True)
class Layer:
    """The nodes of a visit: the candidate, the slot class and the incoming arcs of each.

    An arc is the index of its source node and its cost. An arc to the first layer costs the days
    from the asked start.
    """

    candidates: list[Candidate] = field(default_factory=list)
    slot_classes: list[int] = field(default_factory=list)
    arcs: list[list[tuple[int, int]]] = field(default_factory=list)


@dataclass(slots=True)
class GraphBuilder:
    """Builds the layered graph of one patient."""

    search: Search
    slot_classes: SlotClasses
    layers: list[Layer] = field(default_factory=list)
    _here: dict[Node, int] = field(default_factory=dict)
    _firsts: dict[int, Candidate] = field(default_factory=dict)
    _slot_classes: dict[tuple[int, int], int] = field(default_factory=dict)

    def build(self) -> list[Layer]:
        """The layers, one for each visit; empty if no course keeps the rules."""
        self._add_first_layer()
        for number, phase_plan in enumerate(self.search.phase_plans):
            for index in range(phase_plan.count):
                if number or index:
                    self._add_layer(number, index)
        return _prune_dead_ends(self.layers)

    def _add_first_layer(self) -> None:
        request = self.search.context.request
        self.layers.append(Layer())
        asked = request.start.toordinal()
        for day in range(asked, latest_start(request).toordinal() + 1):
            for candidate in self.search.candidates(0, 0, day):
                self._add(0, 0, Node(day, day, candidate), (0, day - asked))

    def _add_layer(self, number: int, index: int) -> None:
        """Add the layer of visit `index` of a phase."""
        before, self._here = self._here, {}
        self.layers.append(Layer())
        for node, source in before.items():
            candidate = node.candidate
            anchor, latest = node.anchor or candidate.day, inf
            if node.first and index:
                latest = self.search.latest_end(number, self._firsts[node.first])
            for cost, candidates in self.search.successors(
                number, index, candidate, anchor, inf, latest
            ):
                for after in candidates:
                    first = node.first if index else after.day
                    self._add(number, index, Node(anchor, first, after), (source, cost))

    def _add(self, number: int, index: int, node: Node, arc: tuple[int, int]) -> None:
        """Add an arc and, if it is new, its target node."""
        phase_plan, candidate, layer = (
            self.search.phase_plans[number],
            node.candidate,
            self.layers[-1],
        )
        if index == 0:
            self._firsts.setdefault(candidate.day, candidate)
        ends = any(rule.concerns(phase_plan.phase) for rule in ENDS_RULES)
        if index == phase_plan.count - 1:
            if ends and self.search.end_finding(number, self._firsts[node.first], candidate):
                return
            node = Node(0, 0, candidate)
        else:
            anchor = node.anchor if phase_plan.per_week is None else 0
            node = Node(anchor, node.first if ends else 0, candidate)
        here = self._here.get(node)
        if here is None:
            here = self._here[node] = len(layer.candidates)
            layer.candidates.append(candidate)
            layer.slot_classes.append(self._slot_class(number, index, candidate))
            layer.arcs.append([])
        layer.arcs[here].append(arc)

    def _slot_class(self, number: int, index: int, candidate: Candidate) -> int:
        """The slot class of a candidate: itself if a rule depends on times, else its whole day."""
        kind = self.search.phase_plans[number].kind
        if kind.place != "clinic":
            return NO_CHAIR
        if self.search.by_clock(number, index):
            return self.slot_classes.number((candidate,))
        key = id(kind), candidate.day
        if key not in self._slot_classes:
            candidates = self.search.availability.candidates(kind, candidate.day, by_clock=True)
            self._slot_classes[key] = self.slot_classes.number(candidates)
        return self._slot_classes[key]


def _prune_dead_ends(layers: list[Layer]) -> list[Layer]:
    """The layers without the nodes from which no path leads to the last layer."""
    found: list[Layer] = []
    keep = list(range(len(layers[-1].candidates)))
    for layer in reversed(layers):
        found.append(
            Layer(
                [layer.candidates[node] for node in keep],
                [layer.slot_classes[node] for node in keep],
                [layer.arcs[node] for node in keep],
            )
        )
        keep = sorted({source for arcs in found[-1].arcs for source, _ in arcs})
    found.reverse()
    for layer in found[1:]:
        kept = sorted({source for arcs in layer.arcs for source, _ in arcs})
        numbers = {source: number for number, source in enumerate(kept)}
        layer.arcs = [[(numbers[source], cost) for source, cost in arcs] for arcs in layer.arcs]
    return found if found[0].candidates else []
