"""What earlier runs into a folder did, and what a run leaves for one that goes on with it.

A run that was stopped leaves manifest and rejects as they are, and `.run.json`, which says when it
was begun.
"""

import csv
import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from ketasched.batch.ledger import COLUMNS, MANIFEST, REJECTED, SEPARATOR, manifest_line
from ketasched.batch.nouns import Known, Outcome
from ketasched.errors import Refused
from ketasched.folder import sweep, write_folder
from ketasched.roster import as_it_was, csv_line

BEGUN, EARLIER = ".run.json", ".manifest.earlier.csv"
"""When the run was begun; the manifest lines of the run that is resumed."""


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
