"""The options that say which courses are published, or whose people are invited."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
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
from ketasched.cli.day_query import DayQuery
from ketasched.cli.output import SOME_FAILED, report, say, use_clock_of
from ketasched.cli.register_option import existing_register, open_register
from ketasched.files.disk import bad_file_for
from ketasched.files.load import load_clinic
from ketasched.model import Clinic
from ketasched.model.identifiers import clinic_key


@dataclass(frozen=True)
class CourseSelection:
    """The register and the clinic whose courses are meant, and the moment."""

    register_address: str | None
    clinic_path: str | None
    today: str | None

    def read(self, names: Sequence[str]) -> list[PublishedCourses]:
        """What is meant by names of files and of patients; without names, all of the register.

        A damaged course of a register is reported. Raises `BadFile`, `BadRequest`.
        """
        found = [self._named(name) for name in names] if names else [self._of_register()]
        for one in found:
            hide_people(*one.courses)
            for error in one.errors:
                report(error)
        path = options.clinic_file(self.clinic_path)
        here = load_clinic(path) if path else None
        return [
            replace(one, clinic=here) if here and one.owner == clinic_key(here) else one
            for one in found
        ]

    def _of_register(self) -> PublishedCourses:
        query = DayQuery(self.register_address, self.clinic_path)
        return courses_of_register(query, self.now)

    def _named(self, name: str) -> PublishedCourses:
        clinic = load_clinic(self.clinic_path) if self.clinic_path else None
        if name == "-":
            raise click.UsageError("A feed's name is kept beside the course: give its file.")
        with bad_file_for(name):  # else it looks as if the place to write to were bad
            is_file = Path(name).exists()
        if not is_file:
            register = open_register(self.register_address) or existing_register()
            if register:
                return courses_of_patient(register, name, clinic, self.now)
        return courses_in(Path(name), clinic, self.now)

    def now(self, clinic: Clinic) -> datetime:
        """The moment that is asked for, local to the clinic."""
        use_clock_of(clinic)
        zone = ZoneInfo(clinic.timezone)
        return options.moment_of(self.today, zone, field="today").astimezone(zone)


def say_published(what: str, done: Publication[Row], place: object, *, dry_run: bool) -> None:
    """Say how many are new, say, and where; end with `SOME_FAILED` if a course is damaged."""
    counts = ", ".join(f"{number:,} {kind}" for kind, number in done.counts.items())
    where = "nothing was written (--dry-run)" if dry_run else place
    say("note", f"{what}: {counts}; {where}")
    if done.errors:
        raise click.exceptions.Exit(SOME_FAILED)
