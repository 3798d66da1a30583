"""Who sits when: the same, whether a day is looked at after each visit or only once."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from ketasched.model.occupancy import Taken, seats_of
from ketasched.model.wall_clock import minute_of, slot_at
from ketasched.rules import Capacity
from ketasched.rules.base import PlanningContext
from tests.support.nouns import INFUSION, MONDAY, clinic, protocol, request

MORNING = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)
VISITS = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(
    lambda quarters: (
        MORNING + timedelta(minutes=15 * quarters[0]),
        MORNING + timedelta(minutes=15 * sum(quarters)),
    )
)


TIMES = [MORNING + timedelta(minutes=15 * quarter) for quarter in range(28)]


@given(st.lists(VISITS, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_visits_that_come_and_go_leave_the_seats_of_those_that_are_there(visits, random):
    """Visits are added at the end, one by one or several, and now and then one is taken out."""
    taken: Taken = ()
    while visits:
        if len(taken) > 1 and random.random() < 0.2:
            leaving = random.randrange(1, len(taken))
            taken = taken[:leaving] + taken[leaving + 1 :]
        else:
            number = random.randint(1, 2)
            taken, visits = (*taken, *visits[:number]), visits[number:]
        copied = tuple((begin + timedelta(0), end + timedelta(0)) for begin, end in taken)
        assert seats_of(taken) == seats_of(copied)


@given(st.lists(VISITS, min_size=1, max_size=8), st.integers(1, 2), st.sampled_from([None, 1]))
def test_a_time_that_is_known_to_be_full_is_refused_to_who_asks_anew(visits, chairs, starts):
    """Visits come one by one, and each time all times of the day are asked for."""
    rule, place = Capacity(), clinic(timezone="UTC", chairs=chairs, starts_per_slot=starts)
    for taken in accumulate((visit,) for visit in visits):
        who_comes = PlanningContext(protocol(), place, request(), MORNING, {MONDAY: taken})
        known = set(rule.refused(MONDAY, INFUSION, who_comes))
        full = {minute_of(one) for one in TIMES if rule.slot(slot_at(INFUSION, one), who_comes)}
        assert known <= full
        assert set(rule.refused(MONDAY, INFUSION, who_comes)) == full
    left = PlanningContext(protocol(), place, request(), MORNING, {MONDAY: visits[:1]})
    assert not rule.refused(MONDAY, INFUSION, left)
