"""Orders to try a register with: small clinics, and patients who all want the same."""

from dataclasses import replace
from datetime import date
from typing import Any

from ketasched.model import Change, Clinic, Course, Request
from ketasched.planning.planner import plan
from ketasched.register.records import Line, Order
from ketasched.register.register import Book
from ketasched.revising.revise import revise
from ketasched.rules.base import Bookings
from tests.conftest import MADE_AT
from tests.register.clerks import PROTOCOL, clinic

MONDAY = date(2027, 1, 4)


def small(chairs: int | None = 1, starts: int | None = None, **more: Any) -> Clinic:
    return replace(clinic(), chairs=chairs, starts_per_slot=starts, **more)


def request(patient: str, start: date = MONDAY, **more: Any) -> Request:
    return Request(start=start, patient=patient, **more)


def order(patient: str, at: Clinic | None = None, **more: Any) -> Order:
    place, asked = at or small(), request(patient, **more)

    def make(bookings: Bookings) -> Course:
        return plan(PROTOCOL, place, asked, made_at=MADE_AT, bookings=bookings)

    return Order(place, make, Line(MADE_AT, ""), asked)


def booked(book: Book, *patients: str, at: Clinic | None = None, **more: Any) -> list[Course]:
    return [book.entered(order(patient, at, **more)) for patient in patients]


def moved(book: Book, course: Course, change: Change, at: Clinic | None = None) -> Course:
    place = at or course.clinic

    def make(bookings: Bookings) -> Course:
        return revise(course, change, at=MADE_AT, why="x", clinic=place, bookings=bookings)

    return book.entered(Order(place, make, Line(MADE_AT, "", "Dr. Okafor"), before=course))
