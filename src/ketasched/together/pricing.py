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

import numpy as np
from numpy.typing import NDArray

from ketasched.planning.shortest_path import Candidate
from ketasched.together.capacity import ChairCapacity
from ketasched.together.layered_graph import Layer, Node
from ketasched.together.records import ObjectiveValue

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """A course of a patient: its objectives, and the candidate and slot class of each visit."""

    patient: int
    objective: ObjectiveValue
    candidates: tuple[Candidate, ...]
    slot_classes: tuple[int, ...]


@dataclass(frozen=True)
class StackedLayer:
    """A layer of all graphs: arcs, those to one node side by side, and nodes.

    `begins` holds for each node the index of its first incoming arc.
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


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a seat (for a priority of 1), a day of delay and a point of spacing."""

    seat: int
    delay: int
    spacing: int

    def cost(self, objective: ObjectiveValue) -> int:
        """The weighted sum of delay and spacing."""
        return objective.delay * self.delay + objective.spacing * self.spacing

    def scalar(self, objective: ObjectiveValue) -> int:
        """The weighted sum of all objectives; lower is better."""
        return self.cost(objective) - objective.seated * self.seat

    def objective(self, scalar: int) -> ObjectiveValue:
        """The objectives of a weighted sum, or of a bound, if a point of spacing weighs 1."""
        seated = -(scalar // self.seat)
        delay, spacing = divmod(scalar + seated * self.seat, self.delay)
        return ObjectiveValue(seated, delay, spacing)


class StackedGraphs:
    """The layered graphs of all patients, and the patients' priorities."""

    def __init__(self, graphs: Sequence[Sequence[Layer]], priorities: Sequence[int]) -> None:
        """Stack the layers of each patient's graph."""
        self.priorities = priorities
        self.counts = [len(layers) for layers in graphs]
        self.levels: list[StackedLayer] = []
        sources: dict[Node | None, int] = {None: 0}
        for layers in zip_longest(*graphs, fillvalue=()):
            level = _stack(layers, sources)
            self.levels.append(level)
            sources = {node: number for number, node in enumerate(level.nodes)}

    def cheapest(self, weights: Weights, class_costs: Numbers) -> "CheapestPaths":
        """The cheapest paths to every node, with `class_costs` the cost of each slot class."""
        paid = np.append(class_costs, 0)
        sums: list[Numbers] = []
        for number, level in enumerate(self.levels):
            if number == 0:
                found = level.costs * weights.delay
            else:
                each = sums[-1][level.sources] + level.costs * weights.spacing
                found = np.minimum.reduceat(each, level.begins)
            sums.append(found + paid[level.slot_classes])
        return CheapestPaths(self, weights, sums)


@dataclass(frozen=True, slots=True)
class CheapestPaths:
    """The lowest cost of a path to each node, at the given dual prices."""

    courses: StackedGraphs
    weights: Weights
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
        waiting: list[tuple[int, int, int, int, tuple[int, ...]]] = [(number, node, spare, 0, ())]
        while waiting:
            number, node, spare, spacing, after = waiting.pop()
            level, trail = self.courses.levels[number], (node, *after)
            if number == 0:
                yield self._column(trail, int(level.costs[node]), spacing)
                continue
            begin, end = level.ends[node]
            each = self.sums[number - 1][level.sources[begin:end]]
            each = each + level.costs[begin:end] * self.weights.spacing
            each -= each.min()
            for arc in np.flatnonzero(each < spare).tolist():
                cost = int(level.costs[begin + arc])
                source = int(level.sources[begin + arc])
                waiting.append((number - 1, source, spare - int(each[arc]), spacing + cost, trail))

    def _column(self, trail: Sequence[int], delay: int, spacing: int) -> Column:
        """The course through these nodes."""
        nodes = [
            level.nodes[node] for level, node in zip(self.courses.levels, trail, strict=False)
        ]
        patient = int(self.courses.levels[0].patients[trail[0]])
        candidates = tuple(node.candidate for node in nodes)
        slot_classes = tuple(node.slot_class for node in nodes)
        objective = ObjectiveValue(self.courses.priorities[patient], delay, spacing)
        return Column(patient, objective, candidates, slot_classes)


def _stack(layers: Sequence[Sequence[Node]], sources: Mapping[Node | None, int]) -> StackedLayer:
    """The layers of all patients, stacked; `sources` numbers the nodes of the layer before."""
    nodes = [node for layer in layers for node in layer]
    arcs = [arc for node in nodes for arc in node.arcs]
    begins = [0, *accumulate(len(node.arcs) for node in nodes)][:-1]
    return StackedLayer(
        sources=np.array([sources[source] for source, _ in arcs], np.int64),
        costs=np.array([cost for _, cost in arcs], np.int64),
        begins=np.array(begins, np.int64),
        slot_classes=np.array([node.slot_class for node in nodes], np.int64),
        patients=np.repeat(np.arange(len(layers)), [len(layer) for layer in layers]),
        nodes=tuple(nodes),
    )


def slot_class_costs(capacity: ChairCapacity, prices: Numbers) -> Numbers:
    """The cost of each slot class, which is that of its cheapest interval, at these prices."""
    if not capacity.intervals:
        return np.zeros(0, np.int64)
    numbers = np.array([*chain.from_iterable(capacity.limits_of)], np.int64)
    begins = [0, *accumulate(map(len, capacity.limits_of))][:-1]
    costs = np.add.reduceat(prices[numbers], begins)
    return np.minimum.reduceat(costs, np.array(capacity.offsets, np.int64))
