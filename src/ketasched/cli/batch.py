"""`ketasched batch`: a roster into a folder of files, a manifest and a rejects file."""

import os
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from ketasched.batch.changes import KINDS
from ketasched.batch.executors import dask, processes
from ketasched.batch.fingerprints import VERSION
from ketasched.batch.folders import alone_in
from ketasched.batch.manifest import CHANGES, COLUMNS, REJECTED
from ketasched.batch.previous_run import begun_in, is_a_book, refuse_earlier
from ketasched.batch.records import Settings
from ketasched.batch.routing import Desks
from ketasched.batch.runner import Batch, Tally
from ketasched.batch.shared_calendars import agendas
from ketasched.batch.worker import BUG
from ketasched.cli.batch_output import (
    print_courses,
    print_manifest,
    progress,
    said_of,
    seconds,
    together_options,
)
from ketasched.cli.options import (
    a_file,
    busy_option,
    clinic_option,
    find_clinic,
    heading_options,
    made_at_option,
    moment_of,
    named,
    protocol_option,
)
from ketasched.cli.output import INTERRUPTED, SOME_FAILED, say
from ketasched.cli.register_option import NOT_BOOKED, open_book, refuse_stranger, register_option
from ketasched.cli.roster_source import Source, opened
from ketasched.errors import BadFile, BadRequest, KetaschedError
from ketasched.files.csv_cells import csv_line
from ketasched.files.load import load_protocol
from ketasched.files.request_fields import DateOrder
from ketasched.files.roster import Roster, read_roster
from ketasched.model import Clinic
from ketasched.render.patient_folder import FILES
from ketasched.rules import Past
from ketasched.together import refuse_without_extra

if TYPE_CHECKING:
    from ketasched.files.busy import Calendar
    from ketasched.register.register import Book

STATUSES = ("planned", "kept", "rejected")

ALONE = "visits of courses in other folders are not known here: make sure that chairs are free"
ALIKE = (
    "{} and {} are not told apart when courses are looked up later: give each a name of its own, "
    "or an id_salt"
)

USUAL = ("ics", "text", "json")
"""What is written for each patient unless said."""

LINES = "ndjson"
"""The format that prints each course on a line, instead of writing files."""

OPTIONS = (
    click.argument("roster", metavar="ROSTER", shell_complete=a_file),
    click.option(
        "-o",
        "--output",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Write DIR/<patient>/ for each row, with manifest.csv and rejects.csv.",
    ),
    click.option(
        "--format",
        "formats",
        multiple=True,
        type=click.Choice((*FILES, LINES)),
        help="What to write for each patient, again for each (ics, text, json); "
        f"{LINES}, without -o, prints each course on a line.",
    ),
    protocol_option,
    clinic_option(),
    busy_option,
    register_option,
    made_at_option,
    click.option(
        "--jobs", metavar="N", type=click.IntRange(1, 512), help="Processes at work (one a core)."
    ),
    click.option("--resume", is_flag=True, help="Go on with a run that was stopped."),
    click.option(
        "--force",
        is_flag=True,
        help="Do it all again, also over revised courses.",
    ),
    click.option("--dry-run", is_flag=True, help="Write nothing; print the manifest."),
    click.option("--fail-fast", is_flag=True, help="Stop when a row is rejected."),
    click.option("--ignore-chairs", is_flag=True, help="Plan each row as if it were alone."),
    *together_options,
    *heading_options,
    click.option("--shard", metavar="I/N", default="1/1", help="Only part I of N of the roster."),
    click.option("--dask", "cluster", metavar="ADDRESS", help="Work on this Dask cluster."),
    click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong."),
    click.option(
        "--verbose",
        is_flag=True,
        help="Where no rejects are written: say what stands in cells that are wrong.",
    ),
)


@dataclass(frozen=True)
class BatchOptions:
    """What the options ask for. Raises `UsageError` if they do not go together."""

    roster: str
    output: Path | None
    formats: tuple[str, ...]
    protocol: str
    clinic_path: str | None
    calendars: tuple[str, ...]
    register: str | None
    made_at: str | None
    jobs: int | None
    resume: bool
    force: bool
    dry_run: bool
    fail_fast: bool
    ignore_chairs: bool
    together: bool
    limit: str | None
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    date_order: DateOrder
    shard: str
    cluster: str | None
    quiet: bool
    verbose: bool

    def __post_init__(self) -> None:
        if self.output is None and self.formats != (LINES,):
            raise click.UsageError(f"Give -o DIR, or --format {LINES} to print the courses.")
        if self.output and LINES in self.formats:
            raise click.UsageError(f"--format {LINES} is for what is printed; -o writes files.")
        if self.output is None and (self.resume or self.force or self.dry_run):
            raise click.UsageError("--resume, --force and --dry-run go with -o.")
        if self.resume and self.force:
            raise click.UsageError("--resume goes on, --force begins anew: one of the two.")
        if self.register is not None and self.ignore_chairs:
            raise click.UsageError(
                "--register keeps chairs, --ignore-chairs does not: one of two."
            )
        if self.together and self.ignore_chairs:
            raise click.UsageError("--together is about chairs, which --ignore-chairs leaves out.")
        if self.limit and not self.together:
            raise click.UsageError("--limit goes with --together.")
        seconds(self.limit)
        _shard(self.shard)

    def do(self) -> int:
        """Plan the roster. The exit code."""
        begun = time.monotonic()
        with ExitStack() as stack:
            source = stack.enter_context(opened(self.roster))
            self._refuse_book(source)
            there = self.output if self.output and self.output.is_dir() else None
            if (there and not self.ignore_chairs) or self.together:
                source.keep(there)  # it is looked through for who keeps their chairs, or wants one
            roster = self._read(source)
            if self.clinic_path:
                find_clinic(self.clinic_path)  # what is wrong with it is said before all else
            load_protocol(self.protocol)
            if self.together:
                refuse_without_extra()
            _ = self._read_calendars, self._book  # the same
            tally = self._planned(roster, source, stack)
        if not self.quiet:
            self._tell(tally, time.monotonic() - begun)
        if past := tally.rows[Past.name]:
            some = "1 course begins" if past == 1 else f"{past:,} courses begin"
            say("warning", f"{some} before today: see the notes in the manifest ({Past.name})")
        return self._code(tally.rows)

    def _refuse_book(self, source: Source) -> None:
        stat = source.stat()
        if self.output and stat and is_a_book(stat, self.output):
            name = "standard input" if self.roster == "-" else self.roster
            said = f"{name} is written anew by this run; copy it, and give the copy."
            raise click.UsageError(said)

    def _read(self, source: Source) -> Roster:
        names = dict(map(named, self.columns))
        return read_roster(source.stream(), names=names, ignored=self.ignored, path=self.roster)

    def _planned(self, roster: Roster, source: Source, stack: ExitStack) -> Tally:
        """What became of the roster, in the folder or printed."""
        if self.output and not self.dry_run:
            stack.enter_context(alone_in(self.output))
        if self.output:
            refuse_earlier(self.output, resumed=self.resume, force=self.force)
        settings = self._settings()
        executor, workers = stack.enter_context(self._executor())
        work = Batch(
            roster,
            lambda: self._read(source).rows,
            settings,
            self._desks(settings),
            executor,
            workers,
            stack.enter_context(progress(self.roster, quiet=self.quiet)),
            book=self._book,
            counts_chairs=not self.ignore_chairs,
            limit=seconds(self.limit) if self.together else None,
            fail_fast=self.fail_fast,
            shard=_shard(self.shard),
        )
        if self.output is None:
            return work.through(partial(print_courses, verbose=self.verbose))
        if not self.dry_run:
            return work.into_folder(self.output)
        click.echo(csv_line(COLUMNS), nl=False)
        return work.only_tried(self.output, partial(print_manifest, verbose=self.verbose))

    def _settings(self) -> Settings:
        """What holds for all rows; a run that goes on is of the moment at which it began."""
        zone = None
        if self.made_at is not None and not re.search(r"(Z|[+-]\d\d:?\d\d)$", self.made_at):
            zone = ZoneInfo(self._usual_clinic[0].timezone)
        stopped = begun_in(self.output) if self.output and self.resume else None
        asked = None if stopped and self.made_at is None else moment_of(self.made_at, zone)
        if stopped and asked and asked != stopped.made_at:
            said = f"the run that was stopped is of {stopped.made_at.isoformat()}"
            raise BadRequest("made_at", said, next_step="leave it out, to go on at that moment")
        # The workers of a cluster have been started in other folders.
        output = self.output.absolute() if self.output and self.cluster else self.output
        return Settings(
            stopped.made_at if stopped else asked or moment_of(None, zone),
            self.formats if self.output and self.formats else USUAL if self.output else (),
            output,
            writes=not self.dry_run,
            goes_on=self.resume,
            replaces=self.force,
            version=VERSION,
            date_order=self.date_order,
        )

    @cached_property
    def _usual_clinic(self) -> tuple[Clinic, str]:
        """The clinic of rows that name none, and its path."""
        return find_clinic(self.clinic_path)

    def _clinic_of_rows(self) -> tuple[Clinic, str]:
        clinic, path = self._usual_clinic
        if self._book:
            refuse_stranger(self._book, clinic, path)
        return clinic, path

    @cached_property
    def _read_calendars(self) -> "list[Calendar]":
        if not self.calendars:
            return []
        # Imported here because most rosters are planned without one.
        from ketasched.files.busy import read_calendar  # noqa: PLC0415

        return [read_calendar(path) for path in self.calendars]

    @cached_property
    def _book(self) -> "Book | None":
        return open_book(self.register, make=not self.dry_run)

    def _desks(self, settings: Settings) -> Desks:
        agenda = agendas(self._read_calendars, settings.made_at)
        return Desks(self._clinic_of_rows, self.protocol, agenda)

    def _executor(self) -> AbstractContextManager[tuple[Executor, int]]:
        if self.cluster is not None:
            return dask(self.cluster)
        return processes(self.jobs or _cores())

    def _code(self, counts: Counter[str]) -> int:
        """The exit code. Raises `BadFile` if nothing could be read."""
        rows = sum(counts[one] for one in STATUSES)
        if counts[BUG]:
            return KetaschedError.exit_code
        if rows and counts["unreadable"] == rows and not self.fail_fast:
            step = (
                f"see {self.output / REJECTED}"
                if self.output and not self.dry_run
                else "see above"
            )
            raise BadFile(f"{self.roster}: none of its rows can be read", next_step=step)
        return SOME_FAILED if counts["rejected"] else 0

    def _tell(self, tally: Tally, seconds: float) -> None:
        counts = tally.rows
        planned = counts["planned"] + counts["kept"]
        said = f"{planned:,} planned"
        if counts["kept"]:
            said += f" ({counts['kept']:,} of them before)"
        if counts["rejected"]:
            where = f", see {self.output / REJECTED}" if self.output and not self.dry_run else ""
            said += f", {counts['rejected']:,} rejected{where}"
        say("note", f"{said}; {seconds:.1f} s")
        changed = [f"{tally.changes[one]:,} {one}" for one in KINDS if tally.changes[one]]
        if self.output and changed:
            is_written = not self.dry_run and any(one != "kept" for one in tally.changes)
            where = f", see {self.output / CHANGES}" if is_written else ""
            say("note", f"since the run before: {', '.join(changed)}{where}")
        if self._book and planned:
            booked = NOT_BOOKED if self.dry_run else f"booked in {self._book.place}"
            say("note", booked)
        for name, found in tally.plans:
            say("note", said_of(name, found))
        if tally.chairs_alone:
            say("note", ALONE)
        if tally.alike:
            say("note", ALIKE.format(*tally.alike))


def _shard(text: str) -> tuple[int, int]:
    """The number of a part and how many there are, of "2/8"."""
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
    number, count = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= number <= count:
        said = f'expected a part and the number of parts, not "{text}"'
        raise BadRequest("shard", said, next_step="--shard 2/8")
    return number, count


def _cores() -> int:
    """The cores that this process may use."""
    may_use = getattr(os, "sched_getaffinity", None)
    return len(may_use(0)) if may_use else os.cpu_count() or 1


def _with_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(OPTIONS):
        function = option(function)
    return function


@click.command("batch")
@_with_options
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - to `BatchOptions`
    """Plan a whole roster (CSV or NDJSON; - is standard input), row by row.

    \b
    ketasched batch roster.csv -o courses
    ketasched batch roster.csv -o courses --resume
    ketasched batch waiting.csv -o waiting --together --limit 2m
    ketasched batch roster.ndjson --format ndjson >courses.ndjson
    """
    asked = BatchOptions(**options)
    try:
        code = asked.do()
    except KeyboardInterrupt:
        goes_on = asked.output and not asked.dry_run
        say("error", "stopped" + ("; what is done is kept" if goes_on else ""))
        if goes_on:
            say("try", "the same with --resume, to go on")
        code = INTERRUPTED
    ctx.exit(code)
