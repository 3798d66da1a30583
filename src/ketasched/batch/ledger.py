"""The books of a batch: manifest, rejects, and what a later run needs to go on.

`manifest.csv` and `rejects.csv` grow by whole lines, in the order of the roster. A run that was
stopped leaves them as they are, with `.run.json`, which says when it was begun; `resumed` goes on
from there.
"""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from ketasched.batch.nouns import Known, Outcome
from ketasched.errors import Refused
from ketasched.folder import make_folder, sweep, write_folder
from ketasched.roster import REJECTS, Row, as_it_was, csv_line

MANIFEST, REJECTED = "manifest.csv", "rejects.csv"
BEGUN, EARLIER, LOCK = ".run.json", ".manifest.earlier.csv", ".batch.lock"
"""When the run was begun; the manifest lines of the run that is resumed; who is writing."""

COLUMNS = ("row", "patient", "status", "first", "last", "course_id", "files", "sha256", "input")
"""The columns of a manifest. `files` and `sha256` have as many parts."""

SEPARATOR = "|"
"""Stands between files and between hashes; a patient reference, which names files, has none."""

SECONDS_TO_WAIT = 2
"""How long workers of a run that was killed may take to be gone."""


@contextmanager
def alone_in(output: Path) -> Iterator[None]:
    """While no other batch writes into `output`, which is made. Raises `Refused`."""
    try:
        make_folder(output)
        with FileLock(output / LOCK, timeout=SECONDS_TO_WAIT, mode=0o600):
            try:
                sweep(output)
                yield
            finally:
                with suppress(OSError):
                    (output / LOCK).unlink()
    except Timeout:
        said = f"{output}: another batch is writing there"
        raise Refused(said, next_step="wait for it, or give another folder with -o") from None
    except OSError as error:
        raise _no_room(output, error) from None


def begun_at(output: Path) -> datetime | None:
    """The moment of planning of the run that was stopped in `output`, if one was."""
    try:
        return datetime.fromisoformat(json.loads((output / BEGUN).read_text())["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_earlier(output: Path, *, resumed: bool, force: bool) -> None:
    """Raise `Refused` if an earlier run is there that is neither resumed nor to be replaced."""
    there = (output / MANIFEST).exists() or (output / BEGUN).exists()
    if there and not (resumed or force):
        said = f"{output}: an earlier batch is there"
        raise Refused(said, next_step="--resume to go on with it, --force to do it all again")


def is_a_book(path: str, output: Path) -> bool:
    """Whether a roster is one of the files that a run into `output` writes anew."""
    books = (output / name for name in (MANIFEST, REJECTED, EARLIER))
    return any(book.exists() and Path(path).exists() and book.samefile(path) for book in books)


def begin(output: Path, made_at: datetime, *, resumed: bool, force: bool) -> None:
    """Get the folder ready for a run: what earlier ones did is set aside.

    Raises `Refused` if an earlier run is there that is neither resumed nor to be replaced.
    """
    refuse_earlier(output, resumed=resumed, force=force)
    earlier = {
        row["patient"]: row
        for name in (EARLIER, MANIFEST)
        for line in _lines(output / name)
        if (row := _row(line))
    }
    # With --force nothing is kept, but what we made has to be known: it may be written over.
    new = {"input": ""} if force else {}
    lines = b"".join(csv_line((row | new).values()) for row in earlier.values())
    write_folder(output, {EARLIER: lines}, force=True)
    if force:
        # Gone before the new moment is there: what it says is of the old one.
        (output / MANIFEST).unlink(missing_ok=True)
    begun = json.dumps({"made_at": made_at.isoformat()}).encode() + b"\n"
    write_folder(output, {BEGUN: begun}, force=True)


class Earlier:
    """What earlier runs did, by patient; only where each line begins is kept in memory."""

    def __init__(self, output: Path, *, begun: bool) -> None:
        self._output = output
        self._places: dict[str, tuple[Path, int]] = {}
        for name in (EARLIER,) if begun else (EARLIER, MANIFEST):
            place = 0
            for line in _lines(output / name):
                row = _row(line)
                if row:
                    self._places[row["patient"]] = output / name, place
                place += len(line)

    def note(self, patients: Iterable[str]) -> None:
        """Note whose folders are about to be made, if they are not there: they will be ours.

        A run that is stopped before they are in the manifest is gone on from with that.
        """
        new = (one for one in patients if not os.path.lexists(self._output / one))
        lines = b"".join(manifest_line(Outcome(0, patient, "planned")) for patient in new)
        with (self._output / EARLIER).open("ab") as file:
            file.write(lines)

    def finish(self) -> None:
        """Take away what only a run that is to be resumed needs, and what killed workers left.

        Patients whom the roster of this run does not name are not forgotten: who has been asked
        about is.
        """
        sweep(self._output)
        rest = b"".join(self._line(patient) for patient in self._places)
        if rest:
            write_folder(self._output, {EARLIER: rest}, force=True)
        else:
            (self._output / EARLIER).unlink(missing_ok=True)
        (self._output / BEGUN).unlink(missing_ok=True)

    def of(self, patient: str) -> Known | None:
        """What was done for a patient, if anything was; it is told once."""
        if patient not in self._places:
            return None
        row = _row(self._line(patient))
        del self._places[patient]
        names, hashes = row["files"].split(SEPARATOR), row["sha256"].split(SEPARATOR)
        if len(names) != len(hashes):
            return None
        files = tuple((name, sha) for name, sha in zip(names, hashes, strict=True) if name)
        return Known(row["course_id"], row["first"], row["last"], files, row["input"])

    def _line(self, patient: str) -> bytes:
        path, place = self._places[patient]
        with path.open("rb") as file:
            file.seek(place)
            return file.readline()


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
        raise _no_room(output, error) from None


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


def _lines(path: Path) -> Iterator[bytes]:
    """The whole lines of a manifest of ours; the last one may be half there."""
    try:
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))
    except FileNotFoundError:
        return


def _row(line: bytes) -> dict[str, str]:
    """A line of a manifest by column; empty for a header, a row that was rejected, or no line."""
    try:
        cells = next(csv.reader([line.decode("utf-8", "surrogateescape")]), [])
    except csv.Error:  # of a row that was rejected: too long for a cell, or part of a cell
        return {}
    if len(cells) != len(COLUMNS):
        return {}
    row = dict(zip(COLUMNS, map(as_it_was, cells), strict=True))
    return row if row["status"] == "planned" else {}


def _no_room(output: Path, error: OSError) -> Refused:
    said = f"{error.filename or output}: cannot be written: {error.strerror or error}"
    return Refused(said, next_step="mend that, then go on with --resume")
