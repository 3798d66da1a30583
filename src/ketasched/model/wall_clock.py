"""Local time: moments and gaps across clock changes, visit durations, dates and times in words.

A visit starts at a wall-clock time in the clinic's zone. Durations are elapsed time, measured in
UTC, so that a clock change neither lengthens nor shortens a visit.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ketasched.model import Slot, VisitKind

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def add_minutes(moment: datetime, minutes: int) -> datetime:
    """The moment after `minutes` of elapsed time, in the zone of `moment`."""
    later = moment.astimezone(UTC) + timedelta(minutes=minutes)
    return later.astimezone(moment.tzinfo)


def moment_at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The moment at which clocks show `minutes` after midnight on `day`.

    An ambiguous time means the first one (fold 0); 24:00 is the midnight after the day.
    """
    if minutes == 24 * 60:
        return datetime.combine(day + timedelta(1), time(), zone)
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone)


def minute_of_day(moment: datetime) -> int:
    """The wall-clock time of `moment` in minutes after midnight."""
    return moment.hour * 60 + moment.minute


def exists(moment: datetime) -> bool:
    """Whether clocks show the wall-clock time of `moment`; false in a skipped hour."""
    return times_shown(moment) > 0


def is_ambiguous(moment: datetime) -> bool:
    """Whether clocks show the wall-clock time of `moment` twice: in a repeated hour."""
    return times_shown(moment) > 1


def times_shown(moment: datetime) -> int:
    """How often clocks show the wall-clock time of `moment`: 0, 1 or 2 times.

    Of the two folds, fold 0 has the smaller offset in a skipped hour, and the larger offset in a
    repeated hour (PEP 495).
    """
    if not _clocks_change(moment.date(), moment.tzinfo):
        return 1
    one, other = moment.utcoffset(), moment.replace(fold=1 - moment.fold).utcoffset()
    first, second = (other, one) if moment.fold else (one, other)
    if first == second or first is None or second is None:
        return 1
    return 2 if first > second else 0


@lru_cache(maxsize=4096)
def _clocks_change(day: date, zone: tzinfo | None) -> bool:
    """Whether the clocks change on this day or within a day of it.

    No zone changes its clocks twice within three days, so comparing both ends is enough.
    """
    begin, end = (datetime.combine(day + timedelta(days), time(), zone) for days in (-1, 2))
    return begin.utcoffset() != end.utcoffset()


@lru_cache(maxsize=4096)
def minutes_gone_back(day: date, zone: ZoneInfo) -> int:
    """How many minutes the clocks go back during `day`: 0 on all but one day of a year."""
    midnight, next_midnight = (moment_at(one, 0, zone) for one in (day, day + timedelta(1)))
    before, after = (one.utcoffset() or timedelta() for one in (midnight, next_midnight))
    return max(before - after, timedelta()) // timedelta(minutes=1)


def wall_minutes(moment: datetime, day: date) -> int:
    """The wall-clock time of `moment` in minutes after midnight of `day`; 24:00 is 1440."""
    return (moment.date() - day).days * 1440 + minute_of_day(moment)


def slot_at(kind: VisitKind, start: datetime) -> Slot:
    """The slot of a visit of this kind with check-in at `start`."""
    return Slot(kind, start, add_minutes(start, kind.minutes.total))


def gap_days(before: datetime, following: datetime) -> int:
    """The difference of the local dates in days: Mon to Wed is 2."""
    return (following.date() - before.date()).days


def gap_hours(before: datetime, following: datetime) -> float:
    """The elapsed hours between two moments, measured in UTC."""
    return (following.astimezone(UTC) - before.astimezone(UTC)).total_seconds() / 3600


def day_text(day: date, *, year: bool = True) -> str:
    """The date in English words, "Mon 7 Dec 2026", whatever the machine's locale."""
    text = f"{DAY_NAMES[day.weekday()]} {day.day} {MONTH_NAMES[day.month - 1][:3]}"
    return f"{text} {day.year}" if year else text


def days_text(days: Sequence[date]) -> str:
    """Sorted dates in words: "Mon 28, Wed 30 Dec 2026, Fri 1 Jan 2027"."""
    words = []
    for day, following in zip(days, (*days[1:], None), strict=True):
        if following is None or day.year != following.year:
            words.append(day_text(day))
        elif day.month != following.month:
            words.append(day_text(day, year=False))
        else:
            words.append(f"{DAY_NAMES[day.weekday()]} {day.day}")
    return ", ".join(words)


def minutes_apart(one: datetime, other: datetime) -> int:
    """The minutes between the times of day of two local moments, whatever their dates."""
    return abs(minute_of_day(one) - minute_of_day(other))


def moment_text(moment: datetime, *, year: bool = True) -> str:
    """The local date and time in words: "Mon 7 Dec 2026, 09:00"."""
    return f"{day_text(moment, year=year)}, {clock_text(moment)}"


def clock_text(moment: datetime) -> str:
    """The local clock time: "09:00"."""
    return f"{moment.hour:02d}:{moment.minute:02d}"
