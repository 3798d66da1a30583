"""`Course`: all the visits of one patient, and everything that they were planned from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from ketasched.model.clinic import Clinic
from ketasched.model.history import Entry
from ketasched.model.keys import Key, where_used
from ketasched.model.protocol import Protocol
from ketasched.model.request import Request
from ketasched.model.values import Problem
from ketasched.model.visit import Companion, Visit

Level = Literal["broken", "given-up", "warning"]
Audience = Literal["patient", "driver", "clinic"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say: its name, how bad it is, and a sentence; `visit` is a number.

    `next_step` is the command that looks for a way out, with `COURSE` for the course: "ketasched
    suggest COURSE 3". Empty if there is none. `uid` is that of the companion that it is about, of
    the visit with that number; empty if it is about the visit itself.
    """

    rule: str
    """The rule's name: docs/rules.md."""
    level: Level
    """How bad it is."""
    message: str
    """A sentence."""
    visit: int | None = None
    """The number of the visit that it is about."""
    next_step: str = ""
    """The command that looks for a way out: `ketasched suggest COURSE 3`."""
    uid: str = where_used(default="")
    """The identifier of the companion that it is about, if any."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that would help, in words, and the resulting dates.

    `dates` are all dates of a new course, or those of the visits that the change moves.
    """

    change: str
    dates: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """All the visits of one patient, and everything that they were planned from."""

    format: Literal[1]
    """The format of the file."""
    course_id: str
    """The course's identifier; those of its visits are made from it."""
    patient: str
    """The clinic's reference for the patient: a file's name, up to 80 bytes."""
    timezone: str
    """The clinic's zone."""
    made_at: datetime
    """When it was planned."""
    revision: Annotated[int, Key(least=1, most=2147483647)]
    """How many times it has been written, the first counted."""
    visits: Annotated[tuple[Visit, ...], Key(least=1, form="one visit")]
    """Its treatment visits."""
    companions: tuple[Companion, ...] = field(metadata={"key": "reviews"})
    """The looks at how it goes, and what else precedes or follows visits."""
    findings: tuple[Finding, ...]
    """What the rules have to say."""
    history: Annotated[tuple[Entry, ...], Key(least=1, form="one entry")]
    """What was done to it."""
    protocol: Protocol
    """The protocol that it was planned from."""
    clinic: Clinic
    """The clinic that it was planned at."""
    request: Request
    """What was asked for."""
    uid_key: str = ""
    """A secret: with it the identifiers of rides and reminders are made from the visits'."""
    follows: str = where_used(default="")
    """The identifier of the course before the patient was switched to this one."""

    @property
    def changed_at(self) -> datetime:
        """The moment of the last entry of the history, or of the planning."""
        return self.history[-1].at if self.history else self.made_at

    @property
    def items(self) -> tuple[Visit | Companion, ...]:
        """Its visits, then its companions."""
        return *self.visits, *self.companions

    def problems(self) -> Iterator[Problem]:
        """Problem if the patient is not the request's."""
        if self.patient != self.request.patient:
            yield "patient", "is not the one of the request"
