"""`ketasched register`: what is in the clinic's register, and copies of it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.course_source import find_entry
from ketasched.cli.delivery import Delivery, delivery_options
from ketasched.cli.output import SOME_FAILED, note_done, print_as, report, say
from ketasched.cli.register_option import needed_register, register_file, register_option
from ketasched.errors import KetaschedError, Refused
from ketasched.files.load import load_course, parse_course
from ketasched.files.toml_json import read_lines
from ketasched.model import Clinic, Course
from ketasched.model.identifiers import register_key
from ketasched.model.occupancy import Limits, limits, widest
from ketasched.model.wall_clock import day_text
from ketasched.register.records import CourseEntry, LogEntry, overridden_uids

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
@options.output_format()
def list_courses(*, patient: str, register_address: str | None, form: str | None) -> None:
    """List the courses, or those of one patient.

    \b
    ketasched register list
    """
    entries = needed_register(register_address).entries(patient=patient)
    keys = ("patient", "clinic", "revision", "first_day", "last_day", "course_id")
    data = [{key: getattr(entry, key) for key in keys} for entry in entries]
    width = max((len(entry.patient) for entry in entries), default=0)
    print_as(form, data, (f"{entry.patient:<{width}}  {_entry_text(entry)}" for entry in entries))
    if not entries and form != "json":
        say("note", "there is no course in the register")


@command.command("show")
@click.argument("patient", metavar="PATIENT|ID")
@delivery_options
@register_option
@options.clinic("Of which clinic the patient is.")
@options.flag("--log", "Print what was done to it, and when.")
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
    entry = find_entry(register, patient, clinic_path)
    others = len(register.entries(patient=entry.patient)) - 1
    if others > 0:
        say("note", f"{others} more of this patient: ketasched register list {entry.patient}")
    if log:
        for record in register.log(entry.course_id):
            by = f", {record.by_whom}" if record.by_whom else ""
            click.echo(f"{record.at}  revision {record.revision}: {record.what}{by}")
    else:
        course = register.course(entry.course_id)
        hide_people(course)
        with delivery.files(course, over_same=True) as written:
            pass
        delivery.print_result(course, written)


@command.command("export")
@register_option
def export(*, register_address: str | None) -> None:
    """Print every course on a line of its own, as JSON (NDJSON).

    \b
    ketasched register export >courses.ndjson
    """
    for line in needed_register(register_address).documents():
        click.echo(line)


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
    widest_limits = _widest_limits(courses)
    overridden = {uid for course in courses for uid in overridden_uids(course)}
    failed = entered = 0
    hide_people(*courses)
    for course in courses:
        at = options.moment_of(today, course.visits[0].start.tzinfo, field="today")
        begun = {visit.uid for visit in course.visits if visit.start < at}
        try:
            line, allowed = LogEntry(at, "imported"), widest_limits[_clinic_key(course.clinic)]
            entered += register.enter(course, line, waived=begun | overridden, allowed=allowed)
            note_done(f"{entered:,} entered" if entered else "")
        except KetaschedError as error:
            failed += 1
            report(error, "register")
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
        raise Refused(said, next_step="--force, if that may be lost")
    # Imported here because a register is an extra.
    from ketasched.register import backup  # noqa: PLC0415

    backup.restore(copy.engine, place)
    note_done("the backup is in its place")
    click.echo(place)


def _entry_text(entry: CourseEntry) -> str:
    """An entry on one line: "revision 2, Mon 7 Dec 2026 to Fri 18 Dec 2026, Riverbend"."""
    days = "no visit takes place"
    if entry.last_day:
        ends = (day_text(date.fromisoformat(day)) for day in (entry.first_day, entry.last_day))
        days = " to ".join(ends)
    return ", ".join(filter(None, (f"revision {entry.revision}", days, entry.clinic)))


def _widest_limits(courses: list[Course]) -> dict[str, Limits]:
    """By clinic key the widest limits that one of these courses was planned with.

    A clinic may have had more chairs when another of its courses was planned.
    """
    found: dict[str, Limits] = {}
    for course in courses:
        key = _clinic_key(course.clinic)
        former = (entry.former_clinic for entry in course.history)
        for own in map(limits, (course.clinic, *filter(None, former))):
            found[key] = widest(found.get(key, own), own)
    return found


def _clinic_key(clinic: Clinic) -> str:
    return register_key(clinic.id_salt, clinic.name, clinic.timezone)


def _courses_in(path: str) -> Iterator[Course]:
    """The courses of a file. Raises `BadFile`."""
    if not path.endswith(".ndjson"):
        yield load_course(path)
        return
    for place, text in read_lines(path):
        yield parse_course(text, place)
