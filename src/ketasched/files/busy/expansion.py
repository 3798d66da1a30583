"""Expands events and recurring series with their exceptions into intervals in seconds of UTC."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import chain

from ketasched.files.busy.notes import Note, Notes
from ketasched.files.busy.recurrence import Budget, TooMuch, occurrences
from ketasched.files.busy.spans import DAY, Moment, Span, instant, wall_of
from ketasched.files.busy.timezones import LATEST
from ketasched.files.busy.vevent import BusyEvent

Interval = tuple[int, int]
"""From, until; in seconds of UTC."""

Key = tuple[int, int | None]
"""A second of UTC and no length, or the midnight of a day and its length."""

AROUND, LONGEST_REACH = 2 * DAY, 365_000 * DAY
"""No two zones are further apart; and no event that comes again is looked for longer ago."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is asked about, and the clinic's zone for what has none."""

    first: Moment
    last: Moment
    clinic: tzinfo
    notes: Notes
    budget: Budget


def busy_intervals(events: Iterable[BusyEvent], window: Window) -> Iterator[Interval]:
    """The busy times of all events, those of series only about the window, in no order."""
    by_uid: defaultdict[str, list[BusyEvent]] = defaultdict(list)
    for one in events:
        by_uid[one.uid].append(one)
    return chain.from_iterable(_of_one_uid(same, window) for same in by_uid.values())


def _of_one_uid(events: list[BusyEvent], window: Window) -> Iterator[Interval]:
    """The busy times of a series with its overrides, or of several that share a UID by mistake.

    Of the events for the same time those with the highest sequence count; for different times all.
    """
    if len(events) == 1 and not events[0].replaces:
        yield from _series(events[0], set(), [], 0, window)
        return
    clinic = window.clinic

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
            yield from _series(one, gone[start.is_day], turns, reach, window)
        elif (one.rules or one.more) and repr((one.rules, one.more)) not in copied:
            window.notes[Note.OWN_SERIES].add(one.line)
            yield from _series(one, set(), [], 0, window)
        elif one.is_busy:
            yield one.span.interval(start.wall, start.zone or clinic, clinic)


def _key(moment: Moment, clinic: tzinfo, *, is_day: bool) -> Key:
    """The day, or the second of UTC, that a moment means in a series, maybe of whole days."""
    if not (is_day or moment.is_day):
        return moment.instant(clinic), 0
    day = moment.as_day(clinic)
    return day.wall, None if day.doubt else DAY


def _series(
    event: BusyEvent, gone: set[Key], turns: list[BusyEvent], reach: int, window: Window
) -> Iterator[Interval]:
    """The busy times of a series, without those that are left out or stand elsewhere."""
    clinic, start = window.clinic, event.span.start
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
    first, last = window.first.instant(clinic), window.last.instant(clinic)
    try:
        for wall, span in _times(event, min(behind, LONGEST_REACH), ahead, window).items():
            own = event
            if gone or left_out:
                begin = instant(wall, zone)
                keys: set[Key] = {(begin, 0), (wall // DAY * DAY, DAY)}
                found = keys & gone | keys & left_out
                if found and _is_sure(found, begin, event, window):
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
        window.notes[Note.TOO_OFTEN].add(event.line)
        yield start.instant(clinic), last


def _is_sure(found: set[Key], begin: int, event: BusyEvent, window: Window) -> bool:
    """Whether these leave out a time; a day leaves out none of UTC that is on another one here."""
    here = wall_of(datetime.fromtimestamp(begin, window.clinic)) // DAY * DAY
    if event.span.start.zone is not UTC or not found.isdisjoint({(begin, 0), (here, DAY)}):
        return True
    window.notes[Note.NO_EXCEPTION].add(event.line)
    return False


def _times(event: BusyEvent, behind: int, ahead: int, window: Window) -> dict[int, Span]:
    """When a series comes round within the window and so far behind and ahead of it, by the clock
    of its zone, and for how long. Raises `TooMuch`.
    """
    start, clinic = event.span.start, window.clinic
    zone = start.zone or clinic
    first, last = window.first.wall_in(zone, clinic), window.last.wall_in(zone, clinic)
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
        walls = occurrences(rule, begin, first - behind, min(last + ahead, end), window.budget)
        found |= dict.fromkeys(walls, span)
    for one in event.more:
        wall = one.start.wall_in(zone, clinic)
        found[wall] = max(found.get(wall, one), one, key=lambda span: span.length)
    return found
