"""`ketasched day`: the clinic's day sheet, how full its week is, and what took place."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import click

from ketasched.api.clinic_book import NO_COURSE
from ketasched.api.day_records import CompletedDay, VisitState, complete_day
from ketasched.cli import options
from ketasched.cli.change_output import print_revisions
from ketasched.cli.day_query import CLINIC_OPTIONS, JointOptions
from ketasched.cli.output import note_done, say, say_how_to_move
from ketasched.errors import command_line
from ketasched.model import TAKES_PLACE, WEEKDAYS, Clinic, DateRange
from ketasched.model.wall_clock import day_text
from ketasched.planning.misfits import visit_misfits
from ketasched.render.day_sheet.forms import FORMS, render_sheet
from ketasched.render.day_sheet.week import draw_week

RELATIVE_DAYS = {"yesterday": -1, "": 0, "today": 0, "tomorrow": 1}
"""The days that are called by a word, and how far they are from today."""


@dataclass(frozen=True)
class DayOptions(JointOptions):
    """The options of the command. Raises `UsageError` if they do not go together."""

    date: str
    form: str | None
    week: bool
    complete: bool
    dry_run: bool

    def __post_init__(self) -> None:
        given = self.excepted or self.dry_run or self.reason or self.by_whom
        if given and not self.complete:
            said = "--except, --dry-run, --reason and --by-whom go with --complete."
            raise click.UsageError(said)
        if self.complete and (self.week or self.form not in (None, "text", "json")):
            raise click.UsageError("--complete prints text, or --format json, of one day.")
        if self.week and self.form:
            raise click.UsageError("--week is a picture in text: it has no other format.")

    @cached_property
    def day(self) -> dt.date:
        """The day that is asked for. Raises `BadRequest`."""
        _ = self.query  # dates are read as people of its clinic write them
        if (word := self.date.lower()) in RELATIVE_DAYS:
            return self.now.date() + dt.timedelta(RELATIVE_DAYS[word])
        return options.day_of(self.date, "date", next_step="a date such as 2026-12-07")

    def print_sheet(self) -> None:
        """Print the sheet of the day, and say who has no driver and what no longer fits."""
        sheet = self.query.sheet(self.day)
        form = self.form or "text"
        click.echo(render_sheet(sheet, form, self.query.locale).encode(), nl=False)
        if sheet.missing_drivers:
            days = (self.day - self.now.date()).days
            step = command_line("drivers", *(("--next", f"{days}d") if days > 3 else ()))
            say("note", f"{sheet.missing_drivers} without a driver: {step}")
        now = self.now.timestamp()
        coming = [one for one in sheet.visits if one.misfit and one.start.timestamp() > now]
        for visit in coming[:1]:
            courses = len({one.patient for one in coming})
            say_how_to_move(visit.patient, visit.number, courses, DateRange(self.day, self.day))

    def print_week(self, clinic: Clinic) -> None:
        """Draw the week of the day, and say what no longer fits."""
        begin = WEEKDAYS.index(clinic.week_begins)
        first = self.day - dt.timedelta((self.day.weekday() - begin) % 7)
        week = DateRange(first, first + dt.timedelta(6))
        found = self.query.days(week.first, week.last)
        seats = [
            (found.chairs[visit.uid], visit.start, visit.end)
            for course in found.courses
            for visit in course.visits
            if visit.uid in found.chairs and visit.status in TAKES_PLACE
        ]
        misfits = self.query.misfits(found.courses)
        booked_unfit = Counter(one.start.date() for own in misfits.values() for one in own)
        for line in draw_week(clinic, first, seats, booked_unfit):
            click.echo(line)
        if wrong := sorted(one for one in booked_unfit if one in week):
            step = command_line("day", str(wrong[0]))
            say("note", f"who it is that no longer fits: {step}")
        movable, now = visit_misfits(misfits), self.now.timestamp()
        concerned = [
            (course.patient, one.visit)
            for course in found.courses
            for one in movable.get(course.course_id, ())
            if one.start.date() in week and one.start.timestamp() > now
        ]
        if len(patients := {patient for patient, _ in concerned}) > 1:
            say_how_to_move(*concerned[0], len(patients), week)

    def complete_visits(self) -> None:
        """Record the visits of the day, and print what was done and what was not."""
        day, dry_run = self.day, self.dry_run
        done = complete_day(self.asked, day, dry_run=dry_run)
        note_done("the visits are recorded" if done.revisions and not dry_run else "")
        print_revisions(self.form, done.revisions)
        there = {one.course.patient for one in done.visits}
        for patient in sorted({*self.asked.excepted} - there):
            say("note", f"{patient} has no visit on {day_text(day)}")
        _say_summary(day, done, dry_run=dry_run)


@click.command("day")
@options.group(
    DayOptions,
    "given",
    click.argument("date", metavar="[DATE]", default=""),
    *CLINIC_OPTIONS,
    options.output_format(FORMS),
    options.flag("--week", "How full each chair is in the week of that day."),
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
def command(*, given: DayOptions) -> None:
    """The clinic's day: who comes when, on which chair, with which driver, and what to know.

    DATE is today unless it is given, and may be the word tomorrow. What no longer fits the
    clinic's file is marked.

    \b
    ketasched day
    ketasched day 2026-12-07 --format html >day.html
    ketasched day --week
    ketasched day --complete --except P-014
    """
    _ = given.day  # an error in it is said before all others
    if given.week and given.query.clinic:
        given.print_week(given.query.clinic)
    elif given.week:
        say("note", NO_COURSE)
    elif given.complete:
        given.complete_visits()
    else:
        given.print_sheet()


def _say_summary(day: dt.date, done: CompletedDay, *, dry_run: bool) -> None:
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
