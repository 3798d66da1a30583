"""When a clinic is open: its weekly hours, closures, holidays and one-off openings."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import lru_cache
from importlib.util import find_spec, module_from_spec

from ketasched.model import Clinic, TimeRange, quote
from ketasched.model.memo import memoised_by_item

COUNTRY_CODE = re.compile("[A-Z]{2,3}")


def openings(clinic: Clinic, day: date) -> tuple[TimeRange, ...]:
    """The openings of the clinic on `day`, in local time; empty if the clinic is closed."""
    return _openings_and_closure(clinic, day)[0]


def closure(clinic: Clinic, day: date) -> str | None:
    """The name of the closure on `day` ("winter break", "Christmas Day", or ""), or None.

    A one-off opening overrides closures and holidays.
    """
    return _openings_and_closure(clinic, day)[1]


@memoised_by_item
def _openings_and_closure(clinic: Clinic, day: date) -> tuple[tuple[TimeRange, ...], str | None]:
    closures = clinic.closures
    if day in closures.openings:
        return closures.openings[day], None
    label = next((dates.label for dates in closures.dates if day in dates), None)
    if label is None and closures.holidays:
        label = holidays_of(closures.holidays, day.year).get(day)
    usual = clinic.hours.in_force(day).on(day.weekday())
    return usual if label is None else (), label


def start_times(day_openings: tuple[TimeRange, ...], minutes: int, slot_minutes: int) -> list[int]:
    """The possible start times, in minutes after midnight, of a visit that takes `minutes`.

    They lie on a grid of `slot_minutes` from the beginning of each opening, and the visit ends
    before the opening does, or with it.
    """
    return [
        start
        for opening in day_openings
        for start in range(opening.start, opening.end - minutes + 1, slot_minutes)
    ]


@lru_cache(maxsize=512)
def holidays_of(calendar: str, year: int) -> dict[date, str]:
    """The holidays of a calendar such as "US-NY" in one year, by date.

    Raises `ValueError` if there is no such calendar. Source: the `holidays` library.
    """
    # Imported here because most clinics have no holiday calendar, and the import takes as long as
    # all other imports together.
    import holidays  # noqa: PLC0415

    country, _, part = calendar.partition("-")
    # Listing all countries takes as long as planning a hundred courses: for error messages only.
    if COUNTRY_CODE.fullmatch(country):
        with suppress(NotImplementedError), _without_other_countries():
            found = holidays.country_holidays(country, years=year)
            if not part and hasattr(found, "country"):
                return dict(found)
            if part in getattr(found, "subdivisions", ()) and hasattr(found, "country"):
                return dict(holidays.country_holidays(country, subdiv=part, years=year))
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(f"no country has the code {quote(country)}")
    if part and part not in known[country]:
        raise ValueError(f"{country} has the parts {', '.join(known[country]) or 'none'}")
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year))


@contextmanager
def _without_other_countries() -> Iterator[None]:
    """Let an import of one country of `holidays` not import all the others.

    The package `holidays.countries` imports all of its modules, which takes longer than planning a
    course. An empty package replaces it for the time being; the modules of countries import each
    other directly, and never from the package.
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
