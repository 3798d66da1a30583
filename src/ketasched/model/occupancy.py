"""Who sits when on a day: how many visits begin together, and how many chairs they take."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from operator import is_

from ketasched.model.memo import memoised

Full = defaultdict[tuple[int | None, int | None, int], set[int]]
"""Start times, in minutes after midnight, by chairs, starts a slot and minutes of a visit."""


@dataclass(frozen=True, slots=True)
class Seated:
    """When the visits of a day begin and end, each in order, in seconds of UTC.

    `moments` are those at which one begins, each once: on a clinic's grid they are few. `full` is
    when somebody found no seat: whoever joins, that stays so.
    """

    begins: list[float]
    ends: list[float]
    moments: list[float]
    full: Full = field(default_factory=lambda: defaultdict(set), compare=False)

    def beginning(self, start: float) -> int:
        """How many visits begin just then."""
        return bisect_right(self.begins, start) - bisect_left(self.begins, start)

    def most_at_once(self, start: float, end: float) -> int:
        """The most visits at any one moment from `start` until before `end`."""
        first, last = bisect_right(self.moments, start), bisect_left(self.moments, end)
        return max(self._there(moment) for moment in (start, *self.moments[first:last]))

    def _there(self, moment: float) -> int:
        return bisect_right(self.begins, moment) - bisect_right(self.ends, moment)

    def joined_by(self, visit: tuple[datetime, datetime]) -> "Seated":
        """The same with another visit, from its start to its end."""
        begin, end = visit[0].timestamp(), visit[1].timestamp()
        moments = self.moments if begin in self.moments else sorted([*self.moments, begin])
        begins, ends = sorted([*self.begins, begin]), sorted([*self.ends, end])
        return Seated(begins, ends, moments, self.full)


Taken = tuple[tuple[datetime, datetime], ...]
"""The (start, end) of a day's visits."""


@dataclass(slots=True)
class Latest:
    """The visits of a day when they were last asked for, and their seats."""

    known: tuple[Taken, Seated]


def seats_of(taken: Taken) -> Seated:
    """The seats of a day on which there are visits."""
    latest = _latest(taken[0])
    before, seated = latest.known
    if taken is not before:
        # Where patients are seated one after the other, a day has mostly one visit more. They
        # have to be the same objects: equal times can be the first and the second 01:30.
        one_more = len(taken) == len(before) + 1 and all(map(is_, before, taken))
        seated = seated.joined_by(taken[-1]) if one_more else _seated(taken)
        latest.known = taken, seated
    return seated


@memoised
def _latest(first: tuple[datetime, datetime]) -> Latest:
    return Latest(((first,), _seated((first,))))


def _seated(taken: Taken) -> Seated:
    begins = sorted(begin.timestamp() for begin, _ in taken)
    ends = sorted(end.timestamp() for _, end in taken)
    return Seated(begins, ends, sorted(set(begins)))
