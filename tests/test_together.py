"""Many patients on few chairs, planned as one: against the judge, the checks, and one by one."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

import pytest

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import (
    Clinic,
    Clock,
    Course,
    DateRange,
    EveryDays,
    GapDays,
    GapHours,
    Protocol,
    SpanDays,
    TimeRange,
)
from ketasched.planner import check, plan
from ketasched.together import Asked, Together, Waits, Worth, together
from tests import brute_force
from tests.benchmarks.clinics import waiting_list
from tests.conftest import MADE_AT
from tests.nouns import MONDAY, clinic, phase, protocol, request

Booking = tuple[datetime, datetime]

TWICE = phase(2, gap_days=GapDays(4, 1), span_days=SpanDays(4))
WEEKLY = phase(
    1, name="weekly", every_days=EveryDays((3,), ()).steps, gap_days=GapDays(4, 2), visit="booster"
)
BY_HOURS = phase(2, gap_days=GapDays(3, 1), gap_hours=GapHours(22, 50))


def planned(asked, at, **more) -> Together:
    return together(asked, at, made_at=MADE_AT, **({"limit": 20} | more))


def taken_by(found: Together) -> list[Booking]:
    return [(visit.start, visit.end) for course in found.courses for visit in course.visits]


def by_day(visits: Sequence[Booking]) -> dict[date, tuple[Booking, ...]]:
    days: dict[date, tuple[Booking, ...]] = {}
    for visit in visits:
        days[visit[0].date()] = (*days.get(visit[0].date(), ()), visit)
    return days


def assert_all_clean(found: Together, booked: Sequence[Booking] = ()) -> None:
    """Each course keeps every rule beside all the others and what was booked."""
    for course in found.courses:
        own = [(visit.start, visit.end) for visit in course.visits]
        others = taken_by(found)
        for visit in own:
            others.remove(visit)
        findings = check(course, bookings=by_day([*booked, *others]))
        assert not [finding for finding in findings if finding.level == "broken"]


# --- the judge: every plan for all ---


@dataclass(frozen=True)
class Possible:
    """A course that a patient could have: what it costs, and its visits."""

    delay: int
    spacing: int
    visits: tuple[Booking, ...]


def possible_courses(one: Asked, at: Clinic, booked: Sequence[Booking]) -> list[Possible]:
    search = brute_force.Search(at, one.request, booked)
    runs = [
        run
        for each in one.protocol.phases
        if (run := brute_force.run_of(each, one.protocol, one.request)).count
    ]

    def following(number: int, before: datetime | None) -> Iterator[tuple[int, list[Booking]]]:
        if number == len(runs):
            yield 0, []
            return
        run = runs[number]
        for chain in search.chains(run, before, lambda _: True):
            _, spacing, *_ = search.price(run, before, chain)
            length = timedelta(minutes=run.kind.minutes.total)
            visits = [
                (start, (start.astimezone(UTC) + length).astimezone(start.tzinfo))
                for start in chain
            ]
            for more, later in following(number + 1, chain[-1]):
                yield spacing + more, visits + later

    found = [
        Possible((visits[0][0].date() - one.request.start).days, spacing, tuple(visits))
        for spacing, visits in following(0, None)
    ]
    return sorted(found, key=lambda course: (course.delay, course.spacing))


def best_of_all(asked: Sequence[Asked], at: Clinic, booked: Sequence[Booking]) -> Worth:
    """What the best plan is worth, by trying all that could still be better."""
    courses = [possible_courses(one, at, booked) for one in asked]
    best = [(0, 0, 0)]

    def fits(visits: Sequence[Booking], more: Sequence[Booking]) -> bool:
        there = [(a.timestamp(), b.timestamp()) for a, b in (*booked, *visits, *more)]
        for begin, _ in there:
            if at.chairs and sum(a <= begin < b for a, b in there) > at.chairs:
                return False
            together = sum(a == begin for a, _ in there)
            if at.starts_per_slot and together > at.starts_per_slot:
                return False
        return True

    def go_on(number: int, worth: tuple[int, int, int], visits: tuple[Booking, ...]) -> None:
        if number == len(asked):
            best[0] = min(best[0], worth)
            return
        seated, delay, spacing = worth
        hope = seated - sum(one.priority for one in asked[number:])
        if (hope, delay, spacing) >= best[0]:
            return
        for course in courses[number]:
            if fits(visits, course.visits):
                more = (
                    seated - asked[number].priority,
                    delay + course.delay,
                    spacing + course.spacing,
                )
                go_on(number + 1, more, (*visits, *course.visits))
        go_on(number + 1, worth, visits)

    go_on(0, (0, 0, 0), ())
    return Worth(-best[0][0], *best[0][1:])


PROTOCOLS = (protocol(TWICE), protocol(TWICE, WEEKLY), protocol(BY_HOURS))


def tiny(seed: int) -> tuple[list[Asked], Clinic, list[Booking]]:
    """A few patients, one or two chairs, two or three times a day."""
    random = Random(seed)
    times = random.choice(("09:00-13:00", "09:00-11:30 13:00-15:00"))
    at = clinic(
        "mon tue wed thu fri",
        times,
        chairs=random.choice((1, 1, 1, 2)),
        starts_per_slot=random.choice((None, 1)),
        slot_minutes=random.choice((60, 120)),
    )
    zone = brute_force.ZoneInfo(at.timezone)
    booked = [
        (datetime(2026, 12, day, 9, 30, tzinfo=zone), datetime(2026, 12, day, 11, tzinfo=zone))
        for day in random.sample(range(7, 12), random.randrange(3))
    ]
    asked = [
        Asked(
            random.choice(PROTOCOLS[:2] if seed % 3 else PROTOCOLS),
            request(
                MONDAY + timedelta(random.randrange(2)),
                patient=f"P-{number}",
                latest_start=MONDAY + timedelta(random.randrange(1, 3)),
                per_week=random.choice((2, 3)),
                between=random.choice((None, None, TimeRange.read("09:00-12:00"))),
                unavailable=random.choice(((), (DateRange(MONDAY, MONDAY),))),
            ),
            priority=random.choice((1, 1, 2)),
        )
        for number in range(random.choice((2, 3, 3, 4)))
    ]
    return asked, at, booked


@pytest.mark.parametrize("seed", range(30))
def test_on_tiny_cases_it_is_the_best_of_all_plans(seed):
    asked, at, booked = tiny(seed)
    found = planned(asked, at, bookings=by_day(booked))
    best = best_of_all(asked, at, booked)
    assert found.worth == best
    assert found.bound.order <= best.order
    assert found.worth.order <= found.one_by_one.order
    assert_all_clean(found, booked)
