"""The day sheet as a page to print: one file of HTML, without scripts or anything from outside."""

from ketasched.render.day_sheet.sheet import Sheet
from ketasched.render.day_sheet.text import driver_text, summary
from ketasched.render.html import page


def render(sheet: Sheet) -> str:
    """The page."""
    return page("day.html", sheet=sheet, summary=summary(sheet), driver_text=driver_text)
