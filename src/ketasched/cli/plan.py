"""`ketasched plan`: one course, printed or written into a folder."""

from zoneinfo import ZoneInfo

import click

from ketasched.api.new_courses import new_course_booking, refuse_odd_identifier, usable_context
from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.booking import book_and_write
from ketasched.cli.busy_option import busy_options, say_notes, warn_of_copies
from ketasched.cli.delivery import Delivery, delivery_options
from ketasched.cli.output import refusal_as_json, say, say_findings
from ketasched.cli.register_option import (
    NOT_BOOKED,
    is_register_given,
    open_register,
    refuse_stranger,
    register_option,
)
from ketasched.errors import BadRequest, command_line
from ketasched.events.rides import items_with_ride
from ketasched.files.busy_calendars import BusyCalendars
from ketasched.files.clinic_warnings import clinic_warnings
from ketasched.files.load import load_protocol, refuse_mismatch
from ketasched.files.request_parsing import REQUEST_FIELDS, read_request
from ketasched.model import (
    WEEKDAYS,
    Clinic,
    Course,
    DateOrder,
    Protocol,
    Request,
    Visit,
    visits_text,
)
from ketasched.model.authorised_visits import all_fit_text
from ketasched.model.privacy import sensitive_term

CHAIRS = "other patients' visits are not known here: make sure that a chair is free"


@click.command("plan")
@options.several(options.date_order, *map(options.request_field, REQUEST_FIELDS))
@options.group(BusyCalendars, "calendars", *busy_options)
@options.protocol
@options.clinic()
@delivery_options
@register_option
@options.flag("--dry-run", "Book nothing, and write nothing.")
@options.made_at
@options.text("--course-id", "ID", "The course's identifier (made up).")
def command(
    *,
    date_order: DateOrder,
    calendars: BusyCalendars,
    protocol: str,
    clinic_path: str | None,
    delivery: Delivery,
    register_address: str | None,
    dry_run: bool,
    made_at: str | None,
    course_id: str,
    **fields: str | tuple[str, ...],
) -> None:
    """Plan one course; print the itinerary, or write files with -o.

    \b
    ketasched plan --start 2027-01-04
    ketasched plan --start 2027-01-04 --patient P-014 --days tue,fri --per-week 2 -o courses
    """
    refuse_odd_identifier(course_id)
    given = {name: text for name, text in fields.items() if text not in (None, ())}
    clinic, path = options.find_clinic(clinic_path)
    request = read_request(given, date_order or clinic.date_order)
    hide_people(request)
    if delivery.output and not given.get("patient"):
        say("note", f'no --patient: the folder and its files are called "{request.patient}"')
    loaded = load_protocol(protocol)
    refuse_mismatch(clinic, loaded, path)
    _warn_of_clinic(clinic, path, loaded, request.language, hands_out=bool(delivery.output))
    moment = options.moment_of(made_at, ZoneInfo(clinic.timezone))
    replaced = delivery.replaced_course(request)
    context, notes = usable_context(
        loaded, clinic, request, moment, course_id, calendars, replaced=replaced
    )
    hide_people(context.request)
    if clinic.titles == "discreet":
        _warn_of_drivers(request)
    say_notes(notes)
    if replaced:
        warn_of_copies(replaced, context.request)
    if dry_run and delivery.output:
        raise click.UsageError("--dry-run prints, -o writes files: one of the two.")
    if is_register_given(register_address) and not given.get("patient") and not dry_run:
        said = "a register has to know whose course it is"
        raise BadRequest("patient", said, next_step="--patient P-014\nto look only: --dry-run")
    register = open_register(register_address, make=not dry_run)
    if register:
        refuse_stranger(register, clinic, path)
    booking = new_course_booking(context, course_id, budget=options.time_budget)
    with refusal_as_json(delivery.form):
        # Without a register a dry run is a plan like any other: there is no -o, and no file.
        is_trial = dry_run and register is not None
        course, written = book_and_write(register, booking, delivery.files, dry_run=is_trial)
    if register:
        say("note", NOT_BOOKED if dry_run else f"booked in {register.place}")
    elif clinic.counts_visits:
        say("note", CHAIRS)
    _say_findings(course, is_booked=bool(register) and not dry_run)
    delivery.print_result(course, written)


def _say_findings(course: Course, *, is_booked: bool) -> None:
    """Say that all visits have an authorised session, if they have, and what the rules say.

    Also that there is nowhere to send reminders to which the patient agreed.
    """
    asked = course.request
    if asked.reminders and not (asked.patient_phone or asked.patient_email):
        say("warning", "--reminders: nobody can be reminded without a phone number or an address")
        booked = command_line("revise", course.patient, "wishes", "--patient-phone", "PHONE")
        say("try", booked if is_booked else "--patient-phone PHONE")
    if fit := all_fit_text(course.request.authorised, course.visits):
        say("note", fit)
    if undriven := _undriven_text(course):
        say("note", undriven)
    say_findings(course.findings)


def _undriven_text(course: Course) -> str:
    """The visits on weekdays for which no driver is named; "" if one is for all days, or none."""
    rides = [*items_with_ride(course)]
    without = [one for one in rides if isinstance(one, Visit) and one.driver is None]
    if not without or not any(one.driver for one in rides):
        return ""
    ours = {one.start.weekday() for one in without}
    days = ", ".join(name for number, name in enumerate(WEEKDAYS) if number in ours)
    numbers = visits_text([one.number for one in without])
    return (
        f"no driver is named for {days}: {numbers} {'has' if len(without) == 1 else 'have'} none"
    )


def _warn_of_clinic(
    clinic: Clinic, path: str, protocol: Protocol, language: str, *, hands_out: bool
) -> None:
    """Warn of the clinic's file; without one, of identifiers in files that are handed out."""
    if path != options.PLAIN_CLINIC:
        salt = options.new_salt()
        for line in clinic_warnings(clinic, protocol, language=language, salt=salt):
            say("warning", f"{path}: {line}")
    elif hands_out:
        said = "without a clinic file, identifiers in calendars can be computed from the reference"
        say("warning", f"{said}; one with an id_salt: ketasched clinic init")


def _warn_of_drivers(request: Request) -> None:
    """Warn of drivers whose names or numbers tell the treatment."""
    named = [("driver_name", request.driver_name), ("driver_phone", request.driver_phone)]
    named += [("driver", text) for one in request.driver for text in (one.name, one.phone)]
    for name, text in named:
        if term := sensitive_term(text):
            said = f'says "{term}"; discreet pages and calendars leave it out'
            say("warning", f"--{name.replace('_', '-')}: {said}")
