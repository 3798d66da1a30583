"""The cheapest course of every patient at once, at given prices of the chairs.

The maps of all patients lie side by side, layer by layer, so that a visit's step is one operation
on arrays for all of them: prices change a hundred times, the maps never. Whole numbers throughout:
what is found is exact, and so is the bound that follows from it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from ketasched.planning.shortest_path import Candidate
from ketasched.together.capacity import Chairs
from ketasched.together.layered_graph import Layer

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """A patient's whole course: what it is worth, the stop and the pool of each visit."""

    patient: int
    delay: int
    spacing: int
    candidates: tuple[Candidate, ...]
    pools: tuple[int, ...]


@dataclass(frozen=True)
class Level:
    """A layer of all maps: the ways, those to one place side by side, and the places.

    `begins` has for each place where its ways begin.
    """

    sources: Numbers
    prices: Numbers
    begins: Numbers
    pools: Numbers
    patients: Numbers
    candidates: tuple[Candidate, ...]

    @cached_property
    def ends(self) -> list[tuple[int, int]]:
        """For each place where its ways begin, and where they end."""
        begins = [*self.begins.tolist(), len(self.sources)]
        return list(pairwise(begins))


@dataclass(frozen=True, slots=True)
class Weights:
    """What a seat (for a priority of 1), a day of delay and a point of spacing weigh."""

    seat: int
    delay: int
    spacing: int


class Courses:
    """All courses of all patients, and the cheapest ones among them."""

    def __init__(self, maps: Sequence[Sequence[Layer]]) -> None:
        """`maps` has the layers of each patient's map."""
        self.counts = [len(layers) for layers in maps]
        self.levels = [_level(maps, number) for number in range(max(self.counts, default=0))]

    def cheapest(self, weights: Weights, tolls: Numbers) -> "Priced":
        """What every course costs at most up to each place, `tolls` being what a pool costs."""
        paid = np.append(tolls, 0)
        sums: list[Numbers] = []
        for number, level in enumerate(self.levels):
            if number == 0:
                found = level.prices * weights.delay
            else:
                each = sums[-1][level.sources] + level.prices * weights.spacing
                found = np.minimum.reduceat(each, level.begins)
            sums.append(found + paid[level.pools])
        return Priced(self, weights, sums)


@dataclass(frozen=True, slots=True)
class Priced:
    """The courses at some prices: the lowest price up to each place."""

    courses: Courses
    weights: Weights
    sums: list[Numbers]

    def lowest(self) -> Numbers:
        """The lowest price of a course of each patient."""
        counts = self.courses.counts
        found = np.zeros(len(counts), np.int64)
        for number, level in enumerate(self.courses.levels):
            firsts = np.flatnonzero(np.diff(level.patients, prepend=-1))
            least = np.minimum.reduceat(self.sums[number], firsts)
            for patient, price in zip(level.patients[firsts], least, strict=True):
                if counts[patient] == number + 1:
                    found[patient] = price
        return found

    def best(self, below: Numbers, most: int) -> Iterator[Column]:
        """For each patient the cheapest course up to each last place, if it costs less than
        `below`; at most so many each.
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
        """Every course of each patient that costs less than `most`; None if they are more than
        `count`.
        """
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

    def _courses(self, number: int, place: int, spare: int) -> Iterator[Column]:
        """The courses up to a place that cost less than `spare` more than the cheapest one."""
        waiting: list[tuple[int, int, int, int, tuple[int, ...]]] = [(number, place, spare, 0, ())]
        while waiting:
            number, place, spare, spacing, after = waiting.pop()
            level, trail = self.courses.levels[number], (place, *after)
            if number == 0:
                yield self._column(trail, int(level.prices[place]), spacing)
                continue
            begin, end = level.ends[place]
            each = self.sums[number - 1][level.sources[begin:end]]
            each = each + level.prices[begin:end] * self.weights.spacing
            each -= each.min()
            for way in np.flatnonzero(each < spare).tolist():
                price = int(level.prices[begin + way])
                source = int(level.sources[begin + way])
                waiting.append(
                    (number - 1, source, spare - int(each[way]), spacing + price, trail)
                )

    def _column(self, trail: Sequence[int], delay: int, spacing: int) -> Column:
        """The course that goes through these places."""
        passed = list(zip(self.courses.levels, trail, strict=False))
        patient = int(self.courses.levels[0].patients[trail[0]])
        candidates = tuple(level.candidates[place] for level, place in passed)
        pools = tuple(int(level.pools[place]) for level, place in passed)
        return Column(patient, delay, spacing, candidates, pools)


def _level(maps: Sequence[Sequence[Layer]], number: int) -> Level:
    """A layer of all maps, side by side."""
    sources: list[int] = []
    prices: list[int] = []
    begins: list[int] = []
    pools: list[int] = []
    patients: list[int] = []
    candidates: list[Candidate] = []
    before = 0
    for patient, layers in enumerate(maps):
        if number < len(layers):
            layer = layers[number]
            for ways in layer.ways:
                begins.append(len(sources))
                sources += [before + source for source, _ in ways]
                prices += [price for _, price in ways]
            pools += layer.pools
            candidates += layer.candidates
            patients += [patient] * len(layer.candidates)
        if 0 < number <= len(layers):
            before += len(layers[number - 1].candidates)
    return Level(
        np.array(sources, np.int64),
        np.array(prices, np.int64),
        np.array(begins, np.int64),
        np.array(pools, np.int64),
        np.array(patients, np.int64),
        tuple(candidates),
    )


def tolls_of(chairs: Chairs, prices: Numbers) -> Numbers:
    """What each pool costs, its cheapest place that is; `prices` are those of the limits."""
    there = np.zeros(chairs.moments + 1, np.int64)
    begins = np.zeros(chairs.moments + 1, np.int64)
    for limit, price in zip(chairs.limits, prices.tolist(), strict=True):
        (begins if limit.begins else there)[limit.moment] += price
    if not chairs.spans:
        return np.zeros(0, np.int64)
    until = np.concatenate(([0], np.cumsum(there)))
    spans = np.array(chairs.spans, np.int64)
    places = until[spans[:, 1]] - until[spans[:, 0]] + begins[spans[:, 0]]
    return np.minimum.reduceat(places, np.array(chairs.offsets, np.int64))
