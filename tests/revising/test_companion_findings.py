"""A finding names the companion that it is about, and is not one about its visit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ketasched.errors import NoPlan
from ketasched.events.view import View
from ketasched.files.load import parse_course
from ketasched.model import (
    Change,
    CompanionKind,
    Course,
    DateRange,
    Resource,
    VisitOrdinals,
    Wishes,
    WithinDays,
)
from ketasched.model.holds import holds_of_companions
from ketasched.model.occupancy import Occupancy
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.register.records import waivers_of
from ketasched.render import render
from ketasched.revising.revise import revise
from ketasched.rules.overridden import is_overridden
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, phase, protocol, request

THERAPIST = Resource("therapist")
SESSION = CompanionKind(
    "talk",
    "Integration",
    WithinDays(3),
    60,
    after=VisitOrdinals((1,)),
    place="clinic",
    driver=True,
    needs=("therapist",),
)
CLEARED = request(cleared_by="Dr. Lee", cleared_on=MADE_AT.date())
AT = MADE_AT + timedelta(1)


def planned() -> Course:
    """Three visits, and on Tuesday, after the first, a session with the only therapist."""
    asked = protocol(phase(3), companions=(SESSION,))
    return plan(asked, clinic(resources=(THERAPIST,)), CLEARED, made_at=MADE_AT)


COURSE = planned()
TALK = COURSE.companions[0]
TAKEN = Occupancy(holds_of_companions(COURSE))
"""The therapist is with somebody else at the time of the session."""


def full(course: Course) -> Course:
    """The course with what `check` finds while somebody else has the therapist."""
    return replace(course, findings=check(course, bookings=TAKEN))


def test_a_finding_about_a_companion_says_about_which_one_and_is_read_back():
    course = full(COURSE)
    assert [(one.rule, one.visit, one.uid) for one in course.findings] == [("staff", 1, TALK.uid)]
    assert parse_course(render(course, "json", View()), "it") == course
    assert '"uid": ""' not in render(replace(course, findings=check(COURSE)), "json", View())


def test_the_book_lets_the_companion_in_and_not_its_visit():
    assert waivers_of(full(COURSE)) == {(TALK.uid, "staff")}


def test_nobody_overrides_a_rule_for_a_companion_by_giving_its_visit_a_day():
    moved = revise(
        COURSE, Change("defer", 1, days=1, overrides=("staff", "notice")), at=AT, why="both agree"
    )
    bookings = Occupancy(holds_of_companions(moved))
    (found,) = (one for one in check(moved, bookings=bookings) if one.rule == "staff")
    assert found.uid == TALK.uid
    assert not is_overridden(moved, found)


def test_an_undo_asks_whether_a_companion_that_comes_back_alone_has_its_time():
    day = TALK.start.date()
    wishes = Wishes(unavailable=(DateRange(day, day),))
    moved = revise(COURSE, Change("wishes", wishes=wishes), at=AT)
    assert moved.visits == COURSE.visits
    assert moved.companions[0].start != TALK.start
    with pytest.raises(NoPlan, match="“Integration” after visit 1 cannot have its time back"):
        revise(moved, Change("undo"), at=AT, bookings=TAKEN)
    back = revise(
        moved, Change("undo", overrides=("staff",)), at=AT, bookings=TAKEN, why="both agree"
    )
    assert [(one.rule, one.uid) for one in back.findings] == [("staff", TALK.uid)]
    assert is_overridden(back, back.findings[0])
