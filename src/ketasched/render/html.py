"""The page in HTML, from templates: one file without scripts or anything from outside."""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from ketasched.events import wording
from ketasched.events.view import View
from ketasched.files.disk import read_bytes
from ketasched.language.catalogue import ENGLISH
from ketasched.language.locale import Locale
from ketasched.language.restyle import restyle
from ketasched.model import Course
from ketasched.render.date_rows import DateRow, date_rows
from ketasched.render.month import legend, month_grids, more_meaning
from ketasched.render.page import Page, make_page
from ketasched.render.ride_list import make_ride_list

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

PAGE_NAMES = [name for name in dir(Page) if not name.startswith("_")]
"""The fields and methods of a page that its template can use."""

NO_BREAK = "\N{NO-BREAK SPACE}"

PHONE_SIGNS = re.compile(
    r"(?<!\s)[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]|[().\N{NON-BREAKING HYPHEN}-]"
)
"""What may stand between the digits of a number: single blanks and signs."""

PLAIN_NUMBER = re.compile(r"\+[0-9]{3,15}|[0-9]{3,11}")
"""The digits of a number; only a country's code makes it longer than eleven."""


class UnbrokenLocale(Locale):
    """A locale whose dates and clock times break only after a comma, at the end of a line."""

    def day_text(self, day: date, *, year: bool = True) -> str:
        """The date in words: "Mon 7 Dec 2026", or without the year "Mon 7 Dec"."""
        return ", ".join(
            part.replace(" ", NO_BREAK) for part in super().day_text(day, year=year).split(", ")
        )

    def time_text(self, hour: int, minute: int) -> str:
        """The time of day: "09:00", or "9:00 AM"."""
        return super().time_text(hour, minute).replace(" ", NO_BREAK)


ROWS_OF_A_SHEET, LETTERS_OF_A_ROW = 15, 140
"""How many rows fit on a sheet of paper, and how many letters of a clinic's words are as high."""


def render(course: Course, view: View) -> str:
    """The page for this audience; the patient's page includes the driver's sheet."""
    page, rides = make_page(course, view), make_ride_list(course, view)
    page = replace(page, locale=_unbroken(page.locale))
    rides = replace(rides, locale=_unbroken(rides.locale))
    named = {name: getattr(page, name) for name in PAGE_NAMES if name != "locale"}
    named["rides"], with_next = rides, view.audience == "driver"
    rows = [row for row in date_rows(course) if page.lists(row.item)]
    sheet = render_template("rides.html", rides.locale, **named, with_next=with_next)
    return render_template(
        f"{view.audience}.html",
        page.locale,
        **named,
        rides_sheet=Markup(sheet),  # noqa: S704 - a template of ours
        rows=rows,
        is_dense=page.locale.language != ENGLISH or _height(page, rows) > ROWS_OF_A_SHEET,
        months=month_grids(course, view),
        legend=legend(course, view),
        more_meaning=more_meaning(course, view),
    )


def _height(page: Page, rows: Sequence[DateRow]) -> float:
    """About how high a patient's page is on paper, in rows of its table."""
    own = page.wording
    letters = len(own.before + own.bring + own.side_effects + own.call)
    boxes = (page.gated, page.boosters, page.bill, page.former_dates, page.needs_attendant)
    talks = sum(row.talk is not None for row in rows)
    return len(rows) + talks + letters / LETTERS_OF_A_ROW + sum(map(bool, boxes))


def render_template(template: str, locale: Locale, **variables: object) -> str:
    """The template with these variables filled in and escaped, in the reader's language.

    In a template `text("…")`, `count_text("…", "…", number)` and `rich("…")`, whose values may be
    markup, are what the catalogues translate.
    """
    locale = _unbroken(locale)
    said = {
        "locale": locale,
        "text": locale.text,
        "count_text": locale.count_text,
        "rich": partial(_rich, locale),
    }
    return _environment().get_template(template).render(said | variables)


def _unbroken(locale: Locale) -> UnbrokenLocale:
    return UnbrokenLocale(**{one.name: getattr(locale, one.name) for one in fields(locale)})


def _rich(locale: Locale, message: str, **values: object) -> Markup:
    """A message whose values stand as they are if they are markup, else escaped."""
    return escape(locale.text(message)).format(**values)


def _phone_link(phone: str) -> str:
    """The address that calls a number: "tel:+15550142".

    It is "" where the text is not one plain number, because a wrong one could be called. Two
    blanks or a line between digits part two numbers, and so do more digits than a number has.
    """
    plain = phone.replace("(0)", "") if phone.startswith("+") else phone
    digits = PHONE_SIGNS.sub("", plain)
    return f"tel:{digits}" if PLAIN_NUMBER.fullmatch(digits) else ""


@cache
def _environment() -> "Environment":
    # Imported here because it takes its time to load, and most commands write no page.
    import jinja2  # noqa: PLC0415

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ketasched.render"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = read_bytes(Path(__file__).parent / "templates" / "page.css").decode()
    filters: dict[str, Callable[[Locale, Any], str]] = {
        "day": lambda locale, day: locale.day_text(day),
        "short_day": lambda locale, day: locale.day_text(day, year=False),
        "clock": lambda locale, moment: locale.clock_text(moment),
        "moment": lambda locale, moment: locale.moment_text(moment, year=False),
        "restyle": lambda locale, text: restyle(text, locale),
    }
    for name, write in filters.items():
        environment.filters[name] = jinja2.pass_context(partial(_in_locale, write))
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    environment.filters["phone_link"] = _phone_link
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 - our own file
        "policy": _content_security_policy(style),
        "words": wording,
    }
    return environment


def _in_locale(write: Callable[[Locale, Any], str], context: "Context", value: object) -> str:
    """A value as the reader of the page has it written."""
    return write(context["locale"], value)


def _content_security_policy(style: str) -> str:
    """A policy that allows this style sheet and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = ("default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'")
    return "; ".join((*rules, "form-action 'none'"))
