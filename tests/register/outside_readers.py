"""Whoever reads what leaves a clinic: subscribers, those who are invited, and queues."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import icalendar

from tests.register.invariants import takes_place
from tests.register.judges_of_chains import items_of
from tests.register.site import Site
from tests.register.two_books import CourseRow
from tests.support.attendee import Attendee, read_mail

Content = tuple[datetime, datetime, str]
"""When an event begins and ends (UTC), and its STATUS."""


class Subscribers:
    """Whoever has subscribed to each feed, and reads it after each time it is published."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, tuple[int, Content]]] = {}

    def read(self, site: Site) -> None:
        """No SEQUENCE falls, and what a calendar does not look at again has not changed."""
        for name, data in site.files("feeds").items():
            if name.endswith(".ics"):
                found = dict(map(_state, _events(data)))
                for uid, (sequence, content) in found.items():
                    before = self.known.get(name, {}).get(uid, (0, content))
                    assert sequence >= before[0], (name, uid)
                    assert content == before[1] or sequence > before[0], (name, uid, before)
                self.known.setdefault(name, {}).update(found)

    def judge(self, site: Site, rows: list[dict[str, Any]]) -> None:
        """The feeds of all courses say of visits to come what the register says."""
        files = site.files("feeds")
        said: dict[str, list[tuple[datetime, str]]] = {}
        for row in rows:
            if row["audience"] == "patient":
                for one in _events(files[f"feeds/{row['file']}"]):
                    start, _, status = _content(one)
                    if status != "CANCELLED":
                        said.setdefault(str(one["UID"]), []).append((start, row["patient"]))
        for course, item in _to_come(site):
            wanted = [(datetime.fromisoformat(item["start"]).astimezone(UTC), course.patient)]
            assert said.pop(item["uid"], None) == wanted, (course.patient, item)
        ours = {one["uid"] for course in site.tables.courses for one in items_of(course)}
        late = {uid for uid, [(start, _), *_] in said.items() if start > site.now}
        assert not late & ours


class Attendees:
    """Whoever is invited, by their address, each with a calendar."""

    def __init__(self) -> None:
        self.known: dict[str, Attendee] = {}
        self.read: set[str] = set()

    def receive(self, site: Site) -> None:
        """All mails that are new, in the order of their names."""
        for name, data in sorted(site.files("outbox").items()):
            if name.endswith(".eml") and name not in self.read:
                received = read_mail(data)
                to = received.mail["To"].addresses[0].addr_spec
                self.known.setdefault(to, Attendee()).receive(received)
                self.read.add(name)

    def judge(self, site: Site) -> None:
        """Patients with an address have what is to come of their courses, and nothing else."""
        wanted: dict[str, dict[str, datetime]] = {}
        for course, item in _to_come(site):
            if to := course.document["request"].get("patient_email"):
                start = datetime.fromisoformat(item["start"]).astimezone(UTC)
                wanted.setdefault(to, {})[item["uid"]] = start
        items = {one["uid"] for course in site.tables.courses for one in items_of(course)}
        for to, attendee in self.known.items():
            there = {
                uid: entry.start.astimezone(UTC)
                for uid, entry in attendee.entries.items()
                if uid in items and entry.start > site.now
            }
            assert there == wanted.pop(to, {}), to
        assert not wanted


def queue_keys_are_there_once(rows: list[dict[str, Any]]) -> None:
    """Each row of a queue has a key of its own."""
    keys = Counter(row["key"] for row in rows)
    assert not [key for key, many in keys.items() if many > 1]


def appointments_are_those_booked(site: Site, rows: list[dict[str, Any]]) -> None:
    """The visits to come within the days of the queue are in it, at their times."""
    starts = {(row["patient"], row["start"][:16]) for row in rows if row["status"] != "cancelled"}
    for course, item in _to_come(site):
        day = datetime.fromisoformat(item["start"])
        if (day - site.now).days < 59:
            assert (course.patient, item["start"][:16]) in starts, item


def _events(data: bytes) -> list[icalendar.Event]:
    found: list[icalendar.Event] = icalendar.Calendar.from_ical(data).events
    return found


def _state(event: icalendar.Event) -> tuple[str, tuple[int, Content]]:
    """The UID of an event, with its SEQUENCE and what it says."""
    return str(event["UID"]), (int(str(event["SEQUENCE"])), _content(event))


def _content(event: icalendar.Event) -> Content:
    start, end = event.start, event.end
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    return start.astimezone(UTC), end.astimezone(UTC), str(event["STATUS"])


def _to_come(site: Site) -> Iterator[tuple[CourseRow, dict[str, Any]]]:
    """The visits that take place after this moment, each with its course."""
    for course in site.tables.courses:
        for one in items_of(course):
            if takes_place(one) and datetime.fromisoformat(one["start"]) > site.now:
                yield course, one
