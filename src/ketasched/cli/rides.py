"""`ketasched rides`: the rides to come, for a ride service."""

import click

from ketasched.api.exchange import ClinicExchange
from ketasched.cli import options
from ketasched.cli.day_query import ComingDays, coming_days
from ketasched.cli.output import say
from ketasched.cli.queue_output import QueueOptions, queue_options
from ketasched.exchange.queues import NOBODY
from ketasched.language.locale import Locale
from ketasched.model.queues import Ride
from ketasched.model.wall_clock import day_text


@click.command("rides")
@coming_days("3d")
@click.option(
    "--driver",
    metavar="NAME|none|all",
    default=NOBODY,
    show_default=True,
    help="Whose rides: of a driver by name, those without a driver, or all.",
)
@options.group(QueueOptions, "output", *queue_options)
def command(*, coming: ComingDays, driver: str, output: QueueOptions) -> None:
    """List the rides to come that nobody drives, for a ride service: to bring, and to collect.

    A ride has the patient's reference and phone number, and nothing of the treatment.

    \b
    ketasched rides
    ketasched rides --next 3d --format csv >rides.csv
    ketasched rides --driver "City Rides" --columns examples/columns/ride-service.toml
    """
    columns = output.columns("rides")
    query, now, last = coming.query, coming.now, coming.last
    found = ClinicExchange(query.register).rides(
        at=now, days=coming.ahead.days, driver=driver, clinic=query.named
    )
    output.print(found, columns, [_cells(one, query.locale) for one in found])
    if not found:
        which = {NOBODY: "ride without a driver", "all": "ride"}.get(driver, "ride of this driver")
        say("note", f"no {which} from today to {day_text(last)}")


def _cells(one: Ride, locale: Locale) -> tuple[str, ...]:
    day, clock = locale.day_text(one.at, year=False), locale.clock_text(one.at)
    end = f"bring by {clock}" if one.ride == "bring" else f"collect from {clock}"
    who = ", ".join(filter(None, (one.patient, one.patient_phone)))
    driver = ", ".join(filter(None, (one.driver_name, one.driver_phone)))
    return day, end, who, f"visit {one.visit}", driver or "no driver"
