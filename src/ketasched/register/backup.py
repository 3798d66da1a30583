"""Backups: consistent copies of a register as a SQLite file, also while others write."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine, select

from ketasched.errors import Refused
from ketasched.files.atomic_write import locked_folder
from ketasched.files.disk import sync_to_disk
from ketasched.register.database import SECONDS_TO_WAIT, SUFFIXES, open_database, reading, writing
from ketasched.register.database_errors import refused_operation
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
    with _copied(engine, path) as part:
        part.replace(path)


def restore(engine: Engine, path: Path) -> None:
    """Put a copy of the register in the place of the one at `path`, with mode 0600.

    It is written into the file that is there, in one transaction: what others enter comes before
    it or after it. Whoever has the file open is refused from then on. A file that is damaged is
    replaced, without its write-ahead log, which SQLite would replay into the new one. Raises
    `Refused`.
    """
    with _copied(engine, path) as part:
        with closing(sqlite3.connect(part)) as copy:
            copy.execute(f"PRAGMA user_version = {int.from_bytes(os.urandom(3)) + 1}")
        if path.exists() and _overwrite(path, part):
            path.chmod(0o600)
            return
        for left in _files_of(path)[1:]:
            left.unlink(missing_ok=True)
        part.replace(path)


def _files_of(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in SUFFIXES]


@contextmanager
def _copied(engine: Engine, path: Path) -> Iterator[Path]:
    """A complete copy of the register in a file beside `path`, which is removed at the end.

    The folder is locked: other writers there remove the copy of one that was killed.
    """
    part = path.with_name(f".{os.urandom(8).hex()}.part")
    with locked_folder(path.parent):
        try:
            _copy(engine, part)
            sync_to_disk(part)
            yield part
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


def _overwrite(path: Path, part: Path) -> bool:
    """Write the pages of one database over those of another; False if that one is damaged."""
    end = time.monotonic() + SECONDS_TO_WAIT

    def wait(_status: int, _left: int, _pages: int) -> None:
        if time.monotonic() > end:
            raise refused_operation(str(path), "the database is locked")

    try:
        with closing(sqlite3.connect(part)) as copy, closing(sqlite3.connect(path)) as register:
            copy.backup(register, progress=wait)
    except sqlite3.OperationalError as error:
        raise refused_operation(str(path), str(error)) from None
    except sqlite3.DatabaseError:
        return False
    return True
