"""The call list of a rescheduling: whom to call, from when to when, and which drivers to tell.

Each of `FORMS` is a module with `render(calls, locale) -> str`, imported at its first use.

Doors: calls.
"""

from importlib import import_module

from ketasched.language.locale import INTERNATIONAL, Locale
from ketasched.render.call_list.calls import CallList

FORMS = ("text", "html", "csv", "json")
"""The formats of the list, each with a module of this name."""


def render_calls(calls: CallList, form: str, locale: Locale = INTERNATIONAL) -> str:
    """The list in one of `FORMS`."""
    rendered: str = import_module(f"{__name__}.{form}").render(calls, locale)
    return rendered
