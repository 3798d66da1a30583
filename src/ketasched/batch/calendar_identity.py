"""The identity of a course without a course file, so that calendars recognise its entries.

`batch --format ics` writes no course file. Its manifest has the course's identifier, and its
calendars say how often their entries have changed, and when last.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from ketasched.batch.records import PriorResult, Settings
from ketasched.errors import BadFile
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.toml_json import read_text
from ketasched.model import Audience, Course, Entry
from ketasched.planning.assemble import with_identity
from ketasched.revising.history import add_entry

SEQUENCE = re.compile(r"^SEQUENCE:(\d{1,9})\r?$", re.MULTILINE)
DTSTAMP = re.compile(r"^DTSTAMP:(\d{8}T\d{6}Z)\r?$", re.MULTILINE)


def with_calendar_identity(course: Course, prior: PriorResult, settings: Settings) -> Course:
    """The course as the next revision of the one whose calendars are in the patient's folder."""
    if not prior.summary.course_id:
        return course
    texts = list(_calendars(prior, settings, course.patient))
    stamps = [datetime.strptime(one, "%Y%m%dT%H%M%S%z") for one in _found(DTSTAMP, texts)]
    revisions = max(map(int, _found(SEQUENCE, texts)), default=-1) + 1
    now = settings.made_at
    if stamps and max(stamps) == now.astimezone(UTC):
        revisions -= 1  # a run that was stopped, and is resumed, has written one of them
    zone = course.made_at.tzinfo
    first, last = (
        one.astimezone(zone) for one in (min(stamps, default=now), max(stamps, default=now))
    )
    course = with_identity(course, prior.summary.course_id, first)
    for number in range(1, revisions + 1):
        at = now if number == revisions else last
        entry = Entry(at.astimezone(zone), "planned again", changed=_uids(course))
        course = add_entry(replace(course, revision=course.revision + 1), entry)
    return course


def _calendars(prior: PriorResult, settings: Settings, patient: str) -> Iterator[str]:
    for name, _ in prior.files:
        if name.endswith(".ics"):
            with suppress(BadFile):
                yield read_text(str(settings.folder(patient) / name))


def _found(pattern: re.Pattern[str], texts: list[str]) -> Iterator[str]:
    return (value for text in texts for value in pattern.findall(text))


def _uids(course: Course) -> tuple[str, ...]:
    """The UIDs of all entries, for any audience: which of them differ is not known."""
    views = map(View, get_args(Audience))
    return tuple(sorted({event.uid for view in views for event in events(course, view)}))
