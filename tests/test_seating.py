"""Who sits when: the same, whether a day is looked at after each visit or only once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ketasched.seating import Taken, seats_of

MORNING = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)
VISITS = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(
    lambda quarters: (
        MORNING + timedelta(minutes=15 * quarters[0]),
        MORNING + timedelta(minutes=15 * sum(quarters)),
    )
)


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
