"""Occupancy: how many visits hold each unit of a clinic at any instant.

The rules `capacity` and `staff`, the register and the joint plan all count here.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from ketasched.model.holds import Hold


class Occupancy:
    """What visits hold of the units of one clinic.

    Holds are counted at instants, not by local date, so that a change of the clocks or of the
    clinic's zone hides none of them.
    """

    def __init__(self, holds: Iterable[Hold] = ()) -> None:
        self._holds: Counter[Hold] = Counter()
        # For each unit the begins of its holds and the ends, both in order.
        self._begins: defaultdict[str, list[float]] = defaultdict(list)
        self._ends: defaultdict[str, list[float]] = defaultdict(list)
        self.add(holds)

    def __bool__(self) -> bool:
        return any(self._begins.values())

    def __iter__(self) -> Iterator[Hold]:
        return iter(sorted(self._holds.elements()))

    def add(self, holds: Iterable[Hold]) -> None:
        """Add these holds."""
        for hold in holds:
            self._holds[hold] += 1
            insort(self._begins[hold.unit], hold.begin)
            insort(self._ends[hold.unit], hold.end)

    def remove(self, holds: Iterable[Hold]) -> None:
        """Remove each of these holds once, if it is there."""
        for hold in holds:
            if self._holds[hold]:
                self._holds[hold] -= 1
                begins, ends = self._begins[hold.unit], self._ends[hold.unit]
                del begins[bisect_left(begins, hold.begin)], ends[bisect_left(ends, hold.end)]

    def at(self, unit: str, instant: float) -> int:
        """How many visits hold a unit at an instant."""
        begins, ends = self._begins[unit], self._ends[unit]
        return bisect_right(begins, instant) - bisect_right(ends, instant)

    def peak(self, hold: Hold) -> int:
        """The largest number of visits that hold the unit at once during a hold."""
        begins, ends = self._begins[hold.unit], self._ends[hold.unit]
        first = bisect_right(begins, hold.begin)
        # The number rises only where a hold begins.
        instants = [hold.begin, *begins[first : bisect_left(begins, hold.end, first)]]
        begun = enumerate(instants, first)
        return max([number - bisect_right(ends, instant) for number, instant in begun])

    def ends_after(self, hold: Hold, until: float) -> list[float]:
        """The ends of holds of its unit after the start of a hold, up to the instant `until`."""
        ends = self._ends[hold.unit]
        return sorted({*ends[bisect_right(ends, hold.begin) : bisect_right(ends, until)]})
