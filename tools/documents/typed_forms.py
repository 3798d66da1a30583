"""What people and spreadsheets type: each form with what it is read as, or that it is refused.

`docs/files.md` shows the forms, and a test reads each one.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tools.documents.tables import table

REFUSED = ""
"""Stands for the reading of a form that is refused."""


class Forms(NamedTuple):
    """The forms of one kind of value, by a field of a request that has it."""

    field: str
    readings: Mapping[str, str]


TYPED_FORMS: Mapping[str, Forms] = {
    "date": Forms(
        "start",
        {
            "2027-01-04": "2027-01-04",
            "2027-1-4": "2027-01-04",
            "2027/01/04": "2027-01-04",
            "2027-01-04 00:00:00": "2027-01-04",
            "2027-01-04T00:00:00": "2027-01-04",
            "4-Jan-2027": "2027-01-04",
            "04JAN2027": "2027-01-04",
            "Jan 4, 2027": "2027-01-04",
            "Mon, 4th of January 2027": "2027-01-04",
            "13/04/2027": "2027-04-13",
            "4/13/2027 12:00:00 AM": "2027-04-13",
            "03/04/2027": REFUSED,
            "04-Jan-27": REFUSED,
            "Tue 2027-01-04": REFUSED,
            "2027-01-04 09:30": REFUSED,
            "2027-01-04T00:00:00Z": REFUSED,
        },
    ),
    "range of dates": Forms(
        "unavailable",
        {
            "2026-12-28..2027-01-01": "2026-12-28..2027-01-01",
            "28 Dec 2026 - 1 Jan 2027": "2026-12-28..2027-01-01",
            "2026-12-28 to 2027-1-1": "2026-12-28..2027-01-01",
            "12/28/2026-12/30/2026": "2026-12-28..2026-12-30",
            "2027-01-01..2026-12-28": REFUSED,
        },
    ),
    "time": Forms(
        "time",
        {
            "9:30": "09:30",
            "09:30:00": "09:30",
            "9:30 AM": "09:30",
            "9.30am": "09:30",
            "2pm": "14:00",
            "2 p.m.": "14:00",
            "noon": "12:00",
            "12 PM": "12:00",
            "12 AM": "00:00",
            "9": REFUSED,
            "9.30": REFUSED,
            "13 pm": REFUSED,
            "9:30:15": REFUSED,
        },
    ),
    "time range": Forms(
        "between",
        {
            "08:00-12:00": "08:00-12:00",
            "08:00–12:00": "08:00-12:00",
            "8am-12pm": "08:00-12:00",
            "9am to noon": "09:00-12:00",
            "1-5 pm": "13:00-17:00",
            "9-12": "09:00-12:00",
            "9-5": "09:00-17:00",
            "8-17": "08:00-17:00",
            "1-5": REFUSED,
            "8-11": REFUSED,
            "12:00-08:00": REFUSED,
        },
    ),
    "weekdays": Forms(
        "days",
        {
            "mon,wed,fri": "mon,wed,fri",
            "M/W/F": "mon,wed,fri",
            "MWF": "mon,wed,fri",
            "Mon, Wed and Fri": "mon,wed,fri",
            "Tue Thu": "tue,thu",
            "TTh": "tue,thu",
            "Mondays": "mon",
            "Mon-Fri": "mon,tue,wed,thu,fri",
            "weekdays": "mon,tue,wed,thu,fri",
            "weekends": "sat,sun",
            "MTW": "mon,tue,wed",
            "not tue": "mon,wed,thu,fri,sat,sun",
            "weekdays except wed": "mon,tue,thu,fri",
            "T": REFUSED,
            "S": REFUSED,
            "MT": REFUSED,
            "T-Th": REFUSED,
            "mon, not tue": REFUSED,
        },
    ),
}

HEAD = """### As people type it

A cell, and an option of the same name, may be written as people and spreadsheets write it. What
can be two things is refused, and the message names both.

"""

TAIL = """
- A date may have a weekday before it, and a midnight after it. `03/04/2027` is read with
  `--date-order`. Days and ranges of `unavailable` may also stand between commas.
- A time range of whole hours is read if only one lies within a day. "pm" at its end is said of its
  start, too, where that can be.
- `T` and `S` are days where only one keeps the days in the order of the week. Several texts name
  the days that will do together, or leave out days together, but not both.
- No-break and other odd spaces are spaces. Zero-width joiners stay, as Persian names need them; a
  byte-order mark, a zero-width space and marks of direction around a value go.

`13/04/2027` can be one date only, and says nothing about the other rows. Where a column has dates
that can be read both ways, `batch` and `check` say once which columns, and in how many rows:
`--date-order mdy` or `dmy`, or `date_order` in a mapping, settles them all.
"""


def typed_forms() -> str:
    """The section of the manual."""
    return HEAD + table(("value", "is read", "is refused"), map(_row, TYPED_FORMS)) + TAIL


def _row(kind: str) -> tuple[str, str, str]:
    readings = TYPED_FORMS[kind].readings
    read = ", ".join(f"`{text}`" for text, reading in readings.items() if reading)
    refused = ", ".join(f"`{text}`" for text, reading in readings.items() if not reading)
    return kind, read, refused
