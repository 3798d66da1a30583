"""The time zones of a calendar: IANA zones, and zones that the file defines (VTIMEZONE)."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from re import ASCII, fullmatch
from typing import Protocol
from zoneinfo import ZoneInfo

from ketasched.files.busy.content_lines import BadLine, Component, Property
from ketasched.files.busy.recurrence import Steps, TooMuch, occurrences, read_rule
from ketasched.files.cross_references import zone_of
from ketasched.model import quote

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - by the clock on the wall
EARLIEST, LATEST = datetime(1900, 1, 1), datetime(2110, 1, 1)  # noqa: DTZ001 - the same
"""When the changes of a zone's clocks are looked for."""

TOO_OFTEN = "repeats more often than can be looked at"

SECOND, DAY = timedelta(seconds=1), 24 * 3600


class Zone(Protocol):
    """A time zone, between the clock on the wall (naive) and seconds of UTC."""

    def instant(self, wall: datetime) -> int:
        """The moment at which the clock shows this time, the first of two; a skipped time counts
        as if the clocks had not gone forward yet (RFC 5545, 3.3.5).
        """

    def wall(self, instant: int) -> datetime:
        """What the clock shows then."""


@dataclass(frozen=True, slots=True)
class WorldZone:
    """A zone of the IANA database."""

    zone: ZoneInfo

    def instant(self, wall: datetime) -> int:
        """See `Zone`."""
        return int(wall.replace(tzinfo=self.zone).timestamp())

    def wall(self, instant: int) -> datetime:
        """See `Zone`."""
        return datetime.fromtimestamp(instant, self.zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class FileZone:
    """A zone that a VTIMEZONE describes: from each onset (seconds of UTC) on, an offset holds."""

    onsets: list[int]
    offsets: list[int]
    """One more than onsets: the first one is that of before."""

    def instant(self, wall: datetime) -> int:
        """See `Zone`."""
        shows = (wall - EPOCH) // SECOND
        # No offset is a day long, so only these can hold at the time.
        first = bisect_right(self.onsets, shows - DAY)
        last = bisect_right(self.onsets, shows + DAY)
        for number in range(first, last + 1):
            found = shows - self.offsets[number]
            if bisect_right(self.onsets, found) == number:
                return found
        return shows - self.offsets[first]

    def wall(self, instant: int) -> datetime:
        """See `Zone`."""
        offset = self.offsets[bisect_right(self.onsets, instant)]
        return EPOCH + timedelta(seconds=instant + offset)


WORLD_TIME = WorldZone(ZoneInfo("UTC"))


@dataclass(slots=True)
class Zones:
    """The zones of one VCALENDAR, by TZID, each made when it is first asked for."""

    described: Mapping[str, Component]
    steps: Steps
    _found: dict[str, Zone] = field(default_factory=dict)

    def named(self, name: str) -> Zone:
        """The zone of this TZID: one of the world, the file's own, or one of Windows.

        Raises `ValueError` if there is none.
        """
        if name not in self._found:
            self._found[name] = self._make(name)
        return self._found[name]

    def _make(self, name: str) -> Zone:
        known = _known(name)
        if known is not None:
            return WorldZone(known)
        if name in self.described:
            return _file_zone(self.described[name], self.steps)
        # Imported here because few calendars leave a zone undescribed.
        from tzlocal.windows_tz import win_tz  # noqa: PLC0415

        if name in win_tz:
            return WorldZone(ZoneInfo(win_tz[name]))
        raise ValueError(f"the time zone {quote(name)} is neither described in it nor known")


def _known(name: str) -> ZoneInfo | None:
    """The IANA zone of a TZID, also of "/mozilla.org/20070129_1/America/New_York"."""
    words = name.strip("/").split("/")
    tails = [name] if not name.startswith("/") else ["/".join(words[-some:]) for some in (3, 2, 1)]
    return next((zone for tail in tails if (zone := zone_of(tail))), None)


def _file_zone(described: Component, steps: Steps) -> Zone:
    """The zone of a VTIMEZONE. Raises `BadLine`."""
    changes: list[tuple[int, int, int]] = []
    for part in described.parts:
        if part.name in ("STANDARD", "DAYLIGHT"):
            changes += _changes(part, steps)
    if not changes:
        raise BadLine(described.line, "the time zone says nothing of its clocks")
    changes.sort()
    offsets = [changes[0][1], *(offset for _, _, offset in changes)]
    return FileZone([onset for onset, _, _ in changes], offsets)


def _changes(part: Component, steps: Steps) -> list[tuple[int, int, int]]:
    """When the clocks change to this, from which offset, and to which."""
    before, now = _offset(part, "TZOFFSETFROM"), _offset(part, "TZOFFSETTO")
    begin = part.one("DTSTART")
    if begin is None:
        raise BadLine(part.line, "has no DTSTART")
    start = wall_time(begin, begin.value)
    found = {start}
    for one in part.all("RRULE"):
        try:
            steps.begin()
            rule = read_rule(one.value)
            last = LATEST
            if rule.until:
                until = read_wall(rule.until)
                is_utc = rule.until.endswith("Z")
                last = min(last, until + timedelta(seconds=before) if is_utc else until)
            found.update(occurrences(rule, start, max(start, EARLIEST), last, steps))
        except TooMuch:
            raise BadLine(one.line, TOO_OFTEN) from None
        except ValueError as error:
            raise BadLine(one.line, str(error)) from None
    for one in part.all("RDATE"):
        found.update(wall_time(one, text) for text in one.value.split(","))
    return [((wall - EPOCH) // SECOND - before, before, now) for wall in found]


def _offset(part: Component, name: str) -> int:
    """Seconds to be added to UTC, of "-0500"."""
    said = part.one(name)
    text = said.value if said else ""
    found = fullmatch(r"([+-])(\d\d):?(\d\d):?(\d\d)?", text, ASCII)
    if not found or int(found[2]) > 23 or int(found[3]) > 59:
        line = said.line if said else part.line
        raise BadLine(line, f"expected {name} such as -0500, not {quote(text)}")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4] or 0)
    return -seconds if found[1] == "-" else seconds


def wall_time(said: Property, text: str) -> datetime:
    """The time or, at midnight, the date of a property's text. Raises `BadLine`."""
    try:
        return read_wall(text)
    except ValueError:
        wanted = f"{said.name}: expected a time such as 20261207T090000"
        raise BadLine(said.line, f"{wanted}, not {quote(text)}") from None


def read_wall(text: str) -> datetime:
    """The time by the clock on the wall of "20261207T090000", a "Z" passed over; midnight of a
    date. Raises `ValueError`.
    """
    found = fullmatch(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?Z?)?", text.strip(), ASCII)
    if not found:
        raise ValueError(f"{quote(text)} is no date and no time")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - on the wall
