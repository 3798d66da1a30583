"""`ketasched plan`: one course, printed or written into a folder."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ketasched.cli.options import (
    audience_option,
    clinic_option,
    column_options,
    find_clinic,
    format_option,
    made_at_option,
    moment_of,
    protocol_option,
    refuse_audience,
    request_of,
)
from ketasched.cli.output import say, say_findings
from ketasched.columns import DateOrder
from ketasched.errors import BadRequest, NoPlan
from ketasched.explain import explained
from ketasched.folder import write_folder
from ketasched.load import (
    clinic_warnings,
    load_protocol,
    refuse_mismatch,
    shipped_protocols,
)
from ketasched.model import Audience, Clinic, Course, Protocol, Request
from ketasched.planner import plan
from ketasched.render import View, render

LONGEST_ID = 100
CHAIRS = "other patients' visits are not known here: make sure that a chair is free"
REPLACED = "the course that was there is replaced: its entries in calendars have to be deleted"


@click.command("plan")
@column_options
@protocol_option
@clinic_option
@format_option
@audience_option
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write course.json, calendars and itinerary into DIR/<patient>/.",
)
@click.option("--force", is_flag=True, help="Write over files that exist.")
@made_at_option
@click.option("--course-id", default="", metavar="ID", help="The course's identifier (made up).")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    protocol: str,
    clinic_path: str | None,
    form: str | None,
    audience: Audience | None,
    output: Path | None,
    force: bool,
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
    if output and (form or audience):
        raise click.UsageError("--format and --for are for what is printed; -o writes all files.")
    refuse_audience(form, audience)
    if course_id and not (course_id.isprintable() and len(course_id) <= LONGEST_ID):
        raise BadRequest("course_id", f"expected up to {LONGEST_ID} printable characters")
    request = request_of(columns, date_order)
    clinic, path = find_clinic(clinic_path)
    asked = load_protocol(protocol)
    refuse_mismatch(clinic, asked, path)
    for line in clinic_warnings(clinic, asked):
        say("warning", f"{path}: {line}")
    course = _planned(asked, clinic, request, made_at, course_id)
    if clinic.chairs is not None:
        say("note", CHAIRS)
    say_findings(course.findings)
    if output is None:
        click.echo(render(course, form or "text", View(audience or "patient")).encode(), nl=False)
    else:
        if force and (output / request.patient / "course.json").is_file():
            say("note", REPLACED)
        for written in write_folder(output / request.patient, files_of(course), force=force):
            click.echo(written)


def files_of(course: Course) -> dict[str, bytes]:
    """The files of a patient's folder by name; the course file, which the rest is from, last."""
    patient, driver = View("patient"), View("driver")
    return {
        name: render(course, form, view).encode()
        for name, form, view in (
            (f"{course.patient}.txt", "text", patient),
            (f"{course.patient}.ics", "ics", patient),
            ("rides.ics", "ics", driver),
            ("course.json", "json", patient),
        )
    }


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
        raise explained(error, protocol, clinic, request, moment) from None
