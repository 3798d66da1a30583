"""What was done to a course: each change as it was asked for, and what became of it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from ketasched.model.busy import BusyTime
from ketasched.model.clinic import Clinic
from ketasched.model.values import Clock

Verb = Literal[
    "complete",
    "miss",
    "defer",
    "omit",
    "hold",
    "resume",
    "cease",
    "booster",
    "confirm",
    "review",
    "driver",
]
Scope = Literal["visit", "rest"]
Outcome = Literal["go-on", "stop"]


@dataclass(frozen=True, slots=True)
class Driver:
    """Who brings the patient and takes them home."""

    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A verb and what it needs; the rest is None. With the moment it says all that was asked for.

    `visit` is the visit's number when it was asked; for `review` the number of the visit that the
    review follows, for `cease` the last visit to keep. `on` and `time` are local, `days` calendar
    days. `overrides` names rules that are not asked.
    """

    verb: Verb
    visit: int | None = None
    on: date | None = None
    time: Clock | None = None
    days: int | None = None
    scope: Scope = "rest"
    make_up: bool | None = None
    outcome: Outcome | None = None
    driver: Driver | None = None
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Former:
    """A date that no longer holds: of which visit or review, by its uid, and when it was (local).

    `ride` is whether somebody was to drive then, `driver` the name of whoever it was. Where only
    the driver changed, the date is over for that driver.
    """

    uid: str
    start: datetime
    ride: bool = False
    driver: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a course's history: what was done, why, when, and by whom.

    Every line is a revision, the first one revision 1. `change` is None for the planning itself.
    `changed` has the uids of the calendar events that it changed, `former` the dates it ended.
    `former_clinic` is the clinic as it was until then, where newer hours or words came with it,
    and `former_busy` the busy times: with them the history replays to the same course.
    """

    at: datetime
    what: str
    why: str = ""
    by: str = ""
    change: Change | None = None
    changed: tuple[str, ...] = ()
    former: tuple[Former, ...] = ()
    former_clinic: Clinic | None = field(default=None, hash=False)
    former_busy: tuple[BusyTime, ...] | None = None
