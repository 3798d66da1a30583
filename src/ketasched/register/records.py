"""The nouns of the register: an order, an entry, a line of the log, and some days of the book."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from ketasched.errors import NoPlan, Refused
from ketasched.model import Clinic, Course, Request
from ketasched.rules.base import Bookings


class Line(NamedTuple):
    """A line of the log: when (aware), what ("" is what the course says of it), and by whom."""

    at: datetime
    what: str
    by: str = ""


class Against(Refused):
    """What is in the book speaks against an entry; the book itself is well."""


class Entered(NamedTuple):
    """A course of the book, in short: `clinic` is the name of its clinic.

    `first_day` and `last_day` are the dates (ISO) of its visits that take place, "" if none does.
    """

    course_id: str
    clinic: str
    patient: str
    revision: int
    first_day: str
    last_day: str


class Logged(NamedTuple):
    """A line of the log, as it was written."""

    number: int
    at: str
    course_id: str
    revision: int
    what: str
    by_whom: str


class Days(NamedTuple):
    """Some days of the book: their courses, and the chair (from 0) of each visit by its uid."""

    courses: list[Course]
    chairs: dict[str, int | None]


def _as_it_is(error: NoPlan, bookings: Bookings) -> NoPlan:
    return error


def _nothing(course: Course) -> None:
    """Nothing has to be done before the entry holds."""


@dataclass(frozen=True, slots=True)
class Order:
    """A course to be entered: `make` makes it of what is booked at the clinic.

    `request` is what a new course is made for; `before` the course that is revised; `instead_of`
    the identifiers of those that give way, unless the new one goes on from them, each with the
    revision at which it was looked at. `explain` says more of a refusal. `then` is done before
    the entry holds: if it raises, nothing is entered; it may be done more than once.
    """

    clinic: Clinic
    make: Callable[[Bookings], Course]
    line: Line
    request: Request | None = None
    before: Course | None = None
    instead_of: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    explain: Callable[[NoPlan, Bookings], NoPlan] = _as_it_is
    then: Callable[[Course], None] = _nothing

    @property
    def but(self) -> tuple[str, ...]:
        """The courses whose visits are not in the way."""
        before = (self.before.course_id,) if self.before else ()
        return (*before, *self.instead_of)
