"""All the courses that a patient could have, as a map: the rules are asked once, prices change.

A map has a layer for each visit. A place in it is a stop, for a phase whose pace or span counts
from another day together with that day; a way leads from a place to one of the next layer, and
costs the spacing. It is what the kernel would walk through (`search.steps`), written down.
"""

from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from ketasched.planning.planner import latest_start
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.rules import ENDS_RULES
from ketasched.together.capacity import Pools

NOWHERE = -1
"""The pool of a visit that takes no chair."""


class Place(NamedTuple):
    """A stop, with the days (`date.toordinal`) that its phase's pace and span count from; 0 where
    they count from none.
    """

    anchor: int
    first: int
    candidate: Candidate


@dataclass(slots=True)
class Layer:
    """The places of a visit, with the pool of each, and the ways to it: from where, at what price.

    The way to a place of the first layer costs the days from the asked start.
    """

    candidates: list[Candidate] = field(default_factory=list)
    pools: list[int] = field(default_factory=list)
    ways: list[list[tuple[int, int]]] = field(default_factory=list)


@dataclass(slots=True)
class Drawing:
    """A map while it is drawn."""

    search: Search
    pools: Pools
    layers: list[Layer] = field(default_factory=list)
    _here: dict[Place, int] = field(default_factory=dict)
    _firsts: dict[int, Candidate] = field(default_factory=dict)
    _pools: dict[tuple[int, int], int] = field(default_factory=dict)

    def draw(self) -> list[Layer]:
        """The layers, one a visit; none where nothing keeps the rules."""
        self._begin()
        for number, phase_plan in enumerate(self.search.phase_plans):
            for index in range(phase_plan.count):
                if number or index:
                    self._go_on(number, index)
        return _without_dead_ends(self.layers)

    def _begin(self) -> None:
        request = self.search.context.request
        self.layers.append(Layer())
        asked = request.start.toordinal()
        for day in range(asked, latest_start(request).toordinal() + 1):
            for candidate in self.search.candidates(0, 0, day):
                self._add(0, 0, Place(day, day, candidate), (0, day - asked))

    def _go_on(self, number: int, index: int) -> None:
        """Add the layer of a visit."""
        before, self._here = self._here, {}
        self.layers.append(Layer())
        for place, source in before.items():
            candidate = place.candidate
            anchor, latest = place.anchor or candidate.day, inf
            if place.first and index:
                latest = self.search.latest_end(number, self._firsts[place.first])
            for price, candidates in self.search.steps(
                number, index, candidate, anchor, inf, latest
            ):
                for after in candidates:
                    first = place.first if index else after.day
                    self._add(number, index, Place(anchor, first, after), (source, price))

    def _add(self, number: int, index: int, place: Place, way: tuple[int, int]) -> None:
        """Add a way, and the place to which it leads."""
        phase_plan, candidate, layer = (
            self.search.phase_plans[number],
            place.candidate,
            self.layers[-1],
        )
        if index == 0:
            self._firsts.setdefault(candidate.day, candidate)
        ends = any(rule.concerns(phase_plan.phase) for rule in ENDS_RULES)
        if index == phase_plan.count - 1:
            if ends and self.search.end_finding(number, self._firsts[place.first], candidate):
                return
            place = Place(0, 0, candidate)
        else:
            anchor = place.anchor if phase_plan.per_week is None else 0
            place = Place(anchor, place.first if ends else 0, candidate)
        here = self._here.get(place)
        if here is None:
            here = self._here[place] = len(layer.candidates)
            layer.candidates.append(candidate)
            layer.pools.append(self._pool(number, index, candidate))
            layer.ways.append([])
        layer.ways[here].append(way)

    def _pool(self, number: int, index: int, candidate: Candidate) -> int:
        """The pool of a stop: that alone if a rule looks at the clock, else any of its day."""
        kind = self.search.phase_plans[number].kind
        if kind.place != "clinic":
            return NOWHERE
        if self.search.by_clock(number, index):
            return self.pools.number((candidate,))
        key = id(kind), candidate.day
        if key not in self._pools:
            candidates = self.search.days.candidates(kind, candidate.day, by_clock=True)
            self._pools[key] = self.pools.number(candidates)
        return self._pools[key]


def _without_dead_ends(layers: list[Layer]) -> list[Layer]:
    """The layers without the places from which no way leads to the end."""
    found: list[Layer] = []
    keep = list(range(len(layers[-1].candidates)))
    for layer in reversed(layers):
        found.append(
            Layer(
                [layer.candidates[place] for place in keep],
                [layer.pools[place] for place in keep],
                [layer.ways[place] for place in keep],
            )
        )
        keep = sorted({source for ways in found[-1].ways for source, _ in ways})
    found.reverse()
    for layer in found[1:]:
        kept = sorted({source for ways in layer.ways for source, _ in ways})
        numbers = {source: number for number, source in enumerate(kept)}
        layer.ways = [[(numbers[source], price) for source, price in ways] for ways in layer.ways]
    return found if found[0].candidates else []
