"""What an insurer authorised after planning: which visits wait, and which no longer do."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ketasched.errors import BadRequest
from ketasched.files.load import load_protocol
from ketasched.model import Authorisation, Course, Driver
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.planning.record import record_findings
from ketasched.revising.switch import switch
from tests.conftest import MADE_AT
from tests.revising.changes import apply, moment, six
from tests.support.nouns import MONDAY, clinic, request

LAST = date(2026, 12, 31)


def sessions(count: int, first: date = MONDAY, last: date = LAST) -> Authorisation:
    return Authorisation(count, first, last)


def allowed(count: int, **more: Any) -> Course:
    """Six infusions from Monday 7 to Friday 18 December, of which so many have a session."""
    asked = {"authorised": (sessions(count),), "boosters": 0, "driver_name": "Sam"} | more
    course: Course = six(**asked)
    return course


def waiting(course: Course) -> list[int]:
    return [visit.number for visit in course.visits if visit.status == "tentative"]


def starts(course: Course) -> list[Any]:
    return [visit.start for visit in course.visits]


def warning(course: Course) -> str:
    return "".join(one.message for one in check(course) if one.rule == "authorisation")


def authorise(course: Course, *some: Authorisation, today: str = "2026-12-01T12:00", **more: Any):
    return apply(course, "authorise", today, authorised=some, **more)


def test_a_plan_has_the_dates_that_it_would_have_and_the_last_visits_wait():
    course, plain = allowed(4), six(boosters=0, driver_name="Sam")
    assert starts(course) == starts(plain)
    assert waiting(course) == [5, 6]
    assert [visit.driver for visit in course.visits[4:]] == [None, None]
    assert [*record_findings(course)] == []
    assert check(course) == course.findings


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (MONDAY, date(2026, 12, 18), []),
        (MONDAY, date(2026, 12, 17), [6]),
        (date(2026, 12, 8), LAST, [1]),
    ],
    ids=["until the last visit", "until a day before it", "from a day after the first"],
)
def test_the_days_count_and_both_ends_are_included(first, last, expected):
    assert waiting(allowed(0, authorised=(sessions(9, first, last),))) == expected


def test_more_sessions_release_visits_and_give_them_their_usual_driver():
    course = allowed(4)
    after = authorise(course, sessions(1, date(2026, 12, 8)))
    assert waiting(after) == [6]
    assert after.visits[4].driver == Driver("Sam")
    assert after.visits[4].note == ""
    assert starts(after) == starts(course)
    said = "authorised: 1 session from Tue 8 Dec until Thu 31 Dec 2026"
    assert after.history[-1].what == said
    assert after.request.authorised == (sessions(4), sessions(1, date(2026, 12, 8)))
    assert "5 of 6 visits fit, visit 6 is tentative" in warning(after)
    assert waiting(apply(after, "undo")) == [5, 6]


def test_the_review_after_a_released_visit_does_not_wait_either():
    course = allowed(4)
    assert [review.status for review in course.companions] == ["planned", "tentative"]
    after = authorise(course, sessions(9))
    assert [review.status for review in after.companions] == ["planned", "planned"]


def test_what_is_authorised_anew_takes_the_place_of_all_that_was():
    after = authorise(allowed(6), sessions(2), anew=True)
    assert after.request.authorised == (sessions(2),)
    assert waiting(after) == [3, 4, 5, 6]
    assert after.history[-1].what.startswith("authorised from now on: 2 sessions")


def test_nothing_authorised_any_more_is_as_if_nothing_ever_was():
    after = authorise(allowed(2), anew=True)
    assert after.request.authorised == ()
    assert waiting(after) == []
    assert warning(after) == ""
    assert after.history[-1].what == "authorisations are no longer counted"


def test_the_same_again_is_no_revision():
    course = allowed(4)
    assert authorise(course, sessions(4)) is course
    assert authorise(course, sessions(4), anew=True) is course


def test_nothing_to_record_is_refused_with_what_to_type():
    with pytest.raises(BadRequest, match="expected what is authorised"):
        authorise(allowed(4))


def test_a_visit_that_somebody_confirmed_stays_planned_and_the_warning_says_so():
    course = apply(allowed(4), "confirm", visit=6)
    assert waiting(course) == [5]
    assert "visit 5 is tentative, visit 6 is beyond that" in warning(course)
    fewer = authorise(course, sessions(3), anew=True)
    assert waiting(fewer) == [4, 5]
    assert waiting(apply(fewer, "miss", "2026-12-09T12:00", visit=1)) == [5]


def test_a_decision_that_was_undone_is_none():
    course = apply(apply(allowed(4), "confirm", visit=6), "undo")
    assert waiting(authorise(course, sessions(3), anew=True)) == [4, 5, 6]


def test_a_confirmed_visit_stays_so_when_it_moves():
    course = apply(allowed(4), "confirm", visit=6)
    moved = apply(course, "defer", visit=6, days=3)
    assert moved.visits[5].start.date() == date(2026, 12, 21)
    assert moved.visits[5].status == "planned"


@pytest.mark.parametrize(
    ("change", "today", "expected"),
    [
        ({"verb": "complete", "visit": 1}, "2026-12-07T12:00", [5, 6]),
        ({"verb": "miss", "visit": 1}, "2026-12-07T12:00", [6]),
        ({"verb": "omit", "visit": 2}, "2026-12-01T12:00", [6]),
        ({"verb": "omit", "visit": 6}, "2026-12-01T12:00", [5]),
        ({"verb": "hold"}, "2026-12-01T12:00", []),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_what_happens_to_a_visit_is_counted_at_once(change, today, expected):
    assert waiting(apply(allowed(4), today=today, **change)) == expected


def test_a_missed_visit_that_took_place_after_all_takes_its_session_back():
    missed = apply(allowed(4), "miss", "2026-12-07T12:00", visit=1)
    assert missed.visits[4].driver == Driver("Sam")
    after = apply(missed, "complete", "2026-12-07T13:00", visit=1)
    assert waiting(after) == [5, 6]
    assert after.visits[4].driver is None


def test_a_make_up_visit_has_the_session_of_the_missed_one():
    course = allowed(6)
    after = apply(course, "miss", "2026-12-09T18:00", visit=2, make_up=True)
    assert waiting(after) == []
    assert len(after.visits) == 7
    assert waiting(apply(allowed(5), "miss", "2026-12-09T18:00", visit=2, make_up=True)) == [7]


def test_a_visit_that_moves_beyond_the_last_day_waits():
    course = allowed(0, authorised=(sessions(9, MONDAY, date(2026, 12, 18)),))
    after = apply(course, "defer", visit=6, days=3)
    assert waiting(after) == [6]
    assert waiting(apply(after, "undo")) == []


def test_a_visit_that_has_begun_stays_as_it_is():
    course = allowed(4)
    after = authorise(course, sessions(9), today="2026-12-16T12:00")
    assert waiting(after) == [5]
    fewer = authorise(allowed(6), sessions(4), anew=True, today="2026-12-16T12:00")
    assert waiting(fewer) == [6]


def test_held_visits_are_counted_again_once_they_go_on():
    held = apply(allowed(4), "hold")
    on = date(2026, 12, 7)
    assert waiting(apply(held, "resume", on=on)) == [5, 6]
    assert waiting(apply(authorise(held, sessions(9)), "resume", on=on)) == []
    assert waiting(apply(authorise(held, anew=True), "resume", on=on)) == []


def test_a_booster_is_the_clinicians_to_decide_whatever_is_authorised():
    course = allowed(9, boosters=1)
    assert waiting(course) == [7]
    beyond = allowed(6, boosters=1)
    assert "6 of 7 visits fit, visit 7 is tentative" in warning(beyond)
    decided = apply(beyond, "confirm", visit=7)
    assert (waiting(decided), "visit 7 is beyond that" in warning(decided)) == ([], True)
    assert waiting(authorise(decided, sessions(1), anew=True)) == [2, 3, 4, 5, 6]


def gated(*authorised: Authorisation) -> Course:
    asked = request(authorised=authorised)
    return plan(load_protocol("iv-depression-gated"), clinic(), asked, made_at=MADE_AT)


def test_sessions_open_no_gate_and_a_gate_gives_no_session():
    course = gated(sessions(4))
    assert waiting(course) == waiting(gated()) == [3, 4, 5, 6]
    assert waiting(authorise(course, sessions(9))) == [3, 4, 5, 6]
    course = apply(course, "review", "2026-12-09T12:00", visit=2, outcome="go-on")
    assert waiting(course) == [4, 5, 6]
    course = apply(course, "review", "2026-12-11T12:00", visit=3, outcome="go-on")
    assert waiting(course) == [5, 6]
    assert waiting(authorise(course, sessions(9), today="2026-12-11T13:00")) == []


def test_of_a_course_that_was_ceased_it_can_still_be_recorded():
    course = apply(allowed(4), "cease")
    after = authorise(course, sessions(9))
    assert len(after.request.authorised) == 2
    assert after.visits == course.visits


def test_a_course_by_another_protocol_has_what_is_authorised_for_it():
    course, at = allowed(4), moment("2026-12-01T12:00")
    new = switch(course, load_protocol("iv-ptsd"), date(2026, 12, 21), at=at, by="Dr. Lee")
    assert new.request.authorised == ()
    assert waiting(new) == []


def test_a_visit_that_was_edited_by_hand_is_found():
    course = allowed(4)
    visits = (*course.visits[:4], allowed(6).visits[4], *course.visits[5:])
    messages = [one.message for one in record_findings(replace(course, visits=visits))]
    assert "Visit 5 is planned, but no authorised session is left for it." in messages
