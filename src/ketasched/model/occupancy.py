"""Occupancy: how many visits hold a chair at any instant, and how many there may be.

The rule `capacity`, the register and the joint plan all count here.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ketasched.model.clinic import Clinic
from ketasched.model.course import TAKES_PLACE, Course, Slot
from ketasched.model.effective_kind import effective_kind

Interval = tuple[float, float]
"""The start and the end of a visit in POSIX seconds; the end is exclusive."""


class Limits(NamedTuple):
    """How many visits may hold a chair at once, and how many may begin at the same instant.

    None means any number.
    """

    at_once: int | None
    beginning: int | None


def limits(clinic: Clinic) -> Limits:
    """The limits that a clinic's file sets."""
    return Limits(clinic.chairs, clinic.starts_per_slot)


def widest(one: Limits, other: Limits) -> Limits:
    """The larger of each two limits; None is the largest."""
    pairs = zip(one, other, strict=True)
    return Limits(*(None if None in pair else max(filter(None, pair)) for pair in pairs))


class Occupancy:
    """The visits that hold a chair of one clinic.

    Visits are counted at instants, not by local date, so that a change of the clocks or of the
    clinic's zone hides none of them.
    """

    def __init__(self, visits: Iterable[Interval] = ()) -> None:
        self._visits = Counter(visits)
        self._begins = sorted(begin for begin, _ in self._visits.elements())
        self._ends = sorted(end for _, end in self._visits.elements())
        self._reached: dict[Interval, int] = {}
        """Peaks that were found high enough; since then, visits were only added."""

    def __bool__(self) -> bool:
        return bool(self._begins)

    def __iter__(self) -> Iterator[Interval]:
        return iter(sorted(self._visits.elements()))

    def add(self, visits: Iterable[Interval]) -> None:
        """Add these visits."""
        for visit in visits:
            self._visits[visit] += 1
            insort(self._begins, visit[0])
            insort(self._ends, visit[1])

    def remove(self, visits: Iterable[Interval]) -> None:
        """Remove each of these visits once, if it is there."""
        for visit in visits:
            if self._visits[visit] > 0:
                self._visits[visit] -= 1
                del self._begins[bisect_left(self._begins, visit[0])]
                del self._ends[bisect_left(self._ends, visit[1])]
                self._reached.clear()

    def at(self, instant: float) -> int:
        """The number of visits that hold a chair at an instant."""
        return bisect_right(self._begins, instant) - bisect_right(self._ends, instant)

    def beginning(self, instant: float) -> int:
        """The number of visits that begin at an instant."""
        return bisect_right(self._begins, instant) - bisect_left(self._begins, instant)

    def peak(self, start: float, end: float) -> int:
        """The largest number of visits at once from `start` until before `end`."""
        first = bisect_right(self._begins, start)
        last = bisect_left(self._begins, end, first)
        # The number rises only where a visit begins.
        instants = {start, *self._begins[first:last]}
        return max(map(self.at, instants))

    def reaches(self, number: int, start: float, end: float) -> bool:
        """Whether the peak from `start` until before `end` is `number` or more."""
        if self._reached.get((start, end), 0) >= number:
            return True
        peak = self.peak(start, end)
        if peak >= number:
            self._reached[start, end] = peak
        return peak >= number


def intervals(slots: Iterable[Slot]) -> list[Interval]:
    """The intervals of the slots that take a chair: those at the clinic."""
    return [
        (slot.start.timestamp(), slot.end.timestamp())
        for slot in slots
        if slot.kind.place == "clinic"
    ]


def slots_of(course: Course) -> Iterator[Slot]:
    """The slots of a course's visits that take place."""
    for visit in course.visits:
        if visit.status in TAKES_PLACE:
            kind = effective_kind(course.protocol, course.clinic, visit.kind)
            yield Slot(kind, visit.start, visit.end)
