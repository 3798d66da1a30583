"""The country of a time zone: how dates and clock times are written there, and whom to call."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ketasched.files.disk import ZONE_DATA, read_bytes
from ketasched.model import ClockStyle, DateOrder, DateStyle, Weekday

TABLE = Path(__file__).parent / "countries.toml"


@dataclass(frozen=True, slots=True)
class Customs:
    """A country's clock, dates, order of day and month in numbers, and first day of a week.

    `date_order` is None where the year is first.
    """

    clock: ClockStyle
    dates: DateStyle
    date_order: DateOrder
    week_begins: Weekday


EUROPE = (
    "AT BE BG CH CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
)
"""The countries in which 112 is the number: the EU (directive 2018/1972) and its neighbours."""

NUMBERS: Mapping[str, str] = {
    **dict.fromkeys(EUROPE.split(), "112"),
    **dict.fromkeys(("US", "CA", "MX"), "911"),
    "GB": "999",
    "AU": "000",
    "NZ": "111",
}
"""The number to call in an emergency, by the country's ISO code; no other one do we know."""

UNKNOWN_COUNTRY = Customs("24h", "intl", None, "mon")


def country_of(zone: str) -> str:
    """The ISO code of the country that this IANA zone is in, or "" if there is none."""
    return _countries().get(_links().get(zone, zone), "")


def emergency_number(zone: str) -> str:
    """The number for a clinic in this IANA zone, or "" if we do not know it."""
    return NUMBERS.get(country_of(zone), "")


def customs_of(country: str) -> Customs | None:
    """The customs of a country, by its ISO code; None if they are not known."""
    customs = {name for name, codes in _table().items() if country in codes}
    if not customs:
        return None
    order: DateOrder = "mdy" if "month_first" in customs else None
    begins: Weekday = "sat" if "week_begins_sat" in customs else "mon"
    return Customs(
        "12h" if "twelve_hours" in customs else "24h",
        "us" if "month_first" in customs else "intl",
        "dmy" if "day_first" in customs else order,
        "sun" if "week_begins_sun" in customs else begins,
    )


@cache
def _table() -> Mapping[str, list[str]]:
    """The codes of countries by each custom."""
    table: Mapping[str, list[str]] = tomllib.loads(read_bytes(TABLE).decode())
    return table


@cache
def _countries() -> Mapping[str, str]:
    """The ISO code of the country of each zone."""
    rows = (line.split("\t") for line in _lines("zone.tab") if not line.startswith("#"))
    return {zone: country for country, _, zone, *_ in rows}


@cache
def _links() -> Mapping[str, str]:
    """The zones that a country's table does not have, by their other names ("US/Eastern")."""
    rows = (line.split() for line in _lines("tzdata.zi") if line.startswith("L "))
    return {link: zone for _, zone, link in rows if link not in _countries()}


def _lines(name: str) -> list[str]:
    """The lines of a table of the IANA."""
    return read_bytes(ZONE_DATA / "zoneinfo" / name).decode().splitlines()
