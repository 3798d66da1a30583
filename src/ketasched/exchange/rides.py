"""Rides: what a ride service is told of a course, for its own lists; discreet for everybody."""

from collections.abc import Iterator
from datetime import date, datetime

from ketasched.events.rides import items_with_ride
from ketasched.events.view import View, reader_locale
from ketasched.events.wording import Labels
from ketasched.model import Companion, Course, Visit
from ketasched.model.identifiers import event_uid, search_key
from ketasched.model.privacy import redact
from ketasched.model.queues import Ride

ALL, NOBODY = "all", "none"
"""The words that stand in the place of a driver's name: all rides, or those without a driver."""


def rides(course: Course, now: datetime, last: date, driver: str) -> Iterator[Ride]:
    """The ends of rides from `now` to the day `last`, inclusive, that this driver drives.

    `driver` is a name, in whatever case, or `ALL`, or `NOBODY` for rides without a driver.
    """
    for item in items_with_ride(course):
        name = item.driver.name if item.driver else ""
        wanted = {ALL: True, NOBODY: not name}.get(driver, is_called(name, driver))
        if item.status == "completed" or not wanted:
            continue
        for is_collection, at in ((False, item.start), (True, item.end)):
            if now <= at and at.date() <= last:
                yield _ride(course, item, at, is_collection=is_collection)


def is_called(name: str, driver: str) -> bool:
    """Whether a driver's name is the one that somebody typed, but for case, accents and spaces."""
    return search_key(name) == search_key(driver)


def _ride(course: Course, item: Visit | Companion, at: datetime, *, is_collection: bool) -> Ride:
    locale = reader_locale(course, View("patient"))
    labels = Labels(course, discreet=True, locale=locale)
    place = labels.clinic_place
    return Ride(
        # Not the UID in the driver's calendar, which is another one for another driver.
        key=event_uid(course.uid_key, item.uid, "ride", "collect" if is_collection else "bring"),
        ride="collect" if is_collection else "bring",
        at=at,
        pick_up=at if is_collection else None,
        pick_up_place=place if is_collection else "",
        drop_off=None if is_collection else at,
        drop_off_place="" if is_collection else place,
        patient=redact(course.patient),
        patient_phone=course.request.patient_phone,
        language=locale.language,
        driver_name=redact(item.driver.name) if item.driver else "",
        driver_phone=item.driver.phone if item.driver else "",
        clinic=labels.clinic_name,
        clinic_phone=labels.clinic_phone,
        visit=item.number if isinstance(item, Visit) else item.after,
    )
