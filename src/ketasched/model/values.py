"""Small values that a file writes as one word, number or list.

Each class has `read` (from the file's form; raises `ValueError` with a message for the user),
`plain` (back to the file's form) and `SCHEMA` (the form as a JSON Schema; the manual quotes its
description). Clock times are minutes after local midnight.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar, Literal, Self, get_args

from ketasched.model.clock_text import (
    CLOCK_FORM,
    RANGE_FORM,
    clock_times,
    split_range,
    time_ranges,
)

DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Dates outside these years are taken for typing errors."""

FIRST_START, LAST_START = date(1950, 1, 1), date(2099, 12, 31)
"""Starts, and moments of planning, outside these days are typing errors."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
Place = Literal["clinic", "phone", "home"]

Plain = str | int | list["Plain"] | dict[str, "Plain"] | None
"""Plain data: what a value of ours becomes in a TOML or JSON file."""

Schema = Mapping[str, object]
"""A JSON Schema, or a part of one."""

Problem = tuple[str, str]
"""A place inside a file ("gap_days.min", "" for the whole) and what is wrong there."""

CLOCK_PATTERN = r"([01]?\d|2[0-3]):[0-5]\d"
DATE_PATTERN = r"\d{4}-\d{2}-\d{2}"


def _text_schema(description: str, pattern: str) -> Schema:
    return {"description": description, "type": "string", "pattern": f"^{pattern}$"}


DATE_SCHEMA = _text_schema('"2026-12-07"', DATE_PATTERN)

DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional embeddings, overrides and isolates, and the characters that end them."""


def read_date(text: object) -> date:
    """The date from ISO text ("2026-12-07"), or a date that TOML has parsed already.

    Raises `ValueError`, also for a year outside `FIRST_YEAR` to `LAST_YEAR`, both inclusive.
    """
    if isinstance(text, date) and not isinstance(text, datetime):
        day = text
    elif isinstance(text, str) and re.fullmatch(DATE_PATTERN, text, re.ASCII):
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f'"{text}" is no date: {error}') from None
    else:
        raise ValueError(f'expected a date such as "2026-12-07", not {quote(text)}')
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year {day.year} is outside {FIRST_YEAR}–{LAST_YEAR}")
    return day


def read_weekday(word: str) -> Weekday | None:
    """The weekday that a word names by three letters or more ("Tues", "Mondays"), if any."""
    found = word.lower()
    names = zip(WEEKDAYS, DAY_NAMES, strict=True)
    return next(
        (day for day, name in names if len(found) > 2 and f"{name}s".startswith(found)), None
    )


LINE_BREAKS = frozenset("\n\t\u2028\u2029")
"""Breaks of lines, and the tab: characters of texts that have lines."""

JOINERS = frozenset("\u00ad\u200c\u200d\u200e\u200f\u061c")
"""Invisible characters that names need: soft hyphens, and those of Arabic, Indic and emoji."""

LONGEST_TEXT = 20_000
"""No text of a file has more characters."""

LONGEST_TYPED = 2_000
"""No text of an option, a cell or a label has more: it becomes a part of longer ones."""


def text_problem(text: str, *, lines: bool = False, most: int = LONGEST_TEXT) -> str:
    """What is wrong with a text: an unsafe character, or more than `most` characters; else "".

    Unsafe are controls, lone surrogates, and marks of direction: these reorder the text around
    them, too. Without `lines` so are line breaks, and invisible characters that no name needs.
    """
    if len(text) > most:
        return f"has more than {most} characters"
    if text.isprintable():  # quick: a text may have millions of characters
        return ""
    for char in text:
        category = unicodedata.category(char)
        is_unsafe = category in ("Cc", "Cs") or char in DIRECTION_MARKS
        is_hidden = category in ("Zl", "Zp") or (category == "Cf" and char not in JOINERS)
        if char not in LINE_BREAKS and is_unsafe if lines else is_unsafe or is_hidden:
            return f"has the character U+{ord(char):04X}, which no text needs"
    return ""


def escape_unprintable(text: str) -> str:
    """The text for a terminal: controls and line breaks become escapes such as "\\n"."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def quote(value: object) -> str:
    """A value from a file for an error message: on one line, shortened, text in quotes."""
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except (ValueError, RecursionError):
        return "that"  # a number of thousands of digits, or lists nested thousands deep
    if isinstance(value, bool):
        text = text.lower()
    # No more is escaped than is shown: a text may have millions of characters.
    text = escape_unprintable(text if len(text) <= 60 else text[:60] + text[-1])
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


@dataclass(frozen=True, slots=True)
class Clock:
    """A wall-clock time of any day, "HH:MM", in the clinic's zone."""

    SCHEMA: ClassVar = _text_schema('"08:30"', rf"\s*{CLOCK_FORM}\s*")

    minutes: int

    @classmethod
    def read(cls, text: object) -> Self:
        """From "08:30", as people write it ("8:30 am", "noon"), or a time that TOML has parsed.

        Raises `ValueError`, also for what can be two times ("9").
        """
        if isinstance(text, time) and text == time(text.hour, text.minute):
            text = f"{text:%H:%M}"
        found = clock_times(text) if isinstance(text, str) else ()
        if len(found) > 1:
            choices = " or ".join(map(str, map(cls, found)))
            raise ValueError(f"{quote(text)}: in the morning or after noon? Write {choices}")
        if not found:
            raise ValueError(f'expected a clock time such as "08:30", not {quote(text)}')
        return cls(*found)

    def plain(self) -> str:
        """Back to "08:30"; 1440 minutes are "24:00"."""
        return f"{self.minutes // 60:02d}:{self.minutes % 60:02d}"

    __str__ = plain

    @property
    def time(self) -> time:
        """As a naive `datetime.time`."""
        return time(self.minutes // 60, self.minutes % 60)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A time range within one day, "08:00-12:00", in minutes after midnight.

    `end` is at most 24:00.
    """

    SCHEMA: ClassVar = _text_schema('"08:00-12:00"', rf"\s*{RANGE_FORM}\s*")

    start: int
    end: int

    @classmethod
    def read(cls, text: object) -> Self:
        """From "08:00-12:00", or as people write it ("8am-noon"); the end is after the start.

        Raises `ValueError`, also for what can be two ranges ("1-5").
        """
        ends = split_range(text) if isinstance(text, str) else None
        if ends is None:
            raise ValueError(f'expected times such as "08:00-12:00", not {quote(text)}')
        ranges = time_ranges(*ends)
        if ranges is None:
            bad = ends[0] if time_ranges(ends[0], "24:00") is None else ends[1]
            raise ValueError(f'expected a clock time such as "08:30", not {quote(bad)}')
        if not ranges:
            raise ValueError(f"{quote(text)} ends before it starts")
        found = [cls(start, end) for start, end in ranges]
        if len(found) > 1:
            *others, last = map(str, found)
            choices = f"{', '.join(others)} or {last}"
            raise ValueError(f"{quote(text)}: in the morning or after noon? Write {choices}")
        return found[0]

    def plain(self) -> str:
        """Back to "08:00-12:00"."""
        return f"{Clock(self.start)}-{Clock(self.end)}"

    __str__ = plain


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from `first` to `last`, both inclusive, with a `label` ("winter break") or "".

    Written "2026-12-24", "2026-12-28..2027-01-01" or "2026-12-28..2027-01-01 winter break".
    """

    SCHEMA: ClassVar = _text_schema(
        '"2026-12-24" or "2026-12-28..2027-01-01", perhaps with a name after it',
        rf"\s*{DATE_PATTERN}(\.\.{DATE_PATTERN})?(\s.*)?",
    )

    first: date
    last: date
    label: str = ""

    @classmethod
    def read(cls, text: object) -> Self:
        """From the written form, or from a TOML date; raises `ValueError` if backwards."""
        if isinstance(text, date):
            return cls(read_date(text), read_date(text))
        if not isinstance(text, str):
            raise ValueError(f'expected "DATE" or "DATE..DATE", not {quote(text)}')
        dates, _, label = text.strip().partition(" ")
        first, dots, last = dates.partition("..")
        if label and not re.match(DATE_PATTERN, first):
            said = 'expected a date such as "2026-12-24", and then its name'
            raise ValueError(f"{said}, not {quote(text)}")
        found = cls(read_date(first), read_date(last if dots else first), label.strip())
        if found.last < found.first:
            raise ValueError(f"{quote(text)} is backwards: its last day is before its first")
        return found

    def plain(self) -> str:
        """Back to the written form."""
        dates = f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"
        return f"{dates} {self.label}".rstrip()

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Record:
    """What was recorded before a course, on which day and by whom.

    Written "rems-enrolment 2026-11-20 Dr. Lee".
    """

    SCHEMA: ClassVar = _text_schema(
        '"rems-enrolment 2026-11-20 Dr. Lee": what, the day, and by whom',
        rf"[a-z0-9-]+ {DATE_PATTERN} \S.*",
    )

    what: str
    on: date
    by: str

    @classmethod
    def read(cls, text: object) -> Self:
        """From the written form."""
        form = r"([a-z0-9-]{1,64}) +(\d{4}-\d{2}-\d{2}) +(\S.*)"
        found = isinstance(text, str) and re.fullmatch(form, text.strip(), re.ASCII)
        if not found or not found[3].isprintable():
            example = '"rems-enrolment 2026-11-20 Dr. Lee"'
            raise ValueError(f"expected what, a date and a name, as in {example}")
        return cls(found[1], read_date(found[2]), found[3])

    def plain(self) -> str:
        """Back to the written form."""
        return f"{self.what} {self.on} {self.by}"


@dataclass(frozen=True, slots=True)
class Reminder:
    """A wall-clock moment some calendar days before a visit: "3d 10:00"."""

    SCHEMA: ClassVar = _text_schema(
        '"3d 10:00": days before, and a time of day', rf"\d{{1,2}}d {CLOCK_PATTERN}"
    )

    days: int
    at: Clock

    @classmethod
    def read(cls, text: object) -> Self:
        """From "3d 10:00"; "0d 07:00" is the morning of the visit itself."""
        found = isinstance(text, str) and re.fullmatch(r"(\d{1,2})d (\d\d?:\d\d)", text, re.ASCII)
        if not found:
            raise ValueError(f'expected days and a time such as "3d 10:00", not {quote(text)}')
        return cls(int(found[1]), Clock.read(found[2]))

    def plain(self) -> str:
        """Back to "3d 10:00"."""
        return f"{self.days}d {self.at}"


@dataclass(frozen=True, slots=True)
class LeadTime:
    """The time from an alarm to its event, in minutes: "2h", "30m", "1d"."""

    SCHEMA: ClassVar = _text_schema('"2h", "30m" or "1d", a week at most', r"\d{1,5}[mhd]")

    minutes: int

    @classmethod
    def read(cls, text: object) -> Self:
        """From "2h", "30m" or "1d"; at most a week."""
        found = isinstance(text, str) and re.fullmatch(r"(\d{1,5})([mhd])", text, re.ASCII)
        minutes = int(found[1]) * {"m": 1, "h": 60, "d": 1440}[found[2]] if found else -1
        if not 0 <= minutes <= 7 * 1440:
            raise ValueError(f'expected "2h", "30m" or "1d" (a week at most), not {quote(text)}')
        return cls(minutes)

    def plain(self) -> str:
        """Back to the written form, in the largest unit that divides the minutes."""
        for size, unit in ((1440, "d"), (60, "h")):
            if self.minutes and self.minutes % size == 0:
                return f"{self.minutes // size}{unit}"
        return f"{self.minutes}m"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money, in hundredths of the clinic's currency."""

    SCHEMA: ClassVar[Schema] = {
        "description": '450 or "449.50"',
        "type": ["number", "string"],
        "minimum": 0,
        "exclusiveMaximum": 10_000_000,
        "pattern": r"^\d{1,7}(\.\d{1,2})?$",
    }

    hundredths: int

    @classmethod
    def read(cls, value: object) -> Self:
        """From 450, 449.5 or "449.50"; at least 0, below ten million."""
        is_number = isinstance(value, int | float | str) and not isinstance(value, bool)
        written = str(value) if is_number else ""
        found = re.fullmatch(r"(\d{1,7})(?:\.(\d{1,2}))?", written, re.ASCII)
        if found is None:
            raise ValueError(f'expected an amount such as 450 or "449.50", not {quote(value)}')
        return cls(int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")))

    def plain(self) -> str:
        """Back to "449.50"."""
        return f"{self.hundredths // 100}.{self.hundredths % 100:02d}"

    def number(self) -> str:
        """The amount for people, without its currency: "2,700", "449.50"."""
        whole, part = divmod(self.hundredths, 100)
        return f"{whole:,}{f'.{part:02d}' if part else ''}"
