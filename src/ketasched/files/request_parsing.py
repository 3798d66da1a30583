"""The fields of a request, in one table for the options of `plan` and the columns of a roster.

Each field has a function that reads its text; these functions raise `ValueError`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ketasched.errors import BadRequest
from ketasched.model import WEEKDAYS, Clock, DateRange, Request, TimeRange, quote, text_problem
from ketasched.model.identifiers import read_reference
from ketasched.model.values import LONGEST_TYPED, Record, read_date

DateOrder = Literal["mdy", "dmy"] | None

WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?"
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DAY = r"\d{1,2}(?:st|nd|rd|th)?"
SPELLED_DATE = re.compile(
    rf"(?:({WEEKDAY}) )?((?:{DAY} {MONTH}|{MONTH} {DAY}),? (\d{{4}}))", re.ASCII | re.IGNORECASE
)
"""A date with its month in words: the weekday, the date with day, month and year, and the year."""

DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class RequestField:
    """A field of a request: how its text is read, and how `--help` describes it.

    A field with `several` values is a repeated option on the command line; in a roster, ";"
    separates the values.
    """

    read: Callable[[str, DateOrder], object]
    metavar: str
    help: str
    several: bool = False


EMPTY = "is empty, and every row needs it"


def read_request(
    texts: Mapping[str, str | tuple[str, ...]],
    order: DateOrder = None,
    *,
    other_problems: Sequence[tuple[str, str]] = (),
) -> Request:
    """The request in these texts by field; a field with several values has a tuple of texts.

    Raises `BadRequest` with all problems of the texts and `other_problems` of the caller, each a
    field and a message.
    """
    values: dict[str, object] = {}
    problems = [*other_problems]
    for name, text in texts.items():
        read = REQUEST_FIELDS[name].read
        try:
            if isinstance(text, str):
                values[name] = read(text, order)
            else:
                values[name] = tuple(read(part, order) for part in text)
        except ValueError as error:
            problems.append((name, str(error)))
    if problems:
        (field, message), *others = problems
        said = "; ".join((message, *(f"{name}: {why}" for name, why in others)))
        raise BadRequest(field, said, public=_expectation(message))
    if "driver_phone" in values and "driver_name" not in values:
        raise BadRequest("driver_phone", "a driver's phone needs the driver's name")
    days = values.get("days")
    if isinstance(days, tuple):
        named = {day for part in days for day in part}
        values["days"] = tuple(day for day in WEEKDAYS if day in named)
    return Request(**values)  # type: ignore[arg-type]  # the table's readers give the right types


def _expectation(message: str) -> str:
    """What a message says is expected, without the value that is there instead."""
    if message == EMPTY:
        return message
    expected, sign, _ = message.partition(", not ")
    return expected if sign and expected.startswith("expected ") else ""


def spelled_date(text: str, order: DateOrder = None) -> date:
    """The date in a text such as "2026-12-07", "7 Dec 2026", "December 7, 2026", "Mon 7 Dec 2026".

    "03/04/2027" is read only if `order` says which number is the month. Raises `ValueError`.
    """
    text = " ".join(text.split())
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return read_date(text)
    if re.fullmatch(r"\d{1,2}([/.-])\d{1,2}\1\d{4}", text, re.ASCII):
        return _numeric_date(text, order)
    spelled = SPELLED_DATE.fullmatch(text)
    if spelled is None:
        form = 'a date such as "2026-12-07" or "7 Dec 2026"'
        raise ValueError(f"expected {form}, not {quote(text)}")
    # Imported here because most dates are numeric, and dateutil is slow to import.
    from dateutil import parser  # noqa: PLC0415

    weekday, plain, year = spelled.groups()
    try:
        day = parser.parse(plain, default=datetime(2000, 1, 1)).date()  # noqa: DTZ001 - a date
        day = read_date(day.replace(year=int(year)))
    except (ValueError, OverflowError) as error:
        reason = str(error).partition(":")[0].replace("Unknown string format", "no such month")
        raise ValueError(f"{quote(text)} is no date: {reason}") from None
    if weekday and WEEKDAYS[day.weekday()] != weekday[:3].lower():
        raise ValueError(f"{quote(text)}: that day is a {DAY_NAMES[day.weekday()].title()}")
    return day


def _numeric_date(text: str, order: DateOrder) -> date:
    first, second, year = (int(number) for number in re.split(r"[/.-]", text))
    readings = {"mdy": (first, second), "dmy": (second, first)}
    if order is None:
        likely = {
            f"{year}-{month:02d}-{day:02d}"
            for month, day in readings.values()
            if month <= 12 and day <= 31
        }
        fix = f"Write {' or '.join(sorted(likely))}, or say --date-order"
        raise ValueError(f"{quote(text)}: day or month first? {fix}")
    month, day = readings[order]
    try:
        return read_date(date(year, month, day))
    except ValueError as error:
        raise ValueError(f"{quote(text)} is no date, read as {order}: {error}") from None


def _reference(text: str, _order: DateOrder) -> str:
    return read_reference(text)


def _clock(text: str, _order: DateOrder) -> Clock:
    return Clock.read(text.strip())


def _hours(text: str, _order: DateOrder) -> TimeRange:
    return TimeRange.read(text.strip())


def _dates(text: str, order: DateOrder) -> DateRange:
    first, dots, last = text.partition("..")
    dates = DateRange(spelled_date(first, order), spelled_date(last if dots else first, order))
    if dates.last < dates.first:
        raise ValueError(f"{quote(text)} is backwards: its last day is before its first")
    return dates


def _weekdays(text: str, _order: DateOrder) -> tuple[str, ...]:
    weekdays = []
    for word in map(str.strip, text.split(",")):
        matches = [name for name in DAY_NAMES if len(word) > 2 and name.startswith(word.lower())]
        if not matches:
            raise ValueError(f"expected weekdays such as mon,wed,fri, not {quote(word)}")
        weekdays.append(matches[0][:3])
    return tuple(weekdays)


def _int(text: str, _order: DateOrder) -> int:
    if not re.fullmatch(r"-?\d{1,6}", text.strip(), re.ASCII):
        raise ValueError(f"expected a whole number, not {quote(text)}")
    return int(text)


def _count(text: str, order: DateOrder) -> int:
    number = _int(text, order)
    if number < 1:
        raise ValueError(f"expected 1 or more, not {number}")
    return number


def _record(text: str, _order: DateOrder) -> Record:
    return Record.read(text)


def _text(text: str, _order: DateOrder) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError(f"expected some words on one line, not {quote(text)}")
    if problem := text_problem(text, most=LONGEST_TYPED):
        raise ValueError(problem)
    return text.strip()


REQUEST_FIELDS: Mapping[str, RequestField] = {
    "start": RequestField(spelled_date, "DATE", "The first day that would do."),
    "patient": RequestField(_reference, "REF", "Your reference for the patient (names files)."),
    "latest_start": RequestField(spelled_date, "DATE", "The last day to begin (14 days later)."),
    "per_week": RequestField(_count, "N", "Visits a week, where the protocol has a choice."),
    "every_days": RequestField(_count, "DAYS", "Days from visit to visit, where it has one."),
    "time": RequestField(_clock, "HH:MM", "The check-in time to aim for."),
    "between": RequestField(_hours, "HH:MM-HH:MM", "The hours that the whole visit must fit in."),
    "days": RequestField(
        _weekdays, "DAYS", "The weekdays that the patient can: mon,wed,fri.", several=True
    ),
    "unavailable": RequestField(
        _dates, "DATE[..DATE]", "Days that they cannot (again for each).", several=True
    ),
    "boosters": RequestField(_int, "N", "Boosters to pencil in; the clinician decides on each."),
    "booster_every": RequestField(_count, "DAYS", "Days from booster to booster."),
    "born": RequestField(spelled_date, "DATE", "The date of birth: under 18 is refused."),
    "cleared_by": RequestField(_text, "NAME", "The clinician whose clearance is recorded."),
    "cleared_on": RequestField(spelled_date, "DATE", "The day of that clearance."),
    "recorded": RequestField(
        _record,
        "WHAT DATE NAME",
        'What else is recorded: "rems-enrolment 2026-11-20 Dr. Lee" (again for each).',
        several=True,
    ),
    "driver_name": RequestField(_text, "NAME", "Who drives the patient there and back."),
    "driver_phone": RequestField(_text, "PHONE", "The driver's phone number."),
}
"""The fields by name; the option of `latest_start` is --latest-start."""

ROSTER_FIELDS: Mapping[str, RequestField] = {
    **REQUEST_FIELDS,
    "clinic": RequestField(_text, "FILE", "The clinic's file, for this row."),
    "protocol": RequestField(_text, "ID|FILE", "A shipped protocol's id, or a file's path."),
    "priority": RequestField(_count, "N", "How much the row weighs when all are planned as one."),
}
"""The columns of a roster: the fields of a request, and settings of the row itself."""
