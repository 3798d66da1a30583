"""Renderers: pure functions that turn a course into a page, a calendar or a JSON document.

A renderer is a module with `render(course, view) -> str` and a row in `RENDERERS`. The module is
imported at its first use, because some need libraries that take long to load.

Doors: columns, html, ics, patient_folder.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

from ketasched.events.view import View
from ketasched.model import Audience, Course


class Renderer(NamedTuple):
    """A renderer's module, and the audiences for which its output has the driver's label."""

    module: str
    labelled: tuple[Audience, ...] = ()


RENDERERS: Mapping[str, Renderer] = {
    "text": Renderer("ketasched.render.text", labelled=("driver",)),
    # The patient's page includes the driver's sheet.
    "html": Renderer("ketasched.render.html", labelled=("driver", "patient")),
    "month": Renderer("ketasched.render.month"),
    "ics": Renderer("ketasched.render.ics", labelled=("driver",)),
    "json": Renderer("ketasched.render.json"),
}
"""The renderers by format."""


def render(course: Course, form: str, view: View) -> str:
    """The course in one of the formats of `RENDERERS`."""
    rendered: str = import_module(RENDERERS[form].module).render(course, view)
    return rendered
