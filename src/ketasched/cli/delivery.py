"""What comes out of a command that has a course: printed in some form, or written as files."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import get_args

import click

from ketasched.cli.output import say
from ketasched.errors import BadFile, BadRequest, NoPlan, Refused
from ketasched.events.rides import all_drivers
from ketasched.events.view import View
from ketasched.files.atomic_write import Undo, refuse_link, write_folder
from ketasched.files.codec import plain
from ketasched.files.load import load_course
from ketasched.model import Audience, Course, Plain
from ketasched.model.privacy import telling
from ketasched.render import RENDERERS, render
from ketasched.render.patient_folder import INNER_FILES, handout

LONGEST_LABEL = 60
REPLACED = "the course that was there is replaced: its entries in calendars have to be deleted"

OPTIONS = (
    click.option(
        "--format", "form", type=click.Choice(tuple(RENDERERS)), help="What to print (text)."
    ),
    click.option(
        "--for",
        "audience",
        type=click.Choice(get_args(Audience)),
        help="Whom it is for, which decides what it may say (patient).",
    ),
    click.option(
        "--driver-label",
        default="",
        metavar="NAME",
        help="What the driver's page and calendar call the patient (nothing).",
    ),
    click.option(
        "--rides-of",
        default="",
        metavar="NAME",
        help="With --for driver: only the rides of this driver, where there are several.",
    ),
    click.option(
        "-o",
        "--output",
        metavar="DIR",
        type=click.Path(path_type=Path, readable=False),
        help="Write pages and calendars into DIR/<patient>/.",
    ),
    click.option("--split", is_flag=True, help="With -o: each event as a file of its own, too."),
    click.option("--force", is_flag=True, help="With -o: write over files that exist."),
)


@dataclass(frozen=True)
class Outcome:
    """What the options ask for. Raises `UsageError` or `BadRequest` if they do not go together."""

    form: str | None
    audience: Audience | None
    driver_label: str
    rides_of: str
    output: Path | None
    split: bool
    force: bool

    def __post_init__(self) -> None:
        if self.output and (self.form or self.audience):
            raise click.UsageError(
                "--format and --for are for what is printed; -o writes all files."
            )
        if not self.output and (self.split or self.force):
            raise click.UsageError("--split and --force go with -o, which writes files.")
        if self.form == "json" and self.audience:
            raise click.UsageError(
                "--format json is the whole course: it is for nobody but the clinic."
            )
        if self.rides_of and self.audience != "driver":
            raise click.UsageError("--rides-of goes with --for driver.")
        self._look_at_label()

    def _look_at_label(self) -> None:
        label = self.driver_label
        if not label:
            return
        labelled = RENDERERS[self.form or "text"].labelled
        if not (self.output or (self.audience or "patient") in labelled):
            raise click.UsageError("--driver-label goes with --for driver, --format html or -o.")
        if not label.isprintable() or not label.strip() or len(label) > LONGEST_LABEL:
            said = f"expected up to {LONGEST_LABEL} printable characters"
            raise BadRequest("driver_label", said)
        if telling(label):
            said = f'says "{telling(label)}", and a driver is not told of the treatment'
            raise BadRequest("driver_label", said)

    def folder_of(self, patient: str) -> Path | None:
        """The folder that is written; None where the course is printed."""
        return self.output / patient if self.output else None

    def deliver(self, course: Course, *, with_course_file: bool, over: bool = False) -> None:
        """Print the course, or write its files and print their names; the course file last.

        With `over`, an earlier revision of the course is written over.
        """
        folder = self.folder_of(course.patient)
        asked = replace(self, force=True) if over and folder and is_in(folder, course) else self
        self.tell(course, asked.write(course, with_course_file=with_course_file))

    def tell(self, course: Course, written: list[Path]) -> None:
        """Print the course, or the names of its files."""
        if self.output is None:
            coloured = (
                sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
            )
            view = View(self.audience or "patient", self.driver_label, self.rides_of, coloured)
            click.echo(render(course, self.form or "text", view).encode(), nl=False)
        for path in written:
            click.echo(path)

    def write(
        self, course: Course, *, with_course_file: bool, undo: Undo | None = None
    ) -> list[Path]:
        """Write the files of a course, if that is asked for, the course file last."""
        _refuse_unknown_driver(self.rides_of, course)
        if self.output is None:
            return []
        files = handout(course, driver_label=self.driver_label, split=self.split)
        if with_course_file:
            files["course.json"] = render(course, "json", View()).encode()
        folder = self.output / course.patient
        refuse_link(folder)
        another = with_course_file and (folder / "course.json").is_file()
        is_same = another and is_in(folder, course)
        if another and not self.force:
            said = f"{folder}: there already, with a course"
            step = f"ketasched revise {folder}; --force plans anew, and its history is lost"
            raise Refused(said, next_step=step)
        written = write_folder(folder, files, replaced=INNER_FILES, force=self.force, undo=undo)
        if another and not is_same:
            say("note", REPLACED)
        return written


def is_in(folder: Path, course: Course) -> bool:
    """Whether a folder has this course, in whatever revision."""
    try:
        return load_course(str(folder)).course_id == course.course_id
    except BadFile:
        return False


def _refuse_unknown_driver(name: str, course: Course) -> None:
    """Refuse to make a file for a driver whom the course has never had."""
    known = all_drivers(course)
    if name and name not in known:
        step = f"one of: {', '.join(known)}" if known else "leave it out: no driver is named"
        said = f"{name} drives to no visit of this course"
        raise BadRequest("rides_of", said, next_step=step)


def outcome_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of what comes out, which the command gets as one `outcome`."""

    @wraps(function)
    def with_outcome(*args: object, **options: object) -> None:
        asked = {one.name: options.pop(one.name) for one in fields(Outcome)}
        function(*args, outcome=Outcome(**asked), **options)  # type: ignore[arg-type]  # click's

    command: Callable[..., None] = with_outcome
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def refusal_data(error: NoPlan) -> Plain:
    """A refusal as plain data: what, the rules, the refused days, and what would make it fit."""
    return {
        "error": error.what,
        "findings": [plain(finding) for finding in error.findings],
        "refusals": [
            {"day": day.isoformat(), "rule": finding.rule, "message": finding.message}
            for day, finding in error.refusals
        ],
        "possible": [day.isoformat() for day in error.possible],
        "remedies": [plain(remedy) for remedy in error.remedies],
        "try": error.next_step,
    }
