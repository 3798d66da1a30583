"""Entry of courses that were planned, or revised, jointly, in one transaction."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from ketasched.errors import NoPlan
from ketasched.model import Course
from ketasched.register.clinics import locked_clinic, refuse_another_clinic
from ketasched.register.conflicts import (
    is_overtaken,
    nothing_left,
    plan_beside_booked,
    refuse_changed,
    refuse_conflicts,
    refuse_known,
    refuse_stale,
    refuse_taken_reference,
)
from ketasched.register.records import PROPOSE_ANEW, BookingRequest, BookState, Conflict, LogEntry
from ketasched.register.seating import ChairTaken
from ketasched.register.writes import release_chairs, seat_again, withdraw_replaced, write_course


class JointBooking(NamedTuple):
    """A booking request with its jointly planned course; None for a patient who has to wait."""

    booking: BookingRequest
    course: Course | None


def book_jointly(
    connection: Connection, planned: Sequence[JointBooking]
) -> list[Course | NoPlan | Conflict | None]:
    """Enter the planned courses of one clinic; the results are those of `Register.book_jointly`.

    Courses whose chairs are still free are entered first. Then each course that lost a chair since
    the planning is planned anew, in order. Raises `ChairTaken`.
    """
    clinic = locked_clinic(connection, planned[0].booking.clinic)
    found: dict[int, Course | NoPlan | Conflict | None] = {}
    for number, one in enumerate(planned):
        try:
            refuse_conflicts(connection, one.booking)
        except Conflict as error:
            found[number] = error
    left = [number for number in range(len(planned)) if number not in found]
    courses = [one.course for one in planned if one.course]
    go_on = {course.course_id for course in courses}
    for number in left:
        withdraw_replaced(connection, planned[number].booking, but=go_on)
    overtaken = []
    for number in left:
        booking, course = planned[number]
        # Checked just before the entry: an earlier course of this loop may have taken the chair.
        if course and is_overtaken(connection, booking, course):
            overtaken.append(number)
        else:
            found[number] = course and _booked(connection, clinic, booking, course)
    for number in overtaken:
        found[number] = _booked(connection, clinic, planned[number].booking)
    return [found[number] for number in range(len(planned))]


def revise_jointly(
    connection: Connection,
    revisions: Sequence[tuple[Course, Course]],
    line: LogEntry,
    state: BookState | None = None,
    *,
    dry_run: bool = False,
) -> list[Course]:
    """Enter the next revisions of courses of one clinic, each given before and after: all or none.

    Raises `Stale` if a stored course is not the one before its revision, or if the state is not
    the current one, other conflicts, and `ChairTaken`. A `dry_run` rolls the transaction back.
    """
    clinic = locked_clinic(connection, revisions[0][1].clinic, revisions[0][0])
    if state:
        refuse_changed(connection, state)
    own = [before.course_id for before, _ in revisions]
    for before, after in revisions:
        refuse_stale(connection, before)
        refuse_another_clinic(connection, after.clinic, before.course_id)
        if after.patient != before.patient:
            refuse_taken_reference(connection, clinic, after, own)
    for _, after in revisions:
        release_chairs(connection, clinic, after)
    for _, after in revisions:
        try:
            write_course(connection, clinic, after, line)
        except ChairTaken as error:
            if error.uid:
                raise nothing_left(after, error, PROPOSE_ANEW) from None
            raise
    if state:
        seat_again(connection, clinic, state.clinic, state.since)
    if dry_run:
        connection.rollback()
    return [after for _, after in revisions]


def _booked(
    connection: Connection, clinic: int, booking: BookingRequest, course: Course | None = None
) -> Course | NoPlan | Conflict:
    """Enter the course, or one planned now. Returns the course or the refusal."""
    try:
        made = course or plan_beside_booked(connection, booking)
        refuse_known(connection, booking, made)
    except (NoPlan, Conflict) as error:
        return error
    withdraw_replaced(connection, booking, but={made.course_id})
    write_course(connection, clinic, made, booking.line)
    return made
