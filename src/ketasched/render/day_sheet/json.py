"""The day sheet as JSON."""

import json

from ketasched.files.codec import plain
from ketasched.render.day_sheet.sheet import Sheet


def render(sheet: Sheet) -> str:
    """The sheet as one JSON value."""
    return json.dumps(plain(sheet), ensure_ascii=False, indent=2) + "\n"
