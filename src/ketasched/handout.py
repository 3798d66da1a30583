"""What is handed out: the files of a patient's folder."""

import re
from types import MappingProxyType

from ketasched.model import Course
from ketasched.render import View, render, render_split

SPLIT = ("calendar", "rides")
"""The folders of the patient's and the driver's events, one a file."""

EVENT_FILES = MappingProxyType(
    dict.fromkeys(SPLIT, re.compile(r"\d{4}-\d\d-\d\d-\d{4}-[a-z]+[a-z0-9-]*\.ics"))
)
"""By folder, how the files of single events are called: all of them are of one course."""


def handout(course: Course, *, driver_label: str = "", split: bool = False) -> dict[str, bytes]:
    """The files for the patient and the driver, by name below the patient's folder.

    With `split`, the folders of `SPLIT` have each event as a file of its own besides.
    """
    patient, driver = View("patient", driver_label), View("driver", driver_label)
    files = {
        f"{course.patient}.txt": render(course, "text", patient),
        f"{course.patient}.html": render(course, "html", patient),
        f"{course.patient}.ics": render(course, "ics", patient),
        "rides.ics": render(course, "ics", driver),
    }
    if split:
        for folder, view in zip(SPLIT, (patient, driver), strict=True):
            one_by_one = render_split(course, view)
            files |= {f"{folder}/{name}": text for name, text in one_by_one.items()}
    return {name: text.encode() for name, text in files.items()}
