"""The number to call in an emergency, by the country of a time zone."""

from collections.abc import Mapping

from ketasched.files.countries import country_of

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
    return NUMBERS.get(country_of(zone), "")
