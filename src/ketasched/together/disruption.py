"""The values of rescheduling: the disruption, and the proposal, also as its file has it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ketasched.errors import NoPlan
from ketasched.model import (
    WAIVABLE,
    Clinic,
    Course,
    DateRange,
    DisruptionValue,
    Misfit,
    ProposedCourse,
    UnplacedCourse,
    Waivable,
    WrittenProposal,
)
from ketasched.planning.explain import refusal_lines


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


def written_proposal(
    proposal: Proposal,
    clinic: Clinic,
    made_at: datetime,
    book: str,
    *,
    reason: str = "",
    by_whom: str = "",
) -> WrittenProposal:
    """The proposal for a clinic as its file has it, to be applied later exactly as it is.

    `book` is the fingerprint of the clinic's book.
    """
    return WrittenProposal(
        format=1,
        made_at=made_at,
        timezone=clinic.timezone,
        clinic=clinic.name,
        book=book,
        courses=tuple(map(_proposed_course, proposal.rescheduled)),
        not_placed=tuple(map(_unplaced_course, proposal.not_placed)),
        reason=reason,
        by_whom=by_whom,
    )


def _proposed_course(one: Rescheduled) -> ProposedCourse:
    change = one.after.history[-1].change
    assert change is not None  # noqa: S101 - every entry of a revision has its change
    course = one.before
    who = course.course_id, course.patient, course.revision
    overrides = tuple(rule for rule in WAIVABLE if rule in change.overrides)
    return ProposedCourse(*who, change.starts, overrides)


def _unplaced_course(one: NotPlaced) -> UnplacedCourse:
    course, reason = one.course, one.reason
    reasons = [f"{finding.message} ({finding.rule})" for finding in reason.findings]
    reasons += refusal_lines(reason.refusals)
    return UnplacedCourse(
        course.course_id,
        course.patient,
        course.request.patient_phone,
        one.misfits,
        tuple(reasons),
        one.overrides,
    )
