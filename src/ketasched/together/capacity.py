"""The capacity constraints of the linear programme: free units at the instants that matter.

A visit holds a unit, such as a chair, from an instant until before another one. The number of
holds at once rises only where a hold begins, and a limit falls only where a resource's hours end,
so that one constraint for each such instant and unit is enough.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, chain

from ketasched.model import Clinic
from ketasched.model.holds import Hold, holds
from ketasched.model.occupancy import Occupancy
from ketasched.model.unit_limits import limit_at, limit_instants
from ketasched.planning.shortest_path import Candidate
from ketasched.rules.base import NO_BOOKINGS

HoldSet = tuple[Hold, ...]
"""All that one visit holds."""

SlotClasses = dict[tuple[HoldSet, ...], int]
"""Alternative hold sets of visits, numbered in order: a visit has one of its class.

If no rule depends on times of day, a course may use any hold set of the day. Visits with the same
alternatives share a class.
"""


def slot_class_of(
    slot_classes: SlotClasses, clinic: Clinic, candidates: Iterable[Candidate]
) -> int:
    """The number of the class of these candidates, which is added if it is new."""
    hold_sets = tuple(sorted(holds(clinic, candidate.slot) for candidate in candidates))
    return slot_classes.setdefault(hold_sets, len(slot_classes))


@dataclass(frozen=True, slots=True)
class UnitCapacity:
    """The limits for the hold sets of all slot classes at a clinic; all are numbered in order.

    `limits` holds how many visits each limit allows, `limits_of` for each hold set the limits for
    which a visit with the hold set counts, `offsets` for each slot class its first hold set.
    """

    clinic: Clinic
    limits: tuple[int, ...]
    hold_sets: tuple[HoldSet, ...]
    limits_of: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]

    def hold_sets_of(self, slot_class: int) -> range:
        """The numbers of the hold sets of a slot class."""
        ends = (*self.offsets, len(self.hold_sets))
        return range(ends[slot_class], ends[slot_class + 1])


def unit_capacity(
    clinic: Clinic,
    occupancy: Occupancy,
    slot_classes: SlotClasses,
    staying: Occupancy = NO_BOOKINGS,
) -> UnitCapacity:
    """The capacity that the booked visits leave to these slot classes.

    Visits that are `staying` have room in any case, as long as they keep their starts.
    """
    hold_sets = tuple(chain.from_iterable(slot_classes))
    every = {hold for own in hold_sets for hold in own}
    instants: dict[str, list[float]] = {}
    for unit in sorted({hold.unit for hold in every}):
        own = {one for hold in every if hold.unit == unit for one in limit_instants(clinic, hold)}
        booked = (hold.begin for hold in occupancy if hold.unit == unit)
        instants[unit] = sorted(own.union(booked))
    counted = {hold: _instants_within(hold, instants[hold.unit]) for hold in every}
    numbers = {
        limit: number
        for number, limit in enumerate(
            sorted({(hold.unit, one) for hold, own in counted.items() for one in own})
        )
    }
    limits = (
        max(limit_at(clinic, *limit) - occupancy.at(*limit), staying.at(*limit))
        for limit in numbers
    )
    limits_of = (
        tuple(numbers[hold.unit, instant] for hold in own for instant in counted[hold])
        for own in hold_sets
    )
    offsets = [0, *accumulate(map(len, slot_classes))][:-1]
    return UnitCapacity(clinic, tuple(limits), hold_sets, tuple(limits_of), tuple(offsets))


def _instants_within(hold: Hold, instants: list[float]) -> list[float]:
    """The instants, in order, from the start of a hold until before its end."""
    return instants[bisect_left(instants, hold.begin) : bisect_left(instants, hold.end)]
