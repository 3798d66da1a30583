"""What a database refuses, in our words: no register, damaged, in the way, gone."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InternalError,
    OperationalError,
)

from ketasched.errors import BadFile, Refused


class Lost(Refused):
    """There is no connection, or it broke: whether the last thing was done is not known."""


@contextmanager
def in_our_words(engine: Engine) -> Iterator[None]:
    """The database's errors in our words; an entry that it refuses (`IntegrityError`) as it is.

    Raises `BadFile`, `Refused` or `Lost`.
    """
    try:
        yield
    except IntegrityError:
        raise
    except sqlite3.DatabaseError as error:  # of the driver itself, while it connects
        if "not a database" in str(error):
            raise no_register(place_of(engine)) from None
        raise damaged(place_of(engine), str(error)) from None
    except DBAPIError as error:
        if "not a database" in str(error.orig):
            raise no_register(place_of(engine)) from None
        if error.connection_invalidated:
            raise _lost(place_of(engine), _first_line(error)) from None
        if error.statement is None and engine.dialect.name != "sqlite":
            raise cannot(place_of(engine), _first_line(error), Lost) from None
        if engine.dialect.name == "sqlite" and type(error) is DatabaseError:
            raise damaged(place_of(engine), _first_line(error)) from None
        if isinstance(error, (OperationalError, InternalError)) or _is_not_allowed(error):
            raise cannot(place_of(engine), _first_line(error)) from None
        raise


def _is_not_allowed(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", "") == "42501"  # insufficient privilege


def no_register(place: str) -> BadFile:
    """The error for a place where something else is."""
    return BadFile(f"{place}: is not a register", next_step="give another --register")


def damaged(place: str, reason: str) -> BadFile:
    """The error for a register that is not whole."""
    step = "ketasched register restore BACKUP, or give another --register"
    return BadFile(f"{place}: the register is damaged: {reason}", next_step=step)


def cannot(place: str, reason: str, kind: type[Refused] = Refused) -> Refused:
    """The error for a register that is there and refuses; `reason` is in the database's words."""
    what = f"{place}: the register refuses: {reason}; nothing was entered"
    step = "see that it is there and has room, or give another --register"
    if "lock" in reason:
        step = "somebody else is writing for a long time: try again"
    return kind(what, next_step=step)


def _lost(place: str, reason: str) -> Lost:
    what = f"{place}: the register went away: {reason}; what was begun may have been entered"
    return Lost(what, next_step="once it is there again: ketasched register show")


def place_of(engine: Engine) -> str:
    """Where the register is, without its password, wherever in the URL that stands."""
    url = engine.url
    # Options of an address, too, can hold a password.
    return str(url.database) if url.get_backend_name() == "sqlite" else str(url.set(query={}))


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
