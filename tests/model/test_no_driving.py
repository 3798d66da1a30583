"""Until when nobody drives: the end of the whole run, never between two treatments."""

from dataclasses import replace
from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.events.view import View
from ketasched.files.load import parse_course
from ketasched.model import Clock, Course, GapDays, Minutes, NoDriving, PhaseReview, VisitKind
from ketasched.model.no_driving import (
    is_without_driving,
    no_driving_until,
    run_on,
    with_no_driving,
)
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.render.json import render as course_file
from tests.conftest import MADE_AT
from tests.support.nouns import INFUSION, MONDAY, clinic, phase, protocol, request

DAILY = GapDays(3, 1)


def daily(count: int = 5, start: date = MONDAY, kind: VisitKind = INFUSION) -> Course:
    """A visit on each weekday, at 09:00."""
    days = phase(count, every_days=1, gap_days=DAILY)
    return planned(protocol(days, visits={"infusion": kind}), start)


def planned(steps, start: date = MONDAY) -> Course:
    return plan(steps, clinic(), request(start), made_at=MADE_AT)


def untils(course: Course) -> list[str]:
    """Until when nobody drives after each visit, on the clock of the clinic."""
    return [
        f"{visit.no_driving_until:%a %H:%M}" if visit.no_driving_until else "ask"
        for visit in course.visits
    ]


def with_statuses(course: Course, *statuses) -> Course:
    pairs = zip(course.visits, statuses, strict=True)
    visits = [replace(visit, status=status) for visit, status in pairs]
    return replace(course, visits=with_no_driving(visits, course.protocol, course.clinic))


def as_by_itself(course: Course) -> Course:
    """The course as an earlier version wrote it: each visit with the moment of its own."""
    rule = course.protocol.visits["infusion"].no_driving
    visits = (
        replace(one, no_driving_until=no_driving_until(one.end, one.start.date(), rule))
        for one in course.visits
    )
    return replace(course, visits=tuple(visits))


def broken(course: Course) -> list[str]:
    return [finding.message for finding in check(course) if finding.level == "broken"]


def test_in_a_daily_course_every_visit_shows_the_end_of_the_whole_run():
    course = daily()
    assert untils(course) == ["Sat 10:55"] * 5
    assert broken(course) == []


def test_check_knows_that_a_time_between_two_treatments_is_wrong():
    assert len(broken(as_by_itself(daily()))) == 4


def test_a_run_ends_where_the_time_to_the_next_visit_is_long_enough():
    assert untils(planned(protocol(phase(3)))) == ["Tue 10:55", "Thu 10:55", "Sat 10:55"]


def test_a_run_goes_on_over_a_night_when_the_clocks_change():
    sunday = replace(INFUSION, no_driving=NoDriving(72))
    course = daily(6, date(2027, 11, 1), sunday)  # the clocks go back on Sunday 7 November
    assert untils(course) == ["Thu 10:55"] * 6


@pytest.mark.parametrize("status", ["missed", "held", "omitted", "ceased"])
def test_without_the_next_visit_a_visits_own_moment_holds_again(status):
    assert untils(with_statuses(daily(3), "completed", status, "planned"))[0] == "Tue 10:55"


@pytest.mark.parametrize("status", ["planned", "tentative", "completed"])
def test_a_run_goes_on_through_a_visit_that_takes_place(status):
    assert untils(with_statuses(daily(3), "completed", status, "planned"))[0] == "Thu 10:55"


def test_before_a_treatment_without_a_rule_both_visits_say_to_ask_the_clinic():
    kinds = {"infusion": INFUSION, "tablet": replace(INFUSION, no_driving=None)}
    steps = protocol(
        phase(2, every_days=1, gap_days=DAILY),
        phase(1, name="later", visit="tablet", every_days=1, gap_days=DAILY),
        visits=kinds,
    )
    assert untils(planned(steps)) == ["ask", "ask", "ask"]


def test_a_call_is_no_treatment_and_ends_no_run():
    kinds = {"infusion": INFUSION, "call": VisitKind("Call", Minutes(0, 30, 0), place="phone")}
    steps = protocol(
        phase(1), phase(1, name="call", visit="call", every_days=1, gap_days=DAILY), visits=kinds
    )
    assert untils(planned(steps)) == ["Tue 10:55", "ask"]


def test_a_rule_that_ends_on_the_day_of_the_visit_is_never_said():
    assert untils(daily(2, kind=replace(INFUSION, no_driving=NoDriving(2)))) == ["ask", "ask"]


def test_a_course_of_an_earlier_version_is_shown_with_the_whole_run():
    before = as_by_itself(daily())
    assert untils(before)[0] == "Tue 10:55"
    read = parse_course(course_file(before, View()), "course.json")
    assert untils(read) == ["Sat 10:55"] * 5
    assert broken(read) == []


def test_a_review_at_the_clinic_is_not_while_the_patient_must_not_drive():
    long = replace(INFUSION, no_driving=NoDriving(72))
    looks = (PhaseReview(1, "Look", place="clinic"), PhaseReview(1, "Call"))
    steps = protocol(phase(2, every_days=7, gap_days=GapDays(9), reviews=looks))
    course = planned(replace(steps, visits={"infusion": long}))
    look, call = course.companions
    assert f"{look.start:%a %d %H:%M}" == "Fri 11 09:00"
    assert f"{call.start:%a %d %H:%M}" == "Tue 08 09:00"
    assert not is_without_driving(course.visits[0], look.start)


def test_a_review_at_the_clinic_of_a_daily_course_is_at_a_check_in_with_its_ride():
    days = phase(
        3, every_days=1, gap_days=DAILY, reviews=(PhaseReview(1, "Look", place="clinic"),)
    )
    course = planned(protocol(days, visits={"infusion": INFUSION}))
    assert course.companions[0].start == course.visits[1].start


RULES = st.builds(
    NoDriving, st.integers(24, 168), st.none() | st.builds(Clock, st.integers(0, 24 * 60 - 1))
)
SPRING = st.dates(date(2027, 3, 1), date(2027, 3, 28))
AUTUMN = st.dates(date(2027, 10, 25), date(2027, 11, 14))


@given(rule=RULES, gap=st.integers(1, 4), start=SPRING | AUTUMN)
def test_nobody_is_told_a_moment_between_two_treatments(rule, gap, start):
    days = phase(4, every_days=gap, gap_days=GapDays(gap + 4))
    kind = replace(INFUSION, no_driving=rule)
    course = planned(protocol(days, visits={"infusion": kind}), start)
    assert run_on(course.visits, course.protocol.visits) == course.visits
    moments = [one.no_driving_until for one in course.visits]
    ends = [moment.astimezone(UTC) for moment in moments if moment]
    for number, (visit, end) in enumerate(zip(course.visits, ends, strict=True)):
        own = no_driving_until(visit.end, visit.start.date(), rule)
        assert own is not None
        assert end >= own.astimezone(UTC)
        later = course.visits[number + 1 :]
        during = sum(one.start.astimezone(UTC) < end for one in later)
        assert {end, *ends[number + 1 : number + 1 + during]} == {end}
