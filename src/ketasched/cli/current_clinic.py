"""The clinic as it is now: by its file, else by the course of the register that has it newest."""

from collections.abc import Collection
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ketasched.cli import options
from ketasched.cli.output import say, use_clock_of
from ketasched.files.load import load_clinic, with_clinic
from ketasched.model import Clinic, Course, Misfit, Misfits
from ketasched.model.identifiers import clinic_key
from ketasched.planning.misfits import misfits_of_all
from ketasched.register.clinic_now import clinic_now, clinic_since, is_same_clinic

if TYPE_CHECKING:
    from ketasched.register.register import Register


def current_clinic(course: Course, register: "Register") -> Clinic:
    """The clinic of a course in a register, as the clinic is now.

    It is the clinic of the file that the environment names, or that is here, if that is the same
    clinic; else the one of the course that was planned last; else the course's own. A note says
    so if the file is another clinic's. Raises `BadFile`.
    """
    return clinic_now(course, register, _file_of([course.clinic]))


def at_clinic_here(course: Course) -> Course:
    """The course with its clinic as the file has it that the environment names, or that is here.

    The file of another clinic makes no difference. Raises `BadFile`.
    """
    path = options.clinic_file(None)
    is_own = path is not None and is_same_clinic(load_clinic(path), course.clinic)
    return with_clinic(course, path) if path and is_own else course


def coming_misfits(register: "Register", clinic_path: str | None, today: str | None) -> Misfits:
    """The misfits to come in a whole register, of the courses that have any.

    Each clinic is the one of `current_clinic`, or that of the file at `clinic_path`. Raises
    `BadFile`, and `BadRequest` if the register has that clinic under another `id_salt` or zone.
    """
    # In the zone of a clinic it may still be the day before.
    first = options.moment_of(today, UTC, field="today").date() - timedelta(1)
    courses = list(register.current(first))
    by_clinic: dict[str, list[Course]] = {}
    for course in courses:
        by_clinic.setdefault(clinic_key(course.clinic), []).append(course)
    clinics = [course.clinic for course in courses]
    here = load_clinic(clinic_path) if clinic_path else _file_of(clinics)
    if clinic_path and here:
        register.refuse_stranger(here)
    found: dict[str, list[Misfit]] = {}
    for own in by_clinic.values():
        clinic = clinic_now(max(own, key=clinic_since), register, here)
        use_clock_of(clinic)
        now = options.moment_of(today, ZoneInfo(clinic.timezone), field="today")
        for course_id, misfits in misfits_of_all(own, clinic).items():
            found[course_id] = [one for one in misfits if one.start.timestamp() > now.timestamp()]
    return {course_id: misfits for course_id, misfits in found.items() if misfits}


def _file_of(known: Collection[Clinic]) -> Clinic | None:
    """The clinic of the environment's file, or of the one here, if it is one of these clinics."""
    path = options.clinic_file(None)
    if path is None or not known:
        return None
    found = load_clinic(path)
    if any(is_same_clinic(found, one) for one in known):
        return found
    names = sorted({one.name for one in known if one.name})
    said = f"{path} is of another clinic than the register, which has {', '.join(names) or 'one'}"
    if found.name in names:
        said = f"{path} has another id_salt or zone than {found.name} has in the register"
    say("note", f"{said}: what it says is not heeded")
    return None
