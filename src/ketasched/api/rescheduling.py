"""All booked visits that no longer fit the clinic, moved as one: proposed, and applied."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ketasched.api.clinic_book import ClinicBook
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
from ketasched.revising.validation import refuse_overrides
from ketasched.together import Disruption, reschedule
from ketasched.together.written_proposal import written_proposal


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
    book: ClinicBook,
    clinic: Clinic,
    now: datetime,
    *,
    on: Sequence[DateRange] = (),
    excepted: Collection[str] = (),
    rules: tuple[str, ...] = (),
    reason: str = "",
    by_whom: str = "",
    limit: float = 60,
) -> Rescheduling:
    """The best proposal that is found within about `limit` seconds. Raises `BadFile`."""
    state = book.register.book_state(clinic, now)  # read first: a later change is noticed
    courses = book.days(now.date() - timedelta(1), LAST_START).courses
    for course in courses:
        refuse_mismatch(clinic, course.protocol, "the clinic as it is now")
    disruption = Disruption(courses, clinic, now, on, excepted, rules)
    found = reschedule(disruption, why=reason, by=by_whom, limit=limit)
    said = {"reason": reason, "by_whom": by_whom}
    written = written_proposal(found, clinic, now, state.fingerprint, **said)
    revisions = [(one.before, one.after) for one in found.rescheduled]
    return Rescheduling(clinic, written, revisions, found.objective, found.bound)


def proposed_before(
    book: ClinicBook,
    written: WrittenProposal,
    now: datetime,
    *,
    name: str = "the proposal",
    excepted: Collection[str] = (),
    reason: str = "",
    by_whom: str = "",
) -> Rescheduling:
    """A proposal as it was made, which errors call `name`, but for the excepted patients.

    Each visit is exactly where it was proposed. Who sits beside them is not asked: the book is as
    it was, and the register asks when it enters them. Raises `BadFile` for that of another clinic
    or time zone, `BadRequest` for a patient who is not in it, and `Refused` if the book has
    changed, or if a rule or the time forbids it by now.
    """
    clinic = book.clinic
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
    if book.register.book_state(clinic, written.made_at).fingerprint != written.book:
        raise changed_since()
    kept = replace(
        written,
        courses=tuple(one for one in written.courses if one.patient not in excepted),
        not_placed=tuple(one for one in written.not_placed if one.patient not in excepted),
        reason=reason or written.reason,
        by_whom=by_whom or written.by_whom,
    )
    return Rescheduling(
        clinic, kept, [_revision(book, one, clinic, now, kept) for one in kept.courses]
    )


def _revision(
    book: ClinicBook, one: ProposedCourse, clinic: Clinic, at: datetime, written: WrittenProposal
) -> tuple[Course, Course]:
    entry = book.register.entry(one.course_id)
    if entry is None or (entry.revision, entry.patient) != (one.revision, one.patient):
        raise changed_since()
    before = book.register.course(one.course_id)
    change = Change("reschedule", starts=one.starts, overrides=one.overrides)
    why, by = written.reason, written.by_whom
    try:
        return before, revise(before, change, at=at, why=why, by=by, clinic=clinic)
    except (NoPlan, BadRequest) as error:
        reasons = [error.what]
        if isinstance(error, NoPlan):
            reasons = [f"{finding.message} ({finding.rule})" for finding in error.findings]
        raise Refused(
            f"the visits of {one.patient} cannot move like this any more",
            details=reasons,
            next_step=PROPOSE_ANEW,
        ) from None


def enter(
    book: ClinicBook, found: Rescheduling, now: datetime, *, dry_run: bool = False
) -> Rescheduling:
    """Enter a proposal in one transaction. Raises `Refused` if the book has changed since."""
    written = found.written
    state = BookState(found.clinic, written.made_at, written.book)
    line = LogEntry(now, "", written.by_whom)
    book.register.revise_jointly(found.revisions, line, state=state, dry_run=dry_run)
    return found if dry_run else replace(found, applied_at=now)
