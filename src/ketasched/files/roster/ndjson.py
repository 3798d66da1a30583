"""Reads a row of an NDJSON roster: a JSON object whose keys are headings and values are cells."""

import json
import re
from collections import UserString
from collections.abc import Collection, Iterable

from ketasched.errors import BadRequest
from ketasched.files.request_parsing import ROSTER_FIELDS
from ketasched.files.roster.csv_records import MOST_CELL, MOST_ROW
from ketasched.files.roster.headings import HeadingMap
from ketasched.files.toml_json import no_duplicate_keys
from ketasched.files.typed_text import clean_text
from ketasched.model import quote

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


def parse_json_row(text: str, heading_map: HeadingMap) -> dict[str, str]:
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
    if problem := cell_problem(cells, cells.values()):
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


def cell_problem(names: Iterable[str], cells: Collection[str]) -> BadRequest | None:
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
