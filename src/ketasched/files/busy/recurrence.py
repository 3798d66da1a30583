"""Recurrence rules (RRULE, RFC 5545, 3.3.10): occurrences by `dateutil`, within a budget.

`dateutil` cannot be interrupted, so a rule is made cheap before it is unfolded. All times are by
the clock on the wall.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import MAXYEAR
from functools import lru_cache

from dateutil.rrule import rrulestr

from ketasched.files.busy.spans import DAY, EPOCH, shown, wall_of

CLOCK = ("BYHOUR", "BYMINUTE", "BYSECOND")
RANGES = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "INTERVAL": (1, 100_000),
}
"""The parts of which `dateutil` takes any number, and which ones but 0 mean something."""

DAILY = {"FREQ": "DAILY", "INTERVAL": "1"}
COARSE = {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY"}

PERIODS = {"YEARLY": (365, 50), "MONTHLY": (30, 8), "WEEKLY": (7, 4), "DAILY": (1, 2)}
"""The days of a period of each frequency, about, and what `dateutil` needs for one, in µs."""

LEAST = 10
"""What `dateutil` needs for a rule that never comes round, in µs."""

FINE = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}
"""The seconds of the frequencies that are finer than daily."""

ERA = 400
"""The years after which the calendar, weekdays and all, is the same again."""


class TooMuch(Exception):
    """A calendar repeats more than can be looked at."""


@dataclass(slots=True)
class Budget:
    """The steps that are left for all the rules of a calendar, the most for one, and the days on
    which rules have been found to fall: many series of a calendar have the same.
    """

    left: float = 1_500_000
    most_of_one: float = 150_000
    unfolded: dict[tuple[str, int, int], list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecurrenceRule:
    """A rule, its parts as text; with `whole_days` each day on which it falls is meant, from begin
    to end.
    """

    parts: dict[str, str] = field(default_factory=lambda: DAILY)
    count: int = 0
    until: str = ""
    whole_days: bool = False

    def steps(self, length: int) -> float:
        """What `dateutil` needs to unfold so much of the rule, about."""
        days, steps = PERIODS[self.parts["FREQ"]]
        for name in (*CLOCK, "BYSETPOS"):
            steps *= self.parts.get(name, "").count(",") + 1
        every = days * int(self.parts["INTERVAL"])
        # It looks at each month on the way to a later day.
        return float((steps + every / 60) * (length / DAY / every + 1))


def read_rule(text: str, start: int) -> RecurrenceRule:
    """The rule of a text. Raises `ValueError` if it is not understood.

    A rule that is finer than daily becomes one for the whole days on which it falls.
    """
    parts = dict(one.split("=") for one in text.split(";"))
    is_known = len(parts) == text.count("=") and parts.get("FREQ") in PERIODS | FINE
    until, count = parts.pop("UNTIL", ""), max(int(parts.pop("COUNT", 0)), 0)
    parts = {name: ",".join(dict.fromkeys(said.split(","))) for name, said in parts.items()}
    parts["INTERVAL"] = str(max(int(parts.get("INTERVAL", 1)), 1))
    if not is_known or not all(map(_is_known, parts, parts.values())):
        raise ValueError
    if not {52, 53}.isdisjoint(map(int, parts.get("BYWEEKNO", "0").split(","))):
        # `dateutil` takes some days in January for those of the other one of these weeks.
        parts["BYWEEKNO"] += ",52,53"
        parts.pop("BYSETPOS", "")
        count = 0
    if parts["FREQ"] in PERIODS:
        return RecurrenceRule(parts, count, until)
    seconds = count * int(parts["INTERVAL"]) * FINE[parts["FREQ"]]
    if 0 < seconds < 10**10 and not until and parts.keys() <= {"FREQ", "INTERVAL", "WKST"}:
        until = f"{shown(start + seconds):%Y%m%d}"
    days = {name: parts[name] for name in COARSE & parts.keys()}
    return RecurrenceRule(days | DAILY, until=until, whole_days=True)


@lru_cache(1000)
def _is_known(name: str, value: str) -> bool:
    """Whether a part means something. Raises `ValueError` if `dateutil` does not take it."""
    rrulestr(f"FREQ=DAILY;{name}={value}", dtstart=EPOCH)
    if name not in RANGES:
        return name != "BYEASTER"
    least, most = RANGES[name]
    return all(int(one) and least <= int(one) <= most for one in value.split(","))


def occurrences(
    rule: RecurrenceRule, start: int, first: int, last: int, budget: Budget
) -> list[int]:
    """When a rule from `start` comes round, from `first` to `last`, both included, in order.

    `until` is for the caller to put into `last`. Raises `TooMuch`.
    """
    if last < max(start, first):
        return []
    # Without its count a rule can begin later. What is more is on the safe side.
    count = rule.count if rule.steps(last - start) <= budget.most_of_one else 0
    clock = 0 if rule.parts.keys() & CLOCK else start % DAY
    begin = (start if count else _nearest(rule, start, first)) - clock
    end = (last // DAY + 1) * DAY
    text = ";".join(map("=".join, rule.parts.items())) + f";COUNT={count}" * bool(count)
    found = budget.unfolded.setdefault((text, begin, end), [])
    if not found:
        steps = rule.steps(end - begin) + LEAST
        if steps > min(budget.left, budget.most_of_one):
            raise TooMuch
        # `dateutil` looks for a next time until the year 9999, so it is asked near that.
        early = shown(begin)
        shift = (MAXYEAR - shown(end).year) // ERA * ERA
        for late in rrulestr(text, dtstart=early.replace(year=early.year + shift)):
            found.append(wall_of(late.replace(year=late.year - shift)))
            if found[-1] > end:
                break
        else:
            steps += 0 if count else rule.steps(366 * ERA * DAY)
        budget.left -= steps
    budget.left -= len(found)
    if budget.left < 0:
        raise TooMuch
    within = found[bisect_left(found, first - clock) : bisect_right(found, last - clock)]
    return [one + clock for one in within]


def _nearest(rule: RecurrenceRule, start: int, first: int) -> int:
    """The begin of a period of a rule from `start` before `first`, on a like day of a later year
    or week; of no other year, if the day is not in each.
    """
    interval, length = int(rule.parts["INTERVAL"]), PERIODS[rule.parts["FREQ"]][0]
    if length < 30:
        period = length * interval * DAY
        return start + max((first - start) // period - 1, 0) * period
    begin, years = shown(start), (shown(first).year - shown(start).year - 1) // interval * interval
    leap_day = (begin.month, begin.day) == (2, 29)
    return start if leap_day else wall_of(begin.replace(year=begin.year + max(years, 0)))
