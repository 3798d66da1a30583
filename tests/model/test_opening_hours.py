"""Hours that change from a day on; names of holiday calendars, those of the library only."""

import subprocess
import sys
from dataclasses import replace
from datetime import date

import holidays
import pytest

from ketasched.model import Closures, DateRange, TimeRange, WeekHours
from ketasched.model.opening_hours import closure, holidays_of, openings
from tests.support.nouns import clinic, hours_of

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


# --- hours from a day on

OLD, NEW, NEWEST, ONCE = (
    (TimeRange.read(times),)
    for times in ("09:00-17:00", "08:00-12:00", "14:00-20:00", "10:00-11:00")
)
MONDAYS = {day: date(2027, 1, day) for day in (4, 11, 18, 25)}
CHANGING = clinic(
    hours=hours_of(
        {"mon": OLD},
        {MONDAYS[18]: WeekHours(mon=NEWEST), MONDAYS[11]: WeekHours(mon=NEW, tue=NEW)},
    )
)


def test_of_several_weeks_the_latest_on_or_before_a_date_counts_whatever_their_order():
    found = [openings(CHANGING, day) for day in MONDAYS.values()]
    assert found == [OLD, NEW, NEWEST, NEWEST]


def test_a_weekday_that_the_newer_week_leaves_out_is_closed_although_the_older_one_had_it():
    tuesdays = [openings(CHANGING, date(2027, 1, day)) for day in (5, 12, 19)]
    assert tuesdays == [(), NEW, ()]


def test_a_week_that_begins_on_a_wednesday_begins_there():
    newer = clinic(
        hours=hours_of({"tue": OLD, "wed": OLD}, {date(2027, 1, 6): WeekHours(wed=NEW)})
    )
    assert [openings(newer, date(2027, 1, day)) for day in (5, 6, 12)] == [OLD, NEW, ()]


def test_closures_and_one_off_openings_win_over_newer_hours_as_over_older_ones():
    closures = Closures(
        dates=(DateRange(MONDAYS[18], MONDAYS[18], "repair"),),
        openings={MONDAYS[11]: ONCE, date(2027, 1, 20): ONCE},
    )
    own = replace(CHANGING, closures=closures)
    assert [openings(own, day) for day in MONDAYS.values()] == [OLD, ONCE, (), NEWEST]
    assert openings(own, date(2027, 1, 20)) == ONCE
    assert closure(own, MONDAYS[18]) == "repair"
