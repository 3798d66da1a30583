"""check asks of companions what the planner keeps: of a course that was edited by hand, say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ketasched.model import Companion, CompanionKind, Course, VisitOrdinals, WithinDays
from ketasched.planning.check import check
from tests.planning.test_home_days import home_phase, planned

TALK = CompanionKind("talk", "Talk", WithinDays(3), 60, after=VisitOrdinals((1, 2)))
COURSE = planned(home_phase(2, least=2), companions=(TALK,))
"""Infusions on Mon, Wed, Fri; tablets on Tue and Thu at 09:00, and the talks after them."""


def edited(number: int, **more: object) -> Course:
    """The course with other times for one of its companions: tablets, tablets, talk, talk."""
    companions = [*COURSE.companions]
    companions[number] = replace(companions[number], **more)  # type: ignore[arg-type] # a field
    return replace(COURSE, companions=tuple(companions))


def found(course: Course) -> list[tuple[str, str]]:
    """The rules that the course breaks, with the companions that break them."""
    uids = {one.uid: f"{one.name} {one.after}" for one in course.companions}
    return [(one.rule, uids[one.uid]) for one in check(course) if one.level == "broken"]


def shifted(one: Companion, minutes: int) -> object:
    return one.start + timedelta(minutes=minutes)


TABLET, TALK_OF_1 = COURSE.companions[0], COURSE.companions[2]


def test_the_course_itself_breaks_nothing():
    assert [one.name for one in COURSE.companions] == ["tablets", "tablets", "talk", "talk"]
    assert TALK_OF_1.start == TABLET.end
    assert found(COURSE) == []


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, []), (-1, [("companion", "talk 1")]), (1, [])],
    ids=["as the other ends", "a minute earlier", "a minute later"],
)
def test_no_companion_is_at_the_time_of_another(minutes, expected):
    course = edited(2, start=shifted(TALK_OF_1, minutes))
    assert [one for one in found(course) if one[0] == "companion"] == expected


def test_of_two_at_one_time_the_later_one_is_said_once_with_what_is_there():
    course = edited(2, start=shifted(TABLET, 30))
    (said,) = (one.message for one in check(course) if one.rule == "companion")
    assert said.startswith("Talk after visit 1, Tue 8 Dec")
    assert said.endswith("“Tablet” after visit 1 is at the same time.")


@pytest.mark.parametrize("minutes", [-1, 0, 1])
@pytest.mark.parametrize("number", [1, 3], ids=["a home day", "a talk"])
def test_a_companion_takes_as_long_as_its_kind(number, minutes):
    one = COURSE.companions[number]
    course = edited(number, minutes=one.minutes + minutes)
    about = {uid for rule, uid in found(course) if rule == "times"}
    assert about == ({f"{one.name} {one.after}"} if minutes else set())


@pytest.mark.parametrize(("gap", "is_broken"), [(3, True), (2, False), (1, False)])
def test_home_days_are_as_far_apart_as_the_phase_says(gap, is_broken):
    phases = (COURSE.protocol.phases[0], home_phase(2, least=gap))
    course = replace(COURSE, protocol=replace(COURSE.protocol, phases=phases))
    assert found(course) == [("companion", "tablets 2")] * is_broken
