"""`ketasched register appointments`: the booked visits, for a patient record system."""

from datetime import date

import click
from click.core import ParameterSource

from ketasched.api.exchange import ClinicExchange
from ketasched.cli import options
from ketasched.cli.day_query import ComingDays, coming_days
from ketasched.cli.output import say
from ketasched.cli.queue_output import QueueOptions, queue_options
from ketasched.errors import BadRequest
from ketasched.language.locale import Locale
from ketasched.model.queues import Appointment
from ketasched.model.wall_clock import day_text


@click.command("appointments")
@click.option("--from", "since", metavar="DATE", help="The first day (today).")
@click.option("--until", metavar="DATE", help="The last day, in the place of --next.")
@coming_days("14d", "the first day")
@options.group(QueueOptions, "output", *queue_options)
def command(
    *,
    coming: ComingDays,
    since: str | None,
    until: str | None,
    output: QueueOptions,
) -> None:
    """Print the visits, and what precedes or follows them, for a patient record system.

    Those that are cancelled are in it if a column says the status, so that they end there, too.

    \b
    ketasched register appointments --next 14d --format csv >appointments.csv
    ketasched register appointments --columns examples/columns/chart-schedule.toml
    """
    columns = output.columns("appointments")
    query = coming.query
    first = options.day_of(since, "from") if since else coming.now.date()
    last = _last_day(first, until, coming)
    found = ClinicExchange(query.register).appointments(
        first, last, cancelled=columns.has_value("status"), clinic=query.named
    )
    output.print(found, columns, [_cells(one, query.locale) for one in found])
    if not found:
        say("note", f"no appointments from {day_text(first)} to {day_text(last)}")


def _last_day(first: date, until: str | None, coming: ComingDays) -> date:
    """The last day by `--until`, else by `--next`. Raises `BadRequest`."""
    if until is None:
        return first + coming.ahead
    if click.get_current_context().get_parameter_source("ahead") != ParameterSource.DEFAULT:
        raise BadRequest("until", "goes without --next: both say the last day")
    last = options.day_of(until, "until")
    if last < first:
        raise BadRequest("until", f"{last} is before the first day, {first}")
    return last


def _cells(one: Appointment, locale: Locale) -> tuple[str, ...]:
    day, begin = locale.day_text(one.start, year=False), locale.clock_text(one.start)
    who = ", ".join(filter(None, (one.patient, one.patient_phone)))
    return day, begin, f"{one.minutes} minutes", who, one.title, one.status
