"""`ketasched day`: the clinic's day sheet, and how full its week is."""

import datetime as dt
from collections import Counter

import click

from ketasched.cli import options
from ketasched.cli.complete_day import CompleteOptions, complete_options
from ketasched.cli.day_query import ClinicAsked, DayQuery, clinic_asked
from ketasched.cli.hints import pasteable
from ketasched.cli.output import say, say_how_to_move
from ketasched.errors import command_line
from ketasched.model import TAKES_PLACE, WEEKDAYS, DateRange
from ketasched.planning.misfits import visit_misfits
from ketasched.render.day_sheet.forms import FORMS, render_sheet
from ketasched.render.day_sheet.week import draw_week

RELATIVE_DAYS = {"yesterday": -1, "": 0, "today": 0, "tomorrow": 1}
"""The days that are called by a word, and how far they are from today."""


@click.command("day")
@click.argument("date", metavar="[DATE]", default="")
@clinic_asked
@options.output_format(FORMS)
@options.flag("--week", "How full each chair is in the week of that day.")
@complete_options
def command(
    *,
    date: str,
    asked: ClinicAsked,
    form: str | None,
    week: bool,
    completing: CompleteOptions,
) -> None:
    """The clinic's day: who comes when, on which chair, with which driver, and what to know.

    DATE is today unless it is given, and may be the word tomorrow. What no longer fits the
    clinic's file is marked.

    \b
    ketasched day
    ketasched day 2026-12-07 --format html >day.html
    ketasched day --week
    ketasched day --complete --except P-014
    """
    completing.refuse(form, week=week)
    if week and form:
        raise click.UsageError("--week is a picture in text: it has no other format.")
    query = asked.query
    if date.lower() in RELATIVE_DAYS:
        day = asked.now.date() + dt.timedelta(RELATIVE_DAYS[date.lower()])
    else:
        day = options.day_of(date, "date", next_step="a date such as 2026-12-07")
    if week:
        _print_week(query, day, asked.now)
        return
    if completing.complete:
        completing.run(query, day, asked.now, form)
        return
    sheet = query.sheet(day)
    click.echo(render_sheet(sheet, form or "text", query.locale).encode(), nl=False)
    if sheet.missing_drivers:
        days = (day - asked.now.date()).days
        step = pasteable(command_line("drivers", *(("--next", f"{days}d") if days > 3 else ())))
        say("note", f"{sheet.missing_drivers} without a driver: {step}")
    now = asked.now.timestamp()
    coming = [one for one in sheet.visits if one.misfit and one.start.timestamp() > now]
    for visit in coming[:1]:
        courses = len({one.patient for one in coming})
        say_how_to_move(visit.patient, visit.number, courses, DateRange(day, day))


def _print_week(query: DayQuery, day: dt.date, now: dt.datetime) -> None:
    if query.clinic is None:
        say("note", "there is no course in the register")
        return
    begin = WEEKDAYS.index(query.clinic.week_begins)
    first = day - dt.timedelta((day.weekday() - begin) % 7)
    week = DateRange(first, first + dt.timedelta(6))
    found = query.days(week.first, week.last)
    seats = [
        (found.chairs[visit.uid], visit.start, visit.end)
        for course in found.courses
        for visit in course.visits
        if visit.uid in found.chairs and visit.status in TAKES_PLACE
    ]
    misfits = query.misfits(found.courses)
    booked_unfit = Counter(one.start.date() for own in misfits.values() for one in own)
    for line in draw_week(query.clinic, first, seats, booked_unfit):
        click.echo(line)
    if wrong := sorted(one for one in booked_unfit if one in week):
        step = pasteable(command_line("day", str(wrong[0])))
        say("note", f"who it is that no longer fits: {step}")
    movable = visit_misfits(misfits)
    concerned = [
        (course.patient, one.visit)
        for course in found.courses
        for one in movable.get(course.course_id, ())
        if one.start.date() in week and one.start.timestamp() > now.timestamp()
    ]
    if len(patients := {patient for patient, _ in concerned}) > 1:
        say_how_to_move(*concerned[0], len(patients), week)
