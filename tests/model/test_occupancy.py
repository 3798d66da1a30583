"""Visits that come and go, counted at every instant: the same as counting each by hand."""

from hypothesis import given
from hypothesis import strategies as st

from ketasched.model.occupancy import Occupancy

VISITS = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(
    lambda quarters: (900 * quarters[0], 900 * sum(quarters))
)
QUARTERS = [900 * number for number in range(30)]


def by_hand(visits, instant):
    return sum(begin <= instant < end for begin, end in visits)


@given(st.lists(VISITS, max_size=12), st.randoms(use_true_random=False))
def test_the_counts_are_those_of_counting_each_visit_by_hand(visits, random):
    occupancy, there = Occupancy(), []
    for visit in visits:
        occupancy.add([visit])
        there.append(visit)
        if random.random() < 0.3:
            leaving = random.choice(there)
            occupancy.remove([leaving])
            there.remove(leaving)
        for start in QUARTERS:
            assert occupancy.at(start) == by_hand(there, start)
            assert occupancy.beginning(start) == [begin for begin, _ in there].count(start)
            end = start + 900 * random.randint(1, 6)
            peak = max(by_hand(there, instant) for instant in range(start, end, 450))
            assert occupancy.peak(start, end) == peak
            assert occupancy.reaches(peak, start, end)
            assert not occupancy.reaches(peak + 1, start, end)
    assert list(occupancy) == sorted(there)
    assert bool(occupancy) == bool(there)


def test_to_remove_a_visit_that_is_not_there_changes_nothing():
    occupancy = Occupancy([(0, 900), (0, 1800)])
    occupancy.remove([(0, 2700), (900, 1800), (0, 900), (0, 900)])
    assert list(occupancy) == [(0, 1800)]


def test_a_copy_is_independent():
    occupancy = Occupancy([(0, 900)])
    copy = Occupancy(occupancy)
    copy.add([(0, 900)])
    assert (occupancy.at(0), copy.at(0)) == (1, 2)
