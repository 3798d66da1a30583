"""The itinerary as plain text, to print or to read out: one template for each audience."""

from ketasched.model import Course
from ketasched.render import View
from ketasched.render.context import filled_in


def render(course: Course, view: View) -> str:
    """The page for this audience, lines of at most 78 characters where the words allow it."""
    text = filled_in(course, view, "txt")
    return "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n")) + "\n"
