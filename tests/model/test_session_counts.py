"""How many sessions are left, until when, and on which day they run out."""

from datetime import date, timedelta

import pytest

from ketasched.model import Authorisation
from ketasched.model.session_counts import count_sessions, sessions_left
from tests.revising.changes import apply, six
from tests.support.nouns import MONDAY

LAST = date(2026, 12, 31)
DAYS = [7, 9, 11, 14, 16, 18]
"""The days in December of the six visits."""


def sessions(count: int, first: date = MONDAY, last: date = LAST) -> Authorisation:
    return Authorisation(count, first, last)


def course(*authorised: Authorisation, **more: int):
    return six(**{"authorised": authorised, "boosters": 0} | more)


def on(day: int) -> date:
    return date(2026, 12, day)


@pytest.mark.parametrize(
    ("known", "day", "left"),
    [
        ((sessions(8),), 6, (8, LAST)),
        ((sessions(8),), 7, (7, LAST)),
        ((sessions(8),), 18, (2, LAST)),
        ((sessions(4),), 14, (0, LAST)),
        ((sessions(4),), 16, (0, LAST)),
        ((sessions(4, MONDAY, on(9)),), 9, (2, on(9))),
        ((sessions(4, MONDAY, on(9)),), 10, None),
        ((sessions(2, MONDAY, on(9)), sessions(3, on(10))), 9, (3, LAST)),
        ((sessions(9, MONDAY, on(12)), sessions(1, on(13))), 14, (0, LAST)),
        ((), 7, None),
    ],
    ids=[
        "before the first visit",
        "after the first",
        "after the last",
        "after the last session",
        "after a visit without one",
        "on its last day",
        "the day after",
        "one of which none is left, and a later one",
        "one that is over, and another one that is used up",
        "nothing authorised",
    ],
)
def test_what_is_left_after_the_visits_up_to_a_day(known, day, left):
    assert sessions_left(known, course(*known).visits, on(day)) == left


@pytest.mark.parametrize(
    ("known", "runs_out", "left", "beyond"),
    [
        ((sessions(8),), LAST, 2, ()),
        ((sessions(6),), on(18), 0, ()),
        ((sessions(4),), on(14), 0, (5, 6)),
        ((sessions(9, MONDAY, on(12)),), on(12), 6, (4, 5, 6)),
        ((sessions(9, on(8)),), on(7), 4, (1,)),
        ((sessions(3, MONDAY, on(12)), sessions(9, on(12))), LAST, 6, ()),
    ],
    ids=[
        "with its last day",
        "with its last session",
        "with its last session, before visits without one",
        "with its last day, before visits without a session",
        "at a first visit before it",
        "with the last day of two",
    ],
)
def test_it_runs_out(known, runs_out, left, beyond):
    found = count_sessions(course(*known), date(2026, 12, 1))
    assert found
    assert (found.runs_out, found.left, found.beyond) == (runs_out, left, beyond)
    assert (found.used, found.booked) == (0, 6 - len(beyond))
    assert found.days_left == (found.until - date(2026, 12, 1)).days


def test_a_completed_visit_is_used_and_a_missed_one_is_not():
    changed = apply(course(sessions(8)), "complete", "2026-12-09T12:00", visit=1)
    changed = apply(changed, "miss", "2026-12-09T12:00", visit=2)
    found = count_sessions(changed, on(9))
    assert found
    assert (found.used, found.booked, found.left) == (1, 4, 3)


def test_sessions_of_what_is_over_are_not_left():
    known = sessions(9, MONDAY, on(9)), sessions(9, on(10), on(20))
    found = count_sessions(course(*known), on(10))
    assert found
    assert (found.used, found.booked, found.left, found.until) == (0, 6, 5, on(20))


def test_of_visits_on_hold_nothing_is_booked():
    found = count_sessions(apply(course(sessions(4)), "hold"), on(1))
    assert found
    assert (found.booked, found.left, found.beyond, found.runs_out) == (0, 4, (), LAST)


def test_it_may_be_over_while_visits_are_to_come():
    found = count_sessions(course(sessions(3, MONDAY, on(12))), on(13))
    assert found
    assert (found.days_left, found.left, found.beyond) == (-1, 0, (4, 5, 6))


def test_without_visits_to_come_or_anything_authorised_there_is_nothing_to_say():
    assert count_sessions(course(), on(1)) is None
    assert count_sessions(apply(course(sessions(4)), "cease"), on(1)) is None
    assert count_sessions(course(sessions(9)), on(18))
    assert count_sessions(course(sessions(9)), on(19)) is None


def test_no_session_is_counted_twice_or_forgotten():
    for count in range(1, 9):
        for days in range(12):
            made = course(sessions(count, MONDAY, on(7) + timedelta(days)))
            found = count_sessions(made, on(7))
            assert found
            assert found.used + found.booked + found.left == count
            assert found.booked + len(found.beyond) == len(DAYS)
