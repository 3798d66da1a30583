"""The options of the queues for a clinic's own services, and what they print."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import click

from ketasched.cli import options
from ketasched.cli.output import print_as
from ketasched.files.column_set import ColumnSet, usual_columns
from ketasched.files.load import load_column_set
from ketasched.model.queues import Queue, QueueRow
from ketasched.render.columns import aligned

FORMS = ("text", "csv", "ndjson", "json")


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """Which columns a queue has, from a file if there is one, and in which format it is."""

    column_set_path: str | None
    form: str | None

    def columns(self, queue: Queue) -> ColumnSet:
        """The columns of the file, else the usual ones. Raises `BadFile`."""
        path = self.column_set_path
        return load_column_set(path, queue) if path else usual_columns(queue)

    @property
    def is_text(self) -> bool:
        """Whether the output is for people: not for a service, which may want columns."""
        return (self.form or ("csv" if self.column_set_path else "text")) == "text"

    def print(
        self, rows: Sequence[QueueRow], columns: ColumnSet, lines: Sequence[Sequence[str]]
    ) -> None:
        """Print the rows in these columns, or as a table for people the cells of these lines."""
        if self.is_text:
            print_as(None, None, aligned(lines))
        elif self.form == "json":
            print_as("json", [columns.record(row) for row in rows], ())
        elif self.form == "ndjson":
            for row in rows:
                click.echo(json.dumps(columns.record(row), ensure_ascii=False))
        else:
            click.echo(columns.csv(rows), nl=False)


queue_options = (
    click.option(
        "--columns",
        "column_set_path",
        metavar="FILE",
        type=options.FILE,
        help="The columns that the service wants: docs/queues.md.",
    ),
    options.output_format(FORMS, "What to print (text; csv with --columns)."),
)
