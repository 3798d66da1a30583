"""The course file: the plan of record, from which a course can be shown, checked and revised.

It has the same bytes as `json.dumps` of the course's plain form (which a test compares), but is
written straight from the dataclasses. The clinic and the protocol, most of it, are cached.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime, tzinfo
from functools import cache, lru_cache
from json.encoder import encode_basestring
from typing import Any

from ketasched.events.view import View
from ketasched.files.codec import plain
from ketasched.model import Clinic, Course, Protocol
from ketasched.model.memo import memoised


def render(course: Course, view: View) -> str:
    """The whole course as JSON, the same for every view; `load_course` reads it back equal."""
    return _object(course, "\n") + "\n"


def _value(value: Any, newline: str) -> str:  # noqa: ANN401 - a field of a dataclass
    """The value as JSON; `newline` is a line end with the indent of the value's lines."""
    kind: Any = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is datetime:
        return _moment(value, value.fold, value.tzinfo)
    if kind is date:
        return f'"{value.isoformat()}"'
    if kind is tuple:
        if not value:
            return "[]"
        inner = f"{newline}  "
        items = [_value(item, inner) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{newline}]"
    if kind is Clinic or kind is Protocol:
        return _shared(value, newline=newline)
    return _object(value, newline) if _keys(kind) else _dump(value, newline)


def _object(instance: Any, newline: str) -> str:  # noqa: ANN401 - any dataclass of ours
    inner, members = f"{newline}  ", []
    kind: Any = type(instance)
    for key, name in _keys(kind):
        value = getattr(instance, name)
        # Most fields are one of these three.
        if value is None:
            text = "null"
        elif type(value) is str:
            text = encode_basestring(value)
        elif type(value) is int:
            text = str(value)
        else:
            text = _value(value, inner)
        members.append(f"{inner}{key}{text}")
    return f"{{{','.join(members)}{newline}}}"


def _dump(value: object, newline: str) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    return text.replace("\n", newline)


_shared = memoised(_dump)


@lru_cache(maxsize=4096)
def _moment(moment: datetime, _fold: int, _zone: tzinfo | None) -> str:
    """The moment as JSON; fold and zone are part of the key because equal moments can differ."""
    return f'"{moment.isoformat()}"'


@cache
def _keys(kind: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - a type
    """The key and name of each field of a dataclass; empty if the type has its own plain form."""
    if not is_dataclass(kind) or hasattr(kind, "plain"):
        return ()
    return tuple((f'"{field.name}": ', field.name) for field in fields(kind))
