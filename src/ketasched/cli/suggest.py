"""`ketasched suggest`: the other times for one visit, the one that disturbs least first."""

import shlex
from contextlib import nullcontext
from datetime import datetime, timedelta

import click

from ketasched.cli import options
from ketasched.cli.course_source import CourseSource
from ketasched.cli.output import echo_error, print_as, say
from ketasched.cli.register_option import register_option
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
@options.group(CourseSource, "source")
def command(*, course: str, visit: int, source: CourseSource, form: str | None) -> None:
    """Say on which other days visit N could be, and what each would do to the others.

    COURSE is a file or a folder, or with --register a patient.

    \b
    ketasched suggest courses/P-014/course.json 3 --today 2026-12-08
    ketasched suggest P-014 3 --register
    """
    before, _ = source.find(course)
    found, at = source.with_newer(before)
    booking = BookingRequest(found.clinic, lambda _: found, LogEntry(at, ""), before=before)
    register = source.register
    with register.occupancy_for(booking) if register else nullcontext(NO_BOOKINGS) as bookings:
        alternatives = suggest(
            found, visit, at=at, bookings=bookings, more_time=options.time_budget()
        )
        data = [
            {"start": one.start, "moves": dict(one.moves), "gives_up": one.gives_up}
            for one in alternatives
        ]
        print_as(form, data, map(suggestion_text, alternatives))
        day = found.visits[visit - 1].start.date()
        if form != "json" and all(one.start.date() == day for one in alternatives):
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
            echo_error(f"  {line}")
        if refusal.remedies:
            option = refusal.remedies[0].change
            day = "" if "--to" in option else f"--to {change.on} "
            verb = f"ketasched revise {shlex.quote(path)} defer {change.visit}"
            say("try", f"{verb} {day}{option} --reason WHY")
