"""The calendar events of a course for one audience: visits, reviews, rides, reminders."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import count

from ketasched.events.companion_text import attendant_text, companion_text
from ketasched.events.event import EVENT_STATUS, Event, time_order
from ketasched.events.rides import items_with_ride, needs_ride, timely_reminders
from ketasched.events.sequence import EventRevisions
from ketasched.events.view import View, reader_locale
from ketasched.events.visit_times import SHORT_EVENT_MINUTES, VisitTimes, visit_times
from ketasched.events.wording import (
    ARRANGE_DRIVER,
    BEGINS,
    CANCELLED,
    NEEDS_DRIVER,
    WAIT_AND_DRIVE,
    Labels,
    clinic_phone,
    clinic_place,
    clinic_wording,
    is_discreet,
    no_driving_text,
    no_driving_title,
    revision_text,
)
from ketasched.language.catalogue import message
from ketasched.model import (
    TAKES_PLACE,
    Companion,
    CompanionChange,
    Course,
    Result,
    Visit,
    VisitChange,
    VisitKind,
)
from ketasched.model.companion_slots import home_phase, kind_of
from ketasched.model.identifiers import event_uid
from ketasched.model.privacy import redact
from ketasched.model.replay import removed_items
from ketasched.model.wall_clock import add_minutes

MAX_COLLECT_ALARM = 30
"""The alarm of a collection sounds at most so many minutes before it."""

NOT_TAKING_PLACE = message("This does not take place.")

ARRANGE_ATTENDANT = message("Arrange that someone stays with you: {moment}")

CONFIRM = message("Confirm the ride with {name}, there and back: {ride}")
ARRANGE = message("Arrange a ride, there and back: {ride}")

BRING, BRING_WHOM = message("Bring at {time}"), message("Bring {who} at {time}")
COLLECT, COLLECT_WHOM = message("Collect from {time}"), message("Collect {who} from {time}")


def events(course: Course, view: View) -> list[Event]:
    """All events of the course for this audience, the earliest first."""
    builder = EventBuilder(course, view)
    found: list[Event] = []
    for visit in course.visits:
        if visit.elsewhere:
            continue
        times = visit_times(visit, builder.locale)
        if view.audience != "driver":
            found.append(builder.visit(visit, times))
        found += builder.arrangements(visit, times, str(visit.number))
    for number, companion in enumerate(course.companions, start=1):
        found += builder.companion(number, companion)
    found += builder.ended_before()
    if view.audience == "driver":
        found += builder.ended_rides({event.uid for event in found})
    else:
        found += builder.removed()
    return sorted(map(builder.with_revision, found), key=time_order)


class EventBuilder:
    """Builds the events of one course for one audience."""

    def __init__(self, course: Course, view: View) -> None:
        self.course, self.view = course, view
        clinic, discreet = course.clinic, is_discreet(course, view)
        self.locale = reader_locale(course, view)
        self.labels = Labels(course, discreet, self.locale)
        self.title_prefix = f"{course.patient}: " if view.audience == "clinic" else ""
        wording = clinic_wording(course, self.locale, discreet=discreet)
        self.phone = phone = clinic_phone(clinic, discreet=discreet)
        text = self.locale.text
        bring = text("Please bring: {things}", things=wording.bring) if wording.bring else ""
        self.place = clinic_place(clinic, discreet=discreet)
        self.call = text("Clinic's phone: {phone}", phone=phone) if phone else ""
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
            self._about(visit, kind, times) if takes_place else self.locale.text(NOT_TAKING_PLACE),
            self.place if kind.place == "clinic" else "",
            EVENT_STATUS.get(visit.status, "CANCELLED"),
            busy=takes_place,
            alarm=self.alarm if takes_place else None,
            sequence=visit.sequence,
        )

    def removed(self) -> Iterator[Event]:
        """What a change has removed, as cancelled: calendars may have it."""
        course = self.course
        visits, companions = count(len(course.visits) + 1), count(len(course.companions) + 1)
        for item in removed_items(course):
            if isinstance(item, Visit):
                visit = replace(item, number=next(visits))
                yield self.visit(visit, visit_times(visit, self.locale))
            else:
                yield from self.companion(next(companions), item)

    def ended_before(self) -> Iterator[Event]:
        """The dates of the course that this one follows which no longer hold, as cancelled."""
        ended = self.course.history[0].former if self.course.follows else ()
        for number, former in enumerate(ended, start=1):
            titles = {former.uid: ("appointment", message("Appointment"))}
            if self.view.audience == "driver":
                rides = former.rides * (self.view.rides_of in ("", former.driver))
                ends = ("bring", message("Bring")), ("collect", message("Collect"))
                titles = dict(zip(rides, ends, strict=False))
            for uid, (name, title) in titles.items():
                said = self.locale.text(CANCELLED, title=self.locale.text(title))
                event = Event(
                    f"former-{name}-{number}",
                    uid,
                    former.start,
                    add_minutes(former.start, SHORT_EVENT_MINUTES),
                    f"{self.title_prefix}{said}",
                    "",
                    status="CANCELLED",
                    sequence=former.sequence,
                )
                yield self.cancelled(event)

    def ended_rides(self, standing: Collection[str]) -> Iterator[Event]:
        """The rides that no longer take place, as cancelled: the driver's calendar has them.

        `standing` are the UIDs of the rides that take place. A visit to which somebody else drives
        now is cancelled only in the calendar of the former driver.
        """
        driven = {one.uid for one in items_with_ride(self.course)}
        found: dict[str, Event] = {}
        for entry in self.course.history:
            result = entry.result or Result()
            changes: tuple[VisitChange | CompanionChange, ...] = result.visits
            for change in (*changes, *result.companions):
                visit = change.was
                if visit is None or (visit.uid in driven and not self.view.rides_of):
                    continue
                rides = self._rides(visit, visit_times(visit, self.locale), "former")
                found |= {one.uid: one for one in rides if one.uid in entry.changed}
        gone = (one for uid, one in found.items() if uid not in standing)
        for number, event in enumerate(gone, start=1):
            yield self.cancelled(event)._replace(name=f"former-ride-{number}")

    def cancelled(self, event: Event) -> Event:
        """The event as one that does not take place."""
        is_so = event.status == "CANCELLED"
        return event._replace(
            title=event.title if is_so else self.locale.text(CANCELLED, title=event.title),
            text=self.locale.text(NOT_TAKING_PLACE),
            status="CANCELLED",
            busy=False,
            alarm=None,
        )

    def _about(self, visit: Visit, kind: VisitKind, times: VisitTimes) -> str:
        """The text of a visit that takes place."""
        at_clinic, locale = kind.place == "clinic", self.locale
        when = locale.text(BEGINS[kind.place], time=times.begin)
        if kind.needs_driver:
            ready = locale.text("Ready to be collected: not before {time}.", time=times.end)
            when = f"{when} {ready}"
        driver = self.labels.driver_text(visit)
        who = locale.text("Driver: {driver}.", driver=driver or locale.text("none yet"))
        if self.view.audience == "clinic":
            # Without the visit's number, which changes when a visit is added before it.
            until = f"{no_driving_title(times.until, locale)}." if kind.place != "phone" else ""
            about = f"{visit.phase}, {self.labels.ordinal(visit)}."
            return _lines(about, when, until, who if kind.needs_driver else "")
        ride = locale.text(NEEDS_DRIVER) if kind.needs_driver else ""
        if kind.attendant:
            ride = attendant_text(times, locale)
        if needs_ride(self.course, visit):
            ride = f"{ride} {who}" if driver else locale.text(ARRANGE_DRIVER)
        until = no_driving_text(times.until, kind.place, locale) if kind.place != "phone" else ""
        return _lines(when, ride, until, self.instructions if at_clinic else self.elsewhere)

    def arrangements(
        self, item: Visit | Companion, times: VisitTimes, which: str
    ) -> Iterator[Event]:
        """What a driver has of a visit or companion, or the patient alone beside it.

        `which` visit or companion it is becomes a part of their names.
        """
        if self.view.audience == "driver" and needs_ride(self.course, item):
            yield from self._rides(item, times, which)
        if self.view.audience == "patient":
            kind = kind_of(self.course, item)
            if isinstance(item, Visit) or home_phase(self.course.protocol, item):
                yield from self._no_driving(item, kind, times, which)
            yield from self.reminders(item, times, which)
            yield from self.attendant_reminders(item, times, which)

    def _no_driving(
        self, visit: Visit | Companion, kind: VisitKind, times: VisitTimes, which: str
    ) -> Iterator[Event]:
        """The time without driving after a treatment; without a rule, only its beginning."""
        until = visit.no_driving_until
        if kind.place == "phone" or visit.status not in TAKES_PLACE:
            return
        is_tentative = visit.status == "tentative"
        title = no_driving_title(times.until, self.locale)
        if is_tentative:
            title = self.locale.text("{title} (if the appointment takes place)", title=title)
        yield Event(
            f"no-driving-{which}",
            event_uid(self.course.uid_key, visit.uid, "no-driving"),
            visit.end,
            until or add_minutes(visit.end, SHORT_EVENT_MINUTES),
            title,
            no_driving_text(times.until, kind.place, self.locale),
            status="TENTATIVE" if is_tentative else "CONFIRMED",
        )

    def reminders(
        self, visit: Visit | Companion, times: VisitTimes, which: str
    ) -> Iterator[Event]:
        """The reminders to arrange the ride, or to confirm it with the driver."""
        if not needs_ride(self.course, visit):
            return
        name = self.labels.driver_name(visit)
        driver = self.labels.driver_text(visit)
        title = self.locale.text(CONFIRM if name else ARRANGE, name=name, ride=times.ride)
        need = self.locale.text(NEEDS_DRIVER if name else ARRANGE_DRIVER)
        text = _lines(need, self.locale.text("Driver: {driver}.", driver=driver) if driver else "")
        yield from self._reminders(visit, f"ride-reminder-{which}", title, text)

    def attendant_reminders(
        self, item: Visit | Companion, times: VisitTimes, which: str
    ) -> Iterator[Event]:
        """The reminders to arrange that somebody stays with the patient."""
        if kind_of(self.course, item).attendant and item.status in ("planned", "completed"):
            title = self.locale.text(ARRANGE_ATTENDANT, moment=times.day)
            text, name = attendant_text(times, self.locale), f"attendant-reminder-{which}"
            yield from self._reminders(item, name, title, text)

    def _reminders(
        self, item: Visit | Companion, name: str, title: str, text: str
    ) -> Iterator[Event]:
        scheduled = self.revisions.of(item.uid).changed
        for one in timely_reminders(self.course, item, scheduled):
            uid = event_uid(self.course.uid_key, item.uid, "reminder", one.ordinal)
            yield Event(f"{name}-{one.ordinal}", uid, one.start, one.end, title, text)

    def companion(self, number: int, companion: Companion) -> Iterator[Event]:
        """What this audience has of a companion: itself, its ride, the reminders of that."""
        times, which = visit_times(companion, self.locale), f"companion-{number}"
        event = self.review(number, companion)
        if not companion.is_review:
            takes_place = companion.status in TAKES_PLACE
            title = f"{self.title_prefix}{self.labels.companion_title(companion)}"
            text = self.companion_text(companion, times) if takes_place else event.text
            event = event._replace(name=which, end=companion.end, title=title, text=text)
        if self.view.audience != "driver":
            yield event
        yield from self.arrangements(companion, times, which)

    def companion_text(self, companion: Companion, times: VisitTimes) -> str:
        """The text of a companion that takes place."""
        return companion_text(
            self.labels, self.view, companion, times, (self.call, self.elsewhere)
        )

    def review(self, number: int, review: Companion) -> Event:
        """A review."""
        takes_place = review.status in TAKES_PLACE
        is_ahead = takes_place and review.status != "completed"
        return Event(
            f"talk-{number}",
            review.uid,
            review.start,
            add_minutes(review.start, SHORT_EVENT_MINUTES),
            f"{self.title_prefix}{self.labels.review_title(review)}",
            self.call if takes_place else self.locale.text(NOT_TAKING_PLACE),
            self.place if review.place == "clinic" else "",
            EVENT_STATUS.get(review.status, "CANCELLED"),
            busy=is_ahead,
            alarm=self.alarm if is_ahead else None,
            sequence=review.sequence,
        )

    def _rides(self, visit: Visit | Companion, times: VisitTimes, which: str) -> Iterator[Event]:
        """The two ends of a ride for the driver: to bring the patient, and to collect them."""
        if not self.view.includes_ride(visit):
            return
        text, phone, who = self.locale.text, self.phone, self.view.patient_label
        call = text("If you cannot come, please call: {phone}", phone=phone) if phone else ""
        name = redact(visit.driver.name) if visit.driver else ""
        driver = text("Driver: {driver}.", driver=name) if name else ""
        drivers = [visit.driver.name] if visit.driver else []
        both = text("{begin} – collect from {end}.", begin=times.day, end=times.end)
        bring = text(BRING_WHOM if who else BRING, who=who, time=times.begin)
        collect = text(COLLECT_WHOM if who else COLLECT, who=who, time=times.end)
        longer = text("Not before {time}; it may take longer.", time=times.end)
        wait = f"{longer} {text(WAIT_AND_DRIVE)}"
        for role, moment, title, how, alarm in (
            ("bring", visit.start, bring, text("Please be on time."), self.alarm),
            ("collect", visit.end, collect, wait, min(self.alarm, MAX_COLLECT_ALARM)),
        ):
            # The driver is part of the UID: in a calendar that two drivers share, the
            # cancellation for the old driver must not remove the ride of the new one.
            yield Event(
                f"{role}-{which}",
                event_uid(self.course.uid_key, visit.uid, role, *drivers),
                moment,
                add_minutes(moment, SHORT_EVENT_MINUTES),
                title,
                _lines(both, how, driver, call),
                self.place,
                busy=True,
                alarm=alarm,
                ride_of=visit.uid,
            )

    def with_revision(self, event: Event) -> Event:
        """The event with its SEQUENCE, the time of its last change, and a sentence on that."""
        revision = self.revisions.of(event.uid)
        return event._replace(
            text=_lines(event.text, revision_text(revision.revision, revision.made, self.locale)),
            sequence=max(event.sequence, revision.sequence),
            changed=revision.changed,
        )


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))
