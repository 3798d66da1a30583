"""Feeds: calendars that others subscribe to, each in a file whose name cannot be guessed.

There is one for the patient and one for each driver of a course and those that follow it, and one
for the clinic. A feed has the same name for good, whatever becomes of its course.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

from ketasched.events.event import Event, time_order
from ketasched.events.events import events
from ketasched.events.rides import all_driver_names
from ketasched.events.view import View, reader_locale
from ketasched.files.feed_names import Names
from ketasched.model import Course
from ketasched.model.identifiers import make_uid
from ketasched.model.privacy import redact
from ketasched.render.ics import calendar_name, calendar_text, plain_events

DAYS_CANCELLED = timedelta(60)
"""For how long what no longer takes place is published as cancelled: calendar programs poll."""

REFRESH = "PT1H"
"""How often calendar programs are to ask for a feed (an RFC 5545 duration)."""

Chain = Sequence[Course]
"""A course and those that follow it, the first one first."""

_SEQUENCES = re.compile(r"^UID:(.+)\r\nSEQUENCE:(\d+)\r$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it is today; `key` is the same whatever becomes of its course.

    `patient` is the reference, "" for the clinic's feed of all courses.
    """

    key: str
    patient: str
    view: View
    calendar_name: str
    zone: str
    events: Sequence[Event]

    def is_over(self, today: date) -> bool:
        """Whether all of it was over, and changed last, more than `DAYS_CANCELLED` ago."""
        moments = (
            moment.date()
            for event in self.events
            for moment in (event.changed, event.status != "CANCELLED" and event.end)
            if moment
        )
        return all(day + DAYS_CANCELLED < today for day in moments)

    def text(self, published: str = "") -> str:
        """The calendar. No SEQUENCE is lower than in the one that was `published` before."""
        known = {uid: int(number) for uid, number in _SEQUENCES.findall(published)}
        content = [
            event._replace(sequence=max(event.sequence, known.get(event.uid, 0)))
            for event in self.events
        ]
        return calendar_text(self.calendar_name, self.zone, content, refresh=REFRESH)


def chains(courses: Iterable[Course]) -> list[Chain]:
    """The courses by those that they follow, in order of the patients."""
    known = {course.course_id: course for course in courses}
    found: dict[str, list[Course]] = {}
    for course in sorted(known.values(), key=lambda one: one.made_at.timestamp()):
        found.setdefault(_first_of(course, known), []).append(course)
    return sorted(found.values(), key=lambda chain: chain[-1].patient)


def feeds_of(chain: Chain, today: date) -> Iterator[Feed]:
    """The feeds of the patient and of each driver, also of the former ones."""
    yield _feed(chain, View("patient"), today)
    drivers = dict.fromkeys(name for course in chain for name in all_driver_names(course))
    for name in drivers:
        yield _feed(chain, View("driver", rides_of=name), today)


def clinic_feed(courses: Sequence[Chain], today: date, owner: str = "") -> Feed:
    """The clinic's feed of these courses, of which there is at least one.

    `owner` is the key of the clinic whose courses these are. Without it, the feed is that of the
    first chain.
    """
    each = [_feed(chain, View("clinic"), today) for chain in courses]
    content = [event for feed in each if not feed.is_over(today) for event in feed.events]
    first = replace(each[0], events=sorted(content, key=time_order))
    return replace(first, key=_key(owner, first.view), patient="") if owner else first


def new_names(
    known: Names, wanted: Iterable[str], make_name: Callable[[], str], *, rotate: bool = False
) -> dict[str, str]:
    """A name for each of the wanted feeds (keys) that has none yet; to `rotate`, for all."""
    return {key: make_name() for key in wanted if rotate or not known.get(key)}


def published_events(course: Course, view: View, today: date) -> list[Event]:
    """The events of the course for this audience as a subscriber has them today, by time.

    An event that was cancelled more than `DAYS_CANCELLED` ago is left out.
    """
    return [event for event in events(course, view) if not _ended_long_ago(event, today)]


def chain_events(chain: Chain, view: View, today: date) -> list[Event]:
    """The published events of all courses of a chain, local to the zone of the last, by time."""
    zone = ZoneInfo(chain[-1].timezone)
    found: dict[str, Event] = {}
    # What a course says of its own dates stands before what the one that follows it says of them.
    for course in reversed(chain):
        content = plain_events(course, view, published_events(course, view, today))
        found |= {one.uid: one for one in content}
    local = (
        one._replace(start=one.start.astimezone(zone), end=one.end.astimezone(zone))
        for one in found.values()
    )
    return sorted(local, key=time_order)


def _ended_long_ago(event: Event, today: date) -> bool:
    if event.status != "CANCELLED" or event.changed is None:
        return False
    return event.changed.astimezone(UTC).date() + DAYS_CANCELLED < today


def _first_of(course: Course, known: Mapping[str, Course]) -> str:
    """The identifier of the first course of the chain; it need not be known any more."""
    while course.follows in known:
        course = known[course.follows]
    return course.follows or course.course_id


def _key(owner: str, view: View) -> str:
    return make_uid(owner, "feed", view.audience, view.rides_of)


def _feed(chain: Chain, view: View, today: date) -> Feed:
    last = chain[-1]
    first = _first_of(last, {course.course_id: course for course in chain})
    return Feed(
        _key(first, view),
        last.patient,
        view,
        _calendar_name(last, view),
        last.timezone,
        chain_events(chain, view, today),
    )


def _calendar_name(course: Course, view: View) -> str:
    """The name that a calendar program shows; no patient's, even if it is for the clinic."""
    if view.audience == "clinic":
        return redact(course.clinic.calendar_name) or "Appointments"
    return reader_locale(course, view).plain(calendar_name(course, view))
