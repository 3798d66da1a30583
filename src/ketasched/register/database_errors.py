"""Translation of database errors into errors that a user can mend."""

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


class ConnectionLost(Refused):
    """No connection, or a broken one: it is unknown whether the last transaction was committed."""


@contextmanager
def translated_error(engine: Engine) -> Iterator[None]:
    """Translate errors of the database into `BadFile`, `Refused` or `ConnectionLost`.

    An `IntegrityError` is raised unchanged: it says that an entry breaks a constraint.
    """
    try:
        yield
    except IntegrityError:
        raise
    except sqlite3.DatabaseError as error:  # raised by the driver itself while connecting
        if "not a database" in str(error):
            raise no_such_register(shown_address(engine)) from None
        raise damaged_file(shown_address(engine), str(error)) from None
    except DBAPIError as error:
        if "not a database" in str(error.orig):
            raise no_such_register(shown_address(engine)) from None
        if error.connection_invalidated:
            raise _connection_lost(shown_address(engine), _first_line(error)) from None
        if error.statement is None and engine.dialect.name != "sqlite":
            raise refused_operation(
                shown_address(engine), _first_line(error), ConnectionLost
            ) from None
        if engine.dialect.name == "sqlite" and type(error) is DatabaseError:
            raise damaged_file(shown_address(engine), _first_line(error)) from None
        if isinstance(error, (OperationalError, InternalError)) or _is_not_allowed(error):
            raise refused_operation(shown_address(engine), _first_line(error)) from None
        raise


def _is_not_allowed(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", "") == "42501"  # insufficient privilege


def no_such_register(place: str) -> BadFile:
    """The error for a file or database that is not a register."""
    return BadFile(f"{place}: is not a register", next_step="give another --register")


def damaged_file(place: str, reason: str) -> BadFile:
    """The error for a damaged register; `reason` is in the database's words."""
    step = "ketasched register restore BACKUP, or give another --register"
    return BadFile(f"{place}: the register is damaged: {reason}", next_step=step)


def refused_operation(place: str, reason: str, kind: type[Refused] = Refused) -> Refused:
    """The error for an operation that the database refuses; `reason` is in its words."""
    what = f"{place}: the register refuses: {reason}; nothing was entered"
    step = "see that it is there and has room, or give another --register"
    if "lock" in reason:
        step = "somebody else is writing for a long time: try again"
    return kind(what, next_step=step)


def _connection_lost(place: str, reason: str) -> ConnectionLost:
    what = f"{place}: the register went away: {reason}; what was begun may have been entered"
    return ConnectionLost(what, next_step="once it is there again: ketasched register show")


def shown_address(engine: Engine) -> str:
    """The address of the register, without a password."""
    url = engine.url
    # The query of a URL can contain a password, too.
    return str(url.database) if url.get_backend_name() == "sqlite" else str(url.set(query={}))


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
