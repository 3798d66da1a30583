"""A register's database: opened, made or brought up to date, looked at and written to."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ketasched.errors import BadFile, BadRequest, Refused
from ketasched.files.atomic_write import make_folder
from ketasched.register.database_errors import cannot, damaged, in_our_words, no_register, place_of
from ketasched.register.tables import SCHEMA, TABLES, VERSION

SECONDS_TO_WAIT = 30
"""How long a writer waits for another one."""

MIGRATIONS: tuple[Callable[[Connection], None], ...] = ()
"""What brings a register from schema 1 to 2, from 2 to 3, and so on."""

PREPARING = 7_336_101
"""The number of the lock (PostgreSQL) under which tables are made: only one makes them."""


def opened(address: str, *, make: bool = True) -> tuple[Engine, bool]:
    """The database at a URL, or in the SQLite file at a path, its tables there and up to date.

    And whether they were made now; with `make` false none are. Raises `BadRequest` for an address
    that means nothing, `BadFile` where there is no register, and `Refused` where the database
    refuses or is of a later ketasched.
    """
    url = _url(address)
    if url.get_backend_name() == "sqlite":
        _look_at_file(Path(url.database or ""), make=make)
    try:
        engine = create_engine(url, **_options(url))
    except (ArgumentError, NoSuchModuleError):
        raise _not_an_address(url) from None
    except ImportError:
        said = "a register in PostgreSQL needs the extra that brings its driver"
        step = "pip install 'ketasched[postgres]'"
        raise BadRequest("register", said, next_step=step) from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine, _bring_up_to_date(engine, make=make)


def _url(address: str) -> URL:
    if "://" not in address:
        return URL.create("sqlite", database=address)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise BadRequest("register", "expected a URL or the path of a file") from None
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    has_file = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
    if not has_file and url.drivername != "postgresql+psycopg":
        raise _not_an_address(url)
    return url


def _not_an_address(url: URL) -> BadRequest:
    said = f"expected the path of a file, or postgresql://…, not {url.drivername}://…"
    return BadRequest("register", said)


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": SECONDS_TO_WAIT}}
    options = f"-c lock_timeout={SECONDS_TO_WAIT * 1000}"
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10, "options": options}}


def _look_at_file(path: Path, *, make: bool) -> None:
    """Make the file of a new register, for nobody else to read, and the folders that it is in."""
    if path.is_dir():
        raise no_register(str(path))
    if path.exists():
        return
    if not make:
        step = "give another --register; the first course that is planned with it makes one"
        raise BadFile(f"{path}: there is no register", next_step=step)
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise cannot(str(path), error.strerror or str(error)) from None


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - of the driver
    # Transactions begin where we say so, not where the driver thinks.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # What is done outlasts a power cut.
    connection.execute("PRAGMA synchronous = FULL")


def _no_waiting(engine: Engine) -> None:
    """Have those who read a SQLite file and those who write wait no more for each other."""
    # It stays so, once it is; if it cannot be now, who opens it next tries again.
    with suppress(sqlite3.OperationalError), closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            cursor.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the book from its first look to its last."""
    with in_our_words(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is done as a whole, or not at all."""
    with (
        in_our_words(engine),
        engine.connect().execution_options(writes=True) as connection,
        connection.begin(),
    ):
        yield connection


def _bring_up_to_date(engine: Engine, *, make: bool) -> bool:
    """Make the tables, or bring them to the schema of today; whether they were made."""
    with reading(engine) as connection:
        found = _schema(connection, engine)
    if found is None and not make:
        raise no_register(place_of(engine))
    if engine.dialect.name == "sqlite":
        _no_waiting(engine)
    if found == SCHEMA:
        return False
    if found is not None and found > SCHEMA:
        said = f"its schema {found} is of a later ketasched; this one has {SCHEMA}"
        raise Refused(f"{place_of(engine)}: {said}", next_step="upgrade ketasched")
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({PREPARING})")
        # Asked again: another one may have made the tables meanwhile.
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
    """The number of the schema that is there; None in an empty database."""
    names = set(inspect(connection).get_table_names())
    if VERSION.name in names:
        found = connection.execute(VERSION.select()).scalars().all()
        if len(found) != 1 or found[0] < 1:
            raise damaged(place_of(engine), "it does not say of which schema it is")
        return int(found[0])
    if names & set(TABLES.tables) or (names and engine.dialect.name == "sqlite"):
        raise no_register(place_of(engine))
    return None
