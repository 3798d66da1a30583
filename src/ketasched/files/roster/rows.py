"""Reads rosters: many requests in one CSV or NDJSON stream, row by row.

A row that cannot be read has a problem, and the other rows are read all the same. Cells stay text:
`NA`, `null`, `007` and "=1+1" are not converted; only the spaces around them are stripped. A line
that is blank, or has nothing but delimiters, as spreadsheets leave such lines below the last row,
is no row.

Only one row is held in memory; `csv_records` bounds its size.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from ketasched.errors import BadRequest
from ketasched.files.csv_cells import unescape_cell
from ketasched.files.request_fields import (
    REQUEST_FIELDS,
    ROSTER_FIELDS,
    DateOrder,
    read_request,
    spelled_date,
)
from ketasched.files.roster.csv_records import (
    MOST_ROW,
    TOO_LONG,
    CsvRecord,
    LineReader,
    RecordScanner,
    read_records,
    split_cells,
    truncate_row,
)
from ketasched.files.roster.dialect import peek_first_line, read_header
from ketasched.files.roster.headings import REQUIRED, HeadingMap, map_headings
from ketasched.files.roster.ndjson import ROW, parse_json_row, text_problem
from ketasched.model import Request

REJECT_COLUMNS = ("row", "rule", "reason")
"""The last columns of a file of rejects, which a batch writes; `row` is the row's number.

A file of rejects is a roster again once its rows are mended: these columns are ignored, and cells
are unescaped (`csv_cells.unescape_cell`). In any other roster a leading "'" stays.
"""

JSON_COLUMN = "json"
"""The only column of the rejects of an NDJSON roster: the unchanged line."""


class Row(NamedTuple):
    """One row of a roster.

    `number` counts the rows after the header from 1; `line` is the number of the row's first line
    in the file, from 1. `texts` has the stripped cells that are not empty, by column. `problem` is
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
        return Roster((JSON_COLUMN,), _json_rows(lines, heading_map))
    delimiter, headings, place = read_header(lines, heading_map, path)
    own, last = headings[: -len(REJECT_COLUMNS)], headings[-len(REJECT_COLUMNS) :]
    is_rejects = tuple(last) == REJECT_COLUMNS and not any(map(heading_map.column, last))
    if is_rejects:
        headings = [unescape_cell(heading) for heading in own]
    is_json = is_rejects and headings == [JSON_COLUMN]
    columns = () if is_json else map_headings(headings, heading_map, place)
    layout = CsvLayout(tuple(headings), columns, delimiter, is_rejects)
    return Roster(layout.header, _csv_rows(lines, layout, heading_map), is_part=is_rejects)


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


def _row_problems(row: Row) -> Iterator[tuple[str, str]]:
    """Problems of a row beside those of its request: each a column and a message."""
    for name in REQUIRED:
        if name not in row.texts:
            yield name, "is empty, and every row needs it"
    for name, text in row.texts.items():
        if name not in REQUEST_FIELDS:
            try:
                ROSTER_FIELDS[name].read(text, None)
            except ValueError as error:
                yield name, str(error)


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """The headings, columns and delimiter of a CSV file, and whether it is a file of rejects.

    The rejects of an NDJSON roster have no columns.
    """

    header: tuple[str, ...]
    columns: tuple[str, ...]
    delimiter: str
    is_rejects: bool

    def is_row(self, raw: bytes) -> bool:
        """Whether a line, split regardless of quotes, has a patient and a start date."""
        if raw.count(self.delimiter.encode()) < len(self.header) - 1 or not self.columns:
            return False
        cells = [cell.strip() for cell in _decode(raw).split(self.delimiter)]
        patient, start = (cells[self.columns.index(name)] for name in REQUIRED)
        return bool(patient) and (_is_date(start, "dmy") or _is_date(start, "mdy"))

    def read_cells(
        self, lines: LineReader
    ) -> Iterator[tuple[CsvRecord, tuple[str, ...] | BadRequest]]:
        """Each record that is not blank, with a cell for each heading or with its problem."""
        width = len(self.header) + len(REJECT_COLUMNS) * self.is_rejects
        for record in read_records(lines, RecordScanner(self.delimiter, self.is_row)):
            if record.problem:
                yield record, BadRequest(ROW, record.problem)
                continue
            cells = split_cells(_decode(record.raw), self.delimiter)
            if not any(map(str.strip, cells)):
                continue
            if not any(map(str.strip, cells[width:])):
                del cells[width:]
            if len(cells) != width:
                yield record, _wrong_width(len(cells), width)
            elif self.is_rejects:
                yield record, tuple(map(unescape_cell, cells[: -len(REJECT_COLUMNS)]))
            else:
                yield record, tuple(cells)


def _csv_rows(lines: LineReader, layout: CsvLayout, heading_map: HeadingMap) -> Iterator[Row]:
    for number, (record, cells) in enumerate(layout.read_cells(lines), 1):
        if isinstance(cells, BadRequest):
            yield Row(number, record.line, {}, (_decode(record.raw),), cells)
        elif not layout.columns:
            yield _json_row(number, record.line, cells[0], heading_map)
        else:
            texts = {
                name: text
                for name, cell in zip(layout.columns, cells, strict=True)
                if name and (text := cell.strip())
            }
            problem = _cell_problem(record.raw, layout.header, cells)
            yield Row(number, record.line, texts, cells, problem)


def _json_rows(lines: LineReader, heading_map: HeadingMap) -> Iterator[Row]:
    rows = ((line, raw) for line, raw in lines if raw.strip())
    for number, (line, raw) in enumerate(rows, 1):
        if len(raw) > MOST_ROW:
            cell = _decode(truncate_row(raw))
            yield Row(number, line, {}, (cell,), BadRequest(ROW, TOO_LONG))
        else:
            yield _json_row(number, line, _decode(raw).rstrip("\r\n"), heading_map)


def _json_row(number: int, line: int, text: str, heading_map: HeadingMap) -> Row:
    try:
        return Row(number, line, parse_json_row(text, heading_map), (text,))
    except BadRequest as error:
        return Row(number, line, {}, (text,), error)


def _is_date(text: str, order: DateOrder) -> bool:
    try:
        spelled_date(text, order)
    except ValueError:
        return False
    return True


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _wrong_width(count: int, width: int) -> BadRequest:
    problem = f"has {count:,} cell{'s' * (count != 1)}, and the header {width:,}"
    fix = "leave no empty cells out" if count < width else "put cells with a separator into quotes"
    return BadRequest(ROW, f"{problem}: {fix}")


def _cell_problem(raw: bytes, header: Iterable[str], cells: Iterable[str]) -> BadRequest | None:
    """The first problem with the text of a cell, or None."""
    if not text_problem(_decode(raw)):
        return None
    for heading, cell in zip(header, cells, strict=True):
        if problem := text_problem(cell):
            return BadRequest(heading.strip(), problem)
    return None
