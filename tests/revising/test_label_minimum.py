"""A clinic that observes shorter than a label: facts are recorded, nothing gets a new date."""

from dataclasses import replace
from datetime import date

import pytest

from ketasched.errors import NoPlan
from ketasched.files.load import load_protocol
from ketasched.model import Change, Override
from ketasched.model.clinic import OwnMinutes
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, request

LABEL = load_protocol("esketamine-us-label")
SHORT = clinic(
    overrides={LABEL.id: {"session": Override(OwnMinutes(observation=30), because="we are quick")}}
)
COURSE = plan(LABEL, clinic(), request(), made_at=MADE_AT)


def test_nothing_is_planned_whatever_the_reason():
    with pytest.raises(NoPlan) as refused:
        plan(LABEL, SHORT, request(), made_at=MADE_AT)
    assert [finding.rule for finding in refused.value.findings] == ["observation"]


def test_a_fact_is_recorded_and_the_labels_number_stays():
    at = COURSE.visits[0].end
    after = revise(replace(COURSE, clinic=SHORT), Change("complete", visit=1), at=at)
    assert after.visits[0].status == "completed"
    assert [one.end for one in after.visits] == [one.end for one in COURSE.visits]


def test_no_visit_gets_a_new_date():
    change = Change("defer", visit=2, on=date(2026, 12, 11))
    assert revise(COURSE, change, at=MADE_AT).visits[1].start.date() == date(2026, 12, 11)
    with pytest.raises(NoPlan) as refused:
        revise(replace(COURSE, clinic=SHORT), change, at=MADE_AT)
    assert "observation" in [finding.rule for finding in refused.value.findings]
