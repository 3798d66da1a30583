"""The templates of HTML pages, and what stands in them."""

from collections.abc import Callable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from ketasched.events.view import View
from ketasched.events.wording import ASK_ABOUT_DRIVING, DELETE_FIRST, DELETE_OLD, ONLY_AFTER_REST
from ketasched.model import TAKES_PLACE, TO_BE_DECIDED, Course
from ketasched.model.wall_clock import clock_text, day_text, moment_text
from ketasched.render.page import Page, page_of, rides_of

NAMES = [name for name in dir(Page) if not name.startswith("_")]
"""What templates may say of a page."""


def filled_in(course: Course, view: View, **more: object) -> str:
    """The audience's template, filled in and escaped; `more` is what else it needs."""
    page = page_of(course, view)
    template = template_of(f"{view.audience}.html")
    said = {name: getattr(page, name) for name in NAMES}
    return template.render(said, rides=rides_of(course, view), **more)


def template_of(name: str) -> Template:
    """A template by the name of its file."""
    return _environment().get_template(name)


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
    filters: dict[str, Callable[..., str]] = {
        "day": lambda moment: day_text(moment),
        "short_day": lambda moment: day_text(moment, year=False),
        "clock": clock_text,
        "moment": moment_text,
    }
    environment.filters |= filters
    environment.globals |= {
        "takes_place": TAKES_PLACE,
        "to_be_decided": TO_BE_DECIDED,
        "only_after_rest": ONLY_AFTER_REST,
        "delete_first": DELETE_FIRST,
        "delete_old": DELETE_OLD,
        "ask_about_driving": ASK_ABOUT_DRIVING,
    }
    return environment
