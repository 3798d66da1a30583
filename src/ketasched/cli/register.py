"""`ketasched register`: what is in the clinic's book, and copies of it."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ketasched.cli.delivery import Outcome, outcome_options
from ketasched.cli.options import clinic_option, moment_of, today_option
from ketasched.cli.output import SOME_FAILED, report, say
from ketasched.cli.register_option import entry_of, file_of, needed_book, register_option
from ketasched.errors import BadFile, KetaschedError, Refused
from ketasched.files.load import course_from, load_course
from ketasched.model import Course
from ketasched.model.wall_clock import day_text

if TYPE_CHECKING:
    from datetime import datetime

    from ketasched.register.records import Entered, Logged
    from ketasched.register.register import Book


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
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), help="What to print (text)."
)
def list_courses(*, patient: str, register: str | None, form: str | None) -> None:
    """List the courses, or those of one patient.

    \b
    ketasched register list
    """
    entries = needed_book(register).entries(patient=patient)
    if form == "json":
        keys = ("patient", "clinic", "revision", "first_day", "last_day", "course_id")
        rows = [{key: getattr(entry, key) for key in keys} for entry in entries]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    width = max((len(entry.patient) for entry in entries), default=0)
    for entry in entries:
        click.echo(f"{entry.patient:<{width}}  {_in_short(entry)}")
    if not entries:
        say("note", "there is no course in the register")


@command.command("show")
@click.argument("patient", metavar="PATIENT|ID")
@outcome_options
@register_option
@clinic_option("Of which clinic the patient is.")
@click.option("--log", "wants_log", is_flag=True, help="Print what was done to it, and when.")
def show(
    *,
    patient: str,
    outcome: Outcome,
    register: str | None,
    clinic_path: str | None,
    wants_log: bool,
) -> None:
    """Show a patient's course as a page, a calendar or JSON; -o writes all its files.

    \b
    ketasched register show P-014
    ketasched register show P-014 -o courses --force
    """
    book = needed_book(register)
    entry = entry_of(book, patient, clinic_path)
    others = len(book.entries(patient=entry.patient)) - 1
    if others > 0:
        say("note", f"{others} more of this patient: ketasched register list {entry.patient}")
    if wants_log:
        for line in book.log(entry.course_id):
            click.echo(_log_line(line))
        return
    outcome.deliver(book.course(entry.course_id), with_course_file=True, over=True)


@command.command("export")
@register_option
def export(*, register: str | None) -> None:
    """Print every course on a line of its own, as JSON (NDJSON).

    \b
    ketasched register export >courses.ndjson
    """
    for line in needed_book(register).documents():
        click.echo(line)


@command.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@register_option
@today_option("The moment of it (now): visits before it are entered whoever else sat there.")
@click.pass_context
def import_courses(
    ctx: click.Context, /, *, files: tuple[str, ...], register: str | None, today: str | None
) -> None:
    """Enter courses that are in files: course.json, a patient's folder, or an export (.ndjson).

    Each is entered whole or not at all. Of one that is there already a later revision is entered.

    \b
    ketasched register import courses/*/course.json
    """
    courses = [course for path in files for course in _courses_in(path)]
    book = needed_book(register, make=True)
    failed = entered = 0
    for course in courses:
        at = moment_of(today, course.visits[0].start.tzinfo, field="today")
        try:
            entered += _put(book, course, at)
        except KetaschedError as error:
            failed += 1
            report(error, "register")
    there = len(courses) - entered - failed
    said = f"{entered:,} entered"
    said += f", {there:,} there already" if there else ""
    said += f", {failed:,} not entered" if failed else ""
    say("note", f"{said}; {book.place}")
    if failed:
        ctx.exit(SOME_FAILED)


@command.command("backup")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@register_option
def backup(*, path: Path, register: str | None) -> None:
    """Copy the register as it is at this moment to a new SQLite file, whoever writes meanwhile.

    The copy is a register: --register FILE uses it.

    \b
    ketasched register backup register-2026-12-07.db
    """
    if not path.name:
        raise click.UsageError(f"{path} is no file: register-2026-12-07.db, say.")
    book = needed_book(register)
    # Imported here because a register is an extra.
    from ketasched.register.backup import back_up  # noqa: PLC0415

    back_up(book.engine, path)
    click.echo(path)


@command.command("restore")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@register_option
@click.option("--force", is_flag=True, help="Over the register that is there.")
def restore(*, path: Path, register: str | None, force: bool) -> None:
    """Put a backup in the place of the register (a file), while nobody else uses that.

    \b
    ketasched register restore register-2026-12-07.db --force
    """
    place = file_of(register)
    backup = needed_book(str(path))
    if place.exists() and not force:
        said = f"{place}: there is a register, and what was entered since the backup would be lost"
        raise Refused(said, next_step="--force, once nobody uses it any more")
    # Imported here because a register is an extra.
    from ketasched.register.backup import restore as put_back  # noqa: PLC0415

    put_back(backup.engine, place)
    click.echo(place)


def _in_short(entry: "Entered") -> str:
    """An entry on one line: "revision 2, Mon 7 Dec 2026 to Fri 18 Dec 2026, Riverbend"."""
    days = "no visit takes place"
    if entry.last_day:
        ends = (day_text(date.fromisoformat(day)) for day in (entry.first_day, entry.last_day))
        days = " to ".join(ends)
    return ", ".join(filter(None, (f"revision {entry.revision}", days, entry.clinic)))


def _log_line(line: "Logged") -> str:
    by = f", {line.by_whom}" if line.by_whom else ""
    return f"{line.at}  revision {line.revision}: {line.what}{by}"


def _courses_in(path: str) -> Iterator[Course]:
    """The courses of a file. Raises `BadFile`."""
    if not path.endswith(".ndjson"):
        yield load_course(path)
        return
    try:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield course_from(line, f"{path}:{number}")
    except OSError as error:
        said = f"{path}: cannot be read: {error.strerror or error}"
        raise BadFile(said, next_step="give the path of a file that is there") from None
    except UnicodeDecodeError:
        step = "export it again: ketasched register export >courses.ndjson"
        raise BadFile(f"{path}: is not UTF-8 text", next_step=step) from None


def _put(book: "Book", course: Course, at: "datetime") -> bool:
    # Imported here because a register is an extra.
    from ketasched.register.records import Line  # noqa: PLC0415

    over = {visit.uid for visit in course.visits if visit.start < at}
    return book.put(course, Line(at, "imported"), spared=over)
