"""When somebody is busy by a calendar, as other readers unfold it; the clinic's zone is UTC."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import recurring_ical_events

from tests.support.needed import needed
from tests.support.readers import NODE

Days = tuple[date, date]
Intervals = list[tuple[int, int]]
"""From, until, in seconds of UTC: merged, in order, within the days that were asked about."""


def bounds(days: Days) -> tuple[int, int]:
    """The seconds of UTC of days, both inclusive."""
    begin, end = (datetime.combine(day, time(), UTC) for day in days)
    return int(begin.timestamp()), int((end + timedelta(1)).timestamp())


def merged(found: Iterable[tuple[int, int]], days: Days) -> Intervals:
    """The intervals within the days, those that overlap or touch made one."""
    first, last = bounds(days)
    kept: Intervals = []
    for begin, end in sorted((max(begin, first), min(end, last)) for begin, end in found):
        if begin >= end:
            continue
        if kept and begin <= kept[-1][1]:
            kept[-1] = kept[-1][0], max(kept[-1][1], end)
        else:
            kept.append((begin, end))
    return kept


def by_recurring_ical_events(raw: bytes, days: Days) -> Intervals | str:
    """The busy times by `recurring-ical-events`, or the words with which it refuses."""
    found = []
    try:
        for calendar in icalendar.Calendar.from_ical(raw, multiple=True):
            reader = recurring_ical_events.of(calendar, skip_bad_series=False)
            for event in reader.between(days[0] - timedelta(3), days[1] + timedelta(4)):
                cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
                if not cancelled and str(event.get("TRANSP", "")).upper() != "TRANSPARENT":
                    found.append((_seconds(event.start), _seconds(event.end)))
    except (
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        icalendar.error.InvalidCalendar,
    ) as error:
        return f"{type(error).__name__}: {error}"
    return merged(found, days)


def by_ical_js(asked: Sequence[tuple[bytes, Days]]) -> list[Intervals | str]:
    """The busy times of many calendars by `ical.js`, or the words with which it refuses each."""
    node = shutil.which("node")
    needed(node is not None, "Node.js, for reading calendars with ical.js")
    needed((NODE / "node_modules" / "ical.js").is_dir(), "ical.js: npm ci in tests/node")
    questions = [
        {"text": raw.decode("utf-8", "replace"), "first": first, "last": last}
        for raw, days in asked
        for first, last in [bounds(days)]
    ]
    done = subprocess.run(
        [str(node), "expand_calendars.js"],
        cwd=NODE,
        input=json.dumps(questions).encode(),
        capture_output=True,
        check=True,
    )
    return [
        one if isinstance(one, str) else merged(map(tuple, one), days)
        for one, (_, days) in zip(json.loads(done.stdout), asked, strict=True)
    ]


def _seconds(moment: date) -> int:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
