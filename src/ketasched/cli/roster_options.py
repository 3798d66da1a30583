"""How a roster is read: its headings and the order of its dates, from options and a mapping."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import click

from ketasched.cli import options
from ketasched.errors import BadRequest
from ketasched.files.column_mapping import ColumnMapping, heading_and_column, normalise_heading
from ketasched.files.load import load_mapping
from ketasched.files.roster import Roster, read_roster
from ketasched.model import DateOrder

roster_options = (
    click.option(
        "--columns",
        "mapping_path",
        metavar="FILE.toml",
        type=options.FILE,
        help="A file that says what the headings of an export mean.",
    ),
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
    options.date_order,
)
"""The options that say how a roster is to be read."""


@dataclass(frozen=True)
class RosterOptions:
    """The options that say how a roster is read; they take precedence over a mapping file."""

    mapping_path: str | None
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    date_order: DateOrder

    @cached_property
    def _mapping(self) -> ColumnMapping:
        return load_mapping(self.mapping_path) if self.mapping_path else ColumnMapping(1, {})

    @property
    def order(self) -> DateOrder:
        """Whether dates of numbers have the month or the day first. Raises `BadFile`."""
        return self.date_order or self._mapping.date_order

    @cached_property
    def names(self) -> dict[str, str]:
        """The roster's own heading of each column. Raises `BadFile` or `BadRequest`."""
        typed = dict(map(_parse_heading, self.columns))
        taken = set(map(normalise_heading, (*typed.values(), *self.ignored)))
        mapped = self._mapping.headings.items()
        return {name: own for name, own in mapped if normalise_heading(own) not in taken} | typed

    def read_roster(self, stream: BinaryIO, path: str) -> Roster:
        """The roster in a stream, which messages call `path`. Raises `BadFile`, `BadRequest`."""
        names, ignored = self.names, (*self._mapping.ignore, *self.ignored)
        return read_roster(stream, names=names, ignored=ignored, path=path)


def _parse_heading(text: str) -> tuple[str, str]:
    """The column and the heading of 'start=Start date', either way round. Raises `BadRequest`."""
    name, sign, heading = text.partition("=")
    if not sign or not heading.strip():
        said = f'expected a column and its heading, not "{text}"'
        step = 'in place of --column: --column start="Start date"'
        raise BadRequest("column", said, next_step=step)
    heading, name = heading_and_column(heading, name.strip().replace("-", "_"))
    return name, heading


def unsettled_line(columns: Counter[str]) -> str:
    """The columns with dates that can be read in two ways, with the number of rows of each."""
    counts = (
        f"{name} ({rows:,} row{'s' * (rows != 1)})" for name, rows in sorted(columns.items())
    )
    return f"day or month first in {', '.join(counts)}? a date there can be read both ways"
