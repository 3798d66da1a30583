"""The manifest: `manifest.csv` and `rejects.csv` are written, and an earlier manifest is read.

Both files have their rows in the roster's order, and grow by whole lines.
"""

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from ketasched.batch.fingerprints import sha
from ketasched.batch.records import (
    BESIDE,
    SEPARATOR,
    CourseSummary,
    Digests,
    PriorResult,
    RowResult,
)
from ketasched.errors import Refused
from ketasched.files.csv_cells import csv_line, unescape_cell
from ketasched.files.disk import open_file, open_private
from ketasched.files.roster import REJECT_COLUMNS, Row
from ketasched.model import Clinic, Course, Finding, Slot
from ketasched.model.companion_slots import companion_slots
from ketasched.model.holds import (
    CHAIR,
    START,
    Hold,
    Usage,
    holds_of_slots,
    holds_of_usage,
    slots_of,
    usage_of,
)
from ketasched.model.values import read_date
from ketasched.model.wall_clock import clock_text
from ketasched.planning.planner import LATE_START
from ketasched.rules import Past

MANIFEST, REJECTED, CHANGES = "manifest.csv", "rejects.csv", "changes.csv"

SUMMARY_COLUMNS = ("first", "last", "visits", "notes", "clinic", "course_id")
COLUMNS = (*("row", "patient", "status"), *SUMMARY_COLUMNS, *("files", "sha256", "asked", "input"))
"""The columns of a manifest. `files` and `sha256` have as many values."""


@dataclass(slots=True)
class ManifestWriter:
    """The manifest and the rejects of a run, open for writing; `width` is that of the roster."""

    manifest: BinaryIO
    rejects: BinaryIO
    width: int

    def write(self, results: Sequence[tuple[Row, RowResult]]) -> None:
        """Append these rows. Raises `Refused`."""
        rejects = [
            csv_line((*self._cells(row), str(row.number), result.rule, result.reason))
            for row, result in results
            if result.status == "rejected"
        ]
        # The rejects first: a row that is rejected in the manifest is never missing in them.
        append(self.rejects, b"".join(rejects))
        append(self.manifest, b"".join(manifest_line(result) for _, result in results))

    def _cells(self, row: Row) -> tuple[str, ...]:
        """A cell for each heading; a row that cannot be split into cells is all in the first."""
        return (*row.raw_cells, *[""] * (self.width - len(row.raw_cells)))


@contextmanager
def manifest_writer(output: Path, header: Sequence[str]) -> Iterator[ManifestWriter]:
    """The writer of a run, whose files begin with their headers. Raises `Refused`."""
    with (
        new_csv_file(output / MANIFEST, COLUMNS) as manifest,
        new_csv_file(output / REJECTED, (*header, *REJECT_COLUMNS)) as rejects,
    ):
        yield ManifestWriter(manifest, rejects, len(header))


@contextmanager
def new_csv_file(path: Path, header: Sequence[str]) -> Iterator[BinaryIO]:
    """A file that begins with its header, and is synced to disk at the end. Raises `Refused`."""
    try:
        file = open_private(path, "wb", buffering=0)
    except OSError as error:
        raise write_error(path, error) from None
    with file:
        append(file, csv_line(header))
        yield file
        try:
            os.fsync(file.fileno())
            is_there = os.path.samestat(os.fstat(file.fileno()), path.stat())
        except OSError as error:
            raise write_error(path, error) from None
    if not is_there:
        said = f"{path}: somebody has put another file in its place during the run"
        raise Refused(said, next_step="see who writes there, then go on with --resume")


def manifest_line(result: RowResult) -> bytes:
    """The line of a row in a manifest."""
    return csv_line(
        (
            *(str(result.row), result.patient, result.status),
            *result.summary,
            SEPARATOR.join(name for name, _ in result.files),
            SEPARATOR.join(sha for _, sha in result.files),
            *result.digests,
        )
    )


def append(file: BinaryIO, data: bytes) -> None:
    """Append all of `data` or nothing. Raises `Refused`."""
    end, rest = file.tell(), memoryview(data)
    try:
        # A full disk takes a part of the data first, and gives the reason at the next write.
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise write_error(Path(file.name), error) from None
    finally:
        if rest:
            with suppress(OSError):
                file.truncate(end)
                file.seek(end)


def write_error(output: Path, error: OSError) -> Refused:
    """The refusal for a folder, or the file that the error names, that cannot be written."""
    message = f"{error.filename or output}: cannot be written: {error.strerror or error}"
    return Refused(message, next_step="mend that, then go on with --resume")


DATE, MINUTES = len("2027-04-05"), len("2027-04-05T09:00")
"""The length of a date, and of a moment to the minute, in ISO form."""

MINUTES_SPAN = re.compile(r"(\d{1,5})-(\d{1,5})", re.ASCII)
"""From when to when a resource is needed, in minutes after the start of the visit."""


def summarise(course: Course) -> CourseSummary:
    """The summary of the course."""
    days = [visit.start.date() for visit in course.visits if visit.is_here]
    return CourseSummary(
        days[0].isoformat() if days else "",
        days[-1].isoformat() if days else "",
        format_visits(course),
        format_notes(course),
        manifest_clinic_key(course.clinic),
        course.course_id,
    )


def manifest_clinic_key(clinic: Clinic) -> str:
    """The key of a clinic between runs: a digest of its zone, name and salt."""
    return sha("\n".join((clinic.timezone, clinic.name, clinic.id_salt)).encode())[:16]


def format_visits(course: Course) -> str:
    """The visits of a course: "2027-04-05T09:00/10:55|2027-04-07T09:00/10:55".

    The times are wall-clock times of the clinic. A visit that takes no chair has no end. Resources
    follow, each with the minutes after the start: "2027-04-05T09:00/10:55 monitor 15-115". Visits
    that do not take place here are left out. Companions that hold something come last, each behind
    a "+".
    """
    visits = (_format_slot(course.clinic, slot) for slot in slots_of(course))
    companions = (
        f"{BESIDE}{_format_slot(course.clinic, slot)}"
        for _, slot in companion_slots(course)
        if holds_of_slots(course.clinic, [slot])
    )
    return SEPARATOR.join((*visits, *companions))


def _format_slot(clinic: Clinic, slot: Slot) -> str:
    usage = usage_of(slot)
    end = f"/{clock_text(slot.end)}" if usage.takes_chair else ""
    resources = (
        f" {unit} {round(begin - usage.begin) // 60}-{round(end - usage.begin) // 60}"
        for unit, begin, end in holds_of_usage(clinic, usage)
        if unit not in (CHAIR, START)
    )
    return "".join((slot.start.isoformat()[:MINUTES], end, *resources))


def read_holds(visits: str, clinic: Clinic) -> list[Hold]:
    """What the formatted visits hold at their clinic, of the resources that it still has.

    Raises `ValueError` for visits that are not as `format_visits` writes them.
    """
    known, found = {one.name for one in clinic.resources}, []
    for visit in _read_visits(visits):
        begins = visit.start.replace(tzinfo=ZoneInfo(clinic.timezone))
        begin = begins.timestamp()
        if visit.end is not None:
            ends = _end_of(begins, visit.end).timestamp()
            found += holds_of_usage(clinic, Usage(begin, begin, begin, ends, needs=()))
        for unit, first, last in visit.resources:
            hold = Hold(unit, begin + 60 * first, begin + 60 * last)
            found += [hold] if unit in known else []
    return found


class _VisitText(NamedTuple):
    """A visit of a manifest: its start and end on the wall clock, and the minutes of resources."""

    start: datetime
    end: time | None
    resources: Sequence[tuple[str, int, int]]


def _read_visits(visits: str) -> list[_VisitText]:
    """The formatted visits. Raises `ValueError`."""
    found = list[_VisitText]()
    for visit in visits.split(SEPARATOR) if visits else ():
        times, *words = visit.removeprefix(BESIDE).split(" ")
        start, _, end = times.partition("/")
        resources = list[tuple[str, int, int]]()
        for unit, minutes in zip(words[::2], words[1::2], strict=True):
            if not (span := MINUTES_SPAN.fullmatch(minutes)):
                raise ValueError(f"no minutes: {minutes}")
            resources.append((unit, int(span[1]), int(span[2])))
        begins = read_date(start[:DATE]), time.fromisoformat(start[DATE + 1 :])
        clock = time.fromisoformat(end) if end else None
        found.append(_VisitText(datetime.combine(*begins), clock, resources))
    return found


def _end_of(begins: datetime, clock: time) -> datetime:
    """The end of a visit at this time of day."""
    ends = datetime.combine(begins.date(), clock, begins.tzinfo)
    if clock == time():
        return ends + timedelta(days=1)
    if ends.timestamp() <= begins.timestamp():  # the clocks go back in between
        return ends.replace(fold=1)
    return ends


def format_notes(course: Course) -> str:
    """The names of the rules that the course has findings of, with their number if above one.

    A start that has moved is "late start: " and the rule that moved it. "past start" is the note
    of a course that was asked for a day gone by, and begins on one that is not. The sentences are
    in the files of the course.
    """
    counts = Counter(_note(course, finding) for finding in course.findings)
    return SEPARATOR.join(
        note if number == 1 else f"{note} x{number}" for note, number in counts.items()
    )


def _note(course: Course, finding: Finding) -> str:
    first = course.visits[len(course.request.prior)]
    if finding.rule == Past.name and first.start > course.made_at:
        return f"{Past.name} start"
    is_late = finding.message.startswith(LATE_START)
    return f"late start: {finding.rule}" if is_late else finding.rule


LONGEST_LINE = 1_000_000
"""No line of a planned row has as many bytes."""

GONE = "0"
"""The row number of a patient whom the roster of a finished run did not name."""


class ManifestIndex:
    """The last line of each patient in some manifests; only its place is kept in memory."""

    def __init__(self, output: Path, names: Sequence[str]) -> None:
        there = (output / name for name in names if os.path.lexists(output / name))
        self._files = [open_file(path, follows=False) for path in there]
        self._places: dict[str, int] = {}
        for number, file in enumerate(self._files):
            place = 0
            for line in iter(partial(file.readline, LONGEST_LINE), b""):
                # The last line of a run that was killed may be incomplete.
                if line.endswith(b"\n") and (cells := read_line(line)):
                    self._places[cells["patient"]] = place * len(self._files) + number
                place += len(line)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __contains__(self, patient: object) -> bool:
        return patient in self._places

    def line(self, patient: str) -> bytes:
        """The line of a patient who is in the index."""
        place, number = divmod(self._places[patient], len(self._files))
        self._files[number].seek(place)
        return self._files[number].readline(LONGEST_LINE)

    def forget(self, patient: str) -> None:
        """Remove a patient from the index."""
        self._places.pop(patient, None)

    def close(self) -> None:
        """Close the manifests."""
        for file in self._files:
            file.close()


def read_line(line: bytes) -> dict[str, str]:
    """The cells of a planned row by column; empty for any other line."""
    try:
        cells = next(csv.reader([line.decode("utf-8", "surrogateescape")]), [])
    except csv.Error:  # a rejected row may have a cell that is too long, or half of one
        return {}
    if len(cells) != len(COLUMNS):
        return {}
    row = dict(zip(COLUMNS, map(unescape_cell, cells), strict=True))
    return row if row["status"] == "planned" else {}


def read_prior_result(line: bytes) -> PriorResult:
    """The result that the line of a planned row says.

    If somebody has edited its visits, so that they cannot be read, nothing is known of the course
    but that it is ours: its file says the rest.
    """
    row = read_line(line)
    try:
        _read_visits(row["visits"])
    except ValueError:
        return PriorResult(CourseSummary(), (), Digests(), gone=row["row"] == GONE)
    names, hashes = row["files"].split(SEPARATOR), row["sha256"].split(SEPARATOR)
    files = tuple((name, sha) for name, sha in zip(names, hashes, strict=False) if name)
    return PriorResult(
        CourseSummary(*(row[name] for name in SUMMARY_COLUMNS)),
        files if len(names) == len(hashes) else (),
        Digests(row["asked"], row["input"]),
        gone=row["row"] == GONE,
    )
