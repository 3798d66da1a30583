"""`ketasched authorisations`: whose authorised sessions run out, in visits or in days."""

import click

from ketasched.cli import options
from ketasched.cli.day_query import ComingDays, coming_days
from ketasched.cli.output import print_as, print_csv, say
from ketasched.errors import command_line
from ketasched.language.locale import Locale
from ketasched.model import visits_text
from ketasched.model.session_counts import SessionCount
from ketasched.model.wall_clock import day_text
from ketasched.render.columns import aligned

HEAD = ("Run out", "Patient", "Sessions", "Until", "Visits")

COLUMNS = (
    *("patient", "authorised", "used", "booked", "left", "until", "days_left", "beyond"),
    *("runs_out", "patient_phone"),
)
"""The columns of the CSV."""


@click.command("authorisations")
@coming_days("30d")
@options.output_format(("text", "json", "csv"))
def command(*, coming: ComingDays, form: str | None) -> None:
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
        print_csv(COLUMNS, ([getattr(one, name) for name in COLUMNS] for one in found))
    else:
        table = [HEAD, *(_cells(one, query.locale) for one in found)] if found else []
        print_as(form, found, aligned(table))
    if not found:
        say("note", f"no authorised sessions run out from today to {day_text(last)}")
    elif form is None or form == "text":
        step = command_line("revise", found[0].patient, "authorise", "SESSIONS")
        say("try", f"once more is authorised: {step}")


def _cells(one: SessionCount, locale: Locale) -> tuple[str, ...]:
    days = "1 day" if one.days_left == 1 else f"{one.days_left} days"
    beyond = f"{visits_text(one.beyond)} beyond that" if one.beyond else ""
    return (
        locale.day_text(one.runs_out),
        ", ".join(filter(None, (one.patient, one.patient_phone))),
        f"{one.used} used, {one.booked} booked, {one.left} left",
        f"{locale.day_text(one.until)} ({days if one.days_left >= 0 else 'over'})",
        beyond,
    )
