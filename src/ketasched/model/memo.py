"""Memoisation of pure functions by the identity of their arguments.

Many courses share a clinic and a protocol; what follows from these alone is computed once. The
nouns are compared by identity because a clinic contains mappings and has no hash.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache, partial, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Owner = TypeVar("Owner")
Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_RESULTS = 1024
"""How many results each function keeps; then it drops them all, and begins anew."""

_caches: list[Callable[[], None]] = []


def memoised(function: Callable[P, Result]) -> Callable[P, Result]:
    """`function`, which must be pure, with its recent results cached.

    Positional arguments are compared by identity, keyword arguments by value.
    """

    results: dict[Hashable, tuple[object, Result]] = {}

    @wraps(function)
    def lookup(*args: P.args, **kwargs: P.kwargs) -> Result:
        key = (*map(id, args), *kwargs.items())
        found = results.get(key)
        if found is None:
            if len(results) >= MAX_RESULTS:
                results.clear()
            # The arguments are kept, so that no other object gets the id of one.
            found = results[key] = args, function(*args, **kwargs)
        return found[1]

    _caches.append(results.clear)
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
