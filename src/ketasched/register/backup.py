"""Backups: consistent copies of a register as a SQLite file, also while others write."""

import os
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine, select

from ketasched.errors import Refused
from ketasched.files.disk import sync_to_disk
from ketasched.register.database import SUFFIXES, open_database, reading, writing
from ketasched.register.tables import TABLES, VERSION

ROWS_AT_ONCE = 1000
"""How many rows are copied at once."""


def back_up(engine: Engine, path: Path) -> None:
    """Copy the register to a new file at `path`, with mode 0600.

    The file appears only once it is complete. Raises `Refused` if `path`, or a file that SQLite
    would take for a part of it, exists.
    """
    there = [one for one in _files_of(path) if one.exists()]
    if there:
        raise Refused(f"there already: {there[0]}", next_step="another name")
    write_copy(engine, path)


def _files_of(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in SUFFIXES]


def write_copy(engine: Engine, path: Path) -> None:
    """Write a copy of the register beside `path` and rename it; replaces what is at `path`.

    Nobody else may use a register at `path`. Its write-ahead log is removed: SQLite would replay
    it into the new file.
    """
    part = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        _copy(engine, part)
        sync_to_disk(part)
        for left in _files_of(path)[1:]:
            left.unlink(missing_ok=True)
        part.replace(path)
    except OSError as error:
        said = f"{path}: cannot be written: {error.strerror or error}"
        raise Refused(said, next_step="another place") from None
    finally:
        for left in _files_of(part):
            with suppress(OSError):
                left.unlink()


def _copy(engine: Engine, path: Path) -> None:
    copy, _ = open_database(str(path))
    try:
        with reading(engine) as source, writing(copy) as sink:
            for table in TABLES.sorted_tables:
                if table is VERSION:
                    continue
                found = source.execution_options(stream_results=True).execute(select(table))
                for rows in found.mappings().partitions(ROWS_AT_ONCE):
                    sink.execute(table.insert(), [dict(row) for row in rows])
        # Without a write-ahead log the file can be read on a read-only disk.
        with closing(copy.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.dispose()
