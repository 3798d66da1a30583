"""Visits that come and go, counted at every instant by hand, too; and how many there may be."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model import Closures, DateRange
from ketasched.model.occupancy import Limits, Occupancy, limits, widest
from tests.support.nouns import clinic

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


# --- how many there may be


def test_on_each_date_the_chairs_out_of_order_are_taken_off():
    out = {"2027-01-11": 1, "2027-01-13..2027-01-15": 3}
    chairs = {DateRange.read(days): number for days, number in out.items()}
    own = clinic(chairs=3, starts_per_slot=2, closures=Closures(chairs=chairs))
    found = [limits(own, date(2027, 1, day)) for day in range(10, 17)]
    assert found == [Limits(number, 2) for number in (3, 2, 3, 0, 0, 0, 3)]


def test_a_clinic_that_counts_nothing_has_no_limit():
    assert limits(clinic(), date(2027, 1, 11)) == Limits(None, None)


@pytest.mark.parametrize(
    ("found", "largest"),
    [
        ([Limits(3, 1)], Limits(3, 1)),
        ([Limits(3, 1), Limits(4, None), Limits(0, 2)], Limits(4, None)),
        ([Limits(None, 2), Limits(9, 1)], Limits(None, 2)),
        ([Limits(0, 1), Limits(0, 1)], Limits(0, 1)),
    ],
    ids=["one", "each from another", "none is the largest", "not even a chair"],
)
def test_the_widest_of_several_limits_has_the_largest_of_each(found, largest):
    assert widest(found) == largest
