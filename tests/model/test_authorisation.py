"""Authorisations: their written form, and which days have a session of which."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations, combinations_with_replacement, product

import pytest

from ketasched.model import Authorisation
from ketasched.model.authorisation import assign_sessions
from tests.support.nouns import MONDAY

WRITTEN = "8 from 2027-01-04 until 2027-02-28"


def day(number: int) -> date:
    return MONDAY + timedelta(number)


def authorisations(days: int, most: int) -> list[Authorisation]:
    """All of one to `most` sessions within so many days."""
    ends = combinations_with_replacement(range(days), 2)
    counted = product(ends, range(1, most + 1))
    return [Authorisation(sessions, day(first), day(last)) for (first, last), sessions in counted]


def assignments(
    known: Sequence[Authorisation], days: Sequence[date]
) -> Iterator[tuple[int | None, ...]]:
    """Every assignment, by trying all: each day takes a session that is left, or none."""
    if not days:
        yield ()
        return
    for others in assignments(known, days[1:]):
        yield (None, *others)
        for index, one in enumerate(known):
            if days[0] in one and others.count(index) < one.sessions:
                yield (index, *others)


def covered(found: Sequence[int | None]) -> tuple[int, ...]:
    return tuple(number for number, index in enumerate(found) if index is not None)


def judged(known: Sequence[Authorisation], days: Sequence[date]) -> tuple[int, ...]:
    """The days with a session in the best of all assignments: the most, then the earliest."""
    every = {covered(found) for found in assignments(known, days)}
    return min(every, key=lambda numbers: (-len(numbers), numbers))


@pytest.mark.parametrize(
    ("days", "sessions", "known"),
    [(5, 3, 1), (4, 2, 2), (4, 1, 3)],
    ids=["one of up to three sessions", "two of up to two", "three of one"],
)
def test_no_assignment_covers_more_days_or_earlier_ones(days, sessions, known):
    every = authorisations(days, sessions)
    for some in combinations_with_replacement(every, known):
        for count in range(days + 1):
            for chosen in combinations(map(day, range(days)), count):
                found = assign_sessions(some, chosen)
                assert covered(found) == judged(some, chosen)
                assert tuple(found) in set(assignments(some, chosen))


def test_a_session_is_taken_of_what_ends_first_whatever_the_order():
    long, short = (Authorisation(1, day(0), day(last)) for last in (9, 2))
    for known in ((long, short), (short, long)):
        found = assign_sessions(known, [day(1), day(5)])
        assert [known[index] for index in found if index is not None] == [short, long]


def test_the_first_and_the_last_day_count():
    known = [Authorisation(9, day(1), day(3))]
    assert assign_sessions(known, [day(n) for n in range(5)]) == [None, 0, 0, 0, None]


def test_it_is_written_as_it_is_read():
    assert Authorisation.read(WRITTEN) == Authorisation(8, date(2027, 1, 4), date(2027, 2, 28))
    assert Authorisation.read(WRITTEN).plain() == WRITTEN


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("8 from 4 Jan 2027 until 28 Feb 2027", "expected sessions and both days"),
        ("8 until 2027-02-28", "expected sessions and both days"),
        (8, "expected sessions and both days"),
        ("0 from 2027-01-04 until 2027-02-28", "expected 1 to 999 sessions, not 0"),
        ("8 from 2027-02-28 until 2027-02-27", "is backwards"),
        ("8 from 2027-02-29 until 2027-03-27", "is no date"),
    ],
)
def test_what_a_file_cannot_say(written, said):
    with pytest.raises(ValueError, match=said):
        Authorisation.read(written)
