"""The clinic's day sheet: who comes when, on which chair, with which driver.

Each of `FORMS` is a module with `render(sheet, locale) -> str`, imported at its first use.

Doors: day_visit, sheet, week.
"""

from importlib import import_module

from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.render.day_sheet.sheet import DaySheet

FORMS = ("text", "html", "csv", "json", "ics")
"""The formats of the sheet, each with a module of this name."""


def render_sheet(sheet: DaySheet, form: str, locale: Locale = INTERNATIONAL) -> str:
    """The sheet in one of `FORMS`."""
    rendered: str = import_module(f"{__name__}.{form}").render(sheet, locale)
    return rendered
