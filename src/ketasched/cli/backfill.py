"""`ketasched backfill`: who could take a free slot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.day_query import DayQuery, which_clinic_option
from ketasched.cli.hints import pasteable
from ketasched.cli.output import SOME_FAILED, in_local_style, print_as, say
from ketasched.cli.register_option import register_option
from ketasched.cli.roster_options import RosterOptions, roster_options
from ketasched.cli.waiting_list import WaitingList, WaitingRow, rows_that_could_begin
from ketasched.errors import BadRequest, Refused, command_line
from ketasched.files.codec import plain
from ketasched.files.csv_cells import csv_line
from ketasched.files.load import load_protocol
from ketasched.files.option_values import refuse_bad_value
from ketasched.files.roster import priority_of
from ketasched.files.typed_dates import spelled_date
from ketasched.model import Clinic, Clock, Course, Protocol, Visit, VisitKind
from ketasched.model.effective_kind import effective_kind
from ketasched.model.identifiers import clinic_key
from ketasched.model.occupancy import Occupancy
from ketasched.model.opening_hours import closure
from ketasched.model.wall_clock import add_minutes, clock_text, day_text, moment_at, moment_text
from ketasched.render.columns import aligned
from ketasched.revising.backfill import free_starts, visit_that_could_come_sooner


@dataclass(frozen=True, slots=True)
class Taker:
    """A patient who could take the slot, and the `command` that would give it to them.

    Of a booked course: the number of the `visit` that would move, when it `was` to be, and how
    many `days_sooner` it would come. Of a row of the waiting list: its `priority`, and the day
    since when the patient is `waiting_since`. The others are None.
    """

    patient: str
    patient_phone: str
    visit: int | None
    was: datetime | None
    days_sooner: int | None
    priority: int | None
    waiting_since: date | None
    command: str


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
@register_option
@which_clinic_option
@options.protocol
@options.group(RosterOptions, "reading", *roster_options)
@options.output_format(("text", "json", "csv"))
@options.today()
def command(
    *,
    on: str,
    time: str,
    roster: str | None,
    register_address: str | None,
    clinic_path: str | None,
    protocol: str,
    reading: RosterOptions,
    form: str | None,
    today: str | None,
) -> None:
    """Say who could take a free slot without breaking a rule; nothing is booked.

    First whose own next visit could come so many days sooner, the most days first, while no other
    visit of theirs moves. Then rows of --waiting whose course could begin there: the highest
    priority first, then the earliest asked start. Each has the command that would do it.

    \b
    ketasched backfill --on 2026-12-11 --time 10:00
    ketasched backfill --on 2026-12-11 --time 10:00 --waiting waiting.csv
    """
    query = DayQuery(register_address, clinic_path)
    clinic = query.clinic or options.find_clinic(clinic_path)[0]
    now = query.now(today)
    with refuse_bad_value("on", next_step="a date such as 2026-12-07"):
        day = spelled_date(on, reading.order or clinic.date_order)
    with refuse_bad_value("time"):
        slot = moment_at(day, Clock.read(time).minutes, ZoneInfo(clinic.timezone))
    current = query.register.current(day)
    courses = [one for one in current if clinic_key(one.clinic) == clinic_key(clinic)]
    hide_people(*courses)
    waiting, rows = None, list[WaitingRow]()
    if roster:
        waiting = WaitingList(roster, reading, clinic, protocol)
        rows = waiting.rows()
    protocols = [*(one.protocol for one in courses), *(one.site.protocol for one in rows)]
    kind = _shortest_kind(clinic, protocols or [load_protocol(protocol)])
    _refuse_slot(query, clinic, kind, slot, now, courses)
    found = [*_sooner(query, clinic, courses, slot, now)]
    if waiting:
        could = rows_that_could_begin(rows, slot, clinic, now, query.register.plan)
        found += [_waiting_taker(waiting, one, slot, today) for one in could]
    _print(form, found)
    if not found:
        say("note", f"nobody could take {moment_text(slot)} without breaking a rule")
    if waiting and waiting.has_bad_rows:
        raise click.exceptions.Exit(SOME_FAILED)


def _shortest_kind(clinic: Clinic, protocols: Sequence[Protocol]) -> VisitKind:
    """The shortest visit at the clinic: where it does not fit, none does."""
    kinds = (effective_kind(one, clinic, name) for one in protocols for name in one.visits)
    return min(kinds, key=lambda kind: (kind.place != "clinic", kind.minutes.total))


def _refuse_slot(
    query: DayQuery,
    clinic: Clinic,
    kind: VisitKind,
    slot: datetime,
    now: datetime,
    courses: Sequence[Course],
) -> None:
    """Raise `BadRequest` or `Refused` if no visit can begin at the slot.

    If it is taken the error says by which visits of the `courses`.
    """
    if slot.timestamp() <= now.timestamp():
        said = f"{moment_text(slot)} is over (it is {moment_text(now)})"
        raise BadRequest("on", said, next_step="a day and a time to come")
    day = slot.date()
    starts = free_starts(clinic, kind, day)
    if not starts:
        why = closure(clinic, day)
        said = f"the clinic is closed on {day_text(day)}{f' ({why})' if why else ''}"
        raise BadRequest("on", said, next_step="another day")
    free = free_starts(clinic, kind, day, bookings=_occupancy(query, clinic, day))
    if slot in free:
        return
    coming = [one for one in free if one.timestamp() > now.timestamp()]
    step = f"what is free that day: {_ranges(coming, clinic)}"
    if not coming:
        step = f"nothing is free that day: {command_line('day', str(day), '--week')}"
    if slot not in starts:
        said = f"no visit begins at {clock_text(slot)} on {day_text(day)}"
        raise BadRequest("time", said, next_step=step)
    there = [*_visits_at(courses, slot, add_minutes(slot, kind.minutes.total))]
    details = [
        f"{course.patient}, visit {visit.number}: {' to '.join(map(clock_text, ends))}"
        for course, visit in there
        for ends in [(visit.start, visit.end)]
    ]
    for course, visit in there[:1]:
        words = "revise", course.patient, "defer", str(visit.number), "--to", "DATE"
        defer = command_line(*words, "--scope", "visit", "--reason", "WHY")
        whom = "one of them" if there[1:] else "it"
        step += f"\nto free the slot first, move {whom}: {defer}"
    raise Refused(f"{moment_text(slot)} is taken", details=details, next_step=step)


def _visits_at(
    courses: Sequence[Course], begin: datetime, end: datetime
) -> Iterator[tuple[Course, Visit]]:
    """The visits that are at the clinic between two moments, each with its course."""
    for course in courses:
        for visit in course.visits:
            is_then = visit.start.timestamp() < end.timestamp()
            is_then = is_then and begin.timestamp() < visit.end.timestamp()
            at_clinic = course.protocol.visits[visit.kind].place == "clinic"
            if is_then and visit.is_here and at_clinic:
                yield course, visit


def _occupancy(query: DayQuery, clinic: Clinic, day: date, *without: str) -> Occupancy:
    """The occupancy of a day; the courses `without` (identifiers) are left out."""
    return query.register.occupancy(clinic, day, day, without)


def _ranges(starts: Sequence[datetime], clinic: Clinic) -> str:
    """The starts in words: "09:00 to 10:30, 14:00"."""
    step, ranges = timedelta(minutes=clinic.slot_minutes), list[list[datetime]]()
    for start in starts:
        if ranges and start - ranges[-1][-1] == step:
            ranges[-1].append(start)
        else:
            ranges.append([start])
    return ", ".join(
        " to ".join(dict.fromkeys(map(clock_text, (one[0], one[-1])))) for one in ranges
    )


def _sooner(
    query: DayQuery, clinic: Clinic, courses: Sequence[Course], slot: datetime, now: datetime
) -> list[Taker]:
    """Whose own visit could come sooner, by the most days first, then by patient."""
    found = []
    for course in courses:
        newer = replace(course, clinic=clinic)
        taken = _occupancy(query, clinic, slot.date(), course.course_id)
        visit = visit_that_could_come_sooner(newer, slot, at=now, bookings=taken)
        if visit:
            to = f"{slot.date()}T{clock_text(slot)}"
            words = "revise", course.patient, "defer", str(visit.number), "--to", to
            step = command_line(*words, "--scope", "visit", "--reason", "WHY")
            days = (visit.start.date() - slot.date()).days
            who = course.patient, course.request.patient_phone, visit.number, visit.start, days
            found.append(Taker(*who, None, None, pasteable(step)))
    return sorted(found, key=lambda one: (-(one.days_sooner or 0), one.patient))


def _waiting_taker(
    waiting: WaitingList, one: WaitingRow, slot: datetime, today: str | None
) -> Taker:
    asked, step = one.request, pasteable(waiting.command(one, slot, today))
    who = asked.patient, asked.patient_phone
    return Taker(*who, None, None, None, priority_of(one.row), asked.start, step)


def _print(form: str | None, found: Sequence[Taker]) -> None:
    """Print who could take the slot: as JSON, as a table, or a line for each."""
    names = [one.name for one in fields(Taker)]
    if form == "csv":
        values = ([plain(getattr(one, name)) for name in names] for one in found)
        rows = (["" if value is None else str(value) for value in row] for row in values)
        click.echo(b"".join(map(csv_line, (names, *rows))), nl=False)
    else:
        print_as(form, found, _lines(found))


def _lines(found: Sequence[Taker]) -> Iterator[str]:
    names = [", ".join(filter(None, (one.patient, one.patient_phone))) for one in found]
    reasons = (f"{in_local_style(_reason(one))}: {one.command}" for one in found)
    yield from aligned([*zip(names, reasons, strict=True)])


def _reason(one: Taker) -> str:
    """Why somebody could take the slot: "visit 3, 4 days sooner, not Fri 15 Jan 2027, 09:00"."""
    if one.waiting_since:
        return f"waiting since {day_text(one.waiting_since)}, priority {one.priority}"
    days = "1 day" if one.days_sooner == 1 else f"{one.days_sooner} days"
    was = moment_text(one.was) if one.was else ""
    return f"visit {one.visit}, {days} sooner, not {was}"
