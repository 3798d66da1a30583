"""Kinds of visit with the clinic's overrides of minutes and no-driving rules."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

from ketasched.model import Clinic, Minutes, Override, Protocol, VisitKind
from ketasched.model.memo import memoised


def effective_kind(protocol: Protocol, clinic: Clinic, name: str) -> VisitKind:
    """The protocol's kind of visit with the clinic's overrides of minutes and no-driving rule.

    A kind inherits the overrides of the kind that it is `like`, field by field, unless it has a
    value of its own for the field.
    """
    return _effective(protocol, clinic, name=name)


@memoised
def _effective(protocol: Protocol, clinic: Clinic, *, name: str) -> VisitKind:
    kind, overrides = protocol.visits[name], clinic.overrides.get(protocol.id)
    if not overrides:
        return _interned(kind)
    *minutes, no_driving = [_value(protocol, overrides, name, field) for field in OVERRIDABLE]
    return _interned(replace(kind, minutes=Minutes(*minutes), no_driving=no_driving))


OVERRIDABLE = tuple(
    map(attrgetter, ("minutes.check_in", "minutes.treatment", "minutes.observation", "no_driving"))
)
"""Getters of the fields that an override can have, from a kind or from an override."""


def _value(
    protocol: Protocol, overrides: Mapping[str, Override], name: str, field: Callable[[Any], Any]
) -> Any:  # noqa: ANN401 - minutes or a rule, by the field
    """A field of a kind: as overridden, for the kind or for the one that it inherits from."""
    kind = protocol.visits[name]
    parent, own = protocol.visits.get(kind.like), field(overrides.get(name, Override()))
    if own is None and parent is not None and field(parent) == field(kind):
        return _value(protocol, overrides, kind.like, field)
    return field(kind) if own is None else own


@lru_cache(maxsize=256)
def _interned(kind: VisitKind) -> VisitKind:
    """The same object for equal kinds, because memos compare kinds by identity."""
    return kind
