"""The kernel: the cheapest chain of visits.

A chain takes one stop from each layer: the first visit, the second, and so on. What a step costs
comes from outside, so that planning, revising and planning many at once differ only in prices.
Among the chains of the lowest price the one with the fewest weekdays wins, then the one nearest
to the wanted time of day, then the one with the earlier starts.

It is exact. A forward pass keeps what can be reached within the budget, a backward pass finds the
lowest price to go, and only steps that lie on a cheapest chain ("tight" ones) are looked at again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from ketasched.model import Slot

Onward = Callable[[int, "Candidate", float], Iterable[tuple[int, list["Candidate"]]]]
"""The steps from a stop to visit number `index` (from 0) that cost at most so much, prices being
0 or more. Stops of one day that cost the same come together: where many stops lead to the same
ones they had better be given as one and the same list, which is then looked through once.
"""

Steps = dict["Candidate", list[tuple[int, list["Candidate"]]]]
OptimalArcs = dict["Candidate", list[list["Candidate"]]]
BestFrom = tuple[int, tuple[datetime, ...], tuple["Candidate", ...]]
"""Minutes from the wanted time, starts, stops."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A slot as the kernel sees it: its day (`date.toordinal`), and how far it is, in minutes,
    from the wanted time of day; `moment` is its start in POSIX seconds. Two stops are the same
    only if they are one object.
    """

    slot: Slot
    day: int
    minutes: int
    moment: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "moment", self.slot.start.timestamp())

    @property
    def weekday(self) -> int:
        """Monday is 0."""
        return (self.day - 1) % 7


@dataclass(frozen=True, slots=True, order=True)
class VisitSequence:
    """A chain and what it costs; the order of its fields is the order of preference."""

    cost: int
    weekdays: int
    minutes: int
    starts: tuple[datetime, ...]
    candidates: tuple[Candidate, ...]


def cheapest_sequence(
    firsts: Iterable[tuple[int, Candidate]],
    count: int,
    onward: Onward,
    may_end: Callable[[Candidate], bool],
    budget: float,
) -> VisitSequence | None:
    """The best chain of `count` stops that costs at most `budget`, or None.

    `firsts` are the possible first stops with their prices. `may_end` says whether a chain may
    end at a stop.
    """
    start = {candidate: cost for cost, candidate in firsts if cost <= budget}
    layers = _reachable(start, count, onward, budget)
    if layers is None:
        return None
    to_go, tight = _cost_to_go(layers, may_end)
    cost = min((start[candidate] + rest for candidate, rest in to_go.items()), default=None)
    if cost is None or cost > budget:
        return None
    best = [candidate for candidate, rest in to_go.items() if start[candidate] + rest == cost]
    return _fewest_weekdays(cost, best, tight)


def lowest_cost(
    firsts: Iterable[tuple[int, Candidate]],
    count: int,
    onward: Onward,
    budget: float,
) -> int | None:
    """What the cheapest chain costs, if that is at most `budget`; which one it is is not asked."""
    start = {candidate: cost for cost, candidate in firsts if cost <= budget}
    layers = _reachable(start, count, onward, budget)
    if layers is None:
        return None
    to_go, _ = _cost_to_go(layers, lambda candidate: True)
    return min((start[candidate] + rest for candidate, rest in to_go.items()), default=None)


def _reachable(
    start: dict[Candidate, int],
    count: int,
    onward: Onward,
    budget: float,
) -> list[Steps] | None:
    """For each layer the stops within the budget, each with the steps from it."""
    layers: list[Steps] = []
    spent = start
    for index in range(1, count):
        steps: Steps = {}
        following: dict[Candidate, int] = {}
        reached: dict[int, int] = {}
        for candidate, so_far in spent.items():
            steps[candidate] = list(onward(index, candidate, budget - so_far))
            for cost, candidates in steps[candidate]:
                total = so_far + cost
                if total < reached.get(id(candidates), budget + 1):
                    reached[id(candidates)] = total
                    for after in candidates:
                        if total < following.get(after, budget + 1):
                            following[after] = total
        layers.append(steps)
        spent = following
    if not spent:
        return None
    layers.append({candidate: [] for candidate in spent})
    return layers


def _cost_to_go(
    layers: Sequence[Steps], may_end: Callable[[Candidate], bool]
) -> tuple[dict[Candidate, int], list[OptimalArcs]]:
    """The lowest price from each first stop to an end, and by layer the tight steps."""
    to_go = {candidate: 0 for candidate in layers[-1] if may_end(candidate)}
    tight: list[OptimalArcs] = [{candidate: [] for candidate in to_go}]
    for steps in reversed(layers[:-1]):
        here: dict[Candidate, int] = {}
        tight_here: OptimalArcs = {}
        known: dict[int, tuple[int, list[Candidate]]] = {}
        for candidate, onward in steps.items():
            totals = []
            for cost, candidates in onward:
                if id(candidates) not in known:
                    known[id(candidates)] = _best_continuations(candidates, to_go)
                rest, best = known[id(candidates)]
                if best:
                    totals.append((cost + rest, best))
            if totals:
                least = min(total for total, _ in totals)
                here[candidate] = least
                tight_here[candidate] = [best for total, best in totals if total == least]
        to_go = here
        tight.append(tight_here)
    tight.reverse()
    return to_go, tight


def _best_continuations(
    candidates: list[Candidate], to_go: Mapping[Candidate, int]
) -> tuple[int, list[Candidate]]:
    """The lowest price to go from any of these stops, and those that have it; none: no end."""
    least = min((to_go[candidate] for candidate in candidates if candidate in to_go), default=0)
    return least, [candidate for candidate in candidates if to_go.get(candidate) == least]


def _fewest_weekdays(
    cost: int, firsts: Sequence[Candidate], tight: Sequence[OptimalArcs]
) -> VisitSequence:
    """The best of the cheapest chains, trying sets of weekdays from the smallest on."""
    layers = _weekdays_by_layer(firsts, tight)
    used = sorted(frozenset().union(*layers))
    for size in range(1, len(used) + 1):
        found = [
            VisitSequence(cost, size, minutes, starts, candidates)
            for weekdays in combinations(used, size)
            if not any(layer.isdisjoint(weekdays) for layer in layers)
            if (best := _nearest_sequence(firsts, tight, frozenset(weekdays)))
            for minutes, starts, candidates in (best,)
        ]
        if found:
            return min(found)
    raise AssertionError("a cheapest chain keeps to the weekdays that cheapest chains use")


def _weekdays_by_layer(
    firsts: Sequence[Candidate], tight: Sequence[OptimalArcs]
) -> list[frozenset[int]]:
    """For each visit the weekdays on which a cheapest chain may have it."""
    here = set(firsts)
    found = [frozenset(candidate.weekday for candidate in here)]
    for layer in tight[:-1]:
        here = _onward(here, layer)
        found.append(frozenset(candidate.weekday for candidate in here))
    return found


def _onward(here: set[Candidate], layer: OptimalArcs) -> set[Candidate]:
    """The stops to which tight steps lead from these."""
    lists = {id(candidates): candidates for candidate in here for candidates in layer[candidate]}
    return {after for candidates in lists.values() for after in candidates}


def _nearest_sequence(
    firsts: Sequence[Candidate], tight: Sequence[OptimalArcs], weekdays: frozenset[int]
) -> BestFrom | None:
    """The chain on these weekdays with the fewest minutes from the wanted time, then earliest."""
    here = {candidate for candidate in firsts if candidate.weekday in weekdays}
    reached = [here]
    for layer in tight[:-1]:
        here = {candidate for candidate in _onward(here, layer) if candidate.weekday in weekdays}
        if not here:
            return None
        reached.append(here)
    best: dict[Candidate, BestFrom] = {
        candidate: (candidate.minutes, (candidate.slot.start,), (candidate,))
        for candidate in reached[-1]
    }
    for here, layer in zip(reversed(reached[:-1]), reversed(tight[:-1]), strict=True):
        lists = {
            id(candidates): candidates for candidate in here for candidates in layer[candidate]
        }
        nearest = {key: _nearest(candidates, best) for key, candidates in lists.items()}
        best = {
            candidate: (
                candidate.minutes + minutes,
                (candidate.slot.start, *starts),
                (candidate, *chain),
            )
            for candidate in here
            if (
                rest := [
                    one for candidates in layer[candidate] if (one := nearest[id(candidates)])
                ]
            )
            for minutes, starts, chain in (min(rest, key=_order),)
        }
    return min(best.values(), key=_order, default=None)


def _nearest(candidates: list[Candidate], best: Mapping[Candidate, BestFrom]) -> BestFrom | None:
    return min(
        (best[candidate] for candidate in candidates if candidate in best),
        key=_order,
        default=None,
    )


def _order(found: BestFrom) -> tuple[int, tuple[datetime, ...]]:
    return found[:2]
