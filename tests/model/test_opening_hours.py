"""Names of holiday calendars: those that the library lists are accepted, and no others."""

import subprocess
import sys

import holidays
import pytest

from ketasched.model.opening_hours import holidays_of

CALENDARS = ("US-NY", "US", "USA", "DE-BY", "GB-ENG", "GB", "BR-SP", "IN", "AU-NSW")


@pytest.mark.parametrize("name", CALENDARS)
def test_a_listed_calendar_has_the_holidays_of_the_library(name):
    country, _, part = name.partition("-")
    found = holidays.country_holidays(country, subdiv=part or None, years=2027)
    assert holidays_of(name, 2027) == dict(found) != {}


@pytest.mark.parametrize(
    "name", ["ECB", "XNYS", "us", "UnitedStates", "ZZ", "U", "", "HolidayBase", "date", "TAR"]
)
def test_a_name_that_is_no_country_code_is_refused_even_if_the_library_has_it(name):
    with pytest.raises(ValueError, match="no country has the code"):
        holidays_of(name, 2027)


@pytest.mark.parametrize("name", ["US-XX", "US-New York", "DE-Bayern", "US-ny"])
def test_a_name_that_is_no_code_of_a_part_is_refused(name):
    with pytest.raises(ValueError, match="has the parts"):
        holidays_of(name, 2027)


EVERY_COUNTRY = """
import sys
from ketasched.model.opening_hours import holidays_of
import holidays
from holidays.registry import COUNTRIES
codes = [names[1] for names in COUNTRIES.values()]
found = {code: holidays_of(code, 2027) for code in codes}
assert "holidays.countries" not in sys.modules
import holidays.countries
known = {code: dict(holidays.country_holidays(code, years=2027)) for code in codes}
wrong = [code for code in codes if found[code] != known[code]]
assert len(codes) > 200 and not wrong, wrong
assert dict(holidays.countries.UnitedStates(subdiv="NY", years=2027)) == holidays_of("US-NY", 2027)
"""


def test_a_country_has_its_holidays_although_the_others_are_not_imported():
    done = subprocess.run([sys.executable, "-c", EVERY_COUNTRY], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
