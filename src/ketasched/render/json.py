"""The course file: the plan of record, from which a course can be shown, checked and revised.

It has the same bytes as `json.dumps` of the course's plain form (which a test compares), but is
written straight from the dataclasses: `json.dumps` with an indent takes as long as planning. The
clinic and the protocol, most of the file, are cached.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from json.encoder import encode_basestring
from types import NoneType
from typing import Any

from ketasched.events.view import View
from ketasched.files.codec import key_of, plain
from ketasched.model import Clinic, Course, Protocol
from ketasched.model.memo import memoised

SCALARS: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: str,
    bool: lambda flag: "true" if flag else "false",
    NoneType: lambda _: "null",
    date: lambda day: f'"{day.isoformat()}"',
    datetime: lambda moment: f'"{moment.isoformat()}"',
}
"""How values that are no list and no object are written, by type."""


def render(course: Course, view: View) -> str:
    """The whole course as JSON, the same for every view; `load_course` reads it back equal."""
    return _json(course, "\n") + "\n"


def _json(value: Any, newline: str) -> str:  # noqa: ANN401 - a noun, or a field of one
    """The value as JSON; `newline` is a line end with the indent of the value's lines."""
    kind: Any = type(value)
    if encode := SCALARS.get(kind):
        return encode(value)
    inner = f"{newline}  "
    if kind is tuple:
        items = [_json(item, inner) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{newline}]" if items else "[]"
    if kind is Clinic or kind is Protocol:
        return _shared(value, newline=newline)
    if names := _field_names(kind):
        members = [
            f'"{key}": {_json(getattr(value, name), inner)}'
            for name, (key, is_optional) in names.items()
            if not is_optional or getattr(value, name)
        ]
        return f"{{{inner}{f',{inner}'.join(members)}{newline}}}"
    return _dump(value, newline=newline)


def _dump(value: object, *, newline: str) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    return text.replace("\n", newline)


_shared = memoised(_dump)


@cache
def _field_names(kind: Any) -> dict[str, tuple[str, bool]]:  # noqa: ANN401 - a type
    """The names of a dataclass's fields, each with its key and whether that is optional.

    Empty if the type has a plain form of its own.
    """
    if hasattr(kind, "plain") or not is_dataclass(kind):
        return {}
    return {one.name: (key_of(one), "written where used" in one.metadata) for one in fields(kind)}
