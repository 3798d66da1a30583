"""The suggestions of other times for a visit."""

from datetime import date

import pytest

from ketasched.errors import BadRequest
from ketasched.model import Change, Clock
from ketasched.revising.revise import revise
from ketasched.revising.suggest import suggest
from tests.revising.changes import moment, six

NOW = moment("2026-12-01T12:00")
PACE = "visit 4 comes 4 days after the one before, not 2 or 3"


def test_other_times_of_the_day_and_other_days_are_suggested():
    found = suggest(six(boosters=0), 6, at=NOW)
    times = [f"{one.start:%H:%M}" for one in found if one.start.date() == date(2026, 12, 18)]
    assert times == ["09:15", "15:00"]
    assert {f"{one.start:%a %d}" for one in found} == {"Fri 18", "Mon 21"}


def test_suggestions_that_move_no_other_visit_come_first():
    moves = [len(one.moves) for one in suggest(six(boosters=0), 4, at=NOW)]
    assert moves == sorted(moves)
    assert (moves[0], moves[-1]) == (0, 2)


def test_a_suggestion_has_the_moves_that_the_change_makes():
    course = six(boosters=0)
    for one in suggest(course, 4, at=NOW):
        time = Clock(one.start.hour * 60 + one.start.minute)
        change = Change("defer", visit=4, on=one.start.date(), time=time)
        new = {visit.uid: visit.start for visit in revise(course, change, at=NOW).visits}
        moved = {v.number: new[v.uid] for v in course.visits if new[v.uid] != v.start}
        assert moved == {4: one.start, **dict(one.moves)}


@pytest.mark.parametrize(
    ("on", "given_up"),
    [
        pytest.param("2026-12-15", (PACE, "another weekday, Tue"), id="the pace and a weekday"),
        pytest.param("2026-12-14", ("visit 4 is not at 09:00",), id="the time, on the same day"),
        pytest.param("2026-12-19", None, id="no suggestion on a day that is closed"),
    ],
)
def test_a_suggestion_has_the_preferences_that_it_gives_up(on, given_up):
    found = [
        one
        for one in suggest(six(boosters=0), 4, at=NOW)
        if one.start.date() == date.fromisoformat(on)
    ]
    assert [one.gives_up for one in found][:1] == ([given_up] if given_up else [])


@pytest.mark.parametrize("number", [0, 7, 99])
def test_an_unknown_visit_has_no_suggestions(number):
    with pytest.raises(BadRequest, match="there is no visit"):
        suggest(six(boosters=0), number, at=NOW)


def test_a_visit_that_is_over_has_no_suggestions():
    with pytest.raises(BadRequest, match="which is over"):
        suggest(six(boosters=0), 1, at=NOW.replace(day=9))
