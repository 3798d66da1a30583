"""Opens a register. Its libraries are an extra, and are loaded only once one is opened."""

from typing import TYPE_CHECKING

from ketasched.errors import BadRequest
from ketasched.register.records import ReadListener, ignore

if TYPE_CHECKING:
    from ketasched.register.register import Register


def opened_register(address: str, *, make: bool, notice: ReadListener = ignore) -> "Register":
    """The register at a URL or in a SQLite file; with `make` a missing one is made.

    `notice` is called with each course that is read, and the reference of each patient who is
    found. Raises `BadRequest` for what is no address, or without the extra; `BadFile` if there is
    no register, `Refused` if the database refuses.
    """
    try:
        # Imported here because a register is an extra, and takes its time to load.
        from ketasched.register.register import Register  # noqa: PLC0415
    except ImportError:
        raise no_extra() from None
    return Register.open(address, make=make, notice=notice)


def no_extra() -> BadRequest:
    """The error where the libraries of a register are not installed."""
    said = "a register needs the extra that brings its database"
    return BadRequest("register", said, next_step="pip install 'ketasched[register]'")
