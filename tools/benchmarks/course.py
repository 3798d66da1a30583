"""How long one course takes, beside the plain way of writing its calendar; run by `make bench`.

It plans a course that nobody has planned before, writes its calendar, and writes the same calendar
with the library's objects and `add_missing_timezones()`. The three take turns, so that a noisy
machine disturbs all alike; what counts is the ratio.
"""

import statistics
import time
from datetime import UTC, date, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import builtin_clinic, load_protocol
from ketasched.model import Course, Request
from ketasched.planning.planner import plan
from ketasched.render.ics import PRODID, calendar_name, render

ROUNDS = 200
MADE_AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
VIEW = View("patient")


def main() -> None:
    """Print the median times in milliseconds, and their ratios."""
    protocol, clinic = load_protocol("iv-depression"), builtin_clinic("America/New_York")
    planning: list[float] = []
    writing: list[float] = []
    plainly: list[float] = []
    for number in range(ROUNDS):
        asked = Request(date(2027, 1, 4) + timedelta(number % 300), patient=f"P-{number}")
        begin = time.perf_counter()
        course = plan(protocol, clinic, asked, made_at=MADE_AT)
        planned = time.perf_counter()
        render(course, VIEW)
        written = time.perf_counter()
        written_plainly(course)
        planning.append(planned - begin)
        writing.append(written - planned)
        plainly.append(time.perf_counter() - written)
    for what, spent in (
        ("one uncached plan", planning),
        ("its calendar", writing),
        ("the same calendar, the plain way", plainly),
    ):
        print(f"{what:<34} {statistics.median(spent) * 1000:7.2f} ms")  # noqa: T201 - a report
    ours = statistics.median(a + b for a, b in zip(planning, writing, strict=True))
    ratio = statistics.median(plainly) / ours
    print(f"plan and calendar are 1/{ratio:.1f} of the plain way")  # noqa: T201 - a report


def written_plainly(course: Course) -> bytes:
    """The calendar by the library's own objects and time zones."""
    calendar = Calendar()
    header: tuple[tuple[str, str], ...] = (
        ("VERSION", "2.0"),
        ("PRODID", PRODID),
        ("CALSCALE", "GREGORIAN"),
        ("NAME", calendar_name(course, VIEW)),
        ("X-WR-CALNAME", calendar_name(course, VIEW)),
    )
    for name, value in header:
        calendar.add(name, value)
    for event in events(course, VIEW):
        component = Event()
        properties: tuple[tuple[str, object], ...] = (
            ("SUMMARY", event.title),
            ("DTSTART", event.start),
            ("DTEND", event.end),
            ("DTSTAMP", course.made_at),
            ("UID", event.uid),
            ("SEQUENCE", event.sequence),
            ("DESCRIPTION", event.text),
            ("LAST-MODIFIED", course.made_at),
            ("LOCATION", event.place),
            ("STATUS", event.status),
            ("TRANSP", "OPAQUE" if event.busy else "TRANSPARENT"),
        )
        for name, what in properties:
            component.add(name, what)
        alarm = Alarm()
        alarm.add("ACTION", "DISPLAY")
        alarm.add("DESCRIPTION", event.title)
        alarm.add("TRIGGER", timedelta(minutes=-(event.alarm or 0)))
        component.add_component(alarm)
        calendar.add_component(component)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


if __name__ == "__main__":
    main()
