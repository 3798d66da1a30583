"""How a command hands over a course: printed in some format, or written as files."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click

from ketasched.cli import options
from ketasched.cli.output import note_done, say
from ketasched.errors import BadFile, BadRequest, Refused, command_line
from ketasched.events.rides import all_driver_names
from ketasched.events.view import View
from ketasched.files.atomic_write import prepared_folder
from ketasched.files.disk import kind_at, refuse_all_but
from ketasched.files.load import load_course
from ketasched.model import Audience, Course, Request
from ketasched.model.privacy import sensitive_term
from ketasched.render import RENDERERS, render
from ketasched.render.patient_folder import (
    DRIVER_FOLDER,
    REPLACED_FILES,
    render_course_file,
    render_folder,
    render_former_courses,
)

LONGEST_LABEL = 60
REPLACED = "the course that was there is replaced: its entries in calendars have to be deleted"


def audience_option(what: str, default: Audience | None = None) -> options.Decorator:
    """`--for` with this help."""
    audiences = click.Choice(get_args(Audience))
    return click.option("--for", "audience", type=audiences, default=default, help=what)


def output_option(what: str) -> options.Decorator:
    """`--output DIR` with this help."""
    folder = click.Path(path_type=Path, readable=False)
    return click.option("-o", "--output", metavar="DIR", type=folder, help=what)


FOR_THE_DRIVER = "rides.ics is for the driver: hand it over once the patient has agreed"
FOR_THE_DRIVERS = (
    "each driver has their own calendar in drivers/: hand it over once the patient agrees"
)


@dataclass(frozen=True)
class Delivery:
    """The options that say how a course is handed over.

    Raises `UsageError` or `BadRequest` if they do not go together.
    """

    form: str | None
    audience: Audience | None
    driver_label: str
    rides_of: str
    output: Path | None
    split: bool
    force: bool
    large: bool = False

    def __post_init__(self) -> None:
        if self.output and (self.form or self.audience):
            said = "--format and --for are for what is printed; -o writes all files."
            raise click.UsageError(said)
        if not self.output and (self.split or self.force):
            raise click.UsageError("--split and --force go with -o, which writes files.")
        if self.form == "json" and self.audience not in (None, "clinic"):
            said = "--format json is the whole course: it is for nobody but the clinic."
            raise click.UsageError(said)
        if self.form == "fhir" and self.audience == "driver":
            raise click.UsageError("--format fhir names the patient: it is for no driver.")
        if self.rides_of and self.audience != "driver":
            raise click.UsageError("--rides-of goes with --for driver.")
        if self.large and not (self.output or self.form == "html"):
            raise click.UsageError("--large goes with --format html or -o.")
        if self.driver_label:
            self._refuse_label()

    def _refuse_label(self) -> None:
        label = self.driver_label
        labelled = RENDERERS[self.form or "text"].labelled
        if not (self.output or (self.audience or "patient") in labelled):
            raise click.UsageError("--driver-label goes with --for driver, --format html or -o.")
        if not label.isprintable() or not label.strip() or len(label) > LONGEST_LABEL:
            said = f"expected up to {LONGEST_LABEL} printable characters"
            raise BadRequest("driver_label", said)
        if term := sensitive_term(label):
            said = f'says "{term}", and a driver is not told of the treatment'
            raise BadRequest("driver_label", said)

    def replaced_course(self, request: Request) -> Course | None:
        """The course of the patient that `--force` replaces, if there is one that can be read."""
        if not (self.output and self.force):
            return None
        try:
            return load_course(str(self.output / request.patient))
        except BadFile:
            return None

    def print_result(self, course: Course, written: list[Path]) -> None:
        """Print the course, or the names of the files that were written. Raises `BadRequest`."""
        _refuse_unknown_driver(self.rides_of, course)
        if written:
            note_done("the files are written")
        if self.output is None:
            terminal = sys.stdout is not None and sys.stdout.isatty()
            colour = terminal and not os.environ.get("NO_COLOR")
            view = View(
                self.audience or "patient", self.driver_label, self.rides_of, colour, self.large
            )
            click.echo(render(course, self.form or "text", view).encode(), nl=False)
        for path in written:
            click.echo(path)
        if any(path.name.startswith("rides") for path in written):
            several = any(path.parent.name == DRIVER_FOLDER for path in written)
            say("note", FOR_THE_DRIVERS if several else FOR_THE_DRIVER)

    @contextmanager
    def files(
        self,
        course: Course,
        *,
        with_course_file: bool = True,
        over_same: bool = False,
        former: Sequence[Course] = (),
    ) -> Iterator[list[Path]]:
        """Prepare the files of the course for the block, the course file last; yield their paths.

        They have their names after the block. There are none without an output folder. With
        `over_same`, files of the same course are written over. `former` are the courses that it
        follows, the first one first, whose course files are written, too. Raises `BadRequest`,
        `Refused`.
        """
        _refuse_unknown_driver(self.rides_of, course)
        if self.output is None:
            yield []
            return
        label = self.driver_label
        files = render_folder(course, driver_label=label, split=self.split, large=self.large)
        if with_course_file:
            files |= render_former_courses(former)
            files["course.json"] = render_course_file(course)
        folder = self.output / course.patient
        refuse_all_but("a folder", folder)
        is_taken = with_course_file and kind_at(folder / "course.json") == "a file"
        is_same = is_taken and holds_course(
            folder, course, refuse_later=over_same and not self.force
        )
        force = self.force or (over_same and is_same)
        if is_taken and not force:
            said = f"{folder}: there already, with a course"
            change = command_line("revise", str(folder), "--help")
            step = f"to change it: {change}\nto plan anew, its history lost: --force"
            raise Refused(said, next_step=step)
        with prepared_folder(folder, files, replaced=REPLACED_FILES, force=force) as paths:
            yield paths
        if is_taken and not is_same:
            say("note", REPLACED)


delivery_options = options.group(
    Delivery,
    "delivery",
    options.output_format(RENDERERS),
    audience_option("Whom it is for, which decides what it may say (patient)."),
    options.text(
        "--driver-label", "NAME", "What the driver's page and calendar call the patient (nothing)."
    ),
    options.text(
        "--rides-of",
        "NAME",
        "With --for driver: only the rides of this driver, where there are several.",
    ),
    options.flag("--large", "A page in large print: 18 points, in one column."),
    output_option("Write pages and calendars into DIR/<patient>/."),
    options.flag("--split", "With -o: each event as a file of its own, too."),
    options.flag("--force", "With -o: write over files that exist."),
)


def holds_course(folder: Path, course: Course, *, refuse_later: bool) -> bool:
    """Whether a folder has this course, in whatever revision.

    With `refuse_later` a later revision raises `Refused`.
    """
    try:
        found = load_course(str(folder))
    except BadFile:
        return False
    is_same = found.course_id == course.course_id
    if is_same and refuse_later and found.revision > course.revision:
        said = f"{folder}: has revision {found.revision} of the course, not {course.revision}"
        later = command_line("register", "import", str(folder))
        step = f"to keep the later one: {later}\nto go back to the older one: --force"
        raise Refused(said, next_step=step)
    return is_same


def _refuse_unknown_driver(name: str, course: Course) -> None:
    """Raise `BadRequest` for a driver whom the course has never had."""
    known = all_driver_names(course)
    if name and name not in known:
        step = f"one of: {', '.join(known)}" if known else "leave it out: no driver is named"
        said = f"{name} drives to no visit of this course"
        raise BadRequest("rides_of", said, next_step=step)
