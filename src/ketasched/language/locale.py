"""`Locale`: how a reader's dates and clock times are written."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from ketasched.language.catalogue import ENGLISH, catalogue
from ketasched.language.tables import Table, read_table

PLAIN_SPACES = str.maketrans("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}", "  ")

ClockStyle = Literal["12h", "24h"]
DateStyle = Literal["us", "intl"]


@dataclass(frozen=True, slots=True)
class Locale:
    """The clock and the style of dates of a reader, in a language.

    With the defaults a moment is "Mon 7 Dec 2026, 09:00"; with the clock and the dates of the US
    "Mon, Dec 7, 2026, 9:00 AM". All times are local, and shown as they are.
    """

    clock: ClockStyle = "24h"
    dates: DateStyle = "intl"
    language: str = ENGLISH

    @property
    def _table(self) -> Table:
        return read_table(self.language)

    def text(self, message: str, /, **values: object) -> str:
        """A message in the reader's language, with the values for its {fields}.

        Without values a brace is a brace, as in the titles that a clinic writes.
        """
        # The empty text stands for a catalogue's header.
        said = catalogue(self.language).gettext(message) if message else ""
        return said.format(**values) if values else said

    def count_text(self, one: str, many: str, count: int, /, **values: object) -> str:
        """A message that counts something, in the form that the language has for the number."""
        said = catalogue(self.language).ngettext(one, many, count)
        return said.format(count=count, **values)

    def plain(self, text: str) -> str:
        """The text with plain spaces for the no-break ones of a catalogue.

        For calendars and plain text, where programs show no-break spaces as boxes. English has
        none, so that those which a clinic writes stay there.
        """
        return text if self.has_plain_spaces else text.translate(PLAIN_SPACES)

    @property
    def has_plain_spaces(self) -> bool:
        """Whether no message of the language has no-break spaces."""
        return self.language == ENGLISH

    @property
    def weekday_names(self) -> tuple[str, ...]:
        """The short names of the weekdays, from Monday on."""
        return self._table.weekdays

    def day_text(self, day: date, *, year: bool = True) -> str:
        """The date in words: "Mon 7 Dec 2026", or without the year "Mon 7 Dec"."""
        form = "with_year" if year else "without_year"
        return _day_text(self.language, self.dates, form, day.year, day.month, day.day)

    def number_text(self, number: str) -> str:
        """A number such as "2,700.50" with the signs of the language, where dates are so."""
        signs = self._table.numbers[self.dates]
        return number.translate({ord(","): signs["group"], ord("."): signs["decimal"]})

    def day_width(self, *, year: bool = True) -> int:
        """The characters of the longest date in words."""
        return _day_width(self, year=year)

    def hour_text(self, hour: int) -> str:
        """A whole hour in few characters: "09", or "9a"."""
        half = self._table.halves[hour >= 12][0].lower()
        return f"{hour:02d}" if self.clock == "24h" else f"{(hour - 1) % 12 + 1}{half}"

    @property
    def clock_width(self) -> int:
        """The characters of the longest clock time."""
        return len(self.time_text(22, 0))

    def month_text(self, year: int, month: int) -> str:
        """A month as a heading: "December 2026"."""
        return self._table.month.format(month=self._table.headings[month - 1], year=year)

    def clock_text(self, moment: datetime) -> str:
        """The clock time: "09:00", or "9:00 AM"."""
        return self.time_text(moment.hour, moment.minute)

    def time_text(self, hour: int, minute: int) -> str:
        """The time of day: "09:00", or "9:00 AM"."""
        if self.clock == "24h":
            return f"{hour:02d}:{minute:02d}"
        half = self._table.halves[hour >= 12]
        return self._table.clock.format(hour12=(hour - 1) % 12 + 1, minute=minute, half=half)

    def moment_text(self, moment: datetime, *, year: bool = True) -> str:
        """The date and the clock time: "Mon 7 Dec 2026, 09:00"."""
        day = self.day_text(moment, year=year)
        return self._table.moment.format(day=day, time=self.clock_text(moment))


INTERNATIONAL = Locale()
"""The 24-hour clock and dates such as "Mon 7 Dec 2026", in English: where nothing else is said."""


@lru_cache(maxsize=64)
def _day_width(locale: Locale, *, year: bool) -> int:
    days = (date(2026, month, 22 + number) for month in range(1, 13) for number in range(7))
    return max(len(locale.day_text(day, year=year)) for day in days)


@lru_cache(maxsize=4096)
def _day_text(language: str, dates: DateStyle, form: str, year: int, month: int, day: int) -> str:
    """The date in words; most patients of a clinic have dates of the same few months."""
    table = read_table(language)
    return table.dates[dates][form].format(
        weekday=table.weekdays[date(year, month, day).weekday()],
        day=day,
        month=table.months[month - 1],
        year=year,
    )
