"""Proposals of `reschedule`: what one costs, and its file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeVar, get_args

from ketasched.model.history import NewStart
from ketasched.model.keys import Key
from ketasched.model.misfit import Misfit
from ketasched.model.values import Problem

Item = TypeVar("Item")

Waivable = Literal["gap", "span"]
"""A rule that `reschedule` can override."""

WAIVABLE: tuple[Waivable, ...] = get_args(Waivable)


@dataclass(frozen=True, slots=True)
class DisruptionValue:
    """The objective value of a proposal, in sums over the courses that are kept.

    `kept` is the number of these courses, `excess` the days by which overridden rules are broken,
    `moved` the number of visits with another start, `delay` the days by which these are later than
    they were, `spacing` the cost of the gaps.
    """

    kept: int
    excess: int
    moved: int
    delay: int
    spacing: int

    @property
    def order(self) -> tuple[int, ...]:
        """The objectives in their order; lower is better."""
        return -self.kept, self.excess, self.moved, self.delay, self.spacing


@dataclass(frozen=True, slots=True)
class ProposedCourse:
    """A course some of whose visits move, as it was when the proposal was made."""

    course_id: str
    """The course's identifier."""
    patient: str
    """The patient's reference."""
    revision: Annotated[int, Key(least=1)]
    """The revision that is to be changed."""
    starts: Annotated[tuple[NewStart, ...], Key(least=1, form="one visit that moves")]
    """The new starts."""
    overrides: tuple[Waivable, ...] = ()
    """The rules that are not asked."""


@dataclass(frozen=True, slots=True)
class UnplacedCourse:
    """A course that stays booked unchanged, because not all its misfits have another place."""

    course_id: str
    """The course's identifier."""
    patient: str
    """The patient's reference."""
    patient_phone: str
    """The patient's number."""
    misfits: Annotated[tuple[Misfit, ...], Key(least=1, form="one visit that no longer fits")]
    """The visits that no longer fit the clinic."""
    reasons: tuple[str, ...]
    """Why they have no other place, by rule and day."""
    overrides: tuple[Waivable, ...] = ()
    """The rules without which there would be a place."""


@dataclass(frozen=True, slots=True)
class WrittenProposal:
    """A proposal for all visits that no longer fit a clinic, to be applied exactly as it is.

    `book` is a fingerprint of the clinic and its bookings from `made_at` on. If another one is
    found when the proposal is applied, it is refused.
    """

    format: Literal[1]
    """The format of the file."""
    made_at: datetime
    """The moment of the proposal."""
    timezone: str
    """The clinic's IANA time zone."""
    clinic: str
    """The clinic's name."""
    book: str
    """A fingerprint of the clinic and of what was booked there."""
    courses: tuple[ProposedCourse, ...]
    """The courses some of whose visits move."""
    not_placed: tuple[UnplacedCourse, ...] = ()
    """The courses that have no place."""
    reason: str = ""
    """Why the visits move; the history keeps it."""
    by_whom: str = ""
    """Who decided it."""

    @property
    def patients(self) -> frozenset[str]:
        """The references of all its patients."""
        placed = {one.patient for one in self.courses}
        return frozenset(placed.union(one.patient for one in self.not_placed))

    def problems(self) -> Iterator[Problem]:
        """Problems with what is named twice, overrides without a reason, and no course at all."""
        named: Mapping[str, Sequence[ProposedCourse | UnplacedCourse]]
        named = {"courses": self.courses, "not_placed": self.not_placed}
        if not any(named.values()):
            yield "courses", "expected at least one course, here or in not_placed"
        for course_id in _twice(one.course_id for courses in named.values() for one in courses):
            yield "courses", f"{course_id} is named twice"
        for place, courses in named.items():
            for number, course in enumerate(courses):
                for rule in _twice(course.overrides):
                    yield f"{place}[{number}].overrides", f"{rule} is named twice"
        for number, moved in enumerate(self.courses):
            for visit in _twice(one.visit for one in moved.starts):
                yield f"courses[{number}].starts", f"visit {visit} is named twice"
        if any(one.overrides for one in self.courses) and not self.reason.strip():
            yield "reason", "an override needs a reason"


def _twice(items: Iterable[Item]) -> list[Item]:
    """The items that are there more than once."""
    return [item for item, count in Counter(items).items() if count > 1]
