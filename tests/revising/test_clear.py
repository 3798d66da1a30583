"""A clearance, and what else a protocol requires, recorded after planning."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ketasched.errors import BadRequest
from ketasched.files.codec import plain, read
from ketasched.files.load import load_protocol
from ketasched.model import Change, Closures, Course, DateRange, Record
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.revising.changes import ZONE, apply, moment, moved_numbers, six
from tests.support.nouns import clinic, request

CLEARANCE = Record("clearance", date(2026, 12, 1), "Dr. Lee")
ENROLMENT = Record("rems-enrolment", date(2026, 11, 30), "Dr. Lee")


def esketamine(**more):
    """A course whose protocol requires a clearance and an enrolment."""
    asked = request(date(2027, 3, 8), **more)
    return plan(load_protocol("esketamine-us-label"), clinic(), asked, made_at=MADE_AT)


def warnings(course):
    return {finding.rule: finding.message for finding in course.findings}


def test_a_clearance_is_recorded_no_visit_moves_and_the_warning_goes():
    course = six()
    assert "clearance" in warnings(course)
    after = apply(course, "clear", record=CLEARANCE)
    assert (after.request.cleared_by, after.request.cleared_on) == ("Dr. Lee", date(2026, 12, 1))
    assert "clearance" not in warnings(after)
    assert (after.visits, after.companions) == (course.visits, course.companions)
    assert after.history[-1].what == "clearance recorded: Tue 1 Dec 2026, Dr. Lee"
    assert after.history[-1].changed == ()


def test_a_later_clearance_takes_the_place_of_an_earlier_one():
    course = apply(six(), "clear", record=CLEARANCE)
    again = replace(CLEARANCE, on=date(2026, 11, 30), by="Dr. Okafor")
    after = apply(course, "clear", record=again)
    assert (after.request.cleared_by, after.request.cleared_on) == ("Dr. Okafor", again.on)


def test_the_same_clearance_again_is_no_revision():
    course = apply(six(), "clear", record=CLEARANCE)
    assert apply(course, "clear", record=CLEARANCE) is course


def test_a_clearance_after_the_first_visit_is_recorded_with_a_warning():
    late = Record("clearance", date(2026, 12, 8), "Dr. Lee")
    after = apply(six(), "clear", "2026-12-08T12:00", record=late)
    said = "the recorded clearance, Tue 8 Dec 2026, is after the first visit"
    assert warnings(after)["clearance"] == said


def test_what_else_the_protocol_requires_is_recorded_by_its_name():
    course = apply(esketamine(), "clear", record=CLEARANCE)
    assert warnings(course)["requirements"] == "not recorded: rems-enrolment"
    after = apply(course, "clear", record=ENROLMENT)
    assert after.request.recorded == (ENROLMENT,)
    assert "requirements" not in warnings(after)
    again = replace(ENROLMENT, by="Dr. Okafor")
    assert apply(after, "clear", record=again).request.recorded == (again,)


def test_a_course_that_no_longer_fits_the_clinic_is_cleared_all_the_same():
    course = six(boosters=0)
    snow = Closures(dates=(DateRange(date(2026, 12, 9), date(2026, 12, 20), "snow"),))
    closed = clinic(closures=snow)
    at = moment("2026-12-01T12:00")
    after = revise(course, Change("clear", record=CLEARANCE), at=at, clinic=closed)
    assert moved_numbers(course, after) == []
    assert after.request.cleared_by == "Dr. Lee"
    assert {one.rule for one in check(after) if one.level == "broken"} == {"closure"}


def test_held_and_finished_courses_are_cleared_too():
    held = apply(six(), "hold")
    assert apply(held, "clear", record=CLEARANCE).visits == held.visits
    over = apply(six(), "clear", "2027-03-15T12:00", record=CLEARANCE)
    assert over.request.cleared_by == "Dr. Lee"


def test_a_clearance_is_read_back_from_a_course_file():
    after = apply(apply(esketamine(), "clear", record=ENROLMENT), "clear", record=CLEARANCE)
    data: Any = plain(after)
    assert data["history"][-1]["change"]["record"] == "clearance 2026-12-01 Dr. Lee"
    assert read(Course, data, zone=ZONE) == (after, [])


# The clocks go forward at 02:00 on Sunday 14 March 2027: that day ends at 04:00 UTC.
JUST_BEFORE_MIDNIGHT = "2027-03-14T23:59"


def test_the_day_of_a_clearance_is_one_of_the_clinic_also_when_the_clocks_change():
    course = six(start=date(2027, 3, 8))
    today = Record("clearance", date(2027, 3, 14), "Dr. Lee")
    after = apply(course, "clear", JUST_BEFORE_MIDNIGHT, record=today)
    assert after.request.cleared_on == date(2027, 3, 14)
    tomorrow = replace(today, on=date(2027, 3, 15))
    with pytest.raises(BadRequest, match="Mon 15 Mar 2027 is still to come"):
        apply(course, "clear", JUST_BEFORE_MIDNIGHT, record=tomorrow)


@pytest.mark.parametrize(
    ("course", "record", "field", "said", "step"),
    [
        pytest.param(
            *(six, None, "by", "expected the clinician whose clearance is recorded"),
            "--by NAME",
            id="nobody",
        ),
        pytest.param(
            *(esketamine, replace(ENROLMENT, what="rems-enrollment"), "what"),
            'expected clearance or rems-enrolment, not "rems-enrollment"; '
            "did you mean rems-enrolment?",
            "--what rems-enrolment",
            id="another spelling",
        ),
        pytest.param(
            *(six, ENROLMENT, "what", 'expected clearance, not "rems-enrolment"'),
            "the same without --what",
            id="what this protocol does not require",
        ),
        pytest.param(
            *(six, replace(CLEARANCE, on=date(2026, 12, 2)), "on"),
            "Wed 2 Dec 2026 is still to come (today is Tue 1 Dec 2026)",
            "the day on which it was given",
            id="a day to come",
        ),
    ],
)
def test_what_cannot_be_recorded_says_why(course, record, field, said, step):
    with pytest.raises(BadRequest) as caught:
        apply(course(), "clear", record=record)
    error = caught.value
    assert (error.field, error.what, error.next_step) == (field, said, step)
