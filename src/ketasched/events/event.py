"""`Event`: an event of a calendar, before a renderer writes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

EventStatus = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]

EVENT_STATUS: Mapping[str, EventStatus] = {
    "planned": "CONFIRMED",
    "completed": "CONFIRMED",
    "tentative": "TENTATIVE",
}
"""The iCalendar STATUS for the status of a visit or review; for any other one CANCELLED."""


class Event(NamedTuple):
    """An event of a calendar. `start` and `end` are local.

    `name` is unique within the course and becomes part of a file's name: "appointment-3".
    `alarm` is in minutes before `start`, None for no alarm. `sequence` is the number of changes,
    `changed` the time of the last change, in UTC. `ride_of` is the UID of the visit or companion
    whose ride it is; empty for any other event.
    """

    name: str
    uid: str
    start: datetime
    end: datetime
    title: str
    text: str
    place: str = ""
    status: EventStatus = "CONFIRMED"
    busy: bool = False
    alarm: int | None = 0
    sequence: int = 0
    changed: datetime | None = None
    ride_of: str = ""


def time_order(event: Event) -> tuple[float, str]:
    """The sort key of events: by start, then by UID."""
    return event.start.timestamp(), event.uid
