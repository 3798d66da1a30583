"""Calendars that hold for every row: what of them a row's course could meet."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ketasched.batch.records import Agenda, Desk
from ketasched.errors import BadRequest
from ketasched.model import BusyTime, Clinic, Protocol, Request
from ketasched.model.busy_times import within
from ketasched.planning.planner import reach
from ketasched.together import LATER

if TYPE_CHECKING:
    from ketasched.files.busy import Calendar

DAYS = -366, 2 * 366
"""How far before and after the moment of planning calendars are read."""


def agendas(
    calendars: "Sequence[Calendar]", made_at: datetime
) -> Callable[[Clinic], Agenda | None]:
    """What gives the busy times of these calendars at a clinic, about the moment of planning."""
    first, last = (made_at.date() + timedelta(days) for days in DAYS)

    @cache
    def of_zone(zone: str) -> Agenda:
        found = [one.busy(ZoneInfo(zone), first, last) for one in calendars]
        busy = sorted(chain.from_iterable(found), key=lambda one: one.start.timestamp())
        return Agenda(first, last, tuple(busy))

    return lambda clinic: of_zone(clinic.timezone) if calendars else None


def busy_of(request: Request, desk: Desk) -> tuple[BusyTime, ...]:
    """The busy times that a course for the request could meet.

    Raises `BadRequest` if the calendars were not read as far as that.
    """
    agenda = desk.agenda
    if agenda is None:
        return ()
    first, last = reach(desk.protocol, desk.clinic, request)
    if not agenda.first <= first <= last <= agenda.last:
        said = f"the busy calendars are read for {agenda.first} to {agenda.last} only"
        raise BadRequest("start", f"{said}; the course may be {first} to {last}")
    return tuple(within(agenda.times, first, last))


def later_busy(request: Request, desk: Desk) -> tuple[BusyTime, ...]:
    """The busy times that matter to a course for the request that may begin later.

    Only as far as calendars were read.
    """
    if desk.agenda is None:
        return ()
    return tuple(within(desk.agenda.times, *later_reach(request, desk.clinic, desk.protocol)))


def later_reach(request: Request, clinic: Clinic, protocol: Protocol) -> tuple[date, date]:
    """The first and the last day on which a course that may begin later could be."""
    later = replace(request, latest_start=request.start + LATER)
    return reach(protocol, clinic, later)
