"""The course file: the plan of record, from which a course can be shown, checked and revised."""

import json

from ketasched.forms import plain
from ketasched.model import Course
from ketasched.render import View


def render(course: Course, view: View) -> str:
    """The whole course as JSON, whoever it is for: `load.load_course` reads it back equal."""
    return json.dumps(plain(course), ensure_ascii=False, indent=2) + "\n"
