"""Calendar files as other people's programs read them: what happens when, in UTC."""

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import icalendar
import vobject
from ical.calendar_stream import IcsCalendarStream


class Read(NamedTuple):
    """An event as a reader has it."""

    uid: str
    title: str
    start: datetime
    end: datetime


def by_icalendar(text: str) -> list[Read]:
    """The events as `icalendar` reads them, which has found no error in them."""
    calendar = icalendar.Calendar.from_ical(text)
    assert not [error for component in calendar.walk() for error in component.errors]
    return [
        Read(str(event["UID"]), str(event["SUMMARY"]), _utc(event.start), _utc(event.end))
        for event in calendar.events
    ]


def by_ical(text: str) -> list[Read]:
    """The events as allenporter's `ical` reads them; it has time zone code of its own."""
    calendar = IcsCalendarStream.calendar_from_ics(text)
    return [
        Read(event.uid or "", event.summary or "", _utc(event.dtstart), _utc(event.end))
        for event in calendar.events
    ]


def by_vobject(text: str) -> list[Read]:
    """The events as `vobject` reads them."""
    events = vobject.readOne(text).contents.get("vevent", [])
    return [
        Read(
            event.uid.value,
            event.summary.value,
            _utc(event.dtstart.value),
            _utc(event.dtend.value),
        )
        for event in events
    ]


READERS: Mapping[str, Callable[[str], list[Read]]] = {
    "icalendar": by_icalendar,
    "ical": by_ical,
    "vobject": by_vobject,
}


def unfolded(text: str) -> list[str]:
    """The content lines of a calendar, each whole."""
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


_numbers = itertools.count(1)


def unnamed(text: str, zone: str) -> str:
    """The same calendar with a name for its zone that nobody knows, and another one each time.

    Whoever reads this right has used the VTIMEZONE: `icalendar`, `ical` and others prefer the
    zone that they know by its name, and `icalendar` and `vobject` keep every zone that they have
    read, by its name, for the next file.
    """
    known = re.compile(rf"(?m)^(TZID:|DTSTART;TZID=|DTEND;TZID=){re.escape(zone)}(?=[:\r])")
    return known.sub(rf"\g<1>Nowhere/Place-{next(_numbers)}", text)


def _utc(moment: object) -> datetime:
    assert isinstance(moment, datetime)
    assert moment.tzinfo is not None
    return moment.astimezone(UTC)
