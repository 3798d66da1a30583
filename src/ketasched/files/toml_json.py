"""Reads TOML and JSON files into plain data; errors name the line and the column.

A text that would take a parser much time or memory is refused before it is parsed.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import partial
from typing import Any

from ketasched.errors import BadFile, command_line
from ketasched.files.disk import MOST_BYTES, STANDARD_INPUT, bad_file_for, open_file, read_input
from ketasched.model import quote

MOST_VALUES = 600_000
"""About the most lists, objects and values in a JSON text: more than 10 MB of courses have."""

MOST_SYNTAX = 200_000
"""The most characters of a TOML text outside of strings and comments, and the most of these."""

MOST_DOTS = 30
"""The most dots of them on one line: the parser makes a table for each part of a key."""

LONGEST_NUMBER = 100
LONG_NUMBER = re.compile(rf"[0-9_]{{{LONGEST_NUMBER + 1}}}")
"""A whole number of more digits than any file needs."""

TEXT_OR_COMMENT = re.compile(
    r"""#[^\n]*|"{3}.*?(?:"{3,5}|\Z)|'{3}.*?(?:'{3,5}|\Z)|"[^"\n]*"?|'[^'\n]*'?""", re.DOTALL
)
"""A string of TOML without escaped quotes, or a comment, also if its end is missing.

No part of it is repeated as a group, which would take memory for each time.
"""


def read_data(path: str, *, or_input: bool) -> dict[str, Any]:
    """The table in a file as `read_text` reads it.

    It is JSON if the path ends in ".json" or is "-", or if it begins with "{"; else TOML. Raises
    `BadFile`.
    """
    return parse(read_text(path, or_input=or_input), path)


def read_text(path: str, *, or_input: bool = False) -> str:
    """The text of a file without a byte-order mark.

    With `or_input` the path "-" is standard input; without, it is refused. Raises `BadFile`.
    """
    if path == STANDARD_INPUT and not or_input:
        step = "give the path of a file"
        raise BadFile(f"{path}: is standard input, which is not read here", next_step=step)
    return _decode(read_input(path), path)


def read_lines(path: str) -> Iterator[tuple[str, str]]:
    """Each line of a file: its place for messages, and its text. Raises `BadFile`."""
    with bad_file_for(path), open_file(path) as file:
        for number, line in enumerate(iter(partial(file.readline, MOST_BYTES + 1), b""), start=1):
            place = f"{path}:{number}"
            if len(line) > MOST_BYTES:
                step = "give a file with one course on each line"
                problem = f"{place}: is longer than {MOST_BYTES // 1_000_000} MB"
                raise BadFile(problem, next_step=step)
            yield place, _decode(line, path, number)


def _decode(raw: bytes, path: str, line: int = 1) -> str:
    """The text of these bytes of a file, which begin on a line, without a byte-order mark."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line += raw[: error.start].count(b"\n")
        step = "save it as UTF-8"
        raise BadFile(f"{path}:{line}: is not UTF-8 text", next_step=step) from None


def parse(text: str, path: str, *, as_json: bool = False) -> dict[str, Any]:
    """The table in the text of the file at `path`, without the key "$schema".

    The text is JSON if `as_json` is true, if the path says so as for `read_data`, or if it begins
    with "{", as no TOML does: a file has the name that somebody gave it. Else it is TOML. Raises
    `BadFile` with line and column.
    """
    as_json = as_json or path == STANDARD_INPUT or path.endswith(".json")
    as_json = as_json or text.lstrip().startswith("{")
    try:
        data = _parse_json(text) if as_json else _parse_toml(text)
    except json.JSONDecodeError as error:
        place, problem = f"{path}:{error.lineno}:{error.colno}", f"is not valid JSON: {error.msg}"
    except tomllib.TOMLDecodeError as error:
        place, problem = _locate_toml_error(text, path, str(error))
    except RecursionError:
        place, problem = path, "is nested too deeply"
    except _TooMuch as error:
        place, problem = f"{path}:{error.line}", f"has more than {error}"
    except ValueError as error:
        place, problem = path, f"cannot be read: {error}"
    else:
        if isinstance(data, dict):
            # "$schema" names the JSON Schema for editors.
            return {key: value for key, value in data.items() if key != "$schema"}
        described = "a list" if isinstance(data, list) else quote(data)
        if isinstance(data, str):  # of somebody, perhaps
            described = "text"
        place, problem = path, f"expected an object, not {described}"
    raise BadFile(f"{place}: {problem}", next_step=f"mend it, then: {command_line('check', path)}")


class _TooMuch(ValueError):
    """What a text has more of than any file needs, and on which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def _parse_json(text: str) -> object:
    if sum(map(text.count, "[{,")) > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES:,} values")
    return json.loads(
        text,
        object_pairs_hook=no_duplicate_keys,
        parse_int=_parse_integer,
        parse_constant=_refuse_constant,
    )


def _parse_integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a number has more than {LONGEST_NUMBER} digits")
    return int(digits)


def _parse_toml(text: str) -> dict[str, Any]:
    """Parse a text whose syntax is bounded; strings and comments may be as long as they like."""
    # Escaped quotes go first, as they end no string; in a comment or in '…' they change nothing.
    plain = text.replace(r"\\", "  ").replace(r"\"", "  ")
    bare, number = TEXT_OR_COMMENT.subn(_only_line_ends, plain, count=MOST_SYNTAX)
    for found in re.finditer(r"[^\r\n]+", bare):
        line, number = found[0], number + len(found[0])
        for is_too_much, what in (
            (line.count(".") > MOST_DOTS, f"{MOST_DOTS} dots on a line, outside of texts"),
            (LONG_NUMBER.search(line), f"{LONGEST_NUMBER} digits in a number"),
            (number > MOST_SYNTAX, f"{MOST_SYNTAX:,} characters outside of texts"),
        ):
            if is_too_much:
                raise _TooMuch(bare.count("\n", 0, found.start()) + 1, what)
    return tomllib.loads(text)


def _only_line_ends(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def no_duplicate_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The pairs of a JSON object as a dict. Raises `ValueError` for a duplicate key."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {quote(name)} is there twice")
        found[name] = value
    return found


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no number that a file of ours can hold")


def _locate_toml_error(text: str, path: str, message: str) -> tuple[str, str]:
    """The place and the problem in tomllib's "Expected '=' (at line 2, column 7)"."""
    problem, _, place = message.removesuffix(")").rpartition(" (at ")
    if place == "end of document":
        lines = text.rstrip("\n").split("\n")
        problem += ", but the file ends"
        place = f"line {len(lines)}, column {len(lines[-1]) + 1}"
    if problem == r"Illegal character '\n'":
        problem = "the quote at the end of a text is missing"
    numbers = ":".join(re.findall(r"\d+", place))
    return f"{path}:{numbers}", f"is not valid TOML: {problem}"
