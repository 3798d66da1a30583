"""How a course is planned beside the bookings of a register, entered there, and written."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ketasched.cli.output import note_done
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
    files: Callable[[Course], AbstractContextManager[list[Path]]],
    *,
    dry_run: bool,
) -> tuple[Course, list[Path]]:
    """Make a course, enter it in the register, if there is one, and write its files.

    `files` prepares the files of a course for its block, which yields their paths, and gives them
    their names after it. Returns the course and the paths. A dry run neither enters nor writes.
    Raises the same as `Register.book`.
    """
    written: list[Path] = []

    @contextmanager
    def prepared(course: Course) -> Iterator[None]:
        with files(course) as written[:]:
            yield

    if register and dry_run:
        return register.plan(booking), []
    if register:
        course = register.book(replace(booking, files=prepared))
        note_done(SAVED)
        return course, written
    course = booking.planned(NO_BOOKINGS)
    if not dry_run:
        with prepared(course):
            pass
        note_done(SAVED if written else "")
    return course, written
