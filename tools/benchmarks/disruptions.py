"""Disruptions to measure with: a clinic's booked courses and days on which it has to close.

The same for a seed. The courses begin over eleven weeks, so that the closed days in the midst of
them are as busy as any.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from tools.benchmarks.clinics import FREE_DAYS, FREE_TIMES

from ketasched.errors import NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import Clinic, Closures, Course, DateRange, Hours, Request, TimeRange
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan

CHAIRS = 20
FIRST_MONDAY, WEEKS = date(2027, 1, 11), 11
"""The clocks go forward on 14 March, within the last courses."""

CLOSED = date(2027, 3, 10)
"""The Wednesday before the clocks go forward."""

PROTOCOLS = {
    "iv-depression": 75,
    "iv-depression-twice-weekly-8": 10,
    "esketamine-us-label": 10,
    "iv-weekly-maintenance": 5,
}
"""How often each is asked for, in percent."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The booked courses of a clinic, the clinic with its closed days, and when they close."""

    courses: tuple[Course, ...]
    clinic: Clinic
    at: datetime


def closing(courses: int, *, days: int = 1, seed: int = 1) -> Closing:
    """So many courses, and so many days on which the clinic closes, the first on `CLOSED`."""
    booked = tuple(_booked(courses, seed))
    first = CLOSED if days == 1 else CLOSED - timedelta(CLOSED.weekday())
    shut = DateRange(first, first + timedelta(days - 1), "pump repair")
    clinic = booked[0].clinic
    closures = replace(clinic.closures, dates=(*clinic.closures.dates, shut))
    at = datetime(2027, 3, 5, 15, 0, tzinfo=ZoneInfo(clinic.timezone))
    return Closing(booked, replace(clinic, closures=closures), at)


@lru_cache(maxsize=8)
def _booked(count: int, seed: int) -> Sequence[Course]:
    return list(_plan_in_order(count, seed))


def _plan_in_order(count: int, seed: int) -> Iterator[Course]:
    random, clinic, taken = Random(f"{count}/{seed}"), _clinic(), Occupancy()
    made_at = datetime(2027, 1, 4, 12, 0, tzinfo=ZoneInfo(clinic.timezone))
    made = 0
    while made < count:
        protocol = random.choices(list(PROTOCOLS), list(PROTOCOLS.values()))[0]
        asked = _request(random, protocol, f"P-{made + 1:03d}")
        try:
            course = plan(load_protocol(protocol), clinic, asked, made_at=made_at, bookings=taken)
        except NoPlan:
            continue
        made += 1
        taken.add(holds_of(course))
        yield course


def _clinic() -> Clinic:
    long, short = (TimeRange.read("08:00-18:00"),), (TimeRange.read("08:00-16:00"),)
    return Clinic(
        timezone="America/New_York",
        hours=Hours(mon=long, tue=long, wed=long, thu=long, fri=short),
        chairs=CHAIRS,
        slot_minutes=30,
        closures=Closures(holidays="US-NY"),
        id_salt="bench",
    )


def _request(random: Random, protocol: str, patient: str) -> Request:
    start = FIRST_MONDAY + timedelta(random.randrange(7 * WEEKS))
    per_week = random.choice((2, 3, 3, 3)) if protocol == "iv-depression" else None
    away = start + timedelta(random.randrange(2, 25))
    absence = DateRange(away, away + timedelta(random.randrange(3)))
    return Request(
        start,
        patient=patient,
        per_week=per_week,
        between=TimeRange.read(random.choice(FREE_TIMES)) if random.random() < 0.2 else None,
        days=random.choice(FREE_DAYS[per_week]) if per_week and random.random() < 0.2 else (),
        unavailable=(absence,) if random.random() < 0.3 else (),
        boosters=random.choice((0, 0, 1, 2)) if protocol == "iv-depression" else 0,
    )
