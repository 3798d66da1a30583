"""The rides of a course: which visits need one, and when the patient is reminded of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ketasched.model import Course, Reminder, Visit
from ketasched.render.stamps import stamp


def has_ride(course: Course, visit: Visit) -> bool:
    """Whether somebody has to drive, or has driven: for visits that are confirmed."""
    is_sure = visit.status in ("planned", "completed")
    return is_sure and course.protocol.visits[visit.kind].needs_driver


def reminder_times(course: Course, visit: Visit) -> Iterator[tuple[int, datetime]]:
    """When to remind of the ride to a visit, with the reminder's place in the clinic's list.

    A moment before the visit was given its date, or not before the visit itself, is left out.
    """
    if has_ride(course, visit):
        given, start = _given(course, visit), visit.start.astimezone(UTC)
        for ordinal, reminder in enumerate(course.clinic.reminders.driver, start=1):
            moment = _moment(visit, reminder)
            if given <= moment < start:
                yield ordinal, moment.astimezone(visit.start.tzinfo)


def reminders_left_out(course: Course) -> int:
    """How many reminders would have been before their visit was given its date."""
    return sum(
        _moment(visit, reminder) < _given(course, visit)
        for visit in course.visits
        if has_ride(course, visit)
        for reminder in course.clinic.reminders.driver
    )


def _given(course: Course, visit: Visit) -> datetime:
    """When the visit was given its date, in UTC."""
    return stamp(course, visit.uid).at.astimezone(UTC)


def _moment(visit: Visit, reminder: Reminder) -> datetime:
    """The moment of a reminder, in UTC: a time that the clocks skip is one that they show."""
    day = visit.start.date() - timedelta(reminder.days)
    return datetime.combine(day, reminder.at.time, visit.start.tzinfo).astimezone(UTC)
