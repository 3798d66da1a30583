"""`ketasched day --complete`: record the visits of a day that are over, all of them or none."""

from dataclasses import dataclass
from datetime import date, datetime

import click

from ketasched.api.day_records import CompletedDay, VisitState, complete_day
from ketasched.cli import options
from ketasched.cli.change_output import print_revisions
from ketasched.cli.day_query import DayQuery
from ketasched.cli.output import note_done, say
from ketasched.model.wall_clock import day_text


@dataclass(frozen=True)
class CompleteOptions:
    """The options of `day --complete`."""

    complete: bool
    excepted: tuple[str, ...]
    dry_run: bool
    reason: str
    by_whom: str

    def refuse(self, form: str | None, *, week: bool) -> None:
        """Raise `UsageError` for options that do not go together."""
        given = self.excepted or self.dry_run or self.reason or self.by_whom
        if given and not self.complete:
            said = "--except, --dry-run, --reason and --by-whom go with --complete."
            raise click.UsageError(said)
        if self.complete and (week or form not in (None, "text", "json")):
            raise click.UsageError("--complete prints text, or --format json, of one day.")

    def run(self, query: DayQuery, day: date, now: datetime, form: str | None) -> None:
        """Record the visits of `day`, and print what was done and what was not."""
        patients = {query.patient(one) for one in self.excepted}
        said, dry_run = {"reason": self.reason, "by_whom": self.by_whom}, self.dry_run
        done = complete_day(query, day, now, patients, **said, dry_run=dry_run)
        note_done("the visits are recorded" if done.revisions and not dry_run else "")
        print_revisions(form, done.revisions)
        for patient in sorted(patients - {one.course.patient for one in done.visits}):
            say("note", f"{patient} has no visit on {day_text(day)}")
        _say_summary(day, done, dry_run=dry_run)


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


def _say_summary(day: date, done: CompletedDay, *, dry_run: bool) -> None:
    """Say how many visits were recorded, and who was left and why, on one line each."""
    left: dict[VisitState, list[str]] = {}
    for one in done.visits:
        if one.state is not VisitState.DUE:
            left.setdefault(one.state, []).append(one.course.patient)
    reasons = ", ".join(f"{len(who)} {one.value} ({', '.join(who)})" for one, who in left.items())
    if not done.revisions:
        said = f"nothing to record on {day_text(day)}"
        say("note", f"{said}: {reasons or 'no visit'}")
        return
    number = sum(one.state is VisitState.DUE for one in done.visits)
    visits = "1 visit" if number == 1 else f"{number} visits"
    said = "nothing is recorded (--dry-run); it would be" if dry_run else "recorded as completed:"
    say("note", f"{said} {visits}")
    if reasons:
        say("note", f"left as they are: {reasons}")
    if not dry_run:
        step = "ketasched register show PATIENT -o DIR --force"
        say("note", f"pages and calendars made before are not of these revisions: {step}")
