"""`ketasched suggest`: the other times for one visit, the one that disturbs least first."""

import textwrap
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from ketasched.api.asked_changes import AskedChange
from ketasched.cli import options
from ketasched.cli.busy_option import busy_options
from ketasched.cli.course_source import CourseSource
from ketasched.cli.output import echo_error, in_local_style, print_as, say, say_how_to_move
from ketasched.cli.register_option import register_option
from ketasched.errors import NoPlan, command_line
from ketasched.model import Change, Course, DateRange
from ketasched.model.occupancy import Occupancy
from ketasched.planning.misfits import misfits, misfits_of_all, visit_misfits
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.revising.suggest import Suggestion, suggest, suggestion_text
from ketasched.rules.base import NO_BOOKINGS

if TYPE_CHECKING:
    from ketasched.register.register import Register

WIDTH = 100
"""The columns of a suggestion's lines."""


@click.command("suggest")
@options.course
@options.visit
@options.today(options.MOMENT_OF_CHANGE)
@options.several(*busy_options)
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
    at = source.moment(before)
    found = source.with_newer(before, at)
    booking = BookingRequest(found.clinic, lambda _: found, LogEntry(at, ""), before=before)
    register = source.register
    with register.occupancy_for(booking) if register else nullcontext(NO_BOOKINGS) as bookings:
        _say_misfits(found, at, bookings, register)
        alternatives = suggest(
            found, visit, at=at, bookings=bookings, more_time=options.time_budget()
        )
        data = [
            {"start": one.start, "moves": dict(one.moves), "gives_up": one.gives_up}
            for one in alternatives
        ]
        print_as(form, data, _lines(alternatives))
        day = found.visits[visit - 1].start.date()
        if form != "json" and alternatives:
            first = f"{alternatives[0].start:%Y-%m-%dT%H:%M}"
            words = "revise", "COURSE", "defer", str(visit), "--to", first, "--reason", "WHY"
            say("try", command_line(*words))
        if form != "json" and all(one.start.date() == day for one in alternatives):
            say("note", "no other day keeps every rule")
            now = at.astimezone(found.visits[0].start.tzinfo)
            change = Change("defer", visit=visit, on=max(day, now.date()) + timedelta(1))
            _explain_refusal(found, change, at, bookings, course)


def _lines(alternatives: Iterable[Suggestion]) -> Iterator[str]:
    """The suggestions in lines of a terminal; those that go on are indented."""
    for one in alternatives:
        text = in_local_style(suggestion_text(one))
        yield from textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _say_misfits(
    course: Course, at: datetime, bookings: Occupancy, register: "Register | None"
) -> None:
    """Print the visits after the moment `at` that do not fit the course's clinic any more.

    If visits of others on these days do not fit either, a next step is about all of them.
    """
    found = visit_misfits({course.course_id: [*misfits(course, course.clinic, bookings=bookings)]})
    days = [one.start.date() for one in found.get(course.course_id, ())]
    if register and days:
        # Some of those who sit there may be let in beside a full clinic: they displace nobody.
        booked = register.days(min(days), max(days), course.clinic).courses
        others = [one for one in booked if one.course_id != course.course_id]
        found = visit_misfits(misfits_of_all([course, *others], course.clinic))
    own = [
        one for one in found.get(course.course_id, ()) if one.start.timestamp() > at.timestamp()
    ]
    for one in own:
        say("note", f"visit {one.visit} no longer fits: {one.message}")
    on = {one.start.date() for one in own}
    concerned = [those for those in found.values() if any(one.start.date() in on for one in those)]
    if len(concerned) > 1:
        say_how_to_move(course.patient, own[0].visit, len(concerned), DateRange(min(on), max(on)))


def _explain_refusal(
    course: Course, change: Change, at: datetime, bookings: Occupancy, path: str
) -> None:
    """Print what refuses another day for a visit, and the command that would do all the same."""
    asked = AskedChange(course, course, change, at, "", "", options.time_budget)
    try:
        asked.booking().planned(bookings)
    except NoPlan as refusal:
        for line in refusal.details:
            echo_error(in_local_style(f"  {line}"))
        if refusal.remedies:
            option = refusal.remedies[0].change
            day = "" if "--to" in option else f"--to {change.on} "
            verb = command_line("revise", path, "defer", str(change.visit))
            say("try", f"{verb} {day}{option} --reason WHY")
