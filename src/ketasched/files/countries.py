"""The country of a time zone, and how dates and clock times are written in a country."""

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


UNKNOWN_COUNTRY = Customs("24h", "intl", None, "mon")


def country_of(zone: str) -> str:
    """The ISO code of the country that this IANA zone is in, or "" if there is none."""
    return _countries().get(_links().get(zone, zone), "")


def customs_of(country: str) -> Customs | None:
    """The customs of a country, by its ISO code; None if they are not known."""
    table = _table()
    if not any(country in codes for codes in table.values()):
        return None
    order: DateOrder = "mdy" if country in table["month_first"] else None
    order = "dmy" if country in table["day_first"] else order
    begins: Weekday = "sat" if country in table["week_begins_sat"] else "mon"
    return Customs(
        "12h" if country in table["twelve_hours"] else "24h",
        "us" if country in table["month_first"] else "intl",
        order,
        "sun" if country in table["week_begins_sun"] else begins,
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
