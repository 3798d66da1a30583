"""The identity of a course without a course file, so that calendars recognise its entries.

`batch --format ics` writes no course file. Its manifest has the course's identifier, and its
calendars say how often their entries have changed, and when last.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from ketasched.batch.fingerprints import sha
from ketasched.batch.records import PriorResult, Settings
from ketasched.errors import BadFile
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.toml_json import read_text
from ketasched.model import Audience, Course, Entry
from ketasched.model.identifiers import make_uid_key
from ketasched.planning.assemble import with_identity
from ketasched.render.patient_folder import render_files
from ketasched.revising.history import add_entry

SEQUENCE = re.compile(r"^SEQUENCE:(\d{1,3})\r?$", re.MULTILINE)
DTSTAMP = re.compile(r"^DTSTAMP:(\d{8}T\d{6}Z)\r?$", re.MULTILINE)


def with_calendar_identity(course: Course, prior: PriorResult, settings: Settings) -> Course:
    """The course as the next revision of the one whose calendars are in the patient's folder.

    If its calendars are those that the earlier run wrote, it is the same revision.
    """
    if not prior.summary.course_id:
        return course
    text = "\n".join(_calendars(prior, settings, course.patient))
    now, zone = settings.made_at.astimezone(UTC), course.made_at.tzinfo
    stamps = list(_moments(DTSTAMP.findall(text)))
    first, last = min(stamps, default=now), max(stamps, default=now)
    course_id = prior.summary.course_id
    uid_key = make_uid_key(course.clinic, course_id)
    course = with_identity(course, course_id, uid_key, first.astimezone(zone))
    for _ in range(max(map(int, SEQUENCE.findall(text)), default=0)):
        course = _planned_again(course, last.astimezone(zone))
    # A run that was stopped, and is resumed, may have written some of the calendars.
    is_resumed = len(course.history) > 1 and last == now
    is_same = is_resumed or _has_same_calendars(course, prior, settings)
    return course if is_same else _planned_again(course, now.astimezone(zone))


def _planned_again(course: Course, at: datetime) -> Course:
    """The next revision of a course. Which of its entries differ is not known: all do."""
    views = map(View, get_args(Audience))
    uids = {event.uid for view in views for event in events(course, view)}
    entry = Entry(at, "planned again", changed=tuple(sorted(uids)))
    return add_entry(replace(course, revision=course.revision + 1), entry)


def _calendars(prior: PriorResult, settings: Settings, patient: str) -> Iterator[str]:
    """The texts of the calendars in a patient's folder."""
    for name, _ in prior.files:
        if name.endswith(".ics"):
            with suppress(BadFile):
                yield read_text(str(settings.folder(patient) / name))


def _has_same_calendars(course: Course, prior: PriorResult, settings: Settings) -> bool:
    """Whether the calendars of a course are those that the earlier run wrote, damaged or not."""
    files = render_files(course, settings.formats)
    written = [one for one in prior.files if one[0].endswith(".ics") and one[0] in files]
    return all(sha(files[name]) == digest for name, digest in written)


def _moments(texts: Iterable[str]) -> Iterator[datetime]:
    """The moments of stamps such as "20261123T150000Z"; a text that is none is left out."""
    for text in texts:
        with suppress(ValueError):
            yield datetime.strptime(text, "%Y%m%dT%H%M%S%z")
