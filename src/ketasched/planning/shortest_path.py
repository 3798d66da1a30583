"""The kernel: the cheapest visit sequence, a shortest path in a layered graph.

A visit sequence takes one candidate from each layer: the first visit, the second, and so on. The
arcs and their costs come from the caller, so that planning, revising and planning many courses at
once differ only in costs. Among the cheapest sequences the one on the fewest weekdays wins, then
the one nearest to the wanted time of day, then the one with the earlier starts.

The result is exact. A forward pass finds the arcs within the budget, a backward pass the lowest
cost to go; the weekdays and the times are compared on the optimal arcs alone, those of the
cheapest sequences.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from ketasched.model import Slot

Arcs = Iterable[tuple[int, list["Candidate"]]]
"""The arcs from a candidate: costs of 0 or more, each with the candidates that it leads to."""

Successors = Callable[[int, "Candidate", float], Arcs]
"""`successors(index, candidate, budget)`: the arcs to visit `index` (from 0) within the budget.

Candidates that cost the same come as one list. Where many candidates lead to the same ones, they
had better lead to the same list object, which is then searched once.
"""

Layer = dict["Candidate", list[tuple[int, list["Candidate"]]]]
"""The candidates for one visit, each with the arcs to the next visit."""

OptimalArcs = dict["Candidate", list[list["Candidate"]]]
"""The candidates for one visit, each with the lists to which its optimal arcs lead."""

Completion = tuple[int, tuple[datetime, ...], tuple["Candidate", ...]]
"""A sequence from some visit on: minutes from the wanted time in sum, starts, candidates."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A slot that a visit may have; candidates are equal only if they are the same object.

    `day` is `date.toordinal`, `minutes` the distance from the wanted time of day, `moment` the
    start in POSIX seconds; Monday is weekday 0.
    """

    slot: Slot
    day: int
    minutes: int
    moment: float = field(init=False)
    weekday: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "moment", self.slot.start.timestamp())
        object.__setattr__(self, "weekday", (self.day - 1) % 7)


@dataclass(frozen=True, slots=True, order=True)
class VisitSequence:
    """A visit sequence with what it is compared by, in the order of preference."""

    cost: int
    weekdays: int
    minutes: int
    starts: tuple[datetime, ...]
    candidates: tuple[Candidate, ...]


def cheapest_sequence(
    firsts: Iterable[tuple[int, Candidate]],
    count: int,
    successors: Successors,
    may_end: Callable[[Candidate], bool],
    budget: float,
) -> VisitSequence | None:
    """The best sequence of `count` visits that costs at most `budget`, or None.

    `firsts` are the candidates for the first visit with their costs. `may_end` says whether a
    candidate may be the last visit.
    """
    costs = {candidate: cost for cost, candidate in firsts if cost <= budget}
    layers = _reachable(costs, count, successors, budget)
    if layers is None:
        return None
    to_go, optimal_arcs = _costs_to_go(layers, may_end)
    totals = {candidate: costs[candidate] + rest for candidate, rest in to_go.items()}
    lowest = min(totals.values(), default=None)
    if lowest is None or lowest > budget:
        return None
    best = {candidate for candidate, total in totals.items() if total == lowest}
    return _fewest_weekdays(lowest, best, optimal_arcs)


def lowest_cost(
    firsts: Iterable[tuple[int, Candidate]], count: int, successors: Successors, budget: float
) -> int | None:
    """The cost of the cheapest sequence of `count` visits; None if more than `budget`."""
    costs = {candidate: cost for cost, candidate in firsts if cost <= budget}
    layers = _reachable(costs, count, successors, budget)
    if layers is None:
        return None
    to_go, _ = _costs_to_go(layers, lambda candidate: True)
    return min((costs[candidate] + rest for candidate, rest in to_go.items()), default=None)


def _reachable(
    costs: dict[Candidate, int], count: int, successors: Successors, budget: float
) -> list[Layer] | None:
    """The candidates within the budget, layer by layer, with the arcs from each.

    None if the last layer is out of reach.
    """
    layers: list[Layer] = []
    for index in range(1, count):
        layer: Layer = {}
        following: dict[Candidate, int] = {}
        reached: dict[int, int] = {}
        for candidate, cost in costs.items():
            layer[candidate] = arcs = list(successors(index, candidate, budget - cost))
            for step, candidates in arcs:
                total = cost + step
                if total < reached.get(id(candidates), budget + 1):
                    reached[id(candidates)] = total
                    for after in candidates:
                        if total < following.get(after, budget + 1):
                            following[after] = total
        layers.append(layer)
        costs = following
    if not costs:
        return None
    return [*layers, {candidate: [] for candidate in costs}]


def _costs_to_go(
    layers: Sequence[Layer], may_end: Callable[[Candidate], bool]
) -> tuple[dict[Candidate, int], list[OptimalArcs]]:
    """The lowest cost from each first visit to an end, and the optimal arcs of each layer."""
    to_go = {candidate: 0 for candidate in layers[-1] if may_end(candidate)}
    optimal_arcs: list[OptimalArcs] = []
    for layer in reversed(layers[:-1]):
        costs: dict[Candidate, int] = {}
        optimal: OptimalArcs = {}
        known: dict[int, tuple[int, list[Candidate]]] = {}
        for candidate, arcs in layer.items():
            totals = []
            for step, candidates in arcs:
                if id(candidates) not in known:
                    known[id(candidates)] = _cheapest_to_go(candidates, to_go)
                rest, best = known[id(candidates)]
                if best:
                    totals.append((step + rest, best))
            if totals:
                lowest = costs[candidate] = min(total for total, _ in totals)
                optimal[candidate] = [best for total, best in totals if total == lowest]
        to_go = costs
        optimal_arcs.append(optimal)
    optimal_arcs.reverse()
    return to_go, optimal_arcs


def _cheapest_to_go(
    candidates: list[Candidate], to_go: Mapping[Candidate, int]
) -> tuple[int, list[Candidate]]:
    """The lowest cost to go from these candidates, and the candidates that have it.

    The list is empty if none of them reaches the end.
    """
    lowest = 0
    best: list[Candidate] = []
    for candidate in candidates:
        cost = to_go.get(candidate)
        if cost is None:
            continue
        if not best or cost < lowest:
            lowest, best = cost, [candidate]
        elif cost == lowest:
            best.append(candidate)
    return lowest, best


def _fewest_weekdays(
    cost: int, firsts: set[Candidate], optimal_arcs: Sequence[OptimalArcs]
) -> VisitSequence:
    """The best of the cheapest sequences: sets of weekdays are tried from the smallest on."""
    layers = [firsts]
    for arcs in optimal_arcs:
        layers.append(_targets(layers[-1], arcs))
    choices = {frozenset([candidate.weekday for candidate in layer]) for layer in layers}
    needed = frozenset().union(*(choice for choice in choices if len(choice) == 1))
    others = frozenset().union(*choices) - needed
    for size in range(len(others) + 1):
        found = []
        for more in combinations(others, size):
            weekdays = needed.union(more)
            if not any(map(weekdays.isdisjoint, choices)):
                nearest = _nearest_sequence(firsts, optimal_arcs, weekdays)
                if nearest:
                    found.append(VisitSequence(cost, len(weekdays), *nearest))
        if found:
            return min(found)
    raise AssertionError("the cheapest sequences use no weekday but those of their candidates")


def _targets(candidates: Iterable[Candidate], arcs: OptimalArcs) -> set[Candidate]:
    """The candidates to which the optimal arcs from these lead."""
    lists = {id(after): after for candidate in candidates for after in arcs[candidate]}
    return set().union(*lists.values())


def _nearest_sequence(
    firsts: set[Candidate], optimal_arcs: Sequence[OptimalArcs], weekdays: Collection[int]
) -> Completion | None:
    """The sequence on these weekdays with the fewest minutes from the wanted time, then earliest.

    None if no cheapest sequence keeps to the weekdays.
    """
    layers = [[candidate for candidate in firsts if candidate.weekday in weekdays]]
    for arcs in optimal_arcs:
        targets = _targets(layers[-1], arcs)
        layers.append([candidate for candidate in targets if candidate.weekday in weekdays])
    best: dict[Candidate, Completion] = {
        candidate: (candidate.minutes, (candidate.slot.start,), (candidate,))
        for candidate in layers.pop()
    }
    for layer, arcs in zip(reversed(layers), reversed(optimal_arcs), strict=True):
        nearest: dict[int, Completion | None] = {}
        longer: dict[Candidate, Completion] = {}
        for candidate in layer:
            lists = arcs[candidate]
            for candidates in lists:
                if id(candidates) not in nearest:
                    nearest[id(candidates)] = _nearest(map(best.get, candidates))
            rest = _nearest(nearest[id(candidates)] for candidates in lists)
            if rest:
                minutes, starts, following = rest
                longer[candidate] = (
                    candidate.minutes + minutes,
                    (candidate.slot.start, *starts),
                    (candidate, *following),
                )
        best = longer
    return _nearest(best.values())


def _nearest(completions: Iterable[Completion | None]) -> Completion | None:
    """The completion with the fewest minutes from the wanted time, then the earliest."""
    best = None
    for completion in completions:
        if completion and (best is None or completion[:2] < best[:2]):
            best = completion
    return best
