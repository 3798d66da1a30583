"""Who sits when while courses are rescheduled, and the best place of a course beside others."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import inf
from operator import mul

from ketasched.model import NewStart, Slot
from ketasched.model.holds import Hold, holds_of_slots
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import minutes_apart
from ketasched.planning.shortest_path import Candidate, cheapest_sequence
from ketasched.rules import OCCUPANCY_RULES
from ketasched.rules.base import PlanningContext
from ketasched.together.affected import Affected
from ketasched.together.layered_graph import Costs, Layer, Node
from ketasched.together.rescheduling_graph import ReschedulingGraph

BASES = (10**18, 10**12, 10**6, 1)
"""What each cost of a course counts in one number: none of them reaches a million."""


@dataclass(frozen=True, slots=True)
class Place:
    """The slots of a course's visits to come, and what they cost."""

    slots: tuple[Slot, ...]
    costs: Costs


@dataclass(frozen=True, eq=False, slots=True)
class CourseGraph:
    """An affected course with its layered graph; `layers` are empty if it has no place.

    Boosters that have no day (by number) are `left_out`.
    """

    affected: Affected
    graph: ReschedulingGraph
    layers: Sequence[Layer]
    left_out: tuple[int, ...] = ()

    def slots_at(self, place: Place) -> Mapping[int, Slot]:
        """The slots of all visits that take place, by number, at this place."""
        numbers = (domain.intent.visit.number for domain in self.graph.domains)
        slots = {**self.affected.slots, **dict(zip(numbers, place.slots, strict=True))}
        return {number: slot for number, slot in slots.items() if number not in self.left_out}

    def holds_at(self, place: Place | None) -> list[Hold]:
        """What the course holds at this place, or without one."""
        if place is None:
            return self.affected.kept_holds
        return holds_of_slots(self.affected.course.clinic, self.slots_at(place).values())

    def new_starts(self, place: Place) -> tuple[NewStart, ...]:
        """The new starts of the visits that move to this place, or are left out."""
        new, displaced = self.slots_at(place), self.affected.displaced
        return tuple(
            NewStart(number, new[number].start if number in new else None, number in displaced)
            for number, old in self.affected.slots.items()
            if number not in new or new[number].start != old.start
        )


class Seating:
    """The occupancy that a visit sees if it stays (`staying`), and if it moves (`moving`).

    Nobody moves to a time that is overfull now, even if others leave: to `moving` it is taken.
    """

    def __init__(self, others: Occupancy, affected: Sequence[Affected]) -> None:
        self.staying, self.moving = Occupancy(others), Occupancy(others)
        for one in affected[:1]:
            self.moving.add(one.overfull.barriers())
        for one in affected:
            self.add(one.kept_holds)

    def add(self, visits: Sequence[Hold]) -> None:
        """Add visits."""
        self.staying.add(visits)
        self.moving.add(visits)

    def remove(self, visits: Sequence[Hold]) -> None:
        """Remove visits."""
        self.staying.remove(visits)
        self.moving.remove(visits)

    def best_place(self, one: CourseGraph) -> Place | None:
        """The best place of an unseated course beside the seated ones; None if it has no place."""
        if not one.layers:
            return None
        nodes = [
            {node: candidate for node in layer if (candidate := self._free(one, index, node))}
            for index, layer in enumerate(one.layers)
        ]
        firsts, arcs = _arcs(nodes)
        found = cheapest_sequence(
            firsts, len(nodes), lambda index, one, _: arcs[one], lambda _: True, inf
        )
        if found is None:
            return None
        slots = tuple(chosen.slot for chosen in found.candidates)
        return Place(slots, tuple(found.cost // base % BASES[-2] for base in BASES))

    def _free(self, one: CourseGraph, index: int, node: Node) -> Candidate | None:
        """The first free candidate among those that a node stands for; None if none is free."""
        number = one.graph.domains[index].intent.visit.number
        old = one.affected.slots[number].start
        if not one.graph.moves(index, node.candidate):
            slot = node.candidate.slot
            is_free = self._is_free(one.affected, self.staying, slot)
            is_bound = number not in one.affected.crowded
            may_stay = is_free or (is_bound and one.affected.overfull.touches(slot))
            return Candidate(slot, node.candidate.day, 0) if may_stay else None
        for candidate in one.graph.offered(index, node.candidate):
            if self._is_free(one.affected, self.moving, candidate.slot):
                minutes = minutes_apart(candidate.slot.start, old)
                return Candidate(candidate.slot, candidate.day, minutes)
        return None

    def _is_free(self, affected: Affected, occupancy: Occupancy, slot: Slot) -> bool:
        context = PlanningContext.of(affected.course, occupancy)
        return all(rule.slot(slot, context) is None for rule in OCCUPANCY_RULES)


def _arcs(
    layers: Sequence[Mapping[Node, Candidate]],
) -> tuple[list[tuple[int, Candidate]], Mapping[Candidate, list[tuple[int, list[Candidate]]]]]:
    """The first candidates with their costs, and the arcs from each candidate."""
    firsts: list[tuple[int, Candidate]] = []
    arcs: dict[Candidate, list[tuple[int, list[Candidate]]]] = defaultdict(list)
    for before, layer in pairwise(({}, *layers)):
        for node, candidate in layer.items():
            for source, costs in node.arcs:
                if source is None:
                    firsts.append((_cost(costs), candidate))
                elif source in before:
                    arcs[before[source]].append((_cost(costs), [candidate]))
    return firsts, arcs


@lru_cache(maxsize=4096)
def _cost(costs: Costs) -> int:
    return sum(map(mul, costs, BASES))
