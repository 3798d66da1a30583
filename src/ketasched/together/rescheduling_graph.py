"""The layered graph of a course some of whose visits are displaced, from its rescheduler.

Where a visit keeps its start, its node stands for that slot alone; where it moves, for all slots
of a day. An arc costs the days by which an overridden rule is broken, whether the visit moves, the
days by which it is later, and the spacing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf

from ketasched.model.holds import holds
from ketasched.planning.shortest_path import Candidate
from ketasched.revising.crowded import CrowdedRescheduler
from ketasched.together.capacity import SlotClasses, slot_class_of
from ketasched.together.layered_graph import HOLDS_NOTHING, Layer, Node, prune_dead_ends


@dataclass(slots=True)
class ReschedulingGraph:
    """Builds the layers of one course, and knows the candidates that a node stands for."""

    rescheduler: CrowdedRescheduler
    slot_classes: SlotClasses
    _classes: dict[tuple[int, int], int] = field(default_factory=dict)

    def build(self) -> list[Layer]:
        """The layers, one for each visit to come; empty if no course keeps the rules."""
        layers: list[Layer] = []
        nodes: dict[Candidate, Node] = {}
        for index in range(len(self.rescheduler.domains)):
            before, nodes = nodes, {}
            own: dict[Candidate, tuple[int, int]] = {}
            for source, cost, candidates in self._steps(index, before):
                for candidate in candidates:
                    node = nodes.get(candidate)
                    if node is None:
                        node = Node(candidate, self._slot_class(index, candidate))
                        nodes[candidate] = node
                        own[candidate] = self._moves_and_delay(index, candidate)
                    excess = self._excess(index, source, candidate)
                    node.arcs.append(
                        (source, (excess, *own[candidate], self.rescheduler.spacing(cost)))
                    )
            layers.append(list(nodes.values()))
            if not nodes:
                return []
        return prune_dead_ends(layers)

    def offered(self, index: int, candidate: Candidate) -> Iterable[Candidate]:
        """The candidates of a node's day, the nearest to the visit's old time first."""
        if self.rescheduler.by_clock or not self.rescheduler.moves(index, candidate):
            return [candidate]
        return self.rescheduler.alternatives(self.rescheduler.domains[index], candidate.day)

    def _steps(
        self, index: int, before: dict[Candidate, Node]
    ) -> Iterator[tuple[Node | None, int, Iterable[Candidate]]]:
        """The steps to visit `index`, each with its source, if there is one, and its cost."""
        if index == 0:
            yield from ((None, cost, [one]) for cost, one in self.rescheduler.first_nodes())
        for candidate, source in before.items():
            for cost, candidates in self.rescheduler.steps_from(index, candidate, inf):
                yield source, cost, candidates

    def _excess(self, index: int, source: Node | None, candidate: Candidate) -> int:
        return self.rescheduler.excess(index, source.candidate if source else None, candidate)

    def _moves_and_delay(self, index: int, candidate: Candidate) -> tuple[int, int]:
        old = self.rescheduler.domains[index].intent.visit.start.toordinal()
        return int(self.rescheduler.moves(index, candidate)), max(candidate.day - old, 0)

    def _slot_class(self, index: int, candidate: Candidate) -> int:
        domain = self.rescheduler.domains[index]
        clinic = self.rescheduler.context.clinic
        if not holds(clinic, candidate.slot):
            return HOLDS_NOTHING
        if self.rescheduler.by_clock or not self.rescheduler.moves(index, candidate):
            return slot_class_of(self.slot_classes, clinic, [candidate])
        key = index, candidate.day
        if key not in self._classes:
            found = self.rescheduler.alternatives(domain, candidate.day)
            self._classes[key] = slot_class_of(self.slot_classes, clinic, found)
        return self._classes[key]
