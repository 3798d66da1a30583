"""Texts of the core with their dates and clock times as a reader reads them.

Findings, histories and errors are in English, with moments such as "Mon 7 Dec 2026, 09:00": a
course file says the same wherever it is read. Only what shows them knows the reader.
"""

import re
from functools import cache, partial

from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.language.tables import read_table


def restyle(text: str, locale: Locale) -> str:
    """The text with its dates and clock times in the style of the locale.

    What is quoted, what is part of a command, and moments in ISO 8601 stay as they are; so does
    what is in the reader's style already.
    """
    if (locale.clock, locale.dates) == (INTERNATIONAL.clock, INTERNATIONAL.dates):
        return text
    return _stored_times().sub(partial(_restyled, locale), text)


@cache
def _stored_times() -> re.Pattern[str]:
    """The dates and clock times of a text, and what stays as it is.

    Dates of one month share its name: "Mon 28, Wed 30 Dec 2026".
    """
    table = read_table("en")
    weekday, month = "|".join(table.weekdays), "|".join(table.months)
    return re.compile(
        r'"[^"\n]*"|\bketasched .*|--[\w-]+[ =]\S+|\d{4}-\d\d-\d\dT\S+'
        rf"|\b(?P<days>(?:(?:{weekday}) \d\d?, )*(?:{weekday}) \d\d?) (?P<month>{month})\b"
        rf"(?: (?P<year>\d{{4}})\b)?(?P<more>, (?=(?:{weekday}) \d))?"
        r"|(?<![\w:.])(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?!\w|:\d| [AP]M)"
    )


def _restyled(locale: Locale, found: re.Match[str]) -> str:
    if found["hour"]:
        return locale.time_text(int(found["hour"]), int(found["minute"]))
    if not found["days"]:
        return found[0]
    days = [one.split() for one in found["days"].split(", ")]
    month, year = found["month"], found["year"]
    styles = read_table("en").dates[locale.dates]
    without_year, last = styles["without_year"], styles["with_year" if year else "without_year"]
    forms = [without_year] * (len(days) - 1) + [last]
    written = [
        form.format(weekday=weekday, day=day, month=month, year=year)
        for form, (weekday, day) in zip(forms, days, strict=True)
    ]
    # Dates with commas of their own stand between semicolons.
    between = "; " if "," in last else ", "
    return between.join(written) + (between if found["more"] else "")
