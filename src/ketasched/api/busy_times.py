"""Busy calendars (iCalendar): when the patient, or the clinic, cannot."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ketasched.events.own_uids import course_uids, own_uids
from ketasched.files.busy_calendars import BusyCalendars
from ketasched.model import BusyTime, Clinic, Course, Protocol, Request
from ketasched.model.busy_index import with_busy_times
from ketasched.model.identifiers import make_uid_key
from ketasched.planning.planner import planning_horizon

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
