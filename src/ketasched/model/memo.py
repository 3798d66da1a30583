"""Memoisation of pure functions by the identity of their arguments.

Many courses share a clinic and a protocol; what follows from these alone is computed once. The
nouns are compared by identity because a clinic contains mappings and has no hash.
"""

from collections.abc import Callable
from functools import lru_cache, partial, wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
Owner = TypeVar("Owner")
Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_RESULTS = 1024
"""How many results each function keeps; the least recently used one is dropped first."""

_caches: list[Callable[[], None]] = []


class _ById:
    """An argument as a cache key: equal only to itself. It keeps the argument alive."""

    __slots__ = ("argument",)

    def __init__(self, argument: Any) -> None:  # noqa: ANN401 - of any type
        self.argument = argument

    def __hash__(self) -> int:
        return id(self.argument)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.argument is other.argument


def memoised(function: Callable[P, Result]) -> Callable[P, Result]:
    """`function`, which must be pure, with its recent results cached.

    Positional arguments are compared by identity, keyword arguments by value.
    """

    @lru_cache(maxsize=MAX_RESULTS)
    def cached(*keys: _ById, **named: Any) -> Result:  # noqa: ANN401 - those of `function`
        return function(*(key.argument for key in keys), **named)

    @wraps(function)
    def lookup(*args: P.args, **kwargs: P.kwargs) -> Result:
        return cached(*map(_ById, args), **kwargs)  # type: ignore[arg-type]

    _caches.append(cached.cache_clear)
    return lookup


def memoised_by_item(
    most: int,
) -> Callable[[Callable[[Owner, Item], Result]], Callable[[Owner, Item], Result]]:
    """Memoise a pure function of an owner and an item, for each owner `most` recent results.

    Owners are compared by identity, items by value.
    """

    def decorate(function: Callable[[Owner, Item], Result]) -> Callable[[Owner, Item], Result]:
        @memoised
        def of_owner(owner: Owner) -> Callable[[Item], Result]:
            return lru_cache(most)(partial(function, owner))

        @wraps(function)
        def lookup(owner: Owner, item: Item) -> Result:
            return of_owner(owner)(item)

        return lookup

    return decorate


def clear_memos() -> None:
    """Drop every cached result."""
    for clear in _caches:
        clear()
