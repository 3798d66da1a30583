"""The options of busy calendars (`--busy`), and what is said of their reading."""

import click

from ketasched.cli import options
from ketasched.cli.output import say
from ketasched.model import Course, Request


def say_notes(notes: list[str]) -> None:
    """Say in one line each what the readings of calendars passed over."""
    for note in notes:
        say("note", note)


def warn_of_copies(course: Course, request: Request) -> None:
    """Warn of calendars that are busy at the very times of visits: they may have them imported."""
    visits = {(visit.start, visit.end): visit.number for visit in course.visits}
    copies: dict[str, list[int]] = {}
    for one in request.busy:
        if number := visits.get((one.start, one.end)):
            copies.setdefault(one.calendar, []).append(number)
    for name, numbers in copies.items():
        if len(numbers) > 1:
            said = f"{name} is busy at the very times of visits {', '.join(map(str, numbers))}"
            fix = "if that is a course of ours, imported, delete it there, and export it again"
            say("warning", f"{said}: {fix}")


busy_options = (
    click.option(
        "--busy",
        "calendars",
        metavar="FILE.ics",
        multiple=True,
        help="A calendar: no visit while it is busy, the patient's or yours (again for each).",
    ),
    options.text("--busy-owner", "MAIL", "Whose calendar it is: what they declined is free."),
    options.flag("--strict-busy", "Refuse a calendar with anything that is not understood."),
)
