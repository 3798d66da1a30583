"""What calendars are told of a change, of rides to companions too."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ketasched.events.diff import changed_uids, former_dates
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.model import (
    Change,
    CompanionChange,
    CompanionKind,
    Course,
    Former,
    Place,
    Result,
    VisitOrdinals,
    WithinDays,
)
from ketasched.model.identifiers import make_uid
from ketasched.planning.planner import plan
from ketasched.revising.change_report import follow_ups
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, phase, protocol, request

BEFORE_SECOND = CompanionKind(
    "talk", "Talk", WithinDays(1), 60, before=VisitOrdinals((2,)), place="clinic", driver=True
)
MINUTE = timedelta(minutes=1)


def planned() -> Course:
    """Two visits, and a session at the clinic on the day before the second one."""
    asked = protocol(phase(2), companions=(BEFORE_SECOND,))
    wish = request(driver_name="Sam", driver_phone="555")
    return plan(asked, clinic(), wish, made_at=MADE_AT)


def rides(course: Course) -> set[str]:
    """The UIDs of the rides to the session, there and back."""
    (talk,) = course.companions
    found = events(course, View("driver"))
    return {one.uid for one in found if one.ride_of == talk.uid}


@pytest.mark.parametrize(
    ("early", "expected"), [(MINUTE, 2), (timedelta(), 0)], ids=["not yet", "as it begins"]
)
def test_a_patient_who_is_at_a_session_is_collected_though_the_course_ends(early, expected):
    course = planned()
    (talk,) = course.companions
    at = talk.start - early
    done = revise(course, Change("complete", 1), at=at)
    after = revise(done, Change("cease", 1), at=at, why="it ends")
    assert after.companions[0].status == "ceased"
    assert len(rides(course) & set(after.history[-1].changed)) == expected
    collects = any(
        "collect now, if the patient was brought" in one for one in follow_ups(done, after)
    )
    assert collects == (expected == 0)


def test_the_ride_of_a_session_that_is_gone_while_it_lasts_is_not_cancelled():
    course = planned()
    (talk,) = course.companions
    without = replace(course, companions=())
    begun, ahead = talk.start + MINUTE, talk.start - MINUTE
    assert not rides(course) & changed_uids(course, without, begun)
    assert rides(course) <= changed_uids(course, without, ahead)


def with_former_date(course: Course, uid: str) -> Course:
    """The course, from which a date of this UID was taken that had the time of its session."""
    former = Former(uid, course.companions[0].start)
    (first,) = course.history
    return replace(course, history=(replace(first, former=(former,)),))


def test_a_time_at_which_the_patient_now_comes_to_a_session_is_not_crossed_out():
    course = planned()
    assert former_dates(with_former_date(course, course.visits[0].uid), View()) == []


def at_place(course: Course, place: Place) -> Course:
    return replace(course, companions=(replace(course.companions[0], place=place),))


def test_a_call_at_the_time_of_a_former_visit_leaves_the_visit_crossed_out():
    call = at_place(planned(), "phone")
    former = with_former_date(call, call.visits[0].uid)
    assert former_dates(former, View()) == [call.companions[0].start]


def test_a_call_at_the_time_of_a_session_that_an_undo_removed_replaces_it():
    call = at_place(planned(), "phone")
    removed = replace(call.companions[0], uid="removed")
    former = with_former_date(call, "removed")
    result = Result(companions=(CompanionChange(removed, None),))
    undone = replace(former, history=(replace(former.history[0], result=result),))
    assert former_dates(former, View()) != []
    assert former_dates(undone, View()) == []


@pytest.mark.parametrize("role", ["review", "companion"])
def test_a_call_at_the_time_of_a_companion_of_the_course_before_replaces_it(role):
    call = at_place(planned(), "phone")
    former = with_former_date(call, make_uid("the course before", role, 2))
    assert former_dates(former, View()) != []
    assert former_dates(replace(former, follows="the course before"), View()) == []


def test_a_call_of_a_course_that_follows_another_replaces_its_own_former_date():
    call = at_place(planned(), "phone")
    former = with_former_date(call, call.companions[0].uid)
    assert former_dates(replace(former, follows="the course before"), View()) == []
