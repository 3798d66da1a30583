"""A copy of a register as it is at one moment, whoever writes meanwhile: a new SQLite file."""

import os
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine, select

from ketasched.errors import Refused
from ketasched.register.database import opened, reading, writing
from ketasched.register.tables import TABLES, VERSION

ROWS = 1000
"""So many rows are copied at once."""

BESIDE = ("", "-wal", "-shm", "-journal")
"""The files of a SQLite database, by what comes after its name."""


def back_up(engine: Engine, path: Path) -> None:
    """Copy the register to a new file, mode 0600, which has the name only once it is complete.

    Raises `Refused` if there is something by that name, or left of a database that had it.
    """
    there = [one for one in _beside(path) if one.exists()]
    if there:
        raise Refused(f"there already: {there[0]}", next_step="another name")
    _put(engine, path)


def restore(engine: Engine, path: Path) -> None:
    """Put a copy of a backup in the place of the register at `path`, which nobody else may use.

    What is left beside that one goes, too: SQLite would play its log into the file of the backup.
    """
    _put(engine, path, over=True)


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in BESIDE]


def _put(engine: Engine, path: Path, *, over: bool = False) -> None:
    """Write a copy beside, and give it its name."""
    part = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        _copy(engine, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        for left in _beside(path)[1:] if over else ():
            left.unlink(missing_ok=True)
        part.replace(path)
    except OSError as error:
        said = f"{path}: cannot be written: {error.strerror or error}"
        raise Refused(said, next_step="another place") from None
    finally:
        for left in _beside(part):
            with suppress(OSError):
                left.unlink()


def _copy(engine: Engine, path: Path) -> None:
    copy, _ = opened(str(path))
    try:
        with reading(engine) as source, writing(copy) as sink:
            for table in TABLES.sorted_tables:
                if table is VERSION:
                    continue
                found = source.execution_options(stream_results=True).execute(select(table))
                for rows in found.mappings().partitions(ROWS):
                    sink.execute(table.insert(), [dict(row) for row in rows])
        # One file alone, which can be read where nothing may be written, too.
        with closing(copy.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.dispose()
