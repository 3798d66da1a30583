"""The capacity constraints of the linear programme: free chairs at the instants that matter.

A visit takes a chair from its start until before its end. The number of visits at once rises only
where a visit begins, so that one constraint for each such instant is enough.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from ketasched.model import Clinic
from ketasched.model.occupancy import Interval, Occupancy
from ketasched.planning.shortest_path import Candidate


@dataclass(slots=True)
class SlotClasses:
    """Sets of alternative intervals, numbered: a visit needs one interval of its class.

    If no rule depends on times of day, a course may use any interval of the day. Visits with the
    same alternatives share a class.
    """

    intervals: list[tuple[Interval, ...]] = field(default_factory=list)
    _known: dict[tuple[Interval, ...], int] = field(default_factory=dict)

    def number(self, candidates: Iterable[Candidate]) -> int:
        """The number of the class of these candidates."""
        key = tuple(
            sorted((candidate.moment, candidate.slot.end.timestamp()) for candidate in candidates)
        )
        if key not in self._known:
            self._known[key] = len(self.intervals)
            self.intervals.append(key)
        return self._known[key]


@dataclass(frozen=True, slots=True)
class CapacityLimit:
    """At most `most` visits at an instant (by number); with `begins`, that many may begin then."""

    instant: int
    most: int
    begins: bool


@dataclass(frozen=True, slots=True)
class ChairCapacity:
    """The capacity limits for the intervals of all slot classes, which are numbered in order.

    `instants` is the number of counted instants. `spans` holds for each interval the numbers of
    its first instant (inclusive) and its end (exclusive); `offsets` for each slot class the number
    of its first interval.
    """

    limits: tuple[CapacityLimit, ...]
    instants: int
    intervals: tuple[Interval, ...]
    spans: tuple[tuple[int, int], ...]
    offsets: tuple[int, ...]

    def intervals_of(self, slot_class: int) -> range:
        """The numbers of the intervals of a slot class."""
        ends = (*self.offsets, len(self.intervals))
        return range(ends[slot_class], ends[slot_class + 1])

    def counts(self, limit: CapacityLimit, interval: int) -> bool:
        """Whether a visit in this interval counts for the limit."""
        first, last = self.spans[interval]
        return limit.instant == first if limit.begins else first <= limit.instant < last


def chair_capacity(
    clinic: Clinic, occupancy: Occupancy, slot_classes: SlotClasses
) -> ChairCapacity:
    """The capacity that the booked visits leave to these slot classes."""
    times = tuple(interval for slot_class in slot_classes.intervals for interval in slot_class)
    begins = sorted({begin for begin, _ in times})
    instants = sorted({*begins, *(begin for begin, _ in occupancy)})
    spans = tuple(
        (bisect_left(instants, begin), bisect_left(instants, end)) for begin, end in times
    )
    limits: list[CapacityLimit] = []
    if clinic.chairs is not None:
        counted = {number for span in set(spans) for number in range(*span)}
        for number in sorted(counted):
            free = clinic.chairs - occupancy.at(instants[number])
            limits.append(CapacityLimit(number, free, begins=False))
    if clinic.starts_per_slot is not None:
        for begin in begins:
            free = clinic.starts_per_slot - occupancy.beginning(begin)
            limits.append(CapacityLimit(bisect_left(instants, begin), free, begins=True))
    offsets = tuple(
        accumulate((len(slot_class) for slot_class in slot_classes.intervals), initial=0)
    )[:-1]
    return ChairCapacity(tuple(limits), len(instants), times, spans, offsets)
