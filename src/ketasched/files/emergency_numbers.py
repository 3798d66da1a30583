"""The number to call in an emergency, by the country of a time zone."""

from collections.abc import Mapping
from functools import cache

from ketasched.files.disk import ZONE_DATA, read_bytes

EUROPE = (
    "AT BE BG CH CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
)
"""The countries in which 112 is the number: the EU (directive 2018/1972) and its neighbours."""

NUMBERS: Mapping[str, str] = {
    **dict.fromkeys(EUROPE.split(), "112"),
    "US": "911",
    "CA": "911",
    "MX": "911",
    "GB": "999",
    "AU": "000",
    "NZ": "111",
}
"""By the country's ISO code; any other country's number we do not know."""


def emergency_number(zone: str) -> str:
    """The number for a clinic in this IANA zone, or "" if we do not know it."""
    zone = _links().get(zone, zone)
    return NUMBERS.get(_countries().get(zone, ""), "")


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
