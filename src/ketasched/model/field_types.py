"""Checks that values have the types of their annotations: a text is no clock time.

Annotations promise nothing at run time, and `Request(time="14:00")` would fail far from where it
was written.
"""

import types
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, partial, wraps
from inspect import signature
from operator import attrgetter
from typing import (
    Annotated,
    Any,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

Types = tuple[type, ...]
P = ParamSpec("P")
R = TypeVar("R")


def refusing_wrong_nouns(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which raises `TypeError` for an argument that is another noun, or none.

    It is looked at where the annotation is a noun, or a noun or something else.
    """
    known = cache(partial(_noun_parameters, function))

    @wraps(function)
    def refusing(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in (*zip(known(), args, strict=False), *kwargs.items()):
            kinds = known().get(name)
            if kinds and not isinstance(value, kinds):
                expected, found = _names(kinds), _names((type(value),))
                raise TypeError(f"{name}: expected {expected}, not {found}")
        return function(*args, **kwargs)

    return refusing


def _noun_parameters(function: Callable[..., object]) -> dict[str, Types]:
    """The parameters in their order, each with its types, none where no type is a noun."""
    hints, found = get_type_hints(function), dict[str, Types]()
    for name in signature(function).parameters:
        kinds, _ = _types_of(hints.get(name))
        are_plain = all(isinstance(one, type) for one in kinds)
        found[name] = kinds if are_plain and any(map(is_dataclass, kinds)) else ()
    return found


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
        return tuple(kind for one in args for kind in _types_of(one)[0]), ()
    if origin is tuple:
        return (tuple,), _types_of(args[0])[0]
    return ((str,) if origin is Literal else (hint,)), ()


def _wrong_type(noun: object, name: str, expected: str, found: type, maker: str) -> TypeError:
    said = f"{type(noun).__name__}.{name}: expected {expected}, not {found.__name__}"
    return TypeError(f"{said}; {maker}({name}=…) reads a text")


def _names(kinds: Types) -> str:
    return " or ".join("None" if kind is types.NoneType else kind.__name__ for kind in kinds)
