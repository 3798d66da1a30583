"""What is published together: the courses of a clinic, of a patient, or of a folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.course_source import entries_of
from ketasched.cli.day_query import DayQuery
from ketasched.cli.output import report, use_clock_of
from ketasched.cli.register_option import existing_register, open_register
from ketasched.errors import BadFile
from ketasched.files.feed_names import Names, Naming, feeds_file_of, keep_feed_names_in
from ketasched.files.load import load_clinic, load_course, with_clinic
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import clinic_key
from ketasched.render.patient_folder import KEPT_COURSE

if TYPE_CHECKING:
    from ketasched.register.register import Register

NameStore = Callable[[Naming], Names]
"""Where the names of feeds are kept: adds those that a naming says, and returns all."""


@dataclass(frozen=True)
class Publication:
    """Courses that are published together, and where the names of their feeds are kept.

    `clinic` is the clinic of all of them, None if there is no course; `now` is local to it.
    `owner` is its key where these are all of its courses, else "". If the courses are `complete`,
    a feed of any other course that has its name there is of one that is not known any more.
    `damaged` is how many could not be read.
    """

    courses: Sequence[Course]
    clinic: Clinic | None
    now: datetime
    keep_names: NameStore
    owner: str = ""
    complete: bool = True
    damaged: int = 0


@dataclass(frozen=True)
class Publishing:
    """The options that say what is published, and how."""

    register_address: str | None
    clinic_path: str | None
    rotate: bool
    dry_run: bool
    base_url: str
    form: str | None
    today: str | None

    def publications(self, names: Sequence[str]) -> list[Publication]:
        """What is meant by names of files and of patients; without names, all of the register.

        Raises `BadFile`, `BadRequest`.
        """
        return [self._named(name) for name in names] if names else [self._of_clinic()]

    def _of_clinic(self) -> Publication:
        """All courses of the clinic. A damaged one is reported, and then no other one counts as
        withdrawn.
        """
        query = DayQuery(self.register_address, self.clinic_path)
        # Imported here because a register is an extra.
        from ketasched.register.feeds import courses_of, keep_feed_names  # noqa: PLC0415

        found = courses_of(query.register.engine, query.named)
        courses = [one for one in found if isinstance(one, Course)]
        damaged = [one for one in found if isinstance(one, BadFile)]
        hide_people(*courses)
        for error in damaged:
            report(error)
        return Publication(
            courses,
            query.clinic,
            query.now(self.today),
            partial(keep_feed_names, query.register.engine, query.named),
            clinic_key(courses[0].clinic) if courses else "",
            not damaged,
            len(damaged),
        )

    def _named(self, name: str) -> Publication:
        register = None
        if name != "-" and not Path(name).exists():
            register = open_register(self.register_address) or existing_register()
        courses, keep = self._of_patient(register, name) if register else self._in(Path(name))
        hide_people(*courses)
        clinic = courses[-1].clinic
        use_clock_of(clinic)
        zone = ZoneInfo(clinic.timezone)
        now = options.moment_of(self.today, zone, field="today").astimezone(zone)
        return Publication(courses, clinic, now, keep, complete=register is None)

    def _of_patient(self, register: "Register", name: str) -> tuple[list[Course], NameStore]:
        """All courses of a patient."""
        # Imported here because a register is an extra.
        from ketasched.register.feeds import keep_feed_names  # noqa: PLC0415

        clinic = load_clinic(self.clinic_path) if self.clinic_path else None
        entries = entries_of(register, name, clinic)
        courses = [register.course(one.course_id) for one in entries]
        return courses, partial(keep_feed_names, register.engine, courses[0].clinic)

    def _in(self, path: Path) -> tuple[list[Course], NameStore]:
        """The course in a file or folder, after those that it follows."""
        if str(path) == "-":
            raise click.UsageError("A feed's name is kept beside the course: give its file.")
        if path.is_dir() or KEPT_COURSE.fullmatch(path.name):
            path = (path if path.is_dir() else path.parent) / "course.json"
        is_usual = path.name == "course.json" and path.parent.is_dir()
        beside = sorted(path.parent.iterdir()) if is_usual else []
        kept = [one for one in beside if KEPT_COURSE.fullmatch(one.name)]
        courses = [load_course(str(one)) for one in (*kept, path)]
        if self.clinic_path:
            courses = [with_clinic(one, self.clinic_path) for one in courses]
        return courses, partial(keep_feed_names_in, feeds_file_of(path))
