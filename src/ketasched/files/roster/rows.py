"""Reads rosters: many requests in one CSV or NDJSON stream, row by row.

A row that cannot be read has a problem, and the other rows are read all the same. Cells stay text:
`NA`, `null`, `007` and "=1+1" are not converted; only spaces and invisible characters are mended
(`clean_text`). A line that is blank, or has nothing but delimiters, as spreadsheets leave such
lines below the last row, is no row.

Only one row is held in memory; `csv_records` bounds its size.
"""

import json
import re
from collections import UserString
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, NamedTuple

from ketasched.errors import BadRequest
from ketasched.files.csv_cells import unescape_cell
from ketasched.files.request_parsing import EMPTY, REQUEST_FIELDS, ROSTER_FIELDS, read_request
from ketasched.files.roster.csv_records import MOST_CELL, MOST_ROW, RecordScanner, read_records
from ketasched.files.roster.header import REQUIRED, HeadingMap, Layout, read_layout
from ketasched.files.toml_json import no_duplicate_keys
from ketasched.files.typed_dates import spelled_date
from ketasched.files.typed_text import clean_text
from ketasched.model import DateOrder, Request, quote

ROW = "row"
"""The field of an error about the row as a whole."""

NOT_TEXT = re.compile("[\0\ud800-\udfff]")
"""NUL, and lone surrogates (from bytes that are not UTF-8, or from an escape in JSON)."""


# Whole numbers stay text: no digit of a long number is lost, and no number is too long. Other
# numbers (3.5, NaN) become a `UserString`: it is no `str`, which a cell must be, and errors show
# its text unchanged.
DECODER = json.JSONDecoder(
    object_pairs_hook=no_duplicate_keys,
    parse_int=str,
    parse_float=UserString,
    parse_constant=UserString,
)


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
    layout = read_layout(stream, HeadingMap(names or {}, ignored), path)
    return Roster(layout.header, _read_rows(layout), layout.is_rejects)


def request_of_row(row: Row, order: DateOrder = None) -> Request:
    """The request in a row. Raises `BadRequest` with all problems of the row.

    `clinic`, `protocol` and `priority` are only checked: they are used from `row.texts`.
    """
    if row.problem is not None:
        raise row.problem
    given = {name: text for name, text in row.texts.items() if name in REQUEST_FIELDS}
    return read_request(given, order, other_problems=tuple(_row_problems(row)))


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


def _read_rows(layout: Layout) -> Iterator[Row]:
    """The rows of the records that are not blank."""
    is_row = partial(_looks_like_row, layout)
    scanner = RecordScanner(layout.delimiter, is_row) if layout.delimiter else None
    number = 0
    for record in read_records(layout.lines, scanner):
        text = _decode(record.raw)
        cells = scanner.split(text) if scanner and not record.problem else [text]
        if scanner and not any(map(clean_text, cells)):  # nothing but delimiters
            continue
        number += 1
        if not any(map(clean_text, cells[layout.width :])):
            del cells[layout.width :]
        if problem := record.problem or _width_problem(len(cells), layout.width):
            refusal = BadRequest(ROW, problem, public=problem)
            yield Row(number, record.line, {}, (text,), refusal)
        else:
            yield Row(number, record.line, *_read_cells(layout, cells))


def _looks_like_row(layout: Layout, raw: bytes) -> bool:
    """Whether a line, split regardless of quotes, has a patient and a start date."""
    cells = [clean_text(cell) for cell in _decode(raw).split(layout.delimiter)]
    if len(cells) < len(layout.header) or not layout.columns:
        return False
    patient, start = (cells[layout.columns.index(name)] for name in REQUIRED)
    return bool(patient) and (_is_date(start, "dmy") or _is_date(start, "mdy"))


def _read_cells(layout: Layout, cells: list[str]) -> Contents:
    """The contents of a row with these cells."""
    if layout.is_rejects:
        cells = [unescape_cell(cell) for cell in cells[: len(layout.header)]]
    raw_cells = tuple(cells)
    if not layout.columns:
        try:
            return _parse_json_row(cells[0], layout.heading_map), raw_cells, None
        except BadRequest as error:
            return {}, raw_cells, error
    texts = {
        column: text
        for column, cell in zip(layout.columns, cells, strict=True)
        if column and (text := clean_text(cell))
    }
    named = zip(layout.columns, layout.header, strict=True)
    return texts, raw_cells, _cell_problem((one or heading for one, heading in named), cells)


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


def _parse_json_row(text: str, heading_map: HeadingMap) -> dict[str, str]:
    """The cells that are not empty, by column. Raises `BadRequest`.

    A value is text, a whole number, null (an empty cell), or, for a column with several values, a
    list of such values, which are joined by ";".
    """
    cells: dict[str, str] = {}
    for key, value in _parse_object(text).items():
        column = heading_map.column(key)
        if column is None:
            raise BadRequest(ROW, heading_map.describe_unknown(key))
        if column in cells:
            raise BadRequest(column, f"is there twice, once as {quote(key)}")
        if column:
            cells[column] = _cell_text(column, value)
    if problem := _cell_problem(cells, cells.values()):
        raise problem
    return {column: cell for column, cell in cells.items() if cell}


def _parse_object(text: str) -> dict[str, object]:
    if problem := _text_problem(text, longest=MOST_ROW):
        raise BadRequest(ROW, problem, public=problem)
    try:
        data = DECODER.decode(text)
    except json.JSONDecodeError as error:
        problem = f"is not valid JSON: {error.msg} (column {error.colno}); a row is one line"
        raise BadRequest(ROW, problem, public=problem) from None
    except RecursionError:
        raise BadRequest(ROW, "is nested too deeply") from None
    except ValueError as error:
        raise BadRequest(ROW, str(error)) from None
    if not isinstance(data, dict):
        raise BadRequest(ROW, f"expected one object a line, not {_describe(data)}")
    return data


def _cell_text(column: str, value: object) -> str:
    if isinstance(value, list) and ROSTER_FIELDS[column].several:
        return ";".join(_value_text(column, part) for part in value)
    return _value_text(column, value)


def _value_text(column: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(column, f"expected text or a whole number, not {_describe(value)}")
    return clean_text(value)


def _describe(value: object) -> str:
    """A value as errors show it: of a list or an object, whose parts may be private, the type."""
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else quote(value)


def _cell_problem(names: Iterable[str], cells: Collection[str]) -> BadRequest | None:
    """The first problem with the text of a cell, or None; `names` are headings or columns."""
    if not _text_problem("".join(cells)):  # quicker than cell by cell
        return None
    problems = zip(names, map(_text_problem, cells), strict=True)
    return next((BadRequest(name.strip(), problem) for name, problem in problems if problem), None)


def _text_problem(text: str, *, longest: int = MOST_CELL) -> str:
    """Why a roster may not have this text, or ""."""
    if len(text) > longest:
        return f"is longer than {longest:,} characters"
    found = NOT_TEXT.search(text)
    if found is None:
        return ""
    char = found[0]
    if char == "\0":
        return "has a NUL character"
    if "\udc80" <= char <= "\udcff":
        return f"is not UTF-8 text (the byte 0x{ord(char) - 0xDC00:02X}): save it as CSV UTF-8"
    return f"has half a character, U+{ord(char):04X}"
