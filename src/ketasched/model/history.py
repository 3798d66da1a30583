"""`Entry`: a change that was made to a course, as it was requested, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Literal

from ketasched.model.authorisation import Authorisation
from ketasched.model.busy_time import BusyTime
from ketasched.model.clinic import Clinic
from ketasched.model.email_address import email_key
from ketasched.model.keys import Key
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

    days: Annotated[tuple[Weekday, ...] | None, Key("The weekdays that the patient can.")] = None
    unavailable: Annotated[tuple[DateRange, ...] | None, Key("Further days that they cannot.")] = (
        None
    )
    between: Annotated[TimeRange | None, Key("The hours that the whole visit must fit in.")] = None
    time: Annotated[Clock | None, Key("The check-in time to aim for.")] = None
    emptied: Annotated[tuple[Wish, ...], Key("The wishes that no longer hold.")] = ()
    language: Annotated[str | None, Key("What the patient reads.")] = None
    driver_language: Annotated[str | None, Key("What the driver reads.")] = None
    patient_phone: Annotated[str | None, Key("The patient's phone number.")] = field(
        default=None, metadata={"written where used": True}
    )
    patient_email: Annotated[str | None, email_key("Where the patient is sent invitations.")] = (
        field(default=None, metadata={"written where used": True})
    )
    reminders: Annotated[bool | None, Key("Whether the patient agreed to be reminded.")] = field(
        default=None, metadata={"written where used": True}
    )

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

    visit: Annotated[int, Key("The number of the visit.")]
    start: Annotated[datetime | None, Key("When it begins; none: a booster that is left out.")]
    displaced: Annotated[bool, Key("Whether the visit did not fit its clinic any more.")] = True

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
    visits: Annotated[str, Key("To which visits: `1,3,5`, `all`, or weekdays: `mon,fri`.")] = ""
    record: Annotated[
        Record | None, Key("What was recorded: `clearance`, or what the protocol requires.")
    ] = None
    wishes: Annotated[Wishes | None, Key("What the patient can from now on.")] = None
    protocol: Annotated[str, Key("The protocol of the course that follows, by its id.")] = field(
        default="", metadata={"written where used": True}
    )
    starts: Annotated[tuple[NewStart, ...], Key("The new starts of the visits that move.")] = (
        field(default=(), metadata={"written where used": True})
    )
    authorised: Annotated[
        tuple[Authorisation, ...], Key("The sessions that the insurer allowed, and when.")
    ] = field(default=(), metadata={"written where used": True})
    anew: Annotated[bool, Key("Whether what was authorised before no longer holds.")] = field(
        default=False, metadata={"written where used": True}
    )
    overrides: Annotated[tuple[str, ...], Key("The rules that were not asked.")] = ()


@dataclass(frozen=True, slots=True)
class Former:
    """A date that no longer holds: of which visit or review, by its uid, and when it was (local).

    `ride` is whether somebody was to drive then, `driver` the driver's name. If only the driver
    changed, the date no longer holds for this driver. A date of the course that this one follows
    has a `sequence`, that of its cancelled entry, and `rides`, the uids of both ends of the ride.
    """

    uid: Annotated[str, Key("Of which visit or review.")]
    start: Annotated[datetime, Key("When it was.")]
    ride: Annotated[bool, Key("Whether somebody was to drive then.")] = False
    driver: Annotated[str, Key("Who, by name.")] = ""
    sequence: Annotated[int, Key("How often its entry has changed.", least=0, most=2147483647)] = (
        field(default=0, metadata={"written where used": True})
    )
    rides: Annotated[tuple[str, ...], Key("The uids of its entries in the driver's calendar.")] = (
        field(default=(), metadata={"written where used": True})
    )


@dataclass(frozen=True, slots=True)
class VisitChange:
    """A visit before and after a change; None where the course did not have the visit."""

    was: Annotated[Visit | None, Key("The visit before; none: it is new.")]
    now: Annotated[Visit | None, Key("The visit after; none: it is no longer there.")]


@dataclass(frozen=True, slots=True)
class CompanionChange:
    """A companion before and after a change; None where the course did not have it."""

    was: Annotated[Companion | None, Key("The companion before; none: it is new.")]
    now: Annotated[Companion | None, Key("The companion after; none: it is no longer there.")]


@dataclass(frozen=True, slots=True)
class RequestChange:
    """The request before and after a change, without busy times."""

    was: Annotated[Request, Key("The request before.")]
    now: Annotated[Request, Key("The request after.")]


@dataclass(frozen=True, slots=True)
class Result:
    """What a change did: the items that differ, and the request if that differs.

    Results are applied, forward or backward, without planning.
    """

    visits: Annotated[tuple[VisitChange, ...], Key("The visits that it changed.")] = ()
    companions: Annotated[tuple[CompanionChange, ...], Key("The companions that it changed.")] = (
        field(default=(), metadata={"key": "reviews"})
    )
    request: Annotated[RequestChange | None, Key("The request, where it changed that.")] = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a course's history: what was done, why, when, and by whom.

    Every entry is a revision, the first entry revision 1. `change` is None for the planning
    itself. `changed` has the UIDs of the calendar events that changed, `former` the dates that no
    longer hold. `former_clinic` is the clinic before the change, if the change replaced it;
    `former_busy` are the busy times that no longer hold, if newer calendars came with the change.
    `result` is what the change did; None for the planning itself, and in entries of version 1.0.
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
    result: Annotated[
        Result | None, Key("What the change did; none for the planning itself, and before 2.0.")
    ] = field(default=None, hash=False)
