"""The calendar events of a course for one audience: visits, reviews, rides, reminders."""

from collections.abc import Collection, Iterator
from itertools import count

from ketasched.events.event import EVENT_STATUS, Event, time_order
from ketasched.events.item_text import attendant_text, instructions_text, item_text
from ketasched.events.rides import items_with_ride, needs_ride, timely_reminders
from ketasched.events.sequence import EventRevisions
from ketasched.events.view import View
from ketasched.events.visit_times import SHORT_EVENT_MINUTES, VisitTimes, visit_times
from ketasched.events.wording import (
    ARRANGE_DRIVER,
    CANCELLED,
    NEEDS_DRIVER,
    WAIT_AND_DRIVE,
    labels_for,
    lines_text,
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
)
from ketasched.model.companion_slots import is_treatment, kind_of, place_of
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
    found = [event for item, number in _numbered(course) for event in builder.of(item, number)]
    found += builder.ended_before()
    if view.audience == "driver":
        found += builder.ended_rides({event.uid for event in found})
    return sorted(map(builder.with_revision, found), key=time_order)


def _numbered(course: Course) -> Iterator[tuple[Visit | Companion, int]]:
    """The items of a course, with what a change has removed, because calendars may have it.

    Each has the number that is a part of the names of its events.
    """
    yield from ((visit, visit.number) for visit in course.visits if not visit.elsewhere)
    yield from zip(course.companions, count(1))
    visits, companions = count(len(course.visits) + 1), count(len(course.companions) + 1)
    for item in removed_items(course):
        yield item, next(visits if isinstance(item, Visit) else companions)


class EventBuilder:
    """Builds the events of one course for one audience."""

    def __init__(self, course: Course, view: View) -> None:
        self.course, self.view = course, view
        self.labels = labels_for(course, view)
        self.locale = self.labels.locale
        self.place = self.labels.clinic_place
        self.instructions = {
            at_clinic: instructions_text(self.labels, at_clinic=at_clinic)
            for at_clinic in (True, False)
        }
        self.title_prefix = f"{course.patient}: " if view.audience == "clinic" else ""
        self.alarm = course.clinic.reminders.alarm.minutes
        self.revisions = EventRevisions(course)
        self._revision_texts: dict[int, str] = {}

    def of(self, item: Visit | Companion, number: int) -> Iterator[Event]:
        """What this audience has of a visit or companion: itself, its ride, the reminders."""
        which = str(number) if isinstance(item, Visit) else f"companion-{number}"
        times = visit_times(item, self.locale)
        if self.view.audience == "driver":
            if needs_ride(self.course, item):
                yield from self._rides(item, times, which)
            return
        yield self._item(item, times, number)
        if self.view.audience == "patient":
            yield from self._no_driving(item, times, which)
            yield from self.reminders(item, times, which)
            yield from self.attendant_reminders(item, times, which)

    def _item(self, item: Visit | Companion, times: VisitTimes, number: int) -> Event:
        """The visit or the companion itself."""
        takes_place, is_visit = item.status in TAKES_PLACE, isinstance(item, Visit)
        is_busy = takes_place and (is_visit or item.status != "completed")
        role = "talk" if isinstance(item, Companion) and item.is_review else "companion"
        if takes_place:
            text = item_text(self.labels, self.view, item, times, self.instructions)
        else:
            text = self.locale.text(NOT_TAKING_PLACE)
        return Event(
            f"{'appointment' if is_visit else role}-{number}",
            item.uid,
            item.start,
            item.end,
            f"{self.title_prefix}{self.labels.item_title(item)}",
            text,
            self.place if place_of(self.course, item) == "clinic" else "",
            EVENT_STATUS.get(item.status, "CANCELLED"),
            busy=is_busy,
            alarm=self.alarm if is_busy else None,
            sequence=item.sequence,
        )

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

    def _no_driving(
        self, visit: Visit | Companion, times: VisitTimes, which: str
    ) -> Iterator[Event]:
        """The time without driving after a treatment; without a rule, only its beginning."""
        until, place = visit.no_driving_until, place_of(self.course, visit)
        if visit.status not in TAKES_PLACE or not is_treatment(self.course, visit):
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
            no_driving_text(times.until, place, self.locale),
            status="TENTATIVE" if is_tentative else "CONFIRMED",
        )

    def reminders(
        self, visit: Visit | Companion, times: VisitTimes, which: str
    ) -> Iterator[Event]:
        """The reminders to arrange the ride, or to confirm it with the driver."""
        if not needs_ride(self.course, visit):
            return
        name, driver = self.labels.driver_name(visit), self.labels.driver_text(visit)
        who = self.locale.text("Driver: {driver}.", driver=driver) if driver else ""
        title = self.locale.text(CONFIRM if name else ARRANGE, name=name, ride=times.ride)
        need = self.locale.text(NEEDS_DRIVER if name else ARRANGE_DRIVER)
        yield from self._reminders(visit, f"ride-reminder-{which}", title, lines_text(need, who))

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

    def _rides(self, visit: Visit | Companion, times: VisitTimes, which: str) -> Iterator[Event]:
        """The two ends of a ride for the driver: to bring the patient, and to collect them."""
        if not self.view.includes_ride(visit):
            return
        text, phone = self.locale.text, self.labels.clinic_phone
        who = self.view.patient_label
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
                lines_text(both, how, driver, call),
                self.place,
                busy=True,
                alarm=alarm,
                ride_of=visit.uid,
            )

    def with_revision(self, event: Event) -> Event:
        """The event with its SEQUENCE, the time of its last change, and a sentence on that."""
        revision = self.revisions.of(event.uid)
        number, texts = revision.revision, self._revision_texts
        if number not in texts:
            texts[number] = revision_text(number, revision.made, self.locale)
        return event._replace(
            text=lines_text(event.text, texts[number]),
            sequence=max(event.sequence, revision.sequence),
            changed=revision.changed,
        )
