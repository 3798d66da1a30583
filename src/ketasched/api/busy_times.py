"""Busy calendars (iCalendar): when the patient, or the clinic, cannot."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ketasched.errors import BadRequest
from ketasched.events.own_uids import course_uids, own_uids
from ketasched.model import BusyTime, Clinic, Course, Protocol, Request, quote
from ketasched.model.busy_index import with_busy_times
from ketasched.model.identifiers import make_uid_key
from ketasched.planning.planner import planning_horizon

if TYPE_CHECKING:
    from ketasched.files.busy import Calendar

MAIL = re.compile(r"\s*(?!-)(?:mailto:)?[^\s@]+@[^\s@]+\s*", re.IGNORECASE)
"""A mail address; an option that was taken for one is none."""

BEGIN = "BEGIN:VCALENDAR"
"""What the text of a calendar has, and no path."""


@dataclass(frozen=True)
class BusyCalendars:
    """Calendars by their paths or texts, whose they are, and how strictly they are read.

    What the `busy_owner`, a mail address, declined is free. With `strict_busy` a calendar with
    anything that is not understood is refused. Raises `BadRequest` for an owner or strictness
    without a calendar here, and for an owner that is no e-mail address.
    """

    calendars: tuple[str, ...]
    strict_busy: bool = field(default=False, kw_only=True)
    busy_owner: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if self.busy_owner and not self.calendars:
            said = "says whose calendar it is, and there is none"
            raise BadRequest("busy_owner", said, next_step="--busy FILE.ics")
        if self.strict_busy and not self.calendars:
            said = "says how a calendar is read, and there is none"
            raise BadRequest("strict_busy", said, next_step="--busy FILE.ics")
        if self.busy_owner and not MAIL.fullmatch(self.busy_owner):
            said = f"expected an e-mail address, not {quote(self.busy_owner)}"
            raise BadRequest("busy_owner", said, next_step="--busy-owner anna@example.org")

    def read(self, first: date, last: date, own: Collection[str] = ()) -> "Iterator[Calendar]":
        """The calendars, as far as they touch these days (inclusive); without events of `own`.

        `own` are UIDs. Raises `BadFile`.
        """
        if not self.calendars:
            return
        # Imported here because most courses are planned without a calendar.
        from ketasched.files.busy import Reading, calendar_from, read_calendar  # noqa: PLC0415

        reading = Reading((first, last), own, self.busy_owner, self.strict_busy)
        for one in self.calendars:
            if BEGIN in one:
                yield calendar_from(one.encode(), "the calendar", reading)
            else:
                yield read_calendar(one, reading)


Busy = str | Path | Sequence[str | Path] | BusyCalendars
"""A calendar's path or text, or several of them; or how they are to be read, too."""


def with_calendars(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    busy: Busy,
    own: Collection[str] = (),
    since: datetime | None = None,
) -> tuple[Request, list[str]]:
    """The request with the busy times of calendars, and what is to be known of their reading.

    They count as far as the course can reach; its own events, by their UIDs, are not in its way.
    With `since`, for a course that is under way, only those from that moment on. Raises `BadFile`.
    """
    several = [busy] if isinstance(busy, str | Path) else busy
    named = several if isinstance(several, BusyCalendars) else tuple(map(str, several))
    calendars = BusyCalendars(named) if isinstance(named, tuple) else named
    if not calendars.calendars:
        return request, []
    zone = ZoneInfo(clinic.timezone)
    first, last = planning_horizon(protocol, clinic, request)
    if since:
        today = since.astimezone(zone).date()
        rest = replace(request, start=max(today, request.start), latest_start=None)
        _, last = max((first, last), planning_horizon(protocol, clinic, rest))
        first = today
    found: dict[str, tuple[BusyTime, ...]] = {}
    notes = []
    for calendar in calendars.read(first, last, own):
        found[calendar.name] = found.get(calendar.name, ()) + calendar.busy(zone, first, last)
        notes.append(calendar.note)
    if kept := sorted({one.calendar for one in request.busy} - found.keys()):
        said = "a calendar replaces only that of the same file name"
        notes.append(f"the busy times of {', '.join(kept)} stay as they were: {said}")
    return with_busy_times(request, found, since), [*filter(None, notes)]


def course_with_calendars(course: Course, busy: Busy, at: datetime) -> tuple[Course, list[str]]:
    """A course that is under way with the busy times of calendars from the moment `at` on."""
    plan = course.protocol, course.clinic, course.request
    request, notes = with_calendars(*plan, busy, course_uids(course), since=at)
    return replace(course, request=request), notes


def planned_uids(
    protocol: Protocol, clinic: Clinic, request: Request, course_id: str
) -> frozenset[str]:
    """The UIDs that the course can have in calendars, which have it if it was planned before."""
    drivers = {request.driver_name, *(one.name for one in request.driver)}
    visits = sum(phase.count.max for phase in protocol.phases_in_turn)
    at_home = sum(phase.count.max for phase in protocol.home_phases)
    reviews = sum(len(phase.reviews) for phase in protocol.phases)
    items = visits, reviews, visits * len(protocol.companions) + at_home
    reminders = len(clinic.reminders.driver)
    return own_uids(course_id, make_uid_key(clinic, course_id), drivers, items, reminders)
