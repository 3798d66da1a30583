"""What the functions of Python take of a request and of a change: texts, or ready values."""

from collections.abc import Sequence
from datetime import date, time
from typing import Required, TypedDict

from ketasched.model import (
    Authorisation,
    Clock,
    DateRange,
    Protocol,
    Record,
    RegularDriver,
    ReviewOutcome,
    Scope,
    TimeRange,
)


class RequestValues(TypedDict, total=False):
    """The fields of a request; several values are a sequence, or one text with ";" between."""

    start: Required[str | date]
    patient: str
    latest_start: str | date | None
    per_week: str | int | None
    every_days: str | int | None
    time: str | Clock | time | None
    between: str | TimeRange | None
    days: str | Sequence[str]
    unavailable: str | date | Sequence[str | date | DateRange]
    prior: str | date | Sequence[str | date]
    boosters: str | int
    booster_every: str | int | None
    born: str | date | None
    cleared_by: str
    cleared_on: str | date | None
    recorded: str | Sequence[str | Record]
    authorised: str | Sequence[str | Authorisation]
    driver_name: str
    driver_phone: str
    driver_email: str
    driver: str | Sequence[str | RegularDriver]
    patient_phone: str
    patient_email: str
    reminders: str | bool
    language: str
    driver_language: str


class ChangeValues(TypedDict, total=False):
    """What the verbs of `revise` take, by the names of their options."""

    to: str | date
    on: str | date
    by: str | int
    after: str | int
    time: str | Clock | time
    scope: Scope
    make_up: bool
    outcome: ReviewOutcome
    name: str
    phone: str
    email: str
    clear: bool
    what: str
    sessions: str | Authorisation | Sequence[str | Authorisation]
    days: str | Sequence[str]
    between: str | TimeRange
    unavailable: str | date | Sequence[str | date | DateRange]
    language: str
    driver_language: str
    patient_phone: str
    patient_email: str
    reminders: str | bool
    protocol: str | Protocol
