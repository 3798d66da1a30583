"""The records of a batch, and the keys by which they are known.

One key for each purpose:

- within a run, a row is known by its number in the roster (`Row.number`);
- between runs and on disk, a course is known by its patient reference: the name of its folder
  (`Settings.folder`), of which a run has only one (`routing.References`);
- in a register, a course is known by its `course_id`, which a manifest records;
- a site is known by its `digest`, and its clinic by its `clinic_digest` within a run, and by its
  `clinic_key` between runs (`Site`).

The records of single rows are named tuples, which are sent to another process in half the time
of a dataclass. Those with a patient's words have no `repr` that shows them, because other
people's logs do.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from ketasched.model import BusyTime, Clinic, DateOrder, Protocol

RowStatus = Literal["planned", "rejected"]

SEPARATOR = "|"
"""Separates the values of a manifest's cell. A patient reference, which names files, has none."""

BESIDE = "+"
"""What a companion begins with among the visits of a manifest's cell."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that hold for all rows.

    `made_at` is the aware moment of planning. `formats` are names of
    `patient_folder.FOLDER_FILES`. The patients' folders are written below `output`; without
    `output`, each result has its course as a line of JSON. Unless the run `writes`, nothing is
    written at all (a dry run). A run that `resumes` retains what an earlier run did for rows that
    are unchanged; one that `replaces` writes over every patient's folder. `version` is that of
    ketasched, which must be the same at all workers.
    """

    made_at: datetime
    formats: tuple[str, ...] = ()
    output: Path | None = None
    writes: bool = True
    resumes: bool = False
    replaces: bool = False
    version: str = ""
    date_order: DateOrder = None

    def folder(self, patient: str) -> Path:
        """The patient's folder. Only for a run with an `output`."""
        assert self.output is not None  # noqa: S101 - the caller has asked
        return self.output / patient


@dataclass(frozen=True, slots=True)
class SharedCalendar:
    """The busy times that hold for all rows of a site, from `first` to `last` (both inclusive)."""

    first: date
    last: date
    times: tuple[BusyTime, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A clinic and a protocol by which rows are planned there.

    `digest` is the same as long as nothing in either changes, and `clinic_digest` as long as
    nothing in the clinic does: rows with the same `clinic_digest` share its chairs. `clinic_key`
    identifies the clinic from one run to the next, whatever else changes in its file.
    """

    digest: str
    clinic_digest: str
    clinic_key: str
    clinic: Clinic
    protocol: Protocol
    calendar: SharedCalendar | None = None


class CourseSummary(NamedTuple):
    """A course in a manifest: its first and its last date, and its visits.

    `visits` is what `manifest.format_visits` returns, `notes` what `manifest.format_notes` does.
    The fields are in the order of the manifest's columns.
    """

    first: str = ""
    last: str = ""
    visits: str = ""
    notes: str = ""
    clinic_key: str = ""
    course_id: str = ""

    def __repr__(self) -> str:
        return object.__repr__(self)

    @property
    def times(self) -> str:
        """The visits by their times alone, without companions and whatever resources they need."""
        visits = (one for one in self.visits.split(SEPARATOR) if not one.startswith(BESIDE))
        return SEPARATOR.join(one.partition(" ")[0] for one in visits)


class Digests(NamedTuple):
    """The digests of a row: of its own words, and of all that its files are made from."""

    asked: str = ""
    input: str = ""


class PriorResult(NamedTuple):
    """What an earlier run did for a patient, as its manifest says.

    `files` are the names and the SHA-256 of the files in the patient's folder. `finished` says
    whether the last finished run left the course so; `gone` that the roster of a finished run
    did not name the patient any more.
    """

    summary: CourseSummary
    files: tuple[tuple[str, str], ...] = ()
    digests: Digests = Digests()
    gone: bool = False
    finished: bool = False

    def __repr__(self) -> str:
        return object.__repr__(self)


class RowResult(NamedTuple):
    """What became of a row.

    `files` are the names and the SHA-256 of the files in the patient's folder. `rule` is the rule
    or the column that rejected the row, `reason` says why, and `public_reason` what a log may have
    of that ("" for nothing). `unsettled` are the columns whose dates can have the day or the
    month first, and `rest` is what else is wrong. `text` is the course as a line of JSON if there
    is no output folder. `is_retained` says that the course of an earlier run was left as it is;
    `is_revised` that `ketasched revise` has changed that course.
    """

    row: int
    patient: str
    status: RowStatus
    summary: CourseSummary = CourseSummary()
    files: tuple[tuple[str, str], ...] = ()
    digests: Digests = Digests()
    rule: str = ""
    reason: str = ""
    public_reason: str = ""
    unsettled: tuple[str, ...] = ()
    rest: str = ""
    text: str = ""
    is_retained: bool = False
    is_revised: bool = False

    def __repr__(self) -> str:
        return object.__repr__(self)
