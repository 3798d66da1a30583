"""Reads VEVENT and VFREEBUSY components: when each takes place, and whether the time is busy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ketasched.files.busy.content_lines import BadLine, Component, Property
from ketasched.files.busy.recurrence import RecurrenceRule, read_rule
from ketasched.files.busy.timezones import WORLD_TIME, Zone, Zones, wall_time
from ketasched.model import quote

DURATION = re.compile(
    r"\+?P(?:(\d{1,9})W|"
    r"(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?)",
    re.ASCII,
)

LONGEST_DAYS = 36600
"""Nothing takes longer than a century."""

LONG_AGO, FAR_AHEAD = datetime(1000, 1, 1), datetime(9000, 1, 1)  # noqa: DTZ001 - on the wall
"""Some programs write the first or the last of all dates where they mean always."""

REPEATS = frozenset({"RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})

NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time by the clock on the wall of a zone; without one, of the clinic's.

    Of a whole day it is the midnight with which it begins.
    """

    wall: datetime
    zone: Zone | None = None
    whole_day: bool = False


@dataclass(frozen=True, slots=True)
class Length:
    """How long something takes: so much by the clock on the wall, then so many seconds.

    The end of a whole-day event, or of one in a zone, keeps its time on the wall when the event
    comes again, as calendar programs show it; a DURATION in hours is elapsed time.
    """

    wall: timedelta = NO_TIME
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class BusyEvent:
    """A VEVENT. `replaces` is the RECURRENCE-ID: which time of the series this one stands for,
    and with `onwards` for the later ones, too.
    """

    line: int
    uid: str
    sequence: int
    is_busy: bool
    start: Moment
    length: Length
    rules: tuple[tuple[int, RecurrenceRule], ...] = ()
    more: tuple[tuple[Moment, Length | None], ...] = ()
    less: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    onwards: bool = False


def read_event(component: Component, zones: Zones) -> BusyEvent:
    """The event of a VEVENT. Raises `BadLine`."""
    first = component.one("DTSTART")
    if first is None:
        raise BadLine(component.line, "the event has no DTSTART")
    start = _moment(first, first.value, zones)
    found = BusyEvent(
        component.line,
        _text(component, "UID"),
        _sequence(component),
        _text(component, "TRANSP").upper() != "TRANSPARENT"
        and _text(component, "STATUS").upper() != "CANCELLED",
        start,
        _length(component, start, zones),
    )
    if all(one.name not in REPEATS for one in component.properties):
        return found
    return _with_repetitions(found, component, zones)


def _with_repetitions(event: BusyEvent, component: Component, zones: Zones) -> BusyEvent:
    replaces = component.one("RECURRENCE-ID")
    return replace(
        event,
        rules=tuple((one.line, _rule(one)) for one in component.all("RRULE")),
        more=tuple(
            more for one in component.all("RDATE") for more in _more(one, event.length, zones)
        ),
        less=tuple(
            _moment(one, text, zones)
            for one in component.all("EXDATE")
            for text in one.value.split(",")
            if text.strip()
        ),
        replaces=_moment(replaces, replaces.value, zones) if replaces else None,
        onwards=replaces is not None
        and replaces.parameters.get("RANGE", "").upper() == "THISANDFUTURE",
    )


def busy_periods(component: Component, zones: Zones) -> Iterator[tuple[Moment, Length]]:
    """The busy times of a VFREEBUSY; its own begin and end only say what it looked at."""
    for one in component.all("FREEBUSY"):
        if one.parameters.get("FBTYPE", "BUSY").upper() == "FREE":
            continue
        for text in one.value.split(","):
            yield _period(one, text, zones)


def _text(component: Component, name: str) -> str:
    found = component.one(name)
    return found.value if found else ""


def _sequence(component: Component) -> int:
    text = _text(component, "SEQUENCE")
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0


def _rule(said: Property) -> RecurrenceRule:
    try:
        rule = read_rule(said.value)
    except ValueError as error:
        raise BadLine(said.line, str(error)) from None
    if rule.until:
        wall_time(said, rule.until)
    return rule


def _moment(said: Property, text: str, zones: Zones) -> Moment:
    text = text.strip()
    wall = min(max(wall_time(said, text), LONG_AGO), FAR_AHEAD)
    if len(text) == len("20261207"):
        return Moment(wall, whole_day=True)
    if text.endswith("Z"):
        return Moment(wall, WORLD_TIME)
    name = said.parameters.get("TZID", "")
    if not name:
        return Moment(wall)
    try:
        return Moment(wall, zones.named(name))
    except BadLine:
        raise
    except ValueError as error:
        raise BadLine(said.line, str(error)) from None


def _length(component: Component, start: Moment, zones: Zones) -> Length:
    """How long an event takes; a day or no time at all, where it does not say."""
    said, duration = component.one("DTEND"), component.one("DURATION")
    day = Length(timedelta(1))
    if said is not None:
        found = _until(said, start, _moment(said, said.value, zones))
    elif duration is not None:
        found = _duration(duration, duration.value)
    else:
        return day if start.whole_day else Length()
    # Some programs write a single day with an end on that day.
    return day if start.whole_day and found == Length() else found


def _until(said: Property, start: Moment, end: Moment) -> Length:
    if end.whole_day != start.whole_day:
        raise BadLine(said.line, f"{said.name} and DTSTART: one has a time, the other has none")
    if start.zone is None or end.zone is None or start.zone == end.zone:
        found = Length(wall=end.wall - start.wall)
    else:
        found = Length(seconds=end.zone.instant(end.wall) - start.zone.instant(start.wall))
    if found.wall < NO_TIME or found.seconds < 0:
        raise BadLine(said.line, "ends before it starts")
    return _sensible(said, found)


def _duration(said: Property, text: str) -> Length:
    found = DURATION.fullmatch(text.strip().upper())
    numbers = [int(part or 0) for part in found.groups()] if found else []
    if not numbers or text.strip().upper().endswith(("P", "T")):
        raise BadLine(said.line, f"expected a time such as PT1H30M, not {quote(text)}")
    weeks, days, hours, minutes, seconds = numbers
    elapsed = hours * 3600 + minutes * 60 + seconds
    return _sensible(said, Length(timedelta(min(7 * weeks + days, 2 * LONGEST_DAYS)), elapsed))


def _sensible(said: Property, found: Length) -> Length:
    if found.wall.days + found.seconds // (24 * 3600) > LONGEST_DAYS:
        raise BadLine(said.line, "takes longer than a century")
    return found


def _more(said: Property, length: Length, zones: Zones) -> Iterator[tuple[Moment, Length | None]]:
    for text in said.value.split(","):
        if "/" in text:
            yield _period(said, text, zones)
        elif text.strip():
            yield _moment(said, text, zones), None


def _period(said: Property, text: str, zones: Zones) -> tuple[Moment, Length]:
    """The start and the length of "20261207T090000Z/PT1H", or with an end in its place."""
    begin, slash, end = text.partition("/")
    start = _moment(said, begin, zones)
    if not slash:
        raise BadLine(said.line, f"{said.name}: expected a start and an end, not {quote(text)}")
    if "P" in end.upper():
        return start, _duration(said, end)
    return start, _until(said, start, _moment(said, end, zones))
