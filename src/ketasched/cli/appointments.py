"""`ketasched register appointments`: the booked visits, for a patient record system."""

from datetime import date, timedelta

import click

from ketasched.api.exchange import ClinicExchange
from ketasched.cli import options
from ketasched.cli.day_query import DayQuery, days_ahead, which_clinic_option
from ketasched.cli.output import say
from ketasched.cli.queue_output import QueueOptions, queue_options
from ketasched.cli.register_option import register_option
from ketasched.errors import BadRequest
from ketasched.language.locale import Locale
from ketasched.model.queues import Appointment
from ketasched.model.wall_clock import day_text

DEFAULT_AHEAD = "14d"


@click.command("appointments")
@click.option(
    "--next",
    "ahead",
    metavar="DAYS",
    help="How far ahead to look, from today or --from on: 14d, 2w (14d).",
)
@click.option("--from", "since", metavar="DATE", help="The first day (today).")
@click.option("--until", metavar="DATE", help="The last day, in the place of --next.")
@register_option
@which_clinic_option
@options.group(QueueOptions, "output", *queue_options)
@options.today()
def command(
    *,
    ahead: str | None,
    since: str | None,
    until: str | None,
    register_address: str | None,
    clinic_path: str | None,
    output: QueueOptions,
    today: str | None,
) -> None:
    """Print the visits, and what precedes or follows them, for a patient record system.

    Those that are cancelled are in it if a column says the status, so that they end there, too.

    \b
    ketasched register appointments --next 14d --format csv >appointments.csv
    ketasched register appointments --columns examples/columns/chart-schedule.toml
    """
    columns = output.columns("appointments")
    how_far = days_ahead(ahead or DEFAULT_AHEAD)
    query = DayQuery(register_address, clinic_path)
    first = options.day_of(since, "from") if since else query.now(today).date()
    last = _last_day(first, until, ahead, how_far)
    found = ClinicExchange(query.register).appointments(
        first, last, cancelled=columns.has_value("status"), clinic=query.named
    )
    output.print(found, columns, [_cells(one, query.locale) for one in found])
    if not found:
        say("note", f"no appointments from {day_text(first)} to {day_text(last)}")


def _last_day(first: date, until: str | None, ahead: str | None, how_far: timedelta) -> date:
    """The last day by `--until`, else by `--next`. Raises `BadRequest`."""
    if until is None:
        return first + how_far
    if ahead is not None:
        raise BadRequest("until", "goes without --next: both say the last day")
    last = options.day_of(until, "until")
    if last < first:
        raise BadRequest("until", f"{last} is before the first day, {first}")
    return last


def _cells(one: Appointment, locale: Locale) -> tuple[str, ...]:
    day, begin = locale.day_text(one.start, year=False), locale.clock_text(one.start)
    who = ", ".join(filter(None, (one.patient, one.patient_phone)))
    return day, begin, f"{one.minutes} minutes", who, one.title, one.status
