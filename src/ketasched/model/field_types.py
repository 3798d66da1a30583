"""Checks that the fields of a noun have the types of their annotations: a text is no clock time.

Annotations promise nothing at run time, and `Request(time="14:00")` would fail far from where it
was written.
"""

import types
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

Types = tuple[type, ...]


def refuse_wrong_types(noun: Any, maker: str) -> None:  # noqa: ANN401 - a dataclass
    """Raise `TypeError` for the first field whose value has another type than its annotation.

    A subclass is another type: a `datetime` is no date. `maker` is the function that makes such a
    noun of texts.
    """
    expected = _expected_types(noun.__class__)
    found = tuple(map(type, expected.values(noun)))
    if found not in expected.right:  # nouns of the same types, of which there are many, are quick
        for (name, kinds), own in zip(expected.kinds.items(), found, strict=True):
            if own not in kinds:
                raise _wrong_type(noun, name, _names(kinds), own, maker)
        expected.right.add(found)
    for name, kinds in expected.items.items():
        for one in getattr(noun, name):
            if type(one) not in kinds:
                raise _wrong_type(noun, name, f"a tuple of {_names(kinds)}", type(one), maker)


@dataclass(frozen=True, slots=True)
class _Expected:
    """The types of the fields of a noun, and of the items of its tuples, by name.

    `values` returns the values of all fields; `right` are types of all fields that were right.
    """

    kinds: dict[str, Types]
    items: dict[str, Types]
    values: Callable[[object], tuple[object, ...]]
    right: set[Types] = field(default_factory=set)


@cache
def _expected_types(kind: Any) -> _Expected:  # noqa: ANN401 - a dataclass
    hints, names = get_type_hints(kind), [one.name for one in fields(kind)]
    both = {name: _types_of(hints[name]) for name in names}
    items = {name: inner for name, (_, inner) in both.items() if inner}
    return _Expected({name: own for name, (own, _) in both.items()}, items, attrgetter(*names))


def _types_of(hint: Any) -> tuple[Types, Types]:  # noqa: ANN401 - an annotation
    """The types that a value may have, and those of the items of a tuple."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _types_of(args[0])
    if origin in (Union, types.UnionType):
        return args, ()
    if origin is tuple:
        return (tuple,), _types_of(args[0])[0]
    return ((str,) if origin is Literal else (hint,)), ()


def _wrong_type(noun: object, name: str, expected: str, found: type, maker: str) -> TypeError:
    said = f"{type(noun).__name__}.{name}: expected {expected}, not {found.__name__}"
    return TypeError(f"{said}; {maker}({name}=…) reads a text")


def _names(kinds: Types) -> str:
    return " or ".join("None" if kind is types.NoneType else kind.__name__ for kind in kinds)
