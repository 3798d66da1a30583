"""Misfits: what is booked and does not fit its clinic any more, as the clinic is now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ketasched.model.keys import where_used


@dataclass(frozen=True, slots=True)
class Misfit:
    """A booked visit, or a companion, that does not fit its clinic any more.

    `message` is a clause without the date: "the clinic is closed (pump repair)".
    """

    visit: int
    """The number of the visit in its course; a companion's visit."""
    start: datetime
    """When it begins."""
    rule: str
    """The rule that it breaks."""
    message: str
    """Why it no longer fits."""
    companion: str = where_used(default="")
    """The identifier of the companion; unsaid, it is the visit."""


Misfits = Mapping[str, Sequence[Misfit]]
"""The misfits of each course, by the identifier of the course."""


def misfit_count(number: int, noun: str = "") -> str:
    """The number of misfits: "1 no longer fits"; with `noun` "visit": "2 visits no longer fit"."""
    counted = noun and (f" {noun}" if number == 1 else f" {noun}s")
    return f"{number}{counted} no longer fit{'s' if number == 1 else ''}"
