"""The day sheet as a page to print: one file of HTML, without scripts or anything from outside."""

from ketasched.language.locale import Locale
from ketasched.render.day_sheet.sheet import DaySheet
from ketasched.render.html import render_template


def render(sheet: DaySheet, locale: Locale) -> str:
    """The page."""
    return render_template("day.html", locale, sheet=sheet)
