"""The events that a calendar or a page shows of a course, for one audience, in order of time."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from ketasched.identity import uid
from ketasched.model import TAKES_PLACE, Course, Review, Visit
from ketasched.render import View
from ketasched.render.rides import has_ride, reminder_times
from ketasched.render.stamps import stamp
from ketasched.render.wording import (
    driver_name,
    driver_text,
    is_discreet,
    no_driving_text,
    phone_of,
    place_of,
    place_text,
    review_title,
    revision_text,
    visit_title,
    words_of,
)
from ketasched.times import after, clock_text, day_text

COLLECT_ALARM = 30
"""How many minutes before it the alarm of a collection sounds, if the clinic's is not shorter."""

REMINDER_MINUTES = 15
"""How long a reminder, a review or one end of a ride lasts in a calendar."""


EventStatus = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]

STATUS: Mapping[str, EventStatus] = MappingProxyType(
    {"planned": "CONFIRMED", "completed": "CONFIRMED", "tentative": "TENTATIVE"}
)
"""What a calendar calls the status of a visit or a review; any other one is cancelled."""


class Event(NamedTuple):
    """One entry of a calendar; `alarm` is how many minutes before `start` it sounds.

    `name` tells it from the others of its course: "appointment-3". It is part of a file's name.
    `sequence` is how often it has changed, `changed` when it last did, in UTC.
    """

    name: str
    uid: str
    start: datetime
    end: datetime
    title: str
    text: str
    place: str = ""
    status: EventStatus = "CONFIRMED"
    busy: bool = False
    alarm: int = 0
    sequence: int = 0
    changed: datetime | None = None


def events(course: Course, view: View) -> list[Event]:
    """All events of the course for this audience, the earliest first."""
    found: list[Event] = []
    for visit in course.visits:
        if view.audience == "driver":
            found += _rides(course, visit, view)
            continue
        found.append(_visit(course, visit, view))
        if view.audience == "patient":
            found += _no_driving(course, visit)
            found += _reminders(course, visit, view)
    if view.audience != "driver":
        reviews = enumerate(course.reviews, start=1)
        found += [_review(course, review, number, view) for number, review in reviews]
    return sorted(
        _stamped(course, found),
        key=lambda event: (event.start.astimezone(UTC), event.uid),
    )


def changed_events(before: Course, course: Course, view: View) -> list[Event]:
    """What this audience has to change in a calendar: `course` is the revision after `before`.

    Events that are gone are there as cancelled, so that programs that know them take them out,
    unless they were over anyway.
    """
    uids, moment = course.history[-1].changed, course.history[-1].at.astimezone(UTC)
    old = {event.uid: event for event in events(before, view)}
    now = {event.uid: event for event in events(course, view)}
    gone = (
        event
        for event in old.values()
        if event.uid not in now and event.end.astimezone(UTC) > moment
    )
    # What has changed for somebody else only is the same for this audience.
    new = (event for event in now.values() if _said(old.get(event.uid)) != _said(event))
    found = (*new, *_stamped(course, map(cancelled, gone)))
    return sorted(
        (event for event in found if event.uid in uids),
        key=lambda event: (event.start.astimezone(UTC), event.uid),
    )


def differing(before: Course, after: Course, moment: datetime) -> set[str]:
    """The uids of the events that are not the same in both courses, for any audience.

    An event that is gone counts only if it was not over at this moment.
    """
    found: set[str] = set()
    for audience in ("patient", "driver", "clinic"):
        # The name, which is only that of a file, goes by the visit's number.
        old, new = (
            {event.uid: event._replace(name="") for event in events(course, View(audience))}
            for course in (before, after)
        )
        found |= {uid for uid, event in new.items() if old.get(uid) != event}
        found |= {
            uid
            for uid, event in old.items()
            if uid not in new and event.end.astimezone(UTC) > moment.astimezone(UTC)
        }
    return found


def _said(event: Event | None) -> Event | None:
    """The event without what tells its revision."""
    if event is None:
        return None
    text = event.text.rpartition("\n")[0]
    return event._replace(name="", text=text, sequence=0, changed=None)


def cancelled(event: Event) -> Event:
    """The event as one that does not take place."""
    title = event.title if ENDED in event.title else f"{ENDED}{event.title}"
    return event._replace(title=title, text=NOT_ANY_MORE, status="CANCELLED", busy=False, alarm=0)


def _stamped(course: Course, found: Iterable[Event]) -> Iterator[Event]:
    """The events with how often they changed, and of which revision they are."""
    said: dict[int, tuple[str, datetime]] = {}
    for event in found:
        times, revision, moment = stamp(course, event.uid)
        if revision not in said:
            said[revision] = revision_text(revision, moment), moment.astimezone(UTC)
        text, changed = said[revision]
        # Made anew: `_replace` takes four times as long, and this is done for every event.
        yield Event(
            event.name,
            event.uid,
            event.start,
            event.end,
            event.title,
            _lines(event.text, text),
            event.place,
            event.status,
            event.busy,
            event.alarm,
            max(event.sequence, times),
            changed,
        )


def ride_text(visit: Visit) -> str:
    """When to bring and when to collect: "Mon 7 Dec, 09:00 – collect 10:55"."""
    day = day_text(visit.start.date(), year=False)
    return f"{day}, {clock_text(visit.start)} – collect {clock_text(visit.end)}"


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))


def _visit(course: Course, visit: Visit, view: View) -> Event:
    discreet = is_discreet(course, view)
    title = visit_title(course, visit, discreet=discreet)
    at_clinic = course.protocol.visits[visit.kind].place == "clinic"
    event = Event(
        name=f"appointment-{visit.number}",
        uid=visit.uid,
        sequence=visit.sequence,
        start=visit.start,
        end=visit.end,
        title=title if view.audience == "patient" else f"{course.patient}: {title}",
        text=_visit_text(course, visit, view, discreet=discreet),
        place=place_of(course, discreet=discreet) if at_clinic else "",
        status=STATUS.get(visit.status, "CANCELLED"),
        busy=visit.status in TAKES_PLACE,
        alarm=course.clinic.reminders.alarm.minutes,
    )
    return event if visit.status in TAKES_PLACE else cancelled(event)


def _visit_text(course: Course, visit: Visit, view: View, *, discreet: bool) -> str:
    place = course.protocol.visits[visit.kind].place
    begin = "Check-in" if place == "clinic" else place_text(place).capitalize() + ", at"
    times = f"{begin} {clock_text(visit.start)}."
    if course.protocol.visits[visit.kind].needs_driver:
        times += f" Ready to be collected: not before {clock_text(visit.end)}."
    named = driver_text(visit.driver, discreet=discreet)
    if view.audience == "clinic":
        # Not its number: that changes when a visit is added before it.
        return _lines(f"{visit.phase}, {visit.of}.", times, f"Driver: {named or 'none yet'}.")
    words, phone = words_of(course, discreet=discreet), phone_of(course, discreet=discreet)
    ride = ""
    if has_ride(course, visit):
        ride = f"Driver, there and back: {named}." if named else ARRANGE
    return _lines(
        times,
        ride,
        no_driving_text(visit) if course.protocol.visits[visit.kind].needs_driver else "",
        words.before,
        f"Please bring: {words.bring}" if words.bring else "",
        words.call,
        f"Clinic's phone: {phone}" if phone else "",
    )


ENDED = "CANCELLED: "
NOT_ANY_MORE = "This does not take place."
NOT_YOURSELF = "Someone else has to bring you and take you home."
ARRANGE = f"{NOT_YOURSELF} Please arrange a driver."


def _no_driving(course: Course, visit: Visit) -> Iterator[Event]:
    until = visit.no_driving_until
    if until is None or visit.status not in TAKES_PLACE:
        return
    tentative = " (if the appointment takes place)" if visit.status == "tentative" else ""
    when = f"{day_text(until.date(), year=False)}, {clock_text(until)}"
    yield Event(
        name=f"no-driving-{visit.number}",
        uid=uid(visit.uid, "no-driving"),
        start=visit.end,
        end=until,
        title=f"Do not drive until {when}{tentative}",
        text=_lines(no_driving_text(visit)),
        status="TENTATIVE" if tentative else "CONFIRMED",
    )


def _reminders(course: Course, visit: Visit, view: View) -> Iterator[Event]:
    discreet = is_discreet(course, view)
    who, named = (say(visit.driver, discreet=discreet) for say in (driver_name, driver_text))
    asked = f"Confirm the ride with {who}" if who else "Arrange a ride"
    title = f"{asked}: {ride_text(visit)}"
    text = _lines(NOT_YOURSELF if who else ARRANGE, f"Driver: {named}." if named else "")
    for ordinal, moment in reminder_times(course, visit):
        yield Event(
            name=f"ride-reminder-{visit.number}-{ordinal}",
            uid=uid(visit.uid, "reminder", ordinal),
            start=moment,
            end=after(moment, REMINDER_MINUTES),
            title=title,
            text=text,
        )


def _review(course: Course, review: Review, number: int, view: View) -> Event:
    discreet = is_discreet(course, view)
    title = review_title(course, review, discreet=discreet)
    phone = phone_of(course, discreet=discreet)
    event = Event(
        name=f"talk-{number}",
        uid=review.uid,
        sequence=review.sequence,
        start=review.start,
        end=after(review.start, REMINDER_MINUTES),
        title=title if view.audience == "patient" else f"{course.patient}: {title}",
        text=_lines(f"Clinic's phone: {phone}" if phone else ""),
        place=place_of(course, discreet=discreet) if review.place == "clinic" else "",
        status=STATUS.get(review.status, "CANCELLED"),
        busy=review.status in TAKES_PLACE,
        alarm=course.clinic.reminders.alarm.minutes,
    )
    return event if review.status in TAKES_PLACE else cancelled(event)


def _rides(course: Course, visit: Visit, view: View) -> Iterator[Event]:
    """What a driver needs: when to bring somebody where, and when to collect them."""
    if not has_ride(course, visit):
        return
    phone = phone_of(course, discreet=True)
    both = ride_text(visit).replace("collect", "collect from")
    whom = f" {view.driver_label}" if view.driver_label else ""
    alarm = course.clinic.reminders.alarm.minutes
    for role, moment, title, said, early in (
        (
            "bring",
            visit.start,
            f"Bring{whom} at {clock_text(visit.start)}",
            "Please be on time.",
            alarm,
        ),
        (
            "collect",
            visit.end,
            f"Collect{whom} from {clock_text(visit.end)}",
            f"Not before {clock_text(visit.end)}; it may take longer. "
            "Please wait, and drive them home.",
            min(alarm, COLLECT_ALARM),
        ),
    ):
        yield Event(
            name=f"{role}-{visit.number}",
            uid=uid(visit.uid, role),
            start=moment,
            end=after(moment, REMINDER_MINUTES),
            title=title,
            text=_lines(
                f"{both}.",
                said,
                f"If you cannot come, please call: {phone}" if phone else "",
            ),
            place=place_of(course, discreet=True),
            busy=True,
            alarm=early,
        )
