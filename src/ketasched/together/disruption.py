"""The values of rescheduling: disruption and proposal."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ketasched.errors import NoPlan
from ketasched.model import Clinic, Course, DateRange, DisruptionValue, Misfit, Waivable


@dataclass(frozen=True, slots=True)
class Disruption:
    """Courses with booked visits that do not fit their clinic any more.

    `courses` are all booked courses of the clinic, which is given as it is now; `at` is the aware
    moment of the change. With `days` (both ends inclusive) only the visits of these are displaced.
    The courses of the `excepted` patients stay as they are. `overrides` are rules (`gap`, `span`)
    that may be broken by as few days as possible.
    """

    courses: Sequence[Course]
    clinic: Clinic
    at: datetime
    days: Collection[DateRange] = ()
    excepted: Collection[str] = ()
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """A course that is kept, before and after; some of its visits move.

    `displaced` are the numbers, in the course before, of the visits that did not fit the clinic.
    """

    before: Course
    after: Course
    displaced: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """A course that stays booked unchanged, because not all its misfits have another place.

    `overrides` is the smallest set of rules without which the course would have a place beside the
    proposal; it is empty if there is none.
    """

    course: Course
    misfits: tuple[Misfit, ...]
    reason: NoPlan
    overrides: tuple[Waivable, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a disruption is best solved; no other way is better than `bound`.

    `rescheduled` are in the order of the old starts of their first displaced visits, then of the
    patients. A course whose misfits can all stay, because others leave, is in neither list.
    """

    rescheduled: tuple[Rescheduled, ...]
    not_placed: tuple[NotPlaced, ...]
    objective: DisruptionValue
    bound: DisruptionValue

    @property
    def is_best(self) -> bool:
        """Whether the proposal is proven optimal."""
        return self.objective == self.bound
