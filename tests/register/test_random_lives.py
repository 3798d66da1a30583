"""Random lives of a course in a register, beside courses that others book and give up.

`HYPOTHESIS_PROFILE=explore` takes more lives of 200 changes.
"""

import os
import random
from contextlib import suppress
from datetime import timedelta

import pytest

from ketasched.errors import NoPlan
from ketasched.model import TAKES_PLACE, Clinic, Clock, Course, Request
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan
from ketasched.register.records import BookingRequest, Conflict, LogEntry, waivers_of
from ketasched.register.register import Register
from tests.conftest import MADE_AT
from tests.register.databases import rows
from tests.support.nouns import phase, protocol
from tests.support.random_life import CLINIC, MONITORED, Life, Make

LIVES, CHANGES = (20, 200) if os.environ.get("HYPOTHESIS_PROFILE") == "explore" else (1, 20)
ONE_VISIT = protocol(phase(1))


class InRegister:
    """The course is booked, and so are those of others."""

    def __init__(self, address: str, at: Clinic = CLINIC) -> None:
        self.address, self.book, self.at = address, Register.open(address), at
        self.others: list[Course] = []
        self.crowded = 0
        """How often a visit sat down where there was no chair left."""

    def enter(self, make: Make, asked: Request) -> Course:
        return self.book.book(BookingRequest(self.at, make, LogEntry(MADE_AT, ""), asked))

    def change(self, before: Course, make: Make, at: Clinic) -> Course:
        line = LogEntry(before.history[-1].at, "")
        made = self.book.book(BookingRequest(at, make, line, before=before))
        found = self.book.course(made.course_id)
        assert found == made
        asked = "SELECT begins FROM bookings WHERE course_id = ? ORDER BY begins"
        taking = [one.start for one in found.visits if one.status in TAKES_PLACE]
        begins = [begin for (begin,) in rows(self.address, asked, [found.course_id])]
        assert begins == [int(start.timestamp()) for start in taking]
        self.crowded += bool(waivers_of(found))
        return found

    def others_book(self, chance: random.Random, course: Course) -> None:
        """A time that the course has given up, if it is free; or one of the others goes."""
        if len(self.others) > 3:
            gone = self.others.pop(chance.randrange(len(self.others)))
            self.book.withdraw(gone.course_id, LogEntry(MADE_AT, "withdrawn"))
        former = [one.start for entry in course.history for one in entry.former]
        if not former:
            return
        start = chance.choice(former)
        name = f"O-{len(course.history)}-{len(self.others)}"
        day = start.date()
        asked = Request(day, name, latest_start=day, time=Clock(start.hour * 60))

        def make(bookings: Occupancy) -> Course:
            made_at = MADE_AT + timedelta(minutes=chance.randrange(10**4))
            return plan(ONE_VISIT, self.at, asked, made_at=made_at, bookings=bookings)

        with suppress(NoPlan, Conflict):
            booking = BookingRequest(self.at, make, LogEntry(MADE_AT, ""), asked)
            self.others.append(self.book.book(booking))


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_life_in_a_register_is_replayed_beside_the_bookings_of_others(seed, address):
    place = InRegister(address)
    life = Life(f"register {seed}", place)
    life.run(CHANGES)
    assert life.done["undo"]


@pytest.mark.parametrize("seed", range(LIVES))
def test_so_it_is_where_there_is_one_monitor(seed, address):
    place = InRegister(address, MONITORED)
    life = Life(f"monitored {seed}", place, at=MONITORED)
    life.run(CHANGES)
    assert life.done["undo"]
