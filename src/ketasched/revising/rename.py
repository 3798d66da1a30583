"""rename: the courses of a patient under another reference."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ketasched.events.diff import changed_uids
from ketasched.model import Change, Course, Entry
from ketasched.planning.check import check
from ketasched.revising.history import add_entry, with_result
from ketasched.revising.revise import moment_of_change


def rename(
    courses: Sequence[Course], patient: str, *, at: datetime, why: str = "", by: str = ""
) -> list[Course]:
    """The next revisions of a patient's courses, under the reference `patient`.

    Identifiers and visits stay. SEQUENCE rises for the events whose title has the reference: those
    of the clinic's calendar. The change has one moment in all courses: the aware moment `at`, or
    that of the last change of the same day. Raises `BadRequest` if one was made on a later day.
    """
    local = at.astimezone(ZoneInfo(courses[0].clinic.timezone))
    now = max(moment_of_change(course, local) for course in courses)
    return [_renamed(course, patient, now, why, by) for course in courses]


def _renamed(course: Course, patient: str, now: datetime, why: str, by: str) -> Course:
    after = replace(
        course,
        patient=patient,
        request=replace(course.request, patient=patient),
        revision=course.revision + 1,
    )
    old, new = check(course), check(after)
    kept = (one for one in course.findings if one not in old or one in new)
    after = replace(after, findings=(*kept, *(one for one in new if one not in old)))
    said, changed = f"renamed from {course.patient}", changed_uids(course, after, now)
    entry = Entry(now, said, why, by, Change("rename"), changed=tuple(sorted(changed)))
    return with_result(course, add_entry(after, entry))
