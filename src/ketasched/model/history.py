"""`Entry`: a change that was made to a course, as it was requested, and what it ended."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from ketasched.model.busy_time import BusyTime
from ketasched.model.clinic import Clinic
from ketasched.model.keys import Key
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
ReviewOutcome = Literal["go-on", "stop"]


@dataclass(frozen=True, slots=True)
class Driver:
    """Who brings the patient and takes them home."""

    name: Annotated[str, Key("Who drives.")]
    phone: Annotated[str, Key("Where to reach them.")] = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A verb and what it needs; the rest is None. With the moment it says all that was asked for.

    `visit` is the visit's number in the revision before the change; for `review` the number of
    the visit before the review, for `cease` the last visit to keep. `on` and `time` are local,
    `days` are calendar days. `overrides` are the names of rules that are ignored.
    """

    verb: Annotated[Verb, Key("What was done.")]
    visit: Annotated[
        int | None,
        Key("Its number when it was asked: to `review` the one before, to `cease` the last."),
    ] = None
    on: Annotated[date | None, Key("The new day.")] = None
    time: Annotated[Clock | None, Key("The new check-in time.")] = None
    days: Annotated[int | None, Key("By how many days.", unit="days")] = None
    scope: Annotated[Scope, Key("Whether later visits may move, too.")] = "rest"
    make_up: Annotated[bool | None, Key("Whether another visit makes up for a missed one.")] = None
    outcome: Annotated[ReviewOutcome | None, Key("What a review decided.")] = None
    driver: Annotated[Driver | None, Key("Who drives.")] = None
    overrides: Annotated[tuple[str, ...], Key("The rules that were not asked.")] = ()


@dataclass(frozen=True, slots=True)
class Former:
    """A date that no longer holds: of which visit or review, by its uid, and when it was (local).

    `ride` is whether somebody was to drive then, `driver` the driver's name. If only the driver
    changed, the date no longer holds for this driver.
    """

    uid: Annotated[str, Key("Of which visit or review.")]
    start: Annotated[datetime, Key("When it was.")]
    ride: Annotated[bool, Key("Whether somebody was to drive then.")] = False
    driver: Annotated[str, Key("Who, by name.")] = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a course's history: what was done, why, when, and by whom.

    Every entry is a revision, the first entry revision 1. `change` is None for the planning
    itself. `changed` has the UIDs of the calendar events that changed, `former` the dates that no
    longer hold. `former_clinic` is the clinic before the change, if the change replaced it;
    `former_busy` are the busy times that no longer hold, if newer calendars came with the change.
    """

    at: Annotated[datetime, Key("When.")]
    what: Annotated[str, Key("What was done, in words.")]
    why: Annotated[str, Key("Why.")] = ""
    by: Annotated[str, Key("By whom.")] = ""
    change: Annotated[
        Change | None, Key("The change as it was asked for; none for the planning itself.")
    ] = None
    changed: Annotated[
        tuple[str, ...], Key("The uids of the calendar entries that it changed.")
    ] = ()
    former: Annotated[tuple[Former, ...], Key("The dates that it ended.")] = ()
    former_clinic: Annotated[
        Clinic | None,
        Key("The clinic as it was until then, where newer hours or words came with the change."),
    ] = field(default=None, hash=False)
    former_busy: Annotated[
        tuple[BusyTime, ...] | None,
        Key("The busy times that ended, where newer calendars came with the change."),
    ] = None
