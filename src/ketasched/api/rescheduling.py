"""All booked visits that no longer fit the clinic, moved as one: proposed, and applied."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ketasched.api.clinic_book import JointChange
from ketasched.errors import BadFile, BadRequest, NoPlan, Refused
from ketasched.events.view import clinic_locale
from ketasched.files.codec import plain
from ketasched.files.load import refuse_mismatch
from ketasched.files.option_values import refuse_unsafe_words
from ketasched.model import (
    Change,
    Clinic,
    Course,
    DateRange,
    DisruptionValue,
    ProposedCourse,
    UnplacedCourse,
    WrittenProposal,
    quote,
)
from ketasched.model.values import LAST_START
from ketasched.register.records import PROPOSE_ANEW, BookState, LogEntry, changed_since
from ketasched.render.call_list.calls import CallList, make_call_list
from ketasched.render.call_list.forms import render_calls
from ketasched.revising.revise import revise
from ketasched.revising.verbs import refuse_overrides
from ketasched.together import Disruption, reschedule, written_proposal


@dataclass(frozen=True, slots=True)
class Rescheduling:
    """A proposal for all visits that no longer fit a clinic, with its courses before and after.

    No other proposal is better than `bound`; it and the `objective` are None if the proposal was
    made before. `applied_at` is None as long as nothing is changed.
    """

    clinic: Clinic
    written: WrittenProposal
    revisions: Sequence[tuple[Course, Course]]
    objective: DisruptionValue | None = None
    bound: DisruptionValue | None = None
    applied_at: datetime | None = None

    @property
    def not_placed(self) -> tuple[UnplacedCourse, ...]:
        """The courses that have no place, and stay as they are."""
        return self.written.not_placed

    @property
    def calls(self) -> CallList:
        """Whom to call, from when to when their visits move, and which drivers to tell."""
        value = self.objective, self.bound
        made = make_call_list(self.written.clinic, self.revisions, self.not_placed, *value)
        return replace(made, applied_at=self.applied_at)

    def page(self, form: str = "text") -> str:
        """The call list as `ketasched reschedule` prints it."""
        return render_calls(self.calls, form, clinic_locale(self.clinic))

    @property
    def text(self) -> str:
        """The text of the file that `--proposal` writes, and `load_proposal` reads."""
        return json.dumps(plain(self.written), ensure_ascii=False, indent=2) + "\n"


def refuse_unusable(rules: tuple[str, ...], reason: str, by_whom: str) -> None:
    """Raise `BadRequest` for rules that cannot be overridden, or without a reason."""
    refuse_overrides(Change("reschedule", overrides=rules))
    if rules and not reason.strip():
        raise BadRequest("reason", "an override needs a reason", next_step="--reason TEXT")
    refuse_unsafe_words(reason, by_whom)


def propose(
    asked: JointChange,
    on: Sequence[DateRange] = (),
    rules: tuple[str, ...] = (),
    limit: float = 60,
) -> Rescheduling:
    """The best proposal that is found within about `limit` seconds. Raises `BadFile`."""
    clinic, now, excepted = asked.book.known_clinic, asked.now, asked.excepted
    # Read first: a later change is noticed.
    state = asked.book.register.book_state(clinic, now)
    courses = asked.book.days(now.date() - timedelta(1), LAST_START).courses
    for course in courses:
        refuse_mismatch(clinic, course.protocol, "the clinic as it is now")
    disruption = Disruption(courses, clinic, now, on, excepted, rules)
    found = reschedule(disruption, why=asked.reason, by=asked.by_whom, limit=limit)
    said = {"reason": asked.reason, "by_whom": asked.by_whom}
    written = written_proposal(found, clinic, now, state.fingerprint, **said)
    revisions = [(one.before, one.after) for one in found.rescheduled]
    return Rescheduling(clinic, written, revisions, found.objective, found.bound)


def proposed_before(asked: JointChange, written: WrittenProposal, name: str) -> Rescheduling:
    """A proposal as it was made, which errors call `name`, but for the excepted patients.

    Each visit is exactly where it was proposed. Who sits beside them is not asked: the book is
    as it was, and the register asks when it enters them. Raises `BadFile` for that of another
    clinic or time zone, `BadRequest` for a patient who is not in it, and `Refused` if the book
    has changed, or if a rule or the time forbids it by now.
    """
    clinic, excepted = asked.book.clinic, asked.excepted
    if clinic is None:
        raise changed_since()
    for key, (found, own) in {
        "clinic": (written.clinic, clinic.name),
        "timezone": (written.timezone, clinic.timezone),
    }.items():
        if found != own:
            said = f"{key}: is {quote(found)}, not that of the register"
            raise BadFile(f"{name}: a problem", details=[said], next_step=PROPOSE_ANEW)
    if strangers := sorted(set(excepted) - written.patients):
        said, step = f"{strangers[0]} is not in the proposal", "the same without --except"
        raise BadRequest("except", said, next_step=f"{step} {strangers[0]}")
    if asked.book.register.book_state(clinic, written.made_at).fingerprint != written.book:
        raise changed_since()
    kept = replace(
        written,
        courses=tuple(one for one in written.courses if one.patient not in excepted),
        not_placed=tuple(one for one in written.not_placed if one.patient not in excepted),
        reason=asked.reason or written.reason,
        by_whom=asked.by_whom or written.by_whom,
    )
    revisions = [_revision(asked, one, clinic, kept) for one in kept.courses]
    return Rescheduling(clinic, kept, revisions)


def _revision(
    asked: JointChange, one: ProposedCourse, clinic: Clinic, written: WrittenProposal
) -> tuple[Course, Course]:
    entry = asked.book.register.entry(one.course_id)
    if entry is None or (entry.revision, entry.patient) != (one.revision, one.patient):
        raise changed_since()
    before = asked.book.register.course(one.course_id)
    change = Change("reschedule", starts=one.starts, overrides=one.overrides)
    why, by = written.reason, written.by_whom
    try:
        return before, revise(before, change, at=asked.now, why=why, by=by, clinic=clinic)
    except (NoPlan, BadRequest) as error:
        reasons = [error.what]
        if isinstance(error, NoPlan):
            reasons = [f"{finding.message} ({finding.rule})" for finding in error.findings]
        said = f"the visits of {one.patient} cannot move like this any more"
        raise Refused(said, details=reasons, next_step=PROPOSE_ANEW) from None


def enter(asked: JointChange, found: Rescheduling, *, dry_run: bool = False) -> Rescheduling:
    """Enter a proposal in one transaction. Raises `Refused` if the book has changed since."""
    written, register = found.written, asked.book.register
    state = BookState(found.clinic, written.made_at, written.book)
    line = LogEntry(asked.now, "", written.by_whom)
    register.revise_jointly(found.revisions, line, state=state, dry_run=dry_run)
    return found if dry_run else replace(found, applied_at=asked.now)
