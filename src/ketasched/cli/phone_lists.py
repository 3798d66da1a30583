"""Whom to call: `ketasched drivers` (visits without one), `authorisations` (which run out)."""

import click

from ketasched.cli import options
from ketasched.cli.day_query import ComingDays, coming_days
from ketasched.cli.output import print_as, print_csv, say, say_how_to_move
from ketasched.errors import command_line
from ketasched.language.locale import Locale
from ketasched.language.restyle import restyle
from ketasched.model import DateRange, misfit_count, visits_text
from ketasched.model.session_counts import SessionCount
from ketasched.model.wall_clock import day_text
from ketasched.render.columns import aligned
from ketasched.render.day_sheet.day_visit import NO_LONGER_FITS, DayVisit

DRIVER_COLUMNS = ("key", "patient", "patient_phone", "visit", "start", "end")
"""The columns of the CSV."""


@click.command("drivers")
@coming_days("3d")
@options.output_format(("text", "csv", "json"))
def drivers(*, coming: ComingDays, form: str | None) -> None:
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
        print_csv(DRIVER_COLUMNS, map(_driver_row, missing))
    else:
        print_as(form, missing, aligned([_driver_cells(visit, query.locale) for visit in missing]))
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


def _driver_row(visit: DayVisit) -> tuple[object, ...]:
    """The values of a line of CSV, which say nothing of the treatment."""
    who = visit.uid, visit.patient, visit.patient_phone
    return *who, visit.number, visit.start, visit.end


def _driver_cells(visit: DayVisit, locale: Locale) -> tuple[str, ...]:
    which = f"visit {visit.number}, {visit.of}, collect at {locale.clock_text(visit.end)}"
    why = restyle(visit.misfit.message, locale) if visit.misfit else ""
    more = f"; {NO_LONGER_FITS}: {why}" if why else ""
    reads = "".join(f"; {mark}" for mark in visit.language_marks)
    day, begin = locale.day_text(visit.start, year=False), locale.clock_text(visit.start)
    return day, begin, visit.patient_text, which + reads + more


SESSION_HEAD = ("Run out", "Patient", "Sessions", "Until", "Visits")

SESSION_COLUMNS = (
    *("patient", "authorised", "used", "booked", "left", "until", "days_left", "beyond"),
    *("runs_out", "patient_phone"),
)
"""The columns of the CSV."""


@click.command("authorisations")
@coming_days("30d")
@options.output_format(("text", "json", "csv"))
def authorisations(*, coming: ComingDays, form: str | None) -> None:
    """List the courses with visits to come whose authorised sessions run out, the first first.

    They run out with the last session, at a visit that has none, or on the last day. These are
    dates and counts: whether a visit is paid for is not said.

    \b
    ketasched authorisations
    ketasched authorisations --next 60d --format csv >to-renew.csv
    """
    query, last = coming.query, coming.last
    found = query.sessions_that_run_out(coming.now.date(), last)
    if form == "csv":
        print_csv(
            SESSION_COLUMNS, ([getattr(one, name) for name in SESSION_COLUMNS] for one in found)
        )
    else:
        table = (
            [SESSION_HEAD, *(_session_cells(one, query.locale) for one in found)] if found else []
        )
        print_as(form, found, aligned(table))
    if not found:
        say("note", f"no authorised sessions run out from today to {day_text(last)}")
    elif form is None or form == "text":
        step = command_line("revise", found[0].patient, "authorise", "SESSIONS")
        say("try", f"once more is authorised: {step}")


def _session_cells(one: SessionCount, locale: Locale) -> tuple[str, ...]:
    days = "1 day" if one.days_left == 1 else f"{one.days_left} days"
    beyond = f"{visits_text(one.beyond)} beyond that" if one.beyond else ""
    return (
        locale.day_text(one.runs_out),
        ", ".join(filter(None, (one.patient, one.patient_phone))),
        f"{one.used} used, {one.booked} booked, {one.left} left",
        f"{locale.day_text(one.until)} ({days if one.days_left >= 0 else 'over'})",
        beyond,
    )
