"""`ketasched reschedule`: all booked visits that no longer fit the clinic, moved as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import click

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
from ketasched.cli.day_query import ClinicAsked, DayQuery, which_clinic_option
from ketasched.cli.delivery import output_option
from ketasched.cli.hints import pasteable
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
from ketasched.files.atomic_write import write_folder
from ketasched.files.load import load_proposal
from ketasched.files.option_values import refuse_bad_value
from ketasched.files.typed_dates import date_range
from ketasched.model import (
    Clinic,
    DateRange,
    DisruptionValue,
    UnplacedCourse,
)
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
class RescheduleOptions(ClinicAsked):
    """The options of the command."""

    days: tuple[str, ...]
    excepted: tuple[str, ...]
    overrides: tuple[str, ...]
    reason: str
    by_whom: str
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
        if self.is_from_file and (self.days or self.overrides or self.limit):
            said = "--on, --override and --limit are for a proposal that is still made."
            raise click.UsageError(said)
        refuse_unusable(self.rules, self.reason, self.by_whom)

    @property
    def is_from_file(self) -> bool:
        """Whether a proposal is applied that was made before."""
        return bool(self.applied)

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

    def command(self, *more: str) -> str:
        """The same command with more options, for a next step."""
        given = [("--on", one.plain()) for one in self.on]
        given += [("--except", one) for one in self.excepted]
        given += [("--override", one) for one in self.rules if "--override" not in more]
        given += [("--reason", self.reason)] if self.reason and "--reason" not in more else []
        given += [("--by-whom", self.by_whom)] if self.by_whom else []
        words = (word for pair in given for word in pair)
        return pasteable(command_line("reschedule", *words, *more))


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
    clinic, now = given.query.clinic, given.now
    if given.is_from_file:
        _apply_file(given.query, given, now)
    elif clinic is None:
        say("note", "there is no course in the register")
        print_as(given.form, [], ())
    else:
        _propose(given.query, clinic, given, now)


def _propose(query: DayQuery, clinic: Clinic, given: RescheduleOptions, now: datetime) -> None:
    if given.proposal_path:
        refuse_taken(given.proposal_path, (), force=given.force)
    found = propose(
        query,
        clinic,
        now,
        on=given.on,
        excepted={query.patient(one) for one in given.excepted},
        rules=given.rules,
        reason=given.reason,
        by_whom=given.by_whom,
        limit=options.seconds_of(given.limit),
    )
    if not (found.revisions or found.not_placed):
        which = f"visit to come{' on these days' if given.on else ''}"
        which += ", but for the excepted," if given.excepted else ""
        file = options.clinic_file(given.clinic_path) or "the clinic's file"
        _say_nothing_to_do(f"every booked {which} fits the clinic; {WHERE.format(file)}", given)
        return
    if given.applied is None:
        _print_calls(found, given)
        if path := given.proposal_path:
            write_folder(path.parent, {path.name: found.text.encode()}, force=given.force)
            say("written", str(path))
    else:
        _apply(query, found, now, given)
    _say_value(found)
    if found.revisions and given.applied is None:
        step = given.command("--apply")
        if given.proposal_path:
            step = pasteable(command_line("reschedule", "--apply", str(given.proposal_path)))
        say("note", f"nothing is changed yet; to do it: {step}")
    _end(found.not_placed, given)


def _apply_file(query: DayQuery, given: RescheduleOptions, now: datetime) -> None:
    assert given.applied is not None  # noqa: S101 - the caller has looked
    written = load_proposal(given.applied)
    hide_names(*written.patients)
    found = proposed_before(
        query,
        written,
        now,
        name=given.applied,
        excepted={query.patient(one) for one in given.excepted} if query.clinic else (),
        reason=given.reason,
        by_whom=given.by_whom,
    )
    if not (found.revisions or found.not_placed):
        _say_nothing_to_do("all patients of the proposal are excepted", given)
        return
    _apply(query, found, now, given)
    _end(found.not_placed, given)


def _say_nothing_to_do(why: str, given: RescheduleOptions) -> None:
    say("note", f"nothing to do: {why}")
    print_as(given.form, [], ())


def _apply(query: DayQuery, found: Rescheduling, now: datetime, given: RescheduleOptions) -> None:
    """Enter the revisions in one transaction, with the files of each, and print the call list.

    Raises `Refused` if the book has changed since the state, or if a file cannot be written; the
    call list is printed even so if the revisions are entered.
    """
    is_entered, output = not found.revisions, None if given.dry_run else given.output
    folders: list[Path] = []
    try:
        if found.revisions:
            with prepared_folders(found.revisions, output, force=given.force) as folders:
                found, is_entered = enter(query, found, now, dry_run=given.dry_run), True
                note_done("" if given.dry_run else MOVED)
            if not given.dry_run:
                say("note", MOVED)
    finally:
        if is_entered:
            _print_calls(found, given)
    for folder in folders:
        say("written", str(folder))
    if given.dry_run:
        say("note", "nothing is changed (--dry-run)")
    elif found.revisions and not given.output:
        step = pasteable(command_line("register", "show", "PATIENT", "-o", "DIR", "--force"))
        say("note", f"pages and calendars made before are not of these revisions: {step}")


def _print_calls(found: Rescheduling, given: RescheduleOptions) -> None:
    """Print the call list, which rules are overridden, and when boosters could be instead."""
    click.echo(found.page(given.form or "text").encode(), nl=False)
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


def _end(not_placed: Sequence[UnplacedCourse], given: RescheduleOptions) -> None:
    """Exit with `SOME_FAILED` if courses have no place, and say what would give them one.

    Rules that several of them need are overridden only where that is needed.
    """
    rules = dict.fromkeys(rule for one in not_placed for rule in one.overrides)
    if rules:
        more = ("--override", ",".join(rules), "--reason", given.reason or "WHY")
        say("try", given.command(*more))
    for one in [one for one in not_placed if not one.overrides][:1]:
        say_how_to_move(one.patient, one.misfits[0].visit)
    if not_placed:
        raise click.exceptions.Exit(SOME_FAILED)
