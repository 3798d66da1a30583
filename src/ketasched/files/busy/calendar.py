"""Reads a calendar file, and gives its busy times or all of its problems with their lines.

What other programs pass over is passed over, and said in one line. A file is refused where its
busy times would be a guess: a visit might collide with what cannot be read. Events, and recurring
series with their exceptions, are expanded into intervals in seconds of UTC.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from ketasched.errors import BadFile, summarise_problems
from ketasched.files.busy.content_lines import components
from ketasched.files.busy.notes import BadLine, Note, Notes, problems_of, sentence
from ketasched.files.busy.recurrence import Budget, TooMuch, occurrences
from ketasched.files.busy.spans import DAY, Moment, Span, instant, wall_of
from ketasched.files.busy.timezones import LATEST
from ketasched.files.busy.vevent import BusyEvent, EventReader, is_free, may_touch
from ketasched.files.disk import STANDARD_INPUT, read_input
from ketasched.model import BusyTime

Interval = tuple[int, int]
"""From, until; in seconds of UTC."""

ExceptionKey = tuple[int, int | None]
"""What a series leaves out: a second of UTC and 0, or the midnight of a day and its length."""

AROUND, LONGEST_REACH = 2 * DAY, 365_000 * DAY
"""No two zones are further apart; and no event that comes again is looked for longer ago."""

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
        query = QuerySpan(begin, end, zone, self.notes, Budget())
        busy = busy_intervals(self.events, query)
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


@dataclass(frozen=True, slots=True)
class QuerySpan:
    """The time that is asked about, and what its events are unfolded with.

    `clinic` is the zone for what has none of its own.
    """

    first: Moment
    last: Moment
    clinic: tzinfo
    notes: Notes
    budget: Budget


def busy_intervals(events: Iterable[BusyEvent], query: QuerySpan) -> Iterator[Interval]:
    """The busy times of all events, of series only those near the query's time, in no order."""
    by_uid: defaultdict[str, list[BusyEvent]] = defaultdict(list)
    for one in events:
        by_uid[one.uid].append(one)
    return chain.from_iterable(_of_one_uid(same, query) for same in by_uid.values())


def _of_one_uid(events: list[BusyEvent], query: QuerySpan) -> Iterator[Interval]:
    """The busy times of a series with its overrides, or of several that share a UID by mistake.

    Of the events for the same time those with the highest sequence count; for different times all.
    """
    if len(events) == 1 and not events[0].replaces:
        yield from _series(events[0], set(), [], 0, query)
        return
    clinic = query.clinic

    def stands_for(one: BusyEvent) -> tuple[bool, bool, int]:
        return one.replaces is None, one.replaced.is_day, one.since(clinic)

    by_sequence = sorted(events, key=lambda one: one.sequence)
    highest = {stands_for(one): one.sequence for one in by_sequence}
    newest = [one for one in events if one.sequence == highest[stands_for(one)]]
    instead = [one for one in newest if one.replaces]
    gone = [{_key(one.replaced, clinic, is_day=kind) for one in instead} for kind in (False, True)]
    turns = sorted((one for one in instead if one.onwards), key=lambda one: one.since(clinic))
    reach = max((one.span.length + abs(one.later(clinic, clinic)) for one in turns), default=0)
    # Some programs write the rule of a series on its overrides, too.
    recur = any(one.rules or one.more for one in instead)
    copied = {repr((one.rules, one.more)) for one in events if recur and not one.replaces}
    for one in newest:
        start = one.span.start
        if not one.replaces:
            yield from _series(one, gone[start.is_day], turns, reach, query)
        elif (one.rules or one.more) and repr((one.rules, one.more)) not in copied:
            query.notes[Note.OWN_SERIES].add(one.line)
            yield from _series(one, set(), [], 0, query)
        elif one.is_busy:
            yield one.span.interval(start.wall, start.zone or clinic, clinic)


def _key(moment: Moment, clinic: tzinfo, *, is_day: bool) -> ExceptionKey:
    """The day, or the second of UTC, that a moment means in a series, maybe of whole days."""
    if not (is_day or moment.is_day):
        return moment.instant(clinic), 0
    day = moment.as_day(clinic)
    return day.wall, None if day.doubt else DAY


def _series(
    event: BusyEvent, gone: set[ExceptionKey], turns: list[BusyEvent], reach: int, query: QuerySpan
) -> Iterator[Interval]:
    """The busy times of a series, without those that are left out or stand elsewhere."""
    clinic, start = query.clinic, event.span.start
    zone = start.zone or clinic
    if not (event.is_busy or turns):
        return
    if not (event.rules or event.more or event.less or gone):
        yield event.span.interval(start.wall, zone, clinic)
        return
    left_out = {_key(one, clinic, is_day=start.is_day) for one in event.less}
    spans = (event.span, *event.more)
    behind = max(reach, *(one.length for one in spans)) + AROUND
    ahead = max(reach, *(one.before for one in spans)) + AROUND
    first, last = query.first.instant(clinic), query.last.instant(clinic)
    try:
        for wall, span in _times(event, min(behind, LONGEST_REACH), ahead, query).items():
            own = event
            if gone or left_out:
                begin = instant(wall, zone)
                keys: set[ExceptionKey] = {(begin, 0), (wall // DAY * DAY, DAY)}
                found = keys & gone | keys & left_out
                if found and _is_sure(found, begin, event, query):
                    continue
                if number := bisect_right(turns, begin, key=lambda one: one.since(clinic)):
                    own = turns[number - 1]
                    wall, span = wall + own.later(zone, clinic), own.span
            if own.is_busy:
                begin, end = span.interval(wall, zone, clinic)
                yield begin, end
                if begin <= first and last <= end:
                    return  # One that lasts for centuries may come round ten thousand times.
    except TooMuch:
        query.notes[Note.TOO_OFTEN].add(event.line)
        yield start.instant(clinic), last


def _is_sure(found: set[ExceptionKey], begin: int, event: BusyEvent, query: QuerySpan) -> bool:
    """Whether these leave out a time; a day leaves out none of UTC that is on another one here."""
    here = wall_of(datetime.fromtimestamp(begin, query.clinic)) // DAY * DAY
    if event.span.start.zone is not UTC or not found.isdisjoint({(begin, 0), (here, DAY)}):
        return True
    query.notes[Note.NO_EXCEPTION].add(event.line)
    return False


def _times(event: BusyEvent, behind: int, ahead: int, query: QuerySpan) -> dict[int, Span]:
    """When a series comes round within the query's time, and so far behind and ahead of it.

    By the clock of the series' zone, each with its span. Raises `TooMuch`.
    """
    start, clinic = event.span.start, query.clinic
    zone = start.zone or clinic
    first, last = query.first.wall_in(zone, clinic), query.last.wall_in(zone, clinic)
    found = {start.wall: event.span}
    for rule, until in event.rules:
        end = LATEST
        if until and (until.is_day or start.is_day):
            # The end of a series of whole days is its last day, in whichever zone.
            day = until.as_day(clinic)
            end = day.wall + DAY - 1 + day.doubt
        elif until:
            end = until.wall_in(zone, clinic) + start.doubt
        begin, span = start.wall, event.span
        if rule.whole_days:
            begin, span = begin // DAY * DAY, span._replace(wall=span.wall + DAY)
        walls = occurrences(rule, begin, first - behind, min(last + ahead, end), query.budget)
        found |= dict.fromkeys(walls, span)
    for one in event.more:
        wall = one.start.wall_in(zone, clinic)
        found[wall] = max(found.get(wall, one), one, key=lambda span: span.length)
    return found
