"""What a clock time or a time range can mean, as people and spreadsheets write it.

`"HH:MM"` is on the 24-hour clock. With "am" or "pm" a time is on the 12-hour clock: 12 pm is noon,
12 am is midnight. A bare hour ("9") is the morning or the evening, unless no 12-hour clock has it
("14", "08", "0"). All times are minutes after midnight.
"""

import re
from typing import NamedTuple

NOON, MIDNIGHT = 12 * 60, 24 * 60

CLOCK_TIME = re.compile(
    r"(\d{1,2})(?:[:.](\d{2})(?::00(?:\.0{1,6})?)?)?(?: ?([ap])\.?(?: ?m\.?)?)?",
    re.ASCII | re.IGNORECASE,
)
"""The hour, the minute, and "a" or "p". A second other than 0 is no time of a clinic."""

BETWEEN = re.compile(r" ?[-‐‑–—−] ?| (?:to|until|till) ", re.IGNORECASE)
"""What stands between the ends of a time range."""

WORDS = {"noon": NOON, "12 noon": NOON, "midday": NOON, "midnight": 0, "12 midnight": 0}

HOUR = r"([01]?\d|2[0-4])"
CLOCK_FORM = (
    rf"({HOUR}([:.][0-5]\d(:00(\.0{{1,6}})?)?)?( ?[AaPp]\.?( ?[Mm]\.?)?)?"
    r"|(12 )?[NnMm][A-Za-z]{3,7})"
)
RANGE_FORM = rf"{CLOCK_FORM}(\s*[-‐‑–—−]\s*|\s+[TtUu][A-Za-z]{{1,4}}\s+){CLOCK_FORM}"
"""Patterns for JSON Schemas: of all clock times and ranges, and of some that are refused."""


class _Time(NamedTuple):
    """A time on the dial. `half` is "a" or "p", "24" for the 24-hour clock, or "" for a bare time.

    `is_hour` says that no minutes are written.
    """

    minutes: int
    half: str
    is_hour: bool

    @property
    def meanings(self) -> tuple[int, ...]:
        """What the time can mean in a range; 12 o'clock is noon."""
        is_either = self.half == "" and self.minutes < NOON
        return (self.minutes, self.minutes + NOON) if is_either else (self.minutes,)


def clock_times(text: str) -> tuple[int, ...]:
    """The times that the text can mean: none if it is no clock time, two for "9"."""
    found = _read(text)
    if found is None or found.minutes == MIDNIGHT:
        return ()
    if found.half in ("a", "p") or not found.is_hour:
        return (found.minutes,)
    # A number that no dial has ("14") need not be a time at all.
    return () if found.half else (found.minutes % NOON, found.minutes % NOON + NOON)


def split_range(text: str) -> tuple[str, str] | None:
    """The ends of the time range in the text, or None if it has not two."""
    start, *rest = BETWEEN.split(text)
    return (start, rest[0]) if len(rest) == 1 else None


def time_ranges(start_text: str, end_text: str) -> tuple[tuple[int, int], ...] | None:
    """The ranges within one day that these ends can mean; None if one is no clock time.

    The end is at most 24:00. No range is left if the end comes before the start.
    """
    start, end = _read(start_text), _read(end_text)
    if start is None or end is None:
        return None
    if end.half == "a" and end.minutes == 0:  # midnight, at the end of the day
        end = end._replace(minutes=MIDNIGHT)
    elif start.half == "" and end.half in ("a", "p"):
        # "1-5 pm" says "pm" of both ends, "9-5 pm" cannot.
        alike = start.minutes % NOON + NOON * (end.half == "p")
        if alike < end.minutes:
            return ((alike, end.minutes),)
    if _on_24_hours(start, end):
        start, end = start._replace(half="24"), end._replace(half="24")
    return tuple((one, other) for one in start.meanings for other in end.meanings if one < other)


def _on_24_hours(start: _Time, end: _Time) -> bool:
    """Whether both are times of the 24-hour clock: "9:00-12:30", "08-12", "8-17"."""
    halves = {start.half, end.half}
    return halves <= {"", "24"} and ("24" in halves or not (start.is_hour or end.is_hour))


def _read(text: str) -> _Time | None:
    text = text.strip()
    if (minutes := WORDS.get(text.lower())) is not None:
        return _Time(minutes, "p" if minutes else "a", is_hour=False)
    found = CLOCK_TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    is_decimal = "." in text.partition(":")[0] and not half  # "9.30" may be a number of hours
    if minute > 59 or is_decimal or (half and not 1 <= hour <= 12):
        return None
    if half:
        return _Time(hour % 12 * 60 + minute + NOON * (half == "p"), half, found[2] is None)
    minutes = hour * 60 + minute
    is_24 = hour > 12 or found[1].startswith("0")
    return _Time(minutes, "24" if is_24 else "", found[2] is None) if minutes <= MIDNIGHT else None
