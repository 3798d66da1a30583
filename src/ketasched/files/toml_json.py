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
    """The parsed TOML or JSON of a file; JSON is what ends in ".json", and standard input.

    Raises `BadFile`.
    """
    return parse(read_text(path), path)


def read_text(path: str) -> str:
    """The text of a file, or of standard input for "-"; a byte-order mark is passed over.

    Raises `BadFile`.
    """
    try:
        raw = _standard_input() if path == "-" else _bytes(Path(path))
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        step = "give the path of a file that is there"
        raise BadFile(f"{path}: cannot be read: {said}", next_step=step) from None
    if len(raw) > MOST_BYTES:
        raise BadFile(f"{path}: is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        step = "save it as UTF-8"
        raise BadFile(f"{path}:{line}: is not UTF-8 text", next_step=step) from None


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise ValueError("there is no standard input")
    return sys.stdin.buffer.read(MOST_BYTES + 1)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def parse(text: str, path: str, *, as_json: bool = False) -> dict[str, Any]:
    """The table that this text of a file holds. Raises `BadFile` with line and column.

    It is JSON where that is said, or the path says so, and else TOML.
    """
    as_json = as_json or path == "-" or path.endswith(".json")
    try:
        data = (
            json.loads(text, object_pairs_hook=once, parse_constant=_no_constant)
            if as_json
            else tomllib.loads(text)
        )
    except json.JSONDecodeError as error:
        place, said = f"{path}:{error.lineno}:{error.colno}", f"is not valid JSON: {error.msg}"
    except tomllib.TOMLDecodeError as error:
        place, said = _toml_error(text, path, str(error))
    except RecursionError:
        place, said = path, "is nested too deeply"
    except ValueError as error:
        place, said = path, f"cannot be read: {error}"
    else:
        if isinstance(data, dict):
            # With "$schema" a file tells an editor what to check it with: to us it says nothing.
            return {key: one for key, one in data.items() if key != "$schema"}
        place, said = path, f"expected an object, not {shown(data)}"
    raise BadFile(f"{place}: {said}", next_step=f"mend it, then: ketasched check {path}")


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The pairs of a JSON object, each key only once. Raises `ValueError`."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {shown(name)} is there twice")
        found[name] = value
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number that a file of ours can hold")


def _toml_error(text: str, path: str, said: str) -> tuple[str, str]:
    """tomllib's "Expected '=' (at line 2, column 7)" as a place and a sentence."""
    what, _, place = said.removesuffix(")").rpartition(" (at ")
    if place == "end of document":
        lines = text.rstrip("\n").split("\n")
        what, numbers = f"{what}, but the file ends", [len(lines), len(lines[-1]) + 1]
    else:
        numbers = [int(word.strip(",")) for word in place.split() if word.strip(",").isdigit()]
    return f"{path}:{':'.join(map(str, numbers))}", f"is not valid TOML: {what}"
