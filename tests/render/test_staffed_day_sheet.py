"""What the day sheet says of monitors and prescribers: who is away, how full, who is short."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketasched.model import Clinic, Course, DateRange, Resource, TimeRange, WeekHours
from ketasched.model.opening_hours import openings
from ketasched.planning.planner import plan
from ketasched.render.day_sheet.forms import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import DaySheet, make_day_sheet
from tests.conftest import MADE_AT
from tests.support.nouns import MONDAY, clinic, phase, protocol, request
from tests.support.resource_judge import MINUTE, patients_at, uses

MORNINGS = WeekHours(*[(TimeRange.read("00:30-05:00"), TimeRange.read("08:00-12:30"))] * 7)
STAFF = (
    Resource("monitor", 2, 1, ("treatment", "observation")),
    Resource("prescriber", 1, 3, ("treatment",), MORNINGS),
)
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)


def planned(at: Clinic, day: date, count: int = 3) -> list[Course]:
    """Patients who come on a day, each as if nobody else did."""
    alone = replace(at, chairs=None, resources=())
    return [
        plan(protocol(phase(1)), alone, request(day, patient=f"P-{number}"), made_at=MADE_AT)
        for number in range(count)
    ]


def sheet(at: Clinic, day: date, courses: Iterable[Course]) -> DaySheet:
    return make_day_sheet(courses, {}, day, "", at.timezone, now=at)


def share(at: Clinic, name: str, day: date, courses: Iterable[Course]) -> int:
    """How many per cent of a resource's minutes while the clinic is open are taken."""
    zone = ZoneInfo(at.timezone)
    minute, last = (
        datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(1))
    )
    offered = {}
    while minute < last:
        local = minute.astimezone(zone)
        clock = local.hour * 60 + local.minute
        if any(one.start <= clock < one.end for one in openings(at, day)):
            offered[minute] = patients_at(at, name, local)
        minute += MINUTE
    taken = sum(
        use[0] == name and offered.get(use[1], 0) > 0
        for course in courses
        for visit in course.visits
        for use in uses(at, course.protocol.visits[visit.kind], visit.start)
    )
    return round(100 * taken / sum(offered.values()))


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(MONDAY, "09:00-13:00", id="a Monday"),
        pytest.param(SPRING, "00:00-08:30", id="the clocks go forward"),
        pytest.param(AUTUMN, "00:00-08:30", id="the clocks go back"),
    ],
)
def test_the_time_that_is_taken_is_counted_minute_by_minute(day, hours):
    at = clinic("mon sun", hours, chairs=9, resources=STAFF)
    courses = planned(at, day, 2)
    fullness = sheet(at, day, courses).fullness
    monitors, prescriber = (share(at, name, day, courses) for name in ("monitor", "prescriber"))
    assert f"2 monitors, {monitors} % taken; 1 prescriber, {prescriber} % taken" in fullness
    assert monitors


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"csv", "ics"}))
def test_the_sheet_says_who_is_short_and_who_is_away(form):
    away = replace(STAFF[0], absences={DateRange(MONDAY, MONDAY, "course"): 1})
    at = clinic(chairs=9, resources=(away, STAFF[1]))
    text = render_sheet(sheet(at, MONDAY, planned(at, MONDAY)), form)
    assert "1 of 2 monitors is away (course)" in text
    assert "3 need a monitor at 09:15, 1 can have one" in text
    assert "need a prescriber" not in text


def test_who_needs_somebody_who_is_not_there_then_is_said():
    late = replace(STAFF[1], hours=WeekHours(mon=(TimeRange.read("09:30-12:00"),)))
    at = clinic(chairs=9, resources=(late,))
    found = sheet(at, MONDAY, planned(at, MONDAY, 1)).short
    assert found == "1 needs a prescriber at 09:15, 0 can have one"


def test_where_the_hours_end_before_a_visit_does_it_is_said_when_they_end():
    early = replace(STAFF[0], hours=WeekHours(mon=(TimeRange.read("08:00-10:00"),)))
    at = clinic(chairs=9, resources=(early,))
    assert sheet(at, MONDAY, planned(at, MONDAY, 1)).short == (
        "1 needs a monitor at 10:00, 0 can have one"
    )


def test_where_all_have_what_they_need_nothing_is_said():
    at = clinic(chairs=9, resources=STAFF)
    assert sheet(at, MONDAY, planned(at, MONDAY, 2)).short == ""
    assert sheet(at, MONDAY + timedelta(1), planned(at, MONDAY, 2)).short == ""
