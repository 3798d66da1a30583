"""Dates and clock times as a reader has them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.language.restyle import restyle
from ketasched.model.wall_clock import clock_text, day_text, days_text, moment_text

US = Locale("12h", "us")
NEW_YORK = ZoneInfo("America/New_York")
MOMENTS = [
    datetime(2026, 10, 30, 0, 5, tzinfo=NEW_YORK) + timedelta(days=day, minutes=35 * day)
    for day in range(120)  # over the end of daylight saving time, and the end of a year
]


def test_the_default_is_what_the_core_writes():
    for moment in MOMENTS:
        assert INTERNATIONAL.moment_text(moment) == moment_text(moment)
        assert INTERNATIONAL.day_text(moment, year=False) == day_text(moment, year=False)
        assert INTERNATIONAL.clock_text(moment) == clock_text(moment)


@pytest.mark.parametrize(
    ("hour", "said"),
    [(0, "12:30 AM"), (1, "1:30 AM"), (11, "11:30 AM"), (12, "12:30 PM"), (13, "1:30 PM")],
)
def test_on_the_12_hour_clock_noon_is_12_pm_and_midnight_12_am(hour, said):
    assert US.time_text(hour, 30) == said


def test_a_column_is_as_wide_as_the_longest_date_and_time():
    for locale in (INTERNATIONAL, US):
        assert max(len(locale.day_text(one)) for one in MOMENTS) <= locale.day_width()
        assert all(len(locale.clock_text(one)) <= locale.clock_width for one in MOMENTS)
    assert US.day_width() == len("Wed, Dec 16, 2026")


def test_a_text_of_the_core_reads_as_if_it_had_been_written_for_the_reader():
    for moment in MOMENTS:
        stored = f"moved from {moment_text(moment)} to {moment_text(moment, year=False)}"
        own = f"moved from {US.moment_text(moment)} to {US.moment_text(moment, year=False)}"
        assert restyle(stored, US) == own
        assert restyle(own, US) == own
        assert restyle(stored, INTERNATIONAL) == stored


def test_a_time_before_a_colon_or_a_comma_is_one():
    said = "visit 2, not Fri 8 Jan 2027, 12:00: ketasched day"
    assert restyle(said, US) == "visit 2, not Fri, Jan 8, 2027, 12:00 PM: ketasched day"


def test_dates_that_share_a_month_have_it_each():
    days = [date(2026, 12, 28), date(2026, 12, 30), date(2027, 1, 1)]
    assert days_text(days) == "Mon 28, Wed 30 Dec 2026, Fri 1 Jan 2027"
    assert restyle(days_text(days), US) == "Mon, Dec 28; Wed, Dec 30, 2026; Fri, Jan 1, 2027"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('expected a time such as "08:30", not "ten"', id="what is quoted"),
        pytest.param("who: ketasched day 2026-12-08 --time 10:30", id="a command"),
        pytest.param("take --between 08:00-12:00", id="an option"),
        pytest.param("made at 2026-11-23T10:00:00-05:00", id="ISO 8601"),
        pytest.param("a ratio of 1:45, or 24:00", id="what is no clock time"),
    ],
)
def test_what_may_be_pasted_stays_as_it_is(text):
    assert restyle(text, US) == text
