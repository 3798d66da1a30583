"""The day sheet as JSON."""

import json

from ketasched.files.codec import plain
from ketasched.language.locale import Locale
from ketasched.render.day_sheet.sheet import DaySheet


def render(sheet: DaySheet, _locale: Locale) -> str:
    """The sheet as one JSON object."""
    return json.dumps(plain(sheet), ensure_ascii=False, indent=2) + "\n"
