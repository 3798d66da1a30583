"""A proposal as its file has it, to be applied later exactly as it is."""

from datetime import datetime

from ketasched.model import WAIVABLE, Clinic, ProposedCourse, UnplacedCourse, WrittenProposal
from ketasched.planning.explain import refusal_lines
from ketasched.together.disruption import NotPlaced, Proposal, Rescheduled


def written_proposal(
    proposal: Proposal,
    clinic: Clinic,
    made_at: datetime,
    book: str,
    *,
    reason: str = "",
    by_whom: str = "",
) -> WrittenProposal:
    """The proposal that was found for the clinic; `book` is the fingerprint of its book."""
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
