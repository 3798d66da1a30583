"""`ketasched authorisations`: whose authorised sessions run out, in visits or in days."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.day_query import DayQuery, days_ahead, which_clinic_option
from ketasched.cli.hints import pasteable
from ketasched.cli.output import print_as, say
from ketasched.cli.register_option import register_option
from ketasched.errors import command_line
from ketasched.files.csv_cells import csv_line
from ketasched.language.locale import Locale
from ketasched.model import visits_text
from ketasched.model.session_counts import SessionCount, count_sessions
from ketasched.model.values import LAST_START
from ketasched.model.wall_clock import day_text
from ketasched.render.columns import aligned

HEAD = ("Run out", "Patient", "Sessions", "Until", "Visits")

COLUMNS = (
    *("patient", "authorised", "used", "booked", "left", "until", "days_left", "beyond"),
    *("runs_out", "patient_phone"),
)
"""The columns of the CSV."""


@click.command("authorisations")
@click.option(
    "--next",
    "ahead",
    metavar="DAYS",
    default="30d",
    show_default=True,
    help="How far ahead to look: 30d is today and the 30 days after it, 4w four weeks.",
)
@register_option
@which_clinic_option
@options.output_format(("text", "json", "csv"))
@options.today()
def command(
    *,
    ahead: str,
    register_address: str | None,
    clinic_path: str | None,
    form: str | None,
    today: str | None,
) -> None:
    """List the courses with visits to come whose authorised sessions run out, the first first.

    They run out with the last session, at a visit that has none, or on the last day. These are
    dates and counts: whether a visit is paid for is not said.

    \b
    ketasched authorisations
    ketasched authorisations --next 60d --format csv >to-renew.csv
    """
    how_far = days_ahead(ahead)
    query = DayQuery(register_address, clinic_path)
    first = query.now(today).date()
    last = first + how_far
    courses, _ = query.days(first, LAST_START)
    counts = (count_sessions(course, first) for course in courses)
    found = [one for one in counts if one and one.runs_out <= last]
    found.sort(key=attrgetter("runs_out", "patient"))
    if form == "csv":
        click.echo(b"".join(map(csv_line, (COLUMNS, *map(_row, found)))), nl=False)
    else:
        table = [HEAD, *(_cells(one, query.locale) for one in found)] if found else []
        print_as(form, found, aligned(table))
    hide_people(*courses)
    if not found:
        say("note", f"no authorised sessions run out until {day_text(last)}")
    elif form is None or form == "text":
        step = command_line("revise", found[0].patient, "authorise", "SESSIONS")
        say("try", f"once more is authorised: {pasteable(step)}")


def _row(one: SessionCount) -> Sequence[str]:
    """The cells of a line of CSV; several values of one are separated by ";"."""
    return (
        one.patient,
        _joined(each.plain() for each in one.authorised),
        *map(str, (one.used, one.booked, one.left, one.until, one.days_left)),
        _joined(map(str, one.beyond)),
        one.runs_out.isoformat(),
        one.patient_phone,
    )


def _joined(texts: Iterable[str]) -> str:
    return ";".join(texts)


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
