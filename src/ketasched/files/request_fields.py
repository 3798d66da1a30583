"""What can be asked for a patient: one table, for the options of `plan` and for roster columns."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, cast

from ketasched.errors import BadRequest
from ketasched.model import WEEKDAYS, Clock, DateRange, Request, TimeRange, shown
from ketasched.model.identifiers import patient_reference
from ketasched.model.values import read_date

DateOrder = Literal["mdy", "dmy"] | None

WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?"
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DAY = r"\d{1,2}(?:st|nd|rd|th)?"
SPELLED = re.compile(
    rf"(?:{WEEKDAY} )?(?:{DAY} {MONTH}|{MONTH} {DAY}),? \d{{4}}",
    re.ASCII | re.IGNORECASE,
)
"""A date with its month in words; day, month and year are all there, so nothing is guessed."""


DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Column:
    """One thing to ask for: how its text is read, and how `--help` says it.

    `several` values are repeated options on the command line, and separated by ";" in a roster.
    """

    read: Callable[[str, DateOrder], object]
    metavar: str
    help: str
    several: bool = False


def read_request(
    texts: Mapping[str, str | tuple[str, ...]],
    order: DateOrder = None,
    *,
    besides: Sequence[tuple[str, str]] = (),
) -> Request:
    """The request that these texts, by column, describe; an absent one is not asked for.

    Raises `BadRequest` with everything that is wrong, also what the caller has found `besides`:
    columns, each with what is wrong.
    """
    found: dict[str, object] = {}
    problems = [*besides]
    for name, text in texts.items():
        column = COLUMNS[name]
        try:
            if column.several:
                found[name] = tuple(column.read(one, order) for one in text)
            else:
                found[name] = column.read(cast("str", text), order)
        except ValueError as error:
            problems.append((name, str(error)))
    if problems:
        (first, said), *others = problems
        raise BadRequest(first, "; ".join((said, *(f"{name}: {why}" for name, why in others))))
    if "driver_phone" in found and "driver_name" not in found:
        raise BadRequest("driver_phone", "a driver's phone needs the driver's name")
    days = found.get("days")
    if isinstance(days, tuple):
        named = {day for one in days for day in one}
        found["days"] = tuple(day for day in WEEKDAYS if day in named)
    return Request(**found)  # type: ignore[arg-type]  # the table's readers give the right types


def spelled_date(text: str, order: DateOrder = None) -> date:
    """A date as people write it: "2026-12-07", "7 Dec 2026", "December 7, 2026", "Mon 7 Dec 2026".

    "03/04/2027" is read only where `order` says which number is the month. Raises `ValueError`.
    """
    text = " ".join(text.split())
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return read_date(text)
    if re.fullmatch(r"\d{1,2}([/.-])\d{1,2}\1\d{4}", text, re.ASCII):
        return _by_order(text, order)
    if not SPELLED.fullmatch(text):
        raise ValueError(
            f'expected a date such as "2026-12-07" or "7 Dec 2026", not {shown(text)}'
        )
    # Imported here because most dates come in digits, and it takes as long as the rest to load.
    from dateutil import parser  # noqa: PLC0415

    named = re.match(WEEKDAY, text, re.ASCII | re.IGNORECASE)
    plain = text[named.end() :] if named else text
    try:
        found = parser.parse(plain, default=datetime(2000, 1, 1)).date()  # noqa: DTZ001 - a date
        found = read_date(found.replace(year=int(text[-4:])))
    except (ValueError, OverflowError) as error:
        said = str(error).partition(":")[0].replace("Unknown string format", "no such month")
        raise ValueError(f"{shown(text)} is no date: {said}") from None
    if named and WEEKDAYS[found.weekday()] != named[0][:3].lower():
        raise ValueError(f"{shown(text)}: that day is a {DAY_NAMES[found.weekday()].title()}")
    return found


def _by_order(text: str, order: DateOrder) -> date:
    first, second, year = (int(number) for number in re.split(r"[/.-]", text))
    readings = {"mdy": (first, second), "dmy": (second, first)}
    if order is None:
        likely = sorted(
            f"{year}-{month:02d}-{day:02d}"
            for month, day in readings.values()
            if month <= 12 and day <= 31
        )
        raise ValueError(
            f"{shown(text)}: day or month first? "
            f"Write {' or '.join(dict.fromkeys(likely))}, or say --date-order"
        )
    month, day = readings[order]
    try:
        return read_date(date(year, month, day))
    except ValueError as error:
        raise ValueError(f"{shown(text)} is no date, read as {order}: {error}") from None


def _reference(text: str, _order: DateOrder) -> str:
    return patient_reference(text)


def _clock(text: str, _order: DateOrder) -> Clock:
    return Clock.read(text.strip())


def _times(text: str, _order: DateOrder) -> TimeRange:
    return TimeRange.read(text.strip())


def _range(text: str, order: DateOrder) -> DateRange:
    first, dots, last = text.partition("..")
    found = DateRange(spelled_date(first, order), spelled_date(last if dots else first, order))
    if found.last < found.first:
        raise ValueError(f"{shown(text)} is backwards: its last day is before its first")
    return found


def _days(text: str, _order: DateOrder) -> tuple[str, ...]:
    found = []
    for word in text.split(","):
        said = word.strip().lower()
        matching = [name for name in DAY_NAMES if len(said) > 2 and name.startswith(said)]
        if not matching:
            raise ValueError(f"expected weekdays such as mon,wed,fri, not {shown(word.strip())}")
        found.append(matching[0][:3])
    return tuple(found)


def _number(text: str, _order: DateOrder) -> int:
    if not re.fullmatch(r"-?\d{1,6}", text.strip(), re.ASCII):
        raise ValueError(f"expected a whole number, not {shown(text)}")
    return int(text)


def _positive(text: str, order: DateOrder) -> int:
    number = _number(text, order)
    if number < 1:
        raise ValueError(f"expected 1 or more, not {number}")
    return number


def _words(text: str, _order: DateOrder) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError(f"expected some words on one line, not {shown(text)}")
    return text.strip()


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "start": Column(spelled_date, "DATE", "The first day that would do."),
        "patient": Column(_reference, "REF", "Your reference for the patient (names files)."),
        "latest_start": Column(spelled_date, "DATE", "The last day to begin (14 days later)."),
        "per_week": Column(_positive, "N", "Visits a week, where the protocol has a choice."),
        "every_days": Column(_positive, "DAYS", "Days from visit to visit, where it has one."),
        "time": Column(_clock, "HH:MM", "The check-in time to aim for."),
        "between": Column(_times, "HH:MM-HH:MM", "The hours that the whole visit must fit in."),
        "days": Column(
            _days, "DAYS", "The weekdays that the patient can: mon,wed,fri.", several=True
        ),
        "unavailable": Column(
            _range, "DATE[..DATE]", "Days that they cannot (again for each).", several=True
        ),
        "boosters": Column(_number, "N", "Boosters to pencil in; the clinician decides on each."),
        "booster_every": Column(_positive, "DAYS", "Days from booster to booster."),
        "born": Column(spelled_date, "DATE", "The date of birth: under 18 is refused."),
        "cleared_by": Column(_words, "NAME", "The clinician whose clearance is recorded."),
        "cleared_on": Column(spelled_date, "DATE", "The day of that clearance."),
        "driver_name": Column(_words, "NAME", "Who drives the patient there and back."),
        "driver_phone": Column(_words, "PHONE", "The driver's phone number."),
    }
)
"""Every column by its name, which is its option's, too ("latest_start" is --latest-start)."""

ROSTER_COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        **COLUMNS,
        "clinic": Column(_words, "FILE", "The clinic's file, for this row."),
        "protocol": Column(_words, "ID|FILE", "A shipped protocol's id, or a file's path."),
        "priority": Column(_positive, "N", "How much the row weighs when all are planned as one."),
    }
)
"""Every column of a roster: what can be asked for, and what a row says besides."""
