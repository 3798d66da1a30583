"""The values that the register takes and returns: booking request, course entry, log entry."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ketasched.errors import NoPlan, Refused
from ketasched.model import Clinic, Course, Request
from ketasched.model.occupancy import Occupancy
from ketasched.rules import Capacity


class LogEntry(NamedTuple):
    """A line to be written to the log: when (aware), what, and by whom.

    An empty `what` stands for the last entry of the course's history.
    """

    at: datetime
    what: str
    by: str = ""


class Conflict(Refused):
    """The contents of the register forbid an entry."""


class CourseEntry(NamedTuple):
    """A course of the register without its document; `clinic` is the clinic's name.

    `first_day` and `last_day` are the local dates (ISO) of the visits that take place, "" if none
    does.
    """

    course_id: str
    clinic: str
    patient: str
    revision: int
    first_day: str
    last_day: str


class LogRecord(NamedTuple):
    """A line of the log as it is stored."""

    number: int
    at: str
    course_id: str
    revision: int
    what: str
    by_whom: str


class BookedDays(NamedTuple):
    """Courses with visits on some days, and the chair (from 0) of each visit by its uid."""

    courses: list[Course]
    chairs: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A course to be planned and entered.

    `make` plans the course beside the clinic's occupancy. `request` is set for a new course,
    `before` for a revision. `instead_of` maps the identifiers of the courses that the new course
    replaces to their expected revisions. `explain` adds remedies to a refusal. `files` prepares
    the files of a course for its block, and gives them their names after it (`Register.book`).
    """

    clinic: Clinic
    make: Callable[[Occupancy], Course]
    line: LogEntry
    request: Request | None = None
    before: Course | None = None
    instead_of: Mapping[str, int] = field(default_factory=dict)
    explain: Callable[[NoPlan, Occupancy], NoPlan] = lambda error, _: error
    files: Callable[[Course], AbstractContextManager[object]] = lambda _: nullcontext()

    @property
    def without(self) -> tuple[str, ...]:
        """The courses whose visits do not count as occupied."""
        before = (self.before.course_id,) if self.before else ()
        return (*before, *self.instead_of)


def overridden_uids(course: Course) -> set[str]:
    """The uids of the visits whose `capacity` rule was overridden."""
    return {
        course.visits[finding.visit - 1].uid
        for finding in course.findings
        if finding.rule == Capacity.name and finding.level == "broken" and finding.visit
    }
