"""The call list as JSON."""

import json

from ketasched.files.codec import plain
from ketasched.language.locale import Locale
from ketasched.render.call_list.calls import CallList


def render(calls: CallList, _locale: Locale) -> str:
    """The list as one JSON object."""
    return json.dumps(plain(calls), ensure_ascii=False, indent=2) + "\n"
