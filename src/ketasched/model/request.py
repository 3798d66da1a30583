"""`Request`: what is asked for one patient."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from ketasched.model.authorisation import Authorisation
from ketasched.model.busy_time import BusyTime
from ketasched.model.email_address import EMAIL
from ketasched.model.field_types import refuse_wrong_types
from ketasched.model.keys import Key, where_used
from ketasched.model.regular_driver import RegularDriver
from ketasched.model.values import (
    WEEKDAYS,
    Clock,
    DateRange,
    Problem,
    Record,
    TimeRange,
    Weekday,
    quote,
)

UNNAMED = "patient"
"""The reference of a patient who has none."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for one patient. All dates are local to the clinic and inclusive.

    `between` bounds the whole visit, check-in to end. `boosters` is the number of tentative
    boosters to plan. No visit overlaps a time of `busy`. On the weekdays of a regular `driver`
    this one drives, on all others `driver_name`. On the dates of `prior`, in any order, visits of
    the first phase took place elsewhere. Visits for which no session is left of what is
    `authorised` are tentative; without any, no authorisation is asked for.
    """

    start: date
    """The first day that would do."""
    patient: str = UNNAMED
    """The clinic's reference for the patient."""
    latest_start: date | None = None
    """The last day to begin; unsaid, 14 days later."""
    per_week: Annotated[int | None, Key(unit="visits a week")] = None
    """The pace that was asked for."""
    every_days: Annotated[int | None, Key(unit="days")] = None
    """The pace that was asked for."""
    time: Clock | None = None
    """The check-in time to aim for."""
    between: TimeRange | None = None
    """The hours that the whole visit must fit in."""
    days: tuple[Weekday, ...] = ()
    """The weekdays that the patient can; none: any."""
    unavailable: tuple[DateRange, ...] = ()
    """Days that they cannot."""
    boosters: Annotated[int, Key(unit="visits")] = 0
    """How many boosters to pencil in."""
    booster_every: Annotated[int | None, Key(unit="days")] = None
    """Days from booster to booster."""
    born: date | None = None
    """The date of birth."""
    cleared_by: str = ""
    """The clinician whose clearance is recorded."""
    cleared_on: date | None = None
    """The day of that clearance."""
    recorded: tuple[Record, ...] = ()
    """What else is recorded, on which day and by whom."""
    driver_name: str = ""
    """Who drives the patient there and back."""
    driver_phone: str = ""
    """The driver's phone number."""
    driver_email: Annotated[str, EMAIL] = where_used(default="")
    """Where the driver is sent invitations."""
    driver: tuple[RegularDriver, ...] = ()
    """Who drives on which weekdays, where several take turns."""
    patient_phone: str = ""
    """The patient's phone number: for lists, rides, reminders and appointments."""
    patient_email: Annotated[str, EMAIL] = where_used(default="")
    """Where the patient is sent invitations."""
    reminders: bool = where_used(default=False)
    """Whether the patient agreed to be reminded, by text message or mail."""
    language: str = where_used(default="")
    """What the patient reads, by its code; none: the clinic's language."""
    driver_language: str = where_used(default="")
    """What the driver reads, by its code; none: as the patient."""
    busy: tuple[BusyTime, ...] = ()
    """When they are busy, by the calendars of `--busy`."""
    prior: tuple[date, ...] = where_used(default=())
    """Days on which visits of the course took place elsewhere."""
    authorised: tuple[Authorisation, ...] = where_used(default=())
    """The sessions that the insurer allowed, and when."""

    def __post_init__(self) -> None:
        refuse_wrong_types(self, "ketasched.request")

    def problems(self) -> Iterator[Problem]:
        """Problems if two drivers drive on one weekday, or on all days without a driver.

        Also if a prior visit is named twice, or is after the start, and for an authorisation that
        is there twice.
        """
        for one in dict.fromkeys(self.authorised):
            if self.authorised.count(one) > 1:
                yield "authorised", f"{quote(one.plain())} is there twice"
        for prior in sorted(set(self.prior)):
            if self.prior.count(prior) > 1:
                yield "prior", f"{quote(prior.isoformat())} is there twice: one visit a day"
            if prior > self.start:
                yield "prior", f"expected days up to the start, not {quote(prior.isoformat())}"
        for day in WEEKDAYS:
            if sum(day in one.days for one in self.driver) > 1:
                yield "driver", f"two drivers on {day}: one drives on each weekday"
        others = sum(not one.days for one in self.driver)
        if others + bool(self.driver_name) > 1:
            said = "two drivers without weekdays: one drives on all days that no other has"
            yield "driver", said
