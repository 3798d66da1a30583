"""The plan of all on the clinic's chairs, and the proof of how good it is.

First the prices find their level, which gives a bound and good courses; then it is chosen among
these; and where the choice is not as good as the bound, among all courses that could be part of a
better one. All effort is counted, not measured: the same input has the same answer.

This is the way into the modules that need OR-tools and NumPy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ketasched.chain import Stop
from ketasched.model import Clinic
from ketasched.search import Search
from ketasched.shapes import Bookings
from ketasched.together.chairs import Chairs, Pools, chairs_of
from ketasched.together.choose import Choice, Chosen
from ketasched.together.maps import NOWHERE, Drawing, Layer
from ketasched.together.market import Effort, Market, worth_at
from ketasched.together.nouns import Worth
from ketasched.together.pricing import Column, Courses, Weights

SECONDS = 2.0
"""How many seconds of a usual machine one of CP-SAT's deterministic seconds takes."""

MOST_NEAR = 20_000
"""Among more courses than these it is not chosen."""

PARTS = 1000
"""Into how many parts a seat is cut where only seats count."""


@dataclass(frozen=True, slots=True)
class Solution:
    """For each patient the stops of their course, None for who waits; `worth` None: none found.

    No plan is worth more than `bound`.
    """

    stops: tuple[tuple[Stop, ...] | None, ...]
    worth: Worth | None
    bound: Worth


def solve(
    searches: Sequence[Search],
    priorities: Sequence[int],
    clinic: Clinic,
    bookings: Bookings,
    *,
    limit: float,
    seed: int,
) -> Solution:
    """The best plan that is found in about `limit` seconds of a usual machine."""
    pools = Pools()
    maps = [Drawing(search, pools).draw() for search in searches]
    weights = _weights(searches, maps)
    chairs = chairs_of(clinic, bookings, pools)
    market = Market(chairs, Courses(maps), priorities, weights)
    effort = Effort(limit)
    market.settle(effort)
    _cap_seats(market, effort)
    chosen = _chosen(market, effort, seed)
    found: list[tuple[Stop, ...] | None] = [None] * len(searches)
    for column, stops in _placed(chairs, chosen, searches):
        found[column.patient] = stops
    worth = None if chosen.value is None else worth_at(chosen.value, weights)
    return Solution(tuple(found), worth, worth_at(market.bound, weights))


def _weights(searches: Sequence[Search], maps: Sequence[Sequence[Layer]]) -> Weights:
    """Weights such that no spacing outweighs a day of delay, and neither outweighs a seat."""
    delay = sum(max(price for ways in layers[0].ways for _, price in ways) for layers in maps)
    spacing = sum(
        max(price for ways in layer.ways for _, price in ways)
        for layers in maps
        for layer in layers[1:]
    )
    return Weights((delay + 1) * (spacing + 1), spacing + 1, 1)


def _cap_seats(market: Market, effort: Effort) -> None:
    """Where the relaxation seats part of a patient, prove how many can be seated, and heed it."""
    if worth_at(market.bound, market.weights).seated <= market.seated + 1e-6:
        return
    alone = Market(market.chairs, market.courses, market.priorities, Weights(PARTS, 0, 0))
    alone.master.add(market.master.columns)
    alone.settle(effort)
    most = -alone.bound // PARTS
    if most < market.seats:
        market.seat_at_most(most)
        market.settle(effort)


def _chosen(market: Market, effort: Effort, seed: int) -> Chosen:
    """The best choice of courses, as far as the effort goes; the bound rises with the proof.

    At first as many are seated as could be at most, which mostly can be and is quick to settle.
    """
    seated = worth_at(market.bound, market.weights).seated
    usual = market.master.columns
    search = _Choosing(market, effort, seed)
    chosen = search.best(usual, 1 / 3, seated)
    if chosen.value is None:
        chosen = search.best(usual, 1 / 3)
    if chosen.value is None or chosen.value <= market.bound:
        return chosen
    near = market.near(chosen.value, MOST_NEAR)
    as_many = worth_at(chosen.value, market.weights).seated == seated
    better = search.best(near or usual, 1, seated if as_many else None, chosen)
    if better.proven and near is not None:
        values = [one.value for one in (chosen, better) if one.value is not None]
        market.prove(min(values))
    return better if better.value is not None and better.value < chosen.value else chosen


@dataclass(frozen=True, slots=True)
class _Choosing:
    """Chooses, as far as the effort goes."""

    market: Market
    effort: Effort
    seed: int

    def best(
        self,
        columns: Sequence[Column],
        part: float,
        seated: int | None = None,
        known: Chosen | None = None,
    ) -> Chosen:
        """The best choice that a part of what is left finds, from a known one on."""
        market, seconds = self.market, self.effort.left * part / SECONDS
        if seconds <= 0 or not columns:
            return Chosen(None, (), {}, 0)
        priorities = market.priorities.tolist()
        choice = Choice(market.chairs, columns, priorities, market.weights)
        if known is not None:
            choice.begin_with(known)
        chosen = choice.best(market.bound, seated, seconds, self.seed)
        self.effort.spend(chosen.spent * SECONDS)
        return chosen


def _placed(
    chairs: Chairs, chosen: Chosen, searches: Sequence[Search]
) -> list[tuple[Column, tuple[Stop, ...]]]:
    """Each course with a stop for each of its visits: of what is free the nearest to the time
    that is wanted.
    """
    free = {
        pool: [chairs.times[place] for place, number in own.items() for _ in range(number)]
        for pool, own in chosen.places.items()
    }
    found = []
    for column in chosen.columns:
        days = searches[column.patient].days
        stops = []
        for stop, pool in zip(column.stops, column.pools, strict=True):
            if pool != NOWHERE:
                offered = days.stops(stop.slot.kind, stop.day, by_clock=True)
                left = [(one.moment, one.slot.end.timestamp()) for one in offered]
                place, stop = min(
                    (
                        (times, one)
                        for times, one in zip(left, offered, strict=True)
                        if times in free[pool]
                    ),
                    key=lambda found: found[1].minutes,
                )
                free[pool].remove(place)
            stops.append(stop)
        found.append((column, tuple(stops)))
    return found
