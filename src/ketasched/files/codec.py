"""How nouns look in a file: plain data becomes a noun, with every problem and its place, and back.

It follows the nouns' own annotations, so a new field of a noun is read, checked and written
without a change here. Types are checked, not only names: a string is no number, and True is none
either.
"""

import dataclasses
import difflib
import json
import re
import types
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from zoneinfo import ZoneInfo

from ketasched.model import Course, Key, Plain, Problem, odd_character, shown
from ketasched.model.values import FIRST_YEAR, LAST_YEAR, read_date
from ketasched.model.wall_clock import exists

Noun = TypeVar("Noun")

BAD: Any = object()
"""Stands for a value that has a problem."""

MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)

LARGEST = 2**53
"""Larger whole numbers differ from reader to reader of JSON."""

MOST_PROBLEMS_READ = 1000
"""A file with more of them is no slip of the hand: reading it ends there."""

EXPECTED = {bool: "true or false", int: "a whole number", str: "text"}


def read(
    kind: type[Noun], data: object, *, zone: ZoneInfo | None = None
) -> tuple[Noun | None, list[Problem]]:
    """The noun that `data` (parsed TOML or JSON) describes, and all that is wrong with it.

    With a problem there is no noun.
    Date-times are given in `zone`; one without an offset is a wall-clock time there.
    """
    reader = _Reader(zone)
    found = reader.read(kind, data, "")
    return (None if reader.problems else cast("Noun", found)), reader.problems


def plain(value: object) -> Plain:
    """The noun as plain data that `read` reads back to an equal one."""
    if hasattr(value, "plain"):
        return cast("Plain", value.plain())
    if dataclasses.is_dataclass(value):
        found: dict[str, Plain] = {}
        for one in dataclasses.fields(value):
            inner = plain(getattr(value, one.name))
            if "other tables" in one.metadata and isinstance(inner, dict):
                found |= inner
            else:
                found[one.name] = inner
        return found
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else cast("Plain", value)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that `name` is probably meant to be, as the end of a sentence, or ""."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""


class Field(NamedTuple):
    """A field of a noun: its type, whether it has to be given, and what its key is for.

    With `takes_others` it is no key, but holds the tables that have names of their own.
    """

    kind: Any
    required: bool
    key: Key
    takes_others: bool


@lru_cache(maxsize=64)
def fields_of(kind: type) -> dict[str, Field]:
    """The fields of a noun, by name."""
    hints, missing = get_type_hints(kind, include_extras=True), dataclasses.MISSING
    found = {}
    for one in dataclasses.fields(kind):
        hint, key = hints[one.name], Key("")
        if get_origin(hint) is Annotated:
            hint, key = get_args(hint)
        required = one.default is missing and one.default_factory is missing
        found[one.name] = Field(hint, required, key, "other tables" in one.metadata)
    return found


def _with_holes(kind: type, found: Mapping[str, Any]) -> Any:
    """A noun without its bad fields, so that the good ones are looked at all the same."""
    noun: Any = object.__new__(kind)
    for one in dataclasses.fields(kind):
        value = found.get(one.name, one.default)
        if value is not BAD and value is not dataclasses.MISSING:
            object.__setattr__(noun, one.name, value)
    return noun


def _others(kind: type) -> str | None:
    """The name of the field that takes the tables with names of their own, if there is one."""
    return next((name for name, one in fields_of(kind).items() if one.takes_others), None)


@dataclass(slots=True)
class _Reader:
    """Reads values by their types and gathers the problems."""

    zone: ZoneInfo | None
    problems: list[Problem] = field(default_factory=list)

    def read(self, kind: Any, value: object, place: str) -> Any:
        """The value as one of this type, or BAD with a problem noted."""
        if len(self.problems) >= MOST_PROBLEMS_READ:
            return BAD
        origin, args = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            inner = next(arg for arg in args if arg is not type(None))
            return None if value is None else self.read(inner, value, place)
        if origin is Literal:
            return self._word(args, value, place)
        if origin is tuple:
            return self._list(args[0], value, place)
        if origin is Mapping:
            return self._mapping(args, value, place)
        if hasattr(kind, "read"):
            return self._by(kind.read, value, place)
        if dataclasses.is_dataclass(kind):
            return self._noun(cast("type", kind), value, place)
        if kind is date:
            return self._by(read_date, value, place)
        if kind is datetime:
            return self._by(self._moment, value, place)
        return self._simple(kind, value, place)

    def _simple(self, kind: Any, value: object, place: str) -> Any:
        if type(value) is not kind:
            return self._bad(place, f"expected {EXPECTED[kind]}, not {shown(value)}")
        if isinstance(value, int) and abs(value) > LARGEST:
            return self._bad(place, "is too large a number")
        return self._text(value, place) if isinstance(value, str) else value

    def _bad(self, place: str, said: str) -> Any:
        self.problems.append((place, said))
        return BAD

    def _by(self, reader: Any, value: object, place: str) -> Any:
        if isinstance(value, str) and self._text(value, place) is BAD:
            return BAD
        try:
            return reader(value)
        except ValueError as error:
            return self._bad(place, str(error))

    def _word(self, words: tuple[Any, ...], value: object, place: str) -> Any:
        if value in words and type(value) is type(words[0]):
            return value
        listed = ", ".join(map(str, words))
        near = nearest(value, words) if isinstance(value, str) and str in map(type, words) else ""
        return self._bad(
            place, f"expected {'one of ' * (len(words) > 1)}{listed}, not {shown(value)}{near}"
        )

    def _text(self, value: str, place: str) -> Any:
        odd = odd_character(value, allowed="\n\t")
        return self._bad(place, f"has the character {odd}, which no text needs") if odd else value

    def _list(self, kind: Any, value: object, place: str) -> Any:
        if not isinstance(value, list):
            return self._bad(place, f"expected a list, not {shown(value)}")
        found = [self.read(kind, inner, f"{place}[{n}]") for n, inner in enumerate(value)]
        return BAD if BAD in found else tuple(found)

    def _mapping(self, kinds: tuple[Any, ...], value: object, place: str) -> Any:
        if not isinstance(value, dict):
            return self._bad(place, f"expected a table, not {shown(value)}")
        found = {
            self.read(kinds[0], key, f"{place}.{key}"): self.read(kinds[1], one, f"{place}.{key}")
            for key, one in value.items()
        }
        return BAD if BAD in found or BAD in found.values() else found

    def _noun(self, kind: type, value: object, place: str) -> Any:
        if not isinstance(value, dict):
            return self._bad(place, f"expected a table, not {shown(value)}")
        dot = f"{place}." if place else ""
        fields, others = fields_of(kind), _others(kind)
        table = _gathered(value, others, fields)
        for key in table:
            if key not in fields and len(self.problems) < MOST_PROBLEMS_READ:
                self._bad(f"{dot}{key}", f"unknown key{nearest(key, fields)}")
        found: dict[str, Any] = {}
        for name, one in fields.items():
            if name in table:
                at = place if name == others else f"{dot}{name}"
                found[name] = self._within(one.key, self.read(one.kind, table[name], at), at)
            elif one.required:
                found[name] = self._bad(f"{dot}{name}", "required, but missing")
        noun = kind(**found) if BAD not in found.values() else _with_holes(kind, found)
        before = len(self.problems)
        # What a noun with holes has to say of itself ends at the first hole.
        with suppress(AttributeError) if BAD in found.values() else nullcontext():
            for inside, said in noun.problems() if hasattr(noun, "problems") else ():
                self._bad(f"{dot}{inside}" if inside else place, said)
        fine = len(self.problems) == before and all(key in fields for key in table)
        return noun if fine and BAD not in found.values() else BAD

    def _within(self, key: Key, value: Any, place: str) -> Any:
        said = key.refusal(value)  # of BAD there is nothing to say
        return self._bad(place, said) if said else value

    def _moment(self, value: object) -> datetime:
        try:
            moment = datetime.fromisoformat(_as_moment(value)) if isinstance(value, str) else value
        except ValueError:
            moment = None
        if not isinstance(moment, datetime) or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(
                f'expected a moment such as "2026-12-07T09:00-05:00", not {shown(value)}'
            )
        if self.zone is None:
            return moment
        local = moment.replace(tzinfo=self.zone)
        if moment.tzinfo is None or moment.utcoffset() == local.utcoffset():
            if not exists(local):
                raise ValueError(
                    f"{moment:%H:%M} does not exist on {moment:%Y-%m-%d} in {self.zone.key}: "
                    "the clocks go forward"
                )
            return local
        return moment.astimezone(self.zone)


def _as_moment(text: str) -> str:
    """The text, if it has a date and a time of day; `fromisoformat` alone takes more than that."""
    if not MOMENT.fullmatch(text):
        raise ValueError(text)
    return text


def _gathered(
    table: dict[str, Any], others: str | None, fields: Mapping[str, object]
) -> dict[str, Any]:
    """The table with the tables that have names of their own gathered under `others`."""
    if others is None:
        return table
    own = {
        key: one
        for key, one in table.items()
        if (key not in fields or key == others) and isinstance(one, dict)
    }
    return {others: own} | {key: one for key, one in table.items() if key not in own}


def as_line(course: Course) -> str:
    """The whole course as one line of JSON, without the line's end."""
    return json.dumps(plain(course), ensure_ascii=False, separators=(",", ":"))
