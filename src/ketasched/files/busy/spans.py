"""When something is: moments on the clock of some zone, and the spans that begin with them.

What is not certain is a longer span: what may be busy is busy. All times and lengths are in
seconds, as so many of them are unfolded; those on a wall are since the midnight that began 1970.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

DAY = 24 * 60 * 60
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - by the clock on the wall

FIRST_YEAR, LAST_YEAR = 1004, 4004
"""Some programs write the first or the last of all dates where they mean always (leap years)."""

SOMEWHERE = 14 * 60 * 60
"""No zone of the world is further from UTC."""


def wall_of(value: date | datetime) -> int:
    """What a clock on the wall shows at a value, of a day its midnight, in years that we know."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        value = value.replace(min(max(value.year, FIRST_YEAR), LAST_YEAR))
    wall = (value.toordinal() - EPOCH.toordinal()) * DAY
    if isinstance(value, datetime):
        wall += value.hour * 3600 + value.minute * 60 + value.second
    return wall


def shown(wall: int) -> datetime:
    """What a clock on the wall shows, as a naive datetime."""
    return EPOCH + timedelta(seconds=wall)


def instant(wall: int, zone: tzinfo) -> int:
    """The second of UTC of a time on a wall of the zone; of one that is there twice, the first."""
    offset = _offset(wall // DAY, zone)
    return int(shown(wall).replace(tzinfo=zone).timestamp()) if offset is None else wall - offset


@lru_cache(100_000)
def _offset(day: int, zone: tzinfo) -> int | None:
    """By how much a zone is ahead of UTC all through a day; None if its clocks change."""
    begin, end = (shown(one * DAY).replace(tzinfo=zone).timestamp() for one in (day, day + 1))
    return day * DAY - int(begin) if end - begin == DAY else None


class Moment(NamedTuple):
    """A time by the clock on the wall of a zone, or a day: its midnight.

    Without a zone it is a time of the clinic. It may be as much earlier or later as the doubt.
    """

    wall: int = 0
    zone: tzinfo | None = None
    doubt: int = 0
    is_day: bool = False

    def instant(self, clinic: tzinfo) -> int:
        """The second of UTC; of a time that is there twice, the first."""
        return instant(self.wall, self.zone or clinic)

    def wall_in(self, zone: tzinfo, clinic: tzinfo) -> int:
        """What the clock of a zone shows at the moment; of a day its midnight."""
        if self.is_day or (self.zone or clinic) == zone:
            return self.wall
        return wall_of(datetime.fromtimestamp(self.instant(clinic), zone))

    def as_day(self, clinic: tzinfo) -> "Moment":
        """The day that is meant in a series of whole days; with a doubt if it may be another one.

        Programs write in UTC the midnight with which the day begins or ends here, or at Greenwich.
        """
        walls = (self.wall, self.wall_in(clinic, clinic))
        found = [one for one in walls if self.is_day or one % DAY in (0, DAY - 1)]
        day = (found or walls)[0] // DAY * DAY
        return Moment(day, doubt=self.doubt if found else SOMEWHERE, is_day=True)

    def to(self, end: "Moment") -> "Span":
        """The span to an end, which may be by another clock.

        Of a day and a time the day is whole; a moment of UTC may be on the next day here.
        """
        doubt = max(self.doubt, end.doubt)
        if self.is_day != end.is_day:
            days = end.wall // DAY * DAY + (2 if end.zone is UTC else 1) * DAY
            return Span(self, doubt, days - self.wall, doubt)
        clock = end if end.zone != self.zone else None
        return Span(self, doubt, end.wall - self.wall, doubt, clock)


class Span(NamedTuple):
    """From a moment, or so long before it, on: so long by the clock on the wall, and then so much
    elapsed time. The `clock` of the end is any moment by it, if it is not that of the start.

    The end of a whole-day event, or of one in a zone, keeps its time on the wall when the event
    comes again, as calendar programs show it; a DURATION in hours is elapsed time.
    """

    start: Moment
    before: int = 0
    wall: int = 0
    elapsed: int = 0
    clock: Moment | None = None

    @property
    def length(self) -> int:
        """How long it is, about."""
        return self.before + self.wall + self.elapsed

    def interval(self, wall: int, zone: tzinfo, clinic: tzinfo) -> tuple[int, int]:
        """From and until, in seconds of UTC, if it begins at a time on the wall of a zone."""
        begin = end = instant(wall, zone)
        if self.clock:
            begin, end = sorted((begin, instant(wall + self.wall, self.clock.zone or clinic)))
        elif self.wall:
            end = instant(wall + self.wall, zone)
        # Where a zone's clocks go back, it may seem to end before it starts.
        return begin - self.before, (end if end > begin else begin) + self.elapsed
