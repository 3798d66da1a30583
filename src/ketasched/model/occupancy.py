"""Occupancy: how many visits hold each unit of a clinic at any instant.

The rules `capacity` and `staff`, the register and the joint plan all count here.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from ketasched.model.holds import Hold


class UnitOccupancy:
    """The holds of one unit, counted at instants."""

    def __init__(self) -> None:
        self._begins: list[float] = []
        self._ends: list[float] = []
        self._reached: dict[tuple[float, float], int] = {}
        """Peaks that were found high enough; since then, holds were only added."""

    def add(self, begin: float, end: float) -> None:
        """Add a hold."""
        insort(self._begins, begin)
        insort(self._ends, end)

    def remove(self, begin: float, end: float) -> None:
        """Remove a hold that is there."""
        del self._begins[bisect_left(self._begins, begin)]
        del self._ends[bisect_left(self._ends, end)]
        self._reached.clear()

    def at(self, instant: float) -> int:
        """The number of holds at an instant."""
        return bisect_right(self._begins, instant) - bisect_right(self._ends, instant)

    def peak(self, begin: float, end: float) -> int:
        """The largest number of holds at once from `begin` until before `end`."""
        first = bisect_right(self._begins, begin)
        last = bisect_left(self._begins, end, first)
        peak = first - bisect_right(self._ends, begin)
        for index in range(first, last):  # the number rises only where a hold begins
            peak = max(peak, index + 1 - bisect_right(self._ends, self._begins[index]))
        return peak

    def reaches(self, number: int, begin: float, end: float) -> bool:
        """Whether the peak from `begin` until before `end` is `number` or more."""
        if self._reached.get((begin, end), 0) >= number:
            return True
        peak = self.peak(begin, end)
        if peak >= number:
            self._reached[begin, end] = peak
        return peak >= number

    def ends_between(self, first: float, last: float) -> list[float]:
        """The instants after `first`, up to `last`, at which a hold ends."""
        found = self._ends[bisect_right(self._ends, first) : bisect_right(self._ends, last)]
        return sorted(set(found))


class Occupancy:
    """What visits hold of the units of one clinic.

    Holds are counted at instants, not by local date, so that a change of the clocks or of the
    clinic's zone hides none of them.
    """

    def __init__(self, holds: Iterable[Hold] = ()) -> None:
        self._holds: Counter[Hold] = Counter()
        self._units: defaultdict[str, UnitOccupancy] = defaultdict(UnitOccupancy)
        self.add(holds)

    def __bool__(self) -> bool:
        return bool(self._holds)

    def __iter__(self) -> Iterator[Hold]:
        return iter(sorted(self._holds.elements()))

    def add(self, holds: Iterable[Hold]) -> None:
        """Add these holds."""
        for hold in holds:
            self._holds[hold] += 1
            self._units[hold.unit].add(hold.begin, hold.end)

    def remove(self, holds: Iterable[Hold]) -> None:
        """Remove each of these holds once, if it is there."""
        for hold in holds:
            if self._holds[hold] > 0:
                self._units[hold.unit].remove(hold.begin, hold.end)
            if self._holds[hold] <= 1:
                del self._holds[hold]
            else:
                self._holds[hold] -= 1

    def at(self, unit: str, instant: float) -> int:
        """How many visits hold a unit at an instant."""
        return self._units[unit].at(instant)

    def peak(self, hold: Hold) -> int:
        """The largest number of visits that hold the unit at once during a hold."""
        return self._units[hold.unit].peak(hold.begin, hold.end)

    def reaches(self, number: int, hold: Hold) -> bool:
        """Whether the peak during a hold is `number` or more."""
        return self._units[hold.unit].reaches(number, hold.begin, hold.end)

    def ends_after(self, hold: Hold, until: float) -> list[float]:
        """The ends of holds of its unit after the start of a hold, up to the instant `until`."""
        return self._units[hold.unit].ends_between(hold.begin, until)
