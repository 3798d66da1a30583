"""`ketasched register`: what is in the clinic's register, and copies of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ketasched.api.clinic_book import NO_COURSE
from ketasched.api.exports import EXPORT_FORMS, exported
from ketasched.cli import options, rename
from ketasched.cli.anonymity import hide_names, hide_people
from ketasched.cli.course_source import find_course, former_courses
from ketasched.cli.current_clinic import coming_misfits
from ketasched.cli.delivery import Delivery, delivery_options
from ketasched.cli.output import (
    SOME_FAILED,
    in_local_style,
    note_done,
    print_as,
    report,
    say,
    say_how_to_move,
    use_clock_of,
)
from ketasched.cli.queues import appointments
from ketasched.cli.register_option import needed_register, register_file, register_option
from ketasched.errors import BadFile, Refused, command_line
from ketasched.files.load import load_clinic, load_course, parse_course
from ketasched.files.toml_json import read_lines
from ketasched.model import Course, quote
from ketasched.model.wall_clock import day_text, moment_text
from ketasched.planning.misfits import misfits_text, visit_misfits
from ketasched.register.course_lookup import find_entry, patient_named
from ketasched.register.imports import enter_courses
from ketasched.register.records import CourseEntry
from ketasched.render.columns import aligned

if TYPE_CHECKING:
    from ketasched.register.register import Register

path_argument = click.argument("path", metavar="FILE", type=click.Path(path_type=Path))


@click.group("register")
def command() -> None:
    """The clinic's register: every course, and which chair each visit holds.

    It is the one that --register or KETASCHED_REGISTER names, else the usual one of this user.

    \b
    ketasched register list
    """


@command.command("list")
@click.argument("patient", metavar="[PATIENT]", default="")
@register_option
@options.clinic("The clinic's newer hours (KETASCHED_CLINIC, else clinic.toml here).")
@options.output_format()
@options.today()
def list_courses(
    *,
    patient: str,
    register_address: str | None,
    clinic_path: str | None,
    form: str | None,
    today: str | None,
) -> None:
    """List the courses, or those of one patient.

    Booked visits that no longer fit the clinic's file are said, with the reason.

    \b
    ketasched register list
    """
    register = needed_register(register_address)
    named = patient_named(register, patient) if patient else ""
    entries = register.entries(patient=named) if named or not patient else []
    with suppress(BadFile):  # a damaged course takes no other one's line away
        if newest := register.newest():
            use_clock_of(newest.clinic)
    misfits = coming_misfits(register, clinic_path, today) if entries else {}
    keys = ("patient", "clinic", "revision", "first_day", "last_day", "course_id")
    data = [
        {key: getattr(entry, key) for key in keys} | {"misfits": misfits.get(entry.course_id, ())}
        for entry in entries
    ]
    several = Counter(entry.patient for entry in entries)
    rows = []
    for entry in entries:
        said = [_entry_text(entry)]
        if several[entry.patient] > 1:
            said.append(_switch_text(find_course(register, entry.course_id)))
        said.append(misfits_text(misfits.get(entry.course_id)))
        rows.append((entry.patient, in_local_style(", ".join(filter(None, said)))))
    print_as(form, data, aligned(rows))
    if form == "json":
        return
    movable = visit_misfits(misfits)
    for entry in [one for one in entries if one.course_id in movable][:1]:
        hide_names(entry.patient)
        say_how_to_move(entry.patient, movable[entry.course_id][0].visit, len(movable))
    if not entries and patient and register.size():
        step = "ketasched register list"
        say("note", f"no patient of the register is called {quote(patient)}; all of them: {step}")
    elif not entries:
        say("note", NO_COURSE)


@command.command("show")
@click.argument("patient", metavar="PATIENT|ID")
@delivery_options
@register_option
@options.clinic("Of which clinic the patient is.")
@options.flag("--log", "Print what was done to it, when, by whom and why.")
def show(
    *,
    patient: str,
    delivery: Delivery,
    register_address: str | None,
    clinic_path: str | None,
    log: bool,
) -> None:
    """Show a patient's course as a page, a calendar or JSON; -o writes all its files.

    \b
    ketasched register show P-014
    ketasched register show P-014 -o courses --force
    """
    register = needed_register(register_address)
    clinic = load_clinic(clinic_path) if clinic_path else None
    entry = find_entry(register, patient, clinic)
    others = len(register.entries(patient=entry.patient)) - 1
    if others > 0:
        step = command_line("register", "list", entry.patient)
        say("note", f"{others} more of this patient: {step}")
    if log:
        _print_log(register, entry.course_id)
    else:
        course = register.course(entry.course_id)
        former = former_courses(course, partial(find_course, register))
        with delivery.files(course, over_same=True, former=former) as written:
            pass
        delivery.print_result(course, written)


def _print_log(register: "Register", course_id: str) -> None:
    """Print a course's log with the reasons, which are in its history.

    The log of a damaged course can be read, too: without the reasons.
    """
    course = find_course(register, course_id)
    reasons: dict[tuple[int, datetime], str] = {}
    if course:
        use_clock_of(course.clinic)
        reasons = {(number, one.at): one.why for number, one in enumerate(course.history, start=1)}
    for record in register.log(course_id):
        at = datetime.fromisoformat(record.at)
        by = f", {record.by_whom}" if record.by_whom else ""
        why = reasons.get((record.revision, at))
        said = f"revision {record.revision}: {record.what}{by}{f' ({why})' if why else ''}"
        click.echo(in_local_style(f"{moment_text(at)}  {said}"))


@command.command("export")
@register_option
@options.output_format(
    EXPORT_FORMS, "Courses, to import again (ndjson), or FHIR Bundles for a record system."
)
def export(*, register_address: str | None, form: str | None) -> None:
    """Print every course on a line of its own, as JSON (NDJSON).

    \b
    ketasched register export >courses.ndjson
    ketasched register export --format fhir >bundles.ndjson
    """
    failed = 0
    for line in exported(needed_register(register_address), form or "ndjson"):
        if isinstance(line, BadFile):
            failed += 1
            report(line)
        else:
            click.echo(line)
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)


@command.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@register_option
@options.today("The moment of it (now): visits before it are entered whoever else sat there.")
def import_courses(
    *, files: tuple[str, ...], register_address: str | None, today: str | None
) -> None:
    """Enter courses that are in files: course.json, a patient's folder, or an export (.ndjson).

    Each course is entered whole or not at all. A later revision replaces a course that is there.

    \b
    ketasched register import courses/*/course.json
    """
    courses = [course for path in files for course in _courses_in(path)]
    register = needed_register(register_address, make=True)
    failed = entered = 0
    hide_people(*courses)

    def moment(course: Course) -> datetime:
        use_clock_of(course.clinic)
        return options.moment_of(today, course.visits[0].start.tzinfo, field="today")

    for one in enter_courses(register, courses, moment):
        entered += one.is_entered
        note_done(f"{entered:,} entered" if entered else "")
        if one.error:
            failed += 1
            report(one.error)
    there = len(courses) - entered - failed
    said = f"{entered:,} entered"
    said += f", {there:,} there already" if there else ""
    said += f", {failed:,} not entered" if failed else ""
    say("note", f"{said}; {register.place}")
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)


@command.command("backup")
@path_argument
@register_option
def backup(*, path: Path, register_address: str | None) -> None:
    """Copy the register as it is at this moment to a new SQLite file, whoever writes meanwhile.

    The copy is a register: --register FILE uses it.

    \b
    ketasched register backup register-2026-12-07.db
    """
    if not path.name:
        raise click.UsageError(f"{path} is no file: register-2026-12-07.db, say.")
    register = needed_register(register_address)
    # Imported here because a register is an extra.
    from ketasched.register.backup import back_up  # noqa: PLC0415

    back_up(register.engine, path)
    note_done("the copy is made")
    click.echo(path)


@command.command("restore")
@path_argument
@register_option
@options.flag("--force", "Over the register that is there.")
def restore(*, path: Path, register_address: str | None, force: bool) -> None:
    """Put a backup in the place of the register (a file); who uses that has to begin anew.

    \b
    ketasched register restore register-2026-12-07.db --force
    """
    place = register_file(register_address)
    copy = needed_register(str(path))
    if place.exists() and not force:
        said = f"{place}: there is a register, and what was entered since the backup would be lost"
        raise Refused(said, next_step="if that may be lost: --force")
    # Imported here because a register is an extra.
    from ketasched.register import backup  # noqa: PLC0415

    backup.restore(copy.engine, place)
    note_done("the backup is in its place")
    click.echo(place)


command.add_command(rename.command)
command.add_command(appointments)


def _entry_text(entry: CourseEntry) -> str:
    """An entry on one line: "revision 2, Mon 7 Dec 2026 to Fri 18 Dec 2026, Riverbend"."""
    days = "no visit takes place"
    if entry.last_day:
        ends = (day_text(date.fromisoformat(day)) for day in (entry.first_day, entry.last_day))
        days = " to ".join(ends)
    return ", ".join(filter(None, (f"revision {entry.revision}", days, entry.clinic)))


def _switch_text(course: Course | None) -> str:
    """To or from which protocol a patient was switched: "switched from iv-depression", or ""."""
    entries = course.history if course else ()
    switched = [one.what for one in entries if one.change and one.change.verb == "switch"]
    first = [course.history[0].what] if course and course.follows else []
    return ", ".join((*first, *switched))


def _courses_in(path: str) -> Iterator[Course]:
    """The courses of a file. Raises `BadFile`."""
    if not path.endswith(".ndjson"):
        yield load_course(path)
        return
    for place, text in read_lines(path):
        yield parse_course(text, place)
