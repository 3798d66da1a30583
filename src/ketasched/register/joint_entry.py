"""Courses that were planned together, entered together."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from ketasched.errors import NoPlan
from ketasched.model import Course
from ketasched.planning.check import check
from ketasched.register.queries import bookings_of, give_way, look_at, made_of
from ketasched.register.records import Against, Order
from ketasched.register.writes import locked_clinic, withdraw, write


class Planned(NamedTuple):
    """An order, and the course that was planned for it; None for who has to wait."""

    order: Order
    course: Course | None


def enter_as_one(
    connection: Connection, planned: Sequence[Planned]
) -> list[Course | NoPlan | Against | None]:
    """Enter these, all of one clinic: what became of each, as `Book.entered_as_one` says it.

    Those whose chairs are still free come first; then who was overtaken since all were planned
    finds, in order, what is left. Raises `ChairTaken`.
    """
    clinic = locked_clinic(connection, planned[0].order.clinic)
    found: dict[int, Course | NoPlan | Against | None] = {}
    for number, one in enumerate(planned):
        try:
            look_at(connection, one.order)
        except Against as error:
            found[number] = error
    left = [number for number in range(len(planned)) if number not in found]
    courses = [one.course for one in planned if one.course]
    go_on = {course.course_id for course in courses}
    for number in left:
        for course_id in planned[number].order.instead_of:
            if course_id not in go_on:
                line = planned[number].order.line._replace(what="planned anew")
                withdraw(connection, course_id, line)
    overtaken = []
    for number in left:
        order, course = planned[number]
        # Asked just before it is entered: of two who share a slot one may have been overtaken.
        if course and not _fits(connection, planned[number]):
            overtaken.append(number)
        else:
            found[number] = course and _entered(connection, clinic, order, course)
    for number in overtaken:
        found[number] = _entered(connection, clinic, planned[number].order)
    return [found[number] for number in range(len(planned))]


def _entered(
    connection: Connection, clinic: int, order: Order, course: Course | None = None
) -> Course | NoPlan | Against:
    """The course entered, or what is made of the order now; else why it is not."""
    try:
        made = course or made_of(connection, order)
        give_way(connection, order, made)
    except (NoPlan, Against) as error:
        return error
    write(connection, clinic, made, order.line)
    return made


def _fits(connection: Connection, one: Planned) -> bool:
    """Whether a planned course keeps every rule beside what is booked now."""
    if one.course is None:
        return False
    bookings = bookings_of(connection, one.order.clinic, one.order.but)
    return not any(found.level == "broken" for found in check(one.course, bookings=bookings))
