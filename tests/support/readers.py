"""Calendar files as other people's programs read them: what happens when, in UTC."""

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import icalendar
import ics
import vobject
from ical.calendar_stream import IcsCalendarStream

from tests.conftest import ROOT
from tests.support.needed import needed

NODE = ROOT / "tests" / "node"


class Read(NamedTuple):
    """An event as a reader has it, with how many alarms it has."""

    uid: str
    title: str
    start: datetime
    end: datetime
    alarms: int = 1


def by_icalendar(text: str) -> list[Read]:
    """The events as `icalendar` reads them, which has found no error in them."""
    calendar = icalendar.Calendar.from_ical(text)
    assert not [error for component in calendar.walk() for error in component.errors]
    return [
        Read(
            str(event["UID"]),
            str(event["SUMMARY"]),
            _utc(event.start),
            _utc(event.end),
            len(event.walk("VALARM")),
        )
        for event in calendar.events
    ]


def by_ical(text: str) -> list[Read]:
    """The events as allenporter's `ical` reads them; it has time zone code of its own."""
    calendar = IcsCalendarStream.calendar_from_ics(text)
    return [
        Read(
            event.uid or "",
            event.summary or "",
            _utc(event.dtstart),
            _utc(event.end),
            len(event.alarm),
        )
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
            len(event.contents.get("valarm", ())),
        )
        for event in events
    ]


def by_ics(text: str) -> list[Read]:
    """The events as `ics` reads them; it knows zones by their names alone (dateutil)."""
    return [
        Read(
            event.uid,
            event.name or "",
            event.begin.datetime.astimezone(UTC),
            event.end.datetime.astimezone(UTC),
            len(event.alarms),
        )
        for event in sorted(ics.Calendar(text).events)
    ]


def by_ical_js(text: str) -> list[Read]:
    """The events as `ical.js` reads them, the engine of Thunderbird. Skipped without Node.js."""
    node = shutil.which("node")
    needed(node is not None, "Node.js, for reading calendars with ical.js")
    needed((NODE / "node_modules" / "ical.js").is_dir(), "ical.js: npm ci in tests/node")
    done = subprocess.run(
        [str(node), "read_calendar.js"],
        cwd=NODE,
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return [
        Read(
            event["uid"],
            event["title"],
            datetime.fromisoformat(event["start"]),
            datetime.fromisoformat(event["end"]),
            event["alarms"],
        )
        for event in json.loads(done.stdout)
    ]


READERS: Mapping[str, Callable[[str], list[Read]]] = {
    "icalendar": by_icalendar,
    "ical": by_ical,
    "vobject": by_vobject,
    "ics": by_ics,
    "ical.js": by_ical_js,
}


def unfolded(text: str) -> list[str]:
    """The content lines of a calendar, each whole."""
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


BY_THE_VTIMEZONE = {name: reader for name, reader in READERS.items() if reader is not by_ics}
"""Those that go by the VTIMEZONE where they do not know the zone's name."""

_names = map("".join, itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=4))


def unnamed(text: str, zone: str) -> str:
    """The same calendar with a name for its zone that nobody knows, and another one each time.

    Whoever reads this right has used the VTIMEZONE: `icalendar`, `ical` and others prefer the
    zone that they know by its name, and `icalendar` and `vobject` keep every zone that they have
    read, by its name, for the next file.
    """
    known = re.compile(rf"(?m)^(TZID:|DTSTART;TZID=|DTEND;TZID=){re.escape(zone)}(?=[:\r])")
    return known.sub(rf"\g<1>Nowhere/Place-{next(_names)}", text)


def _utc(moment: object) -> datetime:
    assert isinstance(moment, datetime)
    assert moment.tzinfo is not None
    return moment.astimezone(UTC)
