"""`Authorisation`: so many sessions that an insurer allowed, and which visits they are.

Dates and counts only: whether a visit is paid for is not for the program to say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from ketasched.model.values import DATE_PATTERN, Schema, quote, read_date

EXAMPLE = '"8 from 2027-01-04 until 2027-02-28"'

MOST_SESSIONS = 999


@dataclass(frozen=True, slots=True)
class Authorisation:
    """So many sessions from the day `first` until the day `last`, both inclusive.

    Written "8 from 2027-01-04 until 2027-02-28".
    """

    SCHEMA: ClassVar[Schema] = {
        "description": f"{EXAMPLE}: sessions, the first and the last day",
        "type": "string",
        "pattern": rf"^[1-9]\d{{0,2}} from {DATE_PATTERN} until {DATE_PATTERN}$",
    }

    sessions: int
    first: date
    last: date

    @classmethod
    def read(cls, text: object) -> Self:
        """From the written form. Raises `ValueError`, also if it is backwards."""
        form = r"(\d{1,6}) from (\S+) until (\S+)"
        found = isinstance(text, str) and re.fullmatch(form, text, re.ASCII)
        if not found:
            raise ValueError(
                f"expected sessions and both days, as in {EXAMPLE}, not {quote(text)}"
            )
        sessions, first, last = int(found[1]), read_date(found[2]), read_date(found[3])
        if not 1 <= sessions <= MOST_SESSIONS:
            raise ValueError(f"expected 1 to {MOST_SESSIONS} sessions, not {sessions}")
        if last < first:
            raise ValueError(f"{quote(text)} is backwards: its last day is before its first")
        return cls(sessions, first, last)

    def plain(self) -> str:
        """Back to the written form."""
        return f"{self.sessions} from {self.first} until {self.last}"

    __str__ = plain

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def assign_sessions(
    authorisations: Sequence[Authorisation], days: Sequence[date]
) -> list[int | None]:
    """For each of these days, in order of time, the index of the authorisation of its session.

    None if there is no session left for the day. As many days as possible have one, and of these
    the earlier ones: each day in turn takes a session of the authorisation that ends first. That
    one is of the least use to later days, as it has begun for all of them: in any assignment, two
    days can exchange their sessions until the earlier day has this one, and none loses its own.
    """
    left = [one.sessions for one in authorisations]
    found: list[int | None] = []
    for day in days:
        fitting = (n for n, one in enumerate(authorisations) if left[n] and day in one)
        best = min(fitting, key=lambda n: authorisations[n].last, default=None)
        if best is not None:
            left[best] -= 1
        found.append(best)
    return found
