"""Courses that are in files, entered in a register: each whole or not at all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING

from ketasched.errors import KetaschedError
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import clinic_key
from ketasched.register.records import IMPORTED, LogEntry, waivers_of
from ketasched.rules import OCCUPANCY_NAMES

if TYPE_CHECKING:
    from ketasched.register.register import Register


@dataclass(frozen=True, slots=True)
class Imported:
    """A course, whether it was entered (else it is there already), and why it was not."""

    course: Course
    is_entered: bool
    error: KetaschedError | None = None


def enter_courses(
    register: "Register", courses: Sequence[Course], at: Callable[[Course], datetime]
) -> Iterator[Imported]:
    """Enter courses one by one; a later revision replaces a course that is there.

    Visits before the moment `at` of a course are entered whoever else sat there.
    """
    clinics = _clinics_of(courses)
    overridden = {waiver for course in courses for waiver in waivers_of(course)}
    for course in courses:
        moment = at(course)
        over = [visit.uid for visit in course.visits if visit.start < moment]
        over += [one.uid for one in course.companions if one.start < moment]
        waived = overridden.union(product(over, OCCUPANCY_NAMES))
        try:
            line, known = LogEntry(moment, IMPORTED), clinics[clinic_key(course.clinic)]
            is_new = register.enter(course, line, waived=waived, allowed_by=known)
            yield Imported(course, is_new)
        except KetaschedError as error:
            yield Imported(course, is_entered=False, error=error)


def _clinics_of(courses: Sequence[Course]) -> dict[str, list[Clinic]]:
    """By clinic key the clinic as these courses were planned with it, each form once.

    A clinic may have had more chairs when another of its courses was planned.
    """
    found: dict[str, list[Clinic]] = {}
    for course in courses:
        known = found.setdefault(clinic_key(course.clinic), [])
        former = (entry.former_clinic for entry in course.history)
        for one in (course.clinic, *filter(None, former)):
            if one not in known:
                known.append(one)
    return found
