"""`ketasched suggest`: the other times for one visit, the one that disturbs least first."""

import shlex
from contextlib import nullcontext
from datetime import datetime, timedelta

import click

from ketasched.cli import options
from ketasched.cli.course_source import find_course, with_newer
from ketasched.cli.json_output import print_json
from ketasched.cli.output import say
from ketasched.cli.register_option import open_register, register_option
from ketasched.errors import NoPlan
from ketasched.model import Change, Course
from ketasched.model.occupancy import Occupancy
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.revising.alternatives import WhatIf, refusal_with_alternatives
from ketasched.revising.revise import revise
from ketasched.revising.suggest import suggest, suggestion_text
from ketasched.rules.base import NO_BOOKINGS


@click.command("suggest")
@options.course
@options.visit
@options.today(options.MOMENT_OF_CHANGE)
@options.busy
@register_option
@options.clinic(options.NEWER_CLINIC)
@options.output_format()
def command(
    *,
    course: str,
    visit: int,
    today: str | None,
    calendars: tuple[str, ...],
    register_address: str | None,
    clinic_path: str | None,
    form: str | None,
) -> None:
    """Say on which other days visit N could be, and what each would do to the others.

    COURSE is a file or a folder, or with --register a patient.

    \b
    ketasched suggest courses/P-014/course.json 3 --today 2026-12-08
    ketasched suggest P-014 3 --register
    """
    register = open_register(register_address)
    before, _ = find_course(course, register, clinic_path, today)
    found, at = with_newer(before, clinic_path, calendars, today)
    booking = BookingRequest(found.clinic, lambda _: found, LogEntry(at, ""), before=before)
    beside = register.occupancy_for(booking) if register else nullcontext(NO_BOOKINGS)
    with beside as bookings:
        alternatives = suggest(
            found, visit, at=at, bookings=bookings, more_time=options.time_budget()
        )
        if form == "json":
            print_json(
                [
                    {"start": one.start, "moves": dict(one.moves), "gives_up": one.gives_up}
                    for one in alternatives
                ]
            )
            return
        for one in alternatives:
            click.echo(suggestion_text(one))
        day = found.visits[visit - 1].start.date()
        if all(one.start.date() == day for one in alternatives):
            say("note", "no other day keeps every rule")
            now = at.astimezone(found.visits[0].start.tzinfo)
            change = Change("defer", visit=visit, on=max(day, now.date()) + timedelta(1))
            _explain_refusal(found, change, at, bookings, course)


def _explain_refusal(
    course: Course, change: Change, at: datetime, bookings: Occupancy, path: str
) -> None:
    """Print what refuses another day for a visit, and the command that would do all the same."""
    try:
        revise(course, change, at=at, bookings=bookings)
    except NoPlan as error:
        what_if = WhatIf(course, at, bookings, options.time_budget())
        refusal = refusal_with_alternatives(error, change, what_if)
        for line in refusal.details:
            click.echo(f"  {line}", err=True)
        if refusal.remedies:
            option = refusal.remedies[0].change
            day = "" if "--to" in option else f"--to {change.on} "
            verb = f"ketasched revise {shlex.quote(path)} defer {change.visit}"
            say("try", f"{verb} {day}{option} --reason WHY")
