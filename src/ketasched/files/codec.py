"""The codec of the nouns: from plain data (parsed TOML or JSON) to nouns, and back.

The codec follows the annotations of the nouns' fields, so a new field is read, checked and written
without a change here. Types are checked, not only keys: neither a string nor True is a number.
"""

import dataclasses
import json
import re
import types
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import MISSING, dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from ketasched.model import Course, Key, Plain, Problem, quote, text_problem
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.values import FIRST_YEAR, LAST_YEAR, LONGEST_TYPED, read_date
from ketasched.model.wall_clock import exists

Noun = TypeVar("Noun")

INVALID: Any = object()
"""Stands for a value with a problem while the values around it are read."""

MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)

LARGEST_INTEGER = 2**53
"""JSON readers that use floating point do not agree on larger whole numbers."""

MOST_PROBLEMS_READ = 1000
"""Reading a file ends at this many problems."""

TYPE_NAMES = {bool: "true or false", int: "a whole number", str: "text"}

Converter = Callable[["_Reader", Any, str], Any]
"""Converts a value at a place; `INVALID` once a problem is reported."""


def read(
    kind: type[Noun], data: object, *, zone: ZoneInfo | None = None
) -> tuple[Noun | None, list[Problem]]:
    """The noun of type `kind` that `data` describes, and all problems of `data`.

    If there are problems, the noun is None. Date-times are converted to `zone`; a date-time
    without an offset is a wall-clock time in `zone`.
    """
    reader = _Reader(zone)
    noun = reader.read(_converter_of(kind), data, "")
    return (None if reader.problems else noun), reader.problems


def plain(value: Any) -> Plain:
    """The noun as plain data, from which `read` makes an equal noun."""
    data: Plain = value
    if value is None or type(value) in TYPE_NAMES:
        return data
    if hasattr(value, "plain"):
        data = value.plain()
    elif dataclasses.is_dataclass(value):
        data = {}
        for one in dataclasses.fields(value):
            own = getattr(value, one.name)
            inner = plain(own)
            is_unused = own == one.default if one.default is not MISSING else not inner
            if is_unused and "written where used" in one.metadata:
                continue
            if "other tables" in one.metadata and isinstance(inner, dict):
                data |= inner
            else:
                data[key_of(one)] = inner
    elif isinstance(value, Mapping):
        data = {str(plain(key)): plain(inner) for key, inner in value.items()}
    elif isinstance(value, tuple):
        data = [plain(inner) for inner in value]
    elif isinstance(value, date):
        data = value.isoformat()
    return data


def key_of(one: "dataclasses.Field[Any]") -> str:
    """The key of a dataclass's field in files: its name, unless its metadata has another `key`."""
    key: str = one.metadata.get("key", one.name)
    return key


def json_text(noun: object) -> str:
    """The noun as one JSON object on lines of its own, with the last line's end."""
    return json.dumps(plain(noun), ensure_ascii=False, indent=2) + "\n"


def json_line(course: Course) -> str:
    """The whole course as one line of JSON, without a line end."""
    return json.dumps(plain(course), ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a noun: its name, its type, whether its key is required, and the limits.

    A catch-all field has no key of its own: it holds the tables under all other keys.
    """

    name: str
    kind: Any
    required: bool
    key: Key
    is_catch_all: bool
    converter: Converter


@lru_cache(maxsize=64)
def fields_of(kind: type) -> dict[str, Field]:
    """The fields of a noun's type, by their keys in files."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for one in dataclasses.fields(kind):
        hint, key = hints[one.name], Key()
        if get_origin(hint) is Annotated:
            hint, key = get_args(hint)
        required = one.default is MISSING and one.default_factory is MISSING
        converter = _converter_of(hint, lines=key.lines)
        is_catch_all = "other tables" in one.metadata
        found[key_of(one)] = Field(one.name, hint, required, key, is_catch_all, converter)
    return found


def _converter_of(kind: Any, *, lines: bool = False) -> Converter:
    """How values of the type `kind` are read; with `lines` its texts may have line breaks.

    The type is looked at once, and not again for each value.
    """
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _converter_of(next(one for one in args if one is not type(None)), lines=lines)
        return lambda reader, value, at: None if value is None else inner(reader, value, at)
    if origin is Literal:
        return lambda reader, value, at: reader.read_literal(args, value, at)
    if origin is tuple:
        inner = _converter_of(args[0], lines=lines)
        return lambda reader, value, at: reader.read_list(inner, value, at)
    if origin is Mapping:
        key, item = map(_converter_of, args)
        return lambda reader, value, at: reader.read_mapping(key, item, value, at)
    if hasattr(kind, "read"):
        return lambda reader, value, at: reader.read_with(kind.read, value, at)
    if dataclasses.is_dataclass(kind):
        return lambda reader, value, at: reader.read_noun(kind, value, at)
    if kind is date:
        return lambda reader, value, at: reader.read_with(read_date, value, at)
    if kind is datetime:
        return lambda reader, value, at: reader.read_with(reader.parse_moment, value, at)
    return lambda reader, value, at: reader.read_scalar(kind, value, at, lines=lines)


@dataclass(slots=True)
class _Reader:
    """Reads values by their types and collects the problems, each with its place."""

    zone: ZoneInfo | None
    problems: list[Problem] = field(default_factory=list)

    def read(self, converter: Converter, value: object, place: str) -> Any:
        """The value, or `INVALID` once a problem is reported or too many were."""
        is_over = len(self.problems) >= MOST_PROBLEMS_READ
        return INVALID if is_over else converter(self, value, place)

    def _report(self, place: str, message: str) -> Any:
        self.problems.append((place, message))
        return INVALID

    def read_scalar(self, kind: Any, value: object, place: str, *, lines: bool) -> Any:
        if type(value) is not kind:
            return self._report(place, f"expected {TYPE_NAMES[kind]}, not {quote(value)}")
        if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            return self._report(place, "is too large a number")
        problem = text_problem(value, lines=lines) if isinstance(value, str) else ""
        return self._report(place, problem) if problem else value

    def read_with(self, parse: Callable[[Any], object], value: object, place: str) -> Any:
        if isinstance(value, str) and (problem := text_problem(value, most=LONGEST_TYPED)):
            return self._report(place, problem)
        try:
            return parse(value)
        except ValueError as error:
            return self._report(place, str(error))

    def read_literal(self, words: tuple[Any, ...], value: object, place: str) -> Any:
        same_type = type(value) is type(words[0])
        if same_type and value in words:
            return value
        choice = f"{'one of ' * (len(words) > 1)}{', '.join(map(str, words))}"
        hint = did_you_mean(value, words) if same_type and isinstance(value, str) else ""
        return self._report(place, f"expected {choice}, not {quote(value)}{hint}")

    def read_list(self, converter: Converter, value: object, place: str) -> Any:
        if not isinstance(value, list):
            return self._report(place, f"expected a list, not {quote(value)}")
        items = [self.read(converter, item, f"{place}[{n}]") for n, item in enumerate(value)]
        return INVALID if INVALID in items else tuple(items)

    def read_mapping(self, keys: Converter, values: Converter, value: object, place: str) -> Any:
        if not isinstance(value, dict):
            return self._report(place, f"expected a table, not {quote(value)}")
        items = {
            self.read(keys, key, f"{place}.{key}"): self.read(values, item, f"{place}.{key}")
            for key, item in value.items()
        }
        if INVALID in items or INVALID in items.values():
            return INVALID
        return items if len(items) == len(value) else self._report(place, "has a key twice")

    def read_noun(self, kind: Any, value: object, place: str) -> Any:
        if not isinstance(value, dict):
            return self._report(place, f"expected a table, not {quote(value)}")
        prefix, fields = f"{place}." if place else "", fields_of(kind)
        catch_all = next((name for name, one in fields.items() if one.is_catch_all), None)
        table = value if catch_all is None else _gather_other_tables(value, catch_all, fields)
        unknown = [key for key in table if key not in fields]
        for key in unknown[: MOST_PROBLEMS_READ - len(self.problems)]:
            self._report(f"{prefix}{key}", f"unknown key{did_you_mean(key, fields)}")
        values: dict[str, Any] = {}
        for name, one in fields.items():
            if name in table:
                inner = place if name == catch_all else f"{prefix}{name}"
                values[one.name] = self._read_field(one, table[name], inner)
            elif one.required:
                only = get_args(one.kind) if get_origin(one.kind) is Literal else ()
                fix = f": {name} = {only[0]}" if len(only) == 1 else ""
                said = f"required, but missing{fix}"
                values[one.name] = self._report(f"{prefix}{name}", said)
        complete, count = INVALID not in values.values(), len(self.problems)
        noun = kind(**values) if complete else _partial_noun(kind, values)
        # The own checks of a partial noun end at the first invalid field that they need.
        with nullcontext() if complete else suppress(AttributeError):
            for inner, message in noun.problems() if hasattr(noun, "problems") else ():
                self._report(f"{prefix}{inner}" if inner else place, message)
        return noun if complete and not unknown and len(self.problems) == count else INVALID

    def _read_field(self, one: Field, data: object, place: str) -> Any:
        value = self.read(one.converter, data, place)
        refusal = one.key.refusal(value)  # "" if the value is `INVALID`
        return self._report(place, refusal) if refusal else value

    def parse_moment(self, value: object) -> datetime:
        moment = value
        # `fromisoformat` alone accepts more than a date with a time of day.
        if isinstance(value, str) and MOMENT.fullmatch(value):
            with suppress(ValueError):
                moment = datetime.fromisoformat(value)
        if not isinstance(moment, datetime) or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            form = 'a moment such as "2026-12-07T09:00-05:00"'
            raise ValueError(f"expected {form}, not {quote(value)}")
        if self.zone is None:
            return moment
        local = moment.replace(tzinfo=self.zone)
        if moment.tzinfo is not None and moment.utcoffset() != local.utcoffset():
            return moment.astimezone(self.zone)
        if not exists(local):
            raise ValueError(
                f"{moment:%H:%M} does not exist on {moment:%Y-%m-%d} in {self.zone.key}: "
                "the clocks go forward"
            )
        return local


def _gather_other_tables(
    table: dict[str, Any], catch_all: str, fields: Mapping[str, object]
) -> dict[str, Any]:
    """The table with all tables whose key is no field moved into one table, `catch_all`."""
    others = {
        key: item
        for key, item in table.items()
        if (key not in fields or key == catch_all) and isinstance(item, dict)
    }
    return {catch_all: others} | {key: item for key, item in table.items() if key not in others}


def _partial_noun(kind: type, values: Mapping[str, Any]) -> Any:
    """A noun without its invalid fields, whose own checks still see the valid ones."""
    noun: Any = object.__new__(kind)
    for one in dataclasses.fields(kind):
        value = values.get(one.name, one.default)
        if value is not INVALID and value is not dataclasses.MISSING:
            object.__setattr__(noun, one.name, value)
    return noun
