"""The tables of dates and clocks by language and by country, made from CLDR (through Babel).

`python -m tools.language_tables` writes them; a test compares them with what Babel says.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel import Locale as CldrLocale
from babel import UnknownLocaleError
from babel.core import get_cldr_version
from babel.languages import get_territory_language_info

PACKAGE = Path(__file__).parent.parent / "src" / "ketasched"
TABLES, COUNTRIES = PACKAGE / "language" / "tables", PACKAGE / "files" / "countries.toml"

LOCALES = {
    "en": {"names": "en", "intl": "en_AU", "us": "en_US"},
    "es": {"names": "es", "intl": "es", "us": "es_US"},
    "fr": {"names": "fr", "intl": "fr", "us": "fr"},
}
"""By language, the CLDR locales of its names, and of each style of its dates.

English dates that are not those of the US are "Mon 7 Dec 2026", as in Australia.
"""

FIELDS = {"E": "{weekday}", "d": "{day}", "MMM": "{month}", "MMMM": "{month}", "y": "{year}"}
FIELDS |= {"EEE": "{weekday}", "h": "{hour12}", "mm": "{minute:02}", "a": "{half}"}
"""The fields of CLDR patterns that dates and clock times have, as those of our tables."""

MADE = f"# Made from CLDR {get_cldr_version()} by `python -m tools.language_tables`: do not edit."

TOKEN = re.compile(r"'([^']*)'|([a-zA-Z])\2*|.", re.DOTALL)
"""A part of a CLDR pattern: quoted text, a field, or another character."""


def main() -> None:
    """Write the tables of all languages, and that of countries."""
    for language in LOCALES:
        (TABLES / f"{language}.toml").write_text(table(language), encoding="utf-8")
    COUNTRIES.write_text(countries(), encoding="utf-8")


def table(language: str) -> str:
    """The table of a language, as TOML."""
    return "\n".join(_lines(language)) + "\n"


def _lines(language: str) -> Iterator[str]:
    sources = LOCALES[language]
    names = CldrLocale.parse(sources["names"])
    days, months = names.days["format"]["abbreviated"], names.months["format"]["abbreviated"]
    halves = names.day_periods["format"]["abbreviated"]
    yield MADE
    yield f"called = {_list(str(names.get_language_name(one)) for one in ('en', language))}"
    yield f"weekdays = {_list(days[number] for number in range(7))}"
    yield f"months = {_list(months[number] for number in range(1, 13))}"
    wide = names.months["stand-alone"]["wide"]
    yield f"headings = {_list(wide[number] for number in range(1, 13))}"
    yield f"halves = {_list((halves['am'], halves['pm']))}"
    yield f"month = {_quoted(template(names.datetime_skeletons['yMMMM'].pattern))}"
    yield f"moment = {_quoted(names.datetime_formats['medium'].format('{time}', '{day}'))}"
    yield f"clock = {_quoted(template(names.datetime_skeletons['hm'].pattern))}"
    for style in ("intl", "us"):
        skeletons = CldrLocale.parse(sources[style]).datetime_skeletons
        yield ""
        yield f"[dates.{style}]"
        yield f"with_year = {_quoted(template(skeletons['yMMMEd'].pattern))}"
        yield f"without_year = {_quoted(template(skeletons['MMMEd'].pattern))}"
    for style in ("intl", "us"):
        symbols = CldrLocale.parse(sources[style]).number_symbols["latn"]
        yield ""
        yield f"[numbers.{style}]"
        yield f"group = {_quoted(symbols['group'])}"
        yield f"decimal = {_quoted(symbols['decimal'])}"


def countries() -> str:
    """The countries by what is the custom there, as TOML."""
    found: dict[str, list[str]] = {
        "twelve_hours": [],
        "month_first": [],
        "day_first": [],
        "week_begins_sun": [],
        "week_begins_sat": [],
    }
    for country in sorted(CldrLocale("en").territories):
        locale = locale_of(country)
        if locale is None:
            continue
        if "a" in locale.time_formats["short"].pattern:
            found["twelve_hours"].append(country)
        order = re.sub("[^Md]|'[^']*'", "", locale.date_formats["short"].pattern)
        is_year_first = locale.date_formats["short"].pattern.lstrip("'").lower().startswith("y")
        if not is_year_first:
            found["month_first" if order.startswith("M") else "day_first"].append(country)
        if locale.first_week_day in (5, 6):
            name = "week_begins_sat" if locale.first_week_day == 5 else "week_begins_sun"
            found[name].append(country)
    lines = [f"{name} = {_list(tuple(codes))}" for name, codes in found.items()]
    return "\n".join([MADE, *lines]) + "\n"


def locale_of(country: str) -> CldrLocale | None:
    """The locale of the language that most people of a country speak and that CLDR has."""
    shares = get_territory_language_info(country) if len(country) == 2 else {}
    for language in sorted(shares, key=lambda one: -float(shares[one]["population_percent"] or 0)):
        try:
            return CldrLocale.parse(f"{language}_{country}")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def template(pattern: str) -> str:
    """A CLDR pattern as a template for `str.format`; its spaces are plain ones."""
    parts = []
    for token in TOKEN.finditer(pattern):
        text = token[0]
        parts.append(FIELDS[text] if token[2] else token[1] if text[0] == "'" else text)
    return plain_spaces("".join(parts))


def plain_spaces(text: str) -> str:
    """The text with plain spaces instead of no-break ones, which calendars show as boxes."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    return f'"{plain_spaces(text)}"'


if __name__ == "__main__":
    main()
