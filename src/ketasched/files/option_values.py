"""Reads the values of options: what cannot be read is a `BadRequest` with the option's name."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, tzinfo

from ketasched.errors import BadRequest
from ketasched.files.typed_dates import AmbiguousDate, date_and_time, spelled_date
from ketasched.model import DateOrder, text_problem
from ketasched.model.values import FIRST_START, LAST_START, LONGEST_TYPED
from ketasched.model.wall_clock import exists


@contextmanager
def refuse_bad_value(field: str, *, next_step: str = "") -> Iterator[None]:
    """Raise `BadRequest` for the option or argument `field` if reading its value fails."""
    try:
        yield
    except ValueError as error:
        said = str(error).replace(", or say --date-order", "")
        spelled = (
            "the month in words, as in 7 Dec 2026" if isinstance(error, AmbiguousDate) else ""
        )
        raise BadRequest(field, said, next_step=next_step or spelled) from None


def refuse_unsafe_text(field: str, text: str) -> None:
    """Raise `BadRequest` for a text that no file can hold, or that is too long to be typed."""
    if problem := text_problem(text, most=LONGEST_TYPED):
        raise BadRequest(field, problem)


def refuse_unsafe_words(reason: str, by_whom: str) -> None:
    """Raise `BadRequest` for words on a change that no file can hold, or that are too long."""
    refuse_unsafe_text("reason", reason)
    refuse_unsafe_text("by_whom", by_whom)


def read_day(text: str, field: str, order: DateOrder, *, next_step: str = "") -> date:
    """The date that the option or argument `field` says. Raises `BadRequest`."""
    with refuse_bad_value(field, next_step=next_step):
        return spelled_date(text, order)


def read_moment(text: str, zone: tzinfo | None, field: str, order: DateOrder = None) -> datetime:
    """The moment that the option `field` says; local to `zone` if it has no offset.

    It is in ISO 8601, or a date and perhaps a time as people write them. Raises `BadRequest`.
    """
    with refuse_bad_value(field):
        moment = _moment(text, order)
    if not FIRST_START.year <= moment.year <= LAST_START.year:
        raise BadRequest(field, f"expected {FIRST_START} to {LAST_START}, not {text}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if not exists(moment):
            raise BadRequest(field, f"{text} does not exist: the clocks go forward")
    return moment


def _moment(text: str, order: DateOrder) -> datetime:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    try:
        day, clock = date_and_time(text, order)
    except AmbiguousDate:
        raise
    except ValueError:
        said = f'expected a moment such as "2026-11-23T10:00", not "{text}"'
        raise ValueError(said) from None
    return datetime.combine(day, clock.time if clock else time())
