"""The values that the register takes and returns: booking request, course entry, log entry."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ketasched.errors import NoPlan, Refused, command_line
from ketasched.model import Clinic, Course, Request
from ketasched.model.occupancy import Occupancy
from ketasched.model.replay import item_of
from ketasched.rules import OCCUPANCY_NAMES

PROPOSE_ANEW = "propose anew: ketasched reschedule"
"""What helps where a proposal can no longer be applied."""

IMPORTED = "imported"
"""What the log says of a course that came from a file."""


ReadListener = Callable[[Course | str], object]
"""What is called with a course that is read, or the reference of a patient who is found."""


def ignore(_: Course | str) -> None:
    """Notice nothing."""


Waiver = tuple[str, str]
"""The uid of a visit or a companion, and the name of a rule that does not count it."""


class LogEntry(NamedTuple):
    """A line to be written to the log: when (aware), what, and by whom.

    An empty `what` stands for the last entry of the course's history.
    """

    at: datetime
    what: str
    by: str = ""


class Conflict(Refused):
    """The contents of the register forbid an entry."""


class Stale(Conflict):
    """The register has another revision of a course than the one that was changed, or none."""


def changed_since() -> Stale:
    """The refusal of a proposal for a book, or a clinic, that is another one by now."""
    said = "the book, or the clinic's file, has changed since the proposal was made"
    return Stale(said, next_step=PROPOSE_ANEW)


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


class BookState(NamedTuple):
    """What is booked at a clinic from the aware moment `since` on, as a fingerprint.

    Another fingerprint means that the clinic is not as it was, or that some visit is not.
    """

    clinic: Clinic
    since: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A course to be planned and entered.

    `make` plans the course beside the clinic's occupancy. `request` is set for a new course,
    `before` for a revision. `instead_of` maps the identifiers of the courses that the new course
    replaces to their expected revisions. `explain` adds remedies to a refusal. `files` prepares
    the files of a course for its block, and gives them their names after it (`Register.book`).
    If the course follows the one `before` it, `ended` returns the last revision of that one.
    """

    clinic: Clinic
    make: Callable[[Occupancy], Course]
    line: LogEntry
    request: Request | None = None
    before: Course | None = None
    instead_of: Mapping[str, int] = field(default_factory=dict)
    explain: Callable[[NoPlan, Occupancy], NoPlan] = lambda error, _: error
    files: Callable[[Course], AbstractContextManager[object]] = lambda _: nullcontext()
    ended: Callable[[Course], Course] | None = None

    @property
    def without(self) -> tuple[str, ...]:
        """The courses whose visits do not count as occupied."""
        before = (self.before.course_id,) if self.before else ()
        return (*before, *self.instead_of)

    def planned(self, bookings: Occupancy) -> Course:
        """The course that `make` plans. Raises `NoPlan` with its remedies."""
        try:
            return self.make(bookings)
        except NoPlan as error:
            raise self.explain(error, bookings) from None


def waivers_of(course: Course) -> set[Waiver]:
    """The items for which `capacity` or `staff` was overridden, or that began without a chair.

    Nobody decided the latter: it is found out when a fact is recorded, or undone.
    """
    moment = course.history[-1].at
    found = (
        (finding, item_of(course, finding))
        for finding in course.findings
        if finding.rule in OCCUPANCY_NAMES
    )
    return {
        (item.uid, finding.rule)
        for finding, item in found
        if item and (finding.level == "broken" or item.start <= moment)
    }


@contextmanager
def prepared_files(
    files: Callable[[Course], AbstractContextManager[object]],
    course: Course,
    *,
    is_entered: bool = False,
) -> Iterator[None]:
    """The `files` of a course (`BookingRequest`), prepared for the block, which enters it.

    If they fail once the course is entered, the `Refused` that is raised says so.
    """
    try:
        with files(course):
            yield
            is_entered = True
    except Refused as error:
        if not is_entered:
            raise
        said = f"{course.patient} is booked, but the files are not written: {error.what}"
        step = command_line("register", "show", course.patient, "-o", "DIR", "--force")
        raise Refused(said, next_step=step) from None
