"""The capacity constraints of the linear programme: free chairs at the instants that matter.

A visit takes a chair from its start until before its end. The number of visits at once rises only
where a visit begins, so that one constraint for each such instant is enough.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, chain

from ketasched.model import Clinic
from ketasched.model.occupancy import Interval, Occupancy, limits_at
from ketasched.planning.shortest_path import Candidate
from ketasched.rules.base import NO_BOOKINGS

SlotClasses = dict[tuple[Interval, ...], int]
"""Sets of alternative intervals, numbered in order: a visit needs one interval of its class.

If no rule depends on times of day, a course may use any interval of the day. Visits with the same
alternatives share a class.
"""


def interval_of(candidate: Candidate) -> Interval:
    """The interval of a candidate."""
    return candidate.moment, candidate.slot.end.timestamp()


def slot_class_of(slot_classes: SlotClasses, candidates: Iterable[Candidate]) -> int:
    """The number of the class of these candidates, which is added if it is new."""
    intervals = tuple(sorted(map(interval_of, candidates)))
    return slot_classes.setdefault(intervals, len(slot_classes))


@dataclass(frozen=True, slots=True)
class ChairCapacity:
    """The capacity limits for the intervals of all slot classes; all are numbered in order.

    `limits` holds how many visits each limit allows, `limits_of` for each interval the limits for
    which a visit in the interval counts, `offsets` for each slot class its first interval.
    """

    limits: tuple[int, ...]
    intervals: tuple[Interval, ...]
    limits_of: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]

    def intervals_of(self, slot_class: int) -> range:
        """The numbers of the intervals of a slot class."""
        ends = (*self.offsets, len(self.intervals))
        return range(ends[slot_class], ends[slot_class + 1])


def chair_capacity(
    clinic: Clinic,
    occupancy: Occupancy,
    slot_classes: SlotClasses,
    staying: Occupancy = NO_BOOKINGS,
) -> ChairCapacity:
    """The capacity that the booked visits leave to these slot classes.

    Visits that are `staying` have room in any case, as long as they keep their starts. The limits
    of the visits at once come first, then the limits of the visits that begin at once.
    """
    intervals = tuple(chain.from_iterable(slot_classes))
    begins = sorted({begin for begin, _ in intervals})
    instants = sorted({*begins, *(begin for begin, _ in occupancy)})
    limits: list[int] = []
    limits_of: list[list[int]] = [[] for _ in intervals]
    if clinic.chairs is not None:
        spans = [
            instants[bisect_left(instants, begin) : bisect_left(instants, end)]
            for begin, end in intervals
        ]
        counted = sorted(set().union(*spans))
        limits += [
            max((limits_at(clinic, one).at_once or 0) - occupancy.at(one), staying.at(one))
            for one in counted
        ]
        for own, span in zip(limits_of, spans, strict=True):
            own += [bisect_left(counted, instant) for instant in span]
    if clinic.starts_per_slot is not None:
        for own, (begin, _) in zip(limits_of, intervals, strict=True):
            own.append(len(limits) + bisect_left(begins, begin))
        most = clinic.starts_per_slot
        limits += [
            max(most - occupancy.beginning(begin), staying.beginning(begin)) for begin in begins
        ]
    offsets = [0, *accumulate(map(len, slot_classes))][:-1]
    return ChairCapacity(tuple(limits), intervals, tuple(map(tuple, limits_of)), tuple(offsets))
