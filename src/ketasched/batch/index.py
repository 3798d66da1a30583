"""Manifests read back: where each patient's line is, and what it says."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from ketasched.batch.ledger import COLUMNS
from ketasched.batch.nouns import SEPARATOR, Known, Made
from ketasched.cells import as_it_was

GONE = "0"
"""Stands for the number of a row, where a finished run's roster did not name the patient."""

MADE = ("course_id", "first", "last", "visits", "notes", "clinic")
"""The columns of `Made`, in its order."""


class Index:
    """Where the last line of each patient is in these manifests; only that is kept in memory."""

    def __init__(self, output: Path, names: Sequence[str]) -> None:
        self._files = [(output / name).open("rb") for name in names if (output / name).exists()]
        self._places: dict[str, int] = {}
        for number, file in enumerate(self._files):
            place = 0
            for line in file:
                # The last line may be half there.
                if line.endswith(b"\n") and (row := row_of(line)):
                    self._places[row["patient"]] = place * len(self._files) + number
                place += len(line)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, patient: object) -> bool:
        return patient in self._places

    def line(self, patient: str) -> bytes:
        """The line of a patient who is there."""
        place, number = divmod(self._places[patient], len(self._files))
        self._files[number].seek(place)
        return self._files[number].readline()

    def forget(self, patient: str) -> None:
        """Be asked no more about a patient."""
        self._places.pop(patient, None)

    def close(self) -> None:
        """Close the manifests."""
        for file in self._files:
            file.close()


def row_of(line: bytes) -> dict[str, str]:
    """A line of a manifest by column; empty for a header, a row that was rejected, or no line."""
    try:
        cells = next(csv.reader([line.decode("utf-8", "surrogateescape")]), [])
    except csv.Error:  # of a row that was rejected: too long for a cell, or part of a cell
        return {}
    if len(cells) != len(COLUMNS):
        return {}
    row = dict(zip(COLUMNS, map(as_it_was, cells), strict=True))
    return row if row["status"] == "planned" else {}


def known_of(line: bytes) -> Known:
    """What a line of a manifest says."""
    row = row_of(line)
    names, hashes = row["files"].split(SEPARATOR), row["sha256"].split(SEPARATOR)
    same = len(names) == len(hashes)
    files = tuple((name, sha) for name, sha in zip(names, hashes, strict=False) if name)
    made = Made(*(row[name] for name in MADE))
    return Known(made, files if same else (), row["asked"], row["input"], row["row"] == GONE)
