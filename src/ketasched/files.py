"""From a file to plain data: TOML and JSON, with the line and column of what cannot be read."""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from ketasched.errors import BadFile
from ketasched.model import shown

MOST_BYTES = 10_000_000
"""A larger file is none of ours."""


def read_data(path: str) -> dict[str, Any]:
    """The parsed TOML or JSON of a file; JSON is what ends in ".json", and standard input."""
    return parse(read_text(path), path)


def read_text(path: str) -> str:
    """The text of a file, or of standard input for "-"; a byte-order mark is passed over."""
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1) if path == "-" else _bytes(Path(path))
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise BadFile(f"{shown(path)}: cannot be read: {said}") from None
    if len(raw) > MOST_BYTES:
        raise BadFile(f"{path}: is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadFile(f"{path}:{line}: is not UTF-8 text") from None


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def parse(text: str, path: str) -> dict[str, Any]:
    """The table that this text of a file holds. Raises `BadFile` with line and column."""
    as_json = path == "-" or path.endswith(".json")
    try:
        data = (
            json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
            if as_json
            else tomllib.loads(text)
        )
    except json.JSONDecodeError as error:
        raise BadFile(
            f"{path}:{error.lineno}:{error.colno}: is not valid JSON: {error.msg}"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise BadFile(_toml_error(text, path, str(error))) from None
    except (ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadFile(f"{path}: cannot be read: {said}") from None
    if not isinstance(data, dict):
        raise BadFile(f"{path}: expected an object, not {shown(data)}")
    return data


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {shown(twice)} is there twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number that a file of ours can hold")


def _toml_error(text: str, path: str, said: str) -> str:
    """tomllib's "Expected '=' (at line 2, column 7)" with the place in front."""
    what, _, place = said.removesuffix(")").rpartition(" (at ")
    if place == "end of document":
        lines = text.splitlines() or [""]
        what, numbers = f"{what}, but the file ends", [len(lines), len(lines[-1]) + 1]
    else:
        numbers = [int(word.strip(",")) for word in place.split() if word.strip(",").isdigit()]
    return f"{path}:{':'.join(map(str, numbers))}: is not valid TOML: {what}"
