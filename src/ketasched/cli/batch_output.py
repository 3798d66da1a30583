"""What `batch` prints of each row where it writes no folder: a line, or why it is rejected."""

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from ketasched.batch.manifest import manifest_line
from ketasched.batch.records import Outcome
from ketasched.cli.output import say
from ketasched.errors import BadRequest, NoPlan
from ketasched.files.roster import Row
from ketasched.together import Together, Waits

EXAMPLE_OR_VALUE = re.compile(r'((?:such as|or) "[^"]*")|"[^"]*"')
"""In the reason why a row is rejected: an example of what is expected, or what stands there."""


def print_manifest(some: Sequence[tuple[Row, Outcome]], *, verbose: bool) -> None:
    """Print the manifest's line of each row."""
    for row, outcome in some:
        click.echo(manifest_line(outcome), nl=False)
        _say_why_rejected(row, outcome, verbose=verbose)


def print_courses(some: Sequence[tuple[Row, Outcome]], *, verbose: bool) -> None:
    """Print the course of each row that has one, a line each."""
    for row, outcome in some:
        if outcome.status == "planned":
            click.echo(outcome.text)
        _say_why_rejected(row, outcome, verbose=verbose)


def _say_why_rejected(row: Row, outcome: Outcome, *, verbose: bool) -> None:
    if outcome.status == "rejected":
        reason = outcome.reason if verbose else _without_values(outcome.reason, row)
        say("error", f"row {row.number}, line {row.line}: {outcome.rule}: {reason}")


def _without_values(reason: str, row: Row) -> str:
    """The reason without what stands in cells: this is logged, and a name may be among them."""
    if any('"' in cell for cell in row.given):
        return re.sub('".*"', '"…"', reason)
    return EXAMPLE_OR_VALUE.sub(lambda found: found[1] or '"…"', reason)


CHUNK = 1024 * 1024


@contextmanager
def progress(path: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """What is told each time that rows are done: the line that was reached, and how many rows.

    On a terminal, and of a file whose length is known, it draws a bar; else it does nothing.
    """
    # Counting the lines of a pipe would take them away from who reads it.
    if quiet or not Path(path).is_file() or not sys.stderr.isatty():
        yield lambda line, rows: None
        return
    with click.progressbar(length=_lines(path), file=sys.stderr, label="rows") as bar:
        done, begun = 0, time.monotonic()

        def seen(line: int, rows: int) -> None:
            nonlocal done
            done += rows
            rate = done / max(time.monotonic() - begun, 0.001)
            bar.label = f"{done:,} rows, {rate:,.0f} a second"
            bar.update(max(line - bar.pos, 0))

        yield seen


def _lines(path: str) -> int:
    with Path(path).open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK), b""))


LIMIT = "60s"
"""How long a plan of many as one is looked for, unless said."""

together_options = (
    click.option("--together", is_flag=True, help="Plan the rows of a clinic's chairs as one."),
    click.option(
        "--limit",
        metavar="60s",
        help="With --together: about how long to look for a better plan, for each clinic (60s).",
    ),
)


def seconds(asked: str | None) -> float:
    """How many seconds "90s", "2m" or "90" are. Raises `BadRequest`."""
    text = asked or LIMIT
    found = re.fullmatch(r"(\d{1,5})(s|m|)", text, re.ASCII)
    if not found or not int(found[1]):
        said = f'expected seconds or minutes, not "{text}"'
        raise BadRequest("limit", said, next_step="--limit 60s")
    return int(found[1]) * (60 if found[2] == "m" else 1)


def said_of(name: str, found: Together) -> str:
    """A plan of many in words: who is seated and who waits, and how far it is from the bound."""
    waits = [one for one in found.outcomes if isinstance(one, Waits)]
    seated, waiting = len(found.courses), sum(isinstance(one.reason, NoPlan) for one in waits)
    worth, bound = found.worth, found.bound
    said = f"{name or 'the clinic'}, planned as one: {seated:,} seated, {waiting:,} waiting"
    said += f"; {worth.delay:,} days of delay in all"
    if found.is_best:
        return f"{said}; it is proven that no plan is better"
    if worth.seated < bound.seated:
        return f"{said}; at most {bound.seated - worth.seated:,} more could be (by priority)"
    if worth.delay == bound.delay:
        return f"{said}; only the spacing could be better"
    return f"{said}; no plan has fewer than {bound.delay:,}"
