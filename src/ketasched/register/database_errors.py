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

INSUFFICIENT_PRIVILEGE = "42501"
"""The SQLSTATE for an operation that the user may not do."""


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
    # The driver itself raises the first of these while it connects.
    except (sqlite3.DatabaseError, DBAPIError) as error:
        translation = _translation(engine, error)
        if translation is None:
            raise
        raise translation from None


def _translation(
    engine: Engine, error: sqlite3.DatabaseError | DBAPIError
) -> BadFile | Refused | None:
    place, is_file = shown_address(engine), engine.dialect.name == "sqlite"
    original = error.orig if isinstance(error, DBAPIError) else error
    reason = str(original).strip().splitlines()[0]
    if "not a database" in reason:
        return no_such_register(place)
    if isinstance(error, sqlite3.DatabaseError):
        return damaged_file(place, reason)
    if error.connection_invalidated:
        what = f"{place}: the register went away: {reason}; what was begun may have been entered"
        return ConnectionLost(what, next_step="once it is there again: ketasched register show")
    if error.statement is None and not is_file:
        return refused_operation(place, reason, ConnectionLost)
    if is_file and type(error) is DatabaseError:
        return damaged_file(place, reason)
    is_forbidden = getattr(original, "sqlstate", "") == INSUFFICIENT_PRIVILEGE
    if isinstance(error, (OperationalError, InternalError)) or is_forbidden:
        return refused_operation(place, reason)
    return None


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


def shown_address(engine: Engine) -> str:
    """The address of the register, without a password."""
    url = engine.url
    # The query of a URL can contain a password, too.
    return str(url.database) if url.get_backend_name() == "sqlite" else str(url.set(query={}))
