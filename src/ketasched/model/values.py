"""Small values that a file writes as one word, number or list.

Each has `read` (from the file's form, raising `ValueError` with what is wrong) and `plain` (back
to it). Clock times inside a day are minutes after local midnight.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, Self

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Dates outside these years are typing errors, not plans."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Place = Literal["clinic", "phone", "home"]

Plain = str | int | list["Plain"] | dict[str, "Plain"] | None
"""What a TOML or JSON file can hold of ours."""

Problem = tuple[str, str]
"""A place inside a file ("gap_days.min", "" for the whole) and what is wrong there."""


def read_date(text: object) -> date:
    """The ISO date `text` ("2026-12-07"), or a date that TOML has read already."""
    if isinstance(text, date) and not isinstance(text, datetime):
        day = text
    elif isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f'"{text}" is no date: {error}') from None
    else:
        raise ValueError(f'expected a date such as "2026-12-07", not {shown(text)}')
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year {day.year} is outside {FIRST_YEAR}–{LAST_YEAR}")
    return day


def read_minutes(text: object, *, last: int = 24 * 60 - 1) -> int:
    """The clock time `text` ("08:30") as minutes after midnight, at most `last`."""
    if isinstance(text, time) and text == time(text.hour, text.minute):
        text = f"{text:%H:%M}"
    found = isinstance(text, str) and re.fullmatch(r"(\d{1,2}):(\d{2})", text, re.ASCII)
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if not found or int(found[2]) > 59 or minutes > last:
        raise ValueError(f'expected a clock time such as "08:30", not {shown(text)}')
    return minutes


def clock(minutes: int) -> str:
    """Minutes after midnight as a clock time: 510 is "08:30"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def printable(text: str) -> str:
    """The text with what no terminal should get (controls, line breaks) written as escapes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shown(value: object) -> str:
    """A value from a file as an error message shows it: short, quoted, on one line."""
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except (ValueError, RecursionError):
        return "that"  # a number of thousands of digits, or lists in lists in lists
    if isinstance(value, bool):
        text = text.lower()
    text = printable(text)
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


@dataclass(frozen=True, slots=True)
class Clock:
    """A wall-clock time of any day, "HH:MM", in the clinic's zone."""

    minutes: int

    @classmethod
    def read(cls, text: object) -> Self:
        """From "08:30"."""
        return cls(read_minutes(text))

    def plain(self) -> str:
        """Back to "08:30"."""
        return clock(self.minutes)

    def __str__(self) -> str:
        return clock(self.minutes)

    @property
    def time(self) -> time:
        """As a naive `datetime.time`."""
        return time(self.minutes // 60, self.minutes % 60)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A stretch of one day, "08:00-12:00": minutes after midnight, `end` at most 24:00."""

    start: int
    end: int

    @classmethod
    def read(cls, text: object) -> Self:
        """From "08:00-12:00"; the end must come after the start."""
        plain = text.replace("–", "-") if isinstance(text, str) else ""
        start, dash, end = plain.partition("-")
        if not dash:
            raise ValueError(f'expected times such as "08:00-12:00", not {shown(text)}')
        found = cls(read_minutes(start.strip()), read_minutes(end.strip(), last=24 * 60))
        if found.end <= found.start:
            raise ValueError(f"{shown(text)} ends before it starts")
        return found

    def plain(self) -> str:
        """Back to "08:00-12:00"."""
        return f"{clock(self.start)}-{clock(self.end)}"

    def __str__(self) -> str:
        return self.plain()


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from `first` to `last`, both inclusive, with what they are called, if anything.

    Written "2026-12-24", "2026-12-28..2027-01-01" or "2026-12-28..2027-01-01 winter break".
    """

    first: date
    last: date
    label: str = ""

    @classmethod
    def read(cls, text: object) -> Self:
        """From the written form; a range backwards is refused."""
        if isinstance(text, date):
            return cls(read_date(text), read_date(text))
        if not isinstance(text, str):
            raise ValueError(f'expected "DATE" or "DATE..DATE", not {shown(text)}')
        dates, _, label = text.strip().partition(" ")
        first, dots, last = dates.partition("..")
        found = cls(read_date(first), read_date(last if dots else first), label.strip())
        if found.last < found.first:
            raise ValueError(f"{shown(text)} is backwards: its last day is before its first")
        return found

    def plain(self) -> str:
        """Back to the written form."""
        dates = f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"
        return f"{dates} {self.label}".rstrip()

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Reminder:
    """A wall-clock moment some calendar days before a visit: "3d 10:00"."""

    days: int
    at: Clock

    @classmethod
    def read(cls, text: object) -> Self:
        """From "3d 10:00"; "0d 07:00" is the morning of the visit itself."""
        found = isinstance(text, str) and re.fullmatch(r"(\d{1,2})d (\d\d?:\d\d)", text, re.ASCII)
        if not found:
            raise ValueError(f'expected days and a time such as "3d 10:00", not {shown(text)}')
        return cls(int(found[1]), Clock.read(found[2]))

    def plain(self) -> str:
        """Back to "3d 10:00"."""
        return f"{self.days}d {self.at}"


@dataclass(frozen=True, slots=True)
class Lead:
    """How long before an event its alarm sounds, in minutes: "2h", "30m", "1d"."""

    minutes: int

    @classmethod
    def read(cls, text: object) -> Self:
        """From "2h", "30m" or "1d"; at most a week."""
        found = isinstance(text, str) and re.fullmatch(r"(\d{1,5})([mhd])", text, re.ASCII)
        minutes = int(found[1]) * {"m": 1, "h": 60, "d": 1440}[found[2]] if found else -1
        if not 0 <= minutes <= 7 * 1440:
            raise ValueError(f'expected "2h", "30m" or "1d" (a week at most), not {shown(text)}')
        return cls(minutes)

    def plain(self) -> str:
        """Back to the largest unit that fits."""
        for size, unit in ((1440, "d"), (60, "h")):
            if self.minutes and self.minutes % size == 0:
                return f"{self.minutes // size}{unit}"
        return f"{self.minutes}m"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money, in hundredths of the clinic's currency."""

    hundredths: int

    @classmethod
    def read(cls, value: object) -> Self:
        """From 450, 449.5 or "449.50"; below ten million, not below 0."""
        is_number = isinstance(value, int | float | str) and not isinstance(value, bool)
        written = str(value) if is_number else ""
        found = re.fullmatch(r"(\d{1,7})(?:\.(\d{1,2}))?", written, re.ASCII)
        if found is None:
            raise ValueError(f'expected an amount such as 450 or "449.50", not {shown(value)}')
        return cls(int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")))

    def plain(self) -> str:
        """Back to "449.50"."""
        return f"{self.hundredths // 100}.{self.hundredths % 100:02d}"

    def text(self, currency: str) -> str:
        """As people read it: "USD 2,700", "$449.50"."""
        whole, part = divmod(self.hundredths, 100)
        between = " " if currency[-1:].isalpha() else ""
        return f"{currency}{between}{whole:,}{f'.{part:02d}' if part else ''}"


def _whole(value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number, not {shown(value)}")
    if not low <= value <= high:
        raise ValueError(f"expected {low} to {high}, not {shown(value)}")
    return value


def _table(value: object, *keys: str) -> list[object]:
    """The values of a small table with just these keys, None for a missing one."""
    if not isinstance(value, dict) or not set(value) <= set(keys):
        raise ValueError(f"expected a whole number or {{ {', '.join(keys)} }}, not {shown(value)}")
    return [value.get(key) for key in keys]


@dataclass(frozen=True, slots=True)
class Count:
    """How many visits a phase has: `default`, and `max` where the request may ask for more."""

    default: int
    max: int

    @classmethod
    def read(cls, value: object) -> Self:
        """From 6 or { default = 0, max = 12 }; a phase has at most 200 visits."""
        if not isinstance(value, dict):
            number = _whole(value, 1, 200)
            return cls(number, number)
        default, most = _table(value, "default", "max")
        found = cls(_whole(default, 0, 200), _whole(most, 1, 200))
        if found.max < found.default:
            raise ValueError(f"default {found.default} is more than max {found.max}")
        return found

    def plain(self) -> Plain:
        """Back to the number or the table."""
        if self.default == self.max:
            return self.default
        return {"default": self.default, "max": self.max}


@dataclass(frozen=True, slots=True)
class PerWeek:
    """A pace in visits a week: the usual one, and those that a request may choose."""

    default: int
    choices: tuple[int, ...]

    @classmethod
    def read(cls, value: object) -> Self:
        """From 3 or { default = 3, choices = [2, 3] }."""
        return cls(*_default_and_choices(value, 7))

    def plain(self) -> Plain:
        """Back to the number or the table."""
        return _choice_plain(self.default, self.choices)


@dataclass(frozen=True, slots=True)
class EveryDays:
    """A pace in days from visit to visit; the last of `steps` repeats. `choices` may be asked."""

    steps: tuple[int, ...]
    choices: tuple[int, ...]

    @classmethod
    def read(cls, value: object) -> Self:
        """From 14, [14, 21, 28] or { default = 14, choices = [7, 14] }."""
        if isinstance(value, list):
            if not value:
                raise ValueError("expected at least one number of days")
            steps = tuple(_whole(step, 1, 366) for step in value)
            return cls(steps, steps if len(steps) == 1 else ())
        default, choices = _default_and_choices(value, 366)
        return cls((default,), choices)

    def plain(self) -> Plain:
        """Back to the number, the list or the table."""
        if len(self.steps) > 1:
            return list(self.steps)
        return _choice_plain(self.steps[0], self.choices)


def _default_and_choices(value: object, most: int) -> tuple[int, tuple[int, ...]]:
    if not isinstance(value, dict):
        number = _whole(value, 1, most)
        return number, (number,)
    default, choices = _table(value, "default", "choices")
    if not isinstance(choices, list):
        raise ValueError(f"expected choices such as [2, 3], not {shown(choices)}")
    found = _whole(default, 1, most), tuple(_whole(choice, 1, most) for choice in choices)
    if found[0] not in found[1]:
        raise ValueError(f"default {found[0]} is not among the choices {choices}")
    return found


def _choice_plain(default: int, choices: tuple[int, ...]) -> Plain:
    if choices in ((default,), ()):
        return default
    return {"default": default, "choices": list(choices)}
