"""Orders to try a register with: small clinics, and patients who all want the same."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from ketasched.model import Change, Clinic, Course, Request
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.register.register import Register
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.register.clerks import PROTOCOL, clinic

MONDAY = date(2027, 1, 4)


def small(chairs: int | None = 1, starts: int | None = None, **more: Any) -> Clinic:
    return replace(clinic(), chairs=chairs, starts_per_slot=starts, **more)


def request(patient: str, start: date = MONDAY, **more: Any) -> Request:
    return Request(start=start, patient=patient, **more)


def order(patient: str, at: Clinic | None = None, **more: Any) -> BookingRequest:
    place, asked = at or small(), request(patient, **more)

    def make(bookings: Occupancy) -> Course:
        return plan(PROTOCOL, place, asked, made_at=MADE_AT, bookings=bookings)

    return BookingRequest(place, make, LogEntry(MADE_AT, ""), asked)


def booked(book: Register, *patients: str, at: Clinic | None = None, **more: Any) -> list[Course]:
    return [book.book(order(patient, at, **more)) for patient in patients]


def moved(
    book: Register,
    course: Course,
    change: Change,
    at: Clinic | None = None,
    now: datetime = MADE_AT,
) -> Course:
    place = at or course.clinic

    def make(bookings: Occupancy) -> Course:
        return revise(course, change, at=now, why="x", clinic=place, bookings=bookings)

    return book.book(BookingRequest(place, make, LogEntry(now, "", "Dr. Okafor"), before=course))
