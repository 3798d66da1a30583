"""The calendar file (RFC 5545), written for what programs do with it.

The library folds each distinct line once; putting the lines together is the same bytes as its own
objects would write (a test holds that), many times as fast. Decided by what
clients do: no METHOD, no calendar UID, neutral PRODID, one VALARM an event.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from icalendar import vDuration
from icalendar.parser import Contentline

from ketasched.discretion import neutral
from ketasched.model import Course
from ketasched.render import View
from ketasched.render.events import Event, changed_events, events
from ketasched.render.wording import is_discreet
from ketasched.render.zones import needed_days, vtimezone
from ketasched.times import comes_twice

PRODID = "-//Appointments//Calendar 1//EN"


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
    days = [day for event in found for day in (event.start.date(), event.end.date())]
    zone = course.timezone
    block = vtimezone(zone, *needed_days(min(days), max(days))) if days else ""
    parameter = f";TZID={zone}" if block else ""
    return "".join(
        (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
            text_line("PRODID", PRODID),
            "CALSCALE:GREGORIAN\r\n",
            text_line("NAME", calendar_name(course, view)),
            text_line("X-WR-CALNAME", calendar_name(course, view)),
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


@lru_cache(maxsize=16384)
def text_line(name: str, value: str) -> str:
    """A content line with a text value, escaped and folded, with its CRLF (RFC 5545, 3.1).

    The escaping (3.3.11) is ours because the library takes a backslash before N for a line break.
    """
    for char, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(char, escaped)
    line: Any = Contentline  # which has no types of its own
    folded: str = line(f"{name}:{value}").to_ical().decode()
    return f"{folded}\r\n"


def _event(event: Event, parameter: str) -> str:
    changed = _utc(event.changed or event.start)
    # A local time that comes twice means its first occurrence (RFC 5545, 3.3.5), but not to all.
    zone = "" if comes_twice(event.start) or comes_twice(event.end) else parameter
    return "".join(
        (
            "BEGIN:VEVENT\r\n",
            text_line("SUMMARY", event.title),
            _moment("DTSTART", event.start, zone),
            _moment("DTEND", event.end, zone),
            f"DTSTAMP:{changed}\r\nUID:{event.uid}\r\nSEQUENCE:{event.sequence}\r\n",
            text_line("DESCRIPTION", event.text),
            f"LAST-MODIFIED:{changed}\r\n",
            text_line("LOCATION", event.place) if event.place else "",
            f"STATUS:{event.status}\r\nTRANSP:{'OPAQUE' if event.busy else 'TRANSPARENT'}\r\n",
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\n",
            text_line("DESCRIPTION", event.title),
            f"TRIGGER:{_trigger(event.alarm)}\r\nEND:VALARM\r\nEND:VEVENT\r\n",
        )
    )


def _moment(name: str, moment: datetime, parameter: str) -> str:
    if not parameter:
        return f"{name}:{_utc(moment)}\r\n"
    return f"{name}{parameter}:{_digits(moment)}\r\n"


def _utc(moment: datetime) -> str:
    return f"{_digits(moment.astimezone(UTC))}Z"


def _digits(moment: datetime) -> str:
    # In place of strftime, which takes several times as long and is most of a calendar.
    day = f"{moment.year:04d}{moment.month:02d}{moment.day:02d}"
    return f"{day}T{moment.hour:02d}{moment.minute:02d}{moment.second:02d}"


@lru_cache(maxsize=64)
def _trigger(minutes: int) -> str:
    trigger: Any = vDuration(timedelta(minutes=-minutes))
    written: str = trigger.to_ical().decode()
    return written
