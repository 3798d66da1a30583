"""Reads weekdays as people write them: "mon,wed,fri", "M/W/F", "TTh", "Mon-Fri", "not tue"."""

import re
from collections.abc import Sequence
from itertools import chain, pairwise, product
from typing import NamedTuple

from ketasched.model import WEEKDAYS, quote
from ketasched.model.values import DAY_NAMES

Meanings = tuple[int, ...]
"""The days that a text can mean, Monday being 0."""

GROUPS = {"weekday": range(5), "weekend": range(5, 7), "daily": range(7)}
LETTERS: dict[str, list[Meanings]] = {
    letter: [tuple(day for day, name in enumerate(DAY_NAMES) if name.startswith(letter))]
    for letter in "mtwfs"
} | {"r": [(3,)]}
"""Single letters; "T" and "S" are two days each, "R" is Thursday on timetables."""

NAMES: dict[str, list[Meanings]] = {
    name[:length] + plural: [(day,)]
    for day, name in enumerate(DAY_NAMES)
    for length in range(2, len(name) + 1)
    for plural in ("", "s")
}
WORDS = LETTERS | NAMES
WORDS |= {name + s: [(day,) for day in days] for name, days in GROUPS.items() for s in ("", "s")}

COMPACT = re.compile(r"mon|tue|wed|thu|fri|sat|sun|mo|tu|we|th|fr|sa|su|[mtwrfs]")
"""A day in a word of several: "TTh", "MonWed"."""

EVERY_DAY = re.compile(r"\b(?:every|any|all)(?: ?days?\b|$|(?= (?:but|except) ))", re.IGNORECASE)
EXCEPT = re.compile(r"(?:^|[ ,;]+)(?:and |all )?(?:but )?(?:not|no|except|but) (?:on )?", re.I)
"""What stands before the days that are left out."""

UNTIL = re.compile(r" ?[-‐‑–—] ?| (?:to|thru|through|until) ", re.IGNORECASE)
SEPARATOR = re.compile(r" ?[,/&+;] ?(?:and )?| (?:and )?", re.IGNORECASE)


class Weekdays(NamedTuple):
    """Weekdays in the order of the week; `is_exclusion` says that a text leaves others out."""

    days: tuple[str, ...]
    is_exclusion: bool = False


def read_weekdays(text: str) -> Weekdays:
    """The weekdays in a text. Raises `ValueError`, also for a day that can be two ("T")."""
    typed = EVERY_DAY.sub("daily", " ".join(text.split()))
    wanted, *unwanted = EXCEPT.split(typed, maxsplit=1)
    days = set(range(7)) if unwanted and not wanted else _days(wanted, text)
    if not unwanted:
        return Weekdays(_named(days))
    excluded = _days(EXCEPT.sub(",", unwanted[0]), text)  # "not" again: "not tue, not thu"
    if not excluded < days:
        raise ValueError(f"{quote(text)} leaves out all days, or one that it does not have")
    return Weekdays(_named(days - excluded), is_exclusion=True)


def join_weekdays(texts: Sequence[Weekdays]) -> tuple[str, ...]:
    """The weekdays of several texts: each that one of them names, or that none leaves out.

    Raises `ValueError` if one text names days and another one leaves days out.
    """
    every = [set(one.days) for one in texts]
    if len({one.is_exclusion for one in texts}) > 1:
        raise ValueError("expected either the weekdays that will do, or those that will not")
    excludes = any(one.is_exclusion for one in texts)
    joined = set.intersection(*every) if excludes else set[str]().union(*every)
    if excludes and not joined:
        raise ValueError("leaves out all weekdays")
    return tuple(day for day in WEEKDAYS if day in joined)


def _named(days: set[int]) -> tuple[str, ...]:
    return tuple(WEEKDAYS[day] for day in sorted(days))


def _days(typed: str, text: str) -> set[int]:
    """The days that are named in `typed`, a part of `text`, which errors quote."""
    words = SEPARATOR.split(UNTIL.sub("-", typed))
    meanings = [one for word in words for one in _item(word, text)]
    return set(
        _in_order(meanings, text) if _are_unclear(meanings) else chain.from_iterable(meanings)
    )


def _item(item: str, text: str) -> list[Meanings]:
    """The days of an item: a word, "mon-fri", or "m-w-f", which cannot be a range."""
    ends = item.split("-")
    days = list(chain.from_iterable(_word(end.strip("."), text) for end in ends))
    if len(ends) != 2:
        return days
    if _are_unclear(days):  # "T-Th" is two days for some people
        _refuse(days, text)
    if len(days) != len(ends) or days[0] == days[1]:
        raise ValueError(f"expected weekdays such as mon-fri, not {quote(text)}")
    (first,), (last,) = days
    return [((first + more) % 7,) for more in range((last - first) % 7 + 1)]


def _word(word: str, text: str) -> list[Meanings]:
    """The days of a word: one, a group of days, or several without a space, in order."""
    lower = word.lower()
    if lower in WORDS:
        return WORDS[lower]
    parts = COMPACT.findall(lower)
    if not word or "".join(parts) != lower:
        raise ValueError(f"expected weekdays such as mon,wed,fri, not {quote(word or text)}")
    return [(day,) for day in _in_order([WORDS[part][0] for part in parts], text)]


def _are_unclear(meanings: list[Meanings]) -> bool:
    return any(len(one) > 1 for one in meanings)


def _in_order(meanings: list[Meanings], text: str) -> tuple[int, ...]:
    """The days, if only one choice of them is in the order of the week: "MTW", not "MT".

    Raises `ValueError` otherwise.
    """
    choices = product(*meanings) if len(meanings) <= len(WEEKDAYS) else ()
    in_order = [days for days in choices if all(day < later for day, later in pairwise(days))]
    if len(in_order) > 1:
        _refuse([tuple(sorted(set(days))) for days in zip(*in_order, strict=True)], text)
    if not in_order:
        _refuse(meanings, text)
    return in_order[0]


def _refuse(meanings: list[Meanings], text: str) -> None:
    """Raise `ValueError` for days that are not clear."""
    unclear = next((one for one in meanings if len(one) > 1), None)
    if unclear is None:
        raise ValueError(f"expected weekdays such as mon,wed,fri, not {quote(text)}")
    names = [DAY_NAMES[day] for day in unclear]
    said = f'is "{names[0][0].upper()}" {" or ".join(map(str.title, names))}'
    raise ValueError(f"{quote(text)}: {said}? Write {' or '.join(name[:3] for name in names)}")
