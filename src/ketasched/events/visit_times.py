"""A visit's times in words, and when its ride reminders are.

Patients who come at the same time get the same words, so these are cached.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ketasched.language.locale import Locale
from ketasched.model import Clinic, Companion, Reminder, Visit
from ketasched.model.memo import memoised
from ketasched.model.wall_clock import add_minutes

SHORT_EVENT_MINUTES = 15
"""How long a reminder, a review or one end of a ride lasts in a calendar."""


@dataclass(frozen=True, slots=True)
class RideReminder:
    """A reminder of a ride: `ordinal` counts the clinic's reminders from 1.

    `start` and `end` are local, `utc` is `start` in UTC.
    """

    ordinal: int
    utc: datetime
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class VisitTimes:
    """A visit's times in words.

    `ride` is "Mon 7 Dec, 09:00 – collect 10:55", `day` "Mon 7 Dec, 09:00", `begin` "09:00", `end`
    "10:55"; `until`, the end of the time without driving, is "Tue 8 Dec, 10:55", or "" if there is
    no rule.
    """

    ride: str
    day: str
    begin: str
    end: str
    until: str


def visit_times(visit: Visit | Companion, locale: Locale) -> VisitTimes:
    """The visit's times in words."""
    start, end, until = visit.start, visit.end, visit.no_driving_until
    # Equal datetimes can differ in zone, and so on the clock.
    return _times(start=start, end=end, until=until, locale=locale, _zone=start.tzinfo)


@memoised
def _times(
    *, start: datetime, end: datetime, until: datetime | None, locale: Locale, _zone: object
) -> VisitTimes:
    begin, over = locale.clock_text(start), locale.clock_text(end)
    day = locale.moment_text(start, year=False)
    return VisitTimes(
        locale.text("{begin} – collect {end}", begin=day, end=over),
        day,
        begin,
        over,
        locale.moment_text(until, year=False) if until else "",
    )


def all_ride_reminders(clinic: Clinic, visit: Visit | Companion) -> tuple[RideReminder, ...]:
    """All reminders of the visit's ride that the clinic sets, whether or not they are in time."""
    # Equal datetimes can differ in zone, or be the first and the second 01:30 of a night.
    start = visit.start
    return _reminders(clinic, start=start, _zone_and_fold=(start.tzinfo, start.fold))


@memoised
def _reminders(
    clinic: Clinic, *, start: datetime, _zone_and_fold: object
) -> tuple[RideReminder, ...]:
    set_by_clinic = enumerate(clinic.reminders.driver, start=1)
    return tuple(_ride_reminder(start, *one) for one in set_by_clinic)


def _ride_reminder(start: datetime, ordinal: int, reminder: Reminder) -> RideReminder:
    """The reminder before a visit; a time that the clocks skip is moved on by the change."""
    day = start.date() - timedelta(reminder.days)
    utc = datetime.combine(day, reminder.at.time, start.tzinfo).astimezone(UTC)
    local = utc.astimezone(start.tzinfo)
    return RideReminder(ordinal, utc, local, add_minutes(local, SHORT_EVENT_MINUTES))
