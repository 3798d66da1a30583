"""`ketasched day`: the clinic's day sheet, and how full its week is."""

import datetime as dt

import click

from ketasched.cli import options
from ketasched.cli.day_query import DayQuery, which_clinic_option
from ketasched.cli.output import say
from ketasched.cli.register_option import register_option
from ketasched.files.request_parsing import spelled_date
from ketasched.model import TAKES_PLACE, WEEKDAYS
from ketasched.render.day_sheet import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import make_day_sheet
from ketasched.render.day_sheet.week import draw_week


@click.command("day")
@click.argument("date", metavar="[DATE]", default="")
@register_option
@which_clinic_option
@options.output_format(FORMS)
@options.flag("--week", "How full each chair is in the week of that day.")
@options.today()
def command(
    *,
    date: str,
    register_address: str | None,
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
    query = DayQuery(register_address, clinic_path)
    if date:
        with options.refuse_bad_value("date", next_step="a date such as 2026-12-07"):
            day = spelled_date(date, None)
    else:
        day = query.now(today).date()
    if week:
        _print_week(query, day)
        return
    found = query.days(day, day)
    name = query.clinic.name if query.clinic else ""
    chairs = query.clinic.chairs if query.clinic else None
    sheet = make_day_sheet(found.courses, found.chairs, day, name, query.zone, chairs)
    click.echo(render_sheet(sheet, form or "text").encode(), nl=False)
    if sheet.missing_drivers:
        say("note", f"without a driver: {sheet.missing_drivers}; ketasched drivers lists them")


def _print_week(query: DayQuery, day: dt.date) -> None:
    if query.clinic is None:
        say("note", "there is no course in the register")
        return
    begin = WEEKDAYS.index(query.clinic.week_begins)
    first = day - dt.timedelta((day.weekday() - begin) % 7)
    found = query.days(first, first + dt.timedelta(6))
    seats = [
        (found.chairs[visit.uid], visit.start, visit.end)
        for course in found.courses
        for visit in course.visits
        if visit.uid in found.chairs and visit.status in TAKES_PLACE
    ]
    for line in draw_week(query.clinic, first, seats):
        click.echo(line)
