"""The pricing problem: the cheapest course of every patient at given dual prices of the chairs.

The layered graphs of all patients are stacked layer by layer, so that one step of the shortest
paths is one array operation for all patients: prices change a hundred times, the graphs never. All
numbers are integers, so that the paths and the bound that follows from them are exact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from ketasched.planning.shortest_path import Candidate
from ketasched.together.capacity import ChairCapacity
from ketasched.together.layered_graph import Layer

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """A course of a patient: delay, spacing, and the candidate and slot class of each visit."""

    patient: int
    delay: int
    spacing: int
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
    candidates: tuple[Candidate, ...]

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


class StackedGraphs:
    """The layered graphs of all patients."""

    def __init__(self, graphs: Sequence[Sequence[Layer]]) -> None:
        """Stack the layers of each patient's graph."""
        self.counts = [len(layers) for layers in graphs]
        self.levels = [_stack(graphs, number) for number in range(max(self.counts, default=0))]

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
        for number, level in enumerate(self.courses.levels):
            sums = self.sums[number]
            ends = np.flatnonzero(sums < below[level.patients])
            taken: dict[int, int] = {}
            for end in ends[np.argsort(sums[ends], kind="stable")].tolist():
                patient = int(level.patients[end])
                if self.courses.counts[patient] != number + 1 or taken.get(patient, 0) == most:
                    continue
                taken[patient] = taken.get(patient, 0) + 1
                yield next(self._courses(number, end, 1))

    def below(self, most: Numbers, count: int) -> list[Column] | None:
        """Every course that costs less than `most` of its patient; None if over `count`."""
        found: list[Column] = []
        for number, level in enumerate(self.courses.levels):
            for end in np.flatnonzero(self.sums[number] < most[level.patients]).tolist():
                patient = int(level.patients[end])
                if self.courses.counts[patient] == number + 1:
                    spare = int(most[patient] - self.sums[number][end])
                    found += islice(self._courses(number, end, spare), count + 1 - len(found))
                    if len(found) > count:
                        return None
        return found

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
        passed = list(zip(self.courses.levels, trail, strict=False))
        patient = int(self.courses.levels[0].patients[trail[0]])
        candidates = tuple(level.candidates[node] for level, node in passed)
        slot_classes = tuple(int(level.slot_classes[node]) for level, node in passed)
        return Column(patient, delay, spacing, candidates, slot_classes)


def _stack(graphs: Sequence[Sequence[Layer]], number: int) -> StackedLayer:
    """Layer `number` of all graphs, stacked."""
    sources: list[int] = []
    costs: list[int] = []
    begins: list[int] = []
    slot_classes: list[int] = []
    patients: list[int] = []
    candidates: list[Candidate] = []
    before = 0
    for patient, layers in enumerate(graphs):
        if number < len(layers):
            layer = layers[number]
            for arcs in layer.arcs:
                begins.append(len(sources))
                sources += [before + source for source, _ in arcs]
                costs += [cost for _, cost in arcs]
            slot_classes += layer.slot_classes
            candidates += layer.candidates
            patients += [patient] * len(layer.candidates)
        if 0 < number <= len(layers):
            before += len(layers[number - 1].candidates)
    return StackedLayer(
        np.array(sources, np.int64),
        np.array(costs, np.int64),
        np.array(begins, np.int64),
        np.array(slot_classes, np.int64),
        np.array(patients, np.int64),
        tuple(candidates),
    )


def slot_class_costs(capacity: ChairCapacity, prices: Numbers) -> Numbers:
    """What each pool costs, its cheapest place that is; `costs` are those of the limits."""
    present = np.zeros(capacity.instants + 1, np.int64)
    begins = np.zeros(capacity.instants + 1, np.int64)
    for limit, cost in zip(capacity.limits, prices.tolist(), strict=True):
        (begins if limit.begins else present)[limit.instant] += cost
    if not capacity.spans:
        return np.zeros(0, np.int64)
    until = np.concatenate(([0], np.cumsum(present)))
    spans = np.array(capacity.spans, np.int64)
    node_costs = until[spans[:, 1]] - until[spans[:, 0]] + begins[spans[:, 0]]
    return np.minimum.reduceat(node_costs, np.array(capacity.offsets, np.int64))
