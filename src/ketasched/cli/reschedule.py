"""`ketasched reschedule`: all booked visits that no longer fit the clinic, moved as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from ketasched.api.clinic_book import NO_COURSE
from ketasched.api.rescheduling import (
    Rescheduling,
    enter,
    propose,
    proposed_before,
    refuse_unusable,
)
from ketasched.cli import options
from ketasched.cli.anonymity import hide_names
from ketasched.cli.change_command import refuse_taken
from ketasched.cli.day_query import JointOptions, which_clinic_option
from ketasched.cli.delivery import output_option
from ketasched.cli.output import (
    SOME_FAILED,
    finding_text,
    local_date_order,
    note_done,
    print_as,
    say,
    say_how_to_move,
)
from ketasched.cli.register_option import is_register_given, register_option
from ketasched.errors import BadRequest, command_line
from ketasched.files.atomic_write import write_files
from ketasched.files.load import load_proposal
from ketasched.files.option_values import refuse_bad_value
from ketasched.files.typed_dates import date_range
from ketasched.model import DateRange, DisruptionValue, UnplacedCourse
from ketasched.planning.left_out import LEFT_OUT
from ketasched.render.call_list.forms import FORMS
from ketasched.render.course_folders import prepared_folders
from ketasched.rules.overridden import is_overridden

WHERE = (
    "what is new goes into {}: closed days and chairs out of order into [closures] (dates, "
    'chairs), other hours into [hours] under their first day, such as "2027-01-04"'
)
"""Where a clinic's file has what visits may not fit."""

MOVED = "the visits are moved"
"""What is done once a proposal is applied."""

AT_ONCE = ""
"""The value of `--apply` alone: what is proposed is applied at once."""


@dataclass(frozen=True)
class RescheduleOptions(JointOptions):
    """The options of the command."""

    days: tuple[str, ...]
    overrides: tuple[str, ...]
    limit: str | None
    proposal_path: Path | None
    applied: str | None
    output: Path | None
    force: bool
    dry_run: bool
    form: str | None

    def __post_init__(self) -> None:
        if not is_register_given(self.register_address):
            said = "reschedule needs the register in which the visits are booked"
            step = "for the usual one: --register\nelse: --register FILE.db"
            raise BadRequest("register", said, next_step=step)
        if self.proposal_path and self.applied is not None:
            raise click.UsageError("--proposal is for what is not applied yet: without --apply.")
        if self.output and self.applied is None:
            raise click.UsageError("-o goes with --apply: without it nothing has changed.")
        if self.force and not (self.output or self.proposal_path):
            raise click.UsageError("--force goes with -o or --proposal, which write files.")
        if self.applied and (self.days or self.overrides or self.limit):
            said = "--on, --override and --limit are for a proposal that is still made."
            raise click.UsageError(said)
        refuse_unusable(self.rules, self.reason, self.by_whom)

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The rules to override, each once: an option may have several, "gap,span"."""
        words = (word.strip() for text in self.overrides for word in text.split(","))
        return tuple(dict.fromkeys(filter(None, words)))

    @cached_property
    def on(self) -> Sequence[DateRange]:
        """The days of each `--on`. Raises `BadRequest`."""
        with refuse_bad_value(
            "on", next_step="a day or days, in place of --on: --on 2027-01-11..2027-01-15"
        ):
            return [date_range(one, local_date_order()) for one in self.days]

    def propose(self) -> None:
        """Make a proposal, print it, and write it into a file or apply it, if that is asked."""
        if self.proposal_path:
            refuse_taken(self.proposal_path, (), force=self.force)
        found = propose(self.asked, self.on, self.rules, options.seconds_of(self.limit))
        if not (found.revisions or found.not_placed):
            which = f"visit to come{' on these days' if self.on else ''}"
            which += ", but for the excepted," if self.excepted else ""
            file = options.clinic_file(self.clinic_path) or "the clinic's file"
            self._say_nothing_to_do(f"every booked {which} fits the clinic; {WHERE.format(file)}")
            return
        if self.applied is not None:
            self._apply(found)
        else:
            _print_calls(found, self.form)
        if path := self.proposal_path:
            write_files(path.parent, {path.name: found.text.encode()}, force=self.force)
            say("written", str(path))
        _say_value(found)
        if found.revisions and self.applied is None:
            step = self._again("--apply")
            if self.proposal_path:
                step = command_line("reschedule", "--apply", str(self.proposal_path))
            say("note", f"nothing is changed yet; to do it: {step}")
        self._end(found.not_placed)

    def apply_file(self, path: str) -> None:
        """Apply the proposal in a file, and print it."""
        written = load_proposal(path)
        hide_names(*written.patients)
        found = proposed_before(self.asked, written, path)
        if not (found.revisions or found.not_placed):
            self._say_nothing_to_do("all patients of the proposal are excepted")
            return
        self._apply(found)
        self._end(found.not_placed)

    def _say_nothing_to_do(self, why: str) -> None:
        say("note", f"nothing to do: {why}")
        print_as(self.form, [], ())

    def _apply(self, found: Rescheduling) -> None:
        """Enter the revisions in one transaction, with the files of each; print the call list.

        Raises `Refused` if the book has changed since the state, or if a file cannot be written;
        the call list is printed even so if the revisions are entered.
        """
        is_entered, output = not found.revisions, None if self.dry_run else self.output
        folders: list[Path] = []
        try:
            if found.revisions:
                with prepared_folders(found.revisions, output, force=self.force) as folders:
                    found = enter(self.asked, found, dry_run=self.dry_run)
                    is_entered = True
                    note_done("" if self.dry_run else MOVED)
                if not self.dry_run:
                    say("note", MOVED)
        finally:
            if is_entered:
                _print_calls(found, self.form)
        for folder in folders:
            say("written", str(folder))
        if self.dry_run:
            say("note", "nothing is changed (--dry-run)")
        elif found.revisions and not self.output:
            step = command_line("register", "show", "PATIENT", "-o", "DIR", "--force")
            say("note", f"pages and calendars made before are not of these revisions: {step}")

    def _end(self, not_placed: Sequence[UnplacedCourse]) -> None:
        """Exit with `SOME_FAILED` if courses have no place, and say what would give them one.

        Rules that several of them need are overridden only where that is needed.
        """
        if rules := dict.fromkeys(rule for one in not_placed for rule in one.overrides):
            more = "--override", ",".join(rules), "--reason", self.reason or "WHY"
            say("try", self._again(*more))
        for one in [one for one in not_placed if not one.overrides][:1]:
            say_how_to_move(one.patient, one.misfits[0].visit)
        if not_placed:
            raise click.exceptions.Exit(SOME_FAILED)

    def _again(self, *more: str) -> str:
        """The same command with more options, for a next step."""
        given = [("--on", one.plain()) for one in self.on]
        given += [("--except", one) for one in self.excepted]
        given += [("--override", one) for one in self.rules if "--override" not in more]
        given += [("--reason", self.reason)] if self.reason and "--reason" not in more else []
        given += [("--by-whom", self.by_whom)] if self.by_whom else []
        words = (word for pair in given for word in pair)
        return command_line("reschedule", *words, *more)


@click.command("reschedule")
@register_option
@which_clinic_option
@click.option(
    "--on",
    "days",
    multiple=True,
    metavar="DATE|DATE..DATE",
    help="Only visits of these days (both inclusive) that no longer fit (again for more).",
)
@click.option(
    "--except",
    "excepted",
    multiple=True,
    metavar="PATIENT",
    help="Leave this patient's visits as they are (again for each).",
)
@click.option(
    "--override",
    "overrides",
    multiple=True,
    metavar="RULE",
    help="Break this rule by as few days as possible, where needed: gap, span, or gap,span.",
)
@options.text("--reason", "TEXT", "Why; the history of each course keeps it.")
@options.text("--by-whom", "NAME", "Who decided it.")
@options.today(options.MOMENT_OF_CHANGE)
@options.search_limit("About how long to look for a better proposal (60s).")
@click.option(
    "--proposal",
    "proposal_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the proposal into FILE, to be applied later.",
)
@click.option(
    "--apply",
    "applied",
    is_flag=False,
    flag_value=AT_ONCE,
    default=None,
    metavar="[FILE]",
    type=options.FILE,
    help="Move the visits at once; with FILE, exactly as it was proposed there.",
)
@output_option("With --apply: write each course into DIR/<patient>/, with what changed for whom.")
@options.flag("--force", "With -o or --proposal: write over files that exist.")
@options.flag("--dry-run", "With --apply: say what would be done, and change nothing.")
@options.output_format(FORMS)
@options.group(RescheduleOptions, "given")
def command(*, given: RescheduleOptions) -> None:
    """Find another time for every booked visit that no longer fits the clinic, all as one.

    What it prints is the call list: who moves from when to when, and which drivers to tell.
    Nothing is changed without --apply. As many courses as possible are kept, then as few visits
    as possible move, then by as few days as possible. A course that has no place stays as it is,
    and is listed with the reasons (exit code 5). `revise PATIENT undo` takes one course back.

    \b
    ketasched reschedule --register --on 2026-12-11
    ketasched reschedule --register --on 2026-12-11 --proposal friday.json
    ketasched reschedule --register --apply friday.json -o courses
    """
    if given.applied:
        given.apply_file(given.applied)
    elif given.query.clinic:
        given.propose()
    else:
        say("note", NO_COURSE)
        print_as(given.form, [], ())


def _print_calls(found: Rescheduling, form: str | None) -> None:
    """Print the call list, which rules are overridden, and when boosters could be instead."""
    click.echo(found.page(form or "text").encode(), nl=False)
    for before, after in found.revisions:
        for one in after.findings:
            if one in before.findings:
                continue
            if one.rule == LEFT_OUT:
                say("note", f"{after.patient}: {finding_text(one)}")
            elif is_overridden(after, one):
                say("overridden", f"{after.patient}: {finding_text(one)}")


def _say_value(found: Rescheduling) -> None:
    """Say how many courses are kept and what that costs, and whether nothing is better."""
    value, bound = found.objective, found.bound
    if value is None or bound is None:
        return
    total = value.kept + len(found.not_placed)
    courses = "1 course is" if total == 1 else f"{total:,} courses are"
    said = f"{value.kept:,} of {courses} kept: {_value_text(value)}"
    if value == bound:
        say("note", f"{said}; it is proven that no proposal is better")
    else:
        best = f"{bound.kept:,} kept, {_value_text(bound)}"
        say("note", f"{said}; that no proposal is better than {best} is proven")


def _value_text(value: DisruptionValue) -> str:
    moved = "1 visit moves" if value.moved == 1 else f"{value.moved:,} visits move"
    delay = "1 day" if value.delay == 1 else f"{value.delay:,} days"
    return f"{moved}, {delay} later in sum"
