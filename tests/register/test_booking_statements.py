"""A booking asks the database little, however long the course is and however many clinics are."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from ketasched.errors import NoPlan
from ketasched.register.records import LogEntry
from ketasched.register.register import Register
from tests.conftest import MADE_AT
from tests.register.databases import rows
from tests.register.orders import MONDAY, booked, small

LINE = LogEntry(MADE_AT, "withdrawn")
SEATS = "SELECT course_id, uid, begins, ends, chair, place FROM bookings ORDER BY uid"


@pytest.fixture
def book(address) -> Register:
    return Register.open(address)


@contextmanager
def statements(book: Register, beginning: str) -> Iterator[list[str]]:
    """The statements with this beginning that the register is asked meanwhile."""
    found: list[str] = []

    def note(*asked: object) -> None:
        if str(asked[2]).startswith(beginning):
            found.append(str(asked[2]))

    event.listen(book.engine, "before_cursor_execute", note)
    yield found
    event.remove(book.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("boosters", [0, 4])
def test_all_visits_of_a_course_are_booked_by_one_statement(book, boosters):
    with statements(book, "INSERT INTO bookings") as found:
        (course,) = booked(book, "P-1", boosters=boosters, at=small(2))
    assert (len(course.visits), len(found)) == (6 + boosters, 1)


def test_a_clinic_that_is_known_is_not_looked_for_among_all_others(book):
    places = [small(name=f"Clinic {number}", id_salt=f"{number}") for number in range(3)]
    for number, place in enumerate(places):
        booked(book, f"P-{number}", at=place)
    with statements(book, "SELECT clinics.") as found:
        booked(book, "P-9", at=places[1])
    assert found
    assert all("WHERE clinics.key = " in " ".join(one.replace('"', "").split()) for one in found)


@pytest.mark.parametrize(
    ("chairs", "starts"), [(1, None), (2, 1), (3, 2), (None, 2), (None, None)]
)
def test_visits_that_are_booked_at_once_sit_where_they_would_one_by_one(
    databases, monkeypatch, chairs, starts
):
    one_by_one, at_once = databases.new(), databases.new()
    for address in (at_once, one_by_one):
        drawn, book = random.Random(7), Register.open(address)
        for number in range(12):
            asked = MONDAY + timedelta(drawn.randrange(12))
            try:
                booked(book, f"P-{number}", at=small(chairs, starts), start=asked)
            except NoPlan:
                continue
            if number % 4 == 3:  # a gap for others
                book.withdraw(book.entries()[0].course_id, LINE)
        monkeypatch.setattr("ketasched.register.seating._seated_beside", lambda *_: None)
    assert rows(at_once, SEATS) == rows(one_by_one, SEATS) != []
