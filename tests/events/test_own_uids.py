"""The UIDs of a course's own entries: all of them, whatever was changed, and nobody else's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from ketasched.events.events import events
from ketasched.events.own_uids import course_uids, own_uids
from ketasched.events.view import View
from ketasched.files.load import load_protocol
from ketasched.model import Audience, Change, Course, Driver
from ketasched.model.identifiers import make_uid_key
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request

CHANGES = (
    Change("driver", 2, driver=Driver("Kim", "1")),
    Change("defer", 5, days=1),
    Change("driver", 5, driver=Driver("Ann", "2")),
    Change("undo"),
    Change("hold", 6),
)


def planned(**more: Any) -> Course:
    """Six infusions, to which Sam drives."""
    whose = request(patient="P-1", driver_name="Sam")
    protocol, made_at = load_protocol("iv-depression"), {"made_at": MADE_AT}
    return plan(protocol, clinic(id_salt="s"), whose, **made_at | more)


def revisions(course: Course) -> Iterator[Course]:
    yield course
    for number, change in enumerate(CHANGES, start=1):
        course = revise(course, change, at=MADE_AT + timedelta(minutes=number))
        yield course


def entries(course: Course) -> set[str]:
    """The UIDs of the entries in the calendars of all audiences."""
    return {one.uid for who in get_args(Audience) for one in events(course, View(who))}


@pytest.mark.parametrize("has_key", [True, False], ids=["of today", "of 1.0, without a uid key"])
def test_every_entry_of_every_revision_is_a_courses_own(has_key):
    first = planned()
    made = [*revisions(first if has_key else replace(first, uid_key=""))]
    assert len({frozenset(entries(one)) for one in made}) > len(CHANGES) // 2
    assert set[str]().union(*map(entries, made)) <= course_uids(made[-1])
    assert {uid for entry in made[-1].history for uid in entry.changed} <= course_uids(made[-1])


def test_the_entries_of_a_course_are_known_before_it_is_planned():
    course = planned(course_id="7")
    uid_key = make_uid_key(course.clinic, "7")
    assert entries(course) <= own_uids("7", uid_key, ["Sam"], items=(6, 2, 0), reminders=2)


def test_the_entries_of_another_course_are_not_a_courses_own():
    other = planned(made_at=MADE_AT + timedelta(minutes=1))
    assert not course_uids(planned()) & course_uids(other)
