"""A row of an NDJSON roster: one JSON object, its keys as headings, its values as cells."""

import json
import re
from dataclasses import dataclass

from ketasched.errors import BadRequest
from ketasched.files.request_fields import ROSTER_COLUMNS
from ketasched.files.roster.csv_records import MOST_CELL
from ketasched.files.roster.headings import Naming
from ketasched.files.toml_json import once
from ketasched.model import shown

ROW = "row"
"""Stands in an error for the field where the row as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class _Odd:
    """A number that no cell can be: 3.5, or NaN."""

    text: str

    def __str__(self) -> str:
        return self.text


# A whole number stays as it is written: nothing is lost of a long one, and none is too long.
DECODER = json.JSONDecoder(
    object_pairs_hook=once, parse_int=str, parse_float=_Odd, parse_constant=_Odd
)


def texts_of_json(text: str, naming: Naming) -> dict[str, str]:
    """The cells that are not empty, by column: text, whole numbers, lists where they are several.

    The parts of a list are joined by ";". Null is not given. Raises `BadRequest`.
    """
    found: dict[str, str] = {}
    for key, value in _object(text).items():
        column = naming.column(key)
        if column is None:
            raise BadRequest(ROW, naming.unknown(key))
        if column in found:
            raise BadRequest(column, f"is there twice, once as {shown(key)}")
        if column:
            found[column] = _cell(column, value)
    # Without escapes, and in a line this short, no value has what the line has not.
    if "\\" in text or len(text) > MOST_CELL:
        for column, cell in found.items():
            if said := unfit(cell):
                raise BadRequest(column, said)
    return {column: text for column, text in found.items() if text}


def _object(text: str) -> dict[str, object]:
    if said := unfit(text, longest=None):
        raise BadRequest(ROW, said)
    try:
        data = DECODER.decode(text)
    except json.JSONDecodeError as error:
        said = f"is not valid JSON: {error.msg} (column {error.colno}); a row is one line"
        raise BadRequest(ROW, said) from None
    except RecursionError:
        raise BadRequest(ROW, "is nested too deeply") from None
    except ValueError as error:
        raise BadRequest(ROW, str(error)) from None
    if not isinstance(data, dict):
        raise BadRequest(ROW, f"expected one object a line, not {_named(data)}")
    return data


def _cell(column: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and ROSTER_COLUMNS[column].several:
        return ";".join(_cell(column, part) for part in value)
    if not isinstance(value, str):
        raise BadRequest(column, f"expected text or a whole number, not {_named(value)}")
    return value.strip()


def _named(value: object) -> str:
    """What a value is: of what has parts not what they say, which may be a patient's."""
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else shown(value)


def is_text(text: str) -> bool:
    """Whether the text has no half characters: those of bad UTF-8, or of an odd escape."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def unfit(text: str, *, longest: int | None = MOST_CELL) -> str:
    """Why this can be no text of a roster, or ""."""
    if longest is not None and len(text) > longest:
        return f"is longer than {longest:,} characters"
    if "\0" not in text and is_text(text):
        return ""
    odd = re.search("[\0\ud800-\udfff]", text)
    assert odd is not None  # noqa: S101 - nothing else is no text
    if odd[0] == "\0":
        return "has a NUL character"
    if "\udc80" <= odd[0] <= "\udcff":
        return f"is not UTF-8 text (the byte 0x{ord(odd[0]) - 0xDC00:02X}): save it as CSV UTF-8"
    return f"has half a character, U+{ord(odd[0]):04X}"
