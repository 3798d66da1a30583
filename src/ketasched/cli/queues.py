"""The queues for a clinic's own services: `rides`, `reminders`, `register appointments`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import click
from click.core import ParameterSource

from ketasched.cli import options
from ketasched.cli.anonymity import hide_names, people_text
from ketasched.cli.day_query import ComingDays, coming_days
from ketasched.cli.output import print_as, say
from ketasched.errors import BadRequest, command_line
from ketasched.exchange.queues import NOBODY
from ketasched.files.column_set import ColumnSet, usual_columns
from ketasched.files.load import load_column_set
from ketasched.language.locale import Locale
from ketasched.model import DateRange
from ketasched.model.queues import Appointment, PatientReminder, Queue, QueueRow, Ride
from ketasched.model.wall_clock import day_text
from ketasched.render.columns import aligned

FORMS = ("text", "csv", "ndjson", "json")


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """Which columns a queue has, from a file if there is one, and in which format it is."""

    column_set_path: str | None
    form: str | None

    def columns(self, queue: Queue) -> ColumnSet:
        """The columns of the file, else the usual ones. Raises `BadFile`."""
        path = self.column_set_path
        return load_column_set(path, queue) if path else usual_columns(queue)

    @property
    def is_text(self) -> bool:
        """Whether the output is for people: not for a service, which may want columns."""
        return (self.form or ("csv" if self.column_set_path else "text")) == "text"

    def print(
        self, rows: Sequence[QueueRow], columns: ColumnSet, lines: Sequence[Sequence[str]]
    ) -> None:
        """Print the rows in these columns, or as a table for people the cells of these lines."""
        if self.is_text:
            print_as(None, None, aligned(lines))
        elif self.form == "json":
            print_as("json", [columns.record(row) for row in rows], ())
        elif self.form == "ndjson":
            for row in rows:
                click.echo(json.dumps(columns.record(row), ensure_ascii=False))
        else:
            click.echo(columns.csv(rows), nl=False)


queue_options = options.group(
    QueueOptions,
    "output",
    click.option(
        "--columns",
        "column_set_path",
        metavar="FILE",
        type=options.FILE,
        help="The columns that the service wants: docs/queues.md.",
    ),
    options.output_format(FORMS, "What to print (text; csv with --columns)."),
)


@click.command("rides")
@coming_days("3d")
@click.option(
    "--driver",
    metavar="NAME|none|all",
    default=NOBODY,
    show_default=True,
    help="Whose rides: of a driver by name, those without a driver, or all.",
)
@queue_options
def rides(*, coming: ComingDays, driver: str, output: QueueOptions) -> None:
    """List the rides to come that nobody drives, for a ride service: to bring, and to collect.

    A ride has the patient's reference and phone number, and nothing of the treatment.

    \b
    ketasched rides
    ketasched rides --next 3d --format csv >rides.csv
    ketasched rides --driver "City Rides" --columns examples/columns/ride-service.toml
    """
    columns = output.columns("rides")
    query, now, last = coming.query, coming.now, coming.last
    found = query.rides(now, last, driver)
    output.print(found, columns, [_ride_cells(one, query.locale) for one in found])
    if not found:
        which = {NOBODY: "ride without a driver", "all": "ride"}.get(driver, "ride of this driver")
        say("note", f"no {which} from today to {day_text(last)}")


def _ride_cells(one: Ride, locale: Locale) -> tuple[str, ...]:
    day, clock = locale.day_text(one.at, year=False), locale.clock_text(one.at)
    end = f"bring by {clock}" if one.ride == "bring" else f"collect from {clock}"
    who = ", ".join(filter(None, (one.patient, one.patient_phone)))
    driver = ", ".join(filter(None, (one.driver_name, one.driver_phone)))
    return day, end, who, f"visit {one.visit}", driver or "no driver"


@click.command("reminders")
@coming_days("7d")
@queue_options
def reminders(*, coming: ComingDays, output: QueueOptions) -> None:
    """List the messages to be sent to patients who agreed to reminders; nothing is sent.

    Each has a key that stays the same: a service that sends each key once sends nothing twice.

    \b
    ketasched reminders
    ketasched reminders --next 1d --format ndjson >messages.ndjson
    """
    columns = output.columns("reminders")
    query, now, last = coming.query, coming.now, coming.last
    found = query.reminders(now, last)
    reachable = [one for one in found if one.to or one.email]
    output.print(reachable, columns, [_reminder_cells(one, query.locale) for one in reachable])
    if nowhere := sorted({one.patient for one in found} - {one.patient for one in reachable}):
        hide_names(*nowhere)
        who = "1 patient" if len(nowhere) == 1 else f"{len(nowhere)} patients"
        said = "agreed to reminders, without a phone number or a mail address"
        say("warning", f"{who} {said}{people_text(nowhere)}")
        step = command_line("revise", nowhere[0], "wishes", "--patient-phone", "PHONE")
        say("try", step)
    if not found:
        say("note", f"no reminders from today to {day_text(last)}")


def _reminder_cells(one: PatientReminder, locale: Locale) -> tuple[str, ...]:
    return locale.moment_text(one.send_at, year=False), one.to or one.email, one.patient, one.text


@click.command("appointments")
@click.option("--from", "since", metavar="DATE", help="The first day (today).")
@click.option("--until", metavar="DATE", help="The last day, in the place of --next.")
@coming_days("14d", "the first day")
@queue_options
def appointments(
    *, coming: ComingDays, since: str | None, until: str | None, output: QueueOptions
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
    found = query.appointments(DateRange(first, last), cancelled=columns.has_value("status"))
    output.print(found, columns, [_appointment_cells(one, query.locale) for one in found])
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


def _appointment_cells(one: Appointment, locale: Locale) -> tuple[str, ...]:
    day, begin = locale.day_text(one.start, year=False), locale.clock_text(one.start)
    who = ", ".join(filter(None, (one.patient, one.patient_phone)))
    return day, begin, f"{one.minutes} minutes", who, one.title, one.status
