"""The day sheet as a calendar for the clinic: an event for each visit and each talk."""

from collections.abc import Iterator
from datetime import UTC

from ketasched.events.events import Event
from ketasched.events.visit_times import REMINDER_MINUTES
from ketasched.model.identifiers import uid
from ketasched.model.wall_clock import after
from ketasched.render.day_sheet.sheet import Sheet
from ketasched.render.day_sheet.text import driver_text
from ketasched.render.ics import calendar_text

NAME = "day"


def render(sheet: Sheet) -> str:
    """The calendar: text with CRLF line ends. It says who comes, so it is for the clinic alone."""
    return calendar_text(sheet.clinic or "Day", sheet.timezone, list(_events(sheet)))


def _events(sheet: Sheet) -> Iterator[Event]:
    for one in sheet.visits:
        chair = f", chair {one.chair}" if one.chair else ""
        driver = driver_text(one)
        text = "\n".join(filter(None, (f"Driver: {driver}" if driver else "", *one.marks)))
        yield Event(
            NAME,
            uid(one.uid, "day"),
            one.start,
            one.end,
            f"{one.patient}, {one.of}{chair}",
            text,
            status="TENTATIVE" if one.status == "tentative" else "CONFIRMED",
            busy=True,
            sequence=one.revision - 1,
            changed=one.changed.astimezone(UTC),
        )
    for talk in sheet.talks:
        yield Event(
            NAME,
            uid(talk.uid, "day"),
            talk.start,
            after(talk.start, REMINDER_MINUTES),
            f"{talk.patient}: {talk.title}",
            "",
            sequence=talk.revision - 1,
            changed=talk.changed.astimezone(UTC),
        )
