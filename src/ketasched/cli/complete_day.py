"""`ketasched day --complete`: record the visits of a day that are over, all of them or none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_names, hide_people
from ketasched.cli.change_report import change_data, change_lines
from ketasched.cli.day_query import DayQuery
from ketasched.cli.output import in_local_style, note_done, print_as, say
from ketasched.files.option_values import refuse_unsafe_text
from ketasched.model import Change, Course, Visit
from ketasched.model.wall_clock import day_text
from ketasched.register.records import LogEntry, Stale
from ketasched.revising.revise import revise

ATTEMPTS = 5
"""How often the day is read if somebody else changes one of its courses meanwhile."""


class VisitState(Enum):
    """Whether a visit is to be recorded; the value of all others says why it is left as it is."""

    DUE = "due"
    RECORDED = "recorded already"
    EXCEPTED = "excepted"
    UNDECIDED = "to be decided"
    HELD = "held"
    NOT_OVER = "not over yet"
    UNFIT = "on a day or at a time that no longer fits the clinic"


@dataclass(frozen=True)
class CompleteOptions:
    """The options of `day --complete`."""

    complete: bool
    excepted: tuple[str, ...]
    dry_run: bool
    reason: str
    by_whom: str

    def refuse(self, form: str | None, *, week: bool) -> None:
        """Raise `UsageError` or `BadRequest` for options that do not go together."""
        given = self.excepted or self.dry_run or self.reason or self.by_whom
        if given and not self.complete:
            said = "--except, --dry-run, --reason and --by-whom go with --complete."
            raise click.UsageError(said)
        if self.complete and (week or form not in (None, "text", "json")):
            raise click.UsageError("--complete prints text, or --format json, of one day.")
        refuse_unsafe_text("reason", self.reason)
        refuse_unsafe_text("by_whom", self.by_whom)


complete_options = options.group(
    CompleteOptions,
    "completing",
    options.flag("--complete", "Record each visit of the day that is over as completed."),
    click.option(
        "--except",
        "excepted",
        multiple=True,
        metavar="PATIENT",
        help="With --complete: leave this patient's visits as they are (again for each).",
    ),
    options.flag("--dry-run", "With --complete: say what would be recorded, and record nothing."),
    options.text("--reason", "TEXT", "With --complete: why; the history keeps it."),
    options.text("--by-whom", "NAME", "With --complete: who says so."),
)


@dataclass(frozen=True, slots=True)
class DayVisitState:
    """A visit of the day with its course and its state."""

    course: Course
    visit: Visit
    state: VisitState


def complete_day(
    query: DayQuery, day: date, now: datetime, given: CompleteOptions, form: str | None
) -> None:
    """Record the visits of `day` that are over by `now`, and print what was done and what was not.

    Raises `BadFile` for an unknown patient, `Stale` if others change the courses all the time,
    and another `Conflict` if the register cannot take one of them.
    """
    patients = {query.patient(one) for one in given.excepted}
    hide_names(*patients)
    found, changed = _recorded(query, day, now, given, patients)
    lines = (next(change_lines(*pair)) for pair in changed)
    data = [change_data(*pair) for pair in changed]
    print_as(form, data, map(in_local_style, lines))
    for patient in sorted(patients - {one.course.patient for one in found}):
        say("note", f"{patient} has no visit on {day_text(day)}")
    _say_summary(day, found, changed, dry_run=given.dry_run)


def _recorded(
    query: DayQuery, day: date, now: datetime, given: CompleteOptions, excepted: set[str]
) -> tuple[list[DayVisitState], list[tuple[Course, Course]]]:
    """The visits of the day, and each course that was changed, before and after."""
    for attempt in range(ATTEMPTS):
        courses = query.days(day, day).courses
        hide_people(*courses)
        misfits = query.misfits(courses)
        unfit = {
            (course_id, one.visit)
            for course_id, those in misfits.items()
            for one in those
            if not one.companion
        }
        found = [
            one for course in courses for one in _visits_on(course, day, now, excepted, unfit)
        ]
        changed = list(_completed(found, now, given))
        if given.dry_run or not changed:
            break
        try:
            query.register.revise_jointly(changed, LogEntry(now, "", given.by_whom))
        except Stale:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        note_done("the visits are recorded")
        break
    return found, changed


def _visits_on(
    course: Course,
    day: date,
    now: datetime,
    excepted: set[str],
    unfit: set[tuple[str, int]],
) -> Iterator[DayVisitState]:
    """The visits of a course on the day; `unfit` are the course and number of the misfits."""
    for visit in course.visits:
        if visit.start.date() != day or visit.status in ("omitted", "ceased") or visit.elsewhere:
            continue
        state = _state(visit, now, is_excepted=course.patient in excepted)
        if state is VisitState.DUE and (course.course_id, visit.number) in unfit:
            state = VisitState.UNFIT
        yield DayVisitState(course, visit, state)


def _state(visit: Visit, now: datetime, *, is_excepted: bool) -> VisitState:
    if visit.status in ("completed", "missed"):
        return VisitState.RECORDED
    if is_excepted:
        return VisitState.EXCEPTED
    if visit.status == "tentative":
        return VisitState.UNDECIDED
    if visit.status == "held":
        return VisitState.HELD
    is_over = visit.end.timestamp() <= now.timestamp()
    return VisitState.DUE if is_over else VisitState.NOT_OVER


def _completed(
    found: Sequence[DayVisitState], now: datetime, given: CompleteOptions
) -> Iterator[tuple[Course, Course]]:
    """Each course with visits that are due, before and after they are recorded."""
    due: dict[str, list[DayVisitState]] = {}
    for one in found:
        if one.state is VisitState.DUE:
            due.setdefault(one.course.course_id, []).append(one)
    for visits in due.values():
        before = after = visits[0].course
        for one in visits:
            change = Change("complete", one.visit.number)
            after = revise(after, change, at=now, why=given.reason, by=given.by_whom)
        yield before, after


def _say_summary(
    day: date,
    found: Sequence[DayVisitState],
    changed: Sequence[tuple[Course, Course]],
    *,
    dry_run: bool,
) -> None:
    """Say how many visits were recorded, and who was left and why, on one line each."""
    left: dict[VisitState, list[str]] = {}
    for one in found:
        if one.state is not VisitState.DUE:
            left.setdefault(one.state, []).append(one.course.patient)
    reasons = ", ".join(f"{len(who)} {one.value} ({', '.join(who)})" for one, who in left.items())
    if not changed:
        said = f"nothing to record on {day_text(day)}"
        say("note", f"{said}: {reasons or 'no visit'}")
        return
    number = sum(one.state is VisitState.DUE for one in found)
    visits = "1 visit" if number == 1 else f"{number} visits"
    done = "nothing is recorded (--dry-run); it would be" if dry_run else "recorded as completed:"
    say("note", f"{done} {visits}")
    if reasons:
        say("note", f"left as they are: {reasons}")
    if not dry_run:
        step = "ketasched register show PATIENT -o DIR --force"
        say("note", f"pages and calendars made before are not of these revisions: {step}")
