"""JSON Schemas of our files (draft 07, which most editors know), from the nouns' own annotations.

They say what one key alone may hold. What keys say of each other (names, zones, holidays, ends
that cross) only the reader of the files knows: `ketasched check`.
"""

import dataclasses
import json
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal, Union, get_args, get_origin

from ketasched.files.codec import MOMENT, Field, fields_of, key_of, plain
from ketasched.files.column_mapping import ColumnMapping
from ketasched.files.column_set import ColumnSet, OutputColumn
from ketasched.model import (
    Clinic,
    Course,
    Hours,
    Phase,
    Protocol,
    VisitKind,
    WeekHours,
    WrittenProposal,
)
from ketasched.model.queues import QUEUE_ROWS
from ketasched.model.values import DATE_SCHEMA
from tools.documents.tables import purpose, sentence

Part = dict[str, Any]

KINDS: Mapping[str, type] = MappingProxyType(
    {
        "protocol": Protocol,
        "clinic": Clinic,
        "course": Course,
        "mapping": ColumnMapping,
        "column-set": ColumnSet,
        "proposal": WrittenProposal,
    }
)
"""The noun in each kind of file."""

LEAST = {"array": "minItems", "object": "minProperties"}
"""What the least number of members is called."""

SIMPLE = {str: "string", int: "integer", bool: "boolean"}


def text(name: str) -> str:
    """The schema of a kind of file, as its own file has it."""
    return json.dumps(schema(name), ensure_ascii=False, indent=2) + "\n"


def schema(name: str) -> Part:
    """The schema of a kind of file."""
    book = Book()
    root = book.noun(KINDS[name])
    root["properties"] = {"$schema": {"type": "string"}} | root["properties"]
    head = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"A {name} file of ketasched",
    }
    return head | root | {"definitions": dict(sorted(book.definitions.items()))}


class Book:
    """The parts of a schema; each noun is written once, among the definitions."""

    def __init__(self) -> None:
        self.definitions: dict[str, Part] = {}

    def noun(self, kind: type) -> Part:
        """A table with the fields of a noun as keys."""
        fields = fields_of(kind)
        others = [one for one in fields.values() if one.is_catch_all]
        keys = {name: one for name, one in fields.items() if not one.is_catch_all}
        part: Part = {"description": sentence(kind.__doc__), "type": "object"}
        if required := [name for name, one in keys.items() if one.required]:
            part["required"] = required
        names, tables = get_args(others[0].kind) if others else (str, None)
        other = self.of(tables) if tables else False
        if names is date:
            part["patternProperties"] = {DATE_SCHEMA["pattern"]: other}
        part["additionalProperties"] = other if names is str else False
        part["properties"] = {
            name: self.field(one, purpose(kind, one.name)) | default_of(kind, name)
            for name, one in keys.items()
        }
        return BETWEEN_KEYS[kind](self, part) if kind in BETWEEN_KEYS else part

    def field(self, one: Field, said: str) -> Part:
        """What may stand at a key, and what it is `said` to be for."""
        key, part = one.key, self.of(one.kind)
        unit = f" ({key.unit})" if key.unit else ""
        form = f" {part['description']}" if "description" in part else ""
        part |= {"description": f"{said}{unit}{form}"}
        least = LEAST.get(str(part.get("type")), "minimum")
        part |= {least: key.least} if key.least is not None else {}
        part |= {"maximum": key.most} if key.most is not None else {}
        return part | ({"pattern": f"^({key.pattern})$"} if key.pattern else {})

    def of(self, kind: Any) -> Part:
        """What a value of this type looks like."""
        origin, args = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            return nullable(self.of(next(arg for arg in args if arg is not type(None))))
        if origin is Literal:
            return {"const": args[0]} if len(args) == 1 else {"enum": list(args)}
        if origin is tuple:
            return {"type": "array", "items": self.of(args[0])}
        if origin is Mapping:
            named = {} if args[0] is str else {"propertyNames": self.of(args[0])}
            return {"type": "object", **named, "additionalProperties": self.of(args[1])}
        if hasattr(kind, "SCHEMA"):
            return dict(kind.SCHEMA)
        if kind is date:
            return dict(DATE_SCHEMA)
        if kind is datetime:
            said = '"2026-12-07T09:00-05:00"'
            return {"description": said, "type": "string", "pattern": f"^{MOMENT.pattern}$"}
        return {"type": SIMPLE[kind]} if kind in SIMPLE else self.defined(kind)

    def defined(self, kind: type) -> Part:
        """A reference to a noun's definition."""
        name = kind.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # a noun within itself finds it here
            self.definitions[name] = self.noun(kind)
        return {"allOf": [{"$ref": f"#/definitions/{name}"}]}


def nullable(part: Part) -> Part:
    """The same, or null: JSON of ours writes it for what is not said."""
    if "enum" in part:
        return part | {"enum": [*part["enum"], None]}
    if isinstance(part.get("type"), str):
        return part | {"type": [part["type"], "null"]}
    described = {"description": part["description"]} if "description" in part else {}
    return described | {"anyOf": [part, {"type": "null"}]}


def default_of(kind: type, name: str) -> Part:
    """The default of a field, unless it is nothing or needs no word."""
    default = default_value(kind, name)
    return {} if default in (None, "", [], {}) else {"default": default}


def default_value(kind: type, name: str) -> Any:
    """The default of a field as a file would have it; tables of defaults speak for themselves."""
    defaults = {key_of(one): one.default for one in dataclasses.fields(kind)}
    return None if defaults[name] is dataclasses.MISSING else plain(defaults[name])


def _said(key: str) -> Part:
    """That this key is there, and not null."""
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


def _like(book: Book, part: Part) -> Part:
    """A visit that is like another one needs nothing of its own, not even all of its minutes."""
    book.definitions["MinutesInPart"] = {
        key: value for key, value in book.definitions["Minutes"].items() if key != "required"
    }
    minutes = part["properties"]["minutes"]
    part["properties"]["minutes"] = minutes | {"allOf": [{"$ref": "#/definitions/MinutesInPart"}]}
    own = {"required": part.pop("required"), "properties": {"minutes": book.of(_minutes())}}
    is_like = {"required": ["like"], "properties": {"like": {"minLength": 1}}}
    return part | {"if": is_like, "then": {}, "else": own}


def _or_value(_book: Book, part: Part) -> Part:
    """A column that is only a value is written as its name."""
    columns = part["properties"]["columns"]
    values = {name for kind in QUEUE_ROWS.values() for name in fields_of(kind)}
    name = {"description": "The name of a value.", "enum": sorted(values)}
    columns["additionalProperties"] = {"anyOf": [name, columns["additionalProperties"]]}
    return part


def _minutes() -> type:
    found: type = fields_of(VisitKind)["minutes"].kind
    return found


BETWEEN_KEYS: Mapping[type, Callable[[Book, Part], Part]] = MappingProxyType(
    {
        **dict.fromkeys((Hours, WeekHours), lambda _, part: part | {"minProperties": 1}),
        Phase: lambda _, part: part | {"oneOf": [_said("per_week"), _said("every_days")]},
        VisitKind: _like,
        OutputColumn: lambda _, part: part | {"oneOf": [_said("value"), _said("text")]},
        ColumnSet: _or_value,
    }
)
"""What editors can know of keys that depend on each other, besides what each one may hold."""
