"""The text that stands for a value, and what spreadsheets leave around it, unseen."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo

from ketasched.errors import BadRequest
from ketasched.model import Authorisation, Clock, DateRange, Record, RegularDriver, TimeRange

Noun = Clock | TimeRange | DateRange | Record | Authorisation | RegularDriver
"""The nouns that people write as a text."""

YES_OR_NO = ("reminders",)
"""The fields that are true or false, which no other field is."""

ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
"""All spaces of Unicode (category Zs) but the usual one, among them no-break spaces."""

AROUND = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"  # what `str.strip` removes, odd spaces aside
    "\u200b\u2060\ufeff"  # zero-width space, word joiner, byte-order mark
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # marks of direction
)
"""Removed around a text. Inside a text they stay: most are refused there."""


def clean_text(text: str) -> str:
    """The text with usual spaces, and without invisible characters around it.

    Zero-width joiners stay, which are a part of Persian and Indic names.
    """
    if text.isascii():  # quick: most cells are
        return text.strip()
    return ODD_SPACE.sub(" ", text).strip(AROUND)


def text_of(field: str, value: object, zone: tzinfo | None = None) -> str:
    """The text of a value of `field`, as somebody would type it; a text stays as it is.

    A `datetime` with an offset is local to `zone`, if that is given. Raises `BadRequest` for a
    value that nobody can type.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        local = value.astimezone(zone) if zone and value.tzinfo else value
        return local.replace(tzinfo=None).isoformat(timespec="auto" if local.second else "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Noun):
        return value.plain()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, bool) and field in YES_OR_NO:
        return "yes" if value else "no"
    raise BadRequest(field, f"expected a text or a value of its kind, not {type(value).__name__}")


def texts_of(field: str, values: object, zone: tzinfo | None = None) -> tuple[str, ...]:
    """The texts of several values of `field`; in one text ";" is between them, as in a roster."""
    if isinstance(values, str):
        return tuple(part.strip() for part in values.split(";") if part.strip())
    several = values if isinstance(values, Sequence | set | frozenset) else (values,)
    return tuple(text_of(field, one, zone) for one in several)
