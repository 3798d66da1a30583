"""A register's database: opened, made or brought up to date, its errors in our words."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from ketasched.errors import BadFile, BadRequest, Refused
from ketasched.register.tables import SCHEMA, TABLES, VERSION

SECONDS_TO_WAIT = 30
"""How long a writer waits for another one."""

MIGRATIONS: tuple[Callable[[Connection], None], ...] = ()
"""What brings a register from schema 1 to 2, from 2 to 3, and so on."""

PREPARING = 7_336_101
"""The number of the lock (PostgreSQL) under which tables are made: only one makes them."""


def opened(address: str) -> Engine:
    """The database at a URL, or in the SQLite file at a path, its tables there and up to date.

    Raises `BadRequest` for an address that means nothing, `BadFile` for a file that is no
    register, and `Refused` where the database refuses or is of a later ketasched.
    """
    url = _url(address)
    if url.get_backend_name() == "sqlite":
        _make_private(Path(url.database or ""))
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
    with in_our_words(engine):
        _bring_up_to_date(engine)
    return engine


def _url(address: str) -> URL:
    if "://" not in address:
        return URL.create("sqlite", database=address)
    try:
        url = make_url(address)
    except ArgumentError:
        raise BadRequest("register", "expected a URL or the path of a file") from None
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
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


def _make_private(path: Path) -> None:
    """Make the file of a new register, for nobody else to read, and the folders that it is in."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except PermissionError:
        return  # it may still be read
    except OSError as error:
        raise _cannot(str(path), error.strerror or str(error)) from None


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - of the driver
    # Transactions begin where we say so, not where the driver thinks.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # Who reads and who writes do not wait for each other; what is done outlasts a power cut.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


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


@contextmanager
def in_our_words(engine: Engine) -> Iterator[None]:
    """The database's errors in our words; an entry that it refuses (`IntegrityError`) as it is."""
    try:
        yield
    except OperationalError as error:
        raise _cannot(_shown(engine), _first_line(error)) from None
    except DBAPIError as error:
        if "not a database" in str(error):
            raise _no_register(engine) from None
        raise


def _bring_up_to_date(engine: Engine) -> None:
    with reading(engine) as connection:
        found = _schema(connection, engine)
    if found == SCHEMA:
        return
    if found is not None and found > SCHEMA:
        said = (
            f"{_shown(engine)}: its schema {found} is of a later ketasched; this one has {SCHEMA}"
        )
        raise Refused(said, next_step="upgrade ketasched")
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


def _schema(connection: Connection, engine: Engine) -> int | None:
    """The number of the schema that is there; None in an empty database."""
    names = set(inspect(connection).get_table_names())
    if VERSION.name in names:
        found: int = connection.execute(VERSION.select()).scalar_one()
        return found
    if names & set(TABLES.tables):
        raise _no_register(engine)
    return None


def _no_register(engine: Engine) -> BadFile:
    return BadFile(f"{_shown(engine)}: is not a register", next_step="give another --register")


def _cannot(place: str, reason: str) -> Refused:
    step = "see that it is there and may be written to, or give another --register"
    return Refused(f"{place}: the register refuses: {reason}", next_step=step)


def _shown(engine: Engine) -> str:
    """Where the register is, without its password."""
    url = engine.url
    return str(url.database) if url.get_backend_name() == "sqlite" else str(url)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
