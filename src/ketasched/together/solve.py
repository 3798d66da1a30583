"""The plan of all on the clinic's chairs, and the proof of how good it is.

First the prices find their level, which gives a bound and good courses; then it is chosen among
these; and where the choice is not as good as the bound, among all courses that could be part of a
better one. All effort is counted, not measured: the same input has the same answer.

This is the way into the modules that need OR-tools and NumPy.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from ketasched.model import Clinic, Slot
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.rules.base import Bookings
from ketasched.together.capacity import Chairs, Pools, chairs_of
from ketasched.together.column_generation import Effort, Market, value_of, worth_at
from ketasched.together.layered_graph import NOWHERE, Drawing, Layer
from ketasched.together.pricing import Column, Courses, Weights
from ketasched.together.records import NOTHING, Worth
from ketasched.together.selection import Choice, Chosen

SECONDS = 2.0
"""How many seconds of a usual machine one of CP-SAT's deterministic seconds takes."""

A_FEW, AT_ONCE = 0.4, 0.3
"""How large a part of the patients choose anew at first, for so many of CP-SAT's seconds."""

BUILDING = 5e-5
"""How many seconds of a usual machine a course costs that may be chosen."""

MOST_NEAR = 20_000
"""Among more courses than these it is not chosen."""

PARTS = 1000
"""Into how many parts a seat is cut where only seats count."""


Known = Mapping[int, tuple[Worth, Sequence[Slot]]]
"""A known plan: by patient, what their course is worth and the slots of its visits."""


@dataclass(frozen=True, slots=True)
class Solution:
    """For each patient the stops of their course, None for who waits; no plan is worth more than
    `bound`.
    """

    candidates: tuple[tuple[Candidate, ...] | None, ...]
    worth: Worth
    bound: Worth


def solve(
    searches: Sequence[Search],
    priorities: Sequence[int],
    clinic: Clinic,
    bookings: Bookings,
    known: Known,
    *,
    limit: float,
    seed: int,
) -> Solution:
    """The best plan that is found in about `limit` seconds of a usual machine, from a known one
    on: never a worse one.
    """
    pools = Pools()
    maps = [Drawing(search, pools).draw() for search in searches]
    weights = _weights(maps)
    chairs = chairs_of(clinic, bookings, pools)
    market = Market(chairs, Courses(maps), priorities, weights)
    effort = Effort(limit)
    first = _known(market, maps, known)
    market.settle(effort)
    _cap_seats(market, effort)
    chosen = _chosen(market, first, effort, seed)
    found: list[tuple[Candidate, ...] | None] = [None] * len(searches)
    for column, candidates in _placed(chairs, chosen, searches):
        found[column.patient] = candidates
    return Solution(tuple(found), worth_at(chosen.value, weights), worth_at(market.bound, weights))


def _weights(maps: Sequence[Sequence[Layer]]) -> Weights:
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


def _known(market: Market, maps: Sequence[Sequence[Layer]], known: Known) -> Chosen:
    """The choice of these courses, by patient, each as the slots of its visits."""
    columns: list[Column] = []
    places: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for patient, (worth, slots) in known.items():
        candidates, pools = [], []
        for layer, slot in zip(maps[patient], slots, strict=True):
            begin, day = slot.start.timestamp(), slot.start.toordinal()
            number = min(
                range(len(layer.candidates)),
                key=lambda n: (
                    layer.candidates[n].day != day,
                    layer.candidates[n].moment != begin,
                ),
            )
            candidates.append(layer.candidates[number])
            pools.append(layer.pools[number])
            if pools[-1] != NOWHERE:
                times = begin, slot.end.timestamp()
                own = market.chairs.places(pools[-1])
                place = next(one for one in own if market.chairs.times[one] == times)
                places[pools[-1]][place] += 1
        columns.append(
            Column(patient, worth.delay, worth.spacing, tuple(candidates), tuple(pools))
        )
    worth = sum((worth for worth, _ in known.values()), NOTHING)
    market.master.add(columns)
    return Chosen(value_of(worth, market.weights), tuple(columns), places, 0)


def _chosen(market: Market, known: Chosen, effort: Effort, seed: int) -> Chosen:
    """The best choice of courses, as far as the effort goes; the bound rises with the proof.

    At first as many are seated as could be at most, which mostly can be and is quick to settle;
    else it goes on from the known choice.
    """
    seated = worth_at(market.bound, market.weights).seated
    search = _Choosing(market, effort, seed)
    found = search.best(market.master.columns, 1 / 3, seated)
    chosen = found if found.value < known.value else known
    if chosen.value <= market.bound:
        return chosen
    near = market.near(chosen.value, MOST_NEAR)
    if near is not None:
        as_many = worth_at(chosen.value, market.weights).seated == seated
        better = search.best(near, 1 / 2, seated if as_many else None, chosen)
        if better.value < chosen.value:
            chosen = better
        if better.proven:
            market.prove(chosen.value)
            return chosen
    return search.around(near or market.master.columns, chosen, seated)


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
            return Chosen(0, (), {}, 0)
        priorities = market.priorities.tolist()
        choice = Choice(market.chairs, columns, priorities, market.weights)
        if known is not None:
            choice.begin_with(known)
        chosen = choice.best(market.bound, seated, seconds, self.seed)
        self.effort.spend(chosen.spent * SECONDS)
        return chosen

    def around(self, columns: Sequence[Column], chosen: Chosen, seated: int | None) -> Chosen:
        """The best choice that is found from this one on: again and again some patients, and all
        who wait, choose anew, and the others keep their days. No more than `seated` can be.
        """
        random = Random(self.seed)  # noqa: S311 - nothing secret
        share = A_FEW
        while self.effort.left > 0 and chosen.value != self.market.bound:
            own = {column.patient: column.candidates for column in chosen.columns}
            kept = {patient for patient in own if random.random() > share}
            some = [
                column
                for column in columns
                if column.patient not in kept or column.candidates == own[column.patient]
            ]
            known = {(column.patient, column.candidates) for column in some}
            some += [one for one in chosen.columns if (one.patient, one.candidates) not in known]
            as_many = worth_at(chosen.value, self.market.weights).seated == seated
            part = AT_ONCE * SECONDS / self.effort.left
            found = self.best(some, part, seated if as_many else None, chosen)
            self.effort.spend(len(some) * BUILDING)
            all_chose = not kept and found.proven
            share = min(share * 1.1, 1) if found.proven else share * 0.9
            if found.value < chosen.value:
                chosen = found
            if all_chose:
                break
        return chosen


def _placed(
    chairs: Chairs, chosen: Chosen, searches: Sequence[Search]
) -> list[tuple[Column, tuple[Candidate, ...]]]:
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
        candidates = []
        for candidate, pool in zip(column.candidates, column.pools, strict=True):
            if pool != NOWHERE:
                offered = days.candidates(candidate.slot.kind, candidate.day, by_clock=True)
                left = [(one.moment, one.slot.end.timestamp()) for one in offered]
                place, candidate = min(
                    (
                        (times, one)
                        for times, one in zip(left, offered, strict=True)
                        if times in free[pool]
                    ),
                    key=lambda found: found[1].minutes,
                )
                free[pool].remove(place)
            candidates.append(candidate)
        found.append((column, tuple(candidates)))
    return found
