"""Changes of a course whose first visits took place elsewhere."""

from datetime import date, timedelta

import pytest

from ketasched.errors import BadRequest, NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import Wishes
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.planning.record import record_findings
from tests.conftest import MADE_AT
from tests.revising.changes import apply, days, six
from tests.support.nouns import MONDAY, clinic, request

PRIOR = MONDAY - timedelta(19), MONDAY - timedelta(17)
"""Two visits in November: the gap to the first one here is too long."""


def transferred(**more):
    """Visits 1 and 2 elsewhere, then Mon 7, Wed 9, Fri 11 and Mon 14 December."""
    return six(prior=PRIOR, boosters=0, **more)


@pytest.mark.parametrize("verb", ["complete", "miss", "omit", "defer", "confirm", "driver"])
def test_no_verb_changes_a_visit_elsewhere(verb):
    more = {"on": date(2026, 12, 8)} if verb == "defer" else {}
    with pytest.raises(BadRequest, match="visit 2 took place elsewhere on Fri 20 Nov 2026"):
        apply(transferred(), verb, visit=2, **more)


def test_the_first_visit_here_moves_to_any_later_day_but_not_nearer_than_the_smallest_gap():
    far = apply(transferred(), "defer", visit=3, on=date(2026, 12, 21))
    assert days(far)[2:] == ["21 Dec", "23 Dec", "25 Dec", "28 Dec"]
    close = six(prior=(date(2026, 11, 23),), boosters=0, start=date(2026, 11, 24))
    assert days(close)[1] == "25 Nov"
    with pytest.raises(NoPlan) as error:
        apply(close, "defer", today="2026-11-23T12:00", visit=2, on=date(2026, 11, 24))
    assert {finding.rule for finding in error.value.findings} == {"gap"}


def test_a_first_visit_that_has_to_move_moves_no_further_than_it_has_to():
    course = apply(transferred(), "wishes", wishes=Wishes(days=("tue", "wed", "thu", "fri")))
    assert days(course)[2] == "08 Dec"
    assert not any(one.level == "broken" for one in check(course))


def test_a_phase_that_began_elsewhere_may_last_longer_than_its_span():
    # 19 days before Monday the phase began: its 21 days are over on Tuesday.
    course = apply(transferred(), "defer", visit=6, on=date(2026, 12, 16))
    assert [one.level for one in course.findings if one.rule == "span"] == ["given-up"]
    assert not [*record_findings(course)]


def test_visits_go_on_being_numbered_after_a_make_up_visit_and_back():
    course = apply(transferred(), "miss", "2026-12-07T18:00", visit=3, make_up=True)
    assert [visit.number for visit in course.visits] == [*range(1, 8)]
    assert [visit.elsewhere for visit in course.visits] == [True, True, *[False] * 5]
    undone = apply(course, "undo", "2026-12-07T19:00")
    assert [(one.of, one.start) for one in undone.visits] == [
        (one.of, one.start) for one in transferred().visits
    ]


def test_a_hold_and_a_resume_leave_them_completed():
    course = apply(transferred(), "hold")
    assert [visit.status for visit in course.visits] == ["completed"] * 2 + ["held"] * 4
    course = apply(course, "resume", on=date(2027, 1, 4))
    assert days(course)[:3] == ["18 Nov", "20 Nov", "04 Jan"]
    assert not [*record_findings(course)]


def test_a_gate_after_them_opens_once_it_is_recorded():
    asked = request(prior=PRIOR)
    course = plan(load_protocol("iv-depression-gated"), clinic(), asked, made_at=MADE_AT)
    assert {visit.status for visit in course.visits[2:]} == {"tentative"}
    opened = apply(course, "review", "2026-12-01T12:00", visit=2, outcome="go-on")
    assert [visit.status for visit in opened.visits[2:4]] == ["planned", "tentative"]
