"""The options that say which courses are published, or whose people are invited."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ketasched.api.publication import (
    Publication,
    PublishedCourses,
    Row,
    courses_in,
    courses_of_patient,
    courses_of_register,
)
from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.day_query import ClinicAsked
from ketasched.cli.hints import with_other_name
from ketasched.cli.output import SOME_FAILED, report, say, use_clock_of
from ketasched.cli.register_option import existing_register
from ketasched.errors import BadFile, Refused
from ketasched.files.disk import bad_file_for, is_there
from ketasched.files.load import load_clinic
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import clinic_key

if TYPE_CHECKING:
    from ketasched.register.register import Register


COURSE = "course.json"


@dataclass(frozen=True)
class CourseSelection(ClinicAsked):
    """The options that say which courses are meant, and how it is said what is done.

    `names` are those of files and of patients; without names it is all courses of the register.
    """

    names: tuple[str, ...]
    dry_run: bool
    form: str | None

    @cached_property
    def register(self) -> "Register | None":
        """The register that is given, else the usual one if there is one."""
        return super().register or existing_register()

    def read(self) -> list[PublishedCourses]:
        """What is meant; a damaged course of a register is reported.

        Raises `BadFile`, `BadRequest`.
        """
        found = [self._named(name) for name in self.names]
        if not self.names:
            found = [courses_of_register(self.query, self._now)]
        for one in found:
            hide_people(*one.courses)
            for error in one.errors:
                report(error)
        path = options.clinic_file(self.clinic_path)
        if path is None:
            return found
        here = load_clinic(path)
        key = clinic_key(here)
        return [
            replace(one, clinic=here, clinic_file=path) if one.owner == key else one
            for one in found
        ]

    def say_done(self, what: str, done: Publication[Row], place: str) -> None:
        """Say how many are new, say, and where; end with `SOME_FAILED` if a course is damaged."""
        counts = ", ".join(f"{number:,} {kind}" for kind, number in done.counts.items())
        where = "nothing was written (--dry-run)" if self.dry_run else f"in {place}"
        say("note", f"{what}: {counts}; {where}")
        if done.errors:
            raise click.exceptions.Exit(SOME_FAILED)

    def _named(self, name: str) -> PublishedCourses:
        clinic = self.named_clinic
        if name == "-":
            raise click.UsageError("A feed's name is kept beside the course: give its file.")
        if not is_there(name) and self.register:
            return courses_of_patient(self.register, name, clinic, self._now)
        with bad_file_for(name):  # else it looks as if the place to write to were bad
            _refuse_place(name)
            found = courses_in(Path(name), clinic, self._now)
        self._refuse_older(name, found.courses)
        return found

    def _refuse_older(self, name: str, courses: Sequence[Course]) -> None:
        """Raise `Refused` if the register has a later revision of a course that is in a file."""
        for course in courses:
            entry = self.register.entry(course.course_id) if self.register else None
            if entry is None:
                continue
            step = with_other_name(name, entry.patient)
            if entry.revision > course.revision:
                said = f"is at revision {course.revision}, and the register at {entry.revision}"
                raise Refused(f"{name}: it {said}", next_step=f"the later one: {step}")
            if course is courses[-1]:
                say("warning", f"{name}: the register has this course, too: name the patient")
                say("try", step)

    def _now(self, clinic: Clinic) -> datetime:
        use_clock_of(clinic)
        zone = ZoneInfo(clinic.timezone)
        return options.moment_of(self.today, zone, field="today").astimezone(zone)


def _refuse_place(name: str) -> None:
    """Raise `BadFile` for a folder of patients' folders, and for a patient whose folder is in one.

    The error says where the courses are. Any other name may be that of a course.
    """
    path = Path(name)
    if not is_there(path):
        there = list[Path]()
        with suppress(OSError):  # what nobody may look into is no better place
            folders = sorted(Path().iterdir())
            there = [one / name for one in folders if (one / name / COURSE).is_file()]
        if there:
            step = with_other_name(name, str(there[0]))
            raise BadFile(f"{name}: there is no such file here, and no register", next_step=step)
    elif path.is_dir() and not (path / COURSE).exists() and any(path.glob(f"*/{COURSE}")):
        said = f"{name}: the courses are in the folders of this one"
        raise BadFile(said, next_step=f"name one, or all of them: {name}/*")


def folder_text(folder: Path) -> str:
    """The folder as `say_done` names it, before anything is written there."""
    return str(folder) if folder.exists() else f"the new folder {folder}"
