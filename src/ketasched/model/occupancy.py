"""Occupancy: how many visits hold a chair at any instant, and how many there may be on a date.

The rule `capacity`, the register and the joint plan all count here.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ketasched.model.clinic import Clinic
from ketasched.model.course import Course
from ketasched.model.effective_kind import effective_kind
from ketasched.model.visit import Slot, Visit

Interval = tuple[float, float]
"""The start and the end of a visit in POSIX seconds; the end is exclusive."""


class Limits(NamedTuple):
    """How many visits may hold a chair at once, and how many may begin at the same instant.

    None means any number.
    """

    at_once: int | None
    beginning: int | None


def limits(clinic: Clinic, day: date) -> Limits:
    """The limits for visits that begin on a local date, without the chairs out of order."""
    chairs = clinic.chairs
    if chairs is not None:
        chairs -= clinic.closures.chairs_out_of_order(day)[0]
    return Limits(chairs, clinic.starts_per_slot)


def limits_at(clinic: Clinic, instant: float) -> Limits:
    """The limits at an instant in POSIX seconds, by its date at the clinic."""
    return limits(clinic, datetime.fromtimestamp(instant, ZoneInfo(clinic.timezone)).date())


def chairs_out_of_order_text(clinic: Clinic, day: date) -> str:
    """The chairs out of order on a date: "1 of 4 chairs is out of order (pump repair)", or ""."""
    out, label = clinic.closures.chairs_out_of_order(day)
    if not out:
        return ""
    if out == clinic.chairs:
        chairs = "the chair" if out == 1 else f"all {out} chairs"
    else:
        chairs = f"{out} of {clinic.chairs} chairs"
    named = f" ({label})" if label else ""
    return f"{chairs} {'is' if out == 1 else 'are'} out of order{named}"


def widest(found: Iterable[Limits]) -> Limits:
    """The largest of each limit; None is the largest of all."""
    at_once, beginning = zip(*found, strict=True)
    return Limits(*(None if None in one else max(one) for one in (at_once, beginning)))


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
    """The slots of a course's visits that take place here."""
    return (slot_of(course, visit) for visit in course.visits if visit.is_here)


def slot_of(course: Course, visit: Visit) -> Slot:
    """The slot of a visit."""
    kind = effective_kind(course.protocol, course.clinic, visit.kind)
    return Slot(kind, visit.start, visit.end, visit.elsewhere)
