"""Patients whose first visits took place elsewhere, planned jointly with others."""

from datetime import date, timedelta

import pytest

from ketasched.files.load import load_protocol
from ketasched.model import Course
from ketasched.model.holds import holds_of
from ketasched.model.occupancy import Occupancy
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.together import Demand, together
from tests.conftest import MADE_AT
from tests.support.nouns import MONDAY, clinic, request

SIX = load_protocol("iv-depression")
PRIOR = date(2026, 11, 18), date(2026, 11, 20)


def demands(*starts: int) -> list[Demand]:
    """Patients who start so many days after Monday; every other one comes from elsewhere."""
    return [
        Demand(
            SIX,
            request(MONDAY + timedelta(day), patient=f"P-{number}", prior=PRIOR[: number % 2 * 2]),
        )
        for number, day in enumerate(starts)
    ]


@pytest.mark.parametrize("chairs", [1, 9])
def test_a_joint_plan_has_their_visits_and_keeps_every_rule(chairs):
    pytest.importorskip("ortools")
    at, asked = clinic(times="09:00-13:00", chairs=chairs), demands(0, 0, 1, 1)
    made = together(asked, at, made_at=MADE_AT, limit=30).outcomes
    courses = [one for one in made if isinstance(one, Course)]
    assert len(courses) == len(asked)
    for course, demand in zip(courses, asked, strict=True):
        prior = len(demand.request.prior)
        assert [visit.elsewhere for visit in course.visits] == [True] * prior + [False] * (
            6 - prior
        )
        others = Occupancy(
            one for other in courses if other is not course for one in holds_of(other)
        )
        assert not any(one.level == "broken" for one in check(course, bookings=others))
        if chairs == 9:
            alone = plan(SIX, at, demand.request, made_at=MADE_AT)
            assert course.visits == alone.visits
