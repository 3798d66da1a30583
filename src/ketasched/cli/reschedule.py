"""`ketasched reschedule`: all booked visits that no longer fit the clinic, moved as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_names, hide_people
from ketasched.cli.change_command import refuse_taken
from ketasched.cli.day_query import DayQuery, which_clinic_option
from ketasched.cli.delivery import output_option
from ketasched.cli.hints import pasteable
from ketasched.cli.misfit_report import say_next_step
from ketasched.cli.output import (
    SOME_FAILED,
    finding_text,
    local_date_order,
    note_done,
    print_as,
    say,
)
from ketasched.cli.proposal_file import (
    refuse_other_clinic,
    revisions_of,
    without_patients,
    write_proposal,
    written_proposal,
)
from ketasched.cli.register_option import is_register_given, register_option
from ketasched.cli.revised_folders import prepared_folders
from ketasched.errors import BadRequest, command_line
from ketasched.files.load import load_proposal, refuse_mismatch
from ketasched.files.option_values import refuse_bad_value, refuse_unsafe_text
from ketasched.files.typed_dates import date_range
from ketasched.language.locale import Locale
from ketasched.model import (
    Change,
    Clinic,
    Course,
    DateRange,
    DisruptionValue,
    UnplacedCourse,
)
from ketasched.model.values import LAST_START
from ketasched.planning.left_out import LEFT_OUT
from ketasched.register.records import BookState, LogEntry, changed_since
from ketasched.render.call_list import FORMS, render_calls
from ketasched.render.call_list.calls import CallList, make_call_list
from ketasched.revising.validation import refuse_overrides
from ketasched.rules.overridden import is_overridden
from ketasched.together import Disruption, Proposal, reschedule

Revisions = Sequence[tuple[Course, Course]]
"""Courses before and after."""

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
class RescheduleOptions:
    """The options of the command."""

    register_address: str | None
    clinic_path: str | None
    days: tuple[str, ...]
    excepted: tuple[str, ...]
    overrides: tuple[str, ...]
    reason: str
    by_whom: str
    today: str | None
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
        refuse_overrides(Change("reschedule", overrides=self.rules))
        if self.rules and not self.reason.strip():
            raise BadRequest("reason", "an override needs a reason", next_step="--reason TEXT")
        refuse_unsafe_text("reason", self.reason)
        refuse_unsafe_text("by_whom", self.by_whom)

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
    query = DayQuery(given.register_address, given.clinic_path)
    now = query.now(given.today)
    if given.is_from_file:
        _apply_file(query, given, now)
    elif query.clinic is None:
        say("note", "there is no course in the register")
        print_as(given.form, [], ())
    else:
        _propose(query, query.clinic, given, now)


def _propose(query: DayQuery, clinic: Clinic, given: RescheduleOptions, now: datetime) -> None:
    if given.proposal_path:
        refuse_taken(given.proposal_path, (), force=given.force)
    state = query.register.book_state(clinic, now)  # read first: a later change is noticed
    proposal = _proposal(query, clinic, given, now)
    written = written_proposal(proposal, state, given.reason, given.by_whom)
    revisions = [(one.before, one.after) for one in proposal.rescheduled]
    if not (revisions or written.not_placed):
        which = f"visit to come{' on these days' if given.on else ''}"
        which += ", but for the excepted," if given.excepted else ""
        file = options.clinic_file(given.clinic_path) or "the clinic's file"
        _say_nothing_to_do(f"every booked {which} fits the clinic; {WHERE.format(file)}", given)
        return
    value = proposal.objective, proposal.bound
    calls = make_call_list(clinic.name, revisions, written.not_placed, *value)
    if given.applied is None:
        _print_calls(calls, revisions, given, query.locale)
        if given.proposal_path:
            write_proposal(given.proposal_path, written, force=given.force)
            say("written", str(given.proposal_path))
    else:
        _apply(query, revisions, calls, state, LogEntry(now, "", given.by_whom), given)
    _say_value(proposal)
    if revisions and given.applied is None:
        step = given.command("--apply")
        if given.proposal_path:
            step = pasteable(command_line("reschedule", "--apply", str(given.proposal_path)))
        say("note", f"nothing is changed yet; to do it: {step}")
    _end(written.not_placed, given)


def _proposal(
    query: DayQuery, clinic: Clinic, given: RescheduleOptions, now: datetime
) -> Proposal:
    """The best proposal that is found. Raises `BadFile`, `BadRequest`."""
    excepted = {query.patient(one) for one in given.excepted}
    courses = query.days(now.date() - timedelta(1), LAST_START).courses
    hide_people(*courses)
    for course in courses:
        refuse_mismatch(clinic, course.protocol, "the clinic as it is now")
    disruption = Disruption(courses, clinic, now, given.on, excepted, given.rules)
    return reschedule(
        disruption,
        why=given.reason,
        by=given.by_whom,
        limit=options.seconds_of(given.limit),
    )


def _apply_file(query: DayQuery, given: RescheduleOptions, now: datetime) -> None:
    assert given.applied is not None  # noqa: S101 - the caller has looked
    written = load_proposal(given.applied)
    hide_names(*written.patients)
    if query.clinic is None:
        raise changed_since()
    refuse_other_clinic(written, query.clinic, given.applied)
    excepted = {query.patient(one) for one in given.excepted}
    hide_names(*excepted)
    written = without_patients(written, excepted)
    reason, by_whom = given.reason or written.reason, given.by_whom or written.by_whom
    revisions = revisions_of(written, query.register, query.clinic, now, reason, by_whom)
    if not (revisions or written.not_placed):
        _say_nothing_to_do("all patients of the proposal are excepted", given)
        return
    state = BookState(query.clinic, written.made_at, written.book)
    calls = make_call_list(written.clinic, revisions, written.not_placed)
    _apply(query, revisions, calls, state, LogEntry(now, "", by_whom), given)
    _end(written.not_placed, given)


def _say_nothing_to_do(why: str, given: RescheduleOptions) -> None:
    say("note", f"nothing to do: {why}")
    print_as(given.form, [], ())


def _apply(
    query: DayQuery,
    revisions: Revisions,
    calls: CallList,
    state: BookState,
    line: LogEntry,
    given: RescheduleOptions,
) -> None:
    """Enter the revisions in one transaction, with the files of each, and print the call list.

    Raises `Refused` if the book has changed since the state, or if a file cannot be written; the
    call list is printed even so if the revisions are entered.
    """
    is_entered, output = not revisions, None if given.dry_run else given.output
    folders: list[Path] = []
    try:
        if revisions:
            with prepared_folders(revisions, output, force=given.force) as folders:
                dry_run = given.dry_run
                query.register.revise_jointly(revisions, line, state=state, dry_run=dry_run)
                is_entered = True
                if not dry_run:
                    calls = replace(calls, applied_at=line.at)
                    note_done(MOVED)
            if not dry_run:
                say("note", MOVED)
    finally:
        if is_entered:
            _print_calls(calls, revisions, given, query.locale)
    for folder in folders:
        say("written", str(folder))
    if given.dry_run:
        say("note", "nothing is changed (--dry-run)")
    elif revisions and not given.output:
        step = pasteable(command_line("register", "show", "PATIENT", "-o", "DIR", "--force"))
        say("note", f"pages and calendars made before are not of these revisions: {step}")


def _print_calls(
    calls: CallList, revisions: Revisions, given: RescheduleOptions, locale: Locale
) -> None:
    """Print the call list, which rules are overridden, and when boosters could be instead."""
    click.echo(render_calls(calls, given.form or "text", locale).encode(), nl=False)
    for before, after in revisions:
        for one in after.findings:
            if one in before.findings:
                continue
            if one.rule == LEFT_OUT:
                say("note", f"{after.patient}: {finding_text(one)}")
            elif is_overridden(after, one):
                say("overridden", f"{after.patient}: {finding_text(one)}")


def _say_value(proposal: Proposal) -> None:
    """Say how many courses are kept and what that costs, and whether nothing is better."""
    value, total = proposal.objective, proposal.objective.kept + len(proposal.not_placed)
    courses = "1 course is" if total == 1 else f"{total:,} courses are"
    said = f"{value.kept:,} of {courses} kept: {_value_text(value)}"
    if proposal.is_best:
        say("note", f"{said}; it is proven that no proposal is better")
    else:
        bound = proposal.bound
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
        say_next_step(one.patient, one.misfits[0].visit)
    if not_placed:
        raise click.exceptions.Exit(SOME_FAILED)
