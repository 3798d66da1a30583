"""How many visits may hold each unit of a clinic: by day, by the hours of a resource."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ketasched.model import Closures, DateRange, Resource, TimeRange, WeekHours
from ketasched.model.holds import CHAIR, START, Hold
from ketasched.model.unit_limits import limit_at, limit_instants, limit_of, limit_on
from tests.support.nouns import clinic

MORNINGS = WeekHours(sun=(TimeRange.read("00:00-04:00"), TimeRange.read("05:00-09:00")))
AWAY = {DateRange.read("2027-01-11..2027-01-12 course"): 1}
SPRING = date(2027, 3, 14)
"""The clocks go forward in New York, from 2:00 to 3:00."""


def at(day: date, clock: str) -> float:
    time = datetime.strptime(clock, "%H:%M").time()  # noqa: DTZ007 - the zone follows
    return datetime.combine(day, time, ZoneInfo("America/New_York")).timestamp()


def nurses(**more):
    return clinic(resources=(Resource("nurse", **({"count": 2, "serves": 3} | more)),))


def test_on_each_date_the_chairs_out_of_order_are_taken_off():
    out = {"2027-01-11": 1, "2027-01-13..2027-01-15": 3}
    chairs = {DateRange.read(days): number for days, number in out.items()}
    own = clinic(chairs=3, starts_per_slot=2, closures=Closures(chairs=chairs))
    days = [date(2027, 1, day) for day in range(10, 17)]
    assert [limit_on(own, CHAIR, day) for day in days] == [3, 2, 3, 0, 0, 0, 3]
    assert [limit_on(own, START, day) for day in days] == [2] * 7


@pytest.mark.parametrize("unit", [CHAIR, START, "nurse"])
def test_a_clinic_that_counts_nothing_has_no_limit(unit):
    assert limit_on(clinic(), unit, date(2027, 1, 11)) is None


def test_each_of_those_who_are_there_serves_several_patients():
    own = nurses(absences=AWAY)
    found = [limit_on(own, "nurse", date(2027, 1, day)) for day in range(10, 14)]
    assert found == [6, 3, 3, 6]


@pytest.mark.parametrize(
    ("begin", "end", "limit"),
    [
        ("00:00", "04:00", 6),
        ("01:30", "03:30", 6),
        ("03:00", "04:01", 0),
        ("03:45", "05:15", 0),
        ("04:00", "05:00", 0),
        ("05:00", "09:00", 6),
        ("09:00", "10:00", 0),
    ],
    ids=[
        "all of it",
        "over the jump",
        "a minute late",
        "break",
        "in the break",
        "second",
        "after",
    ],
)
def test_a_hold_has_to_be_inside_one_of_the_hours_on_the_clock_of_the_day(begin, end, limit):
    own = nurses(hours=MORNINGS)
    assert limit_of(own, Hold("nurse", at(SPRING, begin), at(SPRING, end))) == limit


def test_hours_that_meet_are_one():
    meeting = WeekHours(sun=(TimeRange.read("00:00-04:00"), TimeRange.read("04:00-09:00")))
    hold = Hold("nurse", at(SPRING, "01:00"), at(SPRING, "08:00"))
    own = nurses(hours=meeting)
    assert limit_of(own, hold) == 6
    assert list(limit_instants(own, hold)) == [hold.begin]


def test_a_limit_falls_where_the_hours_end():
    own = nurses(hours=MORNINGS)
    hold = Hold("nurse", at(SPRING, "03:00"), at(SPRING, "10:00"))
    found = list(limit_instants(own, hold))
    assert found == [at(SPRING, clock) for clock in ("03:00", "04:00", "09:00")]
    assert [limit_at(own, "nurse", instant) for instant in found] == [6, 0, 0]
