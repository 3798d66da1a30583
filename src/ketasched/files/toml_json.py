"""Reads TOML and JSON files into plain data; errors name the line and the column."""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from ketasched.errors import BadFile
from ketasched.model import quote

MOST_BYTES = 10_000_000
"""Larger files are refused unread."""


def read_data(path: str) -> dict[str, Any]:
    """The table in a file: JSON if the path ends in ".json" or is "-" (standard input), else TOML.

    Raises `BadFile`.
    """
    return parse(read_text(path), path)


def read_text(path: str) -> str:
    """The text of a file, or of standard input if the path is "-", without a byte-order mark.

    Raises `BadFile`.
    """
    try:
        raw = _read_bytes(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        step = "give the path of a file that is there"
        raise BadFile(f"{path}: cannot be read: {reason}", next_step=step) from None
    if len(raw) > MOST_BYTES:
        raise BadFile(f"{path}: is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        step = "save it as UTF-8"
        raise BadFile(f"{path}:{line}: is not UTF-8 text", next_step=step) from None


def _read_bytes(path: str) -> bytes:
    """The bytes at `path`, at most one more than `MOST_BYTES`."""
    if path != "-":
        with Path(path).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    if sys.stdin is None:
        raise ValueError("there is no standard input")
    return sys.stdin.buffer.read(MOST_BYTES + 1)


def parse(text: str, path: str, *, as_json: bool = False) -> dict[str, Any]:
    """The table in the text of the file at `path`, without the key "$schema".

    The text is JSON if `as_json` is true or the path says so as for `read_data`, else TOML. Raises
    `BadFile` with line and column.
    """
    as_json = as_json or path == "-" or path.endswith(".json")
    try:
        data = (
            json.loads(text, object_pairs_hook=no_duplicate_keys, parse_constant=_refuse_constant)
            if as_json
            else tomllib.loads(text)
        )
    except json.JSONDecodeError as error:
        place, problem = f"{path}:{error.lineno}:{error.colno}", f"is not valid JSON: {error.msg}"
    except tomllib.TOMLDecodeError as error:
        place, problem = _locate_toml_error(text, path, str(error))
    except RecursionError:
        place, problem = path, "is nested too deeply"
    except ValueError as error:
        place, problem = path, f"cannot be read: {error}"
    else:
        if isinstance(data, dict):
            # "$schema" names the JSON Schema for editors.
            return {key: value for key, value in data.items() if key != "$schema"}
        place, problem = path, f"expected an object, not {quote(data)}"
    raise BadFile(f"{place}: {problem}", next_step=f"mend it, then: ketasched check {path}")


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
    numbers = ":".join(re.findall(r"\d+", place))
    return f"{path}:{numbers}", f"is not valid TOML: {problem}"
