"""The files of a patient's folder: their names, and what is in them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ketasched.errors import BadRequest, Refused
from ketasched.events.rides import (
    all_driver_names,
    driver_names,
    have_several_drivers,
    items_with_ride,
)
from ketasched.events.view import View
from ketasched.files.load import UNREADABLE_STEP, reading_problem
from ketasched.model import Audience, Clinic, Course, Request
from ketasched.model.privacy import redact, sensitive_term
from ketasched.render import render
from ketasched.render.ics import render_changes, render_split

FOLDER_FILES: Mapping[str, tuple[str, str, Audience]] = {
    "text": ("{}.txt", "text", "patient"),
    "html": ("{}.html", "html", "patient"),
    "ics": ("{}.ics", "ics", "patient"),
    "rides": ("rides.ics", "ics", "driver"),
    "json": ("course.json", "json", "clinic"),
}
"""The files that a patient's folder can have: name ({} is the patient), format, audience."""

PATIENT_FILES = ("text", "html", "ics", "rides")
"""The files for the patient and the driver."""

KEPT_COURSE = re.compile(r"course-\d+\.json")
"""The names of courses that other ones follow: the pages beside them are those of the last one."""

EVENT_FOLDERS: Mapping[str, Audience] = {"calendar": "patient", "rides": "driver"}
"""The subfolders with a file for each event of an audience's calendar."""

DRIVER_FOLDER = "drivers"
"""The subfolder with a calendar for each driver."""

CHANGES_FOLDER = "changes"
"""The subfolder with calendars of only what a revision changed."""

MAX_NAME_LENGTH = 40
"""How many characters of a driver's name a file name has."""

SUBFOLDER_FILES: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(EVENT_FOLDERS, re.compile(r"\d{4}-\d\d-\d\d-\d{4}-[a-z]+[a-z0-9-]*\.ics")),
    DRIVER_FOLDER: re.compile(r"rides-[\w-]+\.ics"),
    CHANGES_FOLDER: re.compile(r"(patient|rides(-[\w-]+)?)\.ics"),
}
"""The names of our files in each subfolder.

Files with such a name that are not written anew are removed: they are of a former date, of a
former driver or of a former change.
"""


REPLACED_FILES: Mapping[str, re.Pattern[str]] = {
    **SUBFOLDER_FILES,
    ".": re.compile(re.escape(FOLDER_FILES["rides"][0])),
}
"""The names of the files that `render_folder` perhaps leaves out, by folder: they are removed."""


def own_files(patient: str) -> re.Pattern[str]:
    """The names of the files that the folder of this patient has, subfolders aside."""
    names = (name.format(patient) for name, _, _ in FOLDER_FILES.values())
    return re.compile("|".join(map(re.escape, names)))


def render_files(
    course: Course, names: Iterable[str], *, driver_label: str = "", large: bool = False
) -> dict[str, bytes]:
    """The content of some of `FOLDER_FILES`, by path below the patient's folder."""
    files = {}
    for name in names:
        file_name, form, audience = FOLDER_FILES[name]
        text = render(course, form, View(audience, driver_label, large=large))
        files[file_name.format(course.patient)] = text.encode()
    return files


def render_course_file(course: Course) -> bytes:
    """The content of the course file. Raises `Refused` if it could not be read again."""
    text = render(course, "json", View())
    if problem := reading_problem(course, text):
        said = f"the course file of {course.patient} could not be read again: {problem}"
        raise Refused(f"{said}; nothing is written", next_step=UNREADABLE_STEP)
    return text.encode()


def render_folder(
    course: Course, *, driver_label: str = "", split: bool = False, large: bool = False
) -> dict[str, bytes]:
    """The files for the patient and the driver, by path below the patient's folder.

    A course that never had a ride has no calendar of rides. If a course has several drivers, each
    has a calendar in `DRIVER_FOLDER` as well: also a former driver, whose calendar has the rides
    to take out. With `split`, `EVENT_FOLDERS` have a file for each event. The page is `large` for
    people who see badly.
    """
    files = render_files(course, PATIENT_FILES, driver_label=driver_label, large=large)
    rides, _, _ = FOLDER_FILES["rides"]
    if b"BEGIN:VEVENT" not in files[rides]:
        del files[rides]
    drivers = all_driver_names(course)
    if len(drivers) == 1 and not have_several_drivers(items_with_ride(course)):
        drivers = []
    for driver, name in driver_file_names(drivers).items():
        view = View("driver", driver_label, driver)
        files[f"{DRIVER_FOLDER}/rides-{name}.ics"] = render(course, "ics", view).encode()
    if split:
        for folder, audience in EVENT_FOLDERS.items():
            events = render_split(course, View(audience, driver_label))
            files |= {f"{folder}/{name}": text.encode() for name, text in events.items()}
    return files


def changed_calendars(
    before: Course, after: Course, view: View, following: Course | None = None
) -> dict[str, bytes]:
    """The calendars of what changed for this audience, by driver.

    The key is "" for the calendar of a patient, of the clinic, or of rides without a driver.
    Drivers whose rides did not change get no calendar. After a switch the new course is
    `following`.
    """
    courses = [before, after, *([following] if following else [])]
    rides = [visit for course in courses for visit in items_with_ride(course)]
    drivers = driver_names(rides) if view.audience == "driver" else []
    found = {
        one.rides_of: render_changes(before, after, one, following).encode()
        for one in (replace(view, rides_of=driver) for driver in drivers)
    }
    changed = {driver: data for driver, data in found.items() if b"BEGIN:VEVENT" in data}
    return changed or {view.rides_of: render_changes(before, after, view, following).encode()}


def render_changes_folder(
    before: Course, after: Course, following: Course | None = None, *, driver_label: str = ""
) -> dict[str, bytes]:
    """The calendars of what changed, by path below the patient's folder: `CHANGES_FOLDER`.

    One is for the patient, and one for each driver whose rides changed. After a switch the new
    course is `following`.
    """
    patient = changed_calendars(before, after, View("patient"), following)
    drivers = changed_calendars(before, after, View("driver", driver_label), following)
    names = driver_file_names(drivers)
    rides = {
        f"rides-{names[driver]}" if len(drivers) > 1 else "rides": data
        for driver, data in drivers.items()
    }
    return {
        f"{CHANGES_FOLDER}/{name}.ics": data
        for name, data in ({"patient": patient[""]} | rides).items()
        if b"BEGIN:VEVENT" in data
    }


def render_former_courses(courses: Iterable[Course]) -> dict[str, bytes]:
    """The files of the courses that others follow, the first of them in course-1.json."""
    numbered = enumerate(courses, start=1)
    return {f"course-{number}.json": render_course_file(one) for number, one in numbered}


def driver_file_names(drivers: Iterable[str]) -> dict[str, str]:
    """A part of a file name for each driver: "sam-rivera" for "Sam Rivera".

    Terms that tell the treatment are left out; further drivers with the same result get a number.
    """
    names: dict[str, str] = {}
    for driver in drivers:
        words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", redact(driver)).casefold())
        name = "-".join(words)[:MAX_NAME_LENGTH] or "driver"
        same = [one for one in names.values() if re.fullmatch(rf"{name}(-\d+)?", one)]
        names[driver] = f"{name}-{len(same) + 1}" if same else name
    return names


def refuse_sensitive_reference(clinic: Clinic, request: Request) -> None:
    """Raise `BadRequest` if a discreet clinic's patient reference tells the treatment."""
    term = sensitive_term(request.patient) if clinic.titles == "discreet" else ""
    if term:
        problem = f'says "{term}", and it is the name of files and on the page'
        raise BadRequest("patient", problem, next_step="a number or initials")
