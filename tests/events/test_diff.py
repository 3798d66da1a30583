"""What calendars are told of a change, of rides to companions too."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ketasched.events.diff import changed_uids
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.model import Change, CompanionKind, Course, VisitOrdinals, WithinDays
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
