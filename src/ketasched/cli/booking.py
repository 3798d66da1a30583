"""How a course is planned beside the bookings of a register, entered there, and written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ketasched.cli.output import note_done
from ketasched.errors import NoPlan
from ketasched.files.atomic_write import UndoLog, undo_on_error
from ketasched.model import Course
from ketasched.register.records import BookingRequest
from ketasched.rules.base import NO_BOOKINGS

if TYPE_CHECKING:
    from ketasched.register.register import Register


SAVED = "the course is saved"
"""What is done once a course is booked or written."""


def book_and_write(
    register: "Register | None",
    booking: BookingRequest,
    write: Callable[[Course, UndoLog], list[Path]],
    *,
    dry_run: bool,
) -> tuple[Course, list[Path]]:
    """Make a course, enter it in the register, if there is one, and write its files.

    Returns the course and the paths that `write` returned. If the connection breaks, `write` may
    be called a second time; its undo log then has what the first call wrote. If anything fails,
    the undo log restores the files. A dry run neither enters nor writes. Raises the same as
    `Register.book`.
    """
    undo = UndoLog()
    written: list[Path] = []

    def write_files(course: Course) -> None:
        written[:] = write(course, undo)

    if register and dry_run:
        return register.plan(booking), []
    with undo_on_error(undo):
        if register:
            course = register.book(replace(booking, then=write_files))
            note_done(SAVED)
            return course, written
        try:
            course = booking.make(NO_BOOKINGS)
        except NoPlan as error:
            raise booking.explain(error, NO_BOOKINGS) from None
        if not dry_run:
            write_files(course)
            note_done(SAVED if written else "")
        return course, written
