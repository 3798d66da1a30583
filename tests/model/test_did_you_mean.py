"""Hints propose names that somebody can have meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model.did_you_mean import did_you_mean, slips

WORDS = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("typed", "meant", "number"),
    [
        ("start", "start", 0),
        ("strat", "start", 1),
        ("stat", "start", 1),
        ("sttart", "start", 1),
        ("stort", "start", 1),
        ("state", "start", 2),
        ("", "start", 5),
        ("notes", "boosters", 4),
    ],
)
def test_slips_are_letters_missing_added_wrong_or_swapped(typed, meant, number):
    assert slips(typed, meant) == slips(meant, typed) == number


@given(WORDS, WORDS)
def test_slips_are_none_for_the_same_word_only_and_never_more_than_its_letters(one, other):
    assert (slips(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= slips(one, other) <= max(len(one), len(other))


@given(st.text("abcdefgh", min_size=4, max_size=12), st.data())
def test_a_name_with_one_slip_is_known_again(name, data):
    at = data.draw(st.integers(0, len(name) - 1))
    assert did_you_mean(name[:at] + "x" + name[at:], [name]) == f"; did you mean {name}?"


@pytest.mark.parametrize("name", ["notes", "state", "timestamp", "", "x" * 5000])
def test_a_name_that_only_shares_letters_is_not_proposed(name):
    assert did_you_mean(name, ["boosters", "start", "time", "days"]) == ""
