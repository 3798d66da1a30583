"""The day sheet as JSON."""

import json

from ketasched.day.sheet import Sheet
from ketasched.forms import plain


def render(sheet: Sheet) -> str:
    """The sheet as one JSON value."""
    return json.dumps(plain(sheet), ensure_ascii=False, indent=2) + "\n"
