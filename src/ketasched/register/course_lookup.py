"""Finds a patient and a course in a register by what somebody typed."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from ketasched.errors import BadFile
from ketasched.model import Clinic, Course
from ketasched.register.records import CourseEntry

if TYPE_CHECKING:
    from ketasched.register.register import Register


class SeveralPatients(BadFile):
    """A typed name that may be several `patients`, by their references."""

    def __init__(self, name: str, patients: Sequence[str]) -> None:
        super().__init__(
            f"{name}: {len(patients)} patients in the register are called like this",
            details=patients,
            next_step="type one of them, exactly as it stands here",
        )
        self.patients = tuple(patients)


def find_entry(
    register: "Register", name: str, clinic: Clinic | None, today: date | None = None
) -> CourseEntry:
    """The last course of a patient; if nobody has that name, the course with this identifier.

    With `today` it is the one that is not over yet. Raises `BadFile`, also if there are several.
    """
    if not register.entries(clinic, name) and (identified := register.entry(name)):
        return identified
    entries = entries_of(register, name, clinic)
    current = [entry for entry in entries if today and entry.last_day >= today.isoformat()]
    if len(current) > 1:  # a patient may be switched to another course on the day of a visit
        followed = {register.course(one.course_id).follows for one in current}
        current = [one for one in current if one.course_id not in followed]
    if len(current) > 1:
        raise BadFile(
            f"{name}: has {len(current)} courses in the register that are not over",
            details=[f"{one.course_id}: {one.first_day} to {one.last_day}" for one in current],
            next_step=f"in place of the name, the one that is meant: {current[0].course_id}",
        )
    return (current or entries)[-1]


def entries_of(register: "Register", name: str, clinic: Clinic | None) -> list[CourseEntry]:
    """The courses of a patient of a clinic, by a typed name. The last one ends last.

    Raises `BadFile` if nobody has that name, and without a clinic if the patient has several.
    """
    patient = patient_named(register, name, clinic)
    entries = register.entries(clinic, patient) if patient else []
    if not entries:
        raise unknown_patient(name)
    clinics = sorted({entry.clinic for entry in entries})
    if len(clinics) > 1:
        said = f"{name}: is in the register for {len(clinics)} clinics: {', '.join(clinics)}"
        raise BadFile(said, next_step="say which: --clinic CLINIC.toml")
    return entries


def unknown_patient(name: str) -> BadFile:
    """The error for a name that no file and no patient of the register has."""
    said = f"{name}: there is no such file, and no such patient in the register"
    step = "give the path of a course.json, or a patient of this list: ketasched register list"
    return BadFile(said, next_step=step)


def patient_named(register: "Register", name: str, clinic: Clinic | None = None) -> str:
    """The reference of the patient whom a typed name means, as the register has it; "" for nobody.

    Case, accents and spaces make no difference, unless somebody's reference is exactly `name`.
    Raises `SeveralPatients`.
    """
    found = register.patients_named(name, clinic)
    if len(found) > 1:
        raise SeveralPatients(name, found)
    return "".join(found)


def several_clinics(names: Sequence[str]) -> BadFile:
    """The error for a question about one clinic, to a register of several."""
    known = ", ".join(name or "one without a name" for name in names)
    said = f"the register has {len(names)} clinics: {known}"
    return BadFile(said, next_step="say which: --clinic CLINIC.toml")


def later_revision(register: "Register", course: Course) -> Course | None:
    """The stored course if it is a later revision, and its history goes on from this one."""
    entry = register.entry(course.course_id)
    if entry is None or entry.revision <= course.revision or not course.history:
        return None
    stored = register.course(course.course_id)
    is_later = stored.history[: len(course.history)] == course.history
    return stored if is_later else None
