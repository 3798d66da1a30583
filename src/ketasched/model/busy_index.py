"""Busy times of a request: which one a visit overlaps, and merging those of calendars into it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import accumulate

from ketasched.model import BusyTime, Request
from ketasched.model.memo import memoised


@dataclass(frozen=True, slots=True)
class BusyIndex:
    """Busy times sorted by start, to find an overlap by bisection.

    `starts` and `latest_ends` are in POSIX seconds; `latest_ends[i]` is the latest end of
    `times[:i + 1]`.
    """

    times: list[BusyTime]
    starts: list[float]
    latest_ends: list[float]

    def overlapping(self, start: float, end: float) -> BusyTime | None:
        """A busy time that overlaps the interval from `start` to before `end`, if there is one."""
        index = bisect_left(self.starts, end) - 1
        if index < 0 or self.latest_ends[index] <= start:
            return None
        while self.times[index].end.timestamp() <= start:
            index -= 1
        return self.times[index]


@memoised
def busy_index(busy: tuple[BusyTime, ...]) -> BusyIndex:
    """The index of a request's busy times."""
    times = sorted(busy, key=lambda one: one.start.timestamp())
    ends = accumulate((one.end.timestamp() for one in times), max)
    return BusyIndex(times, [one.start.timestamp() for one in times], list(ends))


def clip_to_days(busy: Sequence[BusyTime], first: date, last: date) -> Iterator[BusyTime]:
    """The parts of these times on the days from `first` to `last`, both inclusive."""
    for one in busy:
        if one.start.date() <= last and first <= one.end.date():
            zone = one.start.tzinfo
            midnight = datetime.combine(first, time(), zone)
            midnight_after = datetime.combine(last + timedelta(1), time(), zone)
            # Datetimes of one zone compare by their wall-clock time, which decides the day.
            start, end = max(one.start, midnight), min(one.end, midnight_after)
            if (start, end) == (one.start, one.end):
                yield one
            elif start < end:
                yield replace(one, start=start, end=end)


def with_busy_times(
    request: Request, calendars: Mapping[str, Sequence[BusyTime]], since: datetime | None = None
) -> Request:
    """The request with the busy times of these calendars (by name) merged into its own.

    A calendar that the request has already is replaced. With `since`, that holds from then on:
    times before are kept as they are, and new times before are ignored. Times of one calendar that
    touch are merged.
    """
    kept = [
        part
        for one in request.busy
        for part in ([one] if one.calendar not in calendars else _split_at(one, since)[0])
    ]
    added = [
        part for busy in calendars.values() for one in busy for part in _split_at(one, since)[1]
    ]
    return replace(request, busy=merge_busy_times((*kept, *added)))


def merge_busy_times(busy: Iterable[BusyTime]) -> tuple[BusyTime, ...]:
    """The busy times in order of their starts; those that touch, of one calendar, are one."""
    merged: list[BusyTime] = []
    for one in sorted(busy, key=lambda one: (one.calendar, one.start.timestamp())):
        last = merged[-1] if merged else None
        if not last or last.calendar != one.calendar or _is_before(last.end, one.start):
            merged.append(one)
        elif _is_before(last.end, one.end):
            merged[-1] = replace(last, end=one.end)
    merged.sort(key=lambda one: (one.start.timestamp(), one.end.timestamp()))
    return tuple(merged)


def _is_before(one: datetime, other: datetime) -> bool:
    # Datetimes of one zone compare by their wall-clock time, which is there twice in autumn.
    return one.timestamp() < other.timestamp()


def _split_at(one: BusyTime, moment: datetime | None) -> tuple[list[BusyTime], list[BusyTime]]:
    """The part of a busy time before `moment`, and the part from then on; None is before all."""
    if moment is None or moment.timestamp() <= one.start.timestamp():
        return [], [one]
    if one.end.timestamp() <= moment.timestamp():
        return [one], []
    local = moment.astimezone(one.start.tzinfo)
    return [replace(one, end=local)], [replace(one, start=local)]
