"""The rows of the queues for a clinic's own services: appointments, rides and reminders.

Appointments are what a patient record system is told of a course. Rides are for a ride service,
and discreet for everybody. Reminders are messages to patients who agreed to them, for a texting
service: a ride, or somebody who stays, is to be arranged, which is said at each moment of the
clinic's `[reminders]`, as in the patient's calendar. Of any other visit a patient is reminded
once, at the last of these moments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Literal, NamedTuple

from ketasched.events.events import EventBuilder
from ketasched.events.rides import items_with_ride, needs_ride, timely_reminders
from ketasched.events.view import View, clinic_locale, reader_locale
from ketasched.events.visit_times import visit_times
from ketasched.events.wording import Labels, is_at_check_in, is_discreet
from ketasched.model import TAKES_PLACE, Companion, Course, DateRange, Visit
from ketasched.model.companion_slots import kind_of, place_of
from ketasched.model.identifiers import event_uid, search_key
from ketasched.model.privacy import redact
from ketasched.model.queues import Appointment, PatientReminder, Ride
from ketasched.model.replay import removed_items

ALL, NOBODY = "all", "none"
"""The words that stand in the place of a driver's name: all rides, or those without a driver."""

FURTHEST = timedelta(99)
"""No reminder is more days before its visit."""


def appointments(
    course: Course, chairs: Mapping[str, int | None], days: DateRange, *, cancelled: bool
) -> Iterator[Appointment]:
    """The visits and companions of these days: at the clinic, at home and by phone.

    With `cancelled` there is also what is missed, held, ended or removed, on its last date. A
    review at a visit's check-in is a part of the visit.
    """
    discreet = is_discreet(course, View("patient"))
    labels = Labels(course, discreet, clinic_locale(course.clinic))
    own = [one for one in course.items if not _has_none(course, one)]
    for item in (*own, *removed_items(course)):
        is_asked = cancelled or item.status in TAKES_PLACE
        if item.start.date() in days and is_asked:
            yield _appointment(labels, item, chairs.get(item.uid))


def _has_none(course: Course, item: Visit | Companion) -> bool:
    """Whether it took place elsewhere, or is a part of a visit."""
    if isinstance(item, Visit):
        return item.elsewhere
    return item.is_review and is_at_check_in(course, item)


def _appointment(labels: Labels, item: Visit | Companion, chair: int | None) -> Appointment:
    course = labels.course
    place = place_of(course, item)
    kind = item.kind if isinstance(item, Visit) else item.name or "review"
    return Appointment(
        key=item.uid,
        patient=course.patient,
        patient_phone=course.request.patient_phone,
        start=item.start,
        end=item.end,
        minutes=int(item.end.timestamp() - item.start.timestamp()) // 60,
        title=labels.item_title(item),
        status=item.status,
        place=place,
        address=labels.clinic_place if place == "clinic" else "",
        chair=None if chair is None else chair + 1,
        visit=_visit_number(item),
        sequence=item.sequence,
        kind=kind,
    )


def _visit_number(item: Visit | Companion) -> int:
    """The number of a visit, or of the one that a companion belongs to."""
    return item.number if isinstance(item, Visit) else item.after


def rides(course: Course, now: datetime, last: date, driver: str) -> Iterator[Ride]:
    """The ends of rides from `now` to the day `last`, inclusive, that this driver drives.

    `driver` is a name, in whatever case, or `ALL`, or `NOBODY` for rides without a driver.
    """
    for item in items_with_ride(course):
        name = item.driver.name if item.driver else ""
        wanted = {ALL: True, NOBODY: not name}.get(driver, is_called(name, driver))
        if item.status == "completed" or not wanted:
            continue
        for is_collection, at in ((False, item.start), (True, item.end)):
            if now <= at and at.date() <= last:
                yield _ride(course, item, at, is_collection=is_collection)


def is_called(name: str, driver: str) -> bool:
    """Whether a driver's name is the one that somebody typed, but for case, accents and spaces."""
    return search_key(name) == search_key(driver)


def _ride(course: Course, item: Visit | Companion, at: datetime, *, is_collection: bool) -> Ride:
    locale = reader_locale(course, View("patient"))
    labels = Labels(course, discreet=True, locale=locale)
    place = labels.clinic_place
    return Ride(
        # Not the UID in the driver's calendar, which is another one for another driver.
        key=event_uid(course.uid_key, item.uid, "ride", "collect" if is_collection else "bring"),
        ride="collect" if is_collection else "bring",
        at=at,
        pick_up=at if is_collection else None,
        pick_up_place=place if is_collection else "",
        drop_off=None if is_collection else at,
        drop_off_place="" if is_collection else place,
        patient=redact(course.patient),
        patient_phone=course.request.patient_phone,
        language=locale.language,
        driver_name=redact(item.driver.name) if item.driver else "",
        driver_phone=item.driver.phone if item.driver else "",
        clinic=labels.clinic_name,
        clinic_phone=labels.clinic_phone,
        visit=_visit_number(item),
    )


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
