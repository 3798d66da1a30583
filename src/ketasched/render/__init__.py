"""Renderers: a course becomes text, a calendar, a JSON document. Pure functions of the course.

A renderer is a module with `render(course, view) -> str` and a row in `RENDERERS`; the module is
imported when it is used, because some need libraries that take long to load.

Doors: html, ics, patient_folder.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple

from ketasched.events.view import View
from ketasched.model import Audience, Course


class Renderer(NamedTuple):
    """The module of a renderer, and for whom it says what a driver calls the patient."""

    module: str
    labelled: tuple[Audience, ...] = ()


RENDERERS: Mapping[str, Renderer] = MappingProxyType(
    {
        "text": Renderer("ketasched.render.text", labelled=("driver",)),
        # The patient's page has a sheet for the driver.
        "html": Renderer("ketasched.render.html", labelled=("driver", "patient")),
        "month": Renderer("ketasched.render.month"),
        "ics": Renderer("ketasched.render.ics", labelled=("driver",)),
        "json": Renderer("ketasched.render.json"),
    }
)
"""The renderers by the name of their format."""


def render_split(course: Course, view: View) -> dict[str, str]:
    """The calendar as a file for each event, by the names of the files, which sort by time."""
    found: dict[str, str] = import_module(RENDERERS["ics"].module).split(course, view)
    return found


def render_changes(before: Course, course: Course, view: View) -> str:
    """The calendar with only what changed from one revision to the next."""
    found: str = import_module(RENDERERS["ics"].module).render_changes(before, course, view)
    return found


def has_changes(before: Course, course: Course, view: View) -> bool:
    """Whether an entry of the calendar changed from one revision to the next."""
    return bool(import_module("ketasched.events.diff").changed_events(before, course, view))


def render(course: Course, form: str, view: View) -> str:
    """The course in one of the formats of `RENDERERS`."""
    return _renderer(form)(course, view)


@cache
def _renderer(form: str) -> Callable[[Course, View], str]:
    found: Callable[[Course, View], str] = import_module(RENDERERS[form].module).render
    return found
