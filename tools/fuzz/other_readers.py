"""Readers of what is no file of a noun: typed values, calendar servers, records between runs."""

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from caldav.response import DAVResponse
from tests.conftest import ROOT

from ketasched.batch.manifest import MANIFEST, manifest_line, read_holds, summarise
from ketasched.batch.previous_run import MARKER, PreviousRun, earlier_uids, preview
from ketasched.batch.records import Digests, RowResult
from ketasched.errors import BadFile
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
from ketasched.files.change_parsing import read_change
from ketasched.files.feed_names import FEEDS_FILE, keep_feed_names_in
from ketasched.files.load import load_clinic, load_protocol
from ketasched.files.request_parsing import request
from ketasched.language.locale import Locale
from ketasched.model import Course, Request
from ketasched.model.identifiers import clinic_key
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise

ZONE = ZoneInfo("America/New_York")
MADE_AT = datetime(2026, 11, 23, 10, tzinfo=ZONE)
LATER = datetime(2026, 12, 8, 18, tzinfo=ZONE)

DAVS = '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
KIND = "<d:prop><d:resourcetype><d:collection/><c:calendar/></d:resourcetype></d:prop>"
OK = "<d:status>HTTP/1.1 200 OK</d:status>"


def read_typed(data: bytes) -> None:
    """What somebody types for `plan`, or, with a verb, for `revise`; it is done."""
    typed = _json(data)
    course = _course()
    if "verb" not in typed:
        plan(course.protocol, course.clinic, request(**typed), made_at=MADE_AT)
        return
    verb, visit = str(typed.pop("verb")), typed.pop("visit", None)
    change = read_change(verb, visit, typed, zone=ZONE, today=LATER.date())
    revise(course, change, at=LATER, why="because")


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
    course = _course()
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


OTHERS: Mapping[str, Callable[[bytes], None]] = MappingProxyType(
    {"typed values": read_typed, "calendar server": read_calendar_server, "record": read_record}
)
"""Those that `readers.READERS` has besides."""


def other_seeds() -> Mapping[str, Iterable[str]]:
    """What is right, for a fuzzer to begin with."""
    entries = _entries().values()
    return {
        "typed values": (json.dumps(one) for one in TYPED),
        "calendar server": [*(one.text() for one in entries), _answer(entries)],
        "record": [
            record_bytes(_sent()).decode(),
            json.dumps({"format": 1, "patient": "P-1", "courses": [], "feeds": {"a": [NAME]}}),
            json.dumps({"made_at": MADE_AT.isoformat(), "anew": False} | OTHER_MARKS),
            manifest_line(_result()).decode(),
        ],
    }


NAME = f"{'a' * 32}.ics"
OTHER_MARKS: dict[str, Any] = {"others": ["P-2"], "follows": True}
TYPED: tuple[Mapping[str, Any], ...] = (
    {"start": "7 Dec 2026", "patient": "P-014", "time": "2pm", "days": "mon,wed,fri"},
    {"start": "12/8/2026", "date_order": "mdy", "per_week": 2, "between": "8am-12:30"},
    {"start": "2026-12-07", "unavailable": "24 Dec 2026 to 1 Jan 2027; 2026-12-28..2026-12-30"},
    {"start": "2026-11-24", "prior": ["2026-11-20", "18 Nov 2026"], "boosters": 2},
    {"start": "2026-12-07", "born": "1 May 1980", "cleared_by": "Dr. Lee", "latest_start": ""},
    {"start": "Mon, Dec 7, 2026", "recorded": "rems-enrolment 2026-11-20 Dr. Lee"},
    {"start": "07-Dec-2026", "authorised": ["8 from 2026-12-01 until 2027-02-28"]},
    {"start": "2026-12-07", "driver": ["Ana Lima, +1 555 0134, mon fri", "Sam"]},
    {"start": "2026-12-07", "patient_email": "ana@example.org", "reminders": True},
    {"start": "2026-12-07", "language": "es", "driver_language": "French"},
    {"verb": "defer", "visit": 3, "to": "2026-12-14T13:30", "scope": "rest"},
    {"verb": "defer", "visit": "4", "by": "2"},
    {"verb": "complete", "visit": 1, "on": "8 Dec 2026 2pm", "time": "14:00"},
    {"verb": "miss", "visit": 1, "make_up": True},
    {"verb": "driver", "visit": "3-5,6", "name": "Sam", "phone": "555", "email": "s@example.org"},
    {"verb": "driver", "visit": "mon,fri", "clear": True},
    {"verb": "wishes", "days": "Mon-Thu", "unavailable": "24 Dec 2026", "between": "none"},
    {"verb": "authorise", "sessions": ["none", "8 from 2026-12-01 until 2027-02-28"]},
    {"verb": "clear", "by": "Dr. Lee", "on": "1 Dec 2026", "what": "clearance"},
    {"verb": "booster", "on": "2027-01-20"},
    {"verb": "cease", "after": "4"},
)
"""What people type, by option."""


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
    sent, course = parse_record(data, "invitations.json"), _course()
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
        keep_feed_names_in(path, [_course()], lambda _: {"new": f"{'b' * 32}.ics"})


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
                    read_holds(found.summary.visits, _course().clinic)
    plan(_course().protocol, _course().clinic, _course().request, made_at=marker.made_at)


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise BadFile("typed: no JSON") from None
    if not isinstance(found, dict):
        raise BadFile("typed: no table")
    return found


@lru_cache
def _course() -> Course:
    """A course of three visits a week, in which people have addresses."""
    asked = Request(
        patient="P-1",
        start=date(2026, 12, 7),
        boosters=1,
        patient_email="ana@example.org",
        driver_name="Sam",
        driver_email="sam@example.org",
    )
    clinic = load_clinic(str(ROOT / "examples" / "clinic.toml"))
    return plan(load_protocol("iv-depression"), clinic, asked, made_at=MADE_AT)


@lru_cache
def _entries() -> Mapping[str, CalendarEntry]:
    """Two entries of the course, as each takes its time."""
    found = published_entries([_course()], "clinic", MADE_AT.date())
    return dict([*found.items()][-2:])


@lru_cache
def _feed() -> Feed:
    feed = clinic_feed(chains([_course()]), LATER.date(), "owner")
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
    course = _course()
    due = due_invitations([], invitations(course, "desk@example.org"), [course], MADE_AT)
    _, named = with_files(0, due[:2])
    return OutboxRecord(2, named, {course.course_id: 1})


def _result() -> RowResult:
    course = _course()
    files = (("course.json", "0" * 64),)
    return RowResult(1, "P-1", "planned", summarise(course), files, Digests("a", "b"))
