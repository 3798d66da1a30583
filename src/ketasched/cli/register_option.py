"""The register of a command: by `--register`, by the environment, or the user's own."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ketasched.cli import options
from ketasched.cli.anonymity import hide_people
from ketasched.cli.output import say, use_clock_of
from ketasched.errors import BadRequest
from ketasched.files.disk import is_there, open_file
from ketasched.files.load import load_clinic
from ketasched.model import Clinic, Course
from ketasched.register.address import is_url
from ketasched.register.opening import no_extra, opened_register

if TYPE_CHECKING:
    from ketasched.register.register import Register

VARIABLE = "KETASCHED_REGISTER"

USUAL = ""
"""The value of `--register` alone: the register of the environment, else the user's own."""

NOT_BOOKED = "nothing was booked (--dry-run)"

ENDINGS = (".db", ".sqlite", ".sqlite3")
"""The suffixes of a register's file.

A file with another suffix is a register's if SQLite made it, and a missing file if its path has
a folder.
"""

HEADER = b"SQLite format 3\0"
"""The first bytes of a SQLite file."""


def _checked(address: str | None) -> str | None:
    """The same address. Raises `BadRequest` if it is neither a URL nor the file of a register."""
    if address and not _is_an_address(address):
        said = f'"{address}" is neither a URL nor the file of a register'
        step = "put --register last for the usual one, else a FILE.db after it"
        raise BadRequest("register", said, next_step=step)
    return address


def _is_an_address(value: str) -> bool:
    path = Path(value)
    if is_url(value) or path.suffix.lower() in ENDINGS:
        return True
    if os.path.isfile(path):  # noqa: PTH113 - a method of `Path` raises where nobody may look
        with suppress(OSError), open_file(path) as file:  # else `Register` says why
            return file.read(len(HEADER)) in (b"", HEADER)
    return not is_there(path) and ("/" in value or "\\" in value)


register_option = click.option(
    "--register",
    "register_address",
    is_flag=False,
    flag_value=USUAL,
    default=None,
    callback=lambda _ctx, _param, value: _checked(value),
    metavar="[URL|FILE]",
    help=f"The clinic's register: what is taken there, and to book in ({VARIABLE}).",
)


def refuse_stranger(register: "Register", clinic: Clinic, clinic_file: str) -> None:
    """Raise `BadRequest` if the register would take the clinic for another one than it has.

    That is also the plain clinic, assumed without a file, beside real ones.
    """
    names = list(filter(None, register.clinics()))
    if clinic_file == options.PLAIN_CLINIC and names:
        said = f"there is no clinic file here, and the register is of {', '.join(names)}"
        raise BadRequest(
            "clinic", said, next_step="go where clinic.toml lies, or: --clinic CLINIC.toml"
        )
    register.refuse_stranger(clinic)


def is_register_given(option: str | None) -> bool:
    """Whether the option or the environment names a register."""
    return option is not None or bool(os.environ.get(VARIABLE))


def open_register(option: str | None, *, make: bool = False) -> "Register | None":
    """The register that the option or the environment names, opened; None if neither does.

    With `make` a missing register is made. Raises `BadRequest`, `BadFile`, `Refused`.
    """
    return needed_register(option, make=make) if is_register_given(option) else None


def needed_register(option: str | None, *, make: bool = False) -> "Register":
    """The register that the option or the environment names, else the usual one, opened.

    Raises the same as `open_register`.
    """
    address = _address(option)
    register = opened_register(address, make=make, notice=hide_people)
    click.get_current_context().call_on_close(register.close)
    if register.is_new:
        say("note", f"a new register: {register.place}")
    return register


def existing_register() -> "Register | None":
    """The register that commands use without `--register FILE`; None if it was never made."""
    is_made = is_register_given(None) or has_usual_register()
    return needed_register(None) if is_made else None


def has_usual_register() -> bool:
    """Whether the user's own register was ever made. It is not opened."""
    with suppress(BadRequest):  # nobody has to have the extra
        # One where this user may not look is somebody else's.
        return os.path.exists(_usual_file())  # noqa: PTH110
    return False


def register_file(option: str | None) -> Path:
    """The file of the register that is given. Raises `BadRequest` if it is at a server."""
    address = _address(option)
    if is_url(address):
        said = "a backup is put in the place of a file"
        step = "import what this prints: ketasched register export --register FILE"
        raise BadRequest("register", said, next_step=step)
    path = Path(address)
    return path.resolve() if path.is_symlink() else path  # a link leads to the register itself


@dataclass(frozen=True)
class RegisterOptions:
    """The options that say which register, which of its clinics, and what moment it is."""

    register_address: str | None
    clinic_path: str | None
    today: str | None

    @cached_property
    def register(self) -> "Register | None":
        """The register that is given, opened; else None."""
        return open_register(self.register_address)

    @property
    def named_clinic(self) -> Clinic | None:
        """The clinic of `--clinic`; None unless it is given. Raises `BadFile`."""
        return load_clinic(self.clinic_path) if self.clinic_path else None

    def moment(self, course: Course) -> datetime:
        """The moment that `--today` says, else now; dates are read as at the course's clinic."""
        use_clock_of(course.clinic)
        return options.moment_of(self.today, course.visits[0].start.tzinfo, field="today")


def _address(option: str | None) -> str:
    """The address by the option, else by the environment, else that of the user's own register."""
    return option or _checked(os.environ.get(VARIABLE)) or _usual_file()


def _usual_file() -> str:
    try:
        # Imported here because only the user's own register needs it.
        import platformdirs  # noqa: PLC0415
    except ImportError:
        raise no_extra() from None
    return str(Path(platformdirs.user_data_dir("ketasched", appauthor=False)) / "register.db")
