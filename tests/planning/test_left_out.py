"""Phases that are pencilled in: they delay and refuse no course; what is left out is said."""

import json
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketasched.errors import NoPlan
from ketasched.files.codec import plain, read
from ketasched.files.cross_references import course_problems
from ketasched.model import Closures, Course, DateRange, GapDays, GapHours, SpanDays
from ketasched.planning.check import check
from ketasched.planning.planner import choose_slots_at, course_of, plan
from ketasched.rules.base import PlanningContext
from tests.conftest import MADE_AT
from tests.revising.changes import apply
from tests.support.nouns import clinic, phase, protocol, request

INFUSIONS = ["07 Dec", "09 Dec", "11 Dec", "14 Dec", "16 Dec", "18 Dec"]


def boosters(**more):
    usual = {"name": "maintenance", "visit": "booster", "tentative": True}
    gaps = {"every_days": (14, 21), "gap_days": GapDays(42, 14)}
    return phase(0, 12, **(usual | gaps | more))


def closed(*spans):
    """A clinic that is closed from day to day, both inclusive."""
    return clinic(closures=Closures(dates=tuple(map(DateRange.read, spans))))


def course_for(*later, at=None, **more):
    asked = protocol(phase(span_days=SpanDays(21)), *later)
    return plan(asked, at or clinic(), request(**more), made_at=MADE_AT)


def days(course):
    return [f"{visit.start:%d %b}" for visit in course.visits]


def left_out(course):
    return [
        (finding.level, finding.visit, finding.message)
        for finding in course.findings
        if finding.rule == "booster"
    ]


def test_a_booster_without_a_day_neither_delays_nor_refuses_the_infusions():
    course = course_for(boosters(), at=closed("2026-12-24..2027-01-31"), boosters=1)
    assert days(course) == INFUSIONS
    assert left_out(course) == [
        (
            "given-up",
            6,
            "Left out: maintenance 1 of 1, because visit 7 has no place from Fri 1 Jan to"
            " Fri 29 Jan 2027: the clinic is closed."
            " Visit 7 could be on Mon 1 Feb 2027: booster --on 2027-02-01 --override gap.",
        )
    ]


def test_as_many_boosters_as_have_a_day_are_pencilled_in():
    course = course_for(boosters(), at=closed("2027-01-10..2027-03-31"), boosters=3)
    assert days(course) == [*INFUSIONS, "01 Jan"]
    assert course.visits[-1].of == "1 of 1"
    ((_, number, message),) = left_out(course)
    assert number == 7
    assert message.startswith("Left out: maintenance 2 to 3 of 3, because visit 8 has no place")
    assert "Visit 8 could be on Thu 1 Apr 2027" in message


def test_a_booster_comes_at_another_time_if_only_so_the_next_one_has_a_day():
    fortnightly = boosters(every_days=14, gap_days=GapDays(18, 14))
    assert days(course_for(fortnightly, boosters=1))[6:] == ["01 Jan"]
    course = course_for(fortnightly, at=closed("2027-01-15..2027-01-19"), boosters=2)
    assert days(course)[6:] == ["04 Jan", "20 Jan"]
    assert left_out(course) == []


@pytest.mark.parametrize(
    ("more", "overrides"),
    [
        pytest.param({}, ("gap",), id="the gap is too long"),
        pytest.param({"span_days": SpanDays(14)}, ("span",), id="the phase would last too long"),
        pytest.param(
            {"gap_hours": GapHours(14 * 24 + 1, None)}, ("gap",), id="some hours are too few"
        ),
    ],
)
def test_the_day_that_is_named_is_the_first_on_which_the_booster_can_be_added(more, overrides):
    at = closed("2026-12-24..2026-12-31" if "span" in overrides else "2026-12-24..2027-01-31")
    course = course_for(boosters(**more), at=at, boosters=2)
    ((_, number, message),) = left_out(course)
    options = message.partition("booster --on ")[2].rstrip(".").split(" --override ")
    on, named = date.fromisoformat(options[0]), tuple(options[1:])
    assert named == overrides
    added = apply(course, "booster", on=on, overrides=named)
    assert added.visits[number].start.date() == on
    with pytest.raises(NoPlan):
        apply(course, "booster", on=on)
    earlier = on - timedelta(1)
    last = course.visits[-1].start.date()
    while (earlier - last).days >= 14:
        with pytest.raises(NoPlan):
            apply(course, "booster", on=earlier, overrides=named)
        earlier -= timedelta(1)


def test_where_no_day_is_near_that_is_said():
    course = course_for(boosters(), at=closed("2026-12-24..2027-12-31"), boosters=1)
    ((_, _, message),) = left_out(course)
    assert message.endswith("There is no day for visit 7 up to Sat 29 May 2027.")


@pytest.mark.parametrize(
    ("tentative", "until", "expected"),
    [
        pytest.param(True, "2027-01-31", INFUSIONS, id="pencilled: nothing changes"),
        pytest.param(True, "2027-02-07", INFUSIONS, id="pencilled: the start stays"),
        pytest.param(
            False,
            "2027-01-31",
            ["07 Dec", "09 Dec", "11 Dec", "14 Dec", "18 Dec", "21 Dec", "01 Feb"],
            id="decided: the infusions spread out",
        ),
        pytest.param(
            False,
            "2027-02-07",
            ["08 Dec", "11 Dec", "14 Dec", "18 Dec", "23 Dec", "28 Dec", "08 Feb"],
            id="decided: the first visit slides",
        ),
    ],
)
def test_only_what_is_decided_moves_the_visits_before_it(tentative, until, expected):
    later = boosters(tentative=tentative)
    course = course_for(later, at=closed(f"2027-01-01..{until}"), boosters=1)
    assert days(course) == expected


def test_what_is_decided_refuses_a_course_that_has_no_day_for_it():
    with pytest.raises(NoPlan):
        course_for(boosters(tentative=False), at=closed("2027-01-01..2027-04-30"), boosters=1)


def test_what_is_decided_delays_a_course_also_behind_a_booster_that_has_no_day():
    follow_up = phase(1, name="follow-up", every_days=30, gap_days=GapDays(31, 29))
    at = closed("2026-12-24..2027-01-17")
    course = course_for(boosters(gap_days=GapDays(20, 14)), follow_up, at=at, boosters=1)
    assert days(course) == [*INFUSIONS, "18 Jan"]
    (finding,) = [one for one in course.findings if one.rule == "booster"]
    assert "could be" not in finding.message


def test_a_booster_makes_way_for_a_decided_visit_behind_it():
    follow_up = phase(1, name="follow-up", every_days=20, gap_days=GapDays(20, 20))
    away = closed("2027-01-08..2027-03-31")
    course = course_for(boosters(), follow_up, at=away, boosters=1)
    assert [visit.phase for visit in course.visits[6:]] == ["follow-up"]
    ((_, _, message),) = left_out(course)
    assert message.startswith("Left out: maintenance 1 of 1, because visit 8 has no place")


def test_a_course_without_its_boosters_keeps_the_rules_and_reads_back_equal():
    course = course_for(boosters(), at=closed("2026-12-24..2027-01-31"), boosters=2)
    assert [finding for finding in check(course) if finding.level == "broken"] == []
    data = json.loads(json.dumps(plain(course)))
    assert course_problems(data) == []
    assert read(Course, data, zone=ZoneInfo("America/New_York")) == (course, [])


def test_a_course_at_its_own_starts_stays_without_its_boosters():
    at = closed("2026-12-24..2027-01-31")
    asked = protocol(phase(span_days=SpanDays(21)), boosters())
    context = PlanningContext(asked, at, request(boosters=2), MADE_AT)
    course = course_for(boosters(), at=at, boosters=2)
    starts = [(one.start.date(), one.start.hour * 60) for one in course.visits]
    same = choose_slots_at(context, starts)
    assert same is not None
    assert course_of(same, context) == course
    open_again = replace(context, clinic=clinic())
    kept = choose_slots_at(open_again, starts)
    assert kept is not None
    assert days(course_of(kept, open_again)) == INFUSIONS
    assert [finding.message for finding in kept.findings] == [
        "Left out: maintenance 1 to 2 of 2. Visit 7 could be on Fri 1 Jan 2027:"
        " booster --on 2027-01-01."
    ]
    more = choose_slots_at(open_again, starts, pencils_in=True)
    assert more is not None
    assert days(course_of(more, open_again)) == [*INFUSIONS, "01 Jan", "22 Jan"]


def test_a_booster_that_is_left_out_is_said_until_it_is_added():
    course = course_for(boosters(), at=closed("2026-12-24..2027-01-31"), boosters=1)
    confirmed = apply(course, "complete", "2026-12-07T12:00", visit=1)
    assert left_out(confirmed) == left_out(course)
    added = apply(
        confirmed, "booster", "2026-12-08T12:00", on=date(2027, 2, 1), overrides=("gap",)
    )
    assert added.visits[-1].of == "1 of 1"
    assert left_out(added) == []
    later = apply(course, "defer", visit=6, on=date(2026, 12, 21))
    assert left_out(later) == []
