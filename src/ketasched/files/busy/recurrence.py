"""Recurrence rules (RRULE, RFC 5545 section 3.3.10): their occurrences in wall-clock time.

Every step of the search is counted and limited, so that no rule takes forever.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, product
from types import MappingProxyType

from ketasched.model import quote

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SECONDS = MappingProxyType({"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1})
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", *SECONDS)

LIMITS = MappingProxyType(
    {
        "BYSECOND": (0, 60),
        "BYMINUTE": (0, 59),
        "BYHOUR": (0, 23),
        "BYMONTHDAY": (-31, 31),
        "BYYEARDAY": (-366, 366),
        "BYWEEKNO": (-53, 53),
        "BYMONTH": (1, 12),
        "BYSETPOS": (-366, 366),
    }
)
"""The numbers that each part may have; where it may be negative, 0 is none of them."""

OF_DAYS = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH"})
"""The parts, besides the weekdays, that choose among days."""

MOST = 10_000_000
"""A larger INTERVAL or COUNT is none."""


class TooMuch(Exception):
    """A calendar repeats more than can be looked at."""


@dataclass(slots=True)
class Steps:
    """Counts the steps of a search, those of one rule and those of a whole calendar."""

    most_of_one: int = 500_000
    most: int = 2_000_000
    own: int = 0
    all: int = 0

    def spend(self, steps: int) -> None:
        """Take so many steps. Raises `TooMuch`."""
        self.own += steps
        self.all += steps
        if self.own > self.most_of_one or self.all > self.most:
            raise TooMuch

    def begin(self) -> None:
        """Another rule begins."""
        self.own = 0


Numbers = frozenset[int]


@dataclass(frozen=True, slots=True)
class RecurrenceRule:
    """A rule. `days` are (ordinal or 0, weekday); `until` is as it is written; weeks begin on
    `week_begins`, Monday being 0.
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    until: str = ""
    days: tuple[tuple[int, int], ...] = ()
    week_begins: int = 0
    by: Mapping[str, Numbers] = field(default_factory=dict, hash=False)

    def numbers(self, name: str) -> Numbers:
        """The numbers of a part such as BYMONTH; none if it is not there."""
        return self.by.get(name, frozenset())


@lru_cache(maxsize=4096)
def read_rule(text: str) -> RecurrenceRule:
    """The rule of "FREQ=WEEKLY;BYDAY=MO,WE". Raises `ValueError` if it is not understood."""
    parts: dict[str, str] = {}
    for part in text.strip().strip(";").split(";"):
        name, sign, value = (word.strip().upper() for word in part.partition("="))
        if not sign or name in parts:
            raise ValueError(f"expected a rule such as FREQ=WEEKLY;BYDAY=MO, not {quote(text)}")
        parts[name] = value
    by = {name: _numbers(name, parts.pop(name)) for name in LIMITS if name in parts}
    frequency = parts.pop("FREQ", "")
    if frequency not in FREQUENCIES:
        raise ValueError(f"expected FREQ={', '.join(FREQUENCIES)}, not {quote(frequency)}")
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.pop("SKIP", "OMIT") != "OMIT":
        raise ValueError("only recurrences by the Gregorian calendar are understood")
    rule = RecurrenceRule(
        frequency,
        _positive("INTERVAL", parts.pop("INTERVAL", "1")),
        _positive("COUNT", parts.pop("COUNT")) if "COUNT" in parts else None,
        parts.pop("UNTIL", ""),
        tuple(_day(word) for word in parts.pop("BYDAY").split(",")) if "BYDAY" in parts else (),
        _day(parts.pop("WKST", "MO"))[1],
        by,
    )
    if parts:
        raise ValueError(f"{quote(next(iter(parts)))} is not understood in a recurrence")
    return rule


def _positive(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,8}", text, re.ASCII) or not 1 <= int(text) <= MOST:
        raise ValueError(f"expected {name} of 1 or more, not {quote(text)}")
    return int(text)


def _numbers(name: str, text: str) -> Numbers:
    low, high = LIMITS[name]
    words = [word.strip() for word in text.split(",")]
    if all(re.fullmatch(r"[+-]?\d{1,3}", word, re.ASCII) for word in words):
        found = frozenset(int(word) for word in words)
        if min(found) >= low and max(found) <= high and not (low < 0 and 0 in found):
            return found
    raise ValueError(f"expected {name} of {low} to {high}, not {quote(text)}")


def _day(text: str) -> tuple[int, int]:
    found = re.fullmatch(rf"([+-]?\d{{1,2}})?({'|'.join(DAYS)})", text.strip(), re.ASCII)
    if not found or not -53 <= int(found[1] or 0) <= 53:
        raise ValueError(f"expected weekdays such as MO or -1FR, not {quote(text)}")
    return int(found[1] or 0), DAYS.index(found[2])


def occurrences(
    rule: RecurrenceRule, start: datetime, first: datetime, last: datetime, steps: Steps
) -> Iterator[datetime]:
    """When a rule from `start` comes round, from `first` to `last`, both included, in order.

    All times are naive: by the clock on the wall. `until` is for the caller to put into `last`.
    """
    if last < start:
        return
    rule = _filled_in(rule, start)
    found = 0
    # What is counted is counted from the start.
    since = start if rule.count is not None else max(start, first)
    for moments in _periods(rule, start, since, last, steps):
        for moment in _chosen(rule, moments):
            if moment < start:
                continue
            found += 1
            if moment > last or (rule.count is not None and found > rule.count):
                return
            if moment >= first:
                yield moment


def _chosen(rule: RecurrenceRule, moments: list[datetime]) -> list[datetime]:
    """Those of a period that BYSETPOS leaves."""
    places = rule.numbers("BYSETPOS")
    if not places:
        return moments
    most = len(moments)
    wanted = {place - 1 if place > 0 else most + place for place in places}
    return [moment for place, moment in enumerate(moments) if place in wanted]


def _filled_in(rule: RecurrenceRule, start: datetime) -> RecurrenceRule:
    """The rule with what it has from its start."""
    by, days = dict(rule.by), rule.days
    if not days and not any(by.get(name) for name in ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY")):
        if rule.frequency == "YEARLY":
            by.setdefault("BYMONTH", frozenset({start.month}))
        if rule.frequency in ("YEARLY", "MONTHLY"):
            by["BYMONTHDAY"] = frozenset({start.day})
        if rule.frequency == "WEEKLY":
            days = ((0, start.weekday()),)
    seconds = SECONDS.get(rule.frequency, 24 * 3600)
    for name, unit, own in (
        ("BYHOUR", 3600, start.hour),
        ("BYMINUTE", 60, start.minute),
        ("BYSECOND", 1, start.second),
    ):
        if unit < seconds:
            by.setdefault(name, frozenset({own}))
    return RecurrenceRule(
        rule.frequency, rule.interval, rule.count, rule.until, days, rule.week_begins, by
    )


def _periods(
    rule: RecurrenceRule, start: datetime, since: datetime, last: datetime, steps: Steps
) -> Iterator[list[datetime]]:
    """The moments of each period of the rule (a year, a week, an hour …), in order."""
    if rule.frequency in SECONDS:
        yield from _short_periods(rule, start, since, last, steps)
        return
    steps.spend(_product(rule))
    times = sorted(
        time(hour, minute, min(second, 59))
        for hour, minute, second in product(
            *(rule.numbers(name) for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        )
    )
    # Every day of such a rule is right: the days of a week are chosen already.
    is_plain = rule.frequency in ("WEEKLY", "DAILY") and rule.by.keys().isdisjoint(OF_DAYS)
    is_plain = is_plain and not (rule.days and rule.frequency == "DAILY")
    for begin, days in _days(rule, start.date(), since.date()):
        if begin > last.toordinal():
            return
        steps.spend(1 + len(days))
        looked_at = map(date.fromordinal, days)
        found = [*looked_at] if is_plain else [day for day in looked_at if _matches(rule, day)]
        steps.spend(len(found) * (len(times) - 1))
        yield [datetime.combine(day, at) for day in found for at in times]


def _product(rule: RecurrenceRule) -> int:
    """How many times of day a rule has, at most."""
    size = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        size *= len(rule.numbers(name)) or 1
    return size


def _days(
    rule: RecurrenceRule, start: date, since: date
) -> Iterator[tuple[int, range | list[int]]]:
    """The first day of each period, and its days that are worth a look; as `date.toordinal`."""
    step, own, now = rule.interval, start.toordinal(), since.toordinal()
    if rule.frequency == "DAILY":
        for number in count(own + (now - own) // step * step, step):
            yield number, [number]
    elif rule.frequency == "WEEKLY":
        week = own - (start.weekday() - rule.week_begins) % 7
        offsets = sorted({(day - rule.week_begins) % 7 for _, day in rule.days}) or range(7)
        for number in count(week + (now - week) // (7 * step) * 7 * step, 7 * step):
            yield number, [number + offset for offset in offsets]
    elif rule.frequency == "MONTHLY":
        month, current = (12 * day.year + day.month - 1 for day in (start, since))
        for number in count(month + (current - month) // step * step, step):
            if number // 12 > LAST_YEAR:
                return
            month_days = _month(number // 12, number % 12 + 1)
            yield month_days[0], month_days
    else:
        for year in count(start.year + (since.year - start.year) // step * step, step):
            if year > LAST_YEAR:
                return
            months = sorted(rule.numbers("BYMONTH") or range(1, 13))
            days = [number for month in months for number in _month(year, month)]
            yield date(year, 1, 1).toordinal(), days


LAST_YEAR = 9998
"""No calendar of ours goes further."""


def _month(year: int, month: int) -> range:
    first = date(year, month, 1).toordinal()
    return range(first, first + monthrange(year, month)[1])


def _short_periods(
    rule: RecurrenceRule, start: datetime, since: datetime, last: datetime, steps: Steps
) -> Iterator[list[datetime]]:
    """The moments of each hour, minute or second."""
    unit = SECONDS[rule.frequency]
    step = timedelta(seconds=unit * rule.interval)
    begin = start.replace(
        minute=start.minute if unit < 3600 else 0, second=start.second if unit < 60 else 0
    )
    begin += (since - begin) // step * step
    names = [name for name, size in (("BYMINUTE", 60), ("BYSECOND", 1)) if size < unit]
    steps.spend(_product(rule))
    inside = sorted(
        timedelta(**dict(zip(("seconds", "minutes"), reversed(some), strict=False)))
        for some in product(*(rule.numbers(name) for name in names))
    )
    while begin <= last:
        steps.spend(1)
        fine = _matches(rule, begin.date()) and all(
            not rule.numbers(name) or own in rule.numbers(name)
            for name, own, size in (
                ("BYHOUR", begin.hour, 3600),
                ("BYMINUTE", begin.minute, 60),
                ("BYSECOND", begin.second, 1),
            )
            if size >= unit
        )
        if fine:
            steps.spend(len(inside))
            yield [begin + offset for offset in inside]
        begin += step


def _matches(rule: RecurrenceRule, day: date) -> bool:
    """Whether every part of the rule that is about days leaves this one."""
    by = rule.by
    if "BYMONTH" in by and day.month not in by["BYMONTH"]:
        return False
    if "BYMONTHDAY" in by:
        left = monthrange(day.year, day.month)[1] - day.day
        if by["BYMONTHDAY"].isdisjoint((day.day, -1 - left)):
            return False
    if "BYYEARDAY" in by:
        number, left = _in_year(day)
        if by["BYYEARDAY"].isdisjoint((number, -1 - left)):
            return False
    if "BYWEEKNO" in by and by["BYWEEKNO"].isdisjoint(_weeks(day, rule.week_begins)):
        return False
    return not rule.days or any(_is_day(rule, day, *one) for one in rule.days)


def _in_year(day: date) -> tuple[int, int]:
    """The number of a day in its year, and how many there are after it."""
    return day.timetuple().tm_yday, (date(day.year, 12, 31) - day).days


def _weeks(day: date, week_begins: int) -> tuple[int, int]:
    """The number of a day's week in the year that most of it is in, from 1 and back from -1."""
    middle = day + timedelta(3 - (day.weekday() - week_begins) % 7)
    number, left = _in_year(middle)
    return (number - 1) // 7 + 1, -1 - left // 7


def _is_day(rule: RecurrenceRule, day: date, ordinal: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    if not ordinal or rule.frequency not in ("YEARLY", "MONTHLY"):
        return True
    if rule.frequency == "MONTHLY" or "BYMONTH" in rule.by:
        number, left = day.day, monthrange(day.year, day.month)[1] - day.day
    else:
        number, left = _in_year(day)
    return ordinal in ((number - 1) // 7 + 1, -1 - left // 7)
