"""Clock times and ranges: what a text can mean, and that only one meaning is ever taken."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model import Clock, TimeRange
from ketasched.model.clock_text import CLOCK_FORM, RANGE_FORM, clock_times, time_ranges

HOURS = [*range(1, 13)]


def minutes_of(hour: int) -> set[int]:
    """What a bare hour of a range can mean, by the words of the manual."""
    return {12 * 60} if hour == 12 else {hour * 60, (hour + 12) * 60}


@pytest.mark.parametrize("start", HOURS)
@pytest.mark.parametrize("end", HOURS)
def test_whole_hours_are_a_range_if_only_one_lies_within_a_day(start, end):
    choices = product(minutes_of(start), minutes_of(end))
    expected = {(one, other) for one, other in choices if one < other}
    assert set(time_ranges(str(start), str(end)) or ()) == expected
    if len(expected) == 1:
        assert TimeRange.read(f"{start}-{end}") == TimeRange(*expected.pop())
    else:
        with pytest.raises(ValueError, match=r"Write|ends before it starts"):
            TimeRange.read(f"{start}-{end}")


@given(st.integers(0, 24 * 60 - 1), st.integers(1, 24 * 60))
def test_a_range_of_the_24_hour_clock_is_itself(start, end):
    text = f"{Clock(start)}-{Clock(end)}"
    if start < end:
        assert TimeRange.read(text) == TimeRange(start, end)
        assert TimeRange.read(f" {Clock(start)}:00 – {Clock(end)}:00 ") == TimeRange(start, end)
    else:
        with pytest.raises(ValueError, match="ends before it starts"):
            TimeRange.read(text)


TYPED = st.from_regex(r"\s?\d{1,2}([:.]\d{2}){0,2} ?([ap]\.? ?(m\.?)?)?\s?", fullmatch=True)


@given(TYPED | st.sampled_from(["noon", "Midnight", "12 noon", "midday"]))
def test_the_schema_knows_every_time_that_is_read(text):
    if clock_times(text):
        assert re.fullmatch(rf"\s*{CLOCK_FORM}\s*", text)


@given(TYPED, st.sampled_from(["-", " – ", " to ", " until "]), TYPED)
def test_the_schema_knows_every_range_that_is_read(start, between, end):
    try:
        TimeRange.read(start + between + end)
    except ValueError:
        return
    assert re.fullmatch(rf"\s*{RANGE_FORM}\s*", start + between + end)


@given(st.text("0123456789:.apmnoto -–", max_size=16))
def test_any_text_is_one_range_or_refused_in_one_line(text):
    try:
        found = TimeRange.read(text)
    except ValueError as error:
        assert str(error).isprintable()  # noqa: PT017 - most texts are refused
    else:
        assert 0 <= found.start < found.end <= 24 * 60
        assert TimeRange.read(found.plain()) == found
