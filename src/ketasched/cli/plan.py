"""`ketasched plan`: one course, printed or written into a folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ketasched.cli.delivery import Outcome, outcome_options
from ketasched.cli.options import (
    PLAIN_CLINIC,
    busy_option,
    busy_times,
    clinic_option,
    column_options,
    find_clinic,
    for_a_second,
    made_at_option,
    moment_of,
    protocol_option,
    request_of,
)
from ketasched.cli.output import say, say_findings
from ketasched.cli.register_option import (
    NOT_BOOKED,
    is_asked,
    open_book,
    refuse_stranger,
    register_option,
)
from ketasched.errors import BadRequest, NoPlan
from ketasched.files.atomic_write import Undo, undone_if_it_fails
from ketasched.files.clinic_warnings import doubts
from ketasched.files.load import load_protocol, refuse_mismatch, shipped_protocols
from ketasched.files.request_fields import DateOrder
from ketasched.model import Clinic, Course, Protocol, Request
from ketasched.model.busy_times import with_busy
from ketasched.model.privacy import telling
from ketasched.planning.planner import plan, reach
from ketasched.render.patient_folder import refuse_telling
from ketasched.rules.base import NO_BOOKINGS, Bookings

if TYPE_CHECKING:
    from ketasched.register.register import Book

LONGEST_ID = 100
CHAIRS = "other patients' visits are not known here: make sure that a chair is free"


@click.command("plan")
@column_options
@busy_option
@protocol_option
@clinic_option()
@outcome_options
@register_option
@click.option("--dry-run", is_flag=True, help="Book nothing, and write nothing.")
@made_at_option
@click.option("--course-id", default="", metavar="ID", help="The course's identifier (made up).")
def command(
    *,
    protocol: str,
    clinic_path: str | None,
    calendars: tuple[str, ...],
    outcome: Outcome,
    register: str | None,
    dry_run: bool,
    made_at: str | None,
    course_id: str,
    date_order: DateOrder,
    **columns: str | tuple[str, ...],
) -> None:
    """Plan one course; print the itinerary, or write files with -o.

    \b
    ketasched plan --start 2027-01-04
    ketasched plan --start 2027-01-04 --patient P-014 --days tue,fri --per-week 2 -o courses
    """
    if course_id and not (course_id.isprintable() and len(course_id) <= LONGEST_ID):
        raise BadRequest("course_id", f"expected up to {LONGEST_ID} printable characters")
    request = request_of(columns, date_order)
    if outcome.output and not columns.get("patient"):
        say("note", f'no --patient: the folder and its files are called "{request.patient}"')
    clinic, path = find_clinic(clinic_path)
    asked = load_protocol(protocol)
    refuse_mismatch(clinic, asked, path)
    for line in doubts(clinic, asked) if path != PLAIN_CLINIC else ():
        say("warning", f"{path}: {line}")
    _look_at_words(clinic, request)
    if calendars:
        days = reach(asked, clinic, request)
        busy = busy_times(calendars, ZoneInfo(clinic.timezone), *days)
        request = with_busy(request, busy)
    moment = moment_of(made_at, ZoneInfo(clinic.timezone))
    planning = Planning(asked, clinic, request, moment, course_id)
    _look_at_booking(columns, outcome, register, dry_run=dry_run)
    book = open_book(register, make=not dry_run)
    if book:
        refuse_stranger(book, clinic, path)
    try:
        course, written = _done(planning, outcome, book, dry_run=dry_run)
    except NoPlan as refusal:
        if outcome.form == "json":
            # Imported here, as below, because most plans fit and print the sooner for it.
            from ketasched.cli.delivery import refusal_data  # noqa: PLC0415

            click.echo(json.dumps(refusal_data(refusal), ensure_ascii=False, indent=2))
        raise
    if clinic.chairs is not None and book is None:
        say("note", CHAIRS)
    if book is not None:
        say("note", NOT_BOOKED if dry_run else f"booked in {book.place}")
    say_findings(course.findings)
    outcome.tell(course, written)


def _done(
    planning: "Planning", outcome: Outcome, book: "Book | None", *, dry_run: bool
) -> tuple[Course, list[Path]]:
    """The course, booked where there is a register, and the files that were written."""
    if book is None:
        course = planning.planned()
        return course, outcome.write(course, with_course_file=True)
    # Imported here because only who has a register gets here.
    from ketasched.register.records import Line, Order  # noqa: PLC0415

    written: list[Path] = []
    undo = Undo()

    def write(course: Course) -> None:
        # What is there the second time, after a connection broke, is ours.
        asked = replace(outcome, force=True) if written else outcome
        written[:] = asked.write(course, with_course_file=True, undo=undo)

    order = Order(
        planning.clinic,
        planning.tried,
        Line(planning.moment, ""),
        planning.request,
        explain=planning.explained,
        then=write,
    )
    if dry_run:
        return book.tried(order), []
    with undone_if_it_fails(undo):
        return book.entered(order), written


def _look_at_booking(
    columns: Mapping[str, object], outcome: Outcome, register: str | None, *, dry_run: bool
) -> None:
    """Refuse what does not go together, and a booking for nobody."""
    if dry_run and outcome.output:
        raise click.UsageError("--dry-run prints, -o writes files: one of the two.")
    if is_asked(register) and not columns.get("patient") and not dry_run:
        said = "a register has to know whose course it is"
        raise BadRequest("patient", said, next_step="--patient P-014, or --dry-run to look only")


def _look_at_words(clinic: Clinic, request: Request) -> None:
    """Refuse a patient reference that tells, for a discreet clinic; warn of a driver that does."""
    refuse_telling(clinic, request)
    if clinic.titles != "discreet":
        return
    for name in ("driver_name", "driver_phone"):
        if word := telling(getattr(request, name)):
            said = f'says "{word}"; discreet pages and calendars leave it out'
            say("warning", f"--{name.replace('_', '-')}: {said}")


@dataclass(frozen=True)
class Planning:
    """What a course is planned from."""

    protocol: Protocol
    clinic: Clinic
    request: Request
    moment: datetime
    course_id: str

    def planned(self, bookings: Bookings = NO_BOOKINGS) -> Course:
        """The course beside these bookings. Raises `BadRequest`, and `NoPlan` explained."""
        try:
            return self.tried(bookings)
        except NoPlan as error:
            raise self.explained(error, bookings) from None

    def tried(self, bookings: Bookings) -> Course:
        """The course beside these bookings. Raises `BadRequest`, `NoPlan`."""
        try:
            return plan(
                self.protocol,
                self.clinic,
                self.request,
                made_at=self.moment,
                course_id=self.course_id,
                bookings=bookings,
            )
        except BadRequest as error:
            if self.protocol.booster_phase is None and error.field == "boosters":
                named = [name for name in shipped_protocols() if load_protocol(name).booster_phase]
                error.next_step = f"one of the protocols that have: {', '.join(named)}"
            raise

    def explained(self, error: NoPlan, bookings: Bookings) -> NoPlan:
        """The refusal with its reasons, and what would do."""
        from ketasched.planning.explain import explained  # noqa: PLC0415

        context = self.protocol, self.clinic, self.request, self.moment
        return explained(error, *context, for_a_second(), bookings)
