"""A booking asks the database little, however many clinics there are."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from ketasched.register.register import Register
from tests.register.orders import booked, small


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


def test_a_clinic_that_is_known_is_not_looked_for_among_all_others(book):
    places = [small(name=f"Clinic {number}", id_salt=f"{number}") for number in range(3)]
    for number, place in enumerate(places):
        booked(book, f"P-{number}", at=place)
    with statements(book, "SELECT clinics.") as found:
        booked(book, "P-9", at=places[1])
    assert found
    assert all("WHERE clinics.key = " in " ".join(one.replace('"', "").split()) for one in found)
