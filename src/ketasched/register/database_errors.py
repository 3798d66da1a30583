"""Translation of database errors into errors that a user can mend."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InternalError,
    OperationalError,
)

from ketasched.errors import BadFile, Refused
from ketasched.register.address import without_secrets

INSUFFICIENT_PRIVILEGE, NO_SCHEMA = "42501", "3F000"
"""The SQLSTATEs for an operation that the user may not do, and for tables without a place."""

MISSING = "no such table", "no such column", "has no column named"
MISSING_STATES = "42P01", "42703"
"""What SQLite says, and the SQLSTATEs of PostgreSQL, where a table or a column is missing."""


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
    reason = _reason(engine, original)
    state = getattr(original, "sqlstate", None)
    if "not a database" in reason:
        return no_such_register(place)
    if isinstance(error, sqlite3.DatabaseError):
        is_damaged = not isinstance(error, sqlite3.OperationalError)  # a lock, no room, no reading
        return damaged_file(engine, reason) if is_damaged else refused_operation(place, reason)
    if error.connection_invalidated:
        what = f"{place}: the register went away: {reason}; what was begun may have been entered"
        return ConnectionLost(what, next_step="once it is there again: ketasched register list")
    if error.statement is None and not is_file:
        return refused_operation(place, reason, ConnectionLost)
    is_missing = any(one in reason for one in MISSING) if is_file else state in MISSING_STATES
    if is_missing or (is_file and type(error) is DatabaseError):
        return damaged_file(engine, reason)
    is_forbidden = state in (INSUFFICIENT_PRIVILEGE, NO_SCHEMA)
    if isinstance(error, (OperationalError, InternalError)) or is_forbidden:
        return refused_operation(place, reason)
    return None


def _reason(engine: Engine, error: BaseException | None) -> str:
    """What the driver says, without what the address says of the user."""
    url = engine.url
    options = (value for values in url.normalized_query.values() for value in values)
    secrets = [str(url.password or ""), url.username or "", *options]
    text = str(error).strip().partition("\n")[0]
    return text if url.get_backend_name() == "sqlite" else without_secrets(text, secrets)


def no_such_register(place: str) -> BadFile:
    """The error for a file or database that is not a register."""
    return BadFile(f"{place}: is not a register", next_step="give another --register")


def damaged_file(engine: Engine, reason: str) -> BadFile:
    """The error for a damaged register; `reason` is in the database's words."""
    step = "give another --register, or: ketasched register restore BACKUP"
    if engine.dialect.name != "sqlite":
        step = "restore the database from its server's backup, or give another --register"
    what = f"{shown_address(engine)}: the register is damaged: {reason}"
    return BadFile(what, next_step=step)


def refused_operation(place: str, reason: str, kind: type[Refused] = Refused) -> Refused:
    """The error for an operation that the database refuses; `reason` is in its words."""
    what = f"{place}: the register refuses: {reason}; nothing was entered"
    step = "see that it is there and has room, or give another --register"
    if "startup parameter" in reason:
        step = (
            "the address without options=, which a pooler refuses; in the database, once: "
            "ALTER ROLE clerk SET search_path = clinic"
        )
    elif "lock" in reason:
        step = "somebody else is writing for a long time: try again"
    return kind(what, next_step=step)


def shown_address(engine: Engine) -> str:
    """The address of the register, without the user, the password and the options."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return str(URL.create("postgresql", host=url.host, port=url.port, database=url.database))
