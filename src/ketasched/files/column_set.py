"""`ColumnSet`: which columns a service wants, under which headings and in which form."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from ketasched.files.codec import Field, fields_of, plain
from ketasched.files.csv_cells import csv_line
from ketasched.model import Key, Plain, Problem, quote
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.queues import NAMED_ONLY, QUEUE_ROWS, Queue, QueueRow

_DIRECTIVE = "%[YymdjbBaAHIMSpzZ]"


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column: a value of the row, or a text that is the same in every row."""

    value: str | None = None
    """The value that stands in it."""
    text: str | None = None
    """The same text in every row."""
    moment_form: Annotated[
        str | None,
        Key(
            pattern=f"(?:[^%]|%%)*{_DIRECTIVE}(?:[^%]|%%|{_DIRECTIVE})*",
            form='a form of dates such as "%Y-%m-%d %H:%M"',
        ),
    ] = field(default=None, metadata={"key": "as"})
    """How a moment is written: as in Python's `strftime`; without it, ISO 8601."""
    words: Mapping[str, str] = field(default_factory=dict)
    """By a value, what is written for it; all others stay as they are."""

    def problems(self) -> Iterator[Problem]:
        """Problem unless there is either a value or a text, and of a text with a form."""
        if (self.value is None) == (self.text is None):
            yield "", "expected either value or text"
        elif self.text is not None and (self.moment_form is not None or self.words):
            yield "text", "is written as it is: as and words are for a value"

    def content(self, row: QueueRow) -> Plain:
        """What stands in the column, as plain data."""
        if self.value is None:
            return self.text
        found = getattr(row, self.value)
        if self.moment_form and isinstance(found, datetime):
            return found.strftime(self.moment_form)
        return self.words.get(found, found) if isinstance(found, str) else plain(found)


@dataclass(frozen=True, slots=True)
class ColumnSet:
    """The columns of a queue, in the order of the file."""

    format: Literal[1]
    """The format of the file."""
    rows: Queue
    """What the rows are."""
    columns: Annotated[Mapping[str, OutputColumn], Key(least=1, form="one column")]
    """By a heading, the name of a value, or a table."""
    delimiter: Literal[",", ";", "|", "\t"] = ","
    """What stands between two cells of a CSV file."""
    header: bool = True
    """Whether the first line of a CSV file has the headings."""

    def has_value(self, name: str) -> bool:
        """Whether any column has this value."""
        return any(column.value == name for column in self.columns.values())

    def record(self, row: QueueRow) -> dict[str, Plain]:
        """A row as plain data, by heading."""
        return {heading: column.content(row) for heading, column in self.columns.items()}

    def csv(self, rows: Iterable[QueueRow]) -> bytes:
        """The rows as CSV. Phone numbers are written as they are: "+1 555 0134"."""
        lines = [[*self.columns]] if self.header else []
        contents = (self.record(row).values() for row in rows)
        lines += [["" if one is None else str(one) for one in each] for each in contents]
        return b"".join(csv_line(cells, delimiter=self.delimiter) for cells in lines)


def usual_columns(queue: Queue) -> ColumnSet:
    """The columns of a queue where no file says them: each value under its own name."""
    names = (name for name in fields_of(QUEUE_ROWS[queue]) if name != NAMED_ONLY.get(queue))
    return ColumnSet(1, queue, {name: OutputColumn(name) for name in names})


def with_whole_columns(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a column set with a table in the place of each column that is only a value."""
    columns = data.get("columns")
    if not isinstance(columns, dict):
        return data
    whole = {
        heading: {"value": column} if isinstance(column, str) else column
        for heading, column in columns.items()
    }
    return data | {"columns": whole}


def column_set_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems with values that the rows do not have, and with forms that do not fit them.

    The data is as `with_whole_columns` returns it. What is of a wrong type is passed over, because
    the reader of the nouns reports it.
    """
    queue, columns = data.get("rows"), data.get("columns")
    rows = {str(one): kind for one, kind in QUEUE_ROWS.items()}.get(str(queue))
    if rows is None or not isinstance(columns, dict):
        return
    known = fields_of(rows)
    for heading, column in columns.items():
        value = column.get("value") if isinstance(column, dict) else None
        if isinstance(value, str) and value in known:
            yield from _form_problems(f"columns.{heading}", column, known[value])
        elif isinstance(value, str):
            hint = did_you_mean(value, known)
            yield f"columns.{heading}", f"{queue} have no value {quote(value)}{hint}"


def _form_problems(place: str, column: Mapping[str, Any], wanted: Field) -> Iterator[Problem]:
    """Problems with how the value of this field of the rows is to be written."""
    value, kind = wanted.name, wanted.kind
    if get_origin(kind) in (Union, UnionType):
        kind = get_args(kind)[0]  # the other one is None
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    if column.get("as") is not None and kind is not datetime:
        yield f"{place}.as", f"{value} is no moment"
    words = column.get("words")
    for word in words if isinstance(words, dict) else ():
        if choices and word not in choices:
            hint = did_you_mean(word, choices)
            yield f"{place}.words.{word}", f"{value} is never {quote(word)}{hint}"
        elif not choices and kind is not str:
            yield f"{place}.words.{word}", f"{value} is no word"
