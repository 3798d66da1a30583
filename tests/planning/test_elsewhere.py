"""Visits that took place elsewhere (`prior`): numbered in the course, and facts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ketasched.errors import BadRequest, NoPlan
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.codec import plain
from ketasched.files.load import load_protocol, parse_course
from ketasched.model import Clinic, Course, GapDays, GapHours, PerWeek, PhaseReview
from ketasched.model.holds import holds_of
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.planning.record import record_findings
from ketasched.render import render
from ketasched.render.bill import make_bill
from tests.conftest import MADE_AT
from tests.support.nouns import MONDAY, clinic, phase, protocol, request

SIX, GATED = load_protocol("iv-depression"), load_protocol("iv-depression-gated")
DAY = timedelta(1)


def days_before(*days: int) -> tuple[date, ...]:
    """Dates so many days before the asked start."""
    return tuple(MONDAY - timedelta(number) for number in days)


def planned(*days: int, asked=SIX, at: Clinic | None = None, **more) -> Course:
    """A course from Monday on, after visits elsewhere so many days before."""
    wanted = request(prior=days_before(*days), **more)
    made_at = datetime.combine(MONDAY, datetime.min.time(), UTC) + timedelta(hours=12)
    return plan(asked, at or clinic(), wanted, made_at=made_at)


def rules_of(course: Course, level: str) -> set[str]:
    return {one.rule for one in course.findings if one.level == level}


def test_they_are_numbered_and_completed_and_the_course_goes_on_from_them():
    course = planned(3, 7, 5)
    assert [visit.number for visit in course.visits] == [1, 2, 3, 4, 5, 6]
    assert [visit.of for visit in course.visits] == [f"{number} of 6" for number in range(1, 7)]
    assert [visit.elsewhere for visit in course.visits] == [True] * 3 + [False] * 3
    assert [visit.start.date() for visit in course.visits[:3]] == [*days_before(7, 5, 3)]
    assert {visit.status for visit in course.visits[:3]} == {"completed"}
    assert len({visit.uid for visit in course.visits}) == 6
    assert not [*record_findings(course)]


def test_a_course_file_has_the_new_keys_only_where_they_are_used():
    usual: Any = plain(planned())
    transferred: Any = plain(planned(3))
    assert "prior" not in usual["request"]
    assert not any("elsewhere" in visit for visit in usual["visits"])
    assert transferred["request"]["prior"] == ["2026-12-04"]
    assert [visit.get("elsewhere") for visit in transferred["visits"]] == [True, *[None] * 5]
    course = planned(3)
    assert parse_course(render(course, "json", View()), "course.json") == course


@pytest.mark.parametrize(
    ("days", "first"),
    [((2,), MONDAY), ((1,), MONDAY + DAY), ((0,), MONDAY + 2 * DAY), ((5,), MONDAY)],
    ids=["at the smallest gap", "a day too near", "on the asked day", "at the largest gap"],
)
def test_their_smallest_gap_binds_the_first_visit_here(days, first):
    course = planned(*days)
    assert course.visits[1].start.date() == first
    assert ("gap" in rules_of(course, "given-up")) == (first != MONDAY)


@pytest.mark.parametrize(
    ("days", "rule", "number"),
    [((30,), "gap", 2), ((3, 5, 6), "gap", 2), ((3, 18), "span", 6)],
    ids=["a gap too long", "two too near to each other", "a span too long"],
)
def test_what_else_they_break_is_a_finding_and_refuses_nothing(days, rule, number):
    course = planned(*days)
    found = [one for one in course.findings if (one.rule, one.visit) == (rule, number)]
    assert [one.level for one in found] == ["given-up"]
    assert not any(one.level == "broken" for one in check(course))


def test_an_hours_rule_counts_from_the_end_of_their_day_also_where_the_clocks_change():
    # From midnight to 11:00 it is 10 hours on 14 March 2027: the clocks skip one.
    daily = phase(3, per_week=PerWeek(7, (7,)), gap_days=GapDays(min=1, max=5))
    asked = protocol(replace(daily, gap_hours=GapHours(min=10, max=None)))
    sunday = date(2027, 3, 14)
    every_day = clinic(days="mon tue wed thu fri sat sun")
    wanted = request(sunday, prior=(sunday - DAY,))
    course = plan(asked, every_day, wanted, made_at=datetime(2027, 3, 14, 12, tzinfo=UTC))
    first = course.visits[1].start
    assert (first.date(), first.hour) == (sunday, 11)


def test_the_pace_of_a_later_phase_counts_from_its_first_visit_here():
    course = planned(27, 25, 23, 20, 18, 16, boosters=3)
    here = [visit for visit in course.visits if not visit.elsewhere]
    assert [visit.of for visit in here] == ["1 of 3", "2 of 3", "3 of 3"]
    assert [(visit.start.date() - MONDAY).days for visit in here] == [0, 21, 49]


@pytest.mark.parametrize(
    ("days", "made_at", "said"),
    [
        ((-1,), MADE_AT, "up to the start"),
        ((3, 3), MADE_AT, "there twice"),
        ((3,), datetime(2026, 12, 3, tzinfo=UTC), "still to come"),
        (range(7, 14), datetime(2026, 12, 7, tzinfo=UTC), "7 visits elsewhere"),
        (range(7, 13), datetime(2026, 12, 7, tzinfo=UTC), "none is left to plan"),
    ],
    ids=["after the start", "twice", "in the future", "too many", "all"],
)
def test_a_date_that_cannot_be_is_refused(days, made_at, said):
    with pytest.raises(BadRequest, match=said) as error:
        plan(SIX, clinic(), request(prior=days_before(*days)), made_at=made_at)
    assert error.value.field == "prior"


def test_a_start_that_is_too_near_says_so():
    with pytest.raises(NoPlan) as error:
        planned(0, latest_start=MONDAY)
    assert [finding.rule for _, finding in error.value.refusals] == ["gap"]


def test_no_review_after_them_is_made_but_a_gate_which_stays_closed():
    reviews = (PhaseReview(1, "Hello"), PhaseReview(2, "Gate", gate=True), PhaseReview(4, "Then"))
    asked = protocol(replace(phase(4), reviews=reviews))
    course = planned(4, 7, asked=asked)
    assert [(one.after, one.gate, one.status) for one in course.companions] == [
        (2, True, "planned"),
        (4, False, "tentative"),
    ]
    assert {visit.status for visit in course.visits[2:]} == {"tentative"}
    assert course.companions[0].start == course.visits[2].start  # there is no open day before
    assert not [*record_findings(course)]


def test_they_have_no_chair_no_entry_no_ride_no_price_and_no_time_without_driving():
    usual, course = planned(), planned(3, 5, driver_name="Sam Rivera")
    elsewhere = {visit.uid for visit in course.visits if visit.elsewhere}
    assert len(holds_of(replace(course, clinic=replace(course.clinic, chairs=3)))) == 4
    for audience in ("patient", "driver", "clinic"):
        assert not elsewhere & {event.uid for event in events(course, View(audience))}
    assert all(visit.no_driving_until is None for visit in course.visits[:2])
    assert all(visit.driver is None for visit in course.visits[:2])
    assert make_bill(usual) is None or make_bill(course) != make_bill(usual)


def test_a_closed_day_an_absence_and_others_bookings_are_no_matter_for_them():
    course = planned(1, 8, days=("mon", "wed", "fri"))  # two Sundays
    assert not any(one.level == "broken" for one in check(course))
