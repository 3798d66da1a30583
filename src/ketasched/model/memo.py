"""Memoisation of pure functions by the identity of their arguments.

Many courses share a clinic and a protocol; what follows from these alone is computed once. The
nouns are compared by identity because a clinic contains mappings and has no hash.
"""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Owner = TypeVar("Owner")
Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_RESULTS = 1024
"""How many results a function keeps, if nothing else is said."""

MAX_ITEM_RESULTS = 16384
"""How many results a function of an owner and an item keeps, for all owners together."""

_caches: list[Callable[[], None]] = []


def memoised(function: Callable[P, Result]) -> Callable[P, Result]:
    """`function`, which must be pure, with up to `MAX_RESULTS` results cached.

    Positional arguments are compared by identity, keyword arguments by value.
    """
    return memoised_up_to(MAX_RESULTS)(function)


def memoised_up_to(most: int) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Memoise as `memoised` does. When there are `most` results, all of them are dropped."""

    def decorate(function: Callable[P, Result]) -> Callable[P, Result]:
        results: dict[Hashable, tuple[object, Result]] = {}

        @wraps(function)
        def lookup(*args: P.args, **kwargs: P.kwargs) -> Result:
            key = (*map(id, args), *kwargs.items())
            found = results.get(key)
            if found is None:
                if len(results) >= most:
                    results.clear()
                # The arguments are kept, so that no other object gets the id of one.
                found = results[key] = args, function(*args, **kwargs)
            return found[1]

        _caches.append(results.clear)
        return lookup

    return decorate


def memoised_by_item(function: Callable[[Owner, Item], Result]) -> Callable[[Owner, Item], Result]:
    """A pure function of an owner and an item, with up to `MAX_ITEM_RESULTS` results cached.

    Owners are compared by identity, items by value.
    """
    results: dict[tuple[int, Item], tuple[Owner, Result]] = {}

    @wraps(function)
    def lookup(owner: Owner, item: Item) -> Result:
        key = id(owner), item
        found = results.get(key)
        if found is None:
            if len(results) >= MAX_ITEM_RESULTS:
                results.clear()
            found = results[key] = owner, function(owner, item)
        return found[1]

    _caches.append(results.clear)
    return lookup


def clear_memos() -> None:
    """Drop every cached result."""
    for clear in _caches:
        clear()
