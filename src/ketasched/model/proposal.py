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

    course_id: Annotated[str, Key("The course's identifier.")]
    patient: Annotated[str, Key("The patient's reference.")]
    revision: Annotated[int, Key("The revision that is to be changed.", least=1)]
    starts: Annotated[
        tuple[NewStart, ...], Key("The new starts.", least=1, form="one visit that moves")
    ]
    overrides: Annotated[tuple[Waivable, ...], Key("The rules that are not asked.")] = ()


@dataclass(frozen=True, slots=True)
class UnplacedCourse:
    """A course that stays booked unchanged, because not all its misfits have another place."""

    course_id: Annotated[str, Key("The course's identifier.")]
    patient: Annotated[str, Key("The patient's reference.")]
    patient_phone: Annotated[str, Key("The patient's number.")]
    misfits: Annotated[
        tuple[Misfit, ...],
        Key(
            "The visits that no longer fit the clinic.",
            least=1,
            form="one visit that no longer fits",
        ),
    ]
    reasons: Annotated[tuple[str, ...], Key("Why they have no other place, by rule and day.")]
    overrides: Annotated[
        tuple[Waivable, ...], Key("The rules without which there would be a place.")
    ] = ()


@dataclass(frozen=True, slots=True)
class WrittenProposal:
    """A proposal for all visits that no longer fit a clinic, to be applied exactly as it is.

    `book` is a fingerprint of the clinic and its bookings from `made_at` on. If another one is
    found when the proposal is applied, it is refused.
    """

    format: Annotated[Literal[1], Key("The format of the file.")]
    made_at: Annotated[datetime, Key("The moment of the proposal.")]
    timezone: Annotated[str, Key("The clinic's IANA time zone.")]
    clinic: Annotated[str, Key("The clinic's name.")]
    book: Annotated[str, Key("A fingerprint of the clinic and of what was booked there.")]
    courses: Annotated[tuple[ProposedCourse, ...], Key("The courses some of whose visits move.")]
    not_placed: Annotated[tuple[UnplacedCourse, ...], Key("The courses that have no place.")] = ()
    reason: Annotated[str, Key("Why the visits move; the history keeps it.")] = ""
    by_whom: Annotated[str, Key("Who decided it.")] = ""

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
