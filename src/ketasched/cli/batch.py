"""`ketasched batch`: a roster into a folder of files, a manifest and a rejects file."""

import os
import re
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ketasched.batch.executors import dask, processes
from ketasched.batch.fingerprints import VERSION
from ketasched.batch.folders import lock_output
from ketasched.batch.manifest import COLUMNS, REJECTED
from ketasched.batch.previous_run import (
    earlier_uids,
    is_own_file,
    refuse_previous_run,
    stopped_run,
)
from ketasched.batch.records import Settings
from ketasched.batch.rejections import BUG
from ketasched.batch.routing import Sites
from ketasched.batch.runner import Batch, Tally
from ketasched.batch.shared_calendars import shared_calendars, shared_days
from ketasched.cli import options
from ketasched.cli.batch_output import print_courses, print_manifest, progress, say_summary
from ketasched.cli.busy_option import busy_options, say_notes
from ketasched.cli.output import INTERRUPTED, SOME_FAILED, note_done, say
from ketasched.cli.register_option import (
    NOT_BOOKED,
    open_register,
    refuse_stranger,
    register_option,
)
from ketasched.cli.roster_options import RosterOptions, roster_options, unsettled_line
from ketasched.errors import BadFile, BadRequest, KetaschedError
from ketasched.files.busy_calendars import BusyCalendars
from ketasched.files.csv_cells import csv_line
from ketasched.files.load import load_protocol
from ketasched.files.roster import Roster
from ketasched.files.roster_source import RosterSource, open_roster
from ketasched.files.typed_dates import DATE_ORDER_STEP
from ketasched.model import Clinic
from ketasched.render.patient_folder import FOLDER_FILES
from ketasched.rules import Past
from ketasched.together import refuse_without_extra

if TYPE_CHECKING:
    from ketasched.files.busy import Calendar
    from ketasched.register.register import Register

DEFAULT_FORMATS = ("ics", "text", "json")
"""What is written for each patient unless `--format` is given."""

NDJSON = "ndjson"
"""The format that prints each course on a line, instead of writing files."""

BOOKED_SO_FAR = "what was booked before is in the register"
"""What a run that prints its courses has done if its output fails."""

OPTIONS = (
    click.argument("roster", metavar="ROSTER", type=options.FILE),
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
        type=click.Choice((*FOLDER_FILES, NDJSON)),
        help="What to write for each patient, again for each (ics, text, json); "
        f"{NDJSON}, without -o, prints each course on a line.",
    ),
    options.protocol,
    options.clinic(),
    *busy_options,
    register_option,
    options.made_at,
    click.option(
        "--jobs", metavar="N", type=click.IntRange(1, 512), help="Processes at work (one a core)."
    ),
    options.flag("--resume", "Go on with a run that was stopped."),
    options.flag("--force", "Do it all again, also over revised courses."),
    options.flag("--dry-run", "Write nothing; print the manifest."),
    options.flag("--fail-fast", "Stop when a row is rejected."),
    options.flag("--ignore-chairs", "Plan each row as if it were alone."),
    options.flag("--together", "Plan the rows of a clinic's chairs as one."),
    options.search_limit(
        "With --together: about how long to look for a better plan, for each clinic (60s)."
    ),
    *roster_options,
    click.option("--shard", metavar="I/N", default="1/1", help="Only part I of N of the roster."),
    click.option("--dask", "cluster", metavar="ADDRESS", help="Work on this Dask cluster."),
    options.flag("--quiet", "Say nothing unless something is wrong."),
    options.flag(
        "--verbose", "Where no rejects are written: say what stands in cells that are wrong."
    ),
)


@dataclass(frozen=True)
class BatchOptions(BusyCalendars, RosterOptions):
    """The options of the command. Raises `UsageError` if they exclude each other."""

    roster: str
    output: Path | None
    formats: tuple[str, ...]
    protocol: str
    clinic_path: str | None
    register_address: str | None
    made_at: str | None
    jobs: int | None
    resume: bool
    force: bool
    dry_run: bool
    fail_fast: bool
    ignore_chairs: bool
    together: bool
    limit: str | None
    shard: str
    cluster: str | None
    quiet: bool
    verbose: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.output is None and self.formats != (NDJSON,):
            raise click.UsageError(f"Give -o DIR, or --format {NDJSON} to print the courses.")
        if self.output and NDJSON in self.formats:
            raise click.UsageError(f"--format {NDJSON} is for what is printed; -o writes files.")
        if self.output is None and (self.resume or self.force or self.dry_run):
            raise click.UsageError("--resume, --force and --dry-run go with -o.")
        if self.resume and self.force:
            raise click.UsageError("--resume goes on, --force begins anew: one of the two.")
        if self.register_address is not None and self.ignore_chairs:
            raise click.UsageError(
                "--register keeps chairs, --ignore-chairs does not: one of two."
            )
        if self.together and self.ignore_chairs:
            raise click.UsageError("--together is about chairs, which --ignore-chairs leaves out.")
        if self.limit and not self.together:
            raise click.UsageError("--limit goes with --together.")
        _ = self._seconds, self._shard  # their errors are reported before anything is read

    def run(self) -> int:
        """Plan the roster, and return the exit code."""
        begin = time.monotonic()
        with ExitStack() as stack:
            source = stack.enter_context(open_roster(self.roster))
            roster = self._read(source)
            if self.clinic_path:
                options.find_clinic(self.clinic_path)  # its errors are reported before all others
            load_protocol(self.protocol)
            if self.together:
                refuse_without_extra()
            _ = self._busy_calendars, self._register
            tally = self._plan(roster, stack)
        if tally.unsettled and not (self.quiet and self._written):
            say("error", unsettled_line(tally.unsettled))
            goes_on = " --resume" if self._written and not self.force else ""
            for step in DATE_ORDER_STEP.split("\n"):
                say("try", f"{step}{goes_on}")
        say_notes([one.note for one in self._busy_calendars if one.note])
        if not self.quiet:
            booked = f"booked in {self._register.place}" if self._register else ""
            booked = NOT_BOOKED if booked and self.dry_run else booked
            say_summary(tally, time.monotonic() - begin, self._written, booked)
        if past := tally.rows[Past.name]:
            some = "1 course begins" if past == 1 else f"{past:,} courses begin"
            say("warning", f"{some} before today: see the notes in the manifest ({Past.name})")
        return self._exit_code(tally.rows)

    @property
    def _written(self) -> Path | None:
        """The folder that is written into, if any."""
        return None if self.dry_run else self.output

    @cached_property
    def _seconds(self) -> float:
        return options.seconds_of(self.limit)

    @cached_property
    def _shard(self) -> tuple[int, int]:
        """The number of a shard and the number of shards, of "2/8". Raises `BadRequest`."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", self.shard, re.ASCII)
        number, count = (int(part) for part in found.groups()) if found else (0, 0)
        if not 1 <= number <= count:
            said = f'expected a part and the number of parts, not "{self.shard}"'
            raise BadRequest("shard", said, next_step="--shard 2/8")
        return number, count

    def _read(self, source: RosterSource) -> Roster:
        stat = source.stat()
        if self.output and stat and is_own_file(stat, self.output):
            name = "standard input" if self.roster == "-" else self.roster
            raise click.UsageError(
                f"{name} is written anew by this run; copy it, and give the copy."
            )
        return self.read_roster(source.stream(), self.roster)

    def _plan(self, roster: Roster, stack: ExitStack) -> Tally:
        """Plan the roster into the folder, or print the results."""
        if self._written:
            stack.enter_context(lock_output(self._written))
        if self.output:
            refuse_previous_run(self.output, resumes=self.resume, replaces=self.force)
        settings = self._settings
        calendar_of = shared_calendars(self._busy_calendars, settings.made_at)
        submit, workers = stack.enter_context(
            dask(self.cluster) if self.cluster is not None else processes(self.jobs or _cores())
        )
        batch = Batch(
            roster,
            settings,
            Sites(self._clinic_of_rows, self.protocol, calendar_of),
            submit,
            workers,
            stack.enter_context(progress(self.roster, quiet=self.quiet)),
            self._register,
            counts_chairs=not self.ignore_chairs,
            limit=self._seconds if self.together else None,
            fail_fast=self.fail_fast,
            shard=self._shard,
        )
        if self._written:
            return batch.into_folder(self._written)
        if self.output is None:
            note_done(BOOKED_SO_FAR if self._register else "")
            return batch.run(partial(print_courses, verbose=self.verbose))
        click.echo(csv_line(COLUMNS), nl=False)
        return batch.dry_run(self.output, partial(print_manifest, verbose=self.verbose))

    @cached_property
    def _settings(self) -> Settings:
        """The settings for all rows; a run that is resumed keeps its moment of planning."""
        zone = None
        if self.made_at is not None and not options.has_offset(self.made_at):
            zone = ZoneInfo(self._usual_clinic[0].timezone)
        stopped = stopped_run(self.output) if self.output and self.resume else None
        if stopped and self.made_at is None:
            made_at = stopped.made_at
        else:
            made_at = options.moment_of(self.made_at, zone)
        if stopped and made_at != stopped.made_at:
            said = f"the run that was stopped is of {stopped.made_at.isoformat()}"
            raise BadRequest("made_at", said, next_step="leave it out, to go on at that moment")
        formats = self.formats or DEFAULT_FORMATS
        return Settings(
            stopped.made_at if stopped else made_at,
            formats if self.output else (),
            # The workers of a cluster have been started in other folders.
            self.output.absolute() if self.output and self.cluster else self.output,
            writes=not self.dry_run,
            resumes=self.resume,
            replaces=self.force,
            version=VERSION,
            date_order=self.order,
        )

    @cached_property
    def _usual_clinic(self) -> tuple[Clinic, str]:
        """The clinic of rows that name none, and its path."""
        return options.find_clinic(self.clinic_path)

    def _clinic_of_rows(self) -> tuple[Clinic, str]:
        clinic, path = self._usual_clinic
        if self._register:
            refuse_stranger(self._register, clinic, path)
        return clinic, path

    @cached_property
    def _busy_calendars(self) -> "list[Calendar]":
        """The calendars for all rows; the visits of an earlier run into the folder are its own."""
        if not self.calendars:
            return []
        is_again = self.resume or self.force
        own = earlier_uids(self.output) if self.output and is_again else ()
        return [*self.read(*shared_days(self._settings.made_at), own)]

    @cached_property
    def _register(self) -> "Register | None":
        return open_register(self.register_address, make=not self.dry_run)

    def _exit_code(self, rows: Counter[str]) -> int:
        """The exit code. Raises `BadFile` if no row could be read."""
        if rows[BUG]:
            return KetaschedError.exit_code
        number = rows["planned"] + rows["kept"] + rows["rejected"]
        if number and rows["unreadable"] == number and not self.fail_fast:
            step = f"see {self._written / REJECTED}" if self._written else "see above"
            raise BadFile(f"{self.roster}: none of its rows can be read", next_step=step)
        return SOME_FAILED if rows["rejected"] else 0


def _cores() -> int:
    """The cores that this process may use."""
    may_use = getattr(os, "sched_getaffinity", None)
    return len(may_use(0)) if may_use else os.cpu_count() or 1


@click.command("batch")
@options.group(BatchOptions, "batch", *OPTIONS)
@click.pass_context
def command(ctx: click.Context, /, *, batch: BatchOptions) -> None:
    """Plan a whole roster (CSV or NDJSON; - is standard input), row by row.

    \b
    ketasched batch roster.csv -o courses
    ketasched batch roster.csv -o courses --resume
    ketasched batch waiting.csv -o waiting --together --limit 2m
    ketasched batch roster.ndjson --format ndjson >courses.ndjson
    """
    try:
        code = batch.run()
    except KeyboardInterrupt:
        goes_on = batch.output and not batch.dry_run
        say("error", "stopped" + ("; what is done is kept" if goes_on else ""))
        if goes_on:
            say("try", "the same with --resume, to go on")
        code = INTERRUPTED
    ctx.exit(code)
