"""`ketasched drivers`: the coming visits that have no driver, for the afternoon's calls."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from ketasched.cli.day_query import Asked, with_register
from ketasched.cli.options import today_option
from ketasched.cli.output import say
from ketasched.cli.register_option import USUAL
from ketasched.errors import BadRequest
from ketasched.files.codec import plain
from ketasched.model.wall_clock import clock_text, day_text
from ketasched.render.day_sheet.sheet import Coming, coming, without_driver

if TYPE_CHECKING:
    from ketasched.register.records import Days


@click.command("drivers")
@click.option(
    "--next",
    "ahead",
    metavar="DAYS",
    default="3d",
    show_default=True,
    help="How far ahead to look: 3d is today and the three days after it.",
)
@with_register
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
@today_option()
def command(
    *,
    ahead: str,
    register: str | None,
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
    asked = Asked(register, clinic_path)
    now = asked.now(today)
    last = now.date() + timedelta(int(days[1]))
    found = asked.between(now.date(), last)
    missing = without_driver(found.courses, found.chairs, now, last)
    if form == "json":
        rows = [plain(one) for one in missing]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for line in _lines(missing):
        click.echo(line)
    if missing:
        first = f"ketasched revise {missing[0].patient} driver {missing[0].number}"
        more = f" --register {register}" if register else " --register" * (register == USUAL)
        say("try", f'{first} --name "…" --phone "…"{more}, once somebody drives')
    elif any(_coming(found, now, last)):
        say("note", f"every visit until {day_text(last)} has a driver")
    else:
        say("note", f"no visits until {day_text(last)}")


def _coming(found: "Days", now: datetime, last: date) -> Iterator[Coming]:
    """The visits that are still to come until `last`."""
    for course in found.courses:
        visits = coming(course, found.chairs, now.date(), last)
        yield from (one for one in visits if one.start >= now)


def _lines(missing: list[Coming]) -> list[str]:
    width = max((len(one.patient) for one in missing), default=0)
    return [
        f"{day_text(one.start, year=False):<10}  {clock_text(one.start)}  {one.patient:<{width}}  "
        f"{one.of}, collect at {clock_text(one.end)}"
        for one in missing
    ]
