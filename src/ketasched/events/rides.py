"""The rides of a course: what needs one, who drives, and when the patient is reminded."""

from collections.abc import Iterable
from datetime import UTC, datetime

from ketasched.events.sequence import EventRevisions
from ketasched.events.visit_times import RideReminder, all_ride_reminders
from ketasched.model import TAKES_PLACE, Companion, Course, Visit
from ketasched.model.companion_slots import kind_of
from ketasched.model.review_gates import is_decided_at_check_in


def needs_ride(course: Course, visit: Visit | Companion) -> bool:
    """Whether somebody has to drive to this visit or companion, or has driven.

    So it is for confirmed visits, and for a tentative one that is decided at its check-in, when
    the patient is at the clinic already.
    """
    comes = visit.status in ("planned", "completed")
    if isinstance(visit, Companion):
        return comes and not visit.is_review and kind_of(course, visit).needs_driver
    comes = comes or is_decided_at_check_in(course, visit)
    return comes and not visit.elsewhere and kind_of(course, visit).needs_driver


def must_not_drive(course: Course, companion: Companion) -> bool:
    """Whether the patient must not drive to a companion that is to come.

    So it is at the clinic if there is a ride, or if it begins before the patient may drive after
    a treatment.
    """
    if companion.place != "clinic" or companion.status not in ("planned", "tentative"):
        return False
    begin = companion.start.timestamp()
    return needs_ride(course, companion) or any(
        one.end.timestamp() <= begin < one.no_driving_until.timestamp()
        for one in course.items
        if one.no_driving_until and one.status in TAKES_PLACE
    )


def items_with_ride(course: Course) -> list[Visit | Companion]:
    """The visits and the companions that need a ride, by time."""
    found = (one for one in course.items if needs_ride(course, one))
    return sorted(found, key=lambda one: one.start.timestamp())


def driver_names(rides: Iterable[Visit | Companion]) -> list[str]:
    """The names of the drivers of these rides, each once, in their order."""
    return list(dict.fromkeys(visit.driver.name for visit in rides if visit.driver))


def all_driver_names(course: Course) -> list[str]:
    """The names of all drivers of a course: also of former dates, and of visits on hold."""
    former = (date.driver for entry in course.history for date in entry.former if date.driver)
    return list(dict.fromkeys((*driver_names(course.items), *former)))


def have_several_drivers(rides: Iterable[Visit | Companion]) -> bool:
    """Whether the drivers of these visits differ; "no driver yet" counts as a driver."""
    return len({visit.driver and visit.driver.name for visit in rides}) > 1


def ride_reminders(course: Course, visit: Visit | Companion) -> list[RideReminder]:
    """The reminders of the ride to a visit, if it needs one.

    Left out are those before the visit was given its date, and those not before its start.
    """
    if not needs_ride(course, visit):
        return []
    scheduled = EventRevisions(course).of(visit.uid).changed
    return timely_reminders(course, visit, scheduled)


def timely_reminders(
    course: Course, visit: Visit | Companion, scheduled: datetime
) -> list[RideReminder]:
    """The reminders from `scheduled` (UTC), when the visit was given its date, until its start."""
    reminders, begin = all_ride_reminders(course.clinic, visit), visit.start.astimezone(UTC)
    return [one for one in reminders if scheduled <= one.utc < begin]


def count_skipped_reminders(course: Course, rides: Iterable[Visit | Companion]) -> int:
    """How many reminders of these rides would be before their visit was given its date."""
    revisions = EventRevisions(course)
    return sum(
        reminder.utc < revisions.of(visit.uid).changed
        for visit in rides
        for reminder in all_ride_reminders(course.clinic, visit)
    )
