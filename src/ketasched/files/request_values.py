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


class WishValues(TypedDict, total=False):
    """The wishes of a patient; several values are a sequence, or one text with ";" between."""

    days: str | Sequence[str]
    between: str | TimeRange | None
    time: str | Clock | time | None
    unavailable: str | date | Sequence[str | date | DateRange]
    language: str
    driver_language: str
    patient_phone: str
    patient_email: str
    reminders: str | bool


class RequestValues(WishValues, total=False):
    """The fields of a request."""

    start: Required[str | date]
    patient: str
    latest_start: str | date | None
    per_week: str | int | None
    every_days: str | int | None
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


class ChangeValues(WishValues, total=False):
    """What the verbs of `revise` take, by the names of their options."""

    to: str | date
    on: str | date
    by: str | int
    after: str | int
    scope: Scope
    make_up: bool
    outcome: ReviewOutcome
    name: str
    phone: str
    email: str
    clear: bool
    what: str
    sessions: str | Authorisation | Sequence[str | Authorisation]
    protocol: str | Protocol
