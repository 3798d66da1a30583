"""When a clinic is open: its weekly hours, closures, holidays and one-off openings."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import lru_cache
from importlib.util import find_spec, module_from_spec

from ketasched.model import Clinic, TimeRange, shown
from ketasched.model.memo import memoised

CODE = re.compile("[A-Z]{2,3}")
"""A country's code."""


def openings(clinic: Clinic, day: date) -> tuple[TimeRange, ...]:
    """The openings of `day` in local time, none where the clinic is closed."""
    return _calendar(clinic)(day)[0]


def closure(clinic: Clinic, day: date) -> str | None:
    """What the closure on `day` is called ("winter break", "Christmas Day", or ""), if it is one.

    A one-off opening wins over a closure and over a holiday.
    """
    return _calendar(clinic)(day)[1]


@memoised
def _calendar(clinic: Clinic) -> Callable[[date], tuple[tuple[TimeRange, ...], str | None]]:
    """What the clinic's file says of a day: its openings, and its closure."""
    return lru_cache(maxsize=1024)(lambda day: (_openings(clinic, day), _closure(clinic, day)))


def _openings(clinic: Clinic, day: date) -> tuple[TimeRange, ...]:
    one_off = clinic.closures.openings.get(day)
    if one_off is not None:
        return one_off
    return () if _closure(clinic, day) is not None else clinic.hours.on(day.weekday())


def _closure(clinic: Clinic, day: date) -> str | None:
    closures = clinic.closures
    if day in closures.openings:
        return None
    for dates in closures.dates:
        if day in dates:
            return dates.label
    return holidays_of(closures.holidays, day.year).get(day) if closures.holidays else None


def starts(open_then: tuple[TimeRange, ...], minutes: int, slot_minutes: int) -> list[int]:
    """The start times, in minutes after midnight, of a visit that takes `minutes`.

    They lie on a grid of `slot_minutes`, counted from each of the day's openings, and the visit
    ends inside it.
    """
    return [
        start
        for opening in open_then
        for start in range(opening.start, opening.end - minutes + 1, slot_minutes)
    ]


@lru_cache(maxsize=512)
def holidays_of(calendar: str, year: int) -> dict[date, str]:
    """The holidays of a calendar such as "US-NY" in one year, by date.

    Raises `ValueError` if there is no such calendar. Source: the `holidays` library.
    """
    # Imported here because most clinics name no calendar, and it costs as much as all the rest.
    import holidays  # noqa: PLC0415

    country, _, part = calendar.partition("-")
    # To list all countries takes as long as a hundred courses: only to say what is wrong.
    if CODE.fullmatch(country):
        with suppress(NotImplementedError), _one_country_only():
            found = holidays.country_holidays(country, years=year)
            if not part and hasattr(found, "country"):
                return dict(found)
            if part in getattr(found, "subdivisions", ()) and hasattr(found, "country"):
                return dict(holidays.country_holidays(country, subdiv=part, years=year))
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(f"no country has the code {shown(country)}")
    if part and part not in known[country]:
        raise ValueError(f"{country} has the parts {', '.join(known[country]) or 'none'}")
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year))


@contextmanager
def _one_country_only() -> Iterator[None]:
    """While this lasts, to import one country of `holidays` does not import all the others.

    Its package `holidays.countries` does so, and that takes longer than a plan. An empty one
    stands in for it: countries refer to each other by their modules, and to the package never.
    """
    name = "holidays.countries"
    spec = find_spec(name)
    if name in sys.modules or spec is None:
        yield
        return
    sys.modules[name] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[name]
