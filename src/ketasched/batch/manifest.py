"""The books of a batch: manifest and rejects, which grow by whole lines, in the roster's order."""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from ketasched.batch.fingerprints import sha
from ketasched.batch.records import SEPARATOR, Known, Made, Outcome
from ketasched.errors import Refused
from ketasched.files.csv_cells import as_it_was, csv_line
from ketasched.files.roster import REJECTS, Row
from ketasched.model import TAKES_PLACE, Clinic, Course, Finding, Visit
from ketasched.model.occupancy import Taken
from ketasched.model.wall_clock import clock_text, effective_kind
from ketasched.planning.planner import ChosenSlots
from ketasched.rules import Past

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


Seat = tuple[date, tuple[datetime, datetime]]
"""A local date, and from when until when a chair is taken then (UTC)."""

DaysTaken = dict[date, Taken]
"""The chairs of one clinic that are taken, day by day."""


MINUTES = len("2027-04-05T09:00")
"""How much of a moment's ISO form says when it is, to the minute."""


def house_of(clinic: Clinic) -> str:
    """What a clinic is known by from one run to the next: a digest of its zone, name and salt."""
    return sha("\n".join((clinic.timezone, clinic.name, clinic.id_salt)).encode())[:16]


def visits_of(course: Course) -> str:
    """A course's visits as a manifest has them: "2027-04-05T09:00/10:55|2027-04-07T09:00/10:55".

    In the clinic's time; where no chair is taken, or not any more, there is no end. Visits that do
    not take place are left out.
    """
    return SEPARATOR.join(
        visit.start.isoformat()[:MINUTES] + (f"/{clock_text(visit.end)}" if sits else "")
        for visit, sits in _visits(course)
    )


def seats_in(visits: str, zone: ZoneInfo) -> Iterator[Seat]:
    """The seats that the cell of a manifest says."""
    for visit in visits.split(SEPARATOR) if visits else ():
        start, _, end = visit.partition("/")
        if end:
            begins = datetime.fromisoformat(start).replace(tzinfo=zone)
            ends = datetime.combine(begins.date(), time.fromisoformat(end), zone)
            if end == "00:00":
                ends += timedelta(days=1)
            elif ends.astimezone(UTC) <= begins.astimezone(UTC):  # the clocks go back in between
                ends = ends.replace(fold=1)
            yield begins.date(), (begins.astimezone(UTC), ends.astimezone(UTC))


def seats_taken(decided: ChosenSlots) -> Iterator[Seat]:
    """The seats that a course takes."""
    for own in decided.slots:
        for slot in own:
            if slot.kind.place == "clinic":
                yield slot.start.date(), (slot.start.astimezone(UTC), slot.end.astimezone(UTC))


def _visits(course: Course) -> Iterator[tuple[Visit, bool]]:
    """The visits that take place, each with whether it takes a chair."""
    for visit in course.visits:
        if visit.status in TAKES_PLACE:
            kind = effective_kind(course.protocol, course.clinic, visit.kind)
            yield visit, kind.place == "clinic"


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


OF_THE_WHOLE = ("spacing", "time")
"""Rules of which a given-up finding is not about the start."""


def made_of(course: Course) -> Made:
    """The course as the manifest has it."""
    days = [visit.start.date() for visit in course.visits if visit.status in TAKES_PLACE]
    return Made(
        course.course_id,
        days[0].isoformat() if days else "",
        days[-1].isoformat() if days else "",
        visits_of(course),
        notes_of(course),
        house_of(course.clinic),
    )


def notes_of(course: Course) -> str:
    """The rules that have something to say of a course, each with how often, if more than once.

    A start that slid is "late start: " and the rule that moved it; "past start" is one that was
    asked for a day gone by, and slid to one that was not. The sentences are in the
    course's own files.
    """
    counts = Counter(_note(course, finding) for finding in course.findings)
    return SEPARATOR.join(
        note if number == 1 else f"{note} x{number}" for note, number in counts.items()
    )


def _note(course: Course, finding: Finding) -> str:
    if finding.rule == Past.name and course.visits[0].start > course.made_at:
        return f"{Past.name} start"
    slid = finding.level == "given-up" and finding.rule not in OF_THE_WHOLE
    return f"late start: {finding.rule}" if slid else finding.rule
