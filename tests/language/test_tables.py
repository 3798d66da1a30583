"""The tables of languages and countries are those of CLDR."""

from datetime import date, datetime, timedelta

import pytest
from babel import Locale as CldrLocale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from tools.language_tables import COUNTRIES, LOCALES, TABLES, countries, plain_spaces, table

from ketasched.language.locale import DateStyle, Locale

DAYS = [date(2026, 11, 1) + timedelta(days) for days in range(366)]
TIMES = [datetime(2026, 11, 1) + timedelta(minutes=15 * number) for number in range(96)]  # noqa: DTZ001


@pytest.mark.parametrize("language", LOCALES)
def test_a_table_is_as_it_is_made_from_cldr(language):
    assert (TABLES / f"{language}.toml").read_text(encoding="utf-8") == table(language)


def test_the_table_of_countries_is_as_it_is_made_from_cldr():
    assert COUNTRIES.read_text(encoding="utf-8") == countries()


@pytest.mark.parametrize("skeleton", ["yMMMEd", "MMMEd"])
@pytest.mark.parametrize("style", ["intl", "us"])
@pytest.mark.parametrize("language", LOCALES)
def test_every_date_of_a_year_is_as_babel_writes_it(
    language: str, style: DateStyle, skeleton: str
):
    pattern = CldrLocale.parse(LOCALES[language][style]).datetime_skeletons[skeleton].pattern
    locale, names = Locale("24h", style, language), LOCALES[language]["names"]
    for day in DAYS:
        said = locale.day_text(day, year=skeleton.startswith("y"))
        assert said == plain_spaces(format_date(day, pattern, locale=names))


@pytest.mark.parametrize("language", LOCALES)
def test_every_quarter_of_an_hour_is_as_babel_writes_it(language):
    names = LOCALES[language]["names"]
    pattern = CldrLocale.parse(names).datetime_skeletons["hm"].pattern
    for moment in TIMES:
        twelve = plain_spaces(format_time(moment, pattern, locale=names))
        assert Locale("12h", "intl", language).clock_text(moment) == twelve
        twenty_four = format_time(moment, "HH:mm", locale=names)
        assert Locale("24h", "intl", language).clock_text(moment) == twenty_four


@pytest.mark.parametrize("style", ["intl", "us"])
@pytest.mark.parametrize("language", LOCALES)
def test_a_number_is_as_babel_writes_it(language: str, style: DateStyle):
    said = Locale("24h", style, language).number_text("1,234,567.5")
    assert said == plain_spaces(format_decimal(1234567.5, locale=LOCALES[language][style]))
