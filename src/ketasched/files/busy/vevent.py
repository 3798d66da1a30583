"""Reads VEVENT and VFREEBUSY components: when each is, and whether it is busy."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property, lru_cache
from typing import Any

from ketasched.files.busy.content_lines import Component, Property, plain_text, tidy
from ketasched.files.busy.notes import BadLine, Note, Notes
from ketasched.files.busy.recurrence import Budget, RecurrenceRule, read_rule
from ketasched.files.busy.spans import DAY, SOMEWHERE, Moment, Span, wall_of
from ketasched.files.busy.timezones import described_zone, known_zone
from ketasched.model import quote

LONGEST, MARGIN = 36600 * DAY, timedelta(days=7)
"""A DURATION that is longer is one of a century; and no event is so far from its start and end, in
whichever zone, and if they are the wrong way round.
"""

EIGHT_DIGITS = re.compile(r"[1-3]\d{7}", re.ASCII)
CLOCKS = re.compile(r"HOUR|MINUTE|SECOND|^M\d|\s\d{4}\b", re.ASCII)
"""What a rule says that is finer than daily; of vCalendar 1.0, too: "D1 0900 1500" or "M30"."""

EXAMPLES = {
    "DURATION": "time such as PT1H30M",
    "FREEBUSY": "period such as 20261207T090000Z/PT1H30M",
}
SHOWN = re.compile(r"[12]\d{7}(T[\dZ]*)?|[-+]?P[\dDHMSTW]*", re.ASCII)
"""How a value of a time is written; and one that is told from what somebody has typed."""

MOST_ZONES = 600
"""The world has no more zones; of a calendar that names more, the others are unknown."""

LATER = ("RRULE", "RDATE", "RECURRENCE-ID", "DURATION", "FREEBUSY")
"""The properties that say of other days than the start and the end."""


Value = tuple[Property, Any]
"""A line, and one of its values as `icalendar` reads it."""


@dataclass(frozen=True, slots=True)
class BusyEvent:
    """A VEVENT, or a period of a VFREEBUSY. The rules are with their UNTIL.

    `replaces` is the RECURRENCE-ID: which time of the series this one stands for, and with
    `onwards` for the later ones, too.
    """

    line: int
    span: Span
    uid: str
    is_busy: bool = True
    sequence: int = 0
    rules: tuple[tuple[RecurrenceRule, Moment | None], ...] = ()
    more: tuple[Span, ...] = ()
    less: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    onwards: bool = False

    @property
    def replaced(self) -> Moment:
        """The RECURRENCE-ID; the start, if there is none."""
        return self.replaces or self.span.start

    def since(self, clinic: tzinfo) -> int:
        """From which second of UTC on it stands for others."""
        return self.replaced.instant(clinic)

    def later(self, zone: tzinfo, clinic: tzinfo) -> int:
        """By how much it is later, by the clock of a zone, than what it stands for."""
        return self.span.start.wall_in(zone, clinic) - self.replaced.wall_in(zone, clinic)


def is_free(event: Component) -> bool:
    """Whether an event takes nobody's time, or its owner has declined it."""
    shown = event.texts("X-MICROSOFT-CDO-BUSYSTATUS")
    answers = {one.parameters.get("PARTSTAT", "").upper() for one in event.all("ATTENDEE")}
    if event.texts("STATUS") == {"CANCELLED"} or shown == {"FREE"} or answers == {"DECLINED"}:
        return True
    return not shown & {"BUSY", "OOF", "TENTATIVE"} and event.texts("TRANSP") == {"TRANSPARENT"}


def may_touch(event: Component, days: tuple[date, date] | None) -> bool:
    """Whether an event can say something of these days, as far as its bare text tells."""
    if days is None or any(map(event.all, LATER)):
        return True
    texts = sorted(one[:8] for one in event.texts("DTSTART") | event.texts("DTEND"))
    if not texts or not all(map(EIGHT_DIGITS.match, texts)):
        return True
    first, last = _around(days)
    return texts[0] <= last and first <= texts[-1]


@lru_cache(10)
def _around(days: tuple[date, date]) -> tuple[str, str]:
    """The first and the last date that can touch some days, as calendars write them."""
    return f"{days[0] - MARGIN:%Y%m%d}", f"{days[1] + MARGIN:%Y%m%d}"


@dataclass
class EventReader:
    """Reads the components of one VCALENDAR. Raises `BadLine`."""

    calendar: Component
    budget: Budget
    notes: Notes
    zones: dict[str, Moment] = field(default_factory=dict)

    @cached_property
    def described(self) -> dict[str, list[Component]]:
        """The descriptions of zones in the calendar, by name."""
        found: dict[str, list[Component]] = {}
        for part in self.calendar.parts:
            for tzid in part.texts("TZID"):
                found.setdefault(plain_text(tzid), []).append(part)
        return found

    @cached_property
    def floating(self) -> Moment:
        """Some moment in the zone of times that name none."""
        said = self.calendar.all("X-WR-TIMEZONE") or self.calendar.all("TZ")
        if not said:
            return Moment()
        # In vCalendar 1.0 TZ is an offset, and DAYLIGHT says when it is another one.
        summer = self.calendar.texts("DAYLIGHT") - {"FALSE"} if said[0].name == "TZ" else set()
        return self._zone(" ".join((plain_text(said[0].value), *summer)), said[0].line)

    def events(self, component: Component) -> Iterator[BusyEvent]:
        """The event of a VEVENT, if it has a start, or the busy times of a VFREEBUSY, whose own
        begin and end only say what it looked at.
        """
        if component.name == "VEVENT":
            yield from self._event(component)
        elif component.name == "VFREEBUSY":
            said = component.all("FREEBUSY")
            busy = [one for one in said if one.parameters.get("FBTYPE", "").upper() != "FREE"]
            if spans := tuple(self._more(busy, Span(self.floating))):
                yield BusyEvent(component.line, spans[0], f" {component.line}", more=spans)

    def _event(self, component: Component) -> Iterator[BusyEvent]:
        is_busy = not is_free(component)
        starts, ends, lengths, replaces = (
            component.only(name) for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID")
        )
        if not starts and (is_busy or not replaces):
            self.notes[Note.NO_START].add(component.line)
            return
        [begin] = [(one, next(one.values(), None)) for one in starts or replaces]
        until = [(one, next(one.values(), None)) for one in ends + lengths]
        # An empty one is none if there is another one; a length may be a line of some text.
        said = [one for one in until if one[1] is not None or (one[0] in ends and one[0].value)]
        span = self._span(begin, *(said or until[:1]))
        numbers = [int(one[:9]) for one in component.texts("SEQUENCE") if one.isdecimal()]
        yield BusyEvent(
            component.line,
            span,
            min(component.texts("UID"), default=f" {component.line}"),
            is_busy,
            max(numbers, default=0),
            tuple(self._rule(one, span.start) for one in component.all("RRULE")),
            tuple(self._more(component.all("RDATE"), span)),
            tuple(self._exceptions(component.all("EXDATE"), span)),
            next(self._exceptions(replaces, span), None),
            any(map(_is_onwards, replaces)),
        )

    def _zone(self, name: str, line: int) -> Moment:
        """Some moment in the zone of a name on this line: as it is described, or known."""
        if name not in self.zones:
            described, is_one = self.described.get(name, ()), len(self.zones) < MOST_ZONES
            known = known_zone(name) if is_one else Moment(zone=UTC, doubt=SOMEWHERE)
            self.zones[name] = described_zone(described if is_one else (), known, self.budget)
        if self.zones[name].doubt:
            self.notes[Note.NO_ZONE].add(line)
        return self.zones[name]

    def _moment(self, found: Value, floating: Moment) -> Moment:
        """The day or time of a value. Raises `BadLine`."""
        said, value = found
        if not isinstance(value, date):
            raise _unreadable(said)
        wall, is_utc = wall_of(value), isinstance(value, datetime) and bool(value.tzinfo)
        is_day = not isinstance(value, datetime) or (floating.is_day and not is_utc)
        if is_day or said.parameters.get("VALUE", "").upper() == "DATE":
            doubt = SOMEWHERE if is_utc and wall % DAY else 0
            return Moment(wall // DAY * DAY, None, doubt, is_day=True)
        if is_utc:
            return Moment(wall, UTC)
        tzid = said.parameters.get("TZID")
        clock = self._zone(tzid, said.line) if tzid else floating
        return Moment(wall, clock.zone, clock.doubt)

    def _span(self, begin: Value, *ends: Value) -> Span:
        """The span from a start to the last of its ends; a day or no time, without one."""
        start = self._moment(begin, self.floating)
        # Some programs write a single day with an end on that day.
        least = Span(start, start.doubt, DAY * start.is_day, start.doubt)
        found = (self._span_until(start, *one) for one in ends)
        return max((least, *found), key=lambda one: (one.clock is not None, one.length))

    def _span_until(self, start: Moment, said: Property, end: Any) -> Span:  # noqa: ANN401
        """The span from a start to an end, or so long."""
        if isinstance(end, timedelta) and said.value[-1] not in "PT":
            length = max(min(end // timedelta(seconds=1), LONGEST), -LONGEST)
            is_by_clock = "PT" not in said.value[:60] or said.value[-1] == "W"
            wall = length // DAY * DAY if is_by_clock else 0
            span = Span(start, start.doubt, wall, length - wall + start.doubt)
        else:
            span = start.to(self._moment((said, end), self.floating))
        doubt, backwards = span.before, span.before - span.wall - span.elapsed
        if span.clock or backwards <= 0:
            return span
        # The two may be the wrong way round, or the end is on the next day.
        self.notes[Note.BACKWARDS].add(said.line)
        reach = DAY if start.is_day else max(DAY - backwards, 1)
        return Span(start, backwards + doubt, 0, reach + doubt)

    def _rule(self, said: Property, start: Moment) -> tuple[RecurrenceRule, Moment | None]:
        try:
            rule = read_rule(tidy(said.value), start.wall)
            until = said._replace(value=rule.until)
            return rule, self._moment((said, next(until.values())), start) if rule.until else None
        except ValueError:
            self.notes[Note.NO_RULE].add(said.line)
            return RecurrenceRule(whole_days=bool(CLOCKS.search(said.value))), None

    def _exceptions(self, said: Iterable[Property], span: Span) -> Iterator[Moment]:
        """The times that a series leaves out or has otherwise; what is not certain stays busy."""
        for one in said:
            try:
                found = [more.start for more in self._more([one], span)]
            except BadLine:
                found = [Moment(doubt=DAY)]
            certain = [moment for moment in found if moment.doubt <= span.start.doubt]
            if certain != found:
                self.notes[Note.NO_EXCEPTION].add(one.line)
            yield from certain

    def _more(self, said: Iterable[Property], span: Span) -> Iterator[Span]:
        """The times of an RDATE or a FREEBUSY, as long as a span if they have no end."""
        for one in said:
            for value in one.values():
                if isinstance(value, tuple):
                    yield self._span((one, value[0]), (one, value[1]))
                elif one.name == "FREEBUSY":
                    raise _unreadable(one)
                else:
                    start = self._moment((one, value), span.start)
                    wall = span.wall + DAY * (start.is_day and not span.start.is_day)
                    before, elapsed = span.before + start.doubt, span.elapsed + start.doubt
                    yield Span(start, before, wall, elapsed, span.clock)


def _is_onwards(replaced: Property) -> bool:
    """Whether a RECURRENCE-ID is one of all later times, too. Raises `BadLine`."""
    said = replaced.parameters.get("RANGE", "").upper()
    if said not in ("", "THISANDFUTURE"):
        raise BadLine(replaced.line, "RECURRENCE-ID: expected RANGE=THISANDFUTURE")
    return said != ""


def _unreadable(said: Property) -> BadLine:
    """The error of a value that is none. It says the value only if that may be a time."""
    wanted = EXAMPLES.get(said.name, "time such as 20261207T090000")
    shown = f", not {quote(said.value)}" if SHOWN.fullmatch(said.value) else ""
    return BadLine(said.line, f"{said.name}: expected a {wanted}{shown}")
