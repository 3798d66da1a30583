"""Shared calendars: busy times that hold for every row (`--busy`), by time zone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ketasched.batch.records import SharedCalendar, Site
from ketasched.errors import BadRequest
from ketasched.model import BusyTime, Clinic, Protocol, Request
from ketasched.model.busy_index import clip_to_days, merge_busy_times
from ketasched.planning.planner import planning_horizon
from ketasched.together import LATER

if TYPE_CHECKING:
    from ketasched.files.busy import Calendar

DAYS_BEFORE, DAYS_AFTER = 366, 2 * 366
"""How far before and after the moment of planning calendars are read."""


def shared_days(made_at: datetime) -> tuple[date, date]:
    """The days (inclusive) for which shared calendars are read."""
    return made_at.date() - timedelta(DAYS_BEFORE), made_at.date() + timedelta(DAYS_AFTER)


def shared_calendars(
    calendars: "Sequence[Calendar]", made_at: datetime
) -> Callable[[Clinic], SharedCalendar | None]:
    """A function that returns the busy times of these calendars at a clinic; None without any."""
    first, last = shared_days(made_at)

    @cache
    def in_zone(zone: str) -> SharedCalendar:
        found = (calendar.busy(ZoneInfo(zone), first, last) for calendar in calendars)
        return SharedCalendar(first, last, merge_busy_times(chain.from_iterable(found)))

    return lambda clinic: in_zone(clinic.timezone) if calendars else None


def busy_times(request: Request, site: Site) -> tuple[BusyTime, ...]:
    """The busy times that a course for the request can meet.

    Raises `BadRequest` if the calendars were not read as far as that.
    """
    calendar = site.calendar
    if calendar is None:
        return ()
    first, last = planning_horizon(site.protocol, site.clinic, request)
    if not calendar.first <= first <= last <= calendar.last:
        said = f"the busy calendars are read for {calendar.first} to {calendar.last} only"
        raise BadRequest("start", f"{said}; the course may be {first} to {last}")
    return tuple(clip_to_days(calendar.times, first, last))


def later_busy_times(request: Request, site: Site) -> tuple[BusyTime, ...]:
    """The busy times that a course for the request can meet if it may begin later.

    They end where the calendars were read to.
    """
    if site.calendar is None:
        return ()
    horizon = later_horizon(request, site.clinic, site.protocol)
    return tuple(clip_to_days(site.calendar.times, *horizon))


def later_horizon(request: Request, clinic: Clinic, protocol: Protocol) -> tuple[date, date]:
    """The first and the last day that a course for the request can get to if it begins later."""
    later = replace(request, latest_start=request.start + LATER)
    return planning_horizon(protocol, clinic, later)
