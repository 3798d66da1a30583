"""`ketasched batch`: a roster into a folder of files, a manifest and a rejects file."""

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

import click

from ketasched.batch.desks import Desks
from ketasched.batch.ledger import (
    COLUMNS,
    REJECTED,
    Earlier,
    alone_in,
    begin,
    begun_at,
    books,
    is_a_book,
    manifest_line,
    refuse_earlier,
)
from ketasched.batch.nouns import Agenda, Outcome, Settings
from ketasched.batch.processes import dask, processes
from ketasched.batch.seats import Seats
from ketasched.batch.stream import ROWS, Line
from ketasched.cli.options import (
    busy_option,
    clinic_option,
    find_clinic,
    made_at_option,
    moment_of,
    protocol_option,
)
from ketasched.cli.output import say
from ketasched.cli.progress import progress
from ketasched.columns import DateOrder
from ketasched.errors import BadFile, BadRequest
from ketasched.handout import FILES
from ketasched.load import load_protocol
from ketasched.model import Clinic
from ketasched.roster import Roster, Row, csv_line, read_roster

if TYPE_CHECKING:
    from ketasched.calendars import Calendar

Sink = Callable[[Sequence[tuple[Row, Outcome]]], None]

STATUSES = ("planned", "kept", "rejected")

SOME_FAILED = 5
"""The exit code when rows were rejected."""

BUSY_DAYS = -366, 2 * 366
"""How far before and after the moment of planning calendars are read."""

USUAL = ("ics", "text", "json")
"""What is written for each patient unless said."""

LINES = "ndjson"
"""The format that prints each course on a line, instead of writing files."""

OPTIONS = (
    click.argument("roster", metavar="ROSTER"),
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
    clinic_option,
    busy_option,
    made_at_option,
    click.option(
        "--jobs", metavar="N", type=click.IntRange(1, 512), help="Processes at work (one a core)."
    ),
    click.option("--resume", is_flag=True, help="Go on with a run that was stopped."),
    click.option("--force", is_flag=True, help="Do it all again, over what is there."),
    click.option("--dry-run", is_flag=True, help="Write nothing; print the manifest."),
    click.option("--fail-fast", is_flag=True, help="Stop when a row is rejected."),
    click.option("--ignore-chairs", is_flag=True, help="Plan each row as if it were alone."),
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar='NAME="HEADING"',
        help="The roster's own heading of a column (again for each).",
    ),
    click.option(
        "--ignore-column",
        "ignored",
        multiple=True,
        metavar="HEADING",
        help="A column to pass over (again for each).",
    ),
    click.option(
        "--date-order",
        type=click.Choice(["mdy", "dmy"]),
        help="How to read dates such as 03/04/2027.",
    ),
    click.option("--shard", metavar="I/N", default="1/1", help="Only part I of N of the roster."),
    click.option("--dask", "cluster", metavar="ADDRESS", help="Work on this Dask cluster."),
    click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong."),
)


@dataclass(frozen=True)
class Run:
    """What the options ask for. Raises `UsageError` if they do not go together."""

    roster: str
    output: Path | None
    formats: tuple[str, ...]
    protocol: str
    clinic_path: str | None
    calendars: tuple[str, ...]
    made_at: str | None
    jobs: int | None
    resume: bool
    force: bool
    dry_run: bool
    fail_fast: bool
    ignore_chairs: bool
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    date_order: DateOrder
    shard: str
    cluster: str | None
    quiet: bool

    def __post_init__(self) -> None:
        if self.output is None and self.formats != (LINES,):
            raise click.UsageError(f"Give -o DIR, or --format {LINES} to print the courses.")
        if self.output and LINES in self.formats:
            raise click.UsageError(f"--format {LINES} is for what is printed; -o writes files.")
        if self.output is None and (self.resume or self.force or self.dry_run):
            raise click.UsageError("--resume, --force and --dry-run go with -o.")
        if self.resume and self.force:
            raise click.UsageError("--resume goes on, --force begins anew: one of the two.")
        _shard(self.shard)
        if self.output and is_a_book(self.roster, self.output):
            said = f"{self.roster} is written anew by this run; copy it, and give the copy."
            raise click.UsageError(said)

    def do(self) -> int:
        """Plan the roster. The exit code."""
        begun = time.monotonic()
        with ExitStack() as stack:
            stream = stack.enter_context(_opened(self.roster))
            names = dict(map(_named, self.columns))
            roster = read_roster(stream, names=names, ignored=self.ignored, path=self.roster)
            if self.clinic_path:
                find_clinic(self.clinic_path)  # what is wrong with it is said before all else
            load_protocol(self.protocol)
            _ = self._read_calendars  # the same
            done = self._in_folder if self.output else self._printed
            counts = done(roster, stack)
        if not self.quiet:
            self._tell(counts, time.monotonic() - begun)
        rows = sum(counts[one] for one in STATUSES)
        if rows and counts["unreadable"] == rows and not self.fail_fast:
            raise BadFile(f"{self.roster}: none of its rows can be read", next_step="see above")
        return SOME_FAILED if counts["rejected"] else 0

    def _in_folder(self, roster: Roster, stack: ExitStack) -> Counter[str]:
        """The roster into the folder, or only its manifest onto standard output."""
        assert self.output is not None  # noqa: S101 - asked before
        if self.dry_run:
            refuse_earlier(self.output, resumed=self.resume, force=self.force)
            settings = self._settings(begun_at(self.output) if self.resume else None)
            click.echo(csv_line(COLUMNS), nl=False)
            earlier = Earlier(self.output, begun=False)
            return self._through(roster, stack, settings, _print_manifest, earlier)
        stack.enter_context(alone_in(self.output))
        settings = self._settings(begun_at(self.output) if self.resume else None)
        begin(self.output, settings.made_at, resumed=self.resume, force=self.force)
        book = stack.enter_context(books(self.output, roster.header))
        earlier = Earlier(self.output, begun=True)
        counts = self._through(roster, stack, settings, book.write, earlier)
        if not (self.fail_fast and counts["rejected"]):
            earlier.finish()
        return counts

    def _printed(self, roster: Roster, stack: ExitStack) -> Counter[str]:
        """The roster's courses onto standard output, a line each."""
        return self._through(roster, stack, self._settings(None), _print_courses, None)

    def _settings(self, stopped: datetime | None) -> Settings:
        """What holds for all rows; a run that goes on is of the moment at which it began."""
        zone = None
        if self.made_at is not None and not re.search(r"(Z|[+-]\d\d:?\d\d)$", self.made_at):
            zone = ZoneInfo(self._usual_clinic[0].timezone)
        asked = None if stopped and self.made_at is None else moment_of(self.made_at, zone)
        # The workers of a cluster have been started in other folders.
        output = self.output.absolute() if self.output and self.cluster else self.output
        return Settings(
            asked or stopped or moment_of(None, zone),
            self.formats if self.output and self.formats else USUAL if self.output else (),
            output,
            writes=not self.dry_run,
            goes_on=self.resume,
            replaces=self.force,
            date_order=self.date_order,
        )

    def _through(
        self,
        roster: Roster,
        stack: ExitStack,
        settings: Settings,
        write: Sink,
        earlier: Earlier | None,
    ) -> Counter[str]:
        """The rows through the workers, and what became of them to `write`; how many of each."""
        executor, workers = stack.enter_context(self._executor())
        line = Line(
            settings,
            Desks(lambda: self._usual_clinic, self.protocol, self._agendas(settings.made_at)),
            executor,
            workers,
            seats=None if self.ignore_chairs else Seats(settings),
            known=earlier.of if earlier else lambda patient: None,
            note=earlier.note if earlier and settings.writes else lambda patients: None,
            shard=_shard(self.shard),
        )
        counts: Counter[str] = Counter()
        rows = takewhile(lambda _: not (self.fail_fast and counts["rejected"]), roster.rows)
        with progress(self.roster, quiet=self.quiet) as seen:
            outcomes = line.outcomes(rows)
            while some := list(islice(outcomes, ROWS)):
                for row, outcome in some:
                    counts.update(_count(row, outcome))
                write(some)
                seen(some[-1][0].line, len(some))
        return counts

    @cached_property
    def _usual_clinic(self) -> tuple[Clinic, str]:
        """The clinic of rows that name none, and its path."""
        return find_clinic(self.clinic_path)

    @cached_property
    def _read_calendars(self) -> "list[Calendar]":
        if not self.calendars:
            return []
        # Imported here because most rosters are planned without one.
        from ketasched.calendars import read_calendar  # noqa: PLC0415

        return [read_calendar(path) for path in self.calendars]

    def _agendas(self, made_at: datetime) -> Callable[[Clinic], Agenda | None]:
        """The busy times of the calendars at a clinic, about the moment of planning."""
        first, last = (made_at.date() + timedelta(days) for days in BUSY_DAYS)

        @cache
        def of_zone(zone: str) -> Agenda:
            found = [one.busy(ZoneInfo(zone), first, last) for one in self._read_calendars]
            busy = sorted(chain.from_iterable(found), key=lambda one: one.start.timestamp())
            return Agenda(first, last, tuple(busy))

        return lambda clinic: of_zone(clinic.timezone) if self.calendars else None

    def _executor(self) -> AbstractContextManager[tuple[Executor, int]]:
        return dask(self.cluster) if self.cluster else processes(self.jobs or _cores())

    def _tell(self, counts: Counter[str], seconds: float) -> None:
        done = counts["planned"] + counts["kept"]
        said = f"{done:,} planned"
        if counts["kept"]:
            said += f" ({counts['kept']:,} of them before)"
        if counts["rejected"]:
            where = f", see {self.output / REJECTED}" if self.output and not self.dry_run else ""
            said += f", {counts['rejected']:,} rejected{where}"
        say("note", f"{said}; {seconds:.1f} s")


def _count(row: Row, outcome: Outcome) -> Iterator[str]:
    """What a row counts as."""
    yield "kept" if outcome.kept else outcome.status
    if row.problem is not None:
        yield "unreadable"


def _print_manifest(some: Sequence[tuple[Row, Outcome]]) -> None:
    for row, outcome in some:
        click.echo(manifest_line(outcome), nl=False)
        _say_why_rejected(row, outcome)


def _print_courses(some: Sequence[tuple[Row, Outcome]]) -> None:
    for row, outcome in some:
        if outcome.status == "planned":
            click.echo(outcome.text)
        _say_why_rejected(row, outcome)


def _say_why_rejected(row: Row, outcome: Outcome) -> None:
    if outcome.status == "rejected":
        say("error", f"row {row.number}, line {row.line}: {outcome.rule}: {outcome.reason}")


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The roster as a stream of bytes; "-" is standard input. Raises `BadFile`."""
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below, where nothing is caught
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        step = "give the path of a roster that is there"
        raise BadFile(f"{path}: cannot be read: {said}", next_step=step) from None
    with stream:
        yield stream


def _named(text: str) -> tuple[str, str]:
    """A column and its heading, of 'start=Start date'."""
    name, sign, heading = text.partition("=")
    if not sign or not heading.strip():
        said = f'expected a column and its heading, not "{text}"'
        raise BadRequest("column", said, next_step='--column start="Start date"')
    return name.strip().replace("-", "_"), heading


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
def command(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - to `Run`
    """Plan a whole roster (CSV or NDJSON; - is standard input), row by row.

    \b
    ketasched batch roster.csv -o courses
    ketasched batch roster.csv -o courses --resume
    ketasched batch roster.ndjson --format ndjson >courses.ndjson
    """
    ctx.exit(Run(**options).do())
