"""`reschedule`: visits of a course get exactly the starts that they are given."""

from dataclasses import replace
from datetime import date

import pytest

from ketasched.errors import BadRequest, NoPlan
from ketasched.files.codec import json_line, plain
from ketasched.files.load import load_protocol, parse_course
from ketasched.model import Change, Closures, DateRange, NewStart, RegularDriver
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.revising.changes import apply, days, moment, moved_numbers, six
from tests.support.nouns import clinic, request

SPRING = "2027-03-11T12:00"
"""Before Sunday 14 March 2027, when the clocks go forward; the first of six visits is over."""

TUESDAY = date(2027, 3, 16)
"""The day of the third visit."""


def over_the_change_of_clocks():
    """Six infusions, Tue 9, Fri 12, Tue 16, Fri 19, Tue 23 and Fri 26 March."""
    asked = request(date(2027, 3, 9), per_week=2)
    return plan(load_protocol("iv-depression"), clinic(), asked, made_at=MADE_AT)


def shut(day):
    return clinic(closures=Closures(dates=(DateRange(day, day, "pump repair"),)))


def rescheduled(course, *starts, today=SPRING, overrides=(), at=None):
    change = Change("reschedule", starts=starts, overrides=overrides)
    return revise(course, change, at=moment(today), clinic=at, why="pump repair")


def test_a_visit_moves_over_the_change_of_clocks_and_every_other_visit_stays():
    course, new = over_the_change_of_clocks(), NewStart(3, moment("2027-03-17T09:00"))
    after = rescheduled(course, new, at=shut(TUESDAY))
    assert after.visits[2].start == moment("2027-03-17T09:00")
    assert moved_numbers(course, after) == [3]
    assert after.history[-1].what == (
        "rescheduled: visit 3 from Tue 16 Mar 2027, 09:00 to Wed 17 Mar 2027, 09:00"
    )
    assert not [one for one in check(after) if one.level == "broken"]


def test_two_visits_move_in_one_change():
    course = over_the_change_of_clocks()
    new = (
        NewStart(3, moment("2027-03-17T10:00")),
        NewStart(4, moment("2027-03-19T10:00"), displaced=False),
    )
    after = rescheduled(course, *new, at=shut(TUESDAY))
    assert moved_numbers(course, after) == [3, 4]
    assert after.history[-1].what == (
        "rescheduled: visit 3 from Tue 16 Mar 2027, 09:00 to Wed 17 Mar 2027, 10:00; "
        "visit 4 from Fri 19 Mar 2027, 09:00 to Fri 19 Mar 2027, 10:00"
    )


def test_a_displaced_visit_may_come_sooner_and_any_other_visit_may_not():
    course, new = over_the_change_of_clocks(), NewStart(3, moment("2027-03-15T09:00"))
    assert moved_numbers(course, rescheduled(course, new, at=shut(TUESDAY))) == [3]
    with pytest.raises(NoPlan) as refusal:
        rescheduled(course, replace(new, displaced=False), at=shut(TUESDAY))
    assert {finding.rule for _, finding in refusal.value.refusals} == {"earlier"}


def test_a_start_that_breaks_a_rule_is_refused_unless_the_rule_is_overridden():
    course, new = six(boosters=0), NewStart(6, moment("2026-12-22T09:00"))
    late = {"today": "2026-12-01T12:00"}
    with pytest.raises(NoPlan) as refusal:
        rescheduled(course, new, **late)
    assert "gap" in {finding.rule for finding in refusal.value.findings}
    after = rescheduled(course, new, overrides=("gap",), **late)
    assert [one.rule for one in after.findings if one.level == "broken"] == ["gap"]


def test_the_driver_of_the_new_weekday_drives():
    turns = (RegularDriver("Ana", "555", ("mon", "fri")), RegularDriver("Ben", "", ("wed",)))
    course = plan(load_protocol("iv-depression"), clinic(), request(driver=turns), made_at=MADE_AT)
    after = rescheduled(course, NewStart(6, moment("2026-12-21T09:00")), today="2026-12-01T12:00")
    assert [visit.driver.name for visit in after.visits[4:]] == ["Ben", "Ana"]


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        pytest.param((), "expected a new start", id="no start"),
        pytest.param(
            (NewStart(2, moment("2026-12-10T09:00")),) * 2, "expected a new start", id="two starts"
        ),
        pytest.param((NewStart(9, moment("2026-12-10T09:00")),), "no visit 9", id="no such visit"),
        pytest.param(
            (NewStart(2, moment("2026-12-10T09:07")),), "not at 09:07", id="off the grid"
        ),
        pytest.param((NewStart(2, moment("2026-11-30T09:00")),), "is over", id="in the past"),
    ],
)
def test_starts_that_are_impossible_are_refused(starts, said):
    with pytest.raises(BadRequest, match=said):
        rescheduled(six(boosters=0), *starts, today="2026-12-01T12:00")


def test_an_undo_takes_a_rescheduling_back():
    course = six(boosters=0)
    after = rescheduled(course, NewStart(6, moment("2026-12-21T09:00")), today="2026-12-01T12:00")
    assert days(apply(after, "undo")) == days(course)


def test_only_a_rescheduling_writes_new_starts():
    course = six(boosters=0)
    assert "starts" not in str(plain(Change("omit", 3)))
    after = rescheduled(course, NewStart(6, moment("2026-12-21T09:00")), today="2026-12-01T12:00")
    assert parse_course(json_line(after), "it") == after
