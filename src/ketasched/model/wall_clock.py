"""When the parts of a visit are, and how dates and times are said.

A visit keeps its wall-clock start in the clinic's zone; what lasts some minutes or hours is
measured as elapsed time, in UTC, so that a change of the clocks lengthens nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ketasched.model import Clinic, NoDriving, Override, Protocol, Slot, VisitKind
from ketasched.model.memo import memoised

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def after(moment: datetime, minutes: int) -> datetime:
    """The local moment `minutes` of elapsed time after `moment`, in the same zone."""
    later = moment.astimezone(UTC) + timedelta(minutes=minutes)
    return later.astimezone(moment.tzinfo)


def at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The wall-clock time `minutes` after midnight of `day`; where it comes twice, the first."""
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone)


def minute_of(moment: datetime) -> int:
    """The minutes after midnight that the clock shows."""
    return moment.hour * 60 + moment.minute


def exists(moment: datetime) -> bool:
    """Whether the clocks show the wall-clock time of `moment` at all that day."""
    return times_shown(moment) > 0


def comes_twice(moment: datetime) -> bool:
    """Whether the clocks show the wall-clock time of `moment` twice that day."""
    return times_shown(moment) > 1


def times_shown(moment: datetime) -> int:
    """How often the clocks show the wall-clock time of `moment` that day: mostly once.

    The offset of fold 0 is the smaller one in a skipped hour, the larger in a repeated: PEP 495.
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
    """Whether the clocks change on this day or within a day of it, by a look at every hour."""
    begin = datetime.combine(day, time(), zone) - timedelta(days=1)
    return len({(begin + timedelta(hours=hour)).utcoffset() for hour in range(73)}) > 1


@lru_cache(maxsize=4096)
def minutes_gone_back(day: date, zone: ZoneInfo) -> int:
    """How far the clocks go back during `day`, in minutes; 0 on all but one day of a year."""
    midnights = (at(midnight, 0, zone).utcoffset() for midnight in (day, day + timedelta(1)))
    before, afterwards = (offset or timedelta(0) for offset in midnights)
    return max(before - afterwards, timedelta(0)) // timedelta(minutes=1)


def wall_minutes(moment: datetime, day: date) -> int:
    """The wall-clock time of `moment` as minutes after midnight of `day`, 24:00 being 1440."""
    return (moment.date() - day).days * 1440 + moment.hour * 60 + moment.minute


def slot_at(kind: VisitKind, start: datetime) -> Slot:
    """The slot of a visit of this kind that checks in at `start`."""
    return Slot(kind, start, after(start, kind.minutes.total))


def gap_days(before: datetime, following: datetime) -> int:
    """The difference of the local calendar dates: Mon to Wed is 2."""
    return (following.date() - before.date()).days


def gap_hours(before: datetime, following: datetime) -> float:
    """Elapsed hours from start to start, in UTC."""
    return (following.astimezone(UTC) - before.astimezone(UTC)).total_seconds() / 3600


def no_driving_until(end: datetime, day: date, rule: NoDriving | None) -> datetime | None:
    """The later of `end` plus the rule's hours and its clock time on the day after `day`.

    None where there is no rule: the clinic is to be asked. A clock time that does not exist on
    that day is the moment just as long after the change.
    """
    if rule is None:
        return None
    moments = []
    if rule.hours is not None:
        moments.append(after(end, rule.hours * 60))
    if rule.next_morning is not None:
        morning = datetime.combine(day + timedelta(days=1), rule.next_morning.time, end.tzinfo)
        moments.append(morning.astimezone(UTC).astimezone(end.tzinfo))
    return max(moments, key=lambda moment: moment.astimezone(UTC))


def effective_kind(protocol: Protocol, clinic: Clinic, name: str) -> VisitKind:
    """The protocol's kind of visit with the clinic's own minutes and no-driving rule.

    What the clinic says of a kind holds for one that is like it, too, part by part, in so far as
    that one has the part from there.
    """
    return _effective(protocol, clinic, name=name)


@memoised
def _effective(protocol: Protocol, clinic: Clinic, *, name: str) -> VisitKind:
    kind, own = protocol.visits[name], clinic.overrides.get(protocol.id)
    if not own:
        return _one(kind)
    parts = ("check_in", "treatment", "observation")
    minutes = {part: _own_part(protocol, own, name, part) for part in parts}
    rule = _own_part(protocol, own, name, "no_driving")
    said = {part: value for part, value in minutes.items() if value is not None}
    no_driving = kind.no_driving if rule is None else rule
    return _one(replace(kind, minutes=replace(kind.minutes, **said), no_driving=no_driving))


@lru_cache(maxsize=256)
def _one(kind: VisitKind) -> VisitKind:
    """Always the same object for equal kinds, so that what is known of one is known of all."""
    return kind


def _own_part(protocol: Protocol, own: Mapping[str, Override], name: str, part: str) -> Any:  # noqa: ANN401 - minutes or a rule, as the part has it
    """What the clinic says of a part of a kind, or of the one that the kind has the part from."""
    while True:
        said = own.get(name, Override())
        value = getattr(said if part == "no_driving" else said.minutes, part)
        kind = protocol.visits[name]
        parent = protocol.visits.get(kind.like)
        if value is not None or parent is None or _part(kind, part) != _part(parent, part):
            return value
        name = kind.like


def _part(kind: VisitKind, part: str) -> object:
    return getattr(kind if part == "no_driving" else kind.minutes, part)


def day_text(day: date, *, year: bool = True) -> str:
    """A date as people say it: "Mon 7 Dec 2026", whatever the machine's language."""
    said = f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1][:3]}"
    return f"{said} {day.year}" if year else said


def days_text(days: Sequence[date]) -> str:
    """Dates in order as people list them: "Mon 28, Wed 30 Dec 2026, Fri 1 Jan 2027"."""
    words = []
    for day, following in zip(days, (*days[1:], None), strict=True):
        said = f"{DAYS[day.weekday()]} {day.day}"
        if following is None or (day.month, day.year) != (following.month, following.year):
            said += f" {MONTHS[day.month - 1][:3]}"
        if following is None or day.year != following.year:
            said += f" {day.year}"
        words.append(said)
    return ", ".join(words)


def moment_text(moment: datetime) -> str:
    """A date and a time: "Mon 7 Dec, 09:00"."""
    return f"{day_text(moment, year=False)}, {clock_text(moment)}"


def clock_text(moment: datetime) -> str:
    """A clock time: "09:00"."""
    return f"{moment.hour:02d}:{moment.minute:02d}"
