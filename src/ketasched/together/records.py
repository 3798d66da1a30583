"""The values of joint planning: demand, objective value, joint plan, unscheduled patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import BusyTime, Course, Protocol, Request


@dataclass(frozen=True, slots=True)
class Demand:
    """A patient who asks for a course; `priority` (1 or more) is the patient's weight.

    `busy` are the busy times up to the latest possible course, to find a later start for an
    unscheduled patient; those of the request end with the asked course.
    """

    protocol: Protocol
    request: Request
    priority: int = 1
    course_id: str = ""
    busy: tuple[BusyTime, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectiveValue:
    """The objective value of a joint plan, in sums over the patients.

    `seated` is the priority of the scheduled patients, `delay` the days from the asked starts to
    the first visits, `spacing` the cost of the gaps.
    """

    seated: int
    delay: int
    spacing: int

    @property
    def order(self) -> tuple[int, int, int]:
        """The objectives in their order; lower is better."""
        return -self.seated, self.delay, self.spacing

    def __add__(self, other: "ObjectiveValue") -> "ObjectiveValue":
        return ObjectiveValue(
            self.seated + other.seated, self.delay + other.delay, self.spacing + other.spacing
        )


ZERO = ObjectiveValue(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Unscheduled:
    """A patient without a course, with the reason.

    `first` is the date of the first visit if the course may begin later than asked; None if there
    is no room then, either.
    """

    reason: BadRequest | NoPlan
    first: date | None = None


@dataclass(frozen=True, slots=True)
class JointPlan:
    """The joint plan: for each demand, in order, the course or the unscheduled patient.

    `one_by_one` is the objective value of planning the demands in order; no plan is better than
    `bound`.
    """

    outcomes: tuple[Course | Unscheduled, ...]
    objective: ObjectiveValue
    bound: ObjectiveValue
    one_by_one: ObjectiveValue

    @property
    def is_best(self) -> bool:
        """Whether the plan is proven optimal."""
        return self.objective == self.bound

    @property
    def courses(self) -> Sequence[Course]:
        """The courses of the scheduled patients."""
        return [one for one in self.outcomes if isinstance(one, Course)]
