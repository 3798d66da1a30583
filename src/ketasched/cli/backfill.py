"""`ketasched backfill`: who could take a free slot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ketasched.api.free_slots import Taker, Waiting, free_slot
from ketasched.batch.routing import Sites, problems
from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.check import row_line
from ketasched.cli.day_query import ClinicAsked, clinic_asked
from ketasched.cli.hints import pasteable
from ketasched.cli.output import SOME_FAILED, in_local_style, print_as, print_csv, say
from ketasched.cli.roster_options import RosterOptions, roster_options
from ketasched.errors import command_line
from ketasched.files.load import DEFAULT_PROTOCOL
from ketasched.files.option_values import refuse_bad_value
from ketasched.files.request_parsing import REQUEST_FIELDS
from ketasched.files.roster import Row, priority_of, request_of_row
from ketasched.files.roster_source import open_roster
from ketasched.files.typed_dates import spelled_date
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import clinic_key
from ketasched.model.wall_clock import clock_text, day_text, moment_text
from ketasched.render.columns import aligned

if TYPE_CHECKING:
    from ketasched.register.register import Register


@dataclass(frozen=True, slots=True)
class WaitingRow(Waiting):
    """Somebody who waits, by a row of the roster."""

    row: Row = field(kw_only=True)


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
    free = free_slot(query, clinic, day, time, now)
    slot = free.start
    rows = [*_rows(roster, reading, clinic, protocol)] if roster else []
    order = reading.order or clinic.date_order
    more = ["--date-order", order] if order else []
    more += ["--made-at", asked.today] if asked.today else []
    found = []
    for one, who in free.takers(filter(None, rows), protocol):
        words: list[str] = []
        if isinstance(who, WaitingRow):
            words = _plan_words(who.row, slot, protocol) + more
        elif isinstance(who, Course):
            words = _defer_words(one, _name_of(who, query.register, now), slot)
        found.append((one, pasteable(command_line(*words))))
    _print(form, found)
    if not found:
        say("note", f"nobody could take {moment_text(slot)} without breaking a rule")
    if None in rows:
        raise click.exceptions.Exit(SOME_FAILED)


def _name_of(course: Course, register: "Register", now: datetime) -> str:
    """The patient; if they have another course that is not over, the identifier of this one."""
    entries = register.entries(course.clinic, course.patient)
    current = [one for one in entries if one.last_day >= now.date().isoformat()]
    return course.patient if len(current) == 1 else course.course_id


def _rows(
    path: str, reading: RosterOptions, clinic: Clinic, protocol: str
) -> Iterator[WaitingRow | None]:
    """The rows of a clinic in the roster at `path`; others are passed over.

    For a row that cannot be read, which is said, there is None. `protocol` is that of rows that
    name none. Raises `BadFile`.
    """
    sites = Sites(lambda: (clinic, ""), protocol)
    with open_roster(path) as source:
        roster = reading.read_roster(source.stream(), path)
        for row, problem in problems(roster.rows, sites, reading.order):
            if problem:
                say("warning", f"{path}: {row_line(problem)}")
                yield None
                continue
            site = sites.find(row.texts.get("clinic", ""), row.texts.get("protocol", ""))
            request = request_of_row(row, reading.order or site.clinic.date_order)
            hide_people(request)
            if clinic_key(site.clinic) == clinic_key(clinic):
                yield WaitingRow(request, site.protocol, priority_of(row), row=row)


def _plan_words(row: Row, slot: datetime, usual: str) -> list[str]:
    """The command that plans the course of a row from the slot on; `usual` is the protocol."""
    day = slot.date().isoformat()
    texts = {name: text for name, text in row.texts.items() if name in REQUEST_FIELDS}
    texts |= {"start": day, "latest_start": day, "time": clock_text(slot)}
    words = ["plan"]
    for name, text in texts.items():
        parts = text.split(";") if REQUEST_FIELDS[name].several else [text]
        for part in filter(str.strip, parts):
            words += [f"--{name.replace('_', '-')}", part.strip()]
    protocol = row.texts.get("protocol") or usual
    return words + (["--protocol", protocol] if protocol != DEFAULT_PROTOCOL else [])


def _defer_words(one: Taker, name: str, slot: datetime) -> list[str]:
    """The command that moves the visit of the booked course `name` to the slot."""
    words = ["revise", name, "defer", str(one.visit)]
    to = f"{slot.date()}T{clock_text(slot)}"
    return [*words, "--to", to, "--scope", "visit", "--reason", "WHY"]


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
