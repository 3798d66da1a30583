"""`ketasched drivers`: the coming visits that have no driver, for the afternoon's calls."""

import click

from ketasched.cli import options
from ketasched.cli.day_query import DayQuery, days_ahead, which_clinic_option
from ketasched.cli.hints import pasteable
from ketasched.cli.misfit_report import say_next_step
from ketasched.cli.output import print_as, say
from ketasched.cli.register_option import register_option
from ketasched.errors import command_line
from ketasched.files.csv_cells import csv_line
from ketasched.language.locale import Locale
from ketasched.language.restyle import restyle
from ketasched.model import DateRange, misfit_count
from ketasched.model.wall_clock import day_text
from ketasched.render.columns import aligned
from ketasched.render.day_sheet.day_visit import (
    NO_LONGER_FITS,
    DayVisit,
    visits_between,
    visits_without_driver,
)

COLUMNS = ("key", "patient", "patient_phone", "visit", "start", "end")
"""The columns of the CSV."""


@click.command("drivers")
@click.option(
    "--next",
    "ahead",
    metavar="DAYS",
    default="3d",
    show_default=True,
    help="How far ahead to look: 3d is today and the three days after it, 2w two weeks.",
)
@register_option
@which_clinic_option
@options.output_format(("text", "csv", "json"))
@options.today()
def command(
    *,
    ahead: str,
    register_address: str | None,
    clinic_path: str | None,
    form: str | None,
    today: str | None,
) -> None:
    """List the coming visits that need a driver and have none: the phone list.

    \b
    ketasched drivers
    ketasched drivers --next 7d
    ketasched drivers --format csv >without-driver.csv
    """
    how_far = days_ahead(ahead)
    query = DayQuery(register_address, clinic_path)
    now = query.now(today)
    last = now.date() + how_far
    courses, chairs = query.days(now.date(), last)
    misfits = query.misfits(courses)
    missing = visits_without_driver(courses, chairs, now, last, misfits)
    if form == "csv":
        lines = (csv_line(row, keeps_phones=True) for row in (COLUMNS, *map(_row, missing)))
        click.echo(b"".join(lines), nl=False)
    else:
        print_as(form, missing, aligned([_cells(visit, query.locale) for visit in missing]))
    if form in ("csv", "json"):
        return
    coming = [
        visit
        for course in courses
        for visit in visits_between(course, chairs, now.date(), last, misfits)
        if visit.start >= now
    ]
    if wrong := [visit for visit in coming if visit.misfit]:
        first = min(wrong, key=lambda visit: (visit.start.timestamp(), visit.patient))
        said = f"{misfit_count(len(wrong), 'visit')} the clinic from today to {day_text(last)}"
        say("note", f"{said}: {pasteable(command_line('day', str(first.start.date())))}")
        patients = {visit.patient for visit in wrong}
        ahead_of_now = DateRange(now.date(), last)
        say_next_step(first.patient, first.number, len(patients), ahead_of_now)
    if missing:
        who = missing[0].patient, "driver", str(missing[0].number)
        step = command_line("revise", *who, "--name", "NAME", "--phone", "PHONE")
        say("try", f"once somebody drives: {pasteable(step)}")
    elif coming:
        say("note", f"every visit from today to {day_text(last)} has a driver")
    else:
        say("note", f"no visits from today to {day_text(last)}")


def _row(visit: DayVisit) -> tuple[str, ...]:
    """The cells of a line of CSV, which say nothing of the treatment."""
    times = (visit.start.isoformat(), visit.end.isoformat())
    return visit.uid, visit.patient, visit.patient_phone, str(visit.number), *times


def _cells(visit: DayVisit, locale: Locale) -> tuple[str, ...]:
    which = f"visit {visit.number}, {visit.of}, collect at {locale.clock_text(visit.end)}"
    why = restyle(visit.misfit.message, locale) if visit.misfit else ""
    more = f"; {NO_LONGER_FITS}: {why}" if why else ""
    reads = "".join(f"; {mark}" for mark in visit.language_marks)
    day, begin = locale.day_text(visit.start, year=False), locale.clock_text(visit.start)
    return day, begin, visit.patient_text, which + reads + more
