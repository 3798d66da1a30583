"""The moment of planning, or of a change, as a value or as people write it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketasched.files.option_values import read_moment
from ketasched.files.typed_text import text_of
from ketasched.model import Clinic

Moment = str | date
"""A `datetime`, or a text such as "2026-11-23T10:00"; a date is its midnight.

Without an offset it is local to the clinic.
"""


def moment_at_clinic(moment: Moment, clinic: Clinic, field: str) -> datetime:
    """The aware moment. Raises `BadRequest` about `field` if a text says no moment."""
    if isinstance(moment, datetime) and moment.tzinfo:
        return moment
    zone = ZoneInfo(clinic.timezone)
    return read_moment(text_of(field, moment), zone, field, clinic.date_order)


def local_moment(at: Moment, clinic: Clinic) -> datetime:
    """The moment `at`, local to the clinic. Raises `BadRequest` if a text says no moment."""
    return moment_at_clinic(at, clinic, "at").astimezone(ZoneInfo(clinic.timezone))
