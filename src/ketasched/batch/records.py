"""What a batch is made of: what holds for all rows, what is to do for one, what became of it.

What travels between processes for each row is a tuple with names: a dataclass takes twice as
long to send. None that holds a patient's words has a `repr`, for those get into other people's
logs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from ketasched.files.request_fields import DateOrder
from ketasched.files.roster import Row
from ketasched.model import BusyTime, Clinic, Protocol

Status = Literal["planned", "rejected"]

SEPARATOR = "|"
"""Stands between parts of a manifest's cell; a patient reference, which names files, has none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all rows.

    `made_at` is the aware moment of planning. `formats` are names of `handout.FILES`. Folders are
    made in `output`; without it each outcome has its course as a line of JSON. With `writes`
    false nothing is written at all. With `goes_on` what an earlier run did is kept where nothing
    about it changed; with `replaces` a patient's folder is written over, whosever it is.
    `version` is that of ketasched: workers elsewhere have to have the same.
    """

    made_at: datetime
    formats: tuple[str, ...] = ()
    output: Path | None = None
    writes: bool = True
    goes_on: bool = False
    replaces: bool = False
    version: str = ""
    date_order: DateOrder = None


@dataclass(frozen=True, slots=True)
class Agenda:
    """The busy times of calendars that hold for all rows of a desk.

    They were read from `first` to `last`, both inclusive.
    """

    first: date
    last: date
    times: tuple[BusyTime, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """A clinic and a protocol for which rows are planned, as data for another process.

    `digest` is the same as long as nothing in either changes; `clinic_digest` as long as nothing
    in the clinic does: rows with the same one share its chairs. `house` is what the clinic is
    known by from one run to the next, whatever else changes in its file.
    """

    digest: str
    clinic_digest: str
    house: str
    data: bytes
    clinic: Clinic
    protocol: Protocol
    agenda: Agenda | None = None


class Made(NamedTuple):
    """What a manifest says of a course: its first and last date, and its visits.

    `house` is the clinic's; `visits` is as `held.visits_of` writes it; `notes` says what a clinic
    must see.
    """

    course_id: str = ""
    first: str = ""
    last: str = ""
    visits: str = ""
    notes: str = ""
    house: str = ""

    def __repr__(self) -> str:
        return object.__repr__(self)


class Known(NamedTuple):
    """What an earlier run did for a patient: its manifest's line.

    `gone` is a patient whom a finished run's roster did not name any more; `finished` says whether
    the run was.
    """

    made: Made
    files: tuple[tuple[str, str], ...] = ()
    asked: str = ""
    input: str = ""
    gone: bool = False
    finished: bool = False

    def __repr__(self) -> str:
        return object.__repr__(self)


class Todo(NamedTuple):
    """A row to be planned and written, at which desk (by digest).

    `decided` is what was decided already, because chairs go in row order (`work.packed`); `course`
    the course that was booked in a register, or planned as one with others (`work.packed_course`).
    `known` is what an earlier run made of it, if it did.
    """

    row: Row
    desk: str
    decided: bytes = b""
    known: Known | None = None
    course: bytes = b""

    def __repr__(self) -> str:
        return object.__repr__(self)


@dataclass(frozen=True, slots=True, repr=False)
class Task:
    """Some rows for one worker, with the desks that they need, by digest."""

    todos: tuple[Todo, ...]
    desks: Mapping[str, bytes]
    settings: Settings


class Outcome(NamedTuple):
    """What became of a row.

    `files` are the names and SHA-256 of the files in the patient's folder. `asked` is the SHA-256
    of the row's own words, `input` that of all that the files were made from, the moment aside.
    `rule` is the rule or the column that rejected it, `reason` says why. `text` is the course as
    one line of JSON, where that is asked. `kept` is what was there before, `revised` what `revise`
    has changed since it was planned.
    """

    row: int
    patient: str
    status: Status
    made: Made = Made()
    files: tuple[tuple[str, str], ...] = ()
    asked: str = ""
    input: str = ""
    rule: str = ""
    reason: str = ""
    text: str = ""
    kept: bool = False
    revised: bool = False

    def __repr__(self) -> str:
        return object.__repr__(self)
