"""Waiting lists to measure with: a clinic's chairs and who waits for them, the same for a seed.

Everybody asks for six infusions and could have them if they were alone. Together they take nearly
all the chairs for five weeks, and those who come first take the times that fit worst.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from ketasched.errors import NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import (
    Clinic,
    Closures,
    DateRange,
    Hours,
    Protocol,
    Request,
    TimeRange,
    Weekday,
)
from ketasched.planning.planner import plan

SIZES = ((20, 3), (40, 4), (60, 6), (120, 8), (250, 16))
"""Patients and chairs."""

MADE_AT = datetime(2026, 12, 21, 15, 0, tzinfo=UTC)

FIRST_MONDAY, WEEKS = date(2027, 1, 11), 5
"""A holiday, Martin Luther King's, is on the Monday after. After these weeks nothing is open."""

ASKED_DAYS = {2: 12, 3: 18}
"""Over how many days the asked starts are spread, by the visits a week: all have time to end."""

FREE_DAYS: dict[int, tuple[tuple[Weekday, ...], ...]] = {
    2: (("tue", "thu"), ("mon", "tue", "thu", "fri"), ("mon", "wed", "thu")),
    3: (("mon", "wed", "fri"), ("mon", "wed", "thu", "fri"), ("mon", "tue", "wed", "fri")),
}
FREE_TIMES = ("08:00-12:00", "13:00-17:00", "09:00-15:30")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A clinic, and the requests of those who wait, in row order."""

    clinic: Clinic
    protocol: Protocol
    requests: tuple[Request, ...]


def waiting_list(patients: int, chairs: int, *, seed: int = 1) -> Waiting:
    """So many patients who wait for so many chairs."""
    random = Random(f"{patients}/{chairs}/{seed}")
    clinic, protocol = _clinic(chairs), load_protocol("iv-depression")
    requests = _requests(random, patients, clinic, protocol)
    return Waiting(clinic, protocol, tuple(requests))


def _clinic(chairs: int) -> Clinic:
    long, short = (TimeRange.read("08:00-18:00"),), (TimeRange.read("08:00-16:00"),)
    after = FIRST_MONDAY + timedelta(7 * WEEKS)
    closed = DateRange(after, after + timedelta(730), "not open yet")
    return Clinic(
        timezone="America/New_York",
        hours=Hours(mon=long, tue=long, wed=long, thu=long, fri=short),
        chairs=chairs,
        slot_minutes=30,
        closures=Closures(holidays="US-NY", dates=(closed,)),
    )


def _requests(random: Random, count: int, clinic: Clinic, protocol: Protocol) -> Iterator[Request]:
    made = 0
    while made < count:
        request = _request(random, f"P-{made + 1:03d}")
        try:
            plan(protocol, clinic, request, made_at=MADE_AT)
        except NoPlan:
            continue
        made += 1
        yield request


def _request(random: Random, patient: str) -> Request:
    per_week = random.choice((2, 3, 3, 3))
    asked = FIRST_MONDAY + timedelta(random.randrange(ASKED_DAYS[per_week]))
    away = asked + timedelta(random.randrange(2, 25))
    absence = DateRange(away, away + timedelta(random.randrange(3)))
    return Request(
        asked,
        patient=patient,
        per_week=per_week,
        between=TimeRange.read(random.choice(FREE_TIMES)) if random.random() < 0.2 else None,
        days=random.choice(FREE_DAYS[per_week]) if random.random() < 0.2 else (),
        unavailable=(absence,) if random.random() < 0.3 else (),
    )
