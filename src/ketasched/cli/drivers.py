"""`ketasched drivers`: the coming visits that have no driver, for the afternoon's calls."""

import click

from ketasched.cli import options
from ketasched.cli.day_query import ComingDays, coming_days
from ketasched.cli.output import print_as, print_csv, say, say_how_to_move
from ketasched.errors import command_line
from ketasched.language.locale import Locale
from ketasched.language.restyle import restyle
from ketasched.model import DateRange, misfit_count
from ketasched.model.wall_clock import day_text
from ketasched.render.columns import aligned
from ketasched.render.day_sheet.day_visit import NO_LONGER_FITS, DayVisit

COLUMNS = ("key", "patient", "patient_phone", "visit", "start", "end")
"""The columns of the CSV."""


@click.command("drivers")
@coming_days("3d")
@options.output_format(("text", "csv", "json"))
def command(*, coming: ComingDays, form: str | None) -> None:
    """List the coming visits that need a driver and have none: the phone list.

    \b
    ketasched drivers
    ketasched drivers --next 7d
    ketasched drivers --format csv >without-driver.csv
    """
    query, now, last = coming.query, coming.now, coming.last
    visits = query.coming(now, last)
    missing = [visit for visit in visits if visit.needs_driver]
    if form == "csv":
        print_csv(COLUMNS, map(_row, missing))
    else:
        print_as(form, missing, aligned([_cells(visit, query.locale) for visit in missing]))
    if form in ("csv", "json"):
        return
    if wrong := [one for one in visits if one.misfit and not one.misfit.companion]:
        first = wrong[0]
        said = f"{misfit_count(len(wrong), 'visit')} the clinic from today to {day_text(last)}"
        say("note", f"{said}: {command_line('day', str(first.start.date()))}")
        patients = {visit.patient for visit in wrong}
        ahead_of_now = DateRange(now.date(), last)
        say_how_to_move(first.patient, first.number, len(patients), ahead_of_now)
    if missing:
        who = missing[0].patient, "driver", str(missing[0].number)
        step = command_line("revise", *who, "--name", "NAME", "--phone", "PHONE")
        say("try", f"once somebody drives: {step}")
    elif visits:
        say("note", f"every visit from today to {day_text(last)} has a driver")
    else:
        say("note", f"no visits from today to {day_text(last)}")


def _row(visit: DayVisit) -> tuple[object, ...]:
    """The values of a line of CSV, which say nothing of the treatment."""
    who = visit.uid, visit.patient, visit.patient_phone
    return *who, visit.number, visit.start, visit.end


def _cells(visit: DayVisit, locale: Locale) -> tuple[str, ...]:
    which = f"visit {visit.number}, {visit.of}, collect at {locale.clock_text(visit.end)}"
    why = restyle(visit.misfit.message, locale) if visit.misfit else ""
    more = f"; {NO_LONGER_FITS}: {why}" if why else ""
    reads = "".join(f"; {mark}" for mark in visit.language_marks)
    day, begin = locale.day_text(visit.start, year=False), locale.clock_text(visit.start)
    return day, begin, visit.patient_text, which + reads + more
