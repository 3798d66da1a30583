"""Kinds of visit with the clinic's overrides of minutes and no-driving rules."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

from ketasched.model import Clinic, Minutes, NoDriving, Override, Protocol, VisitKind
from ketasched.model.memo import memoised

OVERRIDABLE = ("minutes.check_in", "minutes.treatment", "minutes.observation", "no_driving")
"""The numbers of a kind that an override can have."""


def effective_kind(protocol: Protocol, clinic: Clinic, name: str) -> VisitKind:
    """The protocol's kind of visit with the clinic's overrides of minutes and no-driving rule.

    A kind inherits the overrides of the kind that it is `like`, number by number, unless it has a
    value of its own. An override that is shorter than an approved label does not count.
    """
    return _effective(protocol, clinic, name=name)


@memoised
def _effective(protocol: Protocol, clinic: Clinic, *, name: str) -> VisitKind:
    kind, overrides = protocol.visits[name], clinic.overrides.get(protocol.id)
    if not overrides:
        return _interned(kind)
    *minutes, no_driving = [_value(protocol, overrides, name, number) for number in OVERRIDABLE]
    return _interned(replace(kind, minutes=Minutes(*minutes), no_driving=no_driving))


def _value(protocol: Protocol, overrides: Mapping[str, Override], name: str, number: str) -> Any:  # noqa: ANN401 - minutes or a rule, by the number
    """A number of a kind: as overridden, for the kind or for the one that it inherits from."""
    value = attrgetter(number)
    kind = protocol.visits[name]
    parent, own = protocol.visits.get(kind.like), value(overrides.get(name, Override()))
    if own is None and parent is not None and value(parent) == value(kind):
        return _value(protocol, overrides, kind.like, number)
    if own is None or (protocol.is_label_minimum(name, number) and is_shorter(own, value(kind))):
        return value(kind)
    return own


def is_shorter(own: int | NoDriving, asked: int | NoDriving | None) -> bool:
    """Whether a clinic's own number is shorter than the protocol's, or may be for a rule."""
    if isinstance(own, NoDriving):
        return isinstance(asked, NoDriving) and own.ends_before(asked)
    return isinstance(asked, int) and own < asked


@memoised
def unreplaced_examples(protocol: Protocol, clinic: Clinic) -> tuple[str, ...]:
    """The places of a protocol's examples that the clinic can override, and has not."""
    return tuple(_unreplaced(protocol, clinic))


def _unreplaced(protocol: Protocol, clinic: Clinic) -> Iterator[str]:
    overrides = clinic.overrides.get(protocol.id, {})
    for place in protocol.examples:
        table, _, rest = place.partition(".")
        name, _, field = rest.partition(".")
        numbers = [one for one in OVERRIDABLE if f"{one}.".startswith(f"{field}.")]
        numbers += [one for one in OVERRIDABLE if field.startswith(f"{one}.")]
        if table == "visits" and not all(
            _is_overridden(protocol, overrides, name, number) for number in numbers
        ):
            yield place


def _is_overridden(
    protocol: Protocol, overrides: Mapping[str, Override], name: str, number: str
) -> bool:
    if attrgetter(number)(overrides.get(name, Override())) is not None:
        return True
    like = protocol.visits[name].like
    return like in protocol.visits and _is_overridden(protocol, overrides, like, number)


@lru_cache(maxsize=256)
def _interned(kind: VisitKind) -> VisitKind:
    """The same object for equal kinds, because memos compare kinds by identity."""
    return kind
