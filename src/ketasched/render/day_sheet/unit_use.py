"""How full a clinic's resources are on a day, and of which there are too few."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from ketasched.events.view import clinic_locale
from ketasched.model import Clinic, Course, Resource
from ketasched.model.companion_slots import companion_slots
from ketasched.model.holds import Hold, holds_of_slots, slots_of
from ketasched.model.occupancy import Occupancy
from ketasched.model.opening_hours import openings
from ketasched.model.unit_limits import (
    chairs_out_of_order_text,
    limit_at,
    limit_instants,
    resources_away_text,
)
from ketasched.model.wall_clock import moment_at


def holds_on(clinic: Clinic, day: date, courses: Iterable[Course]) -> list[Hold]:
    """What the courses hold of the clinic's units on a local date."""
    visits = (slot for course in courses for slot in slots_of(course))
    companions = (slot for course in courses for _, slot in companion_slots(course))
    slots = (slot for slot in chain(visits, companions) if slot.start.date() == day)
    return holds_of_slots(clinic, slots)


def missing_text(clinic: Clinic, day: date) -> str:
    """Which chairs are out of order on a date, and who is away; "" if nothing is missing."""
    away = (resources_away_text(clinic, one.name, day) for one in clinic.resources)
    return ", ".join(filter(None, (chairs_out_of_order_text(clinic, day), *away)))


def resources_taken(clinic: Clinic, day: date, holds: Iterable[Hold]) -> Iterator[str]:
    """How much of the time of each resource is taken: "2 monitors, 84 % taken"."""
    holds = list(holds)
    for resource in clinic.resources:
        times = list(_times_on(clinic, resource, day))
        offered = resource.patients(day) * sum(end - begin for begin, end in times)
        taken = sum(
            max(0.0, min(end, hold.end) - max(begin, hold.begin))
            for hold in holds
            if hold.unit == resource.name
            for begin, end in times
        )
        if offered:
            there = resource.count - resource.away(day)[0]
            named = resource.name if there == 1 else f"{resource.name}s"
            yield f"{there} {named}, {round(100 * taken / offered)} % taken"


def shortages(clinic: Clinic, holds: Iterable[Hold]) -> Iterator[str]:
    """Where more of a resource is needed than there is: "3 need a monitor at 10:00, 2 can"."""
    occupancy = Occupancy(holds)
    zone, locale = ZoneInfo(clinic.timezone), clinic_locale(clinic)
    for resource in clinic.resources:
        name, own = resource.name, [hold for hold in occupancy if hold.unit == resource.name]
        excesses = [
            (occupancy.at(name, instant), limit_at(clinic, name, instant), instant)
            for hold in own
            for instant in limit_instants(clinic, hold)
        ]
        over = [one for one in excesses if one[0] > one[1]]
        if over:
            needed, there, instant = max(over, key=lambda one: (one[0] - one[1], -one[2]))
            at = locale.clock_text(datetime.fromtimestamp(instant, zone))
            verb = "needs" if needed == 1 else "need"
            yield f"{needed} {verb} a {name} at {at}, {there} can have one"


def _times_on(clinic: Clinic, resource: Resource, day: date) -> Iterator[tuple[float, float]]:
    """When the clinic is open and the resource there on a date, in POSIX seconds."""
    zone, hours = ZoneInfo(clinic.timezone), resource.hours
    for opening in openings(clinic, day):
        own = [opening] if hours is None else hours.on(day.weekday())
        for one in own:
            start, end = max(one.start, opening.start), min(one.end, opening.end)
            if start < end:
                yield (
                    moment_at(day, start, zone).timestamp(),
                    moment_at(day, end, zone).timestamp(),
                )
