"""The calendar events of a course for one audience: visits, reviews, rides, reminders."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from ketasched.events.rides import needs_ride, timely_reminders
from ketasched.events.sequence import EventRevisions
from ketasched.events.view import View
from ketasched.events.visit_times import SHORT_EVENT_MINUTES, VisitTimes, visit_times
from ketasched.events.wording import (
    WAIT_AND_DRIVE,
    Labels,
    clinic_phone,
    clinic_place,
    clinic_wording,
    is_discreet,
    no_driving_text,
    no_driving_title,
    place_text,
)
from ketasched.model import TAKES_PLACE, Course, Review, Visit, VisitKind
from ketasched.model.identifiers import event_uid
from ketasched.model.privacy import redact
from ketasched.model.wall_clock import add_minutes

MAX_COLLECT_ALARM = 30
"""The alarm of a collection sounds at most so many minutes before it."""

EventStatus = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]

EVENT_STATUS: Mapping[str, EventStatus] = {
    "planned": "CONFIRMED",
    "completed": "CONFIRMED",
    "tentative": "TENTATIVE",
}
"""The iCalendar STATUS for the status of a visit or review; for any other one CANCELLED."""

NOT_TAKING_PLACE = "This does not take place."
NEEDS_DRIVER = "Someone else has to drive you there and back."
ARRANGE_DRIVER = f"{NEEDS_DRIVER} Please arrange a driver."


class Event(NamedTuple):
    """An event of a calendar. `start` and `end` are local.

    `name` is unique within the course and becomes part of a file's name: "appointment-3".
    `alarm` is in minutes before `start`, None for no alarm. `sequence` is the number of changes,
    `changed` the time of the last change, in UTC.
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
    alarm: int | None = 0
    sequence: int = 0
    changed: datetime | None = None


def events(course: Course, view: View) -> list[Event]:
    """All events of the course for this audience, the earliest first."""
    builder = EventBuilder(course, view)
    found: list[Event] = []
    for visit in course.visits:
        times = visit_times(course.clinic, visit)
        if view.audience == "driver":
            found += builder.rides(visit, times)
            continue
        found.append(builder.visit(visit, times))
        if view.audience == "patient":
            found += builder.no_driving(visit, times)
            found += builder.reminders(visit, times)
    if view.audience != "driver":
        found += [builder.review(*one) for one in enumerate(course.reviews, start=1)]
    return sorted(map(builder.with_revision, found), key=time_order)


def time_order(event: Event) -> tuple[float, str]:
    """The sort key of events: by start, then by UID."""
    return event.start.timestamp(), event.uid


class EventBuilder:
    """Builds the events of one course for one audience."""

    def __init__(self, course: Course, view: View) -> None:
        self.course, self.view = course, view
        clinic, discreet = course.clinic, is_discreet(course, view)
        self.labels = Labels(course, discreet)
        self.title_prefix = "" if view.audience == "patient" else f"{course.patient}: "
        wording = clinic_wording(clinic, course.protocol, discreet=discreet)
        self.phone = phone = clinic_phone(clinic, discreet=discreet)
        bring = f"Please bring: {wording.bring}" if wording.bring else ""
        self.place = clinic_place(clinic, discreet=discreet)
        self.call = f"Clinic's phone: {phone}" if phone else ""
        self.instructions = _lines(wording.before, bring, wording.call, self.call)
        self.elsewhere = _lines(wording.before, wording.call, self.call)
        """The instructions for a visit at home or by phone, to which nobody brings anything."""
        self.alarm = clinic.reminders.alarm.minutes
        self.revisions = EventRevisions(course)

    def visit(self, visit: Visit, times: VisitTimes) -> Event:
        """The visit itself."""
        kind = self.course.protocol.visits[visit.kind]
        takes_place = visit.status in TAKES_PLACE
        return Event(
            f"appointment-{visit.number}",
            visit.uid,
            visit.start,
            visit.end,
            f"{self.title_prefix}{self.labels.visit_title(visit)}",
            self._about(visit, kind, times) if takes_place else NOT_TAKING_PLACE,
            self.place if kind.place == "clinic" else "",
            EVENT_STATUS.get(visit.status, "CANCELLED"),
            busy=takes_place,
            alarm=self.alarm if takes_place else None,
            sequence=visit.sequence,
        )

    def _about(self, visit: Visit, kind: VisitKind, times: VisitTimes) -> str:
        """The text of a visit that takes place."""
        at_clinic = kind.place == "clinic"
        begin = "Check-in" if at_clinic else f"{place_text(kind.place).capitalize()}, at"
        when = f"{begin} {times.begin}."
        if kind.needs_driver:
            when += f" Ready to be collected: not before {times.end}."
        driver = self.labels.driver_text(visit)
        if self.view.audience == "clinic":
            # Without the visit's number, which changes when a visit is added before it.
            until = f"{no_driving_title(times.until)}." if kind.place != "phone" else ""
            who = f"Driver: {driver or 'none yet'}." if kind.needs_driver else ""
            return _lines(f"{visit.phase}, {visit.of}.", when, until, who)
        ride = NEEDS_DRIVER if kind.needs_driver else ""
        if needs_ride(self.course, visit):
            ride = f"{NEEDS_DRIVER} Driver: {driver}." if driver else ARRANGE_DRIVER
        until = no_driving_text(times.until) if kind.place != "phone" else ""
        return _lines(when, ride, until, self.instructions if at_clinic else self.elsewhere)

    def no_driving(self, visit: Visit, times: VisitTimes) -> Iterator[Event]:
        """The time without driving after the visit; without a rule, only its beginning."""
        kind, until = self.course.protocol.visits[visit.kind], visit.no_driving_until
        if kind.place == "phone" or visit.status not in TAKES_PLACE:
            return
        is_tentative = visit.status == "tentative"
        condition = " (if the appointment takes place)" if is_tentative else ""
        yield Event(
            f"no-driving-{visit.number}",
            event_uid(self.course, visit.uid, "no-driving"),
            visit.end,
            until or add_minutes(visit.end, SHORT_EVENT_MINUTES),
            f"{no_driving_title(times.until)}{condition}",
            no_driving_text(times.until),
            status="TENTATIVE" if is_tentative else "CONFIRMED",
        )

    def reminders(self, visit: Visit, times: VisitTimes) -> Iterator[Event]:
        """The reminders to arrange the ride, or to confirm it with the driver."""
        if not needs_ride(self.course, visit):
            return
        name = self.labels.driver_name(visit)
        driver = self.labels.driver_text(visit)
        task = f"Confirm the ride with {name}" if name else "Arrange a ride"
        task += ", there and back"
        title = f"{task}: {times.ride}"
        need = NEEDS_DRIVER if name else ARRANGE_DRIVER
        text = f"{need}\nDriver: {driver}." if driver else need
        for reminder in timely_reminders(times, self.revisions.of(visit.uid).changed):
            yield Event(
                f"ride-reminder-{visit.number}-{reminder.ordinal}",
                event_uid(self.course, visit.uid, "reminder", reminder.ordinal),
                reminder.start,
                reminder.end,
                title,
                text,
            )

    def review(self, number: int, review: Review) -> Event:
        """A review."""
        takes_place = review.status in TAKES_PLACE
        is_ahead = takes_place and review.status != "completed"
        return Event(
            f"talk-{number}",
            review.uid,
            review.start,
            add_minutes(review.start, SHORT_EVENT_MINUTES),
            f"{self.title_prefix}{self.labels.review_title(review)}",
            self.call if takes_place else NOT_TAKING_PLACE,
            self.place if review.place == "clinic" else "",
            EVENT_STATUS.get(review.status, "CANCELLED"),
            busy=is_ahead,
            alarm=self.alarm if is_ahead else None,
            sequence=review.sequence,
        )

    def rides(self, visit: Visit, times: VisitTimes) -> Iterator[Event]:
        """The two ends of a ride for the driver: to bring the patient, and to collect them."""
        if not needs_ride(self.course, visit) or not self.view.includes_ride(visit):
            return
        call = f"If you cannot come, please call: {self.phone}" if self.phone else ""
        name = redact(visit.driver.name) if visit.driver else ""
        driver = f"Driver: {name}." if name else ""
        drivers = [visit.driver.name] if visit.driver else []
        both = f"{times.ride.replace('collect', 'collect from')}."
        whom = f" {self.view.patient_label}" if self.view.patient_label else ""
        bring, collect = f"Bring{whom} at {times.begin}", f"Collect{whom} from {times.end}"
        wait = f"Not before {times.end}; it may take longer. {WAIT_AND_DRIVE}"
        for role, moment, title, how, alarm in (
            ("bring", visit.start, bring, "Please be on time.", self.alarm),
            ("collect", visit.end, collect, wait, min(self.alarm, MAX_COLLECT_ALARM)),
        ):
            # The driver is part of the UID: in a calendar that two drivers share, the
            # cancellation for the old driver must not remove the ride of the new one.
            yield Event(
                f"{role}-{visit.number}",
                event_uid(self.course, visit.uid, role, *drivers),
                moment,
                add_minutes(moment, SHORT_EVENT_MINUTES),
                title,
                _lines(both, how, driver, call),
                self.place,
                busy=True,
                alarm=alarm,
            )

    def with_revision(self, event: Event) -> Event:
        """The event with its SEQUENCE, the time of its last change, and a sentence on that."""
        sequence, text, changed = self.revisions.of(event.uid)
        return event._replace(
            text=_lines(event.text, text), sequence=max(event.sequence, sequence), changed=changed
        )


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))
