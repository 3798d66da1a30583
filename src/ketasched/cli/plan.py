"""`ketasched plan`: one course, printed or written into a folder."""

import json
from zoneinfo import ZoneInfo

import click

from ketasched.busy import with_busy
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
from ketasched.cli.outcome import Outcome, outcome_options
from ketasched.cli.output import say, say_findings
from ketasched.columns import DateOrder
from ketasched.discretion import telling
from ketasched.errors import BadRequest, NoPlan
from ketasched.explain import explained, refusal_data
from ketasched.handout import refuse_telling
from ketasched.load import (
    clinic_warnings,
    load_protocol,
    refuse_mismatch,
    shipped_protocols,
)
from ketasched.model import Clinic, Course, Protocol, Request
from ketasched.planner import plan, reach

LONGEST_ID = 100
CHAIRS = "other patients' visits are not known here: make sure that a chair is free"


@click.command("plan")
@column_options
@busy_option
@protocol_option
@clinic_option
@outcome_options
@made_at_option
@click.option("--course-id", default="", metavar="ID", help="The course's identifier (made up).")
def command(
    *,
    protocol: str,
    clinic_path: str | None,
    calendars: tuple[str, ...],
    outcome: Outcome,
    made_at: str | None,
    course_id: str,
    date_order: DateOrder,
    **columns: str | tuple[str, ...],
) -> None:
    """Plan one course; print the itinerary, or write files with -o.

    \b
    ketasched plan --start 2027-01-04
    ketasched plan --start 2027-01-04 --patient P-014 --days mon,thu --per-week 2 -o courses
    """
    if course_id and not (course_id.isprintable() and len(course_id) <= LONGEST_ID):
        raise BadRequest("course_id", f"expected up to {LONGEST_ID} printable characters")
    request = request_of(columns, date_order)
    if outcome.output and not columns.get("patient"):
        say("note", f'no --patient: the folder and its files are called "{request.patient}"')
    clinic, path = find_clinic(clinic_path)
    asked = load_protocol(protocol)
    refuse_mismatch(clinic, asked, path)
    for line in clinic_warnings(clinic, asked) if path != PLAIN_CLINIC else ():
        say("warning", f"{path}: {line}")
    _look_at_words(clinic, request)
    if calendars:
        days = reach(asked, clinic, request)
        busy = busy_times(calendars, ZoneInfo(clinic.timezone), *days)
        request = with_busy(request, busy)
    try:
        course = _planned(asked, clinic, request, made_at, course_id)
    except NoPlan as refusal:
        if outcome.form == "json":
            click.echo(json.dumps(refusal_data(refusal), ensure_ascii=False, indent=2))
        raise
    if clinic.chairs is not None:
        say("note", CHAIRS)
    say_findings(course.findings)
    outcome.deliver(course, with_course_file=True)


def _look_at_words(clinic: Clinic, request: Request) -> None:
    """Refuse a patient reference that tells, for a discreet clinic; warn of a driver that does."""
    refuse_telling(clinic, request)
    if clinic.titles != "discreet":
        return
    for name in ("driver_name", "driver_phone"):
        if word := telling(getattr(request, name)):
            said = f'says "{word}"; discreet pages and calendars leave it out'
            say("warning", f"--{name.replace('_', '-')}: {said}")


def _planned(
    protocol: Protocol, clinic: Clinic, request: Request, made_at: str | None, course_id: str
) -> Course:
    moment = moment_of(made_at, ZoneInfo(clinic.timezone))
    try:
        return plan(protocol, clinic, request, made_at=moment, course_id=course_id)
    except BadRequest as error:
        if protocol.booster_phase is None and error.field == "boosters":
            named = [name for name in shipped_protocols() if load_protocol(name).booster_phase]
            error.next_step = f"one of the protocols that have: {', '.join(named)}"
        raise
    except NoPlan as error:
        raise explained(error, protocol, clinic, request, moment, for_a_second()) from None
