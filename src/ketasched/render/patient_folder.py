"""What is handed out: the files of a patient's folder."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from ketasched.errors import BadRequest
from ketasched.events.rides import drivers, is_shared
from ketasched.events.view import View
from ketasched.model import Audience, Clinic, Course, Request
from ketasched.model.privacy import neutral, telling
from ketasched.render import has_changes, render, render_changes, render_split

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

DRIVERS = "drivers"
"""The folder of the calendars of each driver."""

LONGEST_FILE_NAME = 40
"""Characters of a driver's name in the name of a file."""

INNER_FILES = MappingProxyType(
    {
        **dict.fromkeys(SPLIT, re.compile(r"\d{4}-\d\d-\d\d-\d{4}-[a-z]+[a-z0-9-]*\.ics")),
        DRIVERS: re.compile(r"rides-[\w-]+\.ics"),
    }
)
"""By folder, how our files in it are called. Those of them that are not written anew are removed:
they are of another day, or of somebody who does not drive any more.
"""


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

    Where several drive, or one not every time, each has a calendar of their own rides in
    `drivers`, too. With `split`, the folders of `SPLIT` have each event as a file of its own.
    """
    files = files_of(course, HANDED_OUT, driver_label=driver_label)
    names = drivers(course) if is_shared(course) else ()
    for name, called in file_names(names).items():
        view = View("driver", driver_label, name)
        files[f"{DRIVERS}/rides-{called}.ics"] = render(course, "ics", view).encode()
    if split:
        views = (View("patient", driver_label), View("driver", driver_label))
        for folder, view in zip(SPLIT, views, strict=True):
            one_by_one = render_split(course, view)
            files |= {f"{folder}/{name}": text.encode() for name, text in one_by_one.items()}
    return files


def handed_changes(before: Course, after: Course, view: View) -> dict[str, bytes]:
    """The calendar of what changed for this audience, by whom it is for: "".

    For drivers it is one for each whose rides changed, by their names, if they have names.
    """
    names = [] if view.audience != "driver" else [*drivers(before), *drivers(after)]
    views = [replace(view, rides_of=name) for name in dict.fromkeys(names)]
    own = [one for one in views if has_changes(before, after, one)]
    return {one.rides_of: render_changes(before, after, one).encode() for one in own or [view]}


def file_names(names: Iterable[str]) -> dict[str, str]:
    """What the file of each driver is called: "Sam Rivera" is "sam-rivera".

    A name that tells the treatment is not in it; names that would be the same get a number.
    """
    found: dict[str, str] = {}
    for name in names:
        words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", neutral(name)).casefold())
        called = "-".join(words)[:LONGEST_FILE_NAME] or "driver"
        same = [one for one in found.values() if re.fullmatch(rf"{called}(-\d+)?", one)]
        found[name] = f"{called}-{len(same) + 1}" if same else called
    return found


def refuse_telling(clinic: Clinic, request: Request) -> None:
    """Raise `BadRequest` for a reference that tells the treatment, at a discreet clinic."""
    word = telling(request.patient) if clinic.titles == "discreet" else ""
    if word:
        said = f'says "{word}", and it is the name of files and on the page'
        raise BadRequest("patient", said, next_step="a number or initials")
