"""The pricing problem: the cheapest course of every patient at given dual prices of the chairs.

The layered graphs of all patients are stacked layer by layer, so that one step of the shortest
paths is one array operation for all patients: prices change a hundred times, the graphs never. All
numbers are integers, so that the paths and the bound that follows from them are exact.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, islice, pairwise, zip_longest
from operator import add

import numpy as np
from numpy.typing import NDArray

from ketasched.planning.shortest_path import Candidate
from ketasched.together.capacity import UnitCapacity
from ketasched.together.layered_graph import Costs, Node, PatientGraph, Value

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """A course of a patient: its value, and the candidate and slot class of each visit."""

    patient: int
    value: Value
    candidates: tuple[Candidate, ...]
    slot_classes: tuple[int, ...]


@dataclass(frozen=True)
class StackedLayer:
    """A layer of all graphs: arcs, those to one node side by side, and nodes.

    `costs` has a row for each arc, `begins` for each node the index of its first incoming arc.
    """

    sources: Numbers
    costs: Numbers
    begins: Numbers
    slot_classes: Numbers
    patients: Numbers
    nodes: tuple[Node, ...]

    @cached_property
    def ends(self) -> list[tuple[int, int]]:
        """For each node the range of its incoming arcs."""
        begins = [*self.begins.tolist(), len(self.sources)]
        return list(pairwise(begins))


class StackedGraphs:
    """The layered graphs of all patients, and the patients' priorities.

    `stays` has a column for each patient who takes chairs also without a course.
    """

    def __init__(self, graphs: Sequence[PatientGraph]) -> None:
        """Stack the layers of each patient's graph."""
        self.priorities = [graph.priority for graph in graphs]
        self.counts = [len(graph.layers) for graph in graphs]
        self.levels: list[StackedLayer] = []
        sources: dict[Node | None, int] = {None: 0}
        for layers in zip_longest(*(graph.layers for graph in graphs), fillvalue=()):
            level = _stack(layers, sources)
            self.levels.append(level)
            sources = {node: number for number, node in enumerate(level.nodes)}
        self.stays = {
            patient: Column(patient, Value(0, ()), (), graph.stays)
            for patient, graph in enumerate(graphs)
            if graph.stays
        }

    def cheapest(self, factors: Numbers, class_costs: Numbers) -> "CheapestPaths":
        """The cheapest paths to every node: each cost counts as often as its factor says.

        `class_costs` has the cost of each slot class.
        """
        paid = np.append(class_costs, 0)
        sums: list[Numbers] = []
        for level in self.levels:
            found = level.costs @ factors
            if sums:
                found = np.minimum.reduceat(sums[-1][level.sources] + found, level.begins)
            sums.append(found + paid[level.slot_classes])
        return CheapestPaths(self, factors, sums)

    def staying(self, class_costs: Numbers) -> Numbers:
        """What each patient pays without a course."""
        found = np.zeros(len(self.counts), np.int64)
        for patient, column in self.stays.items():
            found[patient] = class_costs[list(column.slot_classes)].sum()
        return found


@dataclass(frozen=True, slots=True)
class CheapestPaths:
    """The lowest cost of a path to each node, at the given dual prices."""

    courses: StackedGraphs
    factors: Numbers
    sums: list[Numbers]

    def lowest(self) -> Numbers:
        """The lowest cost of a course of each patient."""
        counts = self.courses.counts
        found = np.zeros(len(counts), np.int64)
        for number, level in enumerate(self.courses.levels):
            firsts = np.flatnonzero(np.diff(level.patients, prepend=-1))
            least = np.minimum.reduceat(self.sums[number], firsts)
            for patient, cost in zip(level.patients[firsts], least, strict=True):
                if counts[patient] == number + 1:
                    found[patient] = cost
        return found

    def best(self, below: Numbers, most: int) -> Iterator[Column]:
        """The cheapest courses of each patient to each last node that cost less than `below`.

        At most `most` courses of a patient.
        """
        taken: Counter[int] = Counter()
        ends = sorted(self._ends(below), key=lambda end: (end[0], self.sums[end[0]][end[1]]))
        for number, node, patient in ends:
            taken[patient] += 1
            if taken[patient] <= most:
                yield next(self._courses(number, node, 1))

    def below(self, most: Numbers, count: int) -> list[Column] | None:
        """Every course that costs less than `most` of its patient; None if over `count`."""
        found: list[Column] = []
        for number, node, patient in self._ends(most):
            spare = int(most[patient] - self.sums[number][node])
            found += islice(self._courses(number, node, spare), count + 1 - len(found))
            if len(found) > count:
                return None
        return found

    def _ends(self, below: Numbers) -> Iterator[tuple[int, int, int]]:
        """The last nodes of the courses that cost less than `below` of their patient.

        Each node comes as the number of its layer, its index and its patient.
        """
        for number, level in enumerate(self.courses.levels):
            for node in np.flatnonzero(self.sums[number] < below[level.patients]).tolist():
                patient = int(level.patients[node])
                if self.courses.counts[patient] == number + 1:
                    yield number, node, patient

    def _courses(self, number: int, node: int, spare: int) -> Iterator[Column]:
        """The courses to a node that cost less than `spare` more than the cheapest one."""
        nothing = (0,) * len(self.factors)
        waiting: list[tuple[int, int, int, Costs, tuple[int, ...]]] = [
            (number, node, spare, nothing, ())
        ]
        while waiting:
            number, node, spare, costs, after = waiting.pop()
            level, trail = self.courses.levels[number], (node, *after)
            if number == 0:
                yield self._column(trail, _added(costs, level.costs[node]))
                continue
            begin, end = level.ends[node]
            each = self.sums[number - 1][level.sources[begin:end]]
            each = each + level.costs[begin:end] @ self.factors
            each -= each.min()
            for arc in np.flatnonzero(each < spare).tolist():
                more = _added(costs, level.costs[begin + arc])
                source = int(level.sources[begin + arc])
                waiting.append((number - 1, source, spare - int(each[arc]), more, trail))

    def _column(self, trail: Sequence[int], costs: Costs) -> Column:
        """The course through these nodes."""
        nodes = [
            level.nodes[node] for level, node in zip(self.courses.levels, trail, strict=False)
        ]
        patient = int(self.courses.levels[0].patients[trail[0]])
        candidates = tuple(node.candidate for node in nodes)
        slot_classes = tuple(node.slot_class for node in nodes)
        value = Value(self.courses.priorities[patient], costs)
        return Column(patient, value, candidates, slot_classes)


def _added(costs: Costs, more: Numbers) -> Costs:
    return tuple(map(add, costs, more.tolist()))


def _stack(layers: Sequence[Sequence[Node]], sources: Mapping[Node | None, int]) -> StackedLayer:
    """The layers of all patients, stacked; `sources` numbers the nodes of the layer before."""
    nodes = [node for layer in layers for node in layer]
    arcs = [arc for node in nodes for arc in node.arcs]
    begins = [0, *accumulate(len(node.arcs) for node in nodes)][:-1]
    return StackedLayer(
        sources=np.array([sources[source] for source, _ in arcs], np.int64),
        costs=np.array([costs for _, costs in arcs], np.int64),
        begins=np.array(begins, np.int64),
        slot_classes=np.array([node.slot_class for node in nodes], np.int64),
        patients=np.repeat(np.arange(len(layers)), [len(layer) for layer in layers]),
        nodes=tuple(nodes),
    )


def slot_class_costs(capacity: UnitCapacity, prices: Numbers) -> Numbers:
    """The cost of each slot class, which is that of its cheapest hold set, at these prices."""
    if not capacity.hold_sets:
        return np.zeros(0, np.int64)
    numbers = np.array([*chain.from_iterable(capacity.limits_of)], np.int64)
    begins = [0, *accumulate(map(len, capacity.limits_of))][:-1]
    costs = np.add.reduceat(prices[numbers], begins)
    return np.minimum.reduceat(costs, np.array(capacity.offsets, np.int64))
