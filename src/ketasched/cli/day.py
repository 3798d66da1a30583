"""`ketasched day`: the clinic's day sheet, and how full its week is."""

import datetime as dt

import click

from ketasched.cli.day_query import Asked, day_of, with_register
from ketasched.cli.options import today_option
from ketasched.cli.output import say
from ketasched.model import TAKES_PLACE, WEEKDAYS
from ketasched.render.day_sheet import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import sheet_of
from ketasched.render.day_sheet.week import week_lines


@click.command("day")
@click.argument("date", metavar="[DATE]", default="")
@with_register
@click.option("--format", "form", type=click.Choice(tuple(FORMS)), help="What to print (text).")
@click.option("--week", is_flag=True, help="How full each chair is in the week of that day.")
@today_option()
def command(
    *,
    date: str,
    register: str | None,
    clinic_path: str | None,
    form: str | None,
    week: bool,
    today: str | None,
) -> None:
    """The clinic's day: who comes when, on which chair, with which driver, and what to know.

    DATE is today unless it is given.

    \b
    ketasched day
    ketasched day 2026-12-07 --format html >day.html
    ketasched day --week
    """
    if week and form:
        raise click.UsageError("--week is a picture in text: it has no other format.")
    asked = Asked(register, clinic_path)
    day = day_of(date) if date else asked.now(today).date()
    if week:
        _print_week(asked, day)
        return
    found = asked.between(day, day)
    name = asked.clinic.name if asked.clinic else ""
    sheet = sheet_of(found.courses, found.chairs, day, name, asked.zone)
    click.echo(render_sheet(sheet, form or "text").encode(), nl=False)
    if sheet.without_driver:
        say("note", f"without a driver: {sheet.without_driver}; ketasched drivers lists them")


def _print_week(asked: Asked, day: dt.date) -> None:
    begins = WEEKDAYS.index(asked.clinic.week_begins) if asked.clinic else 0
    first = day - dt.timedelta((day.weekday() - begins) % 7)
    found = asked.between(first, first + dt.timedelta(6))
    if asked.clinic is None:
        say("note", "there is no course in the register")
        return
    seats = [
        (found.chairs[visit.uid], visit.start, visit.end)
        for course in found.courses
        for visit in course.visits
        if visit.uid in found.chairs and visit.status in TAKES_PLACE
    ]
    for line in week_lines(asked.clinic, first, seats):
        click.echo(line)
