"""A course as a calendar of the library `icalendar`: what `--format ics` prints, read by it."""

from icalendar import Calendar

from ketasched.events.view import View
from ketasched.model import Audience, Course
from ketasched.render import render


def calendar(course: Course, audience: Audience | View = "patient") -> Calendar:
    """The calendar of a course for the patient, the driver or the clinic.

    Raises `BadRequest` for another audience.
    """
    found = Calendar.from_ical(render(course, "ics", audience))
    assert isinstance(found, Calendar)  # noqa: S101 - the text is one calendar
    return found
