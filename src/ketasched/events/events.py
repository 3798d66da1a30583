"""The events that a calendar or a page shows of a course, for one audience, in order of time."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from ketasched.events.rides import has_ride, reminders
from ketasched.events.sequence import Stamp, drives, stamps
from ketasched.events.view import View
from ketasched.events.visit_times import REMINDER_MINUTES, Spoken, spoken
from ketasched.events.wording import (
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
from ketasched.model import TAKES_PLACE, Course, Review, Visit, VisitKind
from ketasched.model.identifiers import uid
from ketasched.model.privacy import neutral
from ketasched.model.wall_clock import after

COLLECT_ALARM = 30
"""How many minutes before it the alarm of a collection sounds, if the clinic's is not shorter."""

EventStatus = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]

STATUS: Mapping[str, EventStatus] = MappingProxyType(
    {"planned": "CONFIRMED", "completed": "CONFIRMED", "tentative": "TENTATIVE"}
)
"""What a calendar calls the status of a visit or a review; any other one is cancelled."""


class Event(NamedTuple):
    """One entry of a calendar; `alarm` is how many minutes before `start` it sounds, if it does.

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
    alarm: int | None = 0
    sequence: int = 0
    changed: datetime | None = None


def events(course: Course, view: View) -> list[Event]:
    """All events of the course for this audience, the earliest first."""
    teller = _teller(course, view)
    found: list[Event] = []
    for visit in course.visits:
        said = spoken(course.clinic, visit)
        if view.audience == "driver":
            found += teller.rides(visit, said)
            continue
        found.append(teller.visit(visit, said))
        if view.audience == "patient":
            found += teller.no_driving(visit, said)
            found += teller.reminders(visit, said)
    if view.audience != "driver":
        found += [teller.review(*one) for one in enumerate(course.reviews, start=1)]
    return sorted(found, key=in_time)


def in_time(event: Event) -> tuple[float, str]:
    """What events are sorted by."""
    return event.start.timestamp(), event.uid


NOT_ANY_MORE = "This does not take place."
NOT_YOURSELF = "Someone else has to bring you and take you home."
ARRANGE = f"{NOT_YOURSELF} Please arrange a driver."
BE_ON_TIME = "Please be on time."
WAIT_FOR_THEM = "Please wait, and drive them home."


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))


class Stamps:
    """How often each event of a course has changed, of which revision it is, in words, and when
    that was, in UTC.
    """

    def __init__(self, course: Course) -> None:
        first, self._changed = stamps(course)
        self._first = _in_words(first)

    def of(self, uid: str) -> tuple[int, str, datetime]:
        """The stamp of the event with this uid."""
        changed = self._changed.get(uid)
        return _in_words(changed) if changed else self._first


def _in_words(stamp: Stamp) -> tuple[int, str, datetime]:
    return stamp.times, revision_text(stamp.revision, stamp.at), stamp.at.astimezone(UTC)


def _teller(course: Course, view: View) -> "Teller":
    discreet = is_discreet(course, view)
    words, phone = words_of(course, discreet=discreet), phone_of(course, discreet=discreet)
    call = f"Clinic's phone: {phone}" if phone else ""
    bring = f"Please bring: {words.bring}" if words.bring else ""
    return Teller(
        course,
        view,
        discreet,
        place_of(course, discreet=discreet),
        call,
        _lines(words.before, bring, words.call, call),
        course.clinic.reminders.alarm.minutes,
        Stamps(course),
    )


class Teller(NamedTuple):
    """Tells a course's events to an audience. Its fields are what many of them have in common:

    where, whom to call, what to know before each visit, and how many minutes before an alarm is.
    """

    course: Course
    view: View
    discreet: bool
    place: str
    call: str
    words: str
    alarm: int
    stamps: Stamps

    def visit(self, visit: Visit, said: Spoken) -> Event:
        """The visit itself."""
        title = visit_title(self.course, visit, discreet=self.discreet)
        kind = self.course.protocol.visits[visit.kind]
        takes_place = visit.status in TAKES_PLACE
        times, line, changed = self.stamps.of(visit.uid)
        title = self._titled(title)
        return Event(
            f"appointment-{visit.number}",
            visit.uid,
            visit.start,
            visit.end,
            title,
            _lines(self._about(visit, kind, said) if takes_place else NOT_ANY_MORE, line),
            self.place if kind.place == "clinic" else "",
            STATUS.get(visit.status, "CANCELLED"),
            takes_place,
            self.alarm if takes_place else None,
            max(visit.sequence, times),
            changed,
        )

    def _titled(self, title: str) -> str:
        patients_own = self.view.audience == "patient"
        return title if patients_own else f"{self.course.patient}: {title}"

    def _about(self, visit: Visit, kind: VisitKind, said: Spoken) -> str:
        begin = (
            "Check-in" if kind.place == "clinic" else f"{place_text(kind.place).capitalize()}, at"
        )
        times = f"{begin} {said.begin}."
        if kind.needs_driver:
            times += f" Ready to be collected: not before {said.end}."
        named = driver_text(visit.driver, discreet=self.discreet)
        if self.view.audience == "clinic":
            # Not its number: that changes when a visit is added before it.
            return f"{visit.phase}, {visit.of}.\n{times}\nDriver: {named or 'none yet'}."
        ride = ""
        if has_ride(self.course, visit):
            ride = f"Driver, there and back: {named}." if named else ARRANGE
        until = no_driving_text(said.until) if kind.needs_driver else ""
        return _lines(times, ride, until, self.words)

    def no_driving(self, visit: Visit, said: Spoken) -> Iterator[Event]:
        """The time after it in which nobody drives."""
        until = visit.no_driving_until
        if until is None or visit.status not in TAKES_PLACE:
            return
        tentative = " (if the appointment takes place)" if visit.status == "tentative" else ""
        own = uid(visit.uid, "no-driving")
        times, line, changed = self.stamps.of(own)
        yield Event(
            f"no-driving-{visit.number}",
            own,
            visit.end,
            until,
            f"Do not drive until {said.until}{tentative}",
            f"{no_driving_text(said.until)}\n{line}",
            status="TENTATIVE" if tentative else "CONFIRMED",
            sequence=times,
            changed=changed,
        )

    def reminders(self, visit: Visit, said: Spoken) -> Iterator[Event]:
        """What reminds of arranging the ride, or of asking whether it holds."""
        found = reminders(self.course, visit)
        if not found:
            return
        who = driver_name(visit.driver, discreet=self.discreet)
        named = driver_text(visit.driver, discreet=self.discreet)
        asked = f"Confirm the ride with {who}" if who else "Arrange a ride"
        title = f"{asked}: {said.ride}"
        text = _lines(NOT_YOURSELF if who else ARRANGE, f"Driver: {named}." if named else "")
        for one in found:
            own = uid(visit.uid, "reminder", one.ordinal)
            times, line, changed = self.stamps.of(own)
            yield Event(
                f"ride-reminder-{visit.number}-{one.ordinal}",
                own,
                one.start,
                one.end,
                title,
                f"{text}\n{line}",
                sequence=times,
                changed=changed,
            )

    def review(self, number: int, review: Review) -> Event:
        """A review."""
        title = self._titled(review_title(self.course, review, discreet=self.discreet))
        takes_place = review.status in TAKES_PLACE
        is_ahead = takes_place and review.status != "completed"
        times, line, changed = self.stamps.of(review.uid)
        return Event(
            f"talk-{number}",
            review.uid,
            review.start,
            after(review.start, REMINDER_MINUTES),
            title,
            _lines(self.call if takes_place else NOT_ANY_MORE, line),
            self.place if review.place == "clinic" else "",
            STATUS.get(review.status, "CANCELLED"),
            is_ahead,
            self.alarm if is_ahead else None,
            max(review.sequence, times),
            changed,
        )

    def rides(self, visit: Visit, said: Spoken) -> Iterator[Event]:
        """What a driver needs: when to bring somebody where, and when to collect them."""
        if not has_ride(self.course, visit) or not drives(self.view, visit):
            return
        phone = phone_of(self.course, discreet=True)
        call = f"If you cannot come, please call: {phone}" if phone else ""
        named = neutral(visit.driver.name) if visit.driver else ""
        who = f"Driver: {named}." if named else ""
        both = f"{said.ride.replace('collect', 'collect from')}."
        whom = f" {self.view.driver_label}" if self.view.driver_label else ""
        not_before = f"Not before {said.end}; it may take longer."
        for role, moment, title, how, early in (
            ("bring", visit.start, f"Bring{whom} at {said.begin}", BE_ON_TIME, self.alarm),
            (
                "collect",
                visit.end,
                f"Collect{whom} from {said.end}",
                f"{not_before} {WAIT_FOR_THEM}",
                min(self.alarm, COLLECT_ALARM),
            ),
        ):
            # Each driver's own: in a calendar that two of them share, none takes out the other's.
            own = uid(visit.uid, role, *([visit.driver.name] if visit.driver else []))
            times, line, changed = self.stamps.of(own)
            yield Event(
                f"{role}-{visit.number}",
                own,
                moment,
                after(moment, REMINDER_MINUTES),
                title,
                _lines(both, how, who, call, line),
                self.place,
                busy=True,
                alarm=early,
                sequence=times,
                changed=changed,
            )
