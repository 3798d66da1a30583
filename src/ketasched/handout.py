"""What is handed out: the files of a patient's folder."""

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ketasched.discretion import telling
from ketasched.errors import BadRequest
from ketasched.forms import plain
from ketasched.model import Audience, Clinic, Course, Request
from ketasched.render import View, render, render_split

FILES: Mapping[str, tuple[str, str, Audience]] = MappingProxyType(
    {
        "text": ("{}.txt", "text", "patient"),
        "html": ("{}.html", "html", "patient"),
        "ics": ("{}.ics", "ics", "patient"),
        "rides": ("rides.ics", "ics", "driver"),
        "json": ("course.json", "json", "clinic"),
    }
)
"""What a patient's folder can hold: the name ({} is the patient), the renderer, and for whom."""

HANDED_OUT = ("text", "html", "ics", "rides")
"""What the patient and the driver get."""

SPLIT = ("calendar", "rides")
"""The folders of the patient's and the driver's events, one a file."""

EVENT_FILES = MappingProxyType(
    dict.fromkeys(SPLIT, re.compile(r"\d{4}-\d\d-\d\d-\d{4}-[a-z]+[a-z0-9-]*\.ics"))
)
"""By folder, how the files of single events are called: all of them are of one course."""


def files_of(course: Course, names: Iterable[str], *, driver_label: str = "") -> dict[str, bytes]:
    """These of `FILES`, by name below the patient's folder."""
    found = {}
    for name in names:
        called, form, audience = FILES[name]
        text = render(course, form, View(audience, driver_label))
        found[called.format(course.patient)] = text.encode()
    return found


def handout(course: Course, *, driver_label: str = "", split: bool = False) -> dict[str, bytes]:
    """The files for the patient and the driver, by name below the patient's folder.

    With `split`, the folders of `SPLIT` have each event as a file of its own besides.
    """
    files = files_of(course, HANDED_OUT, driver_label=driver_label)
    if split:
        views = (View("patient", driver_label), View("driver", driver_label))
        for folder, view in zip(SPLIT, views, strict=True):
            one_by_one = render_split(course, view)
            files |= {f"{folder}/{name}": text.encode() for name, text in one_by_one.items()}
    return files


def as_line(course: Course) -> str:
    """The whole course as one line of JSON, without the line's end."""
    return json.dumps(plain(course), ensure_ascii=False, separators=(",", ":"))


def refuse_telling(clinic: Clinic, request: Request) -> None:
    """Raise `BadRequest` for a reference that tells the treatment, at a discreet clinic."""
    word = telling(request.patient) if clinic.titles == "discreet" else ""
    if word:
        said = f'says "{word}", and it is the name of files and on the page'
        raise BadRequest("patient", said, next_step="a number or initials")
