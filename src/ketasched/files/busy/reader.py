"""Reads a calendar file, and gives its busy times or all of its problems with their lines.

A file with a problem is refused as a whole: a visit might collide with what cannot be read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ketasched.errors import BadFile
from ketasched.files.busy.content_lines import BadLine, Component, components
from ketasched.files.busy.expansion import Interval, QuerySpan, spans
from ketasched.files.busy.recurrence import Steps
from ketasched.files.busy.timezones import WorldZone, Zones
from ketasched.files.busy.vevent import BusyEvent, Length, Moment, busy_periods, read_event
from ketasched.files.toml_json import read_text
from ketasched.model import BusyTime

LONGEST_NAME = 60
MOST_PROBLEMS_SHOWN = 100
"""More problems of one file are counted and not shown."""

MEND = "export the calendar again, as iCalendar (.ics), or mend it"


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar that was read: its events, series not unfolded yet, and its free-busy periods.

    `name` is its file's name without the ending: all that is ever said of it.
    """

    path: str
    name: str
    events: tuple[BusyEvent, ...]
    periods: tuple[tuple[Moment, Length], ...]

    def busy(self, zone: ZoneInfo, first: date, last: date) -> tuple[BusyTime, ...]:
        """The busy times from `first` to `last` (inclusive), merged, local to the zone, in order.

        What has no zone of its own is in this one: all-day events and floating times. Raises
        `BadFile` if something repeats more often than can be looked at.
        """
        here = WorldZone(zone)
        begin, end = (
            here.instant(datetime.combine(day, time())) for day in (first, last + timedelta(1))
        )
        window = QuerySpan(begin, end, here, Steps())
        try:
            found = [span for one in self.periods if window.has(span := window.span(*one))]
            found += spans(self.events, window)
        except BadLine as error:
            raise _bad(self.path, [error]) from None
        return tuple(
            BusyTime(
                datetime.fromtimestamp(max(start, begin), zone),
                datetime.fromtimestamp(min(until, end), zone),
                self.name,
            )
            for start, until in _merged(found)
        )


def read_calendar(path: str) -> Calendar:
    """The calendar in the file at `path`; "-" is standard input. Raises `BadFile`."""
    return calendar_from(read_text(path, or_input=True), path)


def calendar_from(text: str, path: str) -> Calendar:
    """The calendar that a file's text is; `path` is for messages. Raises `BadFile`."""
    if not text.strip():
        raise BadFile(f"{path}: is empty", next_step=MEND)
    try:
        calendars = components(text)
    except BadLine as error:
        raise _bad(path, [error]) from None
    events: list[BusyEvent] = []
    periods: list[tuple[Moment, Length]] = []
    problems: list[BadLine] = []
    for calendar in calendars:
        try:
            problems += _old_version(calendar)
        except BadLine as error:
            problems.append(error)
        zones = _zones(calendar, problems)
        for part in calendar.parts:
            try:
                if part.name == "VEVENT":
                    events.append(read_event(part, zones))
                elif part.name == "VFREEBUSY":
                    periods += busy_periods(part, zones)
            except BadLine as error:
                problems.append(error)
    if problems:
        raise _bad(path, problems)
    return Calendar(path, _name(path), tuple(events), tuple(periods))


def _name(path: str) -> str:
    """What a calendar is called: the name of its file, as far as it can be shown."""
    stem = "" if path == "-" else Path(path).stem
    return "".join(filter(str.isprintable, stem)).strip()[:LONGEST_NAME] or "calendar"


def _old_version(calendar: Component) -> Iterator[BadLine]:
    for one in calendar.all("VERSION"):
        if one.value == "1.0":
            yield BadLine(one.line, "is of the old format vCalendar 1.0, not of iCalendar")


def _zones(calendar: Component, problems: list[BadLine]) -> Zones:
    described: dict[str, Component] = {}
    for part in calendar.parts:
        if part.name == "VTIMEZONE":
            try:
                named = part.one("TZID")
                described[named.value if named else ""] = part
            except BadLine as error:
                problems.append(error)
    return Zones(described, Steps())


def _merged(found: Iterable[Interval]) -> list[Interval]:
    """The spans in order, those that overlap or touch made one."""
    merged: list[Interval] = []
    for start, until in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], until)
        else:
            merged.append((start, until))
    return merged


def _bad(path: str, problems: list[BadLine]) -> BadFile:
    if len(problems) == 1:
        return BadFile(f"{path}:{problems[0].line}: {problems[0]}", next_step=MEND)
    problems.sort(key=lambda one: one.line)
    lines = [f"line {one.line}: {one}" for one in problems[:MOST_PROBLEMS_SHOWN]]
    if len(problems) > MOST_PROBLEMS_SHOWN:
        lines.append(f"and {len(problems) - MOST_PROBLEMS_SHOWN} more")
    return BadFile(f"{path}: {len(problems)} problems", details=lines, next_step=MEND)
