"""What `batch` prints of each row where it writes no folder: a line, or why it is rejected."""

import re
from collections.abc import Sequence

import click

from ketasched.batch.ledger import manifest_line
from ketasched.batch.nouns import Outcome
from ketasched.cli.output import say
from ketasched.roster import Row

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
