"""`ketasched backfill`: who could take a free slot."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ketasched.api.free_slots import FreeSlot, Taker
from ketasched.cli import options
from ketasched.cli.day_query import ClinicAsked, clinic_asked
from ketasched.cli.hints import pasteable
from ketasched.cli.output import SOME_FAILED, in_local_style, print_as, print_csv, say
from ketasched.cli.roster_options import RosterOptions, roster_options
from ketasched.cli.waiting_list import WaitingList, WaitingRow
from ketasched.errors import command_line
from ketasched.files.option_values import refuse_bad_value
from ketasched.files.typed_dates import spelled_date
from ketasched.model import Clock, Course
from ketasched.model.wall_clock import clock_text, day_text, moment_at, moment_text
from ketasched.render.columns import aligned

if TYPE_CHECKING:
    from ketasched.register.register import Register


@click.command("backfill")
@click.option("--on", required=True, metavar="DATE", help="The day of the free slot.")
@click.option("--time", required=True, metavar="HH:MM", help="Its check-in time.")
@click.option(
    "--waiting",
    "roster",
    metavar="ROSTER",
    type=options.FILE,
    help="A roster of those who wait for a course, as batch reads it.",
)
@clinic_asked
@options.protocol
@options.group(RosterOptions, "reading", *roster_options)
@options.output_format(("text", "json", "csv"))
def command(
    *,
    on: str,
    time: str,
    roster: str | None,
    asked: ClinicAsked,
    protocol: str,
    reading: RosterOptions,
    form: str | None,
) -> None:
    """Say who could take a free slot without breaking a rule; nothing is booked.

    First whose own next visit could come so many days sooner, the most days first, while no other
    visit of theirs moves. Then rows of --waiting whose course could begin there: the highest
    priority first, then the earliest asked start. Each has the command that would do it.

    \b
    ketasched backfill --on 2026-12-11 --time 10:00
    ketasched backfill --on 2026-12-11 --time 10:00 --waiting waiting.csv
    """
    query, now = asked.query, asked.now
    clinic = query.clinic or options.find_clinic(asked.clinic_path)[0]
    with refuse_bad_value("on", next_step="a date such as 2026-12-07"):
        day = spelled_date(on, reading.order or clinic.date_order)
    with refuse_bad_value("time"):
        slot = moment_at(day, Clock.read(time).minutes, ZoneInfo(clinic.timezone))
    free = FreeSlot(query.register, clinic, slot, now, query.current(clinic, day))
    waiting = WaitingList(roster, reading, clinic, protocol) if roster else None
    found = []
    for one, who in free.takers(waiting.rows() if waiting else [], protocol):
        if waiting and isinstance(who, WaitingRow):
            step = waiting.command(who.row, slot, asked.today)
        elif isinstance(who, Course):
            step = _defer_command(one, _name_of(who, query.register, now), slot)
        found.append((one, pasteable(step)))
    _print(form, found)
    if not found:
        say("note", f"nobody could take {moment_text(slot)} without breaking a rule")
    if waiting and waiting.has_bad_rows:
        raise click.exceptions.Exit(SOME_FAILED)


def _name_of(course: Course, register: "Register", now: datetime) -> str:
    """The patient; if they have another course that is not over, the identifier of this one."""
    entries = register.entries(course.clinic, course.patient)
    current = [one for one in entries if one.last_day >= now.date().isoformat()]
    return course.patient if len(current) == 1 else course.course_id


def _defer_command(one: Taker, name: str, slot: datetime) -> str:
    to = f"{slot.date()}T{clock_text(slot)}"
    words = "revise", name, "defer", str(one.visit), "--to", to
    return command_line(*words, "--scope", "visit", "--reason", "WHY")


def _print(form: str | None, found: Sequence[tuple[Taker, str]]) -> None:
    """Print who could take the slot, each with the command that would give it to them."""
    names = [one.name for one in fields(Taker)]
    data = [
        {name: getattr(one, name) for name in names} | {"command": step} for one, step in found
    ]
    if form == "csv":
        print_csv((*names, "command"), (one.values() for one in data))
        return
    patients = [", ".join(filter(None, (one.patient, one.patient_phone))) for one, _ in found]
    reasons = [f"{in_local_style(_reason(one))}: {step}" for one, step in found]
    print_as(form, data, aligned([*zip(patients, reasons, strict=True)]))


def _reason(one: Taker) -> str:
    """Why somebody could take the slot: "visit 3, 4 days sooner, not Fri 15 Jan 2027, 09:00"."""
    if one.waiting_since:
        return f"waiting since {day_text(one.waiting_since)}, priority {one.priority}"
    days = "1 day" if one.days_sooner == 1 else f"{one.days_sooner} days"
    was = moment_text(one.was) if one.was else ""
    return f"visit {one.visit}, {days} sooner, not {was}"
