"""What a batch is made of: what holds for all rows, what is to do for one, what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from ketasched.columns import DateOrder
from ketasched.model import BusyTime, Clinic, Protocol
from ketasched.roster import Row

Status = Literal["planned", "rejected"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all rows.

    `made_at` is the aware moment of planning. `formats` are names of `files.FILES`. Folders are
    made in `output`; without it each outcome has its course as a line of JSON. With `writes`
    false nothing is written at all. With `goes_on` what an earlier run did is kept where nothing
    about it changed; with `replaces` a patient's folder is written over, whosever it is.
    """

    made_at: datetime
    formats: tuple[str, ...] = ()
    output: Path | None = None
    writes: bool = True
    goes_on: bool = False
    replaces: bool = False
    date_order: DateOrder = None


@dataclass(frozen=True, slots=True)
class Agenda:
    """The busy times of calendars that hold for all rows of a desk, as far as they were read:
    from `first` to `last`, both inclusive.
    """

    first: date
    last: date
    times: tuple[BusyTime, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """A clinic and a protocol for which rows are planned, as data for another process.

    `digest` is the same as long as nothing in either changes; `place` as long as nothing in the
    clinic does: rows with the same place share its chairs.
    """

    digest: str
    place: str
    data: bytes
    clinic: Clinic
    protocol: Protocol
    agenda: Agenda | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier run did for a patient: its manifest's line, and what that was made from."""

    course_id: str
    first: str
    last: str
    files: tuple[tuple[str, str], ...]
    input: str


@dataclass(frozen=True, slots=True)
class Todo:
    """A row to be planned and written, at which desk (by digest).

    `course` is its course where that was planned already, because chairs go in row order. `known`
    is what an earlier run made of it, if it did.
    """

    row: Row
    desk: str
    course: bytes = b""
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Some rows for one worker, with the desks that they need, by digest."""

    todos: tuple[Todo, ...]
    desks: Mapping[str, bytes]
    settings: Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row.

    `files` are the names and SHA-256 of the files in the patient's folder. `input` is the SHA-256
    of all that they were made from, the moment aside. `rule` is the rule or the column that
    rejected it, `reason` says why. `text` is the course as one line of JSON, where that is asked.
    """

    row: int
    patient: str
    status: Status
    course_id: str = ""
    first: str = ""
    last: str = ""
    files: tuple[tuple[str, str], ...] = ()
    input: str = ""
    rule: str = ""
    reason: str = ""
    text: str = ""
    kept: bool = False


def day(moment: datetime | date) -> str:
    """A date as manifests write it: "2026-12-07"."""
    return moment.date().isoformat() if isinstance(moment, datetime) else moment.isoformat()
