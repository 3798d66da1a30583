"""Holds that come and go, counted at every instant by hand, too."""

from hypothesis import given
from hypothesis import strategies as st

from ketasched.model.holds import Hold
from ketasched.model.occupancy import Occupancy

UNITS = ("chair", "monitor")
HOLDS = st.tuples(st.sampled_from(UNITS), st.integers(0, 20), st.integers(1, 8)).map(
    lambda drawn: Hold(drawn[0], 900 * drawn[1], 900 * sum(drawn[1:]))
)
QUARTERS = [900 * number for number in range(30)]


def by_hand(holds, unit, instant):
    return sum(one.unit == unit and one.begin <= instant < one.end for one in holds)


@given(st.lists(HOLDS, max_size=12), st.randoms(use_true_random=False))
def test_the_counts_are_those_of_counting_each_hold_by_hand(holds, random):
    occupancy, there = Occupancy(), []
    for hold in holds:
        occupancy.add([hold])
        there.append(hold)
        if random.random() < 0.3:
            leaving = random.choice(there)
            occupancy.remove([leaving])
            there.remove(leaving)
        for start in QUARTERS:
            unit = random.choice(UNITS)
            asked = Hold(unit, start, start + 900 * random.randint(1, 6))
            assert occupancy.at(unit, start) == by_hand(there, unit, start)
            instants = range(int(asked.begin), int(asked.end), 450)
            peak = max(by_hand(there, unit, instant) for instant in instants)
            assert occupancy.peak(asked) == peak
            ends = {one.end for one in there if one.unit == unit and one.end > start}
            assert occupancy.ends_after(asked, QUARTERS[-1]) == sorted(
                end for end in ends if end <= QUARTERS[-1]
            )
    assert list(occupancy) == sorted(there)
    assert bool(occupancy) == bool(there)


def test_to_remove_a_hold_that_is_not_there_changes_nothing():
    occupancy = Occupancy([Hold("chair", 0, 900), Hold("chair", 0, 1800)])
    strangers = [Hold("chair", 0, 2700), Hold("chair", 900, 1800), Hold("monitor", 0, 1800)]
    occupancy.remove([*strangers, Hold("chair", 0, 900), Hold("chair", 0, 900)])
    assert list(occupancy) == [Hold("chair", 0, 1800)]


def test_a_copy_is_independent():
    occupancy = Occupancy([Hold("chair", 0, 900)])
    copy = Occupancy(occupancy)
    copy.add([Hold("chair", 0, 900)])
    assert (occupancy.at("chair", 0), copy.at("chair", 0)) == (1, 2)
