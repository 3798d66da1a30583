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

Onward = Callable[[int, "Stop", float], Iterable[tuple[int, list["Stop"]]]]
"""The steps from a stop to visit number `index` (from 0) that cost at most so much, prices being
0 or more. Stops of one day that cost the same come together: where many stops lead to the same
ones they had better be given as one and the same list, which is then looked through once.
"""

Steps = dict["Stop", list[tuple[int, list["Stop"]]]]
Tight = dict["Stop", list[list["Stop"]]]
Best = tuple[int, tuple[datetime, ...], tuple["Stop", ...]]
"""Minutes from the wanted time, starts, stops."""


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
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
class Chain:
    """A chain and what it costs; the order of its fields is the order of preference."""

    price: int
    weekdays: int
    minutes: int
    starts: tuple[datetime, ...]
    stops: tuple[Stop, ...]


def cheapest_chain(
    firsts: Iterable[tuple[int, Stop]],
    count: int,
    onward: Onward,
    may_end: Callable[[Stop], bool],
    budget: float,
) -> Chain | None:
    """The best chain of `count` stops that costs at most `budget`, or None.

    `firsts` are the possible first stops with their prices. `may_end` says whether a chain may
    end at a stop.
    """
    start = {stop: price for price, stop in firsts if price <= budget}
    layers = _reachable(start, count, onward, budget)
    if layers is None:
        return None
    to_go, tight = _cheapest_to_go(layers, may_end)
    price = min((start[stop] + rest for stop, rest in to_go.items()), default=None)
    if price is None or price > budget:
        return None
    best = [stop for stop, rest in to_go.items() if start[stop] + rest == price]
    return _fewest_weekdays(price, best, tight)


def lowest_price(
    firsts: Iterable[tuple[int, Stop]],
    count: int,
    onward: Onward,
    budget: float,
) -> int | None:
    """What the cheapest chain costs, if that is at most `budget`; which one it is is not asked."""
    start = {stop: price for price, stop in firsts if price <= budget}
    layers = _reachable(start, count, onward, budget)
    if layers is None:
        return None
    to_go, _ = _cheapest_to_go(layers, lambda stop: True)
    return min((start[stop] + rest for stop, rest in to_go.items()), default=None)


def _reachable(
    start: dict[Stop, int],
    count: int,
    onward: Onward,
    budget: float,
) -> list[Steps] | None:
    """For each layer the stops within the budget, each with the steps from it."""
    layers: list[Steps] = []
    spent = start
    for index in range(1, count):
        steps: Steps = {}
        following: dict[Stop, int] = {}
        reached: dict[int, int] = {}
        for stop, so_far in spent.items():
            steps[stop] = list(onward(index, stop, budget - so_far))
            for price, stops in steps[stop]:
                total = so_far + price
                if total < reached.get(id(stops), budget + 1):
                    reached[id(stops)] = total
                    for after in stops:
                        if total < following.get(after, budget + 1):
                            following[after] = total
        layers.append(steps)
        spent = following
    if not spent:
        return None
    layers.append({stop: [] for stop in spent})
    return layers


def _cheapest_to_go(
    layers: Sequence[Steps], may_end: Callable[[Stop], bool]
) -> tuple[dict[Stop, int], list[Tight]]:
    """The lowest price from each first stop to an end, and by layer the tight steps."""
    to_go = {stop: 0 for stop in layers[-1] if may_end(stop)}
    tight: list[Tight] = [{stop: [] for stop in to_go}]
    for steps in reversed(layers[:-1]):
        here: dict[Stop, int] = {}
        tight_here: Tight = {}
        known: dict[int, tuple[int, list[Stop]]] = {}
        for stop, onward in steps.items():
            totals = []
            for price, stops in onward:
                if id(stops) not in known:
                    known[id(stops)] = _nearest_to_an_end(stops, to_go)
                rest, best = known[id(stops)]
                if best:
                    totals.append((price + rest, best))
            if totals:
                least = min(total for total, _ in totals)
                here[stop] = least
                tight_here[stop] = [best for total, best in totals if total == least]
        to_go = here
        tight.append(tight_here)
    tight.reverse()
    return to_go, tight


def _nearest_to_an_end(stops: list[Stop], to_go: Mapping[Stop, int]) -> tuple[int, list[Stop]]:
    """The lowest price to go from any of these stops, and those that have it; none: no end."""
    least = min((to_go[stop] for stop in stops if stop in to_go), default=0)
    return least, [stop for stop in stops if to_go.get(stop) == least]


def _fewest_weekdays(price: int, firsts: Sequence[Stop], tight: Sequence[Tight]) -> Chain:
    """The best of the cheapest chains, trying sets of weekdays from the smallest on."""
    layers = _weekdays_by_layer(firsts, tight)
    used = sorted(frozenset().union(*layers))
    for size in range(1, len(used) + 1):
        found = [
            Chain(price, size, minutes, starts, stops)
            for weekdays in combinations(used, size)
            if not any(layer.isdisjoint(weekdays) for layer in layers)
            if (best := _nearest_chain(firsts, tight, frozenset(weekdays)))
            for minutes, starts, stops in (best,)
        ]
        if found:
            return min(found)
    raise AssertionError("a cheapest chain keeps to the weekdays that cheapest chains use")


def _weekdays_by_layer(firsts: Sequence[Stop], tight: Sequence[Tight]) -> list[frozenset[int]]:
    """For each visit the weekdays on which a cheapest chain may have it."""
    here = set(firsts)
    found = [frozenset(stop.weekday for stop in here)]
    for layer in tight[:-1]:
        here = _onward(here, layer)
        found.append(frozenset(stop.weekday for stop in here))
    return found


def _onward(here: set[Stop], layer: Tight) -> set[Stop]:
    """The stops to which tight steps lead from these."""
    lists = {id(stops): stops for stop in here for stops in layer[stop]}
    return {after for stops in lists.values() for after in stops}


def _nearest_chain(
    firsts: Sequence[Stop], tight: Sequence[Tight], weekdays: frozenset[int]
) -> Best | None:
    """The chain on these weekdays with the fewest minutes from the wanted time, then earliest."""
    here = {stop for stop in firsts if stop.weekday in weekdays}
    reached = [here]
    for layer in tight[:-1]:
        here = {stop for stop in _onward(here, layer) if stop.weekday in weekdays}
        if not here:
            return None
        reached.append(here)
    best: dict[Stop, Best] = {
        stop: (stop.minutes, (stop.slot.start,), (stop,)) for stop in reached[-1]
    }
    for here, layer in zip(reversed(reached[:-1]), reversed(tight[:-1]), strict=True):
        lists = {id(stops): stops for stop in here for stops in layer[stop]}
        nearest = {key: _nearest(stops, best) for key, stops in lists.items()}
        best = {
            stop: (stop.minutes + minutes, (stop.slot.start, *starts), (stop, *chain))
            for stop in here
            if (rest := [one for stops in layer[stop] if (one := nearest[id(stops)])])
            for minutes, starts, chain in (min(rest, key=_order),)
        }
    return min(best.values(), key=_order, default=None)


def _nearest(stops: list[Stop], best: Mapping[Stop, Best]) -> Best | None:
    return min((best[stop] for stop in stops if stop in best), key=_order, default=None)


def _order(found: Best) -> tuple[int, tuple[datetime, ...]]:
    return found[:2]
