"""What a manifest says of a course, in few words."""

from collections import Counter

from ketasched.batch.held import house_of, visits_of
from ketasched.batch.nouns import SEPARATOR, Made
from ketasched.model import TAKES_PLACE, Course, Finding
from ketasched.rules import Past

OF_THE_WHOLE = ("spacing", "time")
"""Rules of which a given-up finding is not about the start."""


def made_of(course: Course) -> Made:
    """The course as the manifest has it."""
    days = [visit.start.date() for visit in course.visits if visit.status in TAKES_PLACE]
    return Made(
        course.course_id,
        days[0].isoformat() if days else "",
        days[-1].isoformat() if days else "",
        visits_of(course),
        notes_of(course),
        house_of(course.clinic),
    )


def notes_of(course: Course) -> str:
    """The rules that have something to say of a course, each with how often, if more than once.

    A start that slid is "late start: " and the rule that moved it; "past start" is one that was
    asked for a day gone by, and slid to one that was not. The sentences are in the
    course's own files.
    """
    counts = Counter(_note(course, finding) for finding in course.findings)
    return SEPARATOR.join(
        note if number == 1 else f"{note} x{number}" for note, number in counts.items()
    )


def _note(course: Course, finding: Finding) -> str:
    if finding.rule == Past.name and course.visits[0].start > course.made_at:
        return f"{Past.name} start"
    slid = finding.level == "given-up" and finding.rule not in OF_THE_WHOLE
    return f"late start: {finding.rule}" if slid else finding.rule
