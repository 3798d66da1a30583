"""Chains that are recalled: the same as those that a search finds, to the last finding."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched import planner
from ketasched.errors import NoPlan
from ketasched.load import load_clinic, load_protocol
from ketasched.model import Course, DateRange, GapDays, GapHours, Request
from ketasched.planner import plan
from ketasched.recall import Recall
from ketasched.search import Search

from .conftest import MADE_AT, ROOT
from .nouns import MONDAY, clinic, phase, protocol, request
from .test_planner_is_exact import AWAY, DAYS, Case, cases, dates

WEEKS_LATER = st.lists(st.integers(0, 3), min_size=2, max_size=4)


def answered(case: Case, asked: Request, search: type[Search]) -> object:
    """The course that is planned by a search of this kind, or all that is said of why not.

    Where hours are counted, another search may name another reason for a day that does not do.
    """
    counts_hours = any(one.gap_hours for one in case.protocol.phases)
    by_day = {
        day: tuple(booking for booking in case.taken if booking[0].date() == day)
        for day in {start.date() for start, _ in case.taken}
    }
    with patch.object(planner, "Recall", search):
        try:
            return plan(case.protocol, case.clinic, asked, made_at=MADE_AT, bookings=by_day)
        except NoPlan as error:
            if counts_hours:
                return str(error), error.possible, [day for day, _ in error.refusals]
            return str(error), error.findings, error.refusals, error.possible


@settings(max_examples=300, deadline=None)
@given(cases(), WEEKS_LATER, DAYS, AWAY)
def test_a_recalled_course_is_the_one_that_is_searched_for(case, weeks, days, away):
    """The same request some weeks later, or with other absences, shares what it can."""
    for number, later in enumerate(weeks):
        start = case.request.start + timedelta(7 * later)
        asked = replace(case.request, start=start, latest_start=None)
        if number % 2:
            asked = replace(asked, days=days, unavailable=dates(away, start))
        assert answered(case, asked, Recall) == answered(case, asked, Search)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["iv-depression", "esketamine-us-label", "iv-depression-gated", "iv-ptsd"]),
    st.lists(
        st.tuples(
            st.integers(0, 120), st.integers(1, 30), st.integers(0, 4), st.integers(0, 2), DAYS
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_the_shipped_protocols_at_the_example_clinic(name, asks):
    case = Case(load_protocol(name), EXAMPLE, request(), [])
    for later, until_away, for_days, boosters, days in asks:
        start = MONDAY + timedelta(later)
        first = start + timedelta(until_away)
        asked = request(
            start,
            days=days,
            unavailable=(DateRange(first, first + timedelta(for_days)),),
            boosters=boosters if case.protocol.booster_phase else 0,
        )
        assert answered(case, asked, Recall) == answered(case, asked, Search)


EXAMPLE = load_clinic(str(ROOT / "examples" / "clinic.toml"))


def searches_for(*asked: Request, name: str) -> int:
    """How many searches it takes to plan these."""
    own, at = protocol(phase(4, name=name)), clinic()
    with patch.object(Search, "_cheapest", autospec=True, side_effect=Search._cheapest) as spied:
        found = [plan(own, at, one, made_at=MADE_AT) for one in asked]
    assert all(isinstance(one, Course) for one in found)
    return spied.call_count


def test_what_is_asked_again_or_a_week_later_is_not_searched_for():
    away = (DateRange(MONDAY + timedelta(60), MONDAY + timedelta(61)),)
    alike = (
        request(MONDAY + timedelta(7)),
        request(patient="another"),
        request(unavailable=away),
    )
    once = searches_for(request(), name="once")
    assert searches_for(request(), *alike, name="again") == once > 0


def test_an_absence_in_the_way_is_searched_for():
    away = (DateRange(MONDAY + timedelta(2), MONDAY + timedelta(3)),)
    once = searches_for(request(), name="free")
    assert searches_for(request(), request(unavailable=away), name="away") > once


def test_a_run_that_comes_first_elsewhere_is_asked_for_as_a_later_one():
    six = protocol(phase(6))
    after_a_test = protocol(phase(1, name="test"), phase(6))
    monday = request(MONDAY)
    alone = plan(six, clinic(), monday, made_at=MADE_AT)
    later = plan(after_a_test, clinic(), monday, made_at=MADE_AT)
    assert len({visit.start for visit in later.visits}) == 7
    assert later.visits[1].start.date() > MONDAY
    assert plan(six, clinic(), monday, made_at=MADE_AT) == alone


def test_where_the_clock_matters_the_course_is_the_one_that_is_searched_for():
    hours = protocol(phase(4, gap_days=GapDays(4, 2), gap_hours=GapHours(47, 73)))
    for times in ("09:00-17:00", "09:00-11:00 15:00-17:00"):
        place = clinic(times=times, days="mon tue wed thu fri sat sun")
        for away in (0, 1, 2):
            day = MONDAY + timedelta(away + 1)
            asked = request(unavailable=(DateRange(day, day),) * bool(away))
            found = plan(hours, place, asked, made_at=MADE_AT)
            with patch.object(planner, "Recall", Search):
                assert plan(hours, place, asked, made_at=MADE_AT) == found
