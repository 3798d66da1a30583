"""`ketasched suggest`: the other times for one visit, the one that disturbs least first."""

import json
import shlex
from datetime import datetime, timedelta

import click

from ketasched.cli.options import (
    NEWER,
    OF_THE_CHANGE,
    a_file,
    busy_option,
    clinic_option,
    for_a_second,
    moment_of,
    today_option,
    with_calendars,
)
from ketasched.cli.output import say
from ketasched.cli.register_option import course_at, open_book, register_option
from ketasched.errors import NoPlan
from ketasched.files.load import with_clinic
from ketasched.model import Change, Course
from ketasched.revising.alternatives import Attempts, with_other_ways
from ketasched.revising.revise import revise
from ketasched.revising.suggest import alternative_text, suggest
from ketasched.rules.base import NO_BOOKINGS, Bookings


@click.command("suggest")
@click.argument("course", metavar="COURSE", shell_complete=a_file)
@click.argument("visit", metavar="N", type=int)
@today_option(OF_THE_CHANGE)
@busy_option
@register_option
@clinic_option(NEWER)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
def command(
    *,
    course: str,
    visit: int,
    today: str | None,
    calendars: tuple[str, ...],
    register: str | None,
    clinic_path: str | None,
    form: str | None,
) -> None:
    """Say on which other days visit N could be, and what each would do to the others.

    COURSE is a file or a folder, or with --register a patient.

    \b
    ketasched suggest courses/P-014/course.json 3 --today 2026-12-08
    ketasched suggest P-014 3 --register
    """
    book = open_book(register)
    found, _ = course_at(course, book, clinic_path, today)
    before = found
    if clinic_path:
        found = with_clinic(found, clinic_path)
    at = moment_of(today, found.visits[0].start.tzinfo, field="today")
    found = with_calendars(found, calendars, at)
    if book is None:
        _suggest(found, visit, at, form, course, NO_BOOKINGS)
    else:
        # Imported here because only who has a register gets here.
        from ketasched.register.records import Line, Order  # noqa: PLC0415

        looking = Order(found.clinic, lambda _: found, Line(at, ""), before=before)
        with book.bookings(looking) as bookings:
            _suggest(found, visit, at, form, course, bookings)


def _suggest(
    found: Course, visit: int, at: datetime, form: str | None, path: str, bookings: Bookings
) -> None:
    """Print the alternatives beside these bookings."""
    alternatives = suggest(found, visit, at=at, bookings=bookings, more_time=for_a_second())
    if form == "json":
        rows = [
            {
                "start": one.start.isoformat(),
                "moves": {number: start.isoformat() for number, start in one.moves},
                "gives_up": list(one.gives_up),
            }
            for one in alternatives
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for one in alternatives:
        click.echo(alternative_text(one))
    day = found.visits[visit - 1].start.date()
    if all(one.start.date() == day for one in alternatives):
        next_day = max(day, at.astimezone(found.visits[0].start.tzinfo).date()) + timedelta(1)
        _say_why_no_day(found, Change("defer", visit=visit, on=next_day), at, path, bookings)


def _say_why_no_day(
    course: Course, change: Change, at: datetime, path: str, bookings: Bookings
) -> None:
    """What stands against another day, and what would do all the same."""
    say("note", "no other day keeps every rule")
    try:
        revise(course, change, at=at, bookings=bookings)
    except NoPlan as error:
        attempts = Attempts(course, at, bookings, for_a_second())
        refusal = with_other_ways(error, change, attempts)
        for line in refusal.details:
            click.echo(f"  {line}", err=True)
        if refusal.remedies:
            option = refusal.remedies[0].change
            asked = f"defer {change.visit} {option if '--to' in option else _on(change, option)}"
            say("try", f"ketasched revise {shlex.quote(path)} {asked} --reason WHY")


def _on(change: Change, option: str) -> str:
    """A way out that keeps the asked day, with that day."""
    return f"--to {change.on} {option}"
