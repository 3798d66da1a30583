"""The page in HTML, from templates: one file without scripts or anything from outside."""

import base64
import hashlib
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from ketasched.events.view import View
from ketasched.events.wording import (
    ASK_ABOUT_DRIVING,
    DELETE_FIRST,
    DELETE_OLD,
    KEPT_LONGER,
    NOT_BEFORE_SLEEP,
    WAIT_AND_DRIVE,
)
from ketasched.files.disk import read_bytes
from ketasched.model import TAKES_PLACE, TO_BE_DECIDED, Course
from ketasched.model.wall_clock import clock_text, day_text, moment_text
from ketasched.render.month_grid import legend, month_grids
from ketasched.render.page import Page, make_page, make_ride_list

PAGE_NAMES = [name for name in dir(Page) if not name.startswith("_")]
"""The fields and methods of a page that its template can use."""


def render(course: Course, view: View) -> str:
    """The page for this audience; the patient's page includes the driver's sheet."""
    page = make_page(course, view)
    return render_template(
        f"{view.audience}.html",
        **{name: getattr(page, name) for name in PAGE_NAMES},
        rides=make_ride_list(course, view),
        months=month_grids(course, view),
        legend=legend(course, view),
    )


def render_template(template: str, **variables: object) -> str:
    """The template with these variables filled in and escaped."""
    return _environment().get_template(template).render(variables)


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
        "day": day_text,
        "short_day": partial(day_text, year=False),
        "clock": clock_text,
        "moment": partial(moment_text, year=False),
    }
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 - our own file
        "policy": _content_security_policy(style),
        "takes_place": TAKES_PLACE,
        "to_be_decided": TO_BE_DECIDED,
        "not_before_sleep": NOT_BEFORE_SLEEP,
        "kept_longer": KEPT_LONGER,
        "wait_and_drive": WAIT_AND_DRIVE,
        "delete_first": DELETE_FIRST,
        "delete_old": DELETE_OLD,
        "ask_about_driving": ASK_ABOUT_DRIVING,
    }
    return environment


def _content_security_policy(style: str) -> str:
    """A policy that allows this style sheet and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = ("default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'")
    return "; ".join((*rules, "form-action 'none'"))
