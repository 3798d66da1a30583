"""The call list as a page to print: one file of HTML, without scripts or anything from outside."""

from ketasched.language.locale import Locale
from ketasched.render.call_list.calls import IS_NEW, LEFT_OUT, NO_PHONE, CallList
from ketasched.render.day_sheet.day_visit import NO_DRIVER
from ketasched.render.html import render_template


def render(calls: CallList, locale: Locale) -> str:
    """The page."""
    words = {"no_phone": NO_PHONE, "left_out": LEFT_OUT, "is_new": IS_NEW, "no_driver": NO_DRIVER}
    return render_template("calls.html", locale, calls=calls, **words)
