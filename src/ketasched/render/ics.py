"""The calendar file (RFC 5545), written for what programs do with it.

The lines are written here and not by a library's objects, which take twenty times as long: they
are the same bytes as those of `icalendar` (a test holds that). Decided by what
clients do: no METHOD, no calendar UID, neutral PRODID, one VALARM an event.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

from ketasched.events.diff import changed_events
from ketasched.events.events import Event, events
from ketasched.events.view import View
from ketasched.events.wording import is_discreet
from ketasched.model import Course
from ketasched.model.privacy import neutral
from ketasched.model.wall_clock import comes_twice
from ketasched.render.vtimezone import needed_days, vtimezone

PRODID = "-//Appointments//Calendar 1//EN"

OCTETS = 74
"""How long a line may be; one more is the space that a folded one begins with (RFC 5545, 3.1)."""

ASCII_PIECES = re.compile(
    rf".{{{OCTETS - 1}}}[^\\^]|.{{{OCTETS - 1}}}(?=..)|.{{1,{OCTETS}}}", re.DOTALL
)
"""What a long line of ASCII is folded into: a piece does not end within an escape."""


def render(course: Course, view: View) -> str:
    """The calendar of the course for an audience: text with CRLF line ends."""
    return _calendar(course, view, events(course, view))


def render_changes(before: Course, course: Course, view: View) -> str:
    """Only what changed from one revision to the next, what is gone as cancelled."""
    return _calendar(course, view, changed_events(before, course, view))


def split(course: Course, view: View) -> dict[str, str]:
    """The same with a calendar for each event, for the programs that take only one event a file.

    By the name of its file, "2026-12-07-0900-appointment-1.ics": names sort by local time.
    """
    return {
        f"{event.start:%Y-%m-%d-%H%M}-{event.name}.ics": _calendar(course, view, [event])
        for event in events(course, view)
    }


def _calendar(course: Course, view: View, found: list[Event]) -> str:
    return calendar_text(calendar_name(course, view), course.timezone, found)


def calendar_text(name: str, zone: str, found: list[Event]) -> str:
    """A calendar of this name with these events, all of them local to a zone."""
    days = (
        (min(event.start for event in found).date(), max(event.end for event in found).date())
        if found
        else ()
    )
    block = vtimezone(zone, *needed_days(*days)) if days else ""
    parameter = f";TZID={zone}" if block else ""
    return "".join(
        (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
            text_line("PRODID", PRODID),
            "CALSCALE:GREGORIAN\r\n",
            text_line("NAME", name),
            text_line("X-WR-CALNAME", name),
            block or "",
            *(_event(event, parameter) for event in found),
            "END:VCALENDAR\r\n",
        )
    )


def calendar_name(course: Course, view: View) -> str:
    """What the calendar is called; neutral unless the clinic wants clinical titles."""
    if view.audience == "driver":
        return "Rides"
    if view.audience == "clinic":
        return f"{course.patient}: {course.protocol.title}"
    clinic = course.clinic
    if is_discreet(course, view):
        return neutral(clinic.calendar_name) or "Appointments"
    return clinic.calendar_name or clinic.name or course.protocol.title


@lru_cache(maxsize=4096)
def text_line(name: str, value: str) -> str:
    """A content line with a text value, escaped (RFC 5545, 3.3.11) and folded, with its CRLF."""
    for char, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(char, escaped)
    return f"{_folded(f'{name}:{value}')}\r\n"


def _folded(line: str) -> str:
    """The line in pieces that are short enough; none ends within a character or an escape."""
    if line.isascii():
        return line if len(line) <= OCTETS else "\r\n ".join(ASCII_PIECES.findall(line))
    octets, begin = line.encode(), 0
    pieces = []
    while len(octets) - begin > OCTETS:
        end = begin + OCTETS
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        if octets[end - 1] in b"\\^":
            end -= 1
        pieces.append(octets[begin:end])
        begin = end
    return b"\r\n ".join((*pieces, octets[begin:])).decode() if pieces else line


def _event(event: Event, parameter: str) -> str:
    changed = _changed(event.changed) if event.changed else _utc(event.start)
    start, end = event.start, event.end
    return (
        f"BEGIN:VEVENT\r\n{text_line('SUMMARY', event.title)}"
        f"{_span(start, end, (start.fold, end.fold), parameter)}"
        f"DTSTAMP:{changed}\r\nUID:{event.uid}\r\nSEQUENCE:{event.sequence}\r\n"
        f"{text_line('DESCRIPTION', event.text)}LAST-MODIFIED:{changed}\r\n"
        f"{text_line('LOCATION', event.place) if event.place else ''}"
        f"STATUS:{event.status}\r\nTRANSP:{'OPAQUE' if event.busy else 'TRANSPARENT'}\r\n"
        f"{_alarm(event)}END:VEVENT\r\n"
    )


def _alarm(event: Event) -> str:
    if event.alarm is None:
        return ""
    return (
        f"BEGIN:VALARM\r\nACTION:DISPLAY\r\n{text_line('DESCRIPTION', event.title)}"
        f"TRIGGER:{_trigger(event.alarm)}\r\nEND:VALARM\r\n"
    )


@lru_cache(maxsize=4096)
def _span(start: datetime, end: datetime, _folds: tuple[int, int], parameter: str) -> str:
    """The lines that say from when to when, for all events of these times.

    `_folds` are those of the two: what differs only in that is equal.
    """
    # A local time that comes twice means its first occurrence (RFC 5545, 3.3.5), but not to all.
    zone = "" if comes_twice(start) or comes_twice(end) else parameter
    return f"{_moment('DTSTART', start, zone)}{_moment('DTEND', end, zone)}"


def _moment(name: str, moment: datetime, parameter: str) -> str:
    if not parameter:
        return f"{name}:{_utc(moment)}\r\n"
    return f"{name}{parameter}:{moment:%Y%m%dT%H%M%S}\r\n"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}Z"


_changed = lru_cache(maxsize=64)(_utc)
"""Of a moment that is in UTC already: most events have the same."""


@lru_cache(maxsize=64)
def _trigger(minutes: int) -> str:
    """So many minutes before, as a duration (RFC 5545, 3.3.6)."""
    days, (hours, rest) = minutes // 1440, divmod(minutes % 1440, 60)
    clock = (f"{hours}H" if hours else "") + (f"{rest}M" if rest else "")
    day = f"{days}D" if days or not clock else ""
    return f"{'-' if minutes else ''}P{day}{'T' if clock else ''}{clock}"
