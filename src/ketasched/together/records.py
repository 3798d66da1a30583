"""What planning together is about: who asks, what a plan of all is worth, what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import BusyTime, Course, Protocol, Request


@dataclass(frozen=True, slots=True)
class Asked:
    """One patient who asks for a course. `priority` (1 or more) is how much a seat weighs.

    `busy` are the busy times of whom it matters to when there is room later, if they wait: those
    of the request reach no further than its own course.
    """

    protocol: Protocol
    request: Request
    priority: int = 1
    course_id: str = ""
    busy: tuple[BusyTime, ...] = ()


@dataclass(frozen=True, slots=True)
class Worth:
    """What a plan for many is worth: the sum of the priorities of those who are seated, the days
    from the asked starts to the first visits, and the spacing, each in sum.
    """

    seated: int
    delay: int
    spacing: int

    @property
    def order(self) -> tuple[int, int, int]:
        """What is compared: the lower, the better."""
        return -self.seated, self.delay, self.spacing

    def __add__(self, other: "Worth") -> "Worth":
        return Worth(
            self.seated + other.seated, self.delay + other.delay, self.spacing + other.spacing
        )


NOTHING = Worth(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Waits:
    """A patient for whom there is no room, or whom the rules refuse: `reason` says why.

    `first` is the earliest first visit into what is left, if a later one than asked would do.
    """

    reason: BadRequest | NoPlan
    first: date | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """The plan of all: for each who asked, in order, their course or why they wait.

    `one_by_one` is what planning in row order is worth, and no plan is worth more than `bound`.
    """

    outcomes: tuple[Course | Waits, ...]
    worth: Worth
    bound: Worth
    one_by_one: Worth

    @property
    def is_best(self) -> bool:
        """Whether it is proven that no plan is better."""
        return self.worth == self.bound

    @property
    def courses(self) -> Sequence[Course]:
        """The courses of those who are seated."""
        return [one for one in self.outcomes if isinstance(one, Course)]
