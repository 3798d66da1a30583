"""How a plan changes when what it is planned from does: what must stay the same, stays."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ketasched.errors import NoPlan
from ketasched.files.codec import plain
from ketasched.files.load import load_clinic, load_protocol, shipped_protocols
from ketasched.model import WEEKDAYS, Course, DateRange, Hours, WeekHours
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT, ROOT
from tests.planning.test_planner_is_exact import AWAY, BOOKED, DAYS, Case, bookings, cases, dates
from tests.support.nouns import MONDAY, clinic, occupied, protocol, request

DAY, WEEK = timedelta(1), timedelta(7)


def answer(case: Case, **more: Any) -> Course | None:
    """The course, or None where nothing fits."""
    try:
        return plan(
            case.protocol,
            case.clinic,
            case.request,
            made_at=MADE_AT,
            bookings=occupied(case.taken),
            **more,
        )
    except NoPlan:
        return None


def visit_starts(course: Course | None) -> list[datetime] | None:
    """The local starts of the visits, without the zone."""
    if course is None:
        return None
    return [visit.start.replace(tzinfo=None) for visit in course.visits]


def review_starts(course: Course | None) -> list[datetime] | None:
    """The local starts of the reviews, without the zone."""
    if course is None:
        return None
    return [review.start.replace(tzinfo=None) for review in course.companions]


def all_starts(course: Course | None) -> tuple[list[datetime] | None, list[datetime] | None]:
    """The starts of visits and reviews."""
    return visit_starts(course), review_starts(course)


def days_of(course: Course) -> set[date]:
    """The days of visits and reviews."""
    days = {visit.start.date() for visit in course.visits}
    return days | {review.start.date() for review in course.companions}


# --- a closure that no visit uses


@given(cases(), st.lists(st.integers(-3, 60), min_size=1, max_size=12))
def test_a_closure_that_no_visit_and_no_review_uses_changes_nothing(case, days):
    before = answer(case)
    assume(before is not None)
    assert before is not None
    used = days_of(before)
    closed = {case.request.start + timedelta(day) for day in days} - used
    ours = case.clinic.closures
    more = replace(
        ours,
        dates=(*ours.dates, *(DateRange(day, day) for day in sorted(closed))),
        openings={day: times for day, times in ours.openings.items() if day not in closed},
    )
    after = answer(case._replace(clinic=replace(case.clinic, closures=more)))
    assert all_starts(after) == all_starts(before)


# --- a week later

FLAT = st.sampled_from(["America/Phoenix", "Asia/Kolkata", "Etc/UTC"])
"""Zones whose clocks never change."""


def later(case: Case, by: timedelta) -> Case:
    """The same, so many days later: request, busy times, the clinic's dates, others' visits."""
    ours, asked = case.clinic.closures, case.request
    closures = replace(
        ours,
        dates=tuple(DateRange(one.first + by, one.last + by) for one in ours.dates),
        openings={day + by: times for day, times in ours.openings.items()},
        chairs={DateRange(one.first + by, one.last + by): n for one, n in ours.chairs.items()},
    )
    changes = {day + by: week for day, week in case.clinic.hours.changes.items()}
    hours = replace(case.clinic.hours, changes=changes)
    asked = replace(
        asked,
        start=asked.start + by,
        latest_start=asked.latest_start and asked.latest_start + by,
        unavailable=tuple(DateRange(one.first + by, one.last + by) for one in asked.unavailable),
        busy=tuple(replace(one, start=one.start + by, end=one.end + by) for one in asked.busy),
    )
    taken = [(start + by, end + by) for start, end in case.taken]
    clinic = replace(case.clinic, closures=closures, hours=hours)
    return Case(case.protocol, clinic, asked, taken)


def moved(times: list[datetime] | None, by: timedelta) -> list[datetime] | None:
    """The same times so many days later."""
    return None if times is None else [one + by for one in times]


def in_zone(case: Case, zone: str) -> Case:
    """The same on another place's clocks, busy times too, without others' visits."""
    clock = ZoneInfo(zone)
    busy = tuple(
        replace(one, start=one.start.replace(tzinfo=clock), end=one.end.replace(tzinfo=clock))
        for one in case.request.busy
    )
    clinic, asked = replace(case.clinic, timezone=zone), replace(case.request, busy=busy)
    return case._replace(clinic=clinic, request=asked, taken=[])


@given(cases(), FLAT, st.integers(1, 60), BOOKED)
def test_a_week_later_it_is_the_same_a_week_later(case, zone, weeks, booked):
    case = in_zone(case, zone)
    case = case._replace(taken=bookings(booked, case.clinic, case.request.start))
    before, after = answer(case), answer(later(case, weeks * WEEK))
    assert visit_starts(after) == moved(visit_starts(before), weeks * WEEK)
    assert review_starts(after) == moved(review_starts(before), weeks * WEEK)


# --- chairs

FULL = st.lists(st.sampled_from([0, 0, 0, 1, 1, 2]), min_size=26, max_size=26)
"""How many others come on each day, from the asked start on."""


@given(cases(), st.integers(1, 3), st.integers(1, 3), BOOKED)
def test_a_chair_more_refuses_nobody_and_delays_nobody(case, chairs, more, booked):
    few = case._replace(
        clinic=replace(case.clinic, chairs=chairs),
        taken=bookings(booked, case.clinic, case.request.start),
    )
    is_no_worse(answer(few), answer(with_chairs(few, chairs + more)))


@given(FULL, st.integers(1, 2), st.integers(1, 2), st.integers(0, 5), DAYS)
def test_so_it_is_where_a_day_has_one_time_only(full, chairs, more, slide, days):
    place = clinic(times="09:00-10:55", chairs=chairs)
    asked = request(days=days, latest_start=MONDAY + slide * DAY)
    others = [
        (at(day, 9 * 60), at(day, 11 * 60 - 5))
        for day, most in enumerate(full)
        for _ in range(most)
    ]
    few = Case(protocol(), place, asked, others)
    is_no_worse(answer(few), answer(with_chairs(few, chairs + more)))


def at(day: int, minutes: int) -> datetime:
    """A moment of a day, counted from the asked start."""
    moment = datetime.combine(MONDAY + day * DAY, time(), ZoneInfo("America/New_York"))
    return moment + timedelta(minutes=minutes)


def with_chairs(case: Case, chairs: int) -> Case:
    return case._replace(clinic=replace(case.clinic, chairs=chairs))


def is_no_worse(few: Course | None, many: Course | None) -> None:
    """Whoever has a course with few chairs has one with more, which begins no later."""
    if few is not None:
        assert many is not None
        assert many.visits[0].start.date() <= few.visits[0].start.date()


# --- chairs out of order, and hours from a day on


@given(cases(), st.integers(1, 3), st.data(), BOOKED)
def test_chairs_out_of_order_on_all_days_are_chairs_that_are_not_there(case, chairs, data, booked):
    out = data.draw(st.integers(1, chairs))
    place = replace(case.clinic, chairs=chairs, closures=replace(case.clinic.closures, chairs={}))
    few = case._replace(
        clinic=replace(place, chairs=chairs - out),
        taken=bookings(booked, place, case.request.start),
    )
    always = DateRange(date(1900, 1, 1), date(2199, 12, 31))
    closures = replace(place.closures, chairs={always: out})
    broken = few._replace(clinic=replace(place, closures=closures))
    if out == chairs:  # no clinic has no chairs: full is what it is on all days
        assert answer(broken) is None or not at_the_clinic(case)
    else:
        assert all_starts(answer(broken)) == all_starts(answer(few))


def at_the_clinic(case: Case) -> bool:
    """Whether every visit that the protocol begins with takes a chair."""
    return all(kind.place == "clinic" for kind in case.protocol.visits.values())


@given(cases(), st.integers(-3, 40), st.integers(1, 2), BOOKED)
def test_chairs_out_of_order_are_chairs_that_somebody_has_all_day(case, day, out, booked):
    """The chair is one less on that day and on no other."""
    start = case.request.start
    place = replace(
        case.clinic,
        chairs=2,
        starts_per_slot=None,
        closures=replace(case.clinic.closures, chairs={}),
    )
    full = case._replace(clinic=place, taken=bookings(booked, place, start))
    that_day = start + timedelta(day)
    zone = ZoneInfo(place.timezone)
    midnights = [datetime.combine(that_day + n * DAY, time(), zone) for n in (0, 1)]
    sat = full._replace(taken=[*full.taken, *[(midnights[0], midnights[1])] * out])
    closures = replace(place.closures, chairs={DateRange(that_day, that_day): out})
    broken = full._replace(clinic=replace(place, closures=closures))
    assert all_starts(answer(broken)) == all_starts(answer(sat))


@given(cases(), st.integers(-10, 20), BOOKED)
def test_hours_that_a_day_brings_anew_change_nothing(case, day, booked):
    since = case.request.start + timedelta(day)
    hours = case.clinic.hours
    again = replace(hours, changes={**hours.changes, since: hours.in_force(since)})
    assert all_starts(answer(with_hours(case, again))) == all_starts(answer(case))


@given(cases(), st.integers(0, 12))
def test_hours_for_a_single_day_are_a_closure_of_that_day(case, day):
    """A week without that weekday begins on that day, and the usual one again on the next."""
    that_day = case.request.start + timedelta(day)
    hours, ours = case.clinic.hours, case.clinic.closures
    openings = {day: times for day, times in ours.openings.items() if day != that_day}
    case = case._replace(clinic=replace(case.clinic, closures=replace(ours, openings=openings)))
    usual = hours.in_force(that_day)
    week = {name: getattr(usual, name) for name in WEEKDAYS}
    shut = WeekHours(**(week | {WEEKDAYS[that_day.weekday()]: ()}))
    changes = {that_day + DAY: usual, **hours.changes, that_day: shut}
    by_hours = with_hours(case, replace(hours, changes=changes))
    dates = (*ours.dates, DateRange(that_day, that_day))
    closed = replace(case.clinic.closures, dates=dates)
    by_closure = case._replace(clinic=replace(case.clinic, closures=closed))
    assert all_starts(answer(by_hours)) == all_starts(answer(by_closure))


def with_hours(case: Case, hours: Hours) -> Case:
    return case._replace(clinic=replace(case.clinic, hours=hours))


# --- names


@given(cases(), st.sampled_from(["P-2", "Ada", "x" * 60, "0"]))
def test_another_name_changes_names_only(case, name):
    asked = replace(case.request, driver_name="Sam", driver_phone="555")
    renamed = replace(asked, patient=name)
    before, after = (
        answer(case._replace(request=one), course_id="the same") for one in (asked, renamed)
    )
    assert (before is None) == (after is None)
    if before and after:
        back = replace(after, patient=before.patient, request=before.request)
        assert plain(back) == plain(before)


def test_identifiers_are_a_patients_own():
    courses = [
        plan(load_protocol("iv-depression"), clinic(), request(patient=name), made_at=MADE_AT)
        for name in ("P-1", "P-2")
    ]
    uids = [{visit.uid for visit in course.visits} for course in courses]
    assert uids[0].isdisjoint(uids[1])
    assert visit_starts(courses[0]) == visit_starts(courses[1])


# --- zones

CHANGING = st.sampled_from(
    ["America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]
)


@given(cases(), CHANGING, CHANGING)
def test_two_zones_with_the_same_clocks_by_day_have_the_same_local_dates(case, one, two):
    """By day no clock changes, so only rules that count hours can tell the zones apart."""
    weeks = case.clinic.hours.weeks.values()
    openings = [times for week in weeks for day in range(7) for times in week.on(day)]
    openings += [times for day in case.clinic.closures.openings.values() for times in day]
    assume(all(times.start >= 6 * 60 for times in openings))
    assume(not any(phase.gap_hours for phase in case.protocol.phases))
    here, there = answer(in_zone(case, one)), answer(in_zone(case, two))
    assert all_starts(here) == all_starts(there)


# --- the same of what is shipped


@pytest.mark.parametrize("name", shipped_protocols())
@settings(max_examples=25)
@given(st.integers(0, 370), DAYS, AWAY, st.integers(0, 2), st.integers(0, 40))
def test_a_shipped_protocol_behaves_so_too(name, day, days, away, boosters, closed):
    start = MONDAY + timedelta(day)
    place = replace(EXAMPLE, timezone="America/Phoenix", closures=clinic().closures, chairs=None)
    asked = request(
        start,
        days=days,
        unavailable=dates(away, start),
        boosters=boosters if load_protocol(name).booster_phase else 0,
    )
    case = Case(load_protocol(name), place, asked, [])
    course = answer(case)
    after = answer(later(case, WEEK))
    assert visit_starts(after) == moved(visit_starts(course), WEEK)
    if course is None:
        return
    if (idle := start + timedelta(closed)) not in days_of(course):
        shut = replace(place.closures, dates=(DateRange(idle, idle),))
        again = answer(case._replace(clinic=replace(place, closures=shut)))
        assert all_starts(again) == all_starts(course)


EXAMPLE = load_clinic(str(ROOT / "examples" / "clinic.toml"))
