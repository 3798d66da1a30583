"""The register that a command is to use: opened, and courses in it found by their patient."""

import os
from contextlib import suppress
from datetime import UTC, date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ketasched.cli.options import PLAIN_CLINIC, moment_of
from ketasched.cli.output import say
from ketasched.errors import BadFile, BadRequest
from ketasched.files.load import load_clinic, load_course
from ketasched.model import Clinic, Course

if TYPE_CHECKING:
    from ketasched.register.records import Entered
    from ketasched.register.register import Book

VARIABLE = "KETASCHED_REGISTER"

USUAL = ""
"""What `--register` alone is: the one that the environment names, else the user's own."""

NAME = "register.db"

NOT_BOOKED = "nothing was booked (--dry-run)"

ENDINGS = (".db", ".sqlite", ".sqlite3")
"""How the name of a register's file ends, unless it is there already or says in which folder."""

HEADER = b"SQLite format 3\0"
"""How a SQLite file begins."""


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """The option's value; one that was meant for something else is refused."""
    return _refuse_no_address(value)


def _refuse_no_address(value: str | None) -> str | None:
    if value and not _is_an_address(value):
        said = f'"{value}" is neither a URL nor the file of a register'
        step = "--register at the end, for the usual one; or --register FILE.db"
        raise BadRequest("register", said, next_step=step)
    return value


def _is_an_address(value: str) -> bool:
    path = Path(value)
    if "://" in value or path.suffix.lower() in ENDINGS:
        return True
    if path.is_file():
        with suppress(OSError), path.open("rb") as file:  # if not, whoever opens it says why
            return file.read(len(HEADER)) in (b"", HEADER)
    return not path.exists() and ("/" in value or "\\" in value)


register_option = click.option(
    "--register",
    "register",
    is_flag=False,
    flag_value=USUAL,
    default=None,
    callback=_address,
    metavar="[URL|FILE]",
    help=f"The clinic's register: what is taken there, and to book in ({VARIABLE}).",
)


def refuse_stranger(book: "Book", clinic: Clinic, clinic_file: str) -> None:
    """Refuse to book at what the register would take for another clinic than the one it has.

    That is the plain clinic, assumed without a file, beside real ones; and a clinic of a known
    name with another `id_salt`: its chairs would be there twice.
    """
    names = list(filter(None, book.clinics()))
    if clinic_file == PLAIN_CLINIC and names:
        said = f"there is no clinic file here, and the register is of {', '.join(names)}"
        raise BadRequest("clinic", said, next_step="--clinic FILE, or go where clinic.toml lies")
    if clinic.name in names and not book.knows(clinic):
        said = f"the register has {clinic.name} with another id_salt: its chairs would count twice"
        step = f"put the id_salt back into {clinic_file}, or give this clinic another name"
        raise BadRequest("clinic", said, next_step=step)


def is_asked(asked: str | None) -> bool:
    """Whether there is a register to use, by the option or by the environment."""
    return asked is not None or bool(os.environ.get(VARIABLE))


def open_book(asked: str | None, *, make: bool = False) -> "Book | None":
    """The register that is asked for, or that the environment names; None where there is none.

    With `make` it is made if it is not there. Raises `BadRequest`, `BadFile`, `Refused`.
    """
    address = _given(asked)
    if address is None:
        return None
    if address == USUAL:
        address = _usual()
    try:
        # Imported here because a register is an extra, and takes its time to load.
        from ketasched.register.register import Book  # noqa: PLC0415
    except ImportError:
        raise _no_extra() from None
    book = Book.at(address, make=make)
    click.get_current_context().call_on_close(book.close)
    if book.is_new:
        say("note", f"a new register: {book.place}")
    return book


def book_to_look_at() -> "Book | None":
    """The register that the environment names, else the usual one; None where there is none."""
    try:
        address = None if is_asked(None) else _usual()
    except BadRequest:  # nobody has to have the extra
        return None
    return None if address and not Path(address).exists() else open_book(address)


def needed_book(asked: str | None, *, make: bool = False) -> "Book":
    """The register that is asked for; else the usual one."""
    book = open_book(asked, make=make) or open_book(USUAL, make=make)
    assert book is not None  # noqa: S101 - the usual one has an address
    return book


def file_of(asked: str | None) -> Path:
    """The file of the register that is asked for. Raises `BadRequest` where it is no file."""
    address = _given(asked) or USUAL
    if "://" in address:
        said = "a backup is put in the place of a file"
        step = "ketasched register export --register FILE, and import what that prints"
        raise BadRequest("register", said, next_step=step)
    path = Path(address or _usual())
    return path.resolve() if path.is_symlink() else path  # a link leads to the register itself


def _given(asked: str | None) -> str | None:
    """The address by the option, else by the environment. Raises `BadRequest` for what is none.

    The option's has been looked at when it was read.
    """
    return asked or _refuse_no_address(os.environ.get(VARIABLE)) or asked


def course_at(
    course: str, book: "Book | None", clinic_path: str | None, today: str | None
) -> "tuple[Course, Entered | None]":
    """The course of a file or folder; else that of a patient in the register, with its entry.

    Raises `BadFile`.
    """
    if book is None or Path(course).exists() or course == "-":
        return load_course(course), None
    entry = entry_of(book, course, clinic_path, moment_of(today, UTC, field="today").date())
    return book.course(entry.course_id), entry


def entry_of(
    book: "Book", name: str, clinic_path: str | None = None, today: date | None = None
) -> "Entered":
    """The last course of a patient; where nobody has that name, the one with this identifier.

    With `today` it is the one that is not over yet. Raises `BadFile`, also where that are several.
    """
    clinic = load_clinic(clinic_path) if clinic_path else None
    entries = book.entries(clinic, name)
    if not entries:
        named = book.entry(name)
        if named:
            return named
        said = f"{name}: there is no such file, and no such patient in the register"
        step = "ketasched register list, or the path of a course.json"
        raise BadFile(said, next_step=step)
    places = sorted({entry.clinic for entry in entries})
    if len(places) > 1:
        said = f"{name}: is in the register for {len(places)} clinics: {', '.join(places)}"
        raise BadFile(said, next_step="--clinic FILE says which")
    going_on = [one for one in entries if today and one.last_day >= today.isoformat()]
    if len(going_on) > 1:
        raise BadFile(
            f"{name}: has {len(going_on)} courses in the register that are not over",
            details=[f"{one.course_id}: {one.first_day} to {one.last_day}" for one in going_on],
            next_step=f"give the one that is meant, {going_on[0].course_id}, in place of the name",
        )
    return (going_on or entries)[-1]


def _usual() -> str:
    try:
        # Imported here because only who asks for this place needs it.
        import platformdirs  # noqa: PLC0415
    except ImportError:
        raise _no_extra() from None
    return str(Path(platformdirs.user_data_dir("ketasched", appauthor=False)) / NAME)


def _no_extra() -> BadRequest:
    said = "a register needs the extra that brings its database"
    return BadRequest("register", said, next_step="pip install 'ketasched[register]'")
