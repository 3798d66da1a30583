"""The course that a command is for, from a file or the register, and what is newer for it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ketasched.api.busy_times import course_with_calendars
from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.busy_option import say_notes, warn_of_copies
from ketasched.cli.current_clinic import current_clinic
from ketasched.cli.output import say, use_clock_of
from ketasched.cli.register_option import RegisterOptions
from ketasched.errors import BadFile
from ketasched.files.busy_calendars import BusyCalendars
from ketasched.files.disk import is_there
from ketasched.files.load import load_course, refuse_mismatch, with_clinic
from ketasched.model import Course, quote
from ketasched.register.course_lookup import find_entry
from ketasched.register.records import CourseEntry

if TYPE_CHECKING:
    from ketasched.register.register import Register


@dataclass(frozen=True)
class CourseSource(RegisterOptions, BusyCalendars):
    """The options that say where a course is found, and what is newer for it."""

    def find(self, name: str) -> tuple[Course, CourseEntry | None]:
        """The course of a file or folder; else that of a patient in the register, with its entry.

        Raises `BadFile`.
        """
        if self.register is None or is_there(name) or name == "-":
            _refuse_reference(name)
            course = load_course(name)
            hide_people(course)
            use_clock_of(course.clinic)
            return course, None
        with suppress(BadFile):  # a damaged course takes no other one's clock away
            if newest := self.register.newest():
                use_clock_of(newest.clinic)
        today = options.moment_of(self.today, UTC, field="today").date()
        entry = find_entry(self.register, name, self.named_clinic, today)
        course = self.register.course(entry.course_id)
        use_clock_of(course.clinic)
        return course, entry

    def with_newer(self, course: Course, at: datetime, *, plans: bool = True) -> Course:
        """The course with the clinic and, from the moment `at` on, the calendars as they are now.

        The clinic is that of `--clinic`; else, for a course of a register whose visits are to get
        new dates (`plans`), that of `current_clinic`; else the course's own. Raises `BadFile`,
        `BadRequest`.
        """
        if self.clinic_path:
            course = with_clinic(course, self.clinic_path)
        elif self.register and plans:
            clinic = current_clinic(course, self.register)
            refuse_mismatch(clinic, course.protocol, "the clinic as it is now")
            if clinic != course.clinic:
                say("note", "the clinic's hours and words have changed: they hold as they are now")
            course = replace(course, clinic=clinic)
        use_clock_of(course.clinic)
        newer, notes = course_with_calendars(course, self, at)
        hide_people(newer)
        say_notes(notes)
        warn_of_copies(course, newer.request)
        return newer


def _refuse_reference(name: str) -> None:
    """Raise `BadFile` for the reference of a patient where no register is named."""
    path = Path(name)
    if name != "-" and not is_there(name) and (path.name, path.suffix) == (name, ""):
        folder = f"the folder that -o wrote, such as {quote(f'courses/{name}')}"
        step = f"{folder}, or for a patient of the register: --register"
        raise BadFile(f"{name}: there is no such file", next_step=step)


def find_course(register: "Register", course_id: str) -> Course | None:
    """The course with this identifier; None if the register does not have it, or it is damaged."""
    with suppress(BadFile):
        return register.course(course_id)
    return None


def former_courses(course: Course, find: Callable[[str], Course | None]) -> list[Course]:
    """The courses that this one follows, the first of them first.

    `find` returns the course with an identifier, or None if it is not known.
    """
    found: list[Course] = []
    one: Course | None = course
    while one and one.follows and (one := find(one.follows)) and one not in found:
        found.insert(0, one)
    return found
