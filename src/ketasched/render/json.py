"""The course file: the plan of record, from which a course can be shown, checked and revised.

It is what `json.dumps` makes of the plain form of the course (a test holds that), but written
straight from the nouns; its clinic and protocol, which are most of it, once for many courses.
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
    """The whole course as JSON, whoever it is for: `load.load_course` reads it back equal."""
    return _noun(course, "\n") + "\n"


def _written(value: Any, line: str) -> str:  # noqa: ANN401 - what nouns are made of
    """The value as JSON; `line` is a line end with the indent that it stands in."""
    kind: Any = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is datetime:
        # Equal moments can be of different zones, or the first and the second 01:30 of a night.
        return _moment(value, value.fold, value.tzinfo)
    if kind is date:
        return f'"{value.isoformat()}"'
    if kind is tuple:
        if not value:
            return "[]"
        inner = f"{line}  "
        return f"[{inner}{f',{inner}'.join([_written(one, inner) for one in value])}{line}]"
    if kind is Clinic or kind is Protocol:
        return _shared(value, line=line)
    return _noun(value, line) if _keys(kind) else _dumped(value, line)


def _noun(noun: Any, line: str) -> str:  # noqa: ANN401 - any dataclass of ours
    kind: Any = type(noun)
    inner, found = f"{line}  ", []
    for key, name in _keys(kind):
        value = getattr(noun, name)
        # Most fields are one of these three.
        if value is None:
            said = "null"
        elif type(value) is str:
            said = encode_basestring(value)
        elif type(value) is int:
            said = str(value)
        else:
            said = _written(value, inner)
        found.append(f"{inner}{key}{said}")
    return f"{{{','.join(found)}{line}}}"


def _dumped(value: object, line: str) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    return text.replace("\n", line)


_shared = memoised(_dumped)


@lru_cache(maxsize=4096)
def _moment(moment: datetime, _fold: int, _zone: tzinfo | None) -> str:
    return f'"{moment.isoformat()}"'


@cache
def _keys(kind: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - a type
    """The keys and names of a noun's fields; none for what has a form of its own."""
    if not is_dataclass(kind) or hasattr(kind, "plain"):
        return ()
    return tuple((f'"{one.name}": ', one.name) for one in fields(kind))
