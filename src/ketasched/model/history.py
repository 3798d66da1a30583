"""`Entry`: a change that was made to a course, as it was requested, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Literal

from ketasched.model.authorisation import Authorisation
from ketasched.model.busy_time import BusyTime
from ketasched.model.clinic import Clinic
from ketasched.model.email_address import EMAIL
from ketasched.model.keys import Key, where_used
from ketasched.model.request import Request
from ketasched.model.values import Clock, DateRange, Problem, Record, TimeRange, Weekday
from ketasched.model.visit import Companion, Driver, Visit

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
    "clear",
    "authorise",
    "wishes",
    "switch",
    "reschedule",
    "undo",
    "rename",
]
Scope = Literal["visit", "rest"]
ReviewOutcome = Literal["go-on", "stop"]
Wish = Literal[
    "days",
    "unavailable",
    "between",
    "time",
    "language",
    "driver_language",
    "patient_phone",
    "patient_email",
    "reminders",
]
MOVES_NOBODY: tuple[Wish, ...] = (
    *("language", "driver_language", "patient_phone", "patient_email", "reminders"),
)
"""Wishes on how somebody is reached, and in which language: no reason to move a visit."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a patient can from now on; None where the change does not mention it.

    `unavailable` is added to what is known; the others replace it. `emptied` are the wishes that
    no longer hold, before those that are given are added.
    """

    days: tuple[Weekday, ...] | None = None
    """The weekdays that the patient can."""
    unavailable: tuple[DateRange, ...] | None = None
    """Further days that they cannot."""
    between: TimeRange | None = None
    """The hours that the whole visit must fit in."""
    time: Clock | None = None
    """The check-in time to aim for."""
    emptied: tuple[Wish, ...] = ()
    """The wishes that no longer hold."""
    language: str | None = None
    """What the patient reads."""
    driver_language: str | None = None
    """What the driver reads."""
    patient_phone: str | None = where_used(default=None)
    """The patient's phone number."""
    patient_email: Annotated[str | None, EMAIL] = where_used(default=None)
    """Where the patient is sent invitations."""
    reminders: bool | None = where_used(default=None)
    """Whether the patient agreed to be reminded."""

    @property
    def move_nobody(self) -> bool:
        """Whether all that is wished is of `MOVES_NOBODY`."""
        emptied = tuple(one for one in self.emptied if one not in MOVES_NOBODY)
        others = replace(self, emptied=emptied, **dict.fromkeys(MOVES_NOBODY))
        return self != Wishes() and others == Wishes()


@dataclass(frozen=True, slots=True)
class NewStart:
    """The new start of a visit (aware), whose number is that of the revision before the change.

    A `displaced` visit does not fit its clinic any more, so it moves freely; any other visit moves
    under the rules `earlier` and `notice`. A booster that has no day any more has no start.
    """

    visit: int
    """The number of the visit."""
    start: datetime | None
    """When it begins; none: a booster that is left out."""
    displaced: bool = True
    """Whether the visit did not fit its clinic any more."""

    def problems(self) -> Iterator[Problem]:
        """Problem if the start is not on the minute."""
        if self.start and (self.start.second or self.start.microsecond):
            yield "start", "has seconds: visits begin on the minute"


@dataclass(frozen=True, slots=True)
class Change:
    """A verb and what it needs; the rest is None. With the moment it says all that was asked for.

    `visit` is the visit's number in the revision before the change; for `review` the number of
    the visit before the review, for `cease` the last visit to keep. `on` and `time` are local,
    `days` are calendar days. `overrides` are the names of rules that are ignored.
    """

    verb: Verb
    """What was done."""
    visit: int | None = None
    """Its number when it was asked: to `review` the one before, to `cease` the last."""
    on: date | None = None
    """The new day."""
    time: Clock | None = None
    """The new check-in time."""
    days: Annotated[int | None, Key(unit="days")] = None
    """By how many days."""
    scope: Scope = "rest"
    """Whether later visits may move, too."""
    make_up: bool | None = None
    """Whether another visit makes up for a missed one."""
    outcome: ReviewOutcome | None = None
    """What a review decided."""
    driver: Driver | None = None
    """Who drives."""
    visits: str = ""
    """To which visits: `1,3,5`, `all`, or weekdays: `mon,fri`."""
    record: Record | None = None
    """What was recorded: `clearance`, or what the protocol requires."""
    wishes: Wishes | None = None
    """What the patient can from now on."""
    protocol: str = where_used(default="")
    """The protocol of the course that follows, by its id."""
    starts: tuple[NewStart, ...] = where_used(default=())
    """The new starts of the visits that move."""
    authorised: tuple[Authorisation, ...] = where_used(default=())
    """The sessions that the insurer allowed, and when."""
    anew: bool = where_used(default=False)
    """Whether what was authorised before no longer holds."""
    overrides: tuple[str, ...] = ()
    """The rules that were not asked."""


@dataclass(frozen=True, slots=True)
class Former:
    """A date that no longer holds: of which visit or review, by its uid, and when it was (local).

    `ride` is whether somebody was to drive then, `driver` the driver's name. If only the driver
    changed, the date no longer holds for this driver. A date of the course that this one follows
    has a `sequence`, that of its cancelled entry, and `rides`, the uids of both ends of the ride.
    """

    uid: str
    """Of which visit or review."""
    start: datetime
    """When it was."""
    ride: bool = False
    """Whether somebody was to drive then."""
    driver: str = ""
    """Who, by name."""
    sequence: Annotated[int, Key(least=0, most=2147483647)] = where_used(default=0)
    """How often its entry has changed."""
    rides: tuple[str, ...] = where_used(default=())
    """The uids of its entries in the driver's calendar."""


@dataclass(frozen=True, slots=True)
class VisitChange:
    """A visit before and after a change; None where the course did not have the visit."""

    was: Visit | None
    """The visit before; none: it is new."""
    now: Visit | None
    """The visit after; none: it is no longer there."""


@dataclass(frozen=True, slots=True)
class CompanionChange:
    """A companion before and after a change; None where the course did not have it."""

    was: Companion | None
    """The companion before; none: it is new."""
    now: Companion | None
    """The companion after; none: it is no longer there."""


@dataclass(frozen=True, slots=True)
class RequestChange:
    """The request before and after a change, without busy times."""

    was: Request
    """The request before."""
    now: Request
    """The request after."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a change did: the items that differ, and the request if that differs.

    Results are applied, forward or backward, without planning.
    """

    visits: tuple[VisitChange, ...] = ()
    """The visits that it changed."""
    companions: tuple[CompanionChange, ...] = field(default=(), metadata={"key": "reviews"})
    """The companions that it changed."""
    request: RequestChange | None = None
    """The request, where it changed that."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a course's history: what was done, why, when, and by whom.

    Every entry is a revision, the first entry revision 1. `change` is None for the planning
    itself. `changed` has the UIDs of the calendar events that changed, `former` the dates that no
    longer hold. `former_clinic` is the clinic before the change, if the change replaced it;
    `former_busy` are the busy times that no longer hold, if newer calendars came with the change.
    `result` is what the change did; None for the planning itself, and in entries of version 1.0.
    """

    at: datetime
    """When."""
    what: str
    """What was done, in words."""
    why: str = ""
    """Why."""
    by: str = ""
    """By whom."""
    change: Change | None = None
    """The change as it was asked for; none for the planning itself."""
    changed: tuple[str, ...] = ()
    """The uids of the calendar entries that it changed."""
    former: tuple[Former, ...] = ()
    """The dates that it ended."""
    former_clinic: Clinic | None = field(default=None, hash=False)
    """The clinic as it was until then, where newer hours or words came with the change."""
    former_busy: tuple[BusyTime, ...] | None = None
    """The busy times that ended, where newer calendars came with the change."""
    result: Result | None = field(default=None, hash=False)
    """What the change did; none for the planning itself, and before 2.0."""
