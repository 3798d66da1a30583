"""Who sits when on a day: how many visits begin together, and how many chairs they take."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime

from ketasched.once import once


@dataclass(frozen=True, slots=True)
class Seated:
    """When the visits of a day begin and end, each in order, in seconds of UTC.

    `moments` are those at which one begins, each once: on a clinic's grid they are few.
    """

    begins: list[float]
    ends: list[float]
    moments: list[float]

    def beginning(self, start: float) -> int:
        """How many visits begin just then."""
        return bisect_right(self.begins, start) - bisect_left(self.begins, start)

    def most_at_once(self, start: float, end: float) -> int:
        """The most visits at any one moment from `start` until before `end`."""
        first, last = bisect_right(self.moments, start), bisect_left(self.moments, end)
        return max(self._there(moment) for moment in (start, *self.moments[first:last]))

    def _there(self, moment: float) -> int:
        return bisect_right(self.begins, moment) - bisect_right(self.ends, moment)


@once
def seats_of(taken: tuple[tuple[datetime, datetime], ...]) -> Seated:
    """The seats of a day, from the (start, end) of its visits."""
    begins = sorted(begin.timestamp() for begin, _ in taken)
    ends = sorted(end.timestamp() for _, end in taken)
    return Seated(begins, ends, sorted(set(begins)))
