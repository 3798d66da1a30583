"""The page to print or to look at: one file of HTML, without scripts or anything from outside."""

import base64
import hashlib
from functools import cache
from importlib import resources

from markupsafe import Markup

from ketasched.events.view import View
from ketasched.model import Course
from ketasched.render.month_grid import grids, legend
from ketasched.render.templating import filled_in, template_of


def render(course: Course, view: View) -> str:
    """The page for this audience; the patient's has the driver's sheet with it."""
    style, policy = _style()
    months, signs = grids(course, view), legend(course, view)
    return filled_in(course, view, style=style, policy=policy, months=months, legend=signs)


def page(template: str, **more: object) -> str:
    """A page that is of no single course: a template, filled in."""
    style, policy = _style()
    return template_of(template).render(style=style, policy=policy, **more)


@cache
def _style() -> tuple[Markup, str]:
    """The style sheet, and a policy (CSP) that allows just that and nothing else."""
    folder = resources.files("ketasched.render") / "templates"
    text = (folder / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    rules = ("default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'")
    return Markup(text), "; ".join((*rules, "form-action 'none'"))  # noqa: S704 - our own file
