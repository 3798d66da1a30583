"""The calendar file (RFC 5545).

The file has the same bytes as one written by the library `icalendar` (which a test compares), but
is written here because the library takes twenty times as long. By what calendar programs do with
them, there is no METHOD, no UID of the calendar, a neutral PRODID, and one VALARM an event.
"""

from datetime import UTC, datetime
from functools import lru_cache

from ketasched.events.diff import changed_events
from ketasched.events.event import Event, EventStatus
from ketasched.events.events import events
from ketasched.events.view import View, reader_locale
from ketasched.events.wording import is_discreet
from ketasched.model import Course
from ketasched.model.privacy import redact
from ketasched.model.wall_clock import is_ambiguous
from ketasched.render.vtimezone import vtimezone

PRODID = "-//Appointments//Calendar 1//EN"

HEAD = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODID}\r\nCALSCALE:GREGORIAN\r\n"

OCTETS = 74
"""The maximum length of a line (RFC 5545, 3.1), without the space before a folded piece."""


def render(course: Course, view: View) -> str:
    """The calendar of the course for this audience, with CRLF line ends."""
    return _calendar(course, view, events(course, view))


def render_changes(
    before: Course, course: Course, view: View, following: Course | None = None
) -> str:
    """A calendar of the events that changed since `before`, removed ones as cancelled.

    With the events of the course `following` it, if there is one.
    """
    changed = changed_events(before, course, view)
    known = {event.uid for event in changed}
    new = events(following, view) if following else ()
    return _calendar(course, view, [*changed, *(one for one in new if one.uid not in known)])


def render_split(course: Course, view: View) -> dict[str, str]:
    """A calendar for each event, for the programs that import only one event a file.

    The keys are file names that sort by local time: "2026-12-07-0900-appointment-1.ics".
    """
    return {
        f"{event.start:%Y-%m-%d-%H%M}-{event.name}.ics": _calendar(course, view, [event])
        for event in events(course, view)
    }


def _calendar(course: Course, view: View, content: list[Event]) -> str:
    name = reader_locale(course, view).plain(calendar_name(course, view))
    return calendar_text(name, course.timezone, plain_events(course, view, content))


def plain_events(course: Course, view: View, content: list[Event]) -> list[Event]:
    """The events with plain spaces, for calendars (`Locale.plain`)."""
    locale = reader_locale(course, view)
    if locale.has_plain_spaces:
        return content
    plain = locale.plain
    return [
        one._replace(title=plain(one.title), text=plain(one.text), place=plain(one.place))
        for one in content
    ]


def calendar_text(name: str, zone: str, content: list[Event], refresh: str = "") -> str:
    """A calendar of this name with these events, all of them local to the zone.

    `refresh` is how often programs that subscribe to it are to ask again (a duration).
    """
    block, parameter = _zone(zone, content)
    return "".join(
        (
            HEAD,
            _text_line("NAME", name),
            _text_line("X-WR-CALNAME", name),
            _refresh_lines(refresh) if refresh else "",
            block,
            *[_vevent(event, parameter) for event in content],
            "END:VCALENDAR\r\n",
        )
    )


def itip_text(zone: str, event: Event, organizer: str, attendee: str) -> str:
    """An iTIP message (RFC 5546) on this event, which is local to the zone: CANCEL or REQUEST.

    `organizer` and `attendee` are addresses as URIs. Nobody is asked for an answer.
    """
    block, parameter = _zone(zone, [event])
    asked = "ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE"
    people = (f"ORGANIZER:{organizer}", f"ATTENDEE;{asked}:{attendee}")
    vevent = _vevent(event, parameter, "".join(f"{_fold(line)}\r\n" for line in people))
    method = f"METHOD:{itip_method(event.status)}\r\n"
    return f"{HEAD}{method}{block}{vevent}END:VCALENDAR\r\n"


def itip_method(status: EventStatus) -> str:
    """The METHOD of a message on an event with this status."""
    return "CANCEL" if status == "CANCELLED" else "REQUEST"


def _zone(zone: str, content: list[Event]) -> tuple[str, str]:
    """The VTIMEZONE for these events, and the parameter that refers to it; both "" without any."""
    years = {moment.year for event in content for moment in (event.start, event.end)}
    # Whole years, so that many courses share a VTIMEZONE.
    block = vtimezone(zone, min(years), max(years)) if years else ""
    return block, f";TZID={zone}" if block else ""


def _refresh_lines(refresh: str) -> str:
    """How often to ask again: for RFC 7986, 5.7, and for Outlook."""
    return f"REFRESH-INTERVAL;VALUE=DURATION:{refresh}\r\nX-PUBLISHED-TTL:{refresh}\r\n"


def calendar_name(course: Course, view: View) -> str:
    """The calendar's name; neutral unless the clinic wants clinical titles."""
    text = reader_locale(course, view).text
    if view.audience == "driver":
        return text("Rides")
    if view.audience == "clinic":
        return f"{course.patient}: {course.protocol.title}"
    clinic = course.clinic
    if is_discreet(course, view):
        return redact(clinic.calendar_name) or text("Appointments")
    return clinic.calendar_name or clinic.name or text(course.protocol.title)


@lru_cache(maxsize=4096)
def _text_line(name: str, value: str) -> str:
    """A content line with a text value, escaped (RFC 5545, 3.3.11) and folded, with its CRLF."""
    for char, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(char, escaped)
    return f"{_fold(f'{name}:{value}')}\r\n"


def _fold(line: str) -> str:
    """The line folded into pieces of at most `OCTETS`; none ends in a character or an escape."""
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
    return b"\r\n ".join((*pieces, octets[begin:])).decode()


def _vevent(event: Event, parameter: str, people: str = "") -> str:
    start, end = event.start, event.end
    changed = _stamp(event.changed) if event.changed else _utc(start)
    return (
        f"BEGIN:VEVENT\r\n{_text_line('SUMMARY', event.title)}"
        f"{_span(start, end, (start.fold, end.fold), parameter)}"
        f"DTSTAMP:{changed}\r\nUID:{event.uid}\r\nSEQUENCE:{event.sequence}\r\n{people}"
        f"{_text_line('DESCRIPTION', event.text)}LAST-MODIFIED:{changed}\r\n"
        f"{_text_line('LOCATION', event.place) if event.place else ''}"
        f"STATUS:{event.status}\r\nTRANSP:{'OPAQUE' if event.busy else 'TRANSPARENT'}\r\n"
        f"{'' if event.alarm is None else _valarm(event.title, event.alarm)}END:VEVENT\r\n"
    )


@lru_cache(maxsize=4096)
def _valarm(title: str, minutes: int) -> str:
    """An alarm so many minutes before the start."""
    return (
        f"BEGIN:VALARM\r\nACTION:DISPLAY\r\n{_text_line('DESCRIPTION', title)}"
        f"TRIGGER:{_duration(minutes)}\r\nEND:VALARM\r\n"
    )


@lru_cache(maxsize=4096)
def _span(start: datetime, end: datetime, _folds: tuple[int, int], parameter: str) -> str:
    """DTSTART and DTEND.

    `_folds` are part of the cache's key because datetimes that differ only in fold are equal.
    """
    # RFC 5545, 3.3.5: an ambiguous local time is its first occurrence. Not all programs agree.
    zone = "" if is_ambiguous(start) or is_ambiguous(end) else parameter
    return f"{_moment('DTSTART', start, zone)}{_moment('DTEND', end, zone)}"


def _moment(name: str, moment: datetime, parameter: str) -> str:
    if not parameter:
        return f"{name}:{_utc(moment)}\r\n"
    return f"{name}{parameter}:{moment:%Y%m%dT%H%M%S}\r\n"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}Z"


_stamp = lru_cache(maxsize=64)(_utc)
"""`_utc` for moments that are in UTC: most events of many courses share theirs."""


def _duration(minutes: int) -> str:
    """The duration (RFC 5545, 3.3.6) to a moment so many minutes before."""
    days, (hours, rest) = minutes // 1440, divmod(minutes % 1440, 60)
    clock = (f"{hours}H" if hours else "") + (f"{rest}M" if rest else "")
    day = f"{days}D" if days or not clock else ""
    return f"{'-' if minutes else ''}P{day}{'T' if clock else ''}{clock}"
