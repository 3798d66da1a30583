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
        for ordinal, reminder in enumerate(course.clinic.reminders.driver, start=1):
            moment = _moment(visit, reminder)
            before = moment.astimezone(UTC) < visit.start.astimezone(UTC)
            if before and not _is_too_late(course, visit, moment):
                yield ordinal, moment


def reminders_left_out(course: Course) -> int:
    """How many reminders would have been before their visit was given its date."""
    return sum(
        _is_too_late(course, visit, _moment(visit, reminder))
        for visit in course.visits
        if has_ride(course, visit)
        for reminder in course.clinic.reminders.driver
    )


def _is_too_late(course: Course, visit: Visit, moment: datetime) -> bool:
    return moment.astimezone(UTC) < stamp(course, visit.uid).at.astimezone(UTC)


def _moment(visit: Visit, reminder: Reminder) -> datetime:
    day = visit.start.date() - timedelta(reminder.days)
    moment = datetime.combine(day, reminder.at.time, visit.start.tzinfo)
    # Through UTC, so that a time that the clocks skip becomes the one that they show.
    return moment.astimezone(UTC).astimezone(moment.tzinfo)
