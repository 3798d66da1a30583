"""The dates of a page in one list: which row looks like what, and where a talk is said."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ketasched.model import Course
from ketasched.planning.planner import plan
from ketasched.render.date_rows import date_rows
from tests.conftest import MADE_AT
from tests.render.test_ics import MIXED
from tests.support.nouns import clinic, phase, protocol, request

TWO_VISITS = plan(protocol(phase(2)), clinic(), request(), made_at=MADE_AT)
MIXED_COURSE = plan(MIXED, clinic("mon tue wed thu fri sat sun"), request(), made_at=MADE_AT)


def kinds(course: Course) -> list[str]:
    return [row.kind for row in date_rows(course)]


def with_first(course: Course, **more) -> Course:
    first, *others = course.visits
    return replace(course, visits=(replace(first, **more), *others))


def test_the_place_of_a_visit_or_talk_tells_its_row():
    found = {(type(row.item).__name__, row.kind) for row in date_rows(MIXED_COURSE)}
    assert found == {
        ("Visit", "visit"),
        ("Visit", "call"),
        ("Visit", "maybe"),
        ("Companion", "call"),
        ("Companion", "talk"),
    }


def test_a_visit_at_home_has_a_row_of_its_kind():
    decided = [
        replace(visit, status="planned") if visit.kind == "home" else visit
        for visit in MIXED_COURSE.visits
    ]
    assert kinds(replace(MIXED_COURSE, visits=tuple(decided)))[-1] == "home"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("planned", "visit"),
        ("completed", "done"),
        ("tentative", "maybe"),
        ("missed", "ended"),
        ("omitted", "ended"),
        ("ceased", "ended"),
        ("held", "ended"),
    ],
)
def test_the_status_of_a_visit_tells_its_row(status, kind):
    assert kinds(with_first(TWO_VISITS, status=status)) == [kind, "visit"]


def test_a_visit_elsewhere_is_none_of_the_clinics():
    assert kinds(with_first(TWO_VISITS, elsewhere=True, status="completed"))[0] == "elsewhere"


@pytest.mark.parametrize(("status", "kind"), [("completed", "done"), ("omitted", "ended")])
def test_the_status_of_a_talk_tells_its_row(status, kind):
    reviews = (replace(MIXED_COURSE.companions[0], status=status), *MIXED_COURSE.companions[1:])
    (row,) = [
        row
        for row in date_rows(replace(MIXED_COURSE, companions=reviews))
        if row.item is reviews[0]
    ]
    assert row.kind == kind


def test_the_rows_are_by_time():
    starts = [row.item.start for row in date_rows(MIXED_COURSE)]
    assert starts == sorted(starts)


def test_a_talk_at_check_in_is_said_with_the_visit_and_one_that_is_left_out_by_itself():
    talk = replace(MIXED_COURSE.companions[0], start=TWO_VISITS.visits[1].start)
    first, second = date_rows(replace(TWO_VISITS, companions=(talk,)))
    assert (first.talk, second.talk) == (None, talk)
    left_out = replace(talk, status="omitted")
    rows = date_rows(replace(TWO_VISITS, companions=(left_out,)))
    assert [(row.kind, row.talk) for row in rows[1:]] == [("visit", None), ("ended", None)]
    later = replace(talk, start=talk.start + timedelta(hours=1))
    assert [row.item for row in date_rows(replace(TWO_VISITS, companions=(later,)))][2] is later
