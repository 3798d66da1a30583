"""The chairs as a price list sees them: the moments at which they are counted, and what is free.

A visit takes a chair at every moment from its start until before its end. As many as there are at
once there are at some moment at which a visit begins: only these have to be counted.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from ketasched.model import Clinic
from ketasched.planning.shortest_path import Candidate
from ketasched.rules.base import Bookings

Times = tuple[float, float]
"""Start and end of a visit, in POSIX seconds."""


@dataclass(slots=True)
class Pools:
    """The pools of places, by number: one of a pool's places is all that a visit needs.

    Where no rule looks at the clock, it does not matter to a course which one that is. Those who
    can come at the same times of a day share a pool.
    """

    places: list[tuple[Times, ...]] = field(default_factory=list)
    _known: dict[tuple[Times, ...], int] = field(default_factory=dict)

    def number(self, candidates: Iterable[Candidate]) -> int:
        """The number of the pool of these stops."""
        key = tuple(
            sorted((candidate.moment, candidate.slot.end.timestamp()) for candidate in candidates)
        )
        if key not in self._known:
            self._known[key] = len(self.places)
            self.places.append(key)
        return self._known[key]


@dataclass(frozen=True, slots=True)
class Limit:
    """At a moment (by number) no more than `most` may be there; with `begins`, begin there."""

    moment: int
    most: int
    begins: bool


@dataclass(frozen=True, slots=True)
class Chairs:
    """What is free for the places of all pools, in order.

    `spans` has for each place the number of its first moment and of the one after its last;
    `offsets` has for each pool where its places begin.
    """

    limits: tuple[Limit, ...]
    moments: int
    times: tuple[Times, ...]
    spans: tuple[tuple[int, int], ...]
    offsets: tuple[int, ...]

    def places(self, pool: int) -> range:
        """The numbers of a pool's places."""
        ends = (*self.offsets, len(self.times))
        return range(ends[pool], ends[pool + 1])

    def concerns(self, limit: Limit, place: int) -> bool:
        """Whether a visit at this place counts for the limit."""
        first, last = self.spans[place]
        return limit.moment == first if limit.begins else first <= limit.moment < last


def chairs_of(clinic: Clinic, bookings: Bookings, pools: Pools) -> Chairs:
    """The moments and the limits that matter to these pools, beside what is booked."""
    times = tuple(times for pool in pools.places for times in pool)
    booked = [visit for day in bookings.values() for visit in day]
    taken_from = sorted(begin.timestamp() for begin, _ in booked)
    taken_to = sorted(end.timestamp() for _, end in booked)
    begins = sorted({begin for begin, _ in times})
    moments = sorted({*begins, *taken_from})
    spans = tuple((bisect_left(moments, begin), bisect_left(moments, end)) for begin, end in times)
    limits: list[Limit] = []
    if clinic.chairs is not None:
        counted = {moment for span in set(spans) for moment in range(*span)}
        for number in sorted(counted):
            there = bisect_right(taken_from, moments[number])
            there -= bisect_right(taken_to, moments[number])
            limits.append(Limit(number, clinic.chairs - there, begins=False))
    if clinic.starts_per_slot is not None:
        for begin in begins:
            together = bisect_right(taken_from, begin) - bisect_left(taken_from, begin)
            number = bisect_left(moments, begin)
            limits.append(Limit(number, clinic.starts_per_slot - together, begins=True))
    offsets = tuple(accumulate((len(pool) for pool in pools.places), initial=0))[:-1]
    return Chairs(tuple(limits), len(moments), times, spans, offsets)
