"""What is handed out: the files of a patient's folder."""

from ketasched.model import Course
from ketasched.render import View, render, render_split


def handout(course: Course, *, driver_label: str = "", split: bool = False) -> dict[str, bytes]:
    """The files for the patient and the driver, by name below the patient's folder.

    With `split`, `calendar/` and `rides/` have each event as a file of its own besides.
    """
    patient, driver = View("patient", driver_label), View("driver", driver_label)
    files = {
        f"{course.patient}.txt": render(course, "text", patient),
        f"{course.patient}.html": render(course, "html", patient),
        f"{course.patient}.ics": render(course, "ics", patient),
        "rides.ics": render(course, "ics", driver),
    }
    if split:
        files |= _one_by_one(course, "calendar", patient) | _one_by_one(course, "rides", driver)
    return {name: text.encode() for name, text in files.items()}


def _one_by_one(course: Course, folder: str, view: View) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in render_split(course, view).items()}
