"""The readers of what a calendar server answers, and of the records that are kept between runs."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Any

from caldav.response import DAVResponse

from ketasched.batch.manifest import MANIFEST, manifest_line, read_holds, summarise
from ketasched.batch.previous_run import MARKER, PreviousRun, earlier_uids, preview
from ketasched.batch.records import Digests, RowResult
from ketasched.exchange.calendar_entries import (
    CalendarEntry,
    ended_entries,
    later_ones,
    published_entries,
    steps,
)
from ketasched.exchange.calendar_server import CalendarObject, CalendarServer
from ketasched.exchange.ended_feed import ended_feed
from ketasched.exchange.feeds import Feed, chains, clinic_feed
from ketasched.exchange.invitation_mail import invitation_mail
from ketasched.exchange.invitation_record import (
    OutboxRecord,
    parse_record,
    record_bytes,
    with_files,
)
from ketasched.exchange.invitations import due_invitations, invitations, remembered
from ketasched.files.feed_names import FEEDS_FILE, keep_feed_names_in
from ketasched.language.locale import Locale
from ketasched.model.identifiers import clinic_key
from ketasched.planning.planner import plan
from tools.fuzz.example_course import LATER, MADE_AT, example_course

DAVS = '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
KIND = "<d:prop><d:resourcetype><d:collection/><c:calendar/></d:resourcetype></d:prop>"
OK = "<d:status>HTTP/1.1 200 OK</d:status>"


def read_calendar_server(data: bytes) -> None:
    """The answer of a calendar server, or one entry there, beside the entries of a course.

    A text of an entry stands for a feed that was published in a folder, too.
    """
    if data.startswith(b"<"):
        server = CalendarServer("https://cal.example.org/dates/", "", "")
        server._client = _Client(data)  # type: ignore[assignment]
        found = server.resources()
    else:
        text = data.decode(errors="replace")
        found = [CalendarObject(name, '"1"', text) for name in (*_names(), "theirs.ics")]
        _feed().text(text).encode()
        with suppress(ValueError):  # which says that it is damaged
            ended_feed(text, LATER, Locale())
    course = example_course()
    published = _entries()
    later_ones(published, found)
    owner = clinic_key(course.clinic)
    for known in ([course], []):
        ended = [*ended_entries(found, "clinic", known, owner, LATER)]
        named = dict.fromkeys((one.name for one in ended), (Locale(), LATER))
        entries = published if known else {}
        for step in steps(entries, found, named):
            step.text.encode()


def read_record(data: bytes) -> None:
    """What is kept between runs: of invitations, of the names of feeds, and of a batch."""
    if b'"invitations"' in data:
        _read_invitations(data)
    elif b'"feeds"' in data:
        _read_feed_names(data)
    else:
        _read_batch(data)


def server_seeds() -> Iterator[str]:
    """Entries of the course, and a server's answer that has them."""
    entries = _entries().values()
    yield from (one.text() for one in entries)
    yield _answer(entries)


def record_seeds() -> Iterator[str]:
    """A record of each kind: of invitations, of the names of feeds, and two of a batch."""
    yield record_bytes(_sent()).decode()
    yield json.dumps({"format": 1, "patient": "P-1", "courses": [], "feeds": {"a": [NAME]}})
    yield json.dumps({"made_at": MADE_AT.isoformat(), "anew": False} | OTHER_MARKS)
    yield manifest_line(_result()).decode()


NAME = f"{'a' * 32}.ics"
OTHER_MARKS: dict[str, Any] = {"others": ["P-2"], "follows": True}


class _Client:
    """Stands for a client of `caldav`: every answer is the same bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def propfind(self, *_: object) -> DAVResponse:
        """That this is a calendar."""
        found = f"<d:response><d:href>/</d:href><d:propstat>{KIND}{OK}</d:propstat></d:response>"
        return DAVResponse.from_bytes(f"{DAVS}{found}</d:multistatus>".encode())

    def request(self, *_: object) -> DAVResponse:
        """All that is in it."""
        return DAVResponse.from_bytes(self._data)


def _read_invitations(data: bytes) -> None:
    """A record, by which mails are written."""
    sent, course = parse_record(data, "invitations.json"), example_course()
    today = list(invitations(course, "desk@example.org", "owner"))
    now = LATER.astimezone(UTC)
    due = due_invitations(sent.invitations, today, [course], now, "owner")
    _, named = with_files(sent.written, due)
    for one in named:
        invitation_mail(one, LATER)
    record_bytes(OutboxRecord(1, remembered([*sent.invitations, *named], now), sent.revisions))


def _read_feed_names(data: bytes) -> None:
    """The names of a course's feeds, to which one is added."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FEEDS_FILE
        path.write_bytes(data)
        keep_feed_names_in(path, [example_course()], lambda _: {"new": f"{'b' * 32}.ics"})


def _read_batch(data: bytes) -> None:
    """The folder of an earlier run: its marker, or its manifest, which says what it holds."""
    is_marker = data.startswith(b"{")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / (MARKER if is_marker else MANIFEST)).write_bytes(data)
        earlier_uids(folder)
        marker = preview(folder, MADE_AT, replaces=False)
        with closing(PreviousRun(folder, marker, with_manifest=True)) as previous:
            for patient in list(previous.patients()):
                if found := previous.result(patient):
                    read_holds(found.summary.visits, example_course().clinic)
    plan(
        example_course().protocol,
        example_course().clinic,
        example_course().request,
        made_at=marker.made_at,
    )


@lru_cache
def _entries() -> Mapping[str, CalendarEntry]:
    """Two entries of the course, as each takes its time."""
    found = published_entries([example_course()], "clinic", MADE_AT.date())
    return dict([*found.items()][-2:])


@lru_cache
def _feed() -> Feed:
    feed = clinic_feed(chains([example_course()]), LATER.date(), "owner")
    return replace(feed, events=feed.events[-3:])


@lru_cache
def _names() -> tuple[str, ...]:
    """The names of two resources of ours."""
    return tuple(one.name for one in _entries().values())


def _answer(entries: Iterable[CalendarEntry]) -> str:
    found = (
        f"<d:response><d:href>/dates/{one.name}</d:href><d:propstat><d:prop>"
        f'<d:getetag>"1"</d:getetag><c:calendar-data>{one.text()}</c:calendar-data></d:prop>{OK}'
        "</d:propstat></d:response>"
        for one in entries
    )
    return f"{DAVS}{''.join(found)}</d:multistatus>"


def _sent() -> OutboxRecord:
    """A record of a mail that was written, and of one that is pending."""
    course = example_course()
    due = due_invitations([], invitations(course, "desk@example.org"), [course], MADE_AT)
    _, named = with_files(0, due[:2])
    return OutboxRecord(2, named, {course.course_id: 1})


def _result() -> RowResult:
    course = example_course()
    files = (("course.json", "0" * 64),)
    return RowResult(1, "P-1", "planned", summarise(course), files, Digests("a", "b"))
