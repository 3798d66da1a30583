"""The VTIMEZONE of a time zone (RFC 5545, 3.6.5), written so that every program reads it right.

Programs differ in what they understand of a VTIMEZONE; all understand one yearly rule each for
standard and for daylight time. The two rules are derived from the rule at the end of the zone's
file (a POSIX TZ string: RFC 9636, 3.3) and compared with the zone for the years that are needed.
If no such rules fit, the calendar gives its times in UTC.
"""

import re
import zoneinfo
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from ketasched.files.disk import ZONE_DATA, read_bytes

NAME = r"(?:<([^>]+)>|([A-Za-z]{3,}))"
OFFSET = r"([+-]?\d{1,3}(?::\d{2}){0,2})"
RULE = r",M(\d+)\.(\d)\.(\d)(?:/([+-]?\d+(?::\d{2}){0,2}))?"
POSIX = re.compile(f"{NAME}{OFFSET}(?:{NAME}{OFFSET}?{RULE}{RULE})?")
"""A POSIX TZ string: a name and an offset, then those of daylight time with both onsets."""

ICS_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
SECONDS_PER_DAY = 24 * 3600

MAX_YEARS = 20
"""For longer no rule of a zone is trusted."""


@dataclass(frozen=True, slots=True)
class Observance:
    """Standard or daylight time, with the rule for its yearly onset.

    The onset is `seconds` after the midnight that begins the `week`-th `weekday` of `month`, and
    may be on another day; week 5 is the last one, weekday 0 is Sunday. The offsets are in seconds
    east of UTC.
    """

    name: str
    offset_from: int
    offset_to: int
    month: int
    week: int
    weekday: int
    seconds: int

    def local_onset(self, year: int) -> datetime:
        """The onset in a year, naive, by the clock before the onset."""
        first = date(year, self.month, 1)
        to_weekday = (self.weekday - first.isoweekday()) % 7
        day = first + timedelta(to_weekday + 7 * (self.week - 1))
        if day.month != self.month:
            day -= timedelta(7)
        return datetime.combine(day, time()) + timedelta(seconds=self.seconds)

    def utc_onset(self, year: int) -> datetime:
        """The onset in a year, in UTC."""
        return (self.local_onset(year) - timedelta(seconds=self.offset_from)).replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def vtimezone(zone: str, first: int, last: int) -> str:
    """The VTIMEZONE of an IANA zone for the years from `first` to `last`, with CRLF line ends.

    It is "" if the zone has one offset all year, which is better given in UTC, or if no yearly
    rules describe the zone in these years.
    """
    posix = POSIX.fullmatch(_posix_rule(zone))
    if posix is None or posix[7] is None or last - first > MAX_YEARS:
        return ""
    standard = -_seconds(posix[3])
    daylight = -_seconds(posix[6]) if posix[6] else standard + 3600
    observances = (
        _observance(posix[4] or posix[5], standard, daylight, posix.group(7, 8, 9, 10)),
        _observance(posix[1] or posix[2], daylight, standard, posix.group(11, 12, 13, 14)),
    )
    rules = [_rrule(observance, range(first - 1, last + 1)) for observance in observances]
    if not all(rules) or not _agree_with_zone(observances, ZoneInfo(zone), first, last):
        return ""
    components = [
        _component(observance, rule, first - 1)
        for observance, rule in zip(observances, rules, strict=True)
    ]
    return f"BEGIN:VTIMEZONE\r\nTZID:{zone}\r\n{''.join(components)}END:VTIMEZONE\r\n"


def _observance(name: str, offset_from: int, offset_to: int, rule: tuple[str, ...]) -> Observance:
    month, week, weekday, clock = rule
    seconds = _seconds(clock) if clock else 7200
    return Observance(name, offset_from, offset_to, int(month), int(week), int(weekday), seconds)


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    return sign * sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))


def _rrule(observance: Observance, years: range) -> str:
    """The RRULE that gives the onset in all these years, "" if there is none.

    An onset on a day after or before the rule's weekday ("24:00 on the last Thursday") has no
    RRULE that holds for ever, but mostly one that holds for some years.
    """
    days = [observance.local_onset(year).date() for year in years]
    months, weekdays = {day.month for day in days}, {day.isoweekday() % 7 for day in days}
    if len(months) > 1 or len(weekdays) > 1:
        return ""
    nth = -1 if all((day + timedelta(7)).month != day.month for day in days) else 0
    weeks = {(day.day + 6) // 7 for day in days}
    if 0 <= observance.seconds < SECONDS_PER_DAY:
        nth = -1 if observance.week == 5 else observance.week
    elif nth == 0 and len(weeks) == 1:
        nth = weeks.pop()
    if nth == 0:
        return ""
    return f"FREQ=YEARLY;BYDAY={nth}{ICS_DAYS[weekdays.pop()]};BYMONTH={months.pop()}"


def _agree_with_zone(
    observances: tuple[Observance, ...], zone: ZoneInfo, first: int, last: int
) -> bool:
    """Whether the observances give the zone's own offset in these years.

    The offsets are compared at every midnight in UTC, and in the seconds before and at each onset.
    """
    offsets = {
        observance.utc_onset(year): timedelta(seconds=observance.offset_to)
        for observance in observances
        for year in range(first - 1, last + 1)
    }
    onsets = sorted(offsets)
    begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    midnights = [begin + timedelta(day) for day in range((end - begin).days + 1)]
    seconds_before = [onset - timedelta(seconds=1) for onset in onsets]
    return all(
        offsets[onsets[bisect_right(onsets, moment) - 1]] == moment.astimezone(zone).utcoffset()
        for moment in (*midnights, *onsets, *seconds_before)
        if begin <= moment <= end
    )


def _component(observance: Observance, rule: str, first_year: int) -> str:
    # Programs expect DAYLIGHT in summer, also where the law has it the other way (Dublin).
    is_summer = observance.offset_to > observance.offset_from
    kind = "DAYLIGHT" if is_summer else "STANDARD"
    return (
        f"BEGIN:{kind}\r\nDTSTART:{observance.local_onset(first_year):%Y%m%dT%H%M%S}\r\n"
        f"RRULE:{rule}\r\nTZNAME:{observance.name}\r\n"
        f"TZOFFSETFROM:{_hhmm(observance.offset_from)}\r\n"
        f"TZOFFSETTO:{_hhmm(observance.offset_to)}\r\nEND:{kind}\r\n"
    )


def _hhmm(seconds: int) -> str:
    hours, rest = divmod(abs(seconds), 3600)
    spare = f"{rest % 60:02d}" if rest % 60 else ""
    return f"{'-' if seconds < 0 else '+'}{hours:02d}{rest // 60:02d}{spare}"


def _posix_rule(zone: str) -> str:
    """The last line of the zone's file, which is looked for where `zoneinfo` does."""
    folders = (*map(Path, zoneinfo.TZPATH), ZONE_DATA / "zoneinfo")
    files = (folder.joinpath(*zone.split("/")) for folder in folders)
    content = read_bytes(next(file for file in files if file.is_file()))
    return content.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", "replace")
