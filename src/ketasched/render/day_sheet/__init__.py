"""The clinic's day sheet: who comes when, on which chair, with which driver.

A form of the sheet is a module with `render(sheet) -> str` and a row in `FORMS`. The module is
imported at its first use.

Doors: sheet, week.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from ketasched.render.day_sheet.sheet import DaySheet

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "text": "ketasched.render.day_sheet.text",
        "html": "ketasched.render.day_sheet.html",
        "csv": "ketasched.render.day_sheet.csv",
        "json": "ketasched.render.day_sheet.json",
        "ics": "ketasched.render.day_sheet.ics",
    }
)
"""The modules that render the sheet, by format."""


def render_sheet(sheet: DaySheet, form: str) -> str:
    """The sheet in one of `FORMS`."""
    rendered: str = import_module(FORMS[form]).render(sheet)
    return rendered
