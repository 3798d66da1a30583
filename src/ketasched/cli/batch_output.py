"""What `batch` prints: rows and courses without a folder, a progress bar, the summary of a run."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from ketasched.batch.changes import KINDS
from ketasched.batch.joint_rows import joint_plan_in_words
from ketasched.batch.manifest import CHANGES, REJECTED, manifest_line
from ketasched.batch.records import RowResult
from ketasched.batch.rejections import OUTPUT, REGISTER
from ketasched.batch.runner import Tally
from ketasched.cli.output import say
from ketasched.files.disk import open_file
from ketasched.files.request_parsing import ROSTER_FIELDS
from ketasched.files.roster import ROW, Row

PUBLIC_REASONS = {
    ROW: "cannot be read",
    OUTPUT: "its folder cannot be written",
    REGISTER: "the register does not take it",
}
"""By the rule that rejects a row, what a log may have where the reason may tell of a patient."""

CHAIRS = "visits of courses in other folders are not known here: make sure that chairs are free"
AMBIGUOUS = (
    "{} and {} are not told apart when courses are looked up later: give each a name of its own, "
    "or an id_salt"
)

CHUNK = 1024 * 1024
"""How many bytes of a roster are read at once to count its lines."""


def print_manifest(results: Sequence[tuple[Row, RowResult]], *, verbose: bool) -> None:
    """Print the manifest's line of each row."""
    for row, result in results:
        click.echo(manifest_line(result), nl=False)
        _say_why_rejected(row, result, verbose=verbose)


def print_courses(results: Sequence[tuple[Row, RowResult]], *, verbose: bool) -> None:
    """Print the course of each planned row, one a line."""
    for row, result in results:
        if result.status == "planned":
            click.echo(result.text)
        _say_why_rejected(row, result, verbose=verbose)


def _say_why_rejected(row: Row, result: RowResult, *, verbose: bool) -> None:
    # Dates that can be read both ways are said once, at the end.
    if result.status == "rejected" and (result.rest or not result.unsettled):
        reason = (result.rest or result.reason) if verbose else _public_reason(result)
        say("error", f"row {row.number}, line {row.line}: {result.rule}: {reason}")


def _public_reason(result: RowResult) -> str:
    """Why a row is rejected, without a word that stands in it or in the register."""
    if result.public_reason:
        return result.public_reason
    if result.rule in ROSTER_FIELDS:
        said = f"cannot be used; expected {ROSTER_FIELDS[result.rule].metavar}"
    else:
        said = PUBLIC_REASONS.get(result.rule, "cannot be used")
    return f"{said} (--verbose says more)"


@contextmanager
def progress(path: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A function to call when rows are done, with the line that was reached and their number.

    It draws a bar on a terminal if the length of the roster is known.
    """
    # To count the lines of a pipe would take them away from its reader.
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    if quiet or not is_terminal or not Path(path).is_file():
        yield lambda line, rows: None
        return
    with click.progressbar(length=_lines(path), file=sys.stderr, label="rows") as bar:
        done, begin = 0, time.monotonic()

        def report(line: int, rows: int) -> None:
            nonlocal done
            done += rows
            rate = done / max(time.monotonic() - begin, 0.001)
            bar.label = f"{done:,} rows, {rate:,.0f} a second"
            bar.update(max(line - bar.pos, 0))

        yield report
        report(bar.length or 0, 0)  # below the last row there may be lines that are blank


def _lines(path: str) -> int:
    with open_file(path) as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK), b""))


def say_summary(tally: Tally, seconds: float, folder: Path | None, booked: str) -> None:
    """Say what became of a run; `folder` is written into, `booked` says where rows were booked."""
    rows = tally.rows
    planned = rows["planned"] + rows["kept"]
    said = f"{planned:,} planned" if planned or rows["rejected"] else "there are no rows to plan"
    if rows["kept"]:
        said += f" ({rows['kept']:,} of them before)"
    if rows["rejected"]:
        said += f", {rows['rejected']:,} rejected"
        said += f", see {folder / REJECTED}" if folder else ""
    say("note", f"{said}; {seconds:.1f} s")
    changes = [f"{tally.changes[kind]:,} {kind}" for kind in KINDS if tally.changes[kind]]
    if changes:
        where = f", see {folder / CHANGES}" if folder and set(tally.changes) - {"kept"} else ""
        say("note", f"since the run before: {', '.join(changes)}{where}")
    if booked and planned:
        say("note", booked)
    for run in tally.plans:
        say("note", joint_plan_in_words(run))
    if tally.knows_no_chairs:
        say("note", CHAIRS)
    if tally.ambiguous:
        say("note", AMBIGUOUS.format(*tally.ambiguous))
