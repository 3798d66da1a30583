"""Reads a calendar file, and gives its busy times or all of its problems with their lines.

What other programs pass over is passed over, and said in one line. A file is refused where its
busy times would be a guess: a visit might collide with what cannot be read.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ketasched.errors import BadFile, summarise_problems
from ketasched.files.busy.content_lines import components
from ketasched.files.busy.expansion import Interval, Window, busy_intervals
from ketasched.files.busy.notes import BadLine, Notes, problems_of, sentence
from ketasched.files.busy.recurrence import Budget
from ketasched.files.busy.spans import Moment, wall_of
from ketasched.files.busy.vevent import BusyEvent, EventReader, is_free, may_touch
from ketasched.files.disk import STANDARD_INPUT, read_input
from ketasched.model import BusyTime

LONGEST_NAME = 60
MOST_PROBLEMS_SHOWN = 100
"""More problems of one file are counted and not shown."""

EXPORT = "export the calendar again, as iCalendar (.ics)"
MEND, LENIENT = f"{EXPORT}, or mend it", f"{EXPORT}, or leave out --strict-busy"


@dataclass(frozen=True, slots=True)
class Reading:
    """How calendars are read: only what can touch the `days` (both inclusive), if given.

    Events with UIDs of `own` are left out; what its `owner`, a mail address, declined is free.
    `is_strict` refuses what is otherwise passed over.
    """

    days: tuple[date, date] | None = None
    own: Collection[str] = ()
    owner: str = ""
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar that was read: its events, series not unfolded yet, and its free-busy periods.

    `name` is its file's name without the ending: all that is ever said of it. `count` is the
    number of events in the file.
    """

    path: str
    name: str
    events: list[BusyEvent]
    count: int
    notes: Notes
    is_strict: bool

    @property
    def note(self) -> str:
        """What was passed over, or is busy for want of certainty, in one line; "" if nothing."""
        is_told = self.notes or not (self.events or self.count)
        return f"{self.path}: {sentence(self.notes, self.count)}" if is_told else ""

    def busy(self, zone: ZoneInfo, first: date, last: date) -> tuple[BusyTime, ...]:
        """The busy times from `first` to `last` (inclusive), merged, local to the zone, in order.

        What has no zone of its own is in this one: all-day events and floating times. Raises
        `BadFile` if the calendar is to be read strictly, and repeats too often for that.
        """
        begin, end = (Moment(wall_of(day), zone) for day in (first, last + timedelta(1)))
        window = Window(begin, end, zone, self.notes, Budget())
        busy = busy_intervals(self.events, window)
        found = _merged(busy, begin.instant(zone), end.instant(zone))
        if self.is_strict and self.notes:
            raise _refusal(self.path, problems_of(self.notes), LENIENT)
        moments = ([datetime.fromtimestamp(one, zone) for one in interval] for interval in found)
        return tuple(BusyTime(start, until, self.name) for start, until in moments)


def read_calendar(path: str, reading: Reading | None = None) -> Calendar:
    """The calendar in the file at `path`; "-" is standard input. Raises `BadFile`."""
    if "://" in path:
        raise BadFile(f"{path}: is no file", next_step="download the calendar, and give its file")
    return calendar_from(read_input(path), path, reading)


def calendar_from(raw: bytes, path: str, reading: Reading | None = None) -> Calendar:
    """The calendar that a file's bytes are; `path` is for messages. Raises `BadFile`."""
    if not raw.strip():
        raise BadFile(f"{path}: is empty", next_step=EXPORT)
    if raw.startswith(b"PK"):
        raise BadFile(f"{path}: is a zip file", next_step="unpack it, and give what is in it")
    asked, notes, budget = reading or Reading(), Notes(set), Budget()
    try:
        calendars = components(raw, notes, asked.owner)
    except BadLine as error:
        raise _refusal(path, [error]) from None
    problems: list[BadLine] = []
    events: list[BusyEvent] = []
    for calendar in calendars:
        reader = EventReader(calendar, budget, notes)
        for part in calendar.parts:
            if part.texts("UID").isdisjoint(asked.own) and may_touch(part, asked.days):
                try:
                    events += reader.events(part)
                except BadLine as error:
                    problems += [] if is_free(part) else [error]
    if found := problems + (problems_of(notes) if asked.is_strict else []):
        raise _refusal(path, found, MEND if problems else LENIENT)
    count = sum(part.name == "VEVENT" for calendar in calendars for part in calendar.parts)
    return Calendar(path, _name(path), events, count, notes, asked.is_strict)


def _name(path: str) -> str:
    """What a calendar is called: the name of its file, as far as it can be shown."""
    stem = "" if path == STANDARD_INPUT else Path(path).stem
    return "".join(filter(str.isprintable, stem)).strip()[:LONGEST_NAME] or "calendar"


def _merged(found: Iterable[Interval], first: int, last: int) -> list[Interval]:
    """The intervals within these seconds, in order; those that overlap or touch are one."""
    ends: dict[int, int] = {}
    for start, until in found:
        if until > ends.get(start, first):
            ends[start] = until
    merged: list[Interval] = []
    for start, until in sorted(ends.items()):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], until)
        elif start < min(until, last):
            merged.append((max(start, first), until))
    return [(start, min(until, last)) for start, until in merged]


def _refusal(path: str, problems: list[BadLine], next_step: str = MEND) -> BadFile:
    """The error that says all of the problems."""
    if len(problems) == 1:
        return BadFile(f"{path}:{problems[0].line}: {problems[0]}", next_step=next_step)
    problems.sort(key=lambda one: one.line)
    lines = [f"line {one.line}: {one}" for one in problems]
    number, details = summarise_problems(lines, MOST_PROBLEMS_SHOWN)
    return BadFile(f"{path}: {number}", details=details, next_step=next_step)
