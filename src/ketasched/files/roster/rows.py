"""Rosters: many requests in one CSV or NDJSON stream, row by row, none lost and none mended.

A row that cannot be read says why and stops no other. Cells stay text as it stands: `NA`, `null`,
`007` and "=1+1" are what they are; only spaces around them are taken off. A line on which nothing
stands, or nothing but separators, as spreadsheets leave them below the last row, is no row.

Nothing is held but the row at hand: see `records` for what bounds it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal, NamedTuple

from ketasched.errors import BadRequest
from ketasched.files.csv_cells import as_it_was
from ketasched.files.request_fields import (
    COLUMNS,
    ROSTER_COLUMNS,
    DateOrder,
    read_request,
    spelled_date,
)
from ketasched.files.roster.csv_records import (
    MOST_CELL,
    MOST_ROW,
    TOO_LONG,
    Grammar,
    Lines,
    Record,
    cell_pattern,
    cells_of,
    is_blank,
    records,
    shortened,
)
from ketasched.files.roster.dialect import header_of, opening
from ketasched.files.roster.headings import REQUIRED, Naming, columns_of
from ketasched.files.roster.ndjson import ROW, is_text, texts_of_json, unfit
from ketasched.model import Request

Form = Literal["csv", "ndjson"]

REJECTS = ("row", "rule", "reason")
"""The last columns of a file of rejects that we wrote; `row` is the number in its roster.

Such a file is a roster again once its rows are mended: these are passed over, and the "'" of
`cells.harmless` is taken off. In any other roster a "'" stays.
"""

JSON_COLUMN = "json"
"""The one column of the rejects of an NDJSON roster: the line as it was."""


class Row(NamedTuple):
    """One row of a roster.

    `number` counts rows from 1, the first after the header; `line` is the line of the file, from
    1, on which it begins. `texts` has the cells that are not empty, by column, without the spaces
    around them; `problem` is why they cannot be used, if they cannot.

    `given` is the row as it was, for a file of rejects: a cell for each heading, or, where it does
    not come apart so, its line as a single cell (cut off where the line is too long to hold). What
    is no UTF-8 in it is kept by "surrogateescape": `cells.csv_line` writes the same bytes again.
    """

    number: int
    line: int
    texts: Mapping[str, str]
    given: tuple[str, ...]
    problem: BadRequest | None = None

    def __repr__(self) -> str:
        return object.__repr__(self)


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster whose header has been read, and whose rows come as they are asked for, once.

    `header` is the headings as they stand, without those that only a file of rejects has. Such a
    file is a part of the roster that it is of (`is_part`): who is not in it may be in that.
    """

    form: Form
    header: tuple[str, ...]
    rows: Iterator[Row]
    is_part: bool = False


def read_roster(
    stream: BinaryIO,
    *,
    form: Form | None = None,
    names: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    path: str = "the roster",
) -> Roster:
    """The roster in this stream; NDJSON is what begins with "{", unless `form` says which it is.

    `names` maps columns to the roster's own headings, `ignored` are headings to pass over, `path`
    is what messages call the file. Raises `BadRequest` for a name in `names` that is no column's,
    and `BadFile` for what is no roster at all: empty, no UTF-8 text, or with a header in which a
    column is unknown, there twice, or missing. In NDJSON an unknown key is a problem of its row.
    What the stream itself raises is passed on.
    """
    naming = Naming(names or {}, ignored)
    lines = Lines(stream)
    start = opening(lines, path)
    if form == "ndjson" or (form is None and start.startswith(b"{")):
        return Roster("ndjson", (JSON_COLUMN,), _json_rows(lines, naming))
    delimiter, headings, place = header_of(lines, naming, path)
    own = len(REJECTS)
    again = tuple(headings[-own:]) == REJECTS and not any(map(naming.column, REJECTS))
    if again:
        headings = [as_it_was(heading) for heading in headings[:-own]]
    whole = Sheet(tuple(headings), (), delimiter, again=again)
    if again and headings == [JSON_COLUMN]:
        return Roster("csv", whole.header, _mended_json_rows(lines, naming, whole), is_part=True)
    columns = columns_of(headings, naming, place)
    sheet = Sheet(tuple(headings), columns, delimiter, again=again)
    return Roster("csv", sheet.header, _csv_rows(lines, sheet), is_part=again)


def request_of_row(row: Row, order: DateOrder = None) -> Request:
    """The request that a row makes. Raises `BadRequest` with all that is wrong, or "row".

    `clinic`, `protocol` and `priority` are checked here, and are used from `row.texts`.
    """
    if row.problem is not None:
        raise row.problem
    texts: dict[str, str | tuple[str, ...]] = {}
    for name, text in row.texts.items():
        if name in COLUMNS and COLUMNS[name].several:
            texts[name] = tuple(part.strip() for part in text.split(";") if part.strip())
        elif name in COLUMNS:
            texts[name] = text
    return read_request(texts, order, besides=tuple(_own_problems(row)))


def _own_problems(row: Row) -> Iterator[tuple[str, str]]:
    """What is wrong with a row besides what it asks for."""
    for name in REQUIRED:
        if name not in row.texts:
            yield name, "is empty, and every row needs it"
    for name, text in row.texts.items():
        if name not in COLUMNS:
            try:
                ROSTER_COLUMNS[name].read(text, None)
            except ValueError as error:
                yield name, str(error)


@dataclass(frozen=True, slots=True)
class Sheet:
    """How the records of a CSV file become rows; `again` says that it is a file of rejects."""

    header: tuple[str, ...]
    columns: tuple[str, ...]
    delimiter: str
    again: bool

    def is_row(self, raw: bytes) -> bool:
        """Whether the line, read without regard to quotes, has a patient and a date to start."""
        if raw.count(self.delimiter.encode()) < len(self.header) - 1 or not self.columns:
            return False
        cells = [cell.strip() for cell in _text(raw).split(self.delimiter)]
        patient, start = (cells[self.columns.index(name)] for name in REQUIRED)
        return bool(patient) and (_is_date(start, "dmy") or _is_date(start, "mdy"))

    def records(self, lines: Lines) -> Iterator[tuple[Record, tuple[str, ...] | BadRequest]]:
        """Each record that is a row, with a cell for each heading, or why it has not that many."""
        pattern = cell_pattern(self.delimiter)
        width = len(self.header) + len(REJECTS) * self.again
        for record in records(lines, Grammar(self.delimiter, self.is_row)):
            if record.said:
                yield record, BadRequest(ROW, record.said)
                continue
            cells = cells_of(_text(record.raw), self.delimiter, pattern)
            if not cells[0].strip() and is_blank(cells):
                continue
            if len(cells) > width and is_blank(cells[width:]):
                del cells[width:]
            if len(cells) != width:
                yield record, _wrong_width(len(cells), width)
            elif self.again:
                yield record, tuple(as_it_was(cell) for cell in cells[: -len(REJECTS)])
            else:
                yield record, tuple(cells)


def _csv_rows(lines: Lines, sheet: Sheet) -> Iterator[Row]:
    for number, (record, cells) in enumerate(sheet.records(lines), 1):
        if isinstance(cells, BadRequest):
            yield Row(number, record.line, {}, (_text(record.raw),), cells)
            continue
        texts = {
            name: text
            for name, cell in zip(sheet.columns, cells, strict=True)
            if name and (text := cell.strip())
        }
        yield Row(number, record.line, texts, cells, _unfit_cell(record.raw, sheet.header, cells))


def _mended_json_rows(lines: Lines, naming: Naming, sheet: Sheet) -> Iterator[Row]:
    """The rows of an NDJSON roster's rejects."""
    for number, (record, cells) in enumerate(sheet.records(lines), 1):
        if isinstance(cells, BadRequest):
            yield Row(number, record.line, {}, (_text(record.raw),), cells)
        else:
            yield _json_row(number, record.line, cells[0], naming)


def _json_rows(lines: Lines, naming: Naming) -> Iterator[Row]:
    rows = ((line, raw) for line, raw in lines if raw.strip())
    for number, (line, raw) in enumerate(rows, 1):
        if len(raw) > MOST_ROW:
            given = _text(shortened(raw))
            yield Row(number, line, {}, (given,), BadRequest(ROW, TOO_LONG))
        else:
            yield _json_row(number, line, _text(raw).rstrip("\r\n"), naming)


def _json_row(number: int, line: int, text: str, naming: Naming) -> Row:
    try:
        return Row(number, line, texts_of_json(text, naming), (text,))
    except BadRequest as error:
        return Row(number, line, {}, (text,), error)


def _is_date(text: str, order: DateOrder) -> bool:
    try:
        spelled_date(text, order)
    except ValueError:
        return False
    return True


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _wrong_width(found: int, width: int) -> BadRequest:
    said = f"has {found:,} cell{'s' * (found != 1)}, and the header {width:,}"
    step = (
        "leave no empty cells out" if found < width else "put cells with a separator into quotes"
    )
    return BadRequest(ROW, f"{said}: {step}")


def _unfit_cell(raw: bytes, header: Iterable[str], cells: Iterable[str]) -> BadRequest | None:
    """Why one of the cells can be no text, if one cannot."""
    if b"\0" not in raw and len(raw) <= MOST_CELL and is_text(_text(raw)):
        return None
    for heading, cell in zip(header, cells, strict=True):
        if said := unfit(cell):
            return BadRequest(heading.strip(), said)
    return None
