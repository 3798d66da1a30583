"""The clinic of a course as it is now: by a newer file, or by the course that was planned last."""

from datetime import datetime
from typing import TYPE_CHECKING

from ketasched.model import Clinic, Course
from ketasched.model.identifiers import clinic_key

if TYPE_CHECKING:
    from ketasched.register.register import Register


def clinic_now(course: Course, register: "Register", newer: Clinic | None = None) -> Clinic:
    """The clinic of a course in a register, as it is now.

    It is `newer`, if that is the same clinic; else that of the course that was planned last; else
    the course's own.
    """
    if newer and is_same_clinic(newer, course.clinic):
        return newer
    newest = register.newest(course.clinic)
    is_newer = newest is not None and clinic_since(newest) >= clinic_since(course)
    return newest.clinic if newest and is_newer else course.clinic


def is_same_clinic(one: Clinic, other: Clinic) -> bool:
    """Whether both are the same clinic for a register, and in the same zone."""
    is_known = bool(one.id_salt or one.name)
    return is_known and (clinic_key(one), one.timezone) == (clinic_key(other), other.timezone)


def clinic_since(course: Course) -> datetime:
    """Since when a course has its clinic as it is."""
    changes = [entry.at for entry in course.history if entry.former_clinic]
    return changes[-1] if changes else course.made_at
