"""`ketasched drivers`: the coming visits that have no driver, for the afternoon's calls."""

import re
from collections.abc import Iterator
from datetime import timedelta

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.day_query import DayQuery, which_clinic_option
from ketasched.cli.output import print_as, say
from ketasched.cli.register_option import register_option
from ketasched.errors import BadRequest
from ketasched.model.wall_clock import clock_text, day_text
from ketasched.render.day_sheet.sheet import DayVisit, visits_between, visits_without_driver


@click.command("drivers")
@click.option(
    "--next",
    "ahead",
    metavar="DAYS",
    default="3d",
    show_default=True,
    help="How far ahead to look: 3d is today and the three days after it.",
)
@register_option
@which_clinic_option
@options.output_format()
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
    """
    days = re.fullmatch(r"(\d{1,3})d?", ahead, re.ASCII)
    if days is None:
        raise BadRequest("next", f'expected a number of days such as "3d", not "{ahead}"')
    query = DayQuery(register_address, clinic_path)
    now = query.now(today)
    last = now.date() + timedelta(int(days[1]))
    courses, chairs = query.days(now.date(), last)
    missing = visits_without_driver(courses, chairs, now, last)
    print_as(form, missing, _lines(missing))
    if form == "json":
        return
    coming = (one for each in courses for one in visits_between(each, chairs, now.date(), last))
    if missing:
        hide_people(*courses)
        first = f"ketasched revise {missing[0].patient} driver {missing[0].number}"
        register = "" if register_address is None else f" --register {register_address}".rstrip()
        say("try", f'{first} --name "…" --phone "…"{register}, once somebody drives')
    elif any(visit.start >= now for visit in coming):
        say("note", f"every visit until {day_text(last)} has a driver")
    else:
        say("note", f"no visits until {day_text(last)}")


def _lines(missing: list[DayVisit]) -> Iterator[str]:
    width = max((len(visit.patient) for visit in missing), default=0)
    for visit in missing:
        when = f"{day_text(visit.start, year=False):<10}  {clock_text(visit.start)}"
        yield (f"{when}  {visit.patient:<{width}}  {visit.of}, collect at {clock_text(visit.end)}")
