"""The calendar file: its bytes, and what other programs read in it."""

import re
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.events.wording import ASK_ABOUT_DRIVING, WAIT_AND_DRIVE, one_line
from ketasched.files.load import load_protocol
from ketasched.model import (
    Change,
    Clinic,
    Course,
    Driver,
    Instructions,
    LeadTime,
    Minutes,
    PhaseReview,
    Protocol,
    Reminder,
    Reminders,
    Request,
    VisitKind,
    Wording,
)
from ketasched.model.wall_clock import add_minutes, is_ambiguous
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.ics import calendar_name, render_changes
from ketasched.render.vtimezone import vtimezone
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.hostile import HOSTILE, TEXTS, clinic_saying
from tests.support.nouns import INFUSION, clinic, phase, protocol, request
from tests.support.readers import (
    BY_THE_VTIMEZONE,
    READERS,
    by_ical,
    by_icalendar,
    by_ics,
    by_vobject,
    unfolded,
    unnamed,
)

PATIENT, DRIVER, CLINIC = VIEWS = View("patient"), View("driver"), View("clinic")
AUDIENCES = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.audience)
OPEN_DAILY = "mon tue wed thu fri sat sun"


def plan_course(
    protocol: Protocol, clinic: Clinic, request: Request, made_at: datetime = MADE_AT
) -> Course:
    return plan(protocol, clinic, request, made_at=made_at, course_id="course")


def ics(course: Course, view: View = PATIENT) -> str:
    return render(course, "ics", view)


# ---- The courses

MIXED = protocol(
    phase(3, reviews=(PhaseReview(1, "How is it going?"), PhaseReview(3, "Look", place="clinic"))),
    phase(2, name="talks", visit="talk"),
    phase(1, name="at home", visit="home", tentative=True),
    visits={
        "infusion": INFUSION,
        "talk": VisitKind("Talk, or: “chat”", Minutes(0, 30, 0), place="phone"),
        "home": VisitKind("Visit; at home", Minutes(5, 20, 0), place="home"),
    },
)
"""Visits at the clinic, by phone and at home; reviews; a tentative visit."""

PROTOCOLS: dict[str, tuple[Protocol, dict[str, Any]]] = {
    "six infusions, twelve boosters": (load_protocol("iv-depression"), {"boosters": 12}),
    "esketamine with a gate": (load_protocol("esketamine-us-label"), {"boosters": 3}),
    "clinic, phone and home": (MIXED, {}),
    "one visit": (protocol(phase(1)), {"driver_name": "Sam; O'Neil, Jr.", "driver_phone": "+1,2"}),
}
ZONES = (
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "America/Sao_Paulo",
    "Africa/Casablanca",
)
"""An hour's change, no change, half an hour's, a winter that the law calls the odd one, changes
given up, and changes that go by the moon."""
IN_UTC = {"Asia/Kolkata", "America/Sao_Paulo", "Africa/Casablanca"}
"""The zones without a yearly rule."""


def course_like(which: str, /, zone: str = "America/New_York", **more: Any) -> Course:
    """A course by one of PROTOCOLS at a clinic with these fields."""
    rules, asked = PROTOCOLS[which]
    at = clinic(OPEN_DAILY, timezone=zone, phone="+1 212 555 0100", **more)
    return plan_course(rules, at, request(patient="MRN-4711", **asked))


def course_saying(text: str, **more: Any) -> Course:
    """A course in which every free text is this one."""
    at = clinic(**(clinic_saying(text) | more))
    asked = request(patient=text, driver_name=text, driver_phone=text)
    return plan_course(MIXED, at, asked)


EVERY_KIND = [
    *(pytest.param(course_like(name), id=name) for name in PROTOCOLS),
    *(pytest.param(course_saying(text), id=f"saying {name}") for name, text in HOSTILE.items()),
    *(
        pytest.param(course_like("clinic, phone and home", zone), id=f"in {zone}")
        for zone in ZONES[1:]
    ),
]
ANY_COURSE = pytest.mark.parametrize("course", EVERY_KIND)


# ---- The same bytes as the library writes


def as_the_library_writes(course: Course, view: View) -> bytes:
    """The same events written by the library `icalendar`, with our VTIMEZONE inserted."""
    found = events(course, view)
    years = [moment.year for event in found for moment in (event.start, event.end)]
    block = vtimezone(course.timezone, min(years), max(years)) if years else ""
    changed = course.history[-1].at.astimezone(UTC)

    def moment(local: datetime) -> datetime:
        local_is_clear = block and not is_ambiguous(local)
        return local if local_is_clear else local.astimezone(UTC)

    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Appointments//Calendar 1//EN")
    calendar.add("CALSCALE", "GREGORIAN")
    # As text, which RFC 7986 says it is: `icalendar` takes it for something unknown.
    calendar.add("NAME", icalendar.vText(calendar_name(course, view)))
    calendar.add("X-WR-CALNAME", icalendar.vText(calendar_name(course, view)))
    for event in found:
        entry = icalendar.Event()
        entry.add("SUMMARY", event.title)
        entry.add("DTSTART", moment(event.start))
        entry.add("DTEND", moment(event.end))
        entry.add("DTSTAMP", changed)
        entry.add("UID", event.uid)
        entry.add("SEQUENCE", event.sequence)
        entry.add("DESCRIPTION", event.text)
        entry.add("LAST-MODIFIED", changed)
        if event.place:
            entry.add("LOCATION", event.place)
        entry.add("STATUS", event.status)
        entry.add("TRANSP", "OPAQUE" if event.busy else "TRANSPARENT")
        if event.alarm is not None:
            alarm = icalendar.Alarm()
            alarm.add("ACTION", "DISPLAY")
            alarm.add("DESCRIPTION", event.title)
            alarm.add("TRIGGER", timedelta(minutes=-event.alarm))
            entry.add_component(alarm)
        calendar.add_component(entry)
    whole: bytes = calendar.to_ical()
    begin = b"\r\nBEGIN:VEVENT\r\n"
    return whole.replace(begin, b"\r\n" + block.encode() + begin[2:], 1)


@AUDIENCES
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_bytes_are_those_that_the_library_writes(name, zone, view):
    course = course_like(name, zone, name="A clinic", address="12 Main St\nNew York, NY")
    assert ics(course, view).encode() == as_the_library_writes(course, view)


@AUDIENCES
@pytest.mark.parametrize("titles", ["discreet", "clinical"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_bytes_are_the_librarys_whatever_the_clinic_says(text, titles, view):
    course = course_saying(text, titles=titles)
    assert ics(course, view).encode() == as_the_library_writes(course, view)


@pytest.mark.parametrize("minutes", [0, 1, 59, 90, 24 * 60, 7 * 24 * 60])
def test_the_bytes_are_the_librarys_for_any_alarm(minutes):
    course = course_like("one visit", reminders=Reminders(alarm=LeadTime(minutes)))
    assert ics(course).encode() == as_the_library_writes(course, PATIENT)


# ---- What is in the file


class Entry(NamedTuple):
    """A component of the file: its name, its properties in order, its inner components."""

    name: str
    properties: list[tuple[str, str]]
    parts: list["Entry"]

    def all(self, name: str) -> list[str]:
        """The values of the property, each with its parameters."""
        return [value for found, value in self.properties if found == name]

    def one(self, name: str) -> str:
        """The only value of the property."""
        (value,) = self.all(name)
        return value

    def of(self, name: str) -> list["Entry"]:
        """The parts of this name."""
        return [part for part in self.parts if part.name == name]


def entry(text: str) -> Entry:
    """The calendar parsed line by line, without a library."""
    stack = [Entry("", [], [])]
    for line in unfolded(text):
        found = re.fullmatch(r"([A-Z-]+)([;:].*)", line, re.DOTALL)
        assert found, f"no content line: {line!r}"
        name, value = found[1], found[2].removeprefix(":")
        if name == "BEGIN":
            stack.append(Entry(value, [], []))
            stack[-2].parts.append(stack[-1])
        elif name == "END":
            assert stack.pop().name == value
        else:
            stack[-1].properties.append((name, value))
    (calendar,) = stack[0].parts
    assert (len(stack), calendar.name) == (1, "VCALENDAR")
    return calendar


def vevents(course: Course, view: View = PATIENT) -> list[Entry]:
    return entry(ics(course, view)).of("VEVENT")


UTC_TIME = re.compile(r"\d{8}T\d{6}Z")


@AUDIENCES
@ANY_COURSE
def test_the_calendar_has_the_needed_properties_and_no_others(course, view):
    calendar = entry(ics(course, view))
    assert [name for name, _ in calendar.properties] == [
        "VERSION",
        "PRODID",
        "CALSCALE",
        "NAME",
        "X-WR-CALNAME",
    ]  # no METHOD, no UID
    assert calendar.one("VERSION") == "2.0"
    assert calendar.one("NAME") == calendar.one("X-WR-CALNAME") != ""
    in_utc = course.timezone in IN_UTC
    assert [part.name for part in calendar.parts] == [
        *([] if in_utc else ["VTIMEZONE"]),
        *["VEVENT"] * len(events(course, view)),
    ]


@AUDIENCES
@ANY_COURSE
def test_every_event_is_complete_and_has_a_unique_uid(course, view):
    found = vevents(course, view)
    uids = [event.one("UID") for event in found]
    assert len(set(uids)) == len(uids) > 0
    for event in found:
        names = {name for name, _ in event.properties}
        assert len(names) == len(event.properties), "a property is there twice"
        assert names - {"LOCATION"} == {
            "SUMMARY",
            "DTSTART",
            "DTEND",
            "DTSTAMP",
            "UID",
            "SEQUENCE",
            "DESCRIPTION",
            "LAST-MODIFIED",
            "STATUS",
            "TRANSP",
        }
        assert UTC_TIME.fullmatch(event.one("DTSTAMP"))
        assert event.one("LAST-MODIFIED") == event.one("DTSTAMP")
        assert event.one("STATUS") in {"CONFIRMED", "TENTATIVE", "CANCELLED"}
        assert event.one("TRANSP") in {"OPAQUE", "TRANSPARENT"}
        assert event.one("SEQUENCE") == "0"
        assert event.one("SUMMARY") != ""


@AUDIENCES
@ANY_COURSE
def test_every_event_has_one_complete_alarm_and_no_other_component(course, view):
    for event in vevents(course, view):
        (alarm,) = event.parts
        assert (alarm.name, alarm.parts) == ("VALARM", [])
        assert [name for name, _ in alarm.properties] == ["ACTION", "DESCRIPTION", "TRIGGER"]
        assert alarm.one("ACTION") == "DISPLAY"
        assert alarm.one("DESCRIPTION") == event.one("SUMMARY")
        assert re.fullmatch(r"-?PT?\d+[DHMS]", alarm.one("TRIGGER"))


@AUDIENCES
@ANY_COURSE
def test_every_event_ends_after_it_starts(course, view):
    read = by_icalendar(ics(course, view))
    assert len(read) == len(events(course, view))
    assert [event for event in read if not event.start < event.end] == []


@AUDIENCES
@ANY_COURSE
def test_lines_end_with_crlf_have_75_octets_at_most_and_no_control_characters(course, view):
    raw = ics(course, view).encode()
    lines = raw.split(b"\r\n")
    assert lines.pop() == b""
    assert [line for line in lines if b"\r" in line or b"\n" in line] == []
    assert [line for line in lines if not line.strip()] == [], "an empty line ends a calendar"
    assert max(len(line) for line in lines) <= 75
    assert [line for line in lines if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line)] == []
    assert raw.startswith(b"BEGIN:VCALENDAR\r\n"), "no byte-order mark"
    for line in lines:
        assert line.decode("utf-8"), "no character is split by a fold"


@AUDIENCES
@ANY_COURSE
def test_the_same_course_has_the_same_bytes_and_a_later_one_other_stamps(course, view):
    again = plan_course(course.protocol, course.clinic, course.request)
    assert ics(again, view) == ics(course, view)
    later = plan_course(
        course.protocol, course.clinic, course.request, MADE_AT + timedelta(minutes=1)
    )
    stamps = {event.one("DTSTAMP") for event in vevents(later, view)}
    assert stamps == {"20261123T150100Z"}
    assert [event.one("UID") for event in vevents(later, view)] == [
        event.one("UID") for event in vevents(course, view)
    ]


@pytest.mark.parametrize(
    ("status", "said", "busy", "prefix"),
    [
        ("planned", "CONFIRMED", "OPAQUE", "Appointment"),
        ("completed", "CONFIRMED", "OPAQUE", "Appointment"),
        ("tentative", "TENTATIVE", "OPAQUE", "Appointment"),
        ("held", "CANCELLED", "TRANSPARENT", "CANCELLED: Appointment"),
        ("missed", "CANCELLED", "TRANSPARENT", "CANCELLED: Appointment"),
        ("omitted", "CANCELLED", "TRANSPARENT", "CANCELLED: Appointment"),
        ("ceased", "CANCELLED", "TRANSPARENT", "CANCELLED: Appointment"),
    ],
)
def test_a_calendar_says_of_each_visit_whether_it_takes_place(status, said, busy, prefix):
    course = course_like("one visit")
    course = replace(course, visits=(replace(course.visits[0], status=status, sequence=3),))
    (event,) = (one for one in vevents(course) if one.one("UID") == course.visits[0].uid)
    assert (event.one("STATUS"), event.one("TRANSP")) == (said, busy)
    assert event.one("SUMMARY").startswith(f"{prefix} 1 of 1")
    assert event.one("SEQUENCE") == "3"
    driving = [one for one in vevents(course) if one.one("SUMMARY").startswith("No driving")]
    assert [one.one("TRANSP") for one in driving] == ["TRANSPARENT"] * (busy == "OPAQUE")


def test_a_revision_is_stamped_with_the_moment_of_its_last_change():
    course = course_like("one visit")
    moved = course.history[0].at + timedelta(days=2, hours=3)
    entry = replace(course.history[0], at=moved, changed=(course.visits[0].uid,))
    revised = replace(course, history=(*course.history, entry))
    stamps = {event.one("UID"): event.one("DTSTAMP") for event in vevents(revised)}
    assert stamps.pop(course.visits[0].uid) == "20261125T180000Z"
    assert set(stamps.values()) == {"20261123T150000Z"}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_calendar_without_events_can_be_read(reader):
    course = plan_course(protocol(phase(1, tentative=True)), clinic(), request())
    assert reader(ics(course, DRIVER)) == []


# ---- Courses across changes of the clocks

THROUGH_2027 = load_protocol("iv-depression")

CHECK_INS = {
    "America/New_York": {"14:00", "13:00"},
    "Asia/Kolkata": {"03:30"},
    "Australia/Lord_Howe": {"22:00", "22:30"},
    "Europe/Dublin": {"09:00", "08:00"},
    "America/Sao_Paulo": {"12:00"},
}
"""09:00 of these zones in UTC, in winter and in summer, written by hand."""


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("zone", CHECK_INS)
@pytest.mark.parametrize(
    ("start", "boosters"),
    [(date(2027, 1, 4), 12), (date(2027, 3, 8), 0), (date(2027, 11, 1), 0)],
    ids=["all through 2027", "into summer", "into winter"],
)
def test_every_program_reads_each_event_at_its_time_with_its_title(start, boosters, zone, reader):
    course = plan_course(
        THROUGH_2027,
        clinic(OPEN_DAILY, timezone=zone),
        request(start, boosters=boosters),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
    text = ics(course)
    if reader is not by_ics and (reader, zone) != (by_vobject, "Europe/Dublin"):
        # `vobject` takes a zone whose winter is UTC for UTC, unless it knows its name.
        text = unnamed(text, zone)
    read = {event.uid: event[1:] for event in reader(text)}
    assert read == {
        event.uid: (event.title, event.start.astimezone(UTC), event.end.astimezone(UTC), 1)
        for event in events(course, PATIENT)
    }
    visits = [read[visit.uid] for visit in course.visits]
    assert [title for title, *_ in visits] == [
        *(f"Appointment {number} of 6" for number in range(1, 7)),
        *(
            f"Appointment {number} of 12 (to be decided by your clinician)"
            for number in range(1, boosters + 1)
        ),
    ]
    clocks = {f"{begin:%H:%M}" for _, begin, *_ in visits}
    assert clocks == CHECK_INS[zone] if boosters else clocks <= CHECK_INS[zone]
    assert {end - begin for _, begin, end, _ in visits} == {timedelta(minutes=115)}


@AUDIENCES
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
def test_every_program_reads_what_each_audience_gets(zone, reader, view):
    course = plan_course(
        THROUGH_2027,
        clinic(OPEN_DAILY, timezone=zone),
        request(date(2027, 11, 1), boosters=2),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
    text = ics(course, view)
    read = {
        event.uid: event[1:] for event in reader(text if reader is by_ics else unnamed(text, zone))
    }
    assert read == {
        event.uid: (event.title, event.start.astimezone(UTC), event.end.astimezone(UTC), 1)
        for event in events(course, view)
    }


def test_visits_keep_their_local_time_across_a_change_of_the_clocks():
    course = plan_course(
        THROUGH_2027,
        clinic(OPEN_DAILY),
        request(date(2027, 3, 8)),
        datetime(2027, 3, 1, tzinfo=UTC),
    )
    begin = [
        event.start for event in by_icalendar(unnamed(ics(course, DRIVER), "America/New_York"))
    ][::2]
    assert [f"{moment:%m-%d %H:%M}" for moment in begin] == [
        "03-08 14:00",
        "03-10 14:00",
        "03-12 14:00",
        "03-15 13:00",
        "03-17 13:00",
        "03-19 13:00",
    ]
    course = replace(course, visits=())
    assert vevents(course, DRIVER) == []


@pytest.mark.parametrize("reader", BY_THE_VTIMEZONE.values(), ids=BY_THE_VTIMEZONE)
@pytest.mark.parametrize(
    ("fold", "said", "instant"),
    [(0, "20271107T053000Z", "05:30"), (1, "20271107T063000Z", "06:30")],
    ids=["the first time", "the second time"],
)
def test_an_ambiguous_time_keeps_its_instant(fold, said, instant, reader):
    course = course_like("one visit")
    zone = ZoneInfo("America/New_York")
    start = datetime(2027, 11, 7, 1, 30, tzinfo=zone, fold=fold)
    visit = replace(course.visits[0], start=start, end=add_minutes(start, 115))
    course = replace(course, visits=(visit,))
    (event,) = (one for one in vevents(course) if one.one("UID") == visit.uid)
    assert event.one("DTSTART") == said
    read = {one.uid: one for one in reader(unnamed(ics(course), zone.key))}[visit.uid]
    assert f"{read.start:%m-%d %H:%M}" == f"11-07 {instant}"
    assert read.end - read.start == timedelta(minutes=115)


# ---- The driver's calendar


def test_a_driver_gets_two_events_for_each_confirmed_visit_and_none_for_a_tentative_one():
    course = plan_course(load_protocol("iv-depression"), clinic(), request(boosters=3))
    found = by_icalendar(ics(course, DRIVER))
    confirmed = [visit for visit in course.visits if visit.status == "planned"]
    assert (len(confirmed), len(course.visits), len(found)) == (6, 9, 12)
    assert [(event.title, event.start) for event in found] == [
        pair
        for visit in confirmed
        for pair in (
            ("Bring at 09:00", visit.start.astimezone(UTC)),
            ("Collect from 10:55", visit.end.astimezone(UTC)),
        )
    ]


def test_visits_by_phone_or_at_home_need_no_driver():
    course = course_like("clinic, phone and home")
    titles = [event.title for event in by_icalendar(ics(course, DRIVER))]
    assert titles == ["Bring at 09:00", "Collect from 10:55"] * 3
    visits = [event.one("SUMMARY") for event in vevents(course)]
    assert "Phone appointment 1 of 2" in visits
    assert "Appointment at home 1 of 1 (to be decided by your clinician)" in visits


# ---- The reminders to find a driver


def reminders(course: Course) -> list[tuple[str, str]]:
    """The local time and the title of each reminder, as `icalendar` reads them."""
    zone = ZoneInfo(course.timezone)
    return [
        (f"{event.start.astimezone(zone):%Y-%m-%d %H:%M}", event.title)
        for event in by_icalendar(ics(course))
        if event.title.startswith(("Arrange", "Confirm"))
    ]


def test_a_patient_is_reminded_of_each_ride_at_the_clinics_times():
    course = plan_course(protocol(phase(2)), clinic(), request())
    assert reminders(course) == [
        ("2026-12-04 10:00", "Arrange a ride, there and back: Mon 7 Dec, 09:00 – collect 10:55"),
        ("2026-12-06 10:00", "Arrange a ride, there and back: Wed 9 Dec, 09:00 – collect 10:55"),
        ("2026-12-06 18:00", "Arrange a ride, there and back: Mon 7 Dec, 09:00 – collect 10:55"),
        ("2026-12-08 18:00", "Arrange a ride, there and back: Wed 9 Dec, 09:00 – collect 10:55"),
    ]


@pytest.mark.parametrize(
    ("written_so", "local"),
    [
        ("0d 07:00", "2026-12-07 07:00"),
        ("14d 15:45", "2026-11-23 15:45"),
        ("1d 00:00", "2026-12-06 00:00"),
        ("1d 23:59", "2026-12-06 23:59"),
    ],
)
def test_a_clinic_can_remind_at_other_times(written_so, local):
    own = Reminders(driver=(Reminder.read(written_so),))
    course = plan_course(protocol(phase(1)), clinic(reminders=own), request())
    assert [moment for moment, _ in reminders(course)] == [local]


def test_a_reminder_lasts_a_quarter_of_an_hour_and_blocks_no_time():
    course = plan_course(protocol(phase(1)), clinic(), request())
    found = [event for event in vevents(course) if event.one("SUMMARY").startswith("Arrange")]
    assert [event.one("TRANSP") for event in found] == ["TRANSPARENT", "TRANSPARENT"]
    assert [event.one("DTSTART")[-6:] for event in found] == ["100000", "180000"]
    assert [event.one("DTEND")[-6:] for event in found] == ["101500", "181500"]


def test_with_a_driver_the_reminder_is_to_confirm_and_names_the_driver():
    course = course_like("one visit")
    who = Driver("Sam", "555 0199")
    course = replace(course, visits=(replace(course.visits[0], driver=who),))
    assert {title for _, title in reminders(course)} == {
        "Confirm the ride with Sam, there and back: Mon 7 Dec, 09:00 – collect 10:55"
    }


@pytest.mark.parametrize(
    ("made_at", "kept"),
    [
        ("2026-12-04 09:59", ["2026-12-04 10:00", "2026-12-06 18:00"]),
        ("2026-12-04 10:00", ["2026-12-04 10:00", "2026-12-06 18:00"]),
        ("2026-12-04 10:01", ["2026-12-06 18:00"]),
        ("2026-12-06 18:01", []),
    ],
)
def test_no_reminder_is_before_the_course_was_made(made_at, kept):
    zone = ZoneInfo("America/New_York")
    moment = datetime.fromisoformat(made_at).replace(tzinfo=zone)
    course = plan_course(protocol(phase(1)), clinic(), request(), moment)
    assert [local for local, _ in reminders(course)] == kept


def test_no_reminder_is_at_or_after_the_start_of_the_visit():
    own = Reminders(driver=(Reminder.read("0d 08:59"), Reminder.read("0d 09:00")))
    course = plan_course(protocol(phase(1)), clinic(reminders=own), request())
    assert [moment for moment, _ in reminders(course)] == ["2026-12-07 08:59"]


def test_a_reminder_in_the_skipped_hour_comes_an_hour_later_by_the_clock():
    own = Reminders(driver=(Reminder.read("1d 02:30"),))
    course = plan_course(
        protocol(phase(1)),
        clinic(reminders=own),
        request(date(2027, 3, 15)),
        datetime(2027, 3, 1, tzinfo=UTC),
    )
    assert [moment for moment, _ in reminders(course)] == ["2027-03-14 03:30"]
    (event,) = (one for one in vevents(course) if one.one("SUMMARY").startswith("Arrange"))
    assert event.one("DTSTART") == ";TZID=America/New_York:20270314T033000"


# ---- What is still to be decided


@pytest.mark.parametrize("titles", ["discreet", "clinical"])
@pytest.mark.parametrize("view", [PATIENT, CLINIC], ids=lambda view: view.audience)
def test_the_title_of_a_booster_says_that_it_is_to_be_decided(view, titles):
    course = plan_course(
        load_protocol("iv-depression"), clinic(titles=titles), request(boosters=4)
    )
    found = {event.one("UID"): event for event in vevents(course, view)}
    for visit in course.visits:
        event = found[visit.uid]
        open_still = visit.phase == "maintenance"
        assert event.one("STATUS") == ("TENTATIVE" if open_still else "CONFIRMED")
        assert event.one("SUMMARY").endswith("(to be decided by your clinician)") is open_still
    driving = [one for one in found.values() if one.one("SUMMARY").startswith("No driving")]
    assert [one.one("STATUS") for one in driving] == (
        [*["CONFIRMED"] * 6, *["TENTATIVE"] * 4] if view == PATIENT else []
    )


def test_all_visits_after_a_gate_are_tentative():
    course = plan_course(load_protocol("esketamine-us-label"), clinic(), request(boosters=2))
    found = {event.one("UID"): event for event in vevents(course)}
    statuses = [found[visit.uid].one("STATUS") for visit in course.visits]
    assert statuses == [*["CONFIRMED"] * 8, *["TENTATIVE"] * 6]


# ---- Any text at all

ONE_OF_EACH = plan_course(
    protocol(phase(1, reviews=(PhaseReview(1, "How is it going?"),))), clinic(), request()
)
"""A visit, two reminders, a time without driving and a review."""


@settings(max_examples=80)
@given(name=TEXTS, address=TEXTS, phone=TEXTS, words=TEXTS, view=st.sampled_from(VIEWS))
def test_any_text_comes_back_whole_and_as_nothing_but_text(name, address, phone, words, view):
    own = Instructions(words, words, words, words, discreet=Wording(words, words, words, words))
    course = replace(
        ONE_OF_EACH,
        patient=name,
        clinic=replace(
            ONE_OF_EACH.clinic,
            name=name,
            calendar_name=name,
            address=address,
            phone=phone,
            instructions=own,
        ),
    )
    calendar = icalendar.Calendar.from_ical(ics(course, view))
    for name_of_it in ("NAME", "X-WR-CALNAME"):
        assert without_escapes(str(calendar[name_of_it])) == calendar_name(course, view)
    plain = icalendar.Calendar.from_ical(ics(ONE_OF_EACH, view))
    assert structure(calendar, {"LOCATION"}) == structure(plain, {"LOCATION"})
    for event, wanted in zip(calendar.events, events(course, view), strict=True):
        assert str(event["SUMMARY"]) == wanted.title
        assert str(event["DESCRIPTION"]) == wanted.text
        assert event.get("LOCATION", "") in ("", one_line(address))
    if view == PATIENT:
        said = [str(event["DESCRIPTION"]) for event in calendar.events]
        assert sum(words in text and one_line(phone) in text for text in said) >= len(
            course.visits
        )


def without_escapes(raw: str) -> str:
    """The text of a property that `icalendar` leaves as it stands in the file."""
    return re.sub(r"\\([\\,;nN])", lambda found: {"n": "\n"}.get(found[1], found[1]), raw)


def structure(component: icalendar.Component, apart_from: set[str]) -> object:
    """The names of a component and of its properties, and the same of all that it contains."""
    properties = {str(name) for name in component} - apart_from
    return (
        component.name,
        properties,
        [structure(one, apart_from) for one in component.subcomponents],
    )


@ANY_COURSE
def test_a_strict_reader_finds_the_same_titles_and_texts(course):
    read = by_ical(ics(course))
    assert [event.title for event in read] == [event.title for event in events(course, PATIENT)]


# ---- The whole content of each event

SAYS_WHERE = {"address": "12 Main St", "phone": "555 0100"}
BRINGS = Instructions(discreet=Wording(bring="A hat."))
READY = "Check-in 09:00. Ready to be collected: not before 10:55."
NOT_TO_DRIVE = "No driving before Tue 8 Dec, 10:55, and not before a full night's sleep"
LONGER = "Kept longer? Then later: ask us."
GONE = ("This does not take place.",)

Content = tuple[str, tuple[str, ...], str, int | None]
"""An event's title, the lines of its text without the revision, its place and its alarm."""


def contents(course: Course, view: View = PATIENT) -> dict[str, Content]:
    """The content of each event, by its name."""
    return {
        one.name: (one.title, tuple(one.text.split("\n")[:-1]), one.place, one.alarm)
        for one in events(course, view)
    }


ONE_OF_EACH_PLACE = protocol(
    phase(1, reviews=(PhaseReview(1, "How is it going?"), PhaseReview(1, "Look", place="clinic"))),
    phase(1, name="talks", visit="talk"),
    phase(1, name="at home", visit="home", tentative=True),
    visits=MIXED.visits,
)


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        pytest.param(
            SAYS_WHERE | {"instructions": BRINGS},
            "12 Main St",
            ("Please bring: A hat.", "Clinic's phone: 555 0100"),
            id="a clinic that says where, and what to bring",
        ),
        pytest.param({}, "", (), id="a clinic that says nothing"),
    ],
)
def test_the_content_of_each_event_by_kind_of_visit(more, place, words):
    course = plan_course(ONE_OF_EACH_PLACE, clinic(**more), request(driver_name="Sam"))
    ride, phone = "Someone else has to drive you there and back. Driver: Sam.", words[1:]
    until = f"{NOT_TO_DRIVE}. {LONGER}"
    found = contents(course)
    assert {name: one for name, one in found.items() if "ride-reminder" not in name} == {
        "appointment-1": ("Appointment 1 of 1", (READY, ride, until, *words), place, 120),
        "no-driving-1": (NOT_TO_DRIVE, (until,), "", 0),
        "talk-1": ("Phone appointment", phone, "", 120),
        "talk-2": ("Appointment", phone, place, 120),
        "appointment-2": ("Phone appointment 1 of 1", ("By phone, at 09:00.", *phone), "", 120),
        "appointment-3": (
            "Appointment at home 1 of 1 (to be decided by your clinician)",
            ("At home, at 09:00.", ASK_ABOUT_DRIVING, *phone),
            "",
            120,
        ),
        "no-driving-3": (
            "No driving: ask your clinic when you may (if the appointment takes place)",
            (ASK_ABOUT_DRIVING,),
            "",
            0,
        ),
    }
    ask = tuple(f"If you cannot come, please call: {line[16:]}" for line in phone)
    both = "Mon 7 Dec, 09:00 – collect from 10:55."
    late = f"Not before 10:55; it may take longer. {WAIT_AND_DRIVE}"
    assert contents(course, DRIVER) == {
        "bring-1": (
            "Bring at 09:00",
            (both, "Please be on time.", "Driver: Sam.", *ask),
            place,
            120,
        ),
        "collect-1": ("Collect from 10:55", (both, late, "Driver: Sam.", *ask), place, 30),
    }


def test_an_event_that_does_not_take_place_says_only_that():
    course = plan_course(ONE_OF_EACH_PLACE, clinic(**SAYS_WHERE), request(driver_name="Sam"))
    course = replace(
        course,
        visits=tuple(replace(one, status="ceased") for one in course.visits),
        companions=tuple(replace(one, status="omitted") for one in course.companions),
    )
    assert contents(course) == {
        "appointment-1": ("CANCELLED: Appointment 1 of 1", GONE, "12 Main St", None),
        "appointment-2": ("CANCELLED: Phone appointment 1 of 1", GONE, "", None),
        "appointment-3": ("CANCELLED: Appointment at home 1 of 1", GONE, "", None),
        "talk-1": ("CANCELLED: Phone appointment", GONE, "", None),
        "talk-2": ("CANCELLED: Appointment", GONE, "12 Main St", None),
    }


@pytest.mark.parametrize(
    ("names", "called"),
    [
        ({"name": "The clinic", "calendar_name": "Day clinic"}, "Day clinic"),
        ({"name": "The clinic"}, "The clinic"),
        ({"calendar_name": "Day clinic"}, "Day clinic"),
        ({}, "A protocol for tests"),
    ],
    ids=["both", "a name", "a name for calendars", "none"],
)
def test_a_clinical_calendar_has_the_name_of_the_clinic_or_else_of_the_protocol(names, called):
    course = plan_course(protocol(phase(1)), clinic(titles="clinical", **names), request())
    assert calendar_name(course, PATIENT) == called


# ---- What is cancelled


def test_a_removed_ride_is_cancelled_by_all_of_its_properties():
    before = plan_course(
        protocol(phase(1)), clinic(**SAYS_WHERE), request(driver_name="Sam"), MADE_AT
    )
    at = datetime(2026, 12, 1, 12, tzinfo=ZoneInfo("America/New_York"))
    course = revise(before, Change("omit", visit=1), at=at, why="unwell")
    bring, collect = entry(render_changes(before, course, DRIVER)).of("VEVENT")
    assert bring.parts == collect.parts == []
    assert bring.properties == [
        ("SUMMARY", "CANCELLED: Bring at 09:00"),
        ("DTSTART", ";TZID=America/New_York:20261207T090000"),
        ("DTEND", ";TZID=America/New_York:20261207T091500"),
        ("DTSTAMP", "20261201T170000Z"),
        ("UID", events(before, DRIVER)[0].uid),
        ("SEQUENCE", "1"),
        (
            "DESCRIPTION",
            r"This does not take place.\nRevision 2\, made Tue 1 Dec 2026\, 12:00. "
            "It replaces any earlier one.",
        ),
        ("LAST-MODIFIED", "20261201T170000Z"),
        ("LOCATION", "12 Main St"),
        ("STATUS", "CANCELLED"),
        ("TRANSP", "TRANSPARENT"),
    ]


# ---- What a calendar does not depend on


def test_a_calendar_does_not_depend_on_the_zone_of_the_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        made_at = MADE_AT + timedelta(minutes=7)
        course = plan_course(protocol(phase(1)), clinic(), request(), made_at)
        stamps = {event.one("DTSTAMP") for event in vevents(course)}
    finally:
        monkeypatch.undo()
        time.tzset()
    assert stamps == {"20261123T150700Z"}


def test_two_short_visits_in_the_repeated_hour_are_an_hour_apart():
    zone, course = ZoneInfo("America/New_York"), course_like("one visit")
    found = []
    for fold in (0, 1):
        start = datetime(2027, 11, 7, 1, 30, tzinfo=zone, fold=fold)
        visit = replace(course.visits[0], start=start, end=add_minutes(start, 20))
        (event,) = vevents(replace(course, visits=(visit,)), CLINIC)
        found.append((event.one("DTSTART"), event.one("DTEND")))
    assert found == [
        ("20271107T053000Z", "20271107T055000Z"),
        ("20271107T063000Z", "20271107T065000Z"),
    ]
