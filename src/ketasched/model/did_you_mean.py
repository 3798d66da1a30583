"""The hint at the end of an error about an unknown name: "; did you mean phases?"."""

import difflib
from collections.abc import Iterable

LONGEST_NAME_COMPARED = 100
"""A longer name is not compared with those that are known, which takes long."""

LETTERS_A_SLIP = 4
"""One slip of the keyboard is taken for one in so many letters of a name."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error message that suggests the known name nearest to `name`, or ""."""
    suggested = nearest(name, known)
    return f"; did you mean {suggested}?" if suggested else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that `name` is a slip of, or "".

    Names that merely share letters, as "notes" and "boosters", have nothing to do with each other.
    """
    is_short = len(name) <= LONGEST_NAME_COMPARED
    alike = difflib.get_close_matches(name, list(known), n=3) if is_short else []
    found = min(alike, key=lambda one: slips(name, one), default="")
    most = max(1, len(name) // LETTERS_A_SLIP)
    return found if found and slips(name, found) <= most else ""


def slips(typed: str, meant: str) -> int:
    """How many letters are missing, added, wrong, or swapped with the next one.

    This is the optimal string alignment distance.
    """
    earlier, before, row = [0], [0], list(range(len(meant) + 1))
    for i, char in enumerate(typed, start=1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(meant, start=1):
            least = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (char != wanted))
            if i > 1 and j > 1 and char == meant[j - 2] and typed[i - 2] == wanted:
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
    return row[-1]
