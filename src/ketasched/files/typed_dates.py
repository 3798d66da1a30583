"""Reads dates as people type them: "7 Dec 2026", "12/7/2026"; with a time; from one to another."""

import re
from datetime import date

from ketasched.model import WEEKDAYS, Clock, DateOrder, DateRange, quote
from ketasched.model.values import DAY_NAMES, read_date
from ketasched.model.wall_clock import MONTH_NAMES

MONTHS = {name.lower(): number for number, name in enumerate(MONTH_NAMES, 1)}
MONTHS |= {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}

DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})"
YEAR = r"(?P<year>\d{4}|\d\d)"
GAP = r"[ ,./-]{1,2}"
"""What stands between the parts of a date; none is needed between a letter and a digit."""

SPELLED_DATES = [
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"{DAY}(?:{GAP})?(?:of )?{MONTH}(?:{GAP})?{YEAR}",
        rf"{MONTH}(?:{GAP})?{DAY}{GAP}{YEAR}",
        rf"(?P<year>\d{{4}}){GAP}{MONTH}{GAP}{DAY}",
    )
]
"""Dates with their month in words."""

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
YEAR_FIRST = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})", re.ASCII)
YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)", re.ASCII)
WEEKDAY = re.compile(r"((?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6})\.?,? (?=.*\d)", re.IGNORECASE)

MIDNIGHT = re.compile(
    r"(?:T00:00(?::00(?:\.0{1,9})?)?| 0?0:00(?::00(?:\.0{1,9})?)?| 12:00(?::00)? ?am)$",
    re.ASCII | re.IGNORECASE,
)
"""What a spreadsheet writes after a date without a time of day."""

TIME_AFTER_DATE = re.compile(
    r"(?:(?<=\d)T|,? (?:at )?)"
    r"(\d{1,2}:\d\d.*|\d{1,2}(?:\.\d\d)? ?[ap]\.?(?: ?m\.?)?|(?:12 )?(?:noon|midnight))$",
    re.ASCII | re.IGNORECASE,
)
"""A time of day after a date; no date alone ends like one."""

AFTER_DATE = r"(?:(?<=\w[ ,/.-]\d{4})|(?<=\w[,.] \d{4})|(?<=(?<!-)\d{4}-\d\d-\d\d))"
"""Where a date ends: its year is last, or it is as in ISO 8601."""

BETWEEN_DATES = re.compile(
    r"\.\.|\s+(?:[-–—]|to|until|through)\s+|[–—]"
    rf"|{AFTER_DATE}-(?=\w)(?!\d\d?-\d\d?(?![\d-]))",  # not after the year of an ISO date
    re.IGNORECASE,
)
"""What stands between the first and the last day of a range."""

BETWEEN_RANGES = re.compile(rf"{AFTER_DATE},\s*(?=\w)(?!\d\d?:)")
"""The comma between two dates or ranges; no time of day comes after it."""

DATE_ORDER_STEP = "month first: --date-order mdy\nday first: --date-order dmy"
"""What to try where dates can be read in two ways."""


class AmbiguousDate(ValueError):
    """A text that is one of two dates, depending on whether the day or the month is first."""


def spelled_date(text: str, order: DateOrder = None) -> date:
    """The date in a text such as "2026-12-07", "7 Dec 2026", "Mon, Dec 7, 2026", "07-Dec-2026".

    A midnight after it is passed over. "03/04/2027" is read only if `order` says which number is
    the month; else it raises `AmbiguousDate`. "13/04/2027" can be only one date. Raises
    `ValueError`.
    """
    text = " ".join(text.split())
    if ISO_DATE.fullmatch(text):
        return read_date(text)
    plain = MIDNIGHT.sub("", text)
    weekday = WEEKDAY.match(plain)
    if weekday:
        plain = plain[weekday.end() :]
    if numbers := YEAR_FIRST.fullmatch(plain):
        year, month, number = map(int, numbers.group(1, 3, 4))
        day = _date_of(text, year, month, number)
    elif numbers := YEAR_LAST.fullmatch(plain):
        _refuse_short_year(text, numbers[4])
        first, second, year = map(int, numbers.group(1, 3, 4))
        day = _numeric_date(text, first, second, year, order)
    else:
        day = _date_in_words(text, plain)
    if weekday and WEEKDAYS[day.weekday()] != weekday[1][:3].lower():
        raise ValueError(f"{quote(text)}: that day is a {DAY_NAMES[day.weekday()].title()}")
    return day


def date_and_time(text: str, order: DateOrder = None) -> tuple[date, Clock | None]:
    """The date and, if one is there, the time: "2026-12-14T10:30", "14 Dec 2026 2pm".

    A midnight is no time: a spreadsheet writes one after a date alone.

    Raises `ValueError`.
    """
    text = " ".join(text.split())
    found = None if MIDNIGHT.search(text) else TIME_AFTER_DATE.search(text)
    if found is None:
        return spelled_date(text, order), None
    return spelled_date(text[: found.start()], order), Clock.read(found[1])


def date_range(text: str, order: DateOrder) -> DateRange:
    """The days from the first to the last: "2026-12-28..2027-01-01", "28 Dec 2026 to 1 Jan 2027".

    A single date is a range of one day. Raises `ValueError`.
    """
    first, *rest = BETWEEN_DATES.split(text)
    last = rest[0] if len(rest) == 1 else first if not rest else text
    dates = DateRange(spelled_date(first, order), spelled_date(last, order))
    if dates.last < dates.first:
        raise ValueError(f"{quote(text)} is backwards: its last day is before its first")
    return dates


def date_ranges(text: str, order: DateOrder = None) -> tuple[DateRange, ...]:
    """The days and ranges between commas in a text. Raises `ValueError`."""
    return tuple(date_range(one, order) for one in BETWEEN_RANGES.split(text))


def _date_in_words(text: str, plain: str) -> date:
    spelled = next(filter(None, (form.fullmatch(plain) for form in SPELLED_DATES)), None)
    if spelled is None:
        form = 'a date such as "2026-12-07" or "7 Dec 2026"'
        if TIME_AFTER_DATE.search(plain):
            form = "a date without a time of day"
        raise ValueError(f"expected {form}, not {quote(text)}")
    _refuse_short_year(text, spelled["year"])
    month = MONTHS.get(spelled["month"].lower())
    if month is None:
        raise ValueError(f"{quote(text)} is no date: no such month")
    return _date_of(text, int(spelled["year"]), month, int(spelled["day"]))


def _refuse_short_year(text: str, year: str) -> None:
    if len(year) < len("2026"):
        raise ValueError(f"expected a date with all four digits of its year, not {quote(text)}")


def _date_of(text: str, year: int, month: int, day: int, how: str = "") -> date:
    try:
        return read_date(date(year, month, day))
    except ValueError as error:
        raise ValueError(f"{quote(text)} is no date{how}: {error}") from None


def _numeric_date(text: str, first: int, second: int, year: int, order: DateOrder) -> date:
    readings = {"mdy": (first, second), "dmy": (second, first)}
    if order is None:
        likely = {
            f'"{year}-{month:02d}-{day:02d}"'  # in quotes, as logs leave quoted values out
            for month, day in readings.values()
            if 1 <= month <= 12 and 1 <= day <= 31
        }
        if len(likely) > 1:
            fix = f"Write {' or '.join(sorted(likely))}, not {quote(text)}, or say --date-order"
            raise AmbiguousDate(f"day or month first? {fix}")
        order = "mdy" if first <= second else "dmy"
    month, day = readings[order]
    if day <= 12 < month:
        other = "dmy" if order == "mdy" else "mdy"
        fix = f"is it --date-order {other}?"
        raise ValueError(f"{quote(text)} is no date, read as {order}: {fix}")
    return _date_of(text, year, month, day, how=f", read as {order}")
