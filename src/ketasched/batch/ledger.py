"""The books of a batch: manifest and rejects, which grow by whole lines, in the roster's order."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ketasched.batch.nouns import SEPARATOR, Outcome
from ketasched.cells import csv_line
from ketasched.errors import Refused
from ketasched.roster import REJECTS, Row

MANIFEST, REJECTED, CHANGES = "manifest.csv", "rejects.csv", "changes.csv"

COLUMNS = (
    *("row", "patient", "status", "first", "last", "visits", "notes", "clinic"),
    *("course_id", "files", "sha256", "asked", "input"),
)
"""The columns of a manifest. `files` and `sha256` have as many parts."""


@dataclass(slots=True)
class Books:
    """The manifest and the rejects of a run, open to be written on."""

    manifest: BinaryIO
    rejects: BinaryIO
    width: int

    def write(self, rows: Sequence[tuple[Row, Outcome]]) -> None:
        """Write what became of these rows.

        Each file grows by whole lines; what could not be written whole is taken back.
        """
        rejects = (
            csv_line((*self._cells(row), str(row.number), outcome.rule, outcome.reason))
            for row, outcome in rows
            if outcome.status == "rejected"
        )
        # The rejects first: a row that is in the manifest has to be in them, too.
        append(self.rejects, b"".join(rejects))
        append(self.manifest, b"".join(manifest_line(outcome) for _, outcome in rows))

    def _cells(self, row: Row) -> tuple[str, ...]:
        """A cell for each heading; a row that does not come apart so is all in the first."""
        return (*row.given, *[""] * (self.width - len(row.given)))


@contextmanager
def books(output: Path, header: Sequence[str]) -> Iterator[Books]:
    """The books of a run, begun with their headers. Raises `Refused` if they cannot be written."""
    with (
        new_book(output / MANIFEST, csv_line(COLUMNS)) as manifest,
        new_book(output / REJECTED, csv_line((*header, *REJECTS))) as rejects,
    ):
        yield Books(manifest, rejects, len(header))


@contextmanager
def new_book(path: Path, header: bytes) -> Iterator[BinaryIO]:
    """A file that begins with its header and is on the disk at the end. Raises `Refused`."""
    try:
        # Opened by its path, so that an error can name it; the mode cannot be given otherwise.
        file = open(path, "wb", buffering=0, opener=private)  # noqa: SIM115
    except OSError as error:
        raise cannot_be_written(path, error) from None
    with file:
        append(file, header)
        yield file
        try:
            os.fsync(file.fileno())
        except OSError as error:
            raise cannot_be_written(path, error) from None


def manifest_line(outcome: Outcome) -> bytes:
    """The line of a manifest that says what became of a row."""
    made = outcome.made
    return csv_line(
        (
            *(str(outcome.row), outcome.patient, outcome.status),
            *(made.first, made.last, made.visits, made.notes, made.house, made.course_id),
            SEPARATOR.join(name for name, _ in outcome.files),
            SEPARATOR.join(sha for _, sha in outcome.files),
            *(outcome.asked, outcome.input),
        )
    )


def private(path: str, flags: int) -> int:
    """Open a file that only its owner reads; a link in its place is not followed."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def append(file: BinaryIO, data: bytes) -> None:
    """Write all of it or nothing. Raises `Refused`."""
    place, rest = file.tell(), memoryview(data)
    try:
        # Where there is no room for all of it, some is written first and then the reason is told.
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise cannot_be_written(Path(file.name), error) from None
    finally:
        if rest:
            with suppress(OSError):
                file.truncate(place)
                file.seek(place)


def cannot_be_written(output: Path, error: OSError) -> Refused:
    """What to say where the folder, or the file that the error names, refuses."""
    said = f"{error.filename or output}: cannot be written: {error.strerror or error}"
    return Refused(said, next_step="mend that, then go on with --resume")
