"""What is published of a course: its events for an audience, without those that ended long ago."""

from datetime import UTC, date, timedelta

from ketasched.events.event import Event
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.model import Course

DAYS_CANCELLED = timedelta(60)
"""For how long what no longer takes place is published as cancelled.

Calendar programs poll at intervals, some of them only now and then.
"""


def published_events(course: Course, view: View, today: date) -> list[Event]:
    """The events of the course for this audience as a subscriber has them today, by time.

    An event that was cancelled more than `DAYS_CANCELLED` ago is left out.
    """
    return [event for event in events(course, view) if not _ended_long_ago(event, today)]


def _ended_long_ago(event: Event, today: date) -> bool:
    if event.status != "CANCELLED" or event.changed is None:
        return False
    return event.changed.astimezone(UTC).date() + DAYS_CANCELLED < today
