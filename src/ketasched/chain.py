"""The kernel: the cheapest chain of visits.

A chain takes one stop from each layer: the first visit, the second, and so on. What a step costs
comes from outside, so that planning, revising and planning many at once differ only in prices.
Among the chains of the lowest price the one with the fewest weekdays wins, then the one nearest
to the wanted time of day, then the one with the earlier starts.

It is exact. A forward pass keeps what can be reached within the budget, a backward pass finds the
lowest price to go, and only steps that lie on a cheapest chain ("tight" ones) are looked at again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from ketasched.model import Slot

Steps = dict["Stop", list[tuple[int, "Stop"]]]


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """A slot as the kernel sees it: its day (`date.toordinal`), and how far it is, in minutes,
    from the wanted time of day. Two stops are the same only if they are one object.
    """

    slot: Slot
    day: int
    minutes: int

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
    onward: Callable[[int, Stop, float], Iterable[tuple[int, Stop]]],
    may_end: Callable[[Stop], bool],
    budget: float,
) -> Chain | None:
    """The best chain of `count` stops that costs at most `budget`, or None.

    `firsts` are the possible first stops with their prices. `onward(index, stop, most)` gives the
    steps from `stop` to visit number `index` (from 0) that cost at most `most`, prices being 0 or
    more. `may_end` says whether a chain may end at a stop.
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
    onward: Callable[[int, Stop, float], Iterable[tuple[int, Stop]]],
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
    onward: Callable[[int, Stop, float], Iterable[tuple[int, Stop]]],
    budget: float,
) -> list[Steps] | None:
    """For each layer the stops within the budget, each with the steps from it."""
    layers: list[Steps] = []
    spent = start
    for index in range(1, count):
        steps: Steps = {}
        following: dict[Stop, int] = {}
        for stop, so_far in spent.items():
            steps[stop] = list(onward(index, stop, budget - so_far))
            for price, after in steps[stop]:
                total = so_far + price
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
) -> tuple[dict[Stop, int], list[dict[Stop, list[Stop]]]]:
    """The lowest price from each first stop to an end, and by layer the tight steps."""
    to_go = {stop: 0 for stop in layers[-1] if may_end(stop)}
    tight: list[dict[Stop, list[Stop]]] = [{stop: [] for stop in to_go}]
    for steps in reversed(layers[:-1]):
        here: dict[Stop, int] = {}
        tight_here: dict[Stop, list[Stop]] = {}
        for stop, onward in steps.items():
            totals = [(price + to_go[after], after) for price, after in onward if after in to_go]
            if totals:
                least = min(total for total, _ in totals)
                here[stop] = least
                tight_here[stop] = [after for total, after in totals if total == least]
        to_go = here
        tight.append(tight_here)
    tight.reverse()
    return to_go, tight


def _fewest_weekdays(
    price: int, firsts: Sequence[Stop], tight: Sequence[dict[Stop, list[Stop]]]
) -> Chain:
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


def _weekdays_by_layer(
    firsts: Sequence[Stop], tight: Sequence[dict[Stop, list[Stop]]]
) -> list[frozenset[int]]:
    """For each visit the weekdays on which a cheapest chain may have it."""
    here = set(firsts)
    found = [frozenset(stop.weekday for stop in here)]
    for layer in tight[:-1]:
        here = {after for stop in here for after in layer[stop]}
        found.append(frozenset(stop.weekday for stop in here))
    return found


def _nearest_chain(
    firsts: Sequence[Stop],
    tight: Sequence[dict[Stop, list[Stop]]],
    weekdays: frozenset[int],
) -> tuple[int, tuple[datetime, ...], tuple[Stop, ...]] | None:
    """The chain on these weekdays with the fewest minutes from the wanted time, then earliest."""
    here = {stop for stop in firsts if stop.weekday in weekdays}
    reached = [here]
    for layer in tight[:-1]:
        here = {after for stop in here for after in layer[stop] if after.weekday in weekdays}
        if not here:
            return None
        reached.append(here)
    best: dict[Stop, tuple[int, tuple[datetime, ...], tuple[Stop, ...]]] = {
        stop: (stop.minutes, (stop.slot.start,), (stop,)) for stop in reached[-1]
    }
    for stops, layer in zip(reversed(reached[:-1]), reversed(tight[:-1]), strict=True):
        following, best = best, {}
        for stop in stops:
            rest = [following[after] for after in layer[stop] if after in following]
            if rest:
                minutes, starts, chain = min(rest, key=lambda found: found[:2])
                best[stop] = (
                    stop.minutes + minutes,
                    (stop.slot.start, *starts),
                    (stop, *chain),
                )
    return min((best[stop] for stop in best), key=lambda found: found[:2], default=None)
