"""One review after a visit, where visits fall away between two."""

from dataclasses import replace

import pytest

from ketasched.events.diff import changed_events
from ketasched.events.view import View
from ketasched.model.protocol import PhaseReview
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.revising.changes import apply
from tests.support.nouns import clinic, phase, protocol, request

EARLIER, LATER = PhaseReview(3, "How is it going?"), PhaseReview(5, "What next?")


def course(*reviews):
    asked = protocol(phase(8, reviews=reviews, gap_days=phase().gap_days))
    return plan(asked, clinic(), request(), made_at=MADE_AT)


def without_visits(found, *numbers):
    """The course without these visits; the gaps that this leaves are allowed."""
    for number in numbers:
        found = apply(found, "omit", visit=number)
    return found


def left(found):
    """The reviews that take place: their titles, and the visits that they follow."""
    return [(one.title, one.after) for one in found.companions if one.status != "omitted"]


def gate(review):
    return replace(review, gate=True)


@pytest.mark.parametrize(
    ("reviews", "expected"),
    [
        pytest.param((EARLIER, LATER), LATER, id="the later one"),
        pytest.param((gate(EARLIER), LATER), EARLIER, id="the gate"),
        pytest.param((gate(EARLIER), gate(LATER)), LATER, id="the later gate"),
    ],
)
def test_one_review_is_left_after_a_visit(reviews, expected):
    before = course(*reviews)
    after = without_visits(before, 4, 5)
    assert left(after) == [(expected.title, 3)]
    assert [one.uid for one in after.companions] == [one.uid for one in before.companions]


def test_a_review_that_is_left_out_is_cancelled_in_calendars():
    before = without_visits(course(EARLIER, LATER), 4)
    after = without_visits(before, 5)
    omitted = after.companions[0]
    (event,) = (
        one for one in changed_events(before, after, View("patient")) if one.uid == omitted.uid
    )
    assert (event.status, event.sequence) == ("CANCELLED", before.companions[0].sequence + 1)
    assert omitted == replace(before.companions[0], status="omitted", sequence=event.sequence)


def test_a_review_that_was_recorded_is_no_rival():
    before = without_visits(course(EARLIER, LATER), 4)
    recorded = apply(before, "review", "2026-12-11T15:00", visit=3, outcome="go-on")
    after = apply(recorded, "omit", "2026-12-11T16:00", visit=5)
    assert [(one.status, one.after) for one in after.companions] == [
        ("completed", 3),
        ("planned", 3),
    ]


def test_two_reviews_of_the_protocol_after_one_visit_are_both_left():
    other = PhaseReview(5, "By telephone", place="phone")
    after = without_visits(course(LATER, other), 4, 5)
    assert left(after) == [("What next?", 3), ("By telephone", 3)]


def test_of_two_that_are_alike_one_is_left():
    after = without_visits(course(LATER, LATER), 5)
    assert left(after) == [("What next?", 4)]
