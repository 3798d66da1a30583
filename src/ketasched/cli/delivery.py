"""How a command hands over a course: printed in some format, or written as files."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click

from ketasched.cli import options
from ketasched.cli.output import note_done, say
from ketasched.errors import BadFile, BadRequest
from ketasched.events.rides import all_driver_names
from ketasched.events.view import View
from ketasched.files.disk import kind_at
from ketasched.files.load import load_course
from ketasched.model import Audience, Course, Request
from ketasched.render import RENDERERS, render
from ketasched.render.course_folders import is_one_folder, prepared_folder_of, refuse_telling_label
from ketasched.render.patient_folder import DRIVER_FOLDER

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
        label, labelled = self.driver_label, RENDERERS[self.form or "text"].labelled
        if label and not (self.output or (self.audience or "patient") in labelled):
            raise click.UsageError("--driver-label goes with --for driver, --format html or -o.")
        refuse_telling_label(label)

    def replaced_course(self, request: Request) -> Course | None:
        """The course of the patient that `--force` replaces, if there is one that can be read."""
        if not (self.output and self.force):
            return None
        with suppress(BadFile):
            return load_course(str(self.output / request.patient))
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
        """Prepare the files of the course, if there is an output folder: `prepared_folder_of`."""
        _refuse_unknown_driver(self.rides_of, course)
        if self.output is None:
            yield []
            return
        with prepared_folder_of(
            course,
            self.output,
            driver_label=self.driver_label,
            split=self.split,
            large=self.large,
            force=self.force,
            over_same=over_same,
            former=former,
            with_course_file=with_course_file,
        ) as (paths, is_replaced):
            yield paths
        if is_replaced:
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


def _refuse_unknown_driver(name: str, course: Course) -> None:
    """Raise `BadRequest` for a driver whom the course has never had."""
    known = all_driver_names(course)
    if name and name not in known:
        step = f"one of: {', '.join(known)}" if known else "leave it out: no driver is named"
        said = f"{name} drives to no visit of this course"
        raise BadRequest("rides_of", said, next_step=step)


def say_what_is_left(old: Path, new: Path) -> None:
    """Say what has become of the folder of the old reference, now that there is a new one."""
    if kind_at(old) and not is_one_folder(old, new):
        say("note", f"{old} is still there: see whether what is in it is still needed")
    else:
        say("note", f"{old} is no longer there: its files have the new reference")
