"""Reminders: messages to patients who agreed to them, for a texting service of the clinic's own.

A ride, or somebody who stays, is to be arranged: that is said at each moment of the clinic's
`[reminders]`, as in the patient's calendar. Of any other visit a patient is reminded once, at the
last of these moments.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Literal, NamedTuple

from ketasched.events.events import EventBuilder
from ketasched.events.rides import needs_ride, timely_reminders
from ketasched.events.view import View
from ketasched.events.visit_times import visit_times
from ketasched.events.wording import is_at_check_in
from ketasched.model import Companion, Course, Visit
from ketasched.model.companion_slots import kind_of
from ketasched.model.identifiers import event_uid
from ketasched.model.queues import PatientReminder

FURTHEST = timedelta(99)
"""No reminder is more days before its visit."""


class _Message(NamedTuple):
    about: Literal["ride", "attendant", "visit"]
    send_at: datetime
    title: str
    text: str = ""


def reminders(course: Course, now: datetime, last: date) -> Iterator[PatientReminder]:
    """The messages of a course to be sent from `now` to the day `last`, inclusive.

    None if the patient has not agreed. What they say is discreet, whatever the clinic's titles.
    """
    asked = course.request
    if not asked.reminders:
        return
    quiet = replace(course, clinic=replace(course.clinic, titles="discreet"))
    builder, found = EventBuilder(quiet, View("patient")), dict[str, PatientReminder]()
    for item in quiet.items:
        for one in _messages(builder, item) if item.status != "completed" else ():
            if now <= one.send_at and one.send_at.date() <= last:
                moments = int(one.send_at.timestamp()), int(item.start.timestamp())
                parts = one.about, *moments, _count_moves(course, item)
                key = event_uid(course.uid_key, item.uid, "message", *parts)
                # Two clock times are one moment on a day on which the clocks go forward.
                found[key] = PatientReminder(
                    key=key,
                    to=asked.patient_phone,
                    email=asked.patient_email,
                    language=builder.locale.language,
                    send_at=one.send_at,
                    text=_text(builder, one),
                    about=one.about,
                    start=item.start,
                    patient=course.patient,
                )
    yield from found.values()


def _messages(builder: EventBuilder, item: Visit | Companion) -> Iterator[_Message]:
    """The messages on a visit or a companion that is to come, on whichever days they are."""
    course, times = builder.course, visit_times(item, builder.locale)
    kind = kind_of(course, item)
    is_at_visit = isinstance(item, Companion) and is_at_check_in(course, item)
    for event in builder.reminders(item, times, ""):
        yield _Message("ride", event.start, event.title, event.text)
    for event in builder.attendant_reminders(item, times, ""):
        yield _Message("attendant", event.start, event.title, event.text)
    is_told = needs_ride(course, item) or kind.attendant or is_at_visit
    if is_told or item.status != "planned":
        return
    scheduled = builder.revisions.of(item.uid).changed
    found = sorted(timely_reminders(course, item, scheduled), key=attrgetter("utc"))
    for reminder in found[-1:]:
        yield _Message("visit", reminder.start, f"{builder.labels.item_title(item)}, {times.day}")


def _count_moves(course: Course, item: Visit | Companion) -> int:
    """How often it has moved: whoever comes back to an earlier date is to be reminded again."""
    former = (one for entry in course.history for one in entry.former if one.uid == item.uid)
    starts = [*(one.start for one in former), item.start]
    return sum(one != following for one, following in pairwise(starts))


def _text(builder: EventBuilder, one: _Message) -> str:
    """The message on one line, with whose it is and where to call."""
    name = builder.labels.clinic_name
    title = f"{name}: {one.title}." if name else f"{one.title}."
    lines = (title, *one.text.splitlines(), builder.labels.call)
    return builder.locale.plain(" ".join(filter(None, lines)))
