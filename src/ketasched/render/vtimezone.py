"""A time zone as a VTIMEZONE that every calendar program reads right.

Programs differ in what they understand of a VTIMEZONE; all understand one yearly rule for each of
standard and daylight time. It is derived from the rule at the end of the zone's own file (RFC 9636
section 3.3, a POSIX TZ string) and compared with the zone over the days that it is needed for.
Where no such rule fits, the calendar says its times in UTC.
"""

import re
import zoneinfo
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

NAME = r"(?:<([^>]+)>|([A-Za-z]{3,}))"
OFFSET = r"([+-]?\d{1,3}(?::\d{2}){0,2})"
RULE = r",M(\d+)\.(\d)\.(\d)(?:/([+-]?\d+(?::\d{2}){0,2}))?"
POSIX = re.compile(f"{NAME}{OFFSET}(?:{NAME}{OFFSET}?{RULE}{RULE})?")
ICS_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
DAY = 24 * 3600
LONGEST_YEARS = 20
"""No rule of a zone is trusted for longer than that."""


@dataclass(frozen=True, slots=True)
class Onset:
    """When one half of the year begins, each year: at `seconds` after the midnight of the day
    `days` after the `week`-th (5 is the last) `weekday` (Sunday is 0) of `month`.

    `before` and `offset` are the seconds east of UTC before it and from it on.
    """

    name: str
    before: int
    offset: int
    month: int
    week: int
    weekday: int
    days: int
    seconds: int

    def in_year(self, year: int) -> datetime:
        """The local date and time of this year's onset, naive, by the clock before it."""
        first = date(year, self.month, 1)
        to_weekday = (self.weekday - first.isoweekday()) % 7
        day = first + timedelta(to_weekday + 7 * (self.week - 1))
        if day.month != self.month:
            day -= timedelta(7)
        midnight = datetime.combine(day, datetime.min.time())
        return midnight + timedelta(days=self.days, seconds=self.seconds)

    def moment(self, year: int) -> datetime:
        """The same as a moment in UTC."""
        return (self.in_year(year) - timedelta(seconds=self.before)).replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def vtimezone(zone: str, first: date, last: date) -> str | None:
    """The VTIMEZONE of an IANA zone for local dates from `first` to `last`, with CRLF.

    None if no yearly rule describes the zone on those dates.
    """
    return _vtimezone(zone, first, last)


def needed_days(first: date, last: date) -> tuple[date, date]:
    """Whole years around some days, so that many courses share one VTIMEZONE."""
    return date(first.year, 1, 1), date(last.year, 12, 31)


def _vtimezone(zone: str, first: date, last: date) -> str | None:
    parsed = POSIX.fullmatch(_posix_rule(zone))
    if parsed is None or last.year - first.year > LONGEST_YEARS:
        return None
    if parsed[7] is None:
        return None  # one offset all year: UTC says it as well, and nobody misreads it
    return _two_halves(zone, parsed, -_seconds(parsed[3]), first, last)


def _two_halves(
    zone: str, parsed: re.Match[str], standard: int, first: date, last: date
) -> str | None:
    daylight = -_seconds(parsed[6]) if parsed[6] else standard + 3600
    onsets = (
        _onset(parsed[4] or parsed[5], standard, daylight, parsed.group(7, 8, 9, 10)),
        _onset(parsed[1] or parsed[2], daylight, standard, parsed.group(11, 12, 13, 14)),
    )
    rules = [_rrule(onset, range(first.year - 1, last.year + 1)) for onset in onsets]
    if not all(rules) or not _agrees(zone, onsets, first, last):
        return None
    observances = []
    for onset, rule in zip(onsets, rules, strict=True):
        # Summer is what clients call daylight, also where the law says otherwise (Dublin).
        kind = "DAYLIGHT" if onset.offset > onset.before else "STANDARD"
        start = f"{onset.in_year(first.year - 1):%Y%m%dT%H%M%S}"
        observances.append(_observance(kind, onset, start, f"RRULE:{rule}\r\n"))
    return _block(zone, *observances)


def _onset(name: str, before: int, offset: int, rule: tuple[str, ...]) -> Onset:
    month, week, weekday, clock = rule
    days, seconds = divmod(_seconds(clock) if clock else 7200, DAY)
    return Onset(name, before, offset, int(month), int(week), int(weekday), days, seconds)


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    return sign * sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))


def _rrule(onset: Onset, years: range) -> str:
    """The yearly rule that gives the onset in all these years, "" if there is none.

    An onset that spills into a neighbouring day ("24:00 on the last Thursday") has no rule that
    holds for ever, but mostly one that holds for some years.
    """
    days = [onset.in_year(year).date() for year in years]
    months, weekdays = {day.month for day in days}, {day.isoweekday() % 7 for day in days}
    if len(months) > 1 or len(weekdays) > 1:
        return ""
    which = -1 if all((day + timedelta(7)).month != day.month for day in days) else 0
    weeks = {(day.day + 6) // 7 for day in days}
    if onset.days == 0:
        which = -1 if onset.week == 5 else onset.week
    elif which == 0 and len(weeks) == 1:
        which = weeks.pop()
    if which == 0:
        return ""
    return f"FREQ=YEARLY;BYDAY={which}{ICS_DAYS[weekdays.pop()]};BYMONTH={months.pop()}"


def _agrees(zone: str, onsets: tuple[Onset, ...], first: date, last: date) -> bool:
    """Whether the onsets give the zone's own offset from `first` to `last`, to the second."""
    info = ZoneInfo(zone)
    changes = sorted(
        (o.moment(y), o.offset) for o in onsets for y in range(first.year - 1, last.year + 1)
    )
    return all(
        timedelta(seconds=_offset_at(moment, changes)) == info.utcoffset(moment.astimezone(info))
        for moment in _moments(changes, first, last)
    )


def _moments(changes: list[tuple[datetime, int]], first: date, last: date) -> Iterator[datetime]:
    """Every midnight of the days, UTC, and both sides of each change among them."""
    begin = datetime.combine(first, datetime.min.time(), UTC)
    for day in range((last - first).days + 2):
        yield begin + timedelta(day)
    for moment, _ in changes:
        for second in (-1, 0):
            beside = moment + timedelta(seconds=second)
            if first <= beside.date() <= last:
                yield beside


def _offset_at(moment: datetime, changes: list[tuple[datetime, int]]) -> int:
    return changes[bisect_right(changes, moment, key=lambda change: change[0]) - 1][1]


def _observance(kind: str, onset: Onset, start: str, rule: str) -> str:
    return (
        f"BEGIN:{kind}\r\nDTSTART:{start}\r\n{rule}TZNAME:{onset.name}\r\n"
        f"TZOFFSETFROM:{_hhmm(onset.before)}\r\nTZOFFSETTO:{_hhmm(onset.offset)}\r\nEND:{kind}\r\n"
    )


def _block(zone: str, *observances: str) -> str:
    return f"BEGIN:VTIMEZONE\r\nTZID:{zone}\r\n{''.join(observances)}END:VTIMEZONE\r\n"


def _hhmm(seconds: int) -> str:
    hours, rest = divmod(abs(seconds), 3600)
    spare = f"{rest % 60:02d}" if rest % 60 else ""
    return f"{'-' if seconds < 0 else '+'}{hours:02d}{rest // 60:02d}{spare}"


def _posix_rule(zone: str) -> str:
    """The last line of the zone's file, from where `zoneinfo` reads it."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder, *zone.split("/"))
        if path.is_file():
            return _last_line(path.read_bytes())
    return _last_line(
        resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    )


def _last_line(raw: bytes) -> str:
    return raw.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", "replace")
