"""Busy times: which of them a visit would overlap, and those of a calendar put in a request."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import accumulate

from ketasched.model import BusyTime, Request
from ketasched.model.memo import memoised


@dataclass(frozen=True, slots=True)
class Engagements:
    """Busy times in order of their start; `starts` and `latest` are in seconds of UTC.

    `latest` is, for each, the latest end of those up to it.
    """

    times: list[BusyTime]
    starts: list[float]
    latest: list[float]

    def overlapping(self, start: float, end: float) -> BusyTime | None:
        """A busy time that overlaps what is from `start` until just before `end`."""
        place = bisect_left(self.starts, end) - 1
        if place < 0 or self.latest[place] <= start:
            return None
        while self.times[place].end.timestamp() <= start:
            place -= 1
        return self.times[place]


@memoised
def engagements_of(busy: tuple[BusyTime, ...]) -> Engagements:
    """The busy times of a request, to be asked again and again."""
    times = sorted(busy, key=lambda one: one.start.timestamp())
    ends = accumulate((one.end.timestamp() for one in times), max)
    return Engagements(times, [one.start.timestamp() for one in times], list(ends))


def within(busy: Sequence[BusyTime], first: date, last: date) -> Iterator[BusyTime]:
    """What of these times is on the days from `first` to `last`, both inclusive."""
    for one in busy:
        if one.start.date() <= last and first <= one.end.date():
            zone = one.start.tzinfo
            begin = datetime.combine(first, time(), zone)
            end = datetime.combine(last + timedelta(1), time(), zone)
            # Two local times of one zone compare by the clock: days are all that counts here.
            cut = max(one.start, begin), min(one.end, end)
            if cut == (one.start, one.end):
                yield one
            elif cut[0] < cut[1]:
                yield replace(one, start=cut[0], end=cut[1])


def with_busy(
    request: Request, calendars: Mapping[str, Sequence[BusyTime]], since: datetime | None = None
) -> Request:
    """The request with the busy times of these calendars, by their names, too.

    A calendar that it has already is replaced by the newer one. With `since` only from that moment
    on: what was before is left as it was, and of the newer ones it does not count.
    """
    kept = [
        cut
        for one in request.busy
        for cut in ([one] if one.calendar not in calendars else _parts(one, since)[0])
    ]
    added = [
        cut
        for busy in calendars.values()
        for one in busy
        for cut in (_parts(one, since)[1] if since else [one])
    ]
    found = {
        (one.start.timestamp(), one.end.timestamp(), one.calendar): one for one in (*kept, *added)
    }
    return replace(request, busy=tuple(found[key] for key in sorted(found)))


def _parts(one: BusyTime, moment: datetime | None) -> tuple[list[BusyTime], list[BusyTime]]:
    """What of a time is before a moment (None is before all), and what is from it on."""
    if moment is None or moment.timestamp() <= one.start.timestamp():
        return [], [one]
    if one.end.timestamp() <= moment.timestamp():
        return [one], []
    here = moment.astimezone(one.start.tzinfo)
    return [replace(one, end=here)], [replace(one, start=here)]
