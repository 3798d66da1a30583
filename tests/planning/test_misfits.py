"""Misfits: which booked visits a newer clinic's file leaves without a place, and which not."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.files.load import load_clinic, load_protocol
from ketasched.model import (
    Change,
    Clinic,
    Clock,
    Closures,
    Companion,
    CompanionKind,
    Course,
    DateRange,
    Misfit,
    Request,
    Resource,
    TimeRange,
    VisitOrdinals,
    WeekHours,
    WithinDays,
)
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from ketasched.planning.check import check
from ketasched.planning.misfits import misfits, misfits_of_all, misfits_text, visit_misfits
from ketasched.planning.planner import plan
from ketasched.render.day_sheet.day_visit import coming_visits
from ketasched.render.day_sheet.forms import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import make_day_sheet
from ketasched.revising.revise import revise
from ketasched.rules.base import NO_BOOKINGS
from tests.conftest import MADE_AT, ROOT

MONDAY = date(2026, 12, 7)
ZONE = ZoneInfo("America/New_York")
CLINIC = load_clinic(str(ROOT / "examples" / "clinic.toml"))
PROTOCOL = load_protocol("iv-depression")
CLINIC_RULES = ("closure", "open-hours", "clock")


def course_of(patient: str = "P-014", **more) -> Course:
    request = Request(**{"start": MONDAY, "patient": patient, **more})
    return plan(PROTOCOL, CLINIC, request, made_at=MADE_AT)


def closed(*days: date, label: str = "pump repair") -> Clinic:
    dates = tuple(DateRange(day, day, label) for day in days)
    return replace(CLINIC, closures=replace(CLINIC.closures, dates=dates))


def found(course: Course, clinic: Clinic) -> list[tuple[int | None, str, str]]:
    return [(one.visit, one.rule, one.message) for one in misfits(course, clinic)]


def changed(course: Course, change: Change, bookings: Occupancy = NO_BOOKINGS) -> Course:
    at = datetime.combine(MONDAY, datetime.min.time(), ZONE)
    return revise(course, change, at=at, why="x", bookings=bookings)


def test_a_course_fits_the_clinic_that_it_was_planned_at():
    assert found(course_of(boosters=3), CLINIC) == []


def test_a_visit_on_a_day_that_was_closed_later_is_a_misfit():
    course = course_of()
    (one,) = misfits(course, closed(MONDAY))
    said = "the clinic is closed (pump repair)"
    assert one == Misfit(1, course.visits[0].start, "closure", said)


def test_a_visit_outside_newer_hours_is_a_misfit():
    later = TimeRange(13 * 60, 17 * 60)
    clinic = replace(CLINIC, hours=replace(CLINIC.hours, mon=(later,)))
    on_mondays = [one.number for one in course_of().visits if one.start.weekday() == 0]
    assert [number for number, _, _ in found(course_of(), clinic)] == on_mondays
    assert {rule for _, rule, _ in found(course_of(), clinic)} == {"open-hours"}


def test_of_more_visits_than_chairs_each_one_is_a_misfit():
    courses = [course_of(name) for name in "ABC"]
    unfit = misfits_of_all(courses, replace(CLINIC, chairs=2, starts_per_slot=None))
    assert {one.rule for each in unfit.values() for one in each} == {"capacity"}
    assert [len(unfit[course.course_id]) for course in courses] == [6, 6, 6]
    assert not any(misfits_of_all(courses, replace(CLINIC, starts_per_slot=None)).values())


def out_of_order(day: date, chairs: int) -> Clinic:
    closures = replace(CLINIC.closures, chairs={DateRange(day, day): chairs})
    return replace(CLINIC, starts_per_slot=None, closures=closures)


def test_where_too_many_chairs_are_out_of_order_each_visit_of_that_time_is_a_misfit():
    courses = [course_of(name) for name in "AB"]
    third = courses[0].visits[2].start.date()
    assert not any(misfits_of_all(courses, out_of_order(third, 1)).values())
    unfit = misfits_of_all(courses, out_of_order(third, 2))
    said = "2 of 3 chairs are out of order, the other is taken at 09:00"
    assert [[(one.visit, one.message) for one in own] for own in unfit.values()] == [
        [(3, said)],
        [(3, said)],
    ]


def test_where_every_chair_is_out_of_order_a_visit_alone_is_a_misfit():
    course = course_of()
    third = course.visits[2].start.date()
    said = "all 3 chairs are out of order"
    assert found(course, out_of_order(third, 3)) == [(3, "capacity", said)]
    assert found(course, out_of_order(third, 2)) == []


@pytest.mark.parametrize("days", [0, 1], ids=["from its day on", "from the day after on"])
def test_newer_hours_leave_the_visits_before_them_as_they_are(days):
    course = course_of()
    third = course.visits[2].start.date()
    afternoon = WeekHours(*[(TimeRange(780, 1020),)] * 7)
    hours = replace(CLINIC.hours, changes={third + timedelta(days): afternoon})
    unfit = [number for number, _, _ in found(course, replace(CLINIC, hours=hours))]
    assert unfit == list(range(3 + days, 7))


def test_who_was_let_in_beside_a_full_clinic_is_no_misfit_and_makes_none():
    clinic = replace(CLINIC, chairs=1, starts_per_slot=None)
    one = replace(course_of("A"), clinic=clinic)
    taken = Occupancy(holds_of(one))
    request = Request(start=MONDAY, patient="B", time=Clock(14 * 60))
    other = plan(PROTOCOL, clinic, request, made_at=MADE_AT, bookings=taken)
    begin = one.visits[1].start
    at_that_time = Clock(begin.hour * 60 + begin.minute)
    move = Change("defer", 2, on=begin.date(), time=at_that_time, overrides=("capacity",))
    let_in = changed(other, move, taken)
    assert let_in.visits[1].start == begin
    assert not any(misfits_of_all([one, let_in], clinic).values())


def overridden_closure() -> tuple[Course, Clinic]:
    """A course whose second visit somebody moved to a closed day, and its clinic."""
    course, day = course_of(), MONDAY + timedelta(3)
    clinic = closed(day)
    move = Change("defer", 2, on=day, overrides=("closure",))
    return changed(replace(course, clinic=clinic), move), clinic


def test_a_closure_that_somebody_overrode_is_no_misfit():
    course, clinic = overridden_closure()
    assert ("closure", 2) in {(one.rule, one.visit) for one in course.findings}
    assert found(course, clinic) == []


def test_a_closure_that_somebody_overrode_for_one_visit_is_none_for_another():
    course, _ = overridden_closure()
    third = course.visits[2].start.date()
    clinic = closed(course.visits[1].start.date(), third)
    assert [number for number, _, _ in found(course, clinic)] == [3]


def test_what_an_undo_brings_back_to_a_closed_day_nobody_decided():
    clinic = closed(MONDAY + timedelta(2))
    moved = changed(replace(course_of(), clinic=clinic), Change("defer", 2, days=1))
    assert found(moved, clinic) == []
    back = changed(moved, Change("undo"))
    assert ("closure", 2) in {(one.rule, one.visit) for one in back.findings}
    assert [(number, rule) for number, rule, _ in found(back, clinic)] == [(2, "closure")]


@pytest.mark.parametrize(
    "change",
    [Change("complete", 1), Change("miss", 1, make_up=True), Change("omit", 1), Change("hold")],
    ids=lambda change: change.verb,
)
def test_only_a_visit_that_is_still_expected_is_a_misfit(change):
    assert found(changed(course_of(), change), closed(MONDAY)) == []


def test_a_tentative_visit_is_a_misfit_too():
    course = course_of(boosters=1)
    booster = course.visits[-1]
    assert booster.status == "tentative"
    (one,) = misfits(course, closed(booster.start.date()))
    assert one.visit == booster.number


def test_what_the_patient_cannot_is_not_about_the_clinic():
    course = course_of()
    away = replace(course.request, unavailable=(DateRange(MONDAY, MONDAY),))
    assert found(replace(course, request=away), CLINIC) == []


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)], ids=["forward", "back"])
def test_hours_are_compared_by_the_clock_on_the_day_that_it_changes(day):
    hours = replace(CLINIC.hours, sun=(TimeRange(9 * 60, 12 * 60),))
    clinic = replace(CLINIC, hours=hours, closures=Closures())
    request = Request(start=day, patient="P", time=Clock(9 * 60), latest_start=day)
    course = plan(PROTOCOL, clinic, request, made_at=MADE_AT - timedelta(300))
    assert course.visits[0].start.date() == day
    assert found(course, clinic) == []
    shut = replace(clinic, hours=replace(hours, sun=(TimeRange(9 * 60, 11 * 60),)))
    ((number, rule, said), *_) = found(course, shut)
    assert (number, rule) == (1, "open-hours")
    assert "11:00" in said


@given(
    st.lists(st.integers(0, 30), max_size=4),
    st.sampled_from(["08:00-12:30", "10:00-17:00", "13:00-17:00"]),
)
def test_misfits_are_what_the_rules_say_of_the_course_at_the_newer_clinic(days, hours):
    course = course_of(boosters=2)
    begin, end = (Clock.read(one).minutes for one in hours.split("-"))
    clinic = closed(*(MONDAY + timedelta(day) for day in days))
    clinic = replace(clinic, hours=replace(clinic.hours, mon=(TimeRange(begin, end),)))
    checked = {
        (one.visit, one.rule)
        for one in check(replace(course, clinic=clinic))
        if one.level == "broken" and one.rule in CLINIC_RULES
    }
    assert {(number, rule) for number, rule, _ in found(course, clinic)} == checked


# --- companions ----------------------------------------------------------------------------------


def accompanied(**more) -> Course:
    """A course with a talk of an hour at the clinic on the day after each visit."""
    talk = CompanionKind(
        "talk",
        "Talk",
        WithinDays(1),
        60,
        after=VisitOrdinals(),
        place="clinic",
        driver=True,
        needs=("therapist",),
    )
    talk = replace(talk, **more)
    at = replace(CLINIC, resources=(Resource("therapist"),))
    return plan(replace(PROTOCOL, companions=(talk,)), at, Request(start=MONDAY), made_at=MADE_AT)


def talk_of(course: Course) -> Companion:
    """The talk after the first visit."""
    return next(one for one in course.companions if one.name == "talk")


def test_a_companion_on_a_day_that_was_closed_later_is_a_misfit():
    course = accompanied()
    talk = talk_of(course)
    assert list(misfits(course, course.clinic)) == []
    shut = closed(talk.start.date())
    said = "the clinic is closed (pump repair)"
    assert list(misfits(course, shut)) == [Misfit(1, talk.start, "closure", said, talk.uid)]


def test_a_companion_whose_therapist_is_away_is_a_misfit():
    course = accompanied()
    talk = talk_of(course)
    day = talk.start.date()
    away = Resource("therapist", absences={DateRange(day, day, "course"): 1})
    (one,) = misfits(course, replace(course.clinic, resources=(away,)))
    assert (one.rule, one.companion) == ("staff", talk.uid)
    assert "course" in one.message


def test_a_companion_outside_newer_hours_is_a_misfit():
    course = accompanied()
    talk = talk_of(course)
    day = talk.start.date()
    later = WeekHours(*[(TimeRange(13 * 60, 17 * 60),)] * 7)
    changes = {day: later, day + timedelta(1): CLINIC.hours}
    at = replace(course.clinic, hours=replace(CLINIC.hours, changes=changes))
    assert [(one.rule, one.companion) for one in misfits(course, at)] == [("open-hours", talk.uid)]


def test_a_companion_that_is_over_or_left_out_is_no_misfit():
    course = accompanied()
    talk = talk_of(course)
    shut = closed(talk.start.date())
    for status in ("completed", "omitted", "held"):
        others = tuple(
            replace(one, status=status) if one.uid == talk.uid else one
            for one in course.companions
        )
        assert list(misfits(replace(course, companions=others), shut)) == []


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"csv"}))
def test_the_day_sheet_marks_a_companion_that_no_longer_fits(form):
    course = accompanied()
    day = talk_of(course).start.date()
    shut = closed(day)
    unfit = misfits_of_all([course], shut)
    sheet = make_day_sheet([course], {}, day, "", shut.timezone, shut, unfit)
    assert "1 date no longer fits: the clinic is closed (pump repair)" in sheet.summary
    said = '"rule": "closure"' if form == "json" else "NO LONGER FITS: the clinic is closed"
    assert said in " ".join(render_sheet(sheet, form).replace("\r\n ", "").split())


def test_the_phone_list_marks_a_companion_that_no_longer_fits():
    course = accompanied()
    talk = talk_of(course)
    unfit = misfits_of_all([course], closed(talk.start.date()))
    calls = [
        one
        for one in coming_visits([course], {}, MADE_AT, talk.start.date(), unfit)
        if one.needs_driver
    ]
    assert [one.misfit.rule for one in calls if one.misfit] == ["closure"]


def test_a_list_of_courses_says_how_many_appointments_no_longer_fit():
    course = accompanied()
    days = course.visits[0].start.date(), talk_of(course).start.date()
    said = misfits_text([*misfits(course, closed(*days))])
    dates = "Mon 7 Dec 2026, Tue 8 Dec 2026"
    assert said == f"2 appointments no longer fit: {dates}, the clinic is closed (pump repair)"
    only_talk = {course.course_id: [*misfits(course, closed(days[1]))]}
    assert visit_misfits(only_talk) == {}
