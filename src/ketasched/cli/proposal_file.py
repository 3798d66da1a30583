"""The proposal of `reschedule` as a file: written from what was found, and applied as it is."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ketasched.cli.anonymity import hide_people
from ketasched.errors import BadFile, BadRequest, NoPlan, Refused
from ketasched.files.atomic_write import write_folder
from ketasched.files.codec import plain
from ketasched.model import (
    WAIVABLE,
    Change,
    Clinic,
    Course,
    ProposedCourse,
    UnplacedCourse,
    WrittenProposal,
    quote,
)
from ketasched.planning.explain import refusal_lines
from ketasched.register.records import PROPOSE_ANEW, BookState, changed_since
from ketasched.revising.revise import revise
from ketasched.together import NotPlaced, Proposal, Rescheduled

if TYPE_CHECKING:
    from ketasched.register.register import Register


def written_proposal(
    proposal: Proposal, state: BookState, reason: str, by_whom: str
) -> WrittenProposal:
    """The proposal that was found for the book in this state, as its file has it."""
    return WrittenProposal(
        format=1,
        made_at=state.since,
        timezone=state.clinic.timezone,
        clinic=state.clinic.name,
        book=state.fingerprint,
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


def write_proposal(path: Path, proposal: WrittenProposal, *, force: bool) -> None:
    """Write the proposal into a new file, or with `force` over an old one. Raises `Refused`."""
    text = json.dumps(plain(proposal), ensure_ascii=False, indent=2) + "\n"
    write_folder(path.parent, {path.name: text.encode()}, force=force)


def refuse_other_clinic(proposal: WrittenProposal, clinic: Clinic, path: str) -> None:
    """Raise `BadFile` if the proposal in this file is for another clinic or time zone."""
    keys = {
        "clinic": (proposal.clinic, clinic.name),
        "timezone": (proposal.timezone, clinic.timezone),
    }
    for key, (found, own) in keys.items():
        if found != own:
            said = f"{key}: is {quote(found)}, not that of the register"
            raise BadFile(f"{path}: a problem", details=[said], next_step=PROPOSE_ANEW)


def without_patients(proposal: WrittenProposal, patients: Collection[str]) -> WrittenProposal:
    """The proposal without the courses of these patients. Raises `BadRequest` for other ones."""
    if strangers := sorted(set(patients) - proposal.patients):
        said, step = f"{strangers[0]} is not in the proposal", "the same without --except"
        raise BadRequest("except", said, next_step=f"{step} {strangers[0]}")
    return replace(
        proposal,
        courses=tuple(one for one in proposal.courses if one.patient not in patients),
        not_placed=tuple(one for one in proposal.not_placed if one.patient not in patients),
    )


def revisions_of(
    proposal: WrittenProposal,
    register: "Register",
    clinic: Clinic,
    at: datetime,
    reason: str,
    by_whom: str,
) -> Sequence[tuple[Course, Course]]:
    """The courses of a proposal before and after, each visit exactly where it was proposed.

    Who sits beside them is not asked: the book is as it was, and the register asks when it enters
    them. Raises `Refused` if the book has changed, or if a rule or the time forbids it by now.
    """
    if register.book_state(clinic, proposal.made_at).fingerprint != proposal.book:
        raise changed_since()
    found = []
    for one in proposal.courses:
        before = _course_of(register, one)
        hide_people(before)
        change = Change("reschedule", starts=one.starts, overrides=one.overrides)
        try:
            after = revise(before, change, at=at, why=reason, by=by_whom, clinic=clinic)
        except (NoPlan, BadRequest) as error:
            raise _not_any_more(one, error) from None
        found.append((before, after))
    return found


def _course_of(register: "Register", one: ProposedCourse) -> Course:
    """The course as it was when the proposal was made. Raises `Refused` if it is another one."""
    entry = register.entry(one.course_id)
    if entry is None or (entry.revision, entry.patient) != (one.revision, one.patient):
        raise changed_since()
    return register.course(one.course_id)


def _not_any_more(one: ProposedCourse, error: NoPlan | BadRequest) -> Refused:
    reasons = [error.what]
    if isinstance(error, NoPlan):
        reasons = [f"{finding.message} ({finding.rule})" for finding in error.findings]
    return Refused(
        f"the visits of {one.patient} cannot move like this any more",
        details=reasons,
        next_step=PROPOSE_ANEW,
    )
