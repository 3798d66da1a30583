"""When a clinic is open: its weekly hours, closures, holidays and one-off openings."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from ketasched.model import Clinic, TimeRange


def openings(clinic: Clinic, day: date) -> tuple[TimeRange, ...]:
    """The openings of `day` in local time, none where the clinic is closed."""
    one_off = clinic.closures.openings.get(day)
    if one_off is not None:
        return one_off
    return () if closure(clinic, day) else clinic.hours.on(day.weekday())


def closure(clinic: Clinic, day: date) -> str:
    """Why the clinic is closed on `day` ("winter break", "Christmas Day"), or "" if it is not.

    A one-off opening wins over a closure and over a holiday.
    """
    closures = clinic.closures
    if day in closures.openings:
        return ""
    for dates in closures.dates:
        if day in dates:
            return dates.label or "closure"
    return holidays_of(closures.holidays, day.year).get(day, "") if closures.holidays else ""


def starts(clinic: Clinic, day: date, minutes: int) -> Iterator[int]:
    """The start times of `day`, in minutes after midnight, of a visit that takes `minutes`.

    They lie on the clinic's grid, counted from each opening, and end inside it.
    """
    for opening in openings(clinic, day):
        yield from range(opening.start, opening.end - minutes + 1, clinic.slot_minutes)


@lru_cache(maxsize=512)
def holidays_of(calendar: str, year: int) -> dict[date, str]:
    """The holidays of a calendar such as "US-NY" in one year, by date.

    Raises `ValueError` if there is no such calendar. Source: the `holidays` library.
    """
    # Imported here because most clinics name no calendar, and it costs as much as all the rest.
    import holidays  # noqa: PLC0415

    country, _, subdivision = calendar.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    except NotImplementedError as error:
        raise ValueError(str(error)) from None
    return dict(found)
