"""The page in HTML, from templates: one file without scripts or anything from outside."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup

from ketasched.events import wording
from ketasched.events.view import View
from ketasched.files.disk import read_bytes
from ketasched.language.locale import Locale
from ketasched.language.restyle import restyle
from ketasched.model import TAKES_PLACE, TO_BE_DECIDED, Course
from ketasched.render.month_grid import legend, month_grids
from ketasched.render.page import Page, make_page, make_ride_list

PAGE_NAMES = [name for name in dir(Page) if not name.startswith("_")]
"""The fields and methods of a page that its template can use."""


def render(course: Course, view: View) -> str:
    """The page for this audience; the patient's page includes the driver's sheet."""
    page = make_page(course, view)
    return render_template(
        f"{view.audience}.html",
        page.locale,
        **{name: getattr(page, name) for name in PAGE_NAMES if name != "locale"},
        rides=make_ride_list(course, view),
        months=month_grids(course, view),
        legend=legend(course, view),
    )


def render_template(template: str, locale: Locale, **variables: object) -> str:
    """The template with these variables filled in and escaped, in the reader's language.

    In a template `text("…")` and `count_text("…", "…", number)` are what the catalogues translate.
    """
    said = {"locale": locale, "text": locale.text, "count_text": locale.count_text}
    return _environment().get_template(template).render(said | variables)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ketasched.render"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = read_bytes(Path(__file__).parent / "templates" / "page.css").decode()
    environment.filters |= {
        "day": _in_locale(Locale.day_text),
        "short_day": _in_locale(partial(Locale.day_text, year=False)),
        "clock": _in_locale(Locale.clock_text),
        "moment": _in_locale(partial(Locale.moment_text, year=False)),
        "restyle": _in_locale(lambda locale, text: restyle(text, locale)),
    }
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 - our own file
        "policy": _content_security_policy(style),
        "takes_place": TAKES_PLACE,
        "to_be_decided": TO_BE_DECIDED,
        "words": wording,
    }
    return environment


def _in_locale(write: Callable[[Locale, Any], str]) -> Callable[[Context, object], str]:
    """A filter that writes a value in the locale of the page's reader."""

    @pass_context
    def written(context: Context, value: object) -> str:
        return write(context["locale"], value)

    return written


def _content_security_policy(style: str) -> str:
    """A policy that allows this style sheet and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = ("default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'")
    return "; ".join((*rules, "form-action 'none'"))
