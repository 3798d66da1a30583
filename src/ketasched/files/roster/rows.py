"""Reads rosters: many requests in one CSV or NDJSON stream, row by row.

A row that cannot be read has a problem, and the other rows are read all the same. Cells stay text:
`NA`, `null`, `007` and "=1+1" are not converted; only spaces and invisible characters are mended
(`clean_text`). A line that is blank, or has nothing but delimiters, as spreadsheets leave such
lines below the last row, is no row.

Only one row is held in memory; `csv_records` bounds its size.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from ketasched.errors import BadRequest
from ketasched.files.csv_cells import unescape_cell
from ketasched.files.request_parsing import EMPTY, REQUEST_FIELDS, ROSTER_FIELDS, read_request
from ketasched.files.roster.csv_records import LineReader, RecordScanner, read_records
from ketasched.files.roster.dialect import peek_first_line, read_header
from ketasched.files.roster.headings import REQUIRED, HeadingMap, map_headings
from ketasched.files.roster.ndjson import ROW, cell_problem, parse_json_row
from ketasched.files.typed_dates import spelled_date
from ketasched.files.typed_text import clean_text
from ketasched.model import DateOrder, Request

REJECT_COLUMNS = ("row", "rule", "reason")
"""The last columns of a file of rejects, which a batch writes; `row` is the row's number.

A file of rejects is a roster again once its rows are mended: these columns are ignored, and cells
are unescaped (`csv_cells.unescape_cell`). In any other roster a leading "'" stays.
"""

JSON_COLUMN = "json"
"""The only column of an NDJSON roster and of its rejects: the unchanged line."""


class Row(NamedTuple):
    """One row of a roster.

    `number` counts the rows after the header from 1; `line` is the number of the row's first line
    in the file, from 1. `texts` has the clean cells that are not empty, by column. `problem` is
    why the row cannot be used, or None.

    `raw_cells` is the unchanged row for a file of rejects: a cell for each heading, or, if the row
    has not that many cells, its line as a single cell (truncated if the line is too long). Bytes
    that are not UTF-8 are kept as lone surrogates ("surrogateescape"), which `csv_cells.csv_line`
    writes as the same bytes.
    """

    number: int
    line: int
    texts: Mapping[str, str]
    raw_cells: tuple[str, ...]
    problem: BadRequest | None = None

    def __repr__(self) -> str:
        return object.__repr__(self)


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster whose header has been read; `rows` is an iterator that reads on.

    `header` has the unchanged headings, without `REJECT_COLUMNS`. A file of rejects is only a part
    of its roster (`is_part`): other patients may be in the rest.
    """

    header: tuple[str, ...]
    rows: Iterator[Row]
    is_part: bool = False


def read_roster(
    stream: BinaryIO,
    *,
    names: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    path: str = "the roster",
) -> Roster:
    """The roster in a stream, which is NDJSON if it begins with "{", else CSV.

    `names` maps columns to the roster's own headings, `ignored` are headings to ignore, `path` is
    what messages call the file. Raises `BadRequest` for an unknown column in `names`. Raises
    `BadFile` if the stream is empty or not UTF-8 text, or if a column of the header is unknown,
    duplicate or missing. In NDJSON, an unknown key is a problem of its row. Errors of the stream
    are passed on.
    """
    heading_map = HeadingMap(names or {}, ignored)
    lines = LineReader(stream)
    if peek_first_line(lines, path).startswith(b"{"):
        layout = Layout((JSON_COLUMN,), (), "", is_rejects=False)
    else:
        delimiter, headings, place = read_header(lines, heading_map, path)
        own, last = headings[: -len(REJECT_COLUMNS)], headings[-len(REJECT_COLUMNS) :]
        is_rejects = tuple(last) == REJECT_COLUMNS and not any(map(heading_map.column, last))
        if is_rejects:
            headings = [unescape_cell(heading) for heading in own]
        is_json = is_rejects and headings == [JSON_COLUMN]
        columns = () if is_json else map_headings(headings, heading_map, place)
        layout = Layout(tuple(headings), columns, delimiter, is_rejects)
    return Roster(layout.header, layout.read_rows(lines, heading_map), layout.is_rejects)


def request_of_row(row: Row, order: DateOrder = None) -> Request:
    """The request in a row. Raises `BadRequest` with all problems of the row.

    `clinic`, `protocol` and `priority` are only checked: they are used from `row.texts`.
    """
    if row.problem is not None:
        raise row.problem
    texts: dict[str, str | tuple[str, ...]] = {}
    for name, text in row.texts.items():
        if name in REQUEST_FIELDS and REQUEST_FIELDS[name].several:
            texts[name] = tuple(part.strip() for part in text.split(";") if part.strip())
        elif name in REQUEST_FIELDS:
            texts[name] = text
    return read_request(texts, order, other_problems=tuple(_row_problems(row)))


def priority_of(row: Row) -> int:
    """How much a row weighs beside others: 1 unless it says more."""
    return int(row.texts.get("priority") or 1)


def _row_problems(row: Row) -> Iterator[tuple[str, str]]:
    """Problems of a row beside those of its request: each a column and a message."""
    for name in REQUIRED:
        if name not in row.texts:
            yield name, EMPTY
    for name, text in row.texts.items():
        if name not in REQUEST_FIELDS:
            try:
                ROSTER_FIELDS[name].read(text, None)
            except ValueError as error:
                yield name, str(error)


Contents = tuple[Mapping[str, str], tuple[str, ...], BadRequest | None]
"""The `texts`, `raw_cells` and `problem` of a row."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The headings, columns and delimiter of a roster, and whether it is a file of rejects.

    In an NDJSON roster each line is one cell, headed `JSON_COLUMN`; there is no delimiter. Such a
    roster and its rejects have no columns: the keys of the JSON in the cell name the columns.
    """

    header: tuple[str, ...]
    columns: tuple[str, ...]
    delimiter: str
    is_rejects: bool

    def read_rows(self, lines: LineReader, heading_map: HeadingMap) -> Iterator[Row]:
        """The rows of the records that are not blank."""
        scanner = RecordScanner(self.delimiter, self._is_row) if self.delimiter else None
        width = len(self.header) + len(REJECT_COLUMNS) * self.is_rejects
        number = 0
        for record in read_records(lines, scanner):
            text = _decode(record.raw)
            cells = scanner.split(text) if scanner and not record.problem else [text]
            if scanner and not any(map(clean_text, cells)):  # nothing but delimiters
                continue
            number += 1
            if not any(map(clean_text, cells[width:])):
                del cells[width:]
            if problem := record.problem or _width_problem(len(cells), width):
                yield Row(
                    number, record.line, {}, (text,), BadRequest(ROW, problem, public=problem)
                )
            else:
                yield Row(number, record.line, *self._read_cells(cells, heading_map))

    def _is_row(self, raw: bytes) -> bool:
        """Whether a line, split regardless of quotes, has a patient and a start date."""
        cells = [clean_text(cell) for cell in _decode(raw).split(self.delimiter)]
        if len(cells) < len(self.header) or not self.columns:
            return False
        patient, start = (cells[self.columns.index(name)] for name in REQUIRED)
        return bool(patient) and (_is_date(start, "dmy") or _is_date(start, "mdy"))

    def _read_cells(self, cells: list[str], heading_map: HeadingMap) -> Contents:
        """The contents of a row with these cells."""
        if self.is_rejects:
            cells = [unescape_cell(cell) for cell in cells[: len(self.header)]]
        raw_cells = tuple(cells)
        if not self.columns:
            try:
                return parse_json_row(cells[0], heading_map), raw_cells, None
            except BadRequest as error:
                return {}, raw_cells, error
        texts = {
            column: text
            for column, cell in zip(self.columns, cells, strict=True)
            if column and (text := clean_text(cell))
        }
        named = zip(self.columns, self.header, strict=True)
        return texts, raw_cells, cell_problem((one or heading for one, heading in named), cells)


def _is_date(text: str, order: DateOrder) -> bool:
    try:
        spelled_date(text, order)
    except ValueError:
        return False
    return True


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _width_problem(count: int, width: int) -> str:
    if count == width:
        return ""
    fix = "leave no empty cells out" if count < width else "put cells with a separator into quotes"
    return f"has {count:,} cell{'s' * (count != 1)}, and the header {width:,}: {fix}"
