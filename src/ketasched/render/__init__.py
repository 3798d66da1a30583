"""What people read of a course: pages, calendars, the course file, a patient's folder.

A renderer is a module with `render(course, view) -> str` and a row in `RENDERERS`. The module is
imported at its first use, because some need libraries that take long to load.

The room can be called, as the function `render` in it: `ketasched.render(course, "text")`.

Doors: clinic_page, columns, course_folders, fhir, html, ics, patient_folder, protocol_page.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import NamedTuple, get_args

from ketasched.errors import BadRequest
from ketasched.events.view import View
from ketasched.model import Audience, Course, quote
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.field_types import refusing_wrong_nouns


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
    "fhir": Renderer("ketasched.render.fhir"),
}
"""The renderers by format."""


@refusing_wrong_nouns
def render(course: Course, form: str = "text", audience: Audience | View = "patient") -> str:
    """The course in one of the formats of `RENDERERS`, for an audience.

    A `View` says more of the audience than its name does. Raises `BadRequest` for another format,
    or another audience.
    """
    if form not in RENDERERS:
        said = f"there is no format {quote(form)}{did_you_mean(str(form), RENDERERS)}"
        raise BadRequest("form", said, next_step=f"one of: {', '.join(RENDERERS)}")
    known = get_args(Audience)
    if not isinstance(audience, View) and audience not in known:
        said = f"there is no audience {quote(audience)}"
        raise BadRequest("audience", said, next_step=f"one of: {', '.join(known)}")
    view = audience if isinstance(audience, View) else View(audience)
    rendered: str = import_module(RENDERERS[form].module).render(course, view)
    return rendered


class _CallableRoom(ModuleType):
    """This module, which is called like the function of its name.

    Whoever imports it, the import system makes it the attribute `render` of `ketasched`.
    """

    def __call__(
        self, course: Course, form: str = "text", audience: Audience | View = "patient"
    ) -> str:
        """The course in some format for an audience: `render`."""
        return render(course, form, audience)


sys.modules[__name__].__class__ = _CallableRoom
