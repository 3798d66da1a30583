"""A visit's times in words, and when its ride reminders are.

Patients who come at the same time get the same words, so these are cached for each clinic.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ketasched.model import Clinic, Reminder, Visit
from ketasched.model.memo import memoised
from ketasched.model.wall_clock import add_minutes, clock_text, moment_text

SHORT_EVENT_MINUTES = 15
"""How long a reminder, a review or one end of a ride lasts in a calendar."""


@dataclass(frozen=True, slots=True)
class RideReminder:
    """A reminder of a ride: `ordinal` counts the clinic's reminders from 1.

    `start` and `end` are local, `utc` is `start` in UTC, `text` is "Fri 4 Dec, 10:00".
    """

    ordinal: int
    utc: datetime
    start: datetime
    end: datetime
    text: str


@dataclass(frozen=True, slots=True)
class VisitTimes:
    """A visit's times in words.

    `ride` is "Mon 7 Dec, 09:00 – collect 10:55", `begin` "09:00", `end` "10:55"; `until`, the end
    of the time without driving, is "Tue 8 Dec, 10:55", or "" if there is no rule. `utc` is the
    start; `reminders` are all that the clinic sets, whether or not they are in time.
    """

    ride: str
    begin: str
    end: str
    until: str
    utc: datetime
    reminders: tuple[RideReminder, ...]


def visit_times(clinic: Clinic, visit: Visit) -> VisitTimes:
    """The visit's times in words."""
    start, end, until = visit.start, visit.end, visit.no_driving_until
    # Equal datetimes can differ in zone, or be the first and the second 01:30 of a night.
    folds = start.fold, end.fold, until.fold if until else 0
    return _times(clinic, start=start, end=end, until=until, _zone_and_folds=(start.tzinfo, folds))


@memoised
def _times(
    clinic: Clinic,
    *,
    start: datetime,
    end: datetime,
    until: datetime | None,
    _zone_and_folds: object,
) -> VisitTimes:
    begin, over = clock_text(start), clock_text(end)
    return VisitTimes(
        f"{moment_text(start, year=False)} – collect {over}",
        begin,
        over,
        moment_text(until, year=False) if until else "",
        start.astimezone(UTC),
        tuple(_ride_reminder(start, *one) for one in enumerate(clinic.reminders.driver, start=1)),
    )


def _ride_reminder(start: datetime, ordinal: int, reminder: Reminder) -> RideReminder:
    """The reminder before a visit; a time that the clocks skip is moved on by the change."""
    day = start.date() - timedelta(reminder.days)
    utc = datetime.combine(day, reminder.at.time, start.tzinfo).astimezone(UTC)
    local = utc.astimezone(start.tzinfo)
    end = add_minutes(local, SHORT_EVENT_MINUTES)
    return RideReminder(ordinal, utc, local, end, moment_text(local, year=False))
