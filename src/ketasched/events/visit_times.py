"""What is said of a visit's times: the same for every patient who comes then, so said once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ketasched.model import Clinic, Reminder, Visit
from ketasched.model.memo import memoised
from ketasched.model.wall_clock import after, clock_text, day_text, moment_text

MOST_TIMES = 2048
"""How many times of visits are kept for a clinic."""

REMINDER_MINUTES = 15
"""How long a reminder, a review or one end of a ride lasts in a calendar."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder of a ride, `ordinal` in the clinic's list; `utc` is the same as `start`, and
    `said` is that in words: "Fri 4 Dec, 10:00".
    """

    ordinal: int
    utc: datetime
    start: datetime
    end: datetime
    said: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A visit's times in words: "Mon 7 Dec, 09:00 – collect 10:55", "09:00", "10:55"; until when
    nobody drives ("Tue 8 Dec, 10:55", "" without a rule). `utc` is when it begins, `reminders` are
    all that the clinic has for it.
    """

    ride: str
    begin: str
    end: str
    until: str
    utc: datetime
    reminders: tuple[Reminded, ...]


def spoken(clinic: Clinic, visit: Visit) -> Spoken:
    """The visit's times in words."""
    start, end, until = visit.start, visit.end, visit.no_driving_until
    # Equal moments can be of different zones, or the first and the second 01:30 of a night.
    folds = start.fold, end.fold, until.fold if until else 0
    return _of(clinic)(start, end, until, (start.tzinfo, folds))


@memoised
def _of(clinic: Clinic) -> Callable[[datetime, datetime, datetime | None, object], Spoken]:
    reminders = clinic.reminders.driver

    def worked_out(start: datetime, end: datetime, until: datetime | None, _: object) -> Spoken:
        begin, over = clock_text(start), clock_text(end)
        return Spoken(
            f"{day_text(start.date(), year=False)}, {begin} – collect {over}",
            begin,
            over,
            moment_text(until) if until else "",
            start.astimezone(UTC),
            tuple(_reminded(start, number, one) for number, one in enumerate(reminders, start=1)),
        )

    return lru_cache(maxsize=MOST_TIMES)(worked_out)


def _reminded(start: datetime, ordinal: int, reminder: Reminder) -> Reminded:
    """The moment of a reminder: a time that the clocks skip is one that they show."""
    day = start.date() - timedelta(reminder.days)
    utc = datetime.combine(day, reminder.at.time, start.tzinfo).astimezone(UTC)
    local = utc.astimezone(start.tzinfo)
    return Reminded(ordinal, utc, local, after(local, REMINDER_MINUTES), moment_text(local))
