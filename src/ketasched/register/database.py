"""Connections to a register's database: opening, schema, transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ketasched.errors import BadFile, BadRequest, Refused
from ketasched.files.atomic_write import make_folder
from ketasched.files.disk import create_file, refuse_all_but
from ketasched.register.address import has_second_at, is_url
from ketasched.register.database_errors import (
    damaged_file,
    no_such_register,
    refused_operation,
    shown_address,
    translated_error,
)
from ketasched.register.migrations import MIGRATIONS
from ketasched.register.tables import SCHEMA, TABLES, VERSION

SECONDS_TO_WAIT = 30
"""How long a writer waits for another writer."""

SUFFIXES = ("", "-wal", "-shm", "-journal")
"""The suffixes of a SQLite database's files."""

PREPARING = 7_336_101
"""The advisory lock (PostgreSQL) that a process holds while it creates or migrates the tables."""


def open_database(address: str, *, make: bool = True) -> tuple[Engine, bool]:
    """Open the database at a URL, or in the SQLite file at a path, with its tables up to date.

    Returns the engine, and whether the tables were created by this call; without `make` they are
    never created. Raises `BadRequest` for an invalid address, `BadFile` if there is no register,
    and `Refused` if the database refuses or belongs to a later ketasched.
    """
    url = _parse_url(address)
    if url.get_backend_name() == "sqlite":
        _prepare_file(Path(url.database or ""), make=make)
    try:
        engine = create_engine(url, hide_parameters=True, **_options(url))
    except (ArgumentError, NoSuchModuleError):
        raise _not_an_address(url) from None
    except ImportError:
        said = "a register in PostgreSQL needs the extra that brings its driver"
        step = "pip install 'ketasched[postgres]'"
        raise BadRequest("register", said, next_step=step) from None
    _listen(engine)
    is_new = _bring_up_to_date(engine, make=make)
    if url.get_backend_name() == "sqlite":
        with reading(engine) as connection:
            engine.update_execution_options(generation=_generation(connection))
    return engine, is_new


def _parse_url(address: str) -> URL:
    if not is_url(address):
        return URL.create("sqlite", database=address)
    if has_second_at(address):
        raise BadRequest("register", "has two @", next_step="%40 for each @ in the password")
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        step = "postgresql://user@host/clinic, or the path of a file: ./book.db"
        raise BadRequest(
            "register", "expected a URL or the path of a file", next_step=step
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    is_plain = url.host is None and url.username is None and url.password is None
    has_file = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
    if not (has_file and is_plain) and url.drivername != "postgresql+psycopg":
        raise _not_an_address(url)
    return url


def _not_an_address(url: URL) -> BadRequest:
    said = f"expected the path of a file, or postgresql://…, not {url.drivername}://…"
    return BadRequest("register", said)


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": SECONDS_TO_WAIT}}
    # Nothing of ours is kept in a session: a pooler refuses options at its start, and may give the
    # next transaction another one, which does not know the statements that were prepared before.
    arguments: dict[str, Any] = {"options": _start_options(url), "prepare_threshold": None}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = 10
    return {"pool_pre_ping": True, "connect_args": arguments}


def _start_options(url: URL) -> str:
    """The options that the URL has the server start a session with, such as `search_path`.

    Where they are empty, libpq sends none, not even those of PGOPTIONS.
    """
    return " ".join(url.normalized_query.get("options", ()))


def _listen(engine: Engine) -> None:
    """Have each connection prepared, and each transaction begun, as the database needs it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif "lock_timeout" not in _start_options(engine.url).lower().replace("-", "_"):
        event.listen(engine, "begin", _begin_postgresql)


def _prepare_file(path: Path, *, make: bool) -> None:
    """Create the file of a new register, with mode 0600, and its folders."""
    try:
        _look_at_file(path, make=make)
    except OSError as error:
        raise refused_operation(str(path), error.strerror or str(error)) from None


def _look_at_file(path: Path, *, make: bool) -> None:
    if path.exists():
        # SQLite would wait for ever at a pipe. A link may lead to the register itself.
        if not path.is_file():
            raise no_such_register(str(path))
        real = path.resolve()
        for suffix in SUFFIXES:
            refuse_all_but("a file", real.with_name(real.name + suffix))
        return
    if not make:
        step = "give another --register; the first course that is planned with it makes one"
        raise BadFile(f"{path}: there is no register", next_step=step)
    make_folder(path.parent)
    with suppress(FileExistsError):
        create_file(path, b"", sync=False)


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - of the driver
    # `_begin_sqlite` begins the transactions, not the driver.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # A committed transaction survives a power cut.
    connection.execute("PRAGMA synchronous = FULL")


def _use_write_ahead_log(engine: Engine) -> None:
    """Switch a SQLite file to write-ahead logging, so that readers and writers do not block."""
    # The mode is stored in the file; if the file is locked now, a later opening tries again.
    with suppress(sqlite3.OperationalError), closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            cursor.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    # In this transaction alone: behind a pooler, the session is somebody else's after it.
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {SECONDS_TO_WAIT * 1000}")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction whose queries all see the same state of the register."""
    with translated_error(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; committed at the end, rolled back if an error is raised."""
    with (
        translated_error(engine),
        engine.connect().execution_options(writes=True) as connection,
        connection.begin(),
    ):
        _refuse_restored(connection)
        yield connection


def _refuse_restored(connection: Connection) -> None:
    """Raise `Refused` if a backup was put in the place of the register since it was opened.

    What this process has read or entered before may not be in it any more.
    """
    opened = connection.engine.get_execution_options().get("generation")
    if opened is not None and _generation(connection) != opened:
        said = f"{shown_address(connection.engine)}: a backup was restored meanwhile"
        raise Refused(f"{said}; nothing was entered", next_step="the same command once more")


def _generation(connection: Connection) -> int:
    """The number that a restored backup gets: another one each time."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _bring_up_to_date(engine: Engine, *, make: bool) -> bool:
    """Create the tables, or migrate them to `SCHEMA`. Returns whether they were created."""
    with reading(engine) as connection:
        found = _schema(connection, engine)
    if found is None and not make:
        raise no_such_register(shown_address(engine))
    if engine.dialect.name == "sqlite":
        _use_write_ahead_log(engine)
    if found == SCHEMA:
        return False
    if found is not None and found > SCHEMA:
        said = f"its schema {found} is of a later ketasched; this one has {SCHEMA}"
        raise Refused(f"{shown_address(engine)}: {said}", next_step="upgrade ketasched")
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({PREPARING})")
        # Read again: another process may have created the tables meanwhile.
        found = _schema(connection, engine)
        if found is None:
            TABLES.create_all(connection)
            connection.execute(VERSION.insert().values(schema_number=SCHEMA))
        elif found < SCHEMA:
            for migrate in MIGRATIONS[found - 1 :]:
                migrate(connection)
            connection.execute(VERSION.update().values(schema_number=SCHEMA))
    return found is None


def _schema(connection: Connection, engine: Engine) -> int | None:
    """The number of the database's schema; None for an empty database."""
    names = set(inspect(connection).get_table_names())
    if VERSION.name in names:
        found = connection.execute(VERSION.select()).scalars().all()
        if len(found) != 1 or not isinstance(found[0], int) or found[0] < 1:
            raise damaged_file(engine, "it does not say of which schema it is")
        return found[0]
    if names & set(TABLES.tables) or (names and engine.dialect.name == "sqlite"):
        raise no_such_register(shown_address(engine))
    return None
