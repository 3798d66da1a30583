"""The books of a batch: manifest and rejects, which grow by whole lines, in the roster's order."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ketasched.batch.nouns import Outcome
from ketasched.errors import Refused
from ketasched.roster import REJECTS, Row, csv_line

MANIFEST, REJECTED = "manifest.csv", "rejects.csv"

COLUMNS = ("row", "patient", "status", "first", "last", "course_id", "files", "sha256", "input")
"""The columns of a manifest. `files` and `sha256` have as many parts."""

SEPARATOR = "|"
"""Stands between files and between hashes; a patient reference, which names files, has none."""


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
            csv_line((*self._cells(row), outcome.rule, outcome.reason))
            for row, outcome in rows
            if outcome.status == "rejected"
        )
        # The rejects first: a row that is in the manifest has to be in them, too.
        _append(self.rejects, b"".join(rejects))
        _append(self.manifest, b"".join(manifest_line(outcome) for _, outcome in rows))

    def _cells(self, row: Row) -> tuple[str, ...]:
        """A cell for each heading; a row that does not come apart so is all in the first."""
        return (*row.given, *[""] * (self.width - len(row.given)))


@contextmanager
def books(output: Path, header: Sequence[str]) -> Iterator[Books]:
    """The books of a run, begun with their headers. Raises `Refused` if they cannot be written."""
    try:
        with _new(output / MANIFEST) as manifest, _new(output / REJECTED) as rejects:
            _append(rejects, csv_line((*header, *REJECTS)))
            _append(manifest, csv_line(COLUMNS))
            yield Books(manifest, rejects, len(header))
            for file in (manifest, rejects):
                os.fsync(file.fileno())
    except OSError as error:
        raise cannot_be_written(output, error) from None


def manifest_line(outcome: Outcome) -> bytes:
    """The line of a manifest that says what became of a row."""
    return csv_line(
        (
            str(outcome.row),
            outcome.patient,
            outcome.status,
            outcome.first,
            outcome.last,
            outcome.course_id,
            SEPARATOR.join(name for name, _ in outcome.files),
            SEPARATOR.join(sha for _, sha in outcome.files),
            outcome.input,
        )
    )


def _new(path: Path) -> BinaryIO:
    # Opened by its path, so that an error can name it; the mode cannot be given otherwise.
    return open(path, "wb", buffering=0, opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _append(file: BinaryIO, data: bytes) -> None:
    """Write all of it or nothing."""
    place, rest = file.tell(), memoryview(data)
    try:
        # Where there is no room for all of it, some is written first and then the reason is told.
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        error.filename = str(file.name)
        raise
    finally:
        if rest:
            with suppress(OSError):
                file.truncate(place)
                file.seek(place)


def cannot_be_written(output: Path, error: OSError) -> Refused:
    """What to say where the folder, or the file that the error names, refuses."""
    said = f"{error.filename or output}: cannot be written: {error.strerror or error}"
    return Refused(said, next_step="mend that, then go on with --resume")
