"""A course that is planned again has the identity of the one before, companions too."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ketasched.batch.carry_over import carry_over
from ketasched.batch.manifest import summarise
from ketasched.batch.records import PriorResult, Settings
from ketasched.errors import BadRequest
from ketasched.model import Clinic, CompanionKind, Course, VisitOrdinals, WithinDays
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, phase, protocol, request

PREPARATION = CompanionKind(
    "prep", "Preparation", WithinDays(3), 60, before=VisitOrdinals((1,)), place="clinic"
)
INTEGRATION = CompanionKind(
    "talk", "Integration", WithinDays(2), 60, after=VisitOrdinals(), place="clinic", driver=True
)
OPEN = clinic("mon tue wed thu fri sat")
SHUT = clinic()
"""Closed on Saturdays: there is no day for the preparation."""


def planned(at: Clinic, *, made_at: datetime = MADE_AT, earliest: int = 3) -> Course:
    kinds = replace(PREPARATION, within_days=WithinDays(earliest, earliest)), INTEGRATION
    asked = protocol(phase(3), companions=kinds)
    return plan(asked, at, request(), made_at=made_at)


def again(before: Course, after: Course, at: datetime) -> Course:
    """The course planned `again` by a later run, which finds the one `before`."""
    prior = PriorResult(summarise(before))
    return carry_over(after, prior, Settings(at, output=Path("out")), before)


def names(course: Course) -> dict[str, str]:
    return {one.uid: f"{one.name} {one.side} {one.after}" for one in course.companions}


def test_one_that_is_left_out_gives_its_identifier_to_no_other():
    before = planned(OPEN, earliest=2)
    later = MADE_AT + timedelta(hours=1)
    course = planned(SHUT, made_at=later, earliest=2)
    assert [len(one.companions) for one in (before, course)] == [4, 2]
    after = again(before, course, later)
    known = names(before)
    assert all(known[uid] == name for uid, name in names(after).items())
    back = again(after, planned(OPEN, made_at=later, earliest=2), later + timedelta(hours=1))
    assert len(set(names(back))) == 4


def test_one_that_is_new_has_an_identifier_of_its_own():
    later = MADE_AT + timedelta(hours=1)
    before = planned(SHUT, earliest=2)
    after = again(before, planned(OPEN, made_at=later, earliest=2), later)
    assert set(names(before).items()) < set(names(after).items())


def test_a_course_under_way_stays_as_it_is_if_its_sessions_alone_would_move():
    before = planned(OPEN)
    at = before.visits[0].start
    moved = tuple(
        replace(one, start=one.start + timedelta(hours=1)) if one.after == 3 else one
        for one in before.companions
    )
    with pytest.raises(BadRequest, match="under way"):
        again(before, replace(before, companions=moved), at)
    assert again(before, before, at).companions == before.companions
