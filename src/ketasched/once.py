"""What many courses share is worked out once: what follows from a clinic, or from a protocol."""

import gc
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Made = TypeVar("Made")

MOST = 1024
"""How many results of a function are kept, the oldest going first: memory stays flat."""

_forgetting: list[Callable[[], None]] = []
"""For each function how it forgets what it has kept."""


def forget() -> None:
    """Have all that was kept worked out anew when it is asked for again."""
    for clear in _forgetting:
        clear()
    # Days and the clinic that they are of refer to each other.
    gc.collect()


def once(make: Callable[P, Made]) -> Callable[P, Made]:
    """`make`, which is pure, with what it made of the same nouns kept.

    Positional arguments are compared by what they are and not by what they hold (a clinic has
    tables, and no hash); they are kept, too, so that no other object takes the place of one.
    """
    kept: dict[tuple[object, ...], tuple[object, Made]] = {}
    lock = Lock()
    _forgetting.append(kept.clear)

    @wraps(make)
    def kept_or_made(*nouns: P.args, **said: P.kwargs) -> Made:
        key = (*map(id, nouns), *said.values())
        found = kept.get(key)
        if found is None:
            found = nouns, make(*nouns, **said)
            with lock:
                if len(kept) >= MOST:  # or forgotten by now, by another thread
                    kept.pop(next(iter(kept), key), None)
                found = kept.setdefault(key, found)
        return found[1]

    return kept_or_made
