"""What comes with a visit that moves: its driver, its pace, and how near the course stays."""

from datetime import date

import pytest

from ketasched.files.load import load_protocol
from ketasched.model import Change, Closures, DateRange, Driver, RegularDriver, Wishes
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.revising.changes import apply, days, moment, moved_numbers, six
from tests.support.nouns import clinic, request

TURNS = (RegularDriver("Ana", "555", ("mon", "fri")), RegularDriver("Ben", "", ("wed",)))


def drivers(course):
    return [f"{one.start:%a} {one.driver.name if one.driver else '-'}" for one in course.visits]


def test_a_visit_that_moves_gets_the_driver_of_its_new_weekday_over_a_change_of_the_clocks():
    """On 14 March 2027 the clocks go forward."""
    asked = request(date(2027, 3, 8), driver=TURNS)
    course = plan(load_protocol("iv-depression"), clinic(), asked, made_at=MADE_AT)
    assert drivers(course) == ["Mon Ana", "Wed Ben", "Fri Ana"] * 2
    after = apply(course, "defer", today="2027-03-09T12:00", visit=4, on=date(2027, 3, 17))
    assert drivers(after)[3:] == ["Wed Ben", "Fri Ana", "Mon Ana"]
    alone = apply(course, "defer", today="2027-03-09T12:00", visit=6, on=date(2027, 3, 20 + 2))
    assert drivers(alone)[5] == "Mon Ana"


def test_a_driver_who_was_named_for_the_visit_goes_with_it():
    asked = request(driver=TURNS)
    course = plan(load_protocol("iv-depression"), clinic(), asked, made_at=MADE_AT)
    kim = apply(course, "driver", visit=4, driver=Driver("Kim"))
    after = apply(kim, "defer", visit=4, on=date(2026, 12, 15), overrides=("gap",))
    assert drivers(after)[3] == "Tue Kim"


def test_where_nobody_drives_on_the_new_weekday_nobody_does():
    asked = request(driver=TURNS)
    course = plan(load_protocol("iv-depression"), clinic(), asked, made_at=MADE_AT)
    after = apply(course, "defer", visit=5, on=date(2026, 12, 17))
    assert drivers(after)[4] == "Thu -"


def test_what_a_change_puts_off_the_pace_is_a_finding():
    course = six(boosters=0)
    after = apply(course, "defer", visit=6, on=date(2026, 12, 21))
    (finding,) = (one for one in after.findings if one.rule == "spacing")
    assert (
        finding.message == "Visit 6 comes 5 days after the one before; the pace asks for 2 or 3."
    )
    recorded = apply(course, "miss", "2026-12-09T17:00", visit=2)
    assert "spacing" not in {one.rule for one in recorded.findings}


def test_the_first_visit_is_no_later_than_it_has_to_be_though_the_pace_would_be_better():
    course = plan(
        load_protocol("iv-depression"), clinic(), request(date(2027, 1, 5)), made_at=MADE_AT
    )
    wishes = Change("wishes", wishes=Wishes(days=("mon", "wed")))
    after = revise(course, wishes, at=moment("2027-01-01T12:00"))
    assert days(after)[0] == "06 Jan"


@pytest.mark.parametrize("last", [date(2027, 1, 20), date(2027, 5, 20)])
def test_a_course_that_has_not_begun_waits_until_the_patient_is_back(last):
    away = Wishes(unavailable=(DateRange(date(2026, 12, 7), last),))
    after = apply(six(boosters=0), "wishes", wishes=away)
    assert after.visits[0].start.date() > last


def test_a_make_up_visit_moves_nobody_where_it_can_be_helped():
    """In a daily course a missed day is a gap that is too long, and stays one."""
    shut = clinic(closures=Closures(dates=(DateRange(date(2026, 12, 25), date(2026, 12, 25)),)))
    course = plan(load_protocol("pain-5-days"), shut, request(), made_at=MADE_AT)
    more = {"visit": 3, "make_up": True, "overrides": ("gap", "span")}
    after = apply(course, "miss", "2026-12-09T17:00", **more)
    assert moved_numbers(course, after) == []


def test_a_course_whose_first_visit_was_missed_begins_as_soon_as_it_can():
    """On 13 January it would be on pace throughout."""
    shut = [DateRange(date(2026, 12, 21), date(2027, 1, 1)), DateRange.read("2027-01-11")]
    newer = clinic(closures=Closures(dates=tuple(shut)))
    miss = Change("miss", visit=1, make_up=True)
    after = revise(six(boosters=0), miss, at=moment("2026-12-07T12:00"), clinic=newer)
    assert days(after, "planned")[0] == "04 Jan"
