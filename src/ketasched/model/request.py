"""`Request`: what is asked for one patient."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from ketasched.model.authorisation import Authorisation
from ketasched.model.busy_time import BusyTime
from ketasched.model.email_address import email_key
from ketasched.model.field_types import refuse_wrong_types
from ketasched.model.keys import Key
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

    start: Annotated[date, Key("The first day that would do.")]
    patient: Annotated[str, Key("The clinic's reference for the patient.")] = UNNAMED
    latest_start: Annotated[date | None, Key("The last day to begin; unsaid, 14 days later.")] = (
        None
    )
    per_week: Annotated[int | None, Key("The pace that was asked for.", unit="visits a week")] = (
        None
    )
    every_days: Annotated[int | None, Key("The pace that was asked for.", unit="days")] = None
    time: Annotated[Clock | None, Key("The check-in time to aim for.")] = None
    between: Annotated[TimeRange | None, Key("The hours that the whole visit must fit in.")] = None
    days: Annotated[tuple[Weekday, ...], Key("The weekdays that the patient can; none: any.")] = ()
    unavailable: Annotated[tuple[DateRange, ...], Key("Days that they cannot.")] = ()
    boosters: Annotated[int, Key("How many boosters to pencil in.", unit="visits")] = 0
    booster_every: Annotated[int | None, Key("Days from booster to booster.", unit="days")] = None
    born: Annotated[date | None, Key("The date of birth.")] = None
    cleared_by: Annotated[str, Key("The clinician whose clearance is recorded.")] = ""
    cleared_on: Annotated[date | None, Key("The day of that clearance.")] = None
    recorded: Annotated[
        tuple[Record, ...], Key("What else is recorded, on which day and by whom.")
    ] = ()
    driver_name: Annotated[str, Key("Who drives the patient there and back.")] = ""
    driver_phone: Annotated[str, Key("The driver's phone number.")] = ""
    driver_email: Annotated[str, email_key("Where the driver is sent invitations.")] = field(
        default="", metadata={"written where used": True}
    )
    driver: Annotated[
        tuple[RegularDriver, ...], Key("Who drives on which weekdays, where several take turns.")
    ] = ()
    patient_phone: Annotated[
        str, Key("The patient's phone number, for the clinic's own lists only.")
    ] = ""
    patient_email: Annotated[str, email_key("Where the patient is sent invitations.")] = field(
        default="", metadata={"written where used": True}
    )
    reminders: Annotated[
        bool, Key("Whether the patient agreed to be reminded, by text message or mail.")
    ] = field(default=False, metadata={"written where used": True})
    language: Annotated[
        str, Key("What the patient reads, by its code; none: the clinic's language.")
    ] = field(default="", metadata={"written where used": True})
    driver_language: Annotated[
        str, Key("What the driver reads, by its code; none: as the patient.")
    ] = field(default="", metadata={"written where used": True})
    busy: Annotated[
        tuple[BusyTime, ...], Key("When they are busy, by the calendars of `--busy`.")
    ] = ()
    prior: Annotated[
        tuple[date, ...], Key("Days on which visits of the course took place elsewhere.")
    ] = field(default=(), metadata={"written where used": True})
    authorised: Annotated[
        tuple[Authorisation, ...], Key("The sessions that the insurer allowed, and when.")
    ] = field(default=(), metadata={"written where used": True})

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
