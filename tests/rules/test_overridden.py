"""Where a rule was overridden, and where it only came so."""

from dataclasses import replace
from datetime import date

import pytest

from ketasched.model import Course, Finding
from ketasched.model.history import Result, VisitChange
from ketasched.rules.overridden import is_overridden
from tests.revising.changes import apply, six

GAP_AND_SPAN = ("gap", "span")


def as_stored(course: Course) -> Course:
    """The course, its last entry as version 1.0 wrote it."""
    *earlier, last = course.history
    return replace(course, history=(*earlier, replace(last, result=None)))


def with_result(course: Course) -> Course:
    """The course, the result of its last entry with nothing but visit 6."""
    *earlier, last = course.history
    result = Result(visits=(VisitChange(None, course.visits[5]),))
    return replace(course, history=(*earlier, replace(last, result=result)))


@pytest.fixture(params=[as_stored, with_result], ids=["an entry of 1.0", "an entry with a result"])
def late(request) -> Course:
    """A course whose visit 6 was deferred although that is too long after visit 5."""
    to = date(2026, 12, 23)
    course = apply(six(boosters=0), "defer", visit=6, on=to, overrides=("gap",))
    stored: Course = request.param(course)
    return stored


def test_a_rule_is_overridden_where_a_change_says_so(late):
    (finding,) = (one for one in late.findings if one.level == "broken")
    assert is_overridden(late, finding)


@pytest.mark.parametrize(
    ("rule", "visit"),
    [
        pytest.param("gap", 5, id="two visits that the change left alone"),
        pytest.param("closure", 6, id="another rule"),
        pytest.param("clearance", None, id="a finding about no visit"),
    ],
)
def test_a_rule_that_nobody_overrode_there_only_came_so(late, rule, visit):
    assert not is_overridden(late, Finding(rule, "broken", "", visit))


def test_a_gap_is_overridden_for_both_of_its_visits_and_a_span_for_its_phase():
    to = date(2026, 12, 29)
    course = with_result(apply(six(), "defer", visit=6, on=to, overrides=("gap", "span")))
    later = next(one.number for one in course.visits if one.phase != course.visits[0].phase)
    assert is_overridden(course, Finding("gap", "broken", "", later))
    last = next(one.number for one in course.visits if one.phase != course.visits[0].phase) - 1
    assert is_overridden(course, Finding("span", "broken", "", last))
    assert not is_overridden(course, Finding("span", "broken", "", later))


def test_a_change_that_was_undone_overrides_nothing():
    late = apply(six(), "defer", visit=3, on=date(2026, 12, 15), overrides=("gap",))
    assert is_overridden(late, Finding("gap", "broken", "", 3))
    undone = apply(late, "undo")
    broken = apply(undone, "omit", visit=2)
    missed = apply(broken, "omit", visit=3)
    (finding,) = (one for one in missed.findings if one.rule == "gap")
    assert not is_overridden(missed, finding)


def test_a_visit_that_moved_since_is_not_overridden_any_more():
    late = apply(six(), "defer", visit=6, on=date(2026, 12, 23), overrides=("gap",))
    back = apply(late, "defer", visit=6, on=date(2026, 12, 18))
    assert not is_overridden(back, Finding("gap", "broken", "", 6))


def test_what_was_overridden_is_not_so_for_a_visit_that_was_added_later():
    early = apply(six(boosters=0), "defer", visit=6, on=date(2026, 12, 28), overrides=GAP_AND_SPAN)
    course = apply(early, "booster", on=date(2027, 1, 18))
    too_far = [Finding("gap", "broken", "a gap", number) for number in (5, 6, 7)]
    assert [is_overridden(course, one) for one in too_far] == [False, True, False]
