"""The results of the history lead from the planning to the course, and back, without planning."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import get_args

import pytest

from ketasched.events.sequence import EventRevisions
from ketasched.files.codec import json_line
from ketasched.files.load import parse_course
from ketasched.model import (
    Authorisation,
    Change,
    Clock,
    Course,
    DateRange,
    Driver,
    NewStart,
    Record,
    RequestChange,
    Verb,
    Wishes,
)
from ketasched.model.busy_time import BusyTime
from ketasched.model.replay import course_at, last_revision_without_result, replay_problems
from ketasched.planning.record import record_findings
from ketasched.revising.history import with_result
from ketasched.revising.revise import rename, revise
from tests.revising.changes import moment, six
from tests.support.nouns import MONDAY
from tests.support.random_life import changes_of, items

TODAY = "2026-12-09T12:00"
"""Wednesday, after the second visit, in winter time as the whole course."""

LIFE = (
    Change("complete", 1),
    Change("miss", 2, make_up=True),
    Change("driver", 3, driver=Driver("Ann")),
    Change("defer", 3, days=3, overrides=("gap", "span")),
    Change("omit", 5),
    Change("hold"),
    Change("resume", on=date(2026, 12, 16), overrides=("gap", "span")),
    Change("confirm", 8),
    Change("undo"),
    Change("booster", days=28, overrides=("gap",)),
    Change("cease"),
    Change("undo"),
    Change("clear", record=Record("clearance", date(2026, 12, 1), "Dr. Lee")),
    Change("authorise", authorised=(Authorisation(3, MONDAY, date(2027, 1, 4)),)),
    Change("wishes", wishes=Wishes(time=Clock(600))),
    Change("reschedule", starts=(NewStart(7, moment("2026-12-23T11:00")),)),
    Change("rename"),
    Change("undo"),
    Change("rename"),
    Change("review", 3, outcome="go-on"),
    Change("switch", on=date(2026, 12, 21), protocol="iv-ptsd"),
)
"""Changes of a course, with every verb that plans, or takes back."""


@cache
def lived() -> Sequence[Course]:
    """The course after each of the changes, the planned one first."""
    found = [six(driver_name="Sam")]
    for change in LIFE:
        now = moment("2026-12-18T12:00" if change.verb in ("review", "switch") else TODAY)
        if change.verb == "review":
            change = replace(change, visit=found[-1].companions[0].after)
        if change.verb == "rename":
            found += rename(found[-1:], "P-114", at=now, why="because")
        else:
            found.append(revise(found[-1], change, at=now, why="because"))
    return found


def test_every_revision_is_found_again_from_the_last_one():
    courses = lived()
    for course in courses:
        found = course_at(courses[-1], course.revision)
        assert replace(found, findings=course.findings) == course


def test_a_result_has_what_differs_and_nothing_else():
    for before, after in pairwise(lived()):
        was, now = items(before), items(after)
        changes = [(one.was, one.now) for one in changes_of(after.history[-1])]
        differing = [uid for uid in {**was, **now} if was.get(uid) != now.get(uid)]
        assert len(changes) == len(differing)
        for uid in differing:
            assert (was.get(uid), now.get(uid)) in changes


def test_a_result_has_the_sequence_that_calendars_get():
    for course in lived()[1:]:
        revisions = EventRevisions(course)
        for change in changes_of(course.history[-1]):
            if change.now:
                assert change.now.sequence == revisions.of(change.now.uid).sequence


def test_the_request_of_then_comes_back_with_the_busy_times_of_today():
    start = moment("2026-12-25T09:00")
    busy = (BusyTime(start, start + timedelta(hours=1), "work"),)
    before, changed = lived()[0], lived()[1]
    request = replace(before.request, cleared_by="Dr. Okafor", busy=busy)
    after = with_result(before, replace(changed, request=request))
    result = after.history[-1].result
    assert result
    assert result.request == RequestChange(before.request, replace(request, busy=()))
    assert replay_problems(after, 1) == []
    assert course_at(after, 1).request == replace(before.request, busy=busy)


def test_results_are_written_and_read_back():
    course = lived()[-1]
    assert parse_course(json_line(course), "it") == course


def test_the_clinic_of_then_comes_back():
    before = six()
    closures = replace(before.clinic.closures, dates=(DateRange.read("2026-12-24"),))
    newer = replace(before.clinic, closures=closures)
    change = Change("driver", 3, driver=Driver("Ann"))
    after = revise(before, change, at=moment(TODAY), clinic=newer)
    assert after.clinic == newer
    assert course_at(after, 1).clinic == before.clinic


def test_busy_times_are_in_no_result():
    before = six()
    start = moment("2026-12-25T09:00")
    busy = (BusyTime(start, start + timedelta(hours=1), "work"),)
    change = Change("driver", 3, driver=Driver("Ann"))
    after = revise(before, change, at=moment(TODAY), busy=busy)
    without = revise(before, change, at=moment(TODAY))
    assert after.history[-1].result == without.history[-1].result
    assert replay_problems(after, 1) == []


def without_results(course, until):
    """The course whose first entries are those of ketasched 1.0, up to a revision."""
    old = (replace(entry, result=None) for entry in course.history[:until])
    return replace(course, history=(*old, *course.history[until:]))


@pytest.mark.parametrize("until", [1, 4, 9])
def test_after_changes_of_1_0_replay_begins_with_the_next_one(until):
    course = without_results(lived()[8], until)
    assert last_revision_without_result(course) == until
    assert replay_problems(course, until) == []
    assert [*record_findings(course)] == []


def edited(course, revision, **fields):
    """The course with other fields in the first visit of a result of its history."""
    entry = course.history[revision - 1]
    change, *others = entry.result.visits
    mine = replace(change, now=replace(change.now, **fields))
    result = replace(entry.result, visits=(mine, *others))
    history = list(course.history)
    history[revision - 1] = replace(entry, result=result)
    return replace(course, history=tuple(history))


def test_a_result_that_was_edited_by_hand_is_found():
    course = edited(lived()[5], 2, status="missed")
    assert [one.message for one in record_findings(course)] == [
        "Visit 1 is completed; by the history it is missed."
    ]


def test_a_result_between_others_that_was_edited_by_hand_is_found():
    course = edited(lived()[6], 4, note="mine")
    assert "Revision 5 has changed visit 3, which was another one." in [
        one.message for one in record_findings(course)
    ]


def test_every_verb_is_replayed():
    tried = {change.verb for change in LIFE}
    assert tried == set(get_args(Verb))
