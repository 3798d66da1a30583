"""Expands events and recurring series with their exceptions into intervals in seconds of UTC."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ketasched.files.busy.content_lines import BadLine
from ketasched.files.busy.recurrence import RecurrenceRule, Steps, TooMuch, occurrences
from ketasched.files.busy.timezones import (
    EARLIEST,
    EPOCH,
    LATEST,
    SECOND,
    TOO_OFTEN,
    Zone,
    read_wall,
)
from ketasched.files.busy.vevent import LONGEST_DAYS, BusyEvent, Length, Moment
from ketasched.model.values import FIRST_YEAR

Interval = tuple[int, int]
"""From, until; in seconds of UTC."""

AROUND = timedelta(days=2)
"""No two zones are further apart, nor is the same time on the wall twice."""

FIRST = datetime(FIRST_YEAR, 1, 1)  # noqa: DTZ001 - by the clock on the wall


@dataclass(frozen=True, slots=True)
class QuerySpan:
    """The seconds of UTC that are asked about, and the clinic's zone for what has none."""

    first: int
    last: int
    zone: Zone
    steps: Steps

    def instant(self, moment: Moment, wall: datetime | None = None) -> int:
        """When a moment is; with `wall`, another one of its zone."""
        return (moment.zone or self.zone).instant(moment.wall if wall is None else wall)

    def span(self, moment: Moment, length: Length) -> Interval:
        """From a moment on, so long."""
        return self.span_from(moment, moment.wall, self.instant(moment), length)

    def span_from(self, moment: Moment, wall: datetime, begin: int, length: Length) -> Interval:
        """From another time of its zone on, which is at `begin`, so long."""
        if not length.wall:
            return begin, begin + length.seconds
        return begin, max(self.instant(moment, wall + length.wall), begin) + length.seconds

    def has(self, span: Interval) -> bool:
        """Whether any of a span is within."""
        return span[0] < self.last and span[1] > self.first and span[0] < span[1]


@dataclass(slots=True)
class Exceptions:
    """Times of a series at which it is not, or is otherwise: moments, and whole days."""

    instants: set[int] = field(default_factory=set)
    days: set[date] = field(default_factory=set)

    def add(self, moment: Moment, series: BusyEvent, window: QuerySpan) -> None:
        """Take a moment out; where one of the two is a day only, that day."""
        if moment.whole_day or series.start.whole_day:
            self.days.add(moment.wall.date())
        else:
            self.instants.add(window.instant(moment))

    def have(self, wall: datetime, instant: int) -> bool:
        """Whether a time of the series is among them."""
        return instant in self.instants or wall.date() in self.days


def spans(events: Iterable[BusyEvent], window: QuerySpan) -> Iterator[Interval]:
    """The busy times of all events within the window, in no order."""
    by_uid: dict[str, list[BusyEvent]] = {}
    for number, event in enumerate(events):
        by_uid.setdefault(event.uid or f" {number}", []).append(event)
    for same in by_uid.values():
        if len(same) == 1 and not (same[0].rules or same[0].more or same[0].less):
            yield from _single(same[0], window)
        else:
            yield from _together(same, window)


def _single(event: BusyEvent, window: QuerySpan) -> Iterator[Interval]:
    if event.is_busy:
        span = window.span(event.start, event.length)
        if window.has(span):
            yield span


def _together(same: Sequence[BusyEvent], window: QuerySpan) -> Iterator[Interval]:
    """The events of one UID: series, and events that stand for some of their times."""
    series = _newest([event for event in same if event.replaces is None])
    instead = _latest_word([event for event in same if event.replaces is not None], window)
    for event in instead:
        yield from _single(event, window)
    for event in series:
        yield from _series(event, instead, window)


def _newest(events: list[BusyEvent]) -> list[BusyEvent]:
    """Those with the highest sequence; more than one share a UID by mistake, and all count."""
    most = max((event.sequence for event in events), default=0)
    return [event for event in events if event.sequence == most]


def _latest_word(events: list[BusyEvent], window: QuerySpan) -> list[BusyEvent]:
    """Of events that stand for the same time, the one with the highest sequence."""
    found: dict[tuple[bool, int], BusyEvent] = {}
    for event in events:
        assert event.replaces is not None  # noqa: S101 - that is what they are chosen by
        key = event.replaces.whole_day, window.instant(event.replaces)
        if key not in found or found[key].sequence <= event.sequence:
            found[key] = event
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Turn:
    """From this moment on a series is otherwise: so much later, so long, and busy or not."""

    since: int
    shift: timedelta
    event: BusyEvent


def _series(
    event: BusyEvent, instead: Sequence[BusyEvent], window: QuerySpan
) -> Iterator[Interval]:
    gone = Exceptions()
    for moment in event.less:
        gone.add(moment, event, window)
    turns = []
    for one in instead:
        assert one.replaces is not None  # noqa: S101 - that is what they are chosen by
        gone.add(one.replaces, event, window)
        if one.onwards:
            turns.append(_turn(event, one, window))
    turns.sort(key=lambda turn: turn.since)
    if not event.is_busy and not turns:
        return
    for wall, length in _times(event, turns, window):
        begin = window.instant(event.start, wall)
        if gone.have(wall, begin):
            continue
        turn = next((one for one in reversed(turns) if one.since <= begin), None)
        if turn is not None:
            wall += turn.shift
            begin = window.instant(event.start, wall)
        own = turn.event if turn else event
        if own.is_busy:
            long = own.length if turn or length is None else length
            span = window.span_from(event.start, wall, begin, long)
            if window.has(span):
                yield span


def _turn(event: BusyEvent, one: BusyEvent, window: QuerySpan) -> Turn:
    assert one.replaces is not None  # noqa: S101 - who calls has asked
    since = window.instant(one.replaces)
    zone = event.start.zone or window.zone
    shift = zone.wall(window.instant(one.start)) - zone.wall(since)
    if abs(shift.days) > LONGEST_DAYS:
        raise BadLine(one.line, "is more than a century from the time that it stands for")
    return Turn(since, shift, one)


def _times(
    event: BusyEvent, turns: Sequence[Turn], window: QuerySpan
) -> Iterator[tuple[datetime, Length | None]]:
    """When a series comes round, by the clock of its own zone, each time once."""
    zone = event.start.zone or window.zone
    lengths = [event.length, *(turn.event.length for turn in turns)]
    long = max(one.wall + timedelta(seconds=one.seconds) for one in lengths)
    shifts = [timedelta(0), *(turn.shift for turn in turns)]
    first = max(zone.wall(window.first) - AROUND - long - max(shifts), FIRST)
    last = zone.wall(window.last) + AROUND - min(shifts)
    seen: set[datetime] = set()
    for wall, length in _all_times(event, first, last, window):
        if wall not in seen:
            seen.add(wall)
            yield wall, length


def _all_times(
    event: BusyEvent, first: datetime, last: datetime, window: QuerySpan
) -> Iterator[tuple[datetime, Length | None]]:
    for moment, length in event.more:
        zone = event.start.zone or window.zone
        here = moment.wall
        if moment.zone is not None and moment.zone != zone:
            here = zone.wall(moment.zone.instant(moment.wall))
        yield here, length
    yield event.start.wall, None
    for line, rule in event.rules:
        window.steps.begin()
        try:
            until = min(last, _until(event, rule, window))
            for wall in occurrences(rule, event.start.wall, first, until, window.steps):
                yield wall, None
        except TooMuch:
            raise BadLine(line, TOO_OFTEN) from None


def _until(event: BusyEvent, rule: RecurrenceRule, window: QuerySpan) -> datetime:
    """The last time on the wall at which a rule may come round."""
    text = rule.until
    if not text:
        return LATEST
    until = read_wall(text)
    if not EARLIEST <= until < LATEST:
        return min(until, LATEST)
    if "T" not in text:
        return until + timedelta(hours=24, seconds=-1)
    if not text.endswith("Z"):
        return until
    if event.start.whole_day:
        # The day is meant; the time is there because some programs always write one.
        return until.replace(hour=23, minute=59, second=59)
    zone = event.start.zone or window.zone
    return zone.wall((until - EPOCH) // SECOND)
