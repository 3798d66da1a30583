"""Calendars as people export them become busy times, worked out by hand; broken ones do not."""

from contextlib import suppress
from datetime import date, datetime
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.errors import BadFile
from ketasched.files.busy import read_calendar
from tests.conftest import examples

NEW_YORK = ZoneInfo("America/New_York")

EASTERN = """\
BEGIN:VTIMEZONE
TZID:Eastern Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
"""As Outlook writes it: a Windows name, and rules since 1601."""

MINE = EASTERN.replace("Eastern Standard Time", "Mine")

BERLIN = """\
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*events: str, zones: str = "") -> str:
    """A calendar with these VEVENTs, each without its first and last line."""
    inside = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y\n{zones}{inside}END:VCALENDAR\n"


def written(tmp_path, text: str | bytes, name: str = "anna.ics") -> str:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def busy(path: str, first: str = "2026-10-19", last: str = "2026-12-31", zone=NEW_YORK):
    """The busy times as "10-26 09:00-10:00", or "10-26 22:00 to 10-27 06:00"."""
    found = read_calendar(path).busy(zone, date.fromisoformat(first), date.fromisoformat(last))
    assert all(one.start.tzinfo is zone for one in found)
    assert all(one.calendar == "anna" for one in found)
    return [said(one.start, one.end) for one in found]


def said(start: datetime, end: datetime) -> str:
    if start.date() == end.date():
        return f"{start:%m-%d %H:%M}-{end:%H:%M}"
    return f"{start:%m-%d %H:%M} to {end:%m-%d %H:%M}"


WEEKLY = (
    "DTSTART;TZID=America/New_York:20261026T090000\nDTEND;TZID=America/New_York:20261026T100000"
)
"""Monday 26 October 2026, 9 to 10; the clocks go back on Sunday 1 November."""

RIGHT = {
    # --- single events
    "a time in a zone": (
        ["DTSTART;TZID=America/New_York:20261026T090000\nDTEND;TZID=America/New_York:20261026T100000"],
        ["10-26 09:00-10:00"],
    ),
    "UTC, before and after the clocks go back": (
        ["DTSTART:20261026T130000Z\nDTEND:20261026T140000Z",
         "DTSTART:20261102T130000Z\nDTEND:20261102T140000Z"],
        ["10-26 09:00-10:00", "11-02 08:00-09:00"],
    ),
    "floating is the clinic's time": (
        ["DTSTART:20261026T130000\nDTEND:20261026T140000"],
        ["10-26 13:00-14:00"],
    ),
    "another zone of the world": (
        ["DTSTART;TZID=Europe/Berlin:20261026T150000\nDTEND;TZID=Europe/Berlin:20261026T160000"],
        ["10-26 10:00-11:00"],  # Berlin has changed the day before, New York has not
    ),
    "two zones, as of a flight": (
        ["DTSTART;TZID=America/New_York:20261026T180000\nDTEND;TZID=Europe/Berlin:20261027T070000"],
        ["10-26 18:00 to 10-27 02:00"],
    ),
    "over the hour that comes twice, at 1:30 the first": (
        ["DTSTART;TZID=America/New_York:20261101T013000\nDTEND;TZID=America/New_York:20261101T030000"],
        ["11-01 01:30-03:00"],
    ),
    "a duration in hours is elapsed time": (
        ["DTSTART;TZID=America/New_York:20261031T230000\nDURATION:PT8H"],
        ["10-31 23:00 to 11-01 06:00"],
    ),
    "a duration in days is by the clock": (
        ["DTSTART;TZID=America/New_York:20261031T230000\nDURATION:P1DT30M"],
        ["10-31 23:00 to 11-01 23:30"],
    ),
    "a week": (["DTSTART:20261026T090000\nDURATION:P1W"], ["10-26 09:00 to 11-02 09:00"]),
    "no end is no time": (["DTSTART:20261026T090000"], []),
    "a whole day": (["DTSTART;VALUE=DATE:20261026"], ["10-26 00:00 to 10-27 00:00"]),
    "whole days, the last one exclusive": (
        ["DTSTART;VALUE=DATE:20261031\nDTEND;VALUE=DATE:20261102"],
        ["10-31 00:00 to 11-02 00:00"],
    ),
    "a whole day that ends on itself": (
        ["DTSTART;VALUE=DATE:20261026\nDTEND;VALUE=DATE:20261026"],
        ["10-26 00:00 to 10-27 00:00"],
    ),
    "whole days by duration": (
        ["DTSTART;VALUE=DATE:20261026\nDURATION:P2D"], ["10-26 00:00 to 10-28 00:00"]
    ),
    "free": ([f"{WEEKLY}\nTRANSP:TRANSPARENT"], []),
    "cancelled": ([f"{WEEKLY}\nSTATUS:CANCELLED"], []),
    "tentative is busy": ([f"{WEEKLY}\nSTATUS:TENTATIVE\nTRANSP:OPAQUE"], ["10-26 09:00-10:00"]),
    "merged where they meet": (
        [WEEKLY, "DTSTART:20261026T093000\nDTEND:20261026T110000",
         "DTSTART:20261026T110000\nDTEND:20261026T113000"],
        ["10-26 09:00-11:30"],
    ),
    "cut to the days that are asked about": (
        ["DTSTART;VALUE=DATE:20250101\nDTEND;VALUE=DATE:20261020",
         "DTSTART;VALUE=DATE:20261231\nDTEND;VALUE=DATE:20280101"],
        ["10-19 00:00 to 10-20 00:00", "12-31 00:00 to 01-01 00:00"],
    ),
    # --- series
    "a series of long ones, of which one has begun before": (
        [
            "DTSTART;VALUE=DATE:20201010\nDTEND;VALUE=DATE:20201022\nRRULE:FREQ=YEARLY",
        ],
        ["10-19 00:00 to 10-22 00:00"],
    ),
    "weekly keeps its time over the change": (
        [f"{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=3"],
        ["10-26 09:00-10:00", "11-02 09:00-10:00", "11-09 09:00-10:00"],
    ),
    "every other week, Monday and Wednesday": (
        [f"{WEEKLY}\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4"],
        ["10-26 09:00-10:00", "10-28 09:00-10:00", "11-09 09:00-10:00", "11-11 09:00-10:00"],
    ),
    "until, in UTC, inclusive": (
        [f"{WEEKLY}\nRRULE:FREQ=DAILY;UNTIL=20261028T130000Z"],
        ["10-26 09:00-10:00", "10-27 09:00-10:00", "10-28 09:00-10:00"],
    ),
    "until a second before": (
        [f"{WEEKLY}\nRRULE:FREQ=DAILY;UNTIL=20261028T125959Z"],
        ["10-26 09:00-10:00", "10-27 09:00-10:00"],
    ),
    "until a day, that day too": (
        [f"{WEEKLY}\nRRULE:FREQ=DAILY;UNTIL=20261027"],
        ["10-26 09:00-10:00", "10-27 09:00-10:00"],
    ),
    "the second Tuesday and the last Friday of a month": (
        [f"{WEEKLY}\nRRULE:FREQ=MONTHLY;BYDAY=2TU,-1FR;UNTIL=20261201T000000Z"],
        ["10-26 09:00-10:00", "10-30 09:00-10:00", "11-10 09:00-10:00", "11-27 09:00-10:00"],
    ),
    "the last weekday of a month": (
        [f"{WEEKLY}\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2"],
        ["10-26 09:00-10:00", "10-30 09:00-10:00", "11-30 09:00-10:00"],
    ),
    "a birthday of long ago": (
        ["DTSTART;VALUE=DATE:19601126\nRRULE:FREQ=YEARLY"], ["11-26 00:00 to 11-27 00:00"]
    ),
    "Thanksgiving": (
        ["DTSTART;VALUE=DATE:20201126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"],
        ["11-26 00:00 to 11-27 00:00"],
    ),
    "without one, as Google deletes": (
        [f"{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=America/New_York:20261102T090000"],
        ["10-26 09:00-10:00", "11-09 09:00-10:00"],
    ),
    "without one, said in UTC": (
        [f"{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20261102T140000Z"],
        ["10-26 09:00-10:00", "11-09 09:00-10:00"],
    ),
    "without some days, as Apple deletes them": (
        ["DTSTART;VALUE=DATE:20261026\nRRULE:FREQ=DAILY;COUNT=4\n"
         "EXDATE;VALUE=DATE:20261027,20261028"],
        ["10-26 00:00 to 10-27 00:00", "10-29 00:00 to 10-30 00:00"],
    ),
    "with others besides": (
        [f"{WEEKLY}\nRDATE;TZID=America/New_York:20261103T140000,20261104T140000\n"
         "RDATE;VALUE=PERIOD:20261105T140000Z/PT30M,20261106T140000Z/20261106T141500Z"],
        ["10-26 09:00-10:00", "11-03 14:00-15:00", "11-04 14:00-15:00", "11-05 09:00-09:30",
         "11-06 09:00-09:15"],
    ),
    "with others that name no zone, in that of the series": (
        ["DTSTART;TZID=Europe/Berlin:20261026T150000\nDURATION:PT1H\nRDATE:20261103T150000"],
        ["10-26 10:00-11:00", "11-03 09:00-10:00"],
    ),
    "two daily series, each at its own time and until its own end": (
        ["DTSTART:20261030T130000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261101T130000Z",
         "DTSTART:20261030T233000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261101T233000Z"],
        ["10-30 09:00-10:00", "10-30 19:30-20:30", "10-31 09:00-10:00", "10-31 19:30-20:30",
         "11-01 08:00-09:00", "11-01 18:30-19:30"],
    ),
    "one moved to another day": (
        [f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=3",
         "UID:1\nRECURRENCE-ID;TZID=America/New_York:20261102T090000\n"
         "DTSTART;TZID=America/New_York:20261103T150000\nDTEND;TZID=America/New_York:20261103T153000"],
        ["10-26 09:00-10:00", "11-03 15:00-15:30", "11-09 09:00-10:00"],
    ),
    "one moved, twice: the later word counts": (
        [f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=2",
         "UID:1\nSEQUENCE:2\nRECURRENCE-ID:20261102T140000Z\n"
         "DTSTART:20261103T150000Z\nDTEND:20261103T160000Z",
         "UID:1\nSEQUENCE:1\nRECURRENCE-ID:20261102T140000Z\n"
         "DTSTART:20261105T150000Z\nDTEND:20261105T160000Z"],
        ["10-26 09:00-10:00", "11-03 10:00-11:00"],
    ),
    "one cancelled": (
        [f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=3",
         f"UID:1\nRECURRENCE-ID:20261102T140000Z\nSTATUS:CANCELLED\n{WEEKLY}"],
        ["10-26 09:00-10:00", "11-09 09:00-10:00"],
    ),
    "one that is free": (
        [f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=2",
         f"UID:1\nRECURRENCE-ID:20261102T140000Z\nTRANSP:TRANSPARENT\n{WEEKLY}"],
        ["10-26 09:00-10:00"],
    ),
    "one that is busy in a series that is free": (
        [f"UID:1\nTRANSP:TRANSPARENT\n{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=3",
         "UID:1\nRECURRENCE-ID:20261102T140000Z\n"
         "DTSTART:20261102T140000Z\nDTEND:20261102T150000Z"],
        ["11-02 09:00-10:00"],
    ),
    "this and the later ones moved": (
        [f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=4",
         "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/New_York:20261102T090000\n"
         "DTSTART;TZID=America/New_York:20261103T110000\nDTEND;TZID=America/New_York:20261103T113000"],
        ["10-26 09:00-10:00", "11-03 11:00-11:30", "11-10 11:00-11:30", "11-17 11:00-11:30"],
    ),
    "this and the later ones cancelled": (
        [f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY",
         "UID:1\nSTATUS:CANCELLED\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261102T140000Z\n"
         "DTSTART:20261102T140000Z"],
        ["10-26 09:00-10:00"],
    ),
    "this and the later ones moved, said in other zones than the series": (
        ["UID:1\nDTSTART;TZID=Europe/Berlin:20261023T150000\nDURATION:PT1H\n"
         "RRULE:FREQ=WEEKLY;COUNT=3",
         "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261030T140000Z\n"
         "DTSTART;TZID=America/New_York:20261030T120000\nDURATION:PT1H"],
        ["10-23 09:00-10:00", "10-30 12:00-13:00", "11-06 11:00-12:00"],
    ),
    "series of one UID by mistake, each without the time that another event has": (
        [f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=2",
         "UID:1\nDTSTART:20261026T180000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2",
         "UID:1\nDTSTART;VALUE=DATE:20261028\nRRULE:FREQ=WEEKLY;COUNT=2",
         "UID:1\nRECURRENCE-ID:20261102T140000Z\nDTSTART:20261110T150000Z\nDURATION:PT1H",
         "UID:1\nRECURRENCE-ID;VALUE=DATE:20261104\nDTSTART:20261111T150000Z\nDURATION:PT1H"],
        ["10-26 09:00-10:00", "10-26 14:00-15:00", "10-28 00:00 to 10-29 00:00",
         "11-02 13:00-14:00", "11-10 10:00-11:00", "11-11 10:00-11:00"],
    ),
    "of those that begin together the longest": (
        ["DTSTART:20261026T090000\nDURATION:PT3H", "DTSTART:20261026T090000\nDURATION:PT1H"],
        ["10-26 09:00-12:00"],
    ),
    "a moved one whose series is not there": (
        [f"UID:1\nRECURRENCE-ID:20261102T140000Z\n{WEEKLY}"], ["10-26 09:00-10:00"]
    ),
    "two series of one UID, by mistake": (
        [f"UID:1\n{WEEKLY}", "UID:1\nDTSTART:20261102T140000Z\nDTEND:20261102T150000Z"],
        ["10-26 09:00-10:00", "11-02 09:00-10:00"],
    ),
    "an older word on the same event": (
        [f"UID:1\nSEQUENCE:3\n{WEEKLY}",
         "UID:1\nSEQUENCE:1\nDTSTART:20261026T130000Z\nDTEND:20261026T150000Z"],
        ["10-26 09:00-10:00"],
    ),
    "other times under one UID, numbered, all count": (
        [f"UID:1\nSEQUENCE:3\n{WEEKLY}",
         "UID:1\nSEQUENCE:1\nDTSTART:20261102T140000Z\nDTEND:20261102T150000Z"],
        ["10-26 09:00-10:00", "11-02 09:00-10:00"],
    ),
    "every night, over the change": (
        ["DTSTART;TZID=America/New_York:20261030T220000\nDTEND;TZID=America/New_York:20261031T060000\n"
         "RRULE:FREQ=DAILY;COUNT=3"],
        ["10-30 22:00 to 10-31 06:00", "10-31 22:00 to 11-01 06:00", "11-01 22:00 to 11-02 06:00"],
    ),
    "finer than daily means the whole days": (
        ["DTSTART:20261026T090000\nDURATION:PT5M\nRRULE:FREQ=HOURLY;INTERVAL=3;COUNT=3"],
        ["10-26 00:00 to 10-27 00:05"],
    ),
    "finer than daily, on some days": (
        ["DTSTART:20261026T090000\nDURATION:PT1S\nRRULE:FREQ=SECONDLY;BYDAY=TU;BYHOUR=9;"
         "UNTIL=20261104T000000Z"],
        ["10-26 09:00-09:00", "10-27 00:00 to 10-28 00:00", "11-03 00:00 to 11-04 00:00"],
    ),
    "a rule that never comes": (
        ["DTSTART:20251026T090000\nDURATION:PT5M\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"], []
    ),
    "every second, but only three times": (
        ["DTSTART:20261026T090000\nDURATION:PT1M\nRRULE:FREQ=SECONDLY;COUNT=3"],
        ["10-26 00:00 to 10-27 00:01"],
    ),
    "lines that are folded, names in small letters, parameters in quotes": (
        ['dtstart;tzid="America/New\n _York":20261026T090000\ndtend;X="a;b:c";TZID=America/New\n'
         " _York:20261026\n T100000\nDESCRIPTION:x\n  RRULE:FREQ=DAILY"],
        ["10-26 09:00-10:00"],
    ),
    "an alarm has a length of its own": (
        [f"BEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:PT9H\nEND:VALARM\n{WEEKLY}"],
        ["10-26 09:00-10:00"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("events", "times"), RIGHT.values(), ids=RIGHT)
def test_when_somebody_is_busy(tmp_path, events, times):
    assert busy(written(tmp_path, calendar(*events))) == times


ZONES = {
    "of Windows, described": (EASTERN, "Eastern Standard Time", ["10-26 09:00", "11-02 09:00"]),
    "of Windows, not described": ("", "Eastern Standard Time", ["10-26 09:00", "11-02 09:00"]),
    "of its own": (BERLIN, "Customized Time Zone", ["10-26 04:00", "11-02 03:00"]),
    "of Exchange, described": (
        BERLIN.replace("Customized Time Zone", "GMT +0100 (Standard) / GMT +0200 (Daylight)"),
        '"GMT +0100 (Standard) / GMT +0200 (Daylight)"',
        ["10-26 04:00", "11-02 03:00"],
    ),
    "of Lotus, described by dates": (
        "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:19701101T020000\nTZOFFSETFROM:-0400\n"
        "TZOFFSETTO:-0500\nRDATE:20251102T020000,20261101T020000\nEND:STANDARD\nBEGIN:DAYLIGHT\n"
        "DTSTART:20260308T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nEND:DAYLIGHT\n"
        "END:VTIMEZONE\n",
        "Mine",
        ["10-26 09:00", "11-02 09:00"],
    ),
    "without a change": (
        "BEGIN:VTIMEZONE\nTZID:Fixed\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
        "TZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nEND:STANDARD\nEND:VTIMEZONE\n",
        "Fixed",
        ["10-25 23:30", "11-01 22:30"],
    ),
    "of Mozilla": ("", "/mozilla.org/20070129_1/America/New_York", ["10-26 09:00", "11-02 09:00"]),
    "of Evolution": (
        "",
        "/freeassociation.sourceforge.net/America/Indiana/Knox",
        ["10-26 10:00", "11-02 10:00"],
    ),
    "with a slash": ("", "/Europe/Berlin", ["10-26 04:00", "11-02 03:00"]),
}


@pytest.mark.parametrize(("zones", "name", "starts"), ZONES.values(), ids=ZONES)
@pytest.mark.parametrize("last", [False, True])
def test_a_time_zone(tmp_path, zones, name, starts, last):
    event = f"DTSTART;TZID={name}:20261026T090000\nDURATION:PT20M\nRRULE:FREQ=WEEKLY;COUNT=2"
    text = calendar(event, zones=zones)
    if last:
        text = calendar(event).replace("END:VCALENDAR\n", f"{zones}END:VCALENDAR\n")
    assert [one[:11] for one in busy(written(tmp_path, text))] == starts


@pytest.mark.parametrize("day", ["20261031", "20261101", "20270313", "20270314", "20270315"])
def test_a_described_zone_is_read_like_the_same_one_of_the_world(tmp_path, day):
    for number in range(48):
        at = f"{day}T{number // 2:02d}{number % 2 * 3}000"
        found = [
            busy(written(tmp_path, calendar(event, zones=zones)), "2026-10-01", "2027-04-30")
            for event, zones in (
                (f"DTSTART;TZID=Mine:{at}\nDURATION:PT5M", MINE),
                (f"DTSTART;TZID=America/New_York:{at}\nDURATION:PT5M", ""),
            )
        ]
        assert found[0] == found[1]


def test_two_files_may_call_different_zones_the_same(tmp_path):
    event = "DTSTART;TZID=Customized Time Zone:20261026T090000\nDURATION:PT20M"
    mine = EASTERN.replace("Eastern Standard Time", "Customized Time Zone")
    for zones, start in ((BERLIN, "10-26 04:00"), (mine, "10-26 09:00"), (BERLIN, "10-26 04:00")):
        assert busy(written(tmp_path, calendar(event, zones=zones)))[0].startswith(start)


def test_whole_days_are_those_of_the_clinic(tmp_path):
    path = written(tmp_path, calendar("DTSTART;VALUE=DATE:20261026"))
    found = read_calendar(path).busy(ZoneInfo("Asia/Tokyo"), date(2026, 10, 1), date(2026, 11, 1))
    assert [one.start.isoformat() for one in found] == ["2026-10-26T00:00:00+09:00"]


def test_free_busy_periods(tmp_path):
    text = calendar().replace(
        "END:VCALENDAR",
        "BEGIN:VFREEBUSY\nDTSTART:20261019T000000Z\nDTEND:20261219T000000Z\n"
        "FREEBUSY:20261026T130000Z/PT1H,20261027T130000Z/20261027T133000Z\n"
        "FREEBUSY;FBTYPE=FREE:20261028T130000Z/PT1H\n"
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261029T130000Z/PT1H\n"
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261030T130000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR",
    )
    assert busy(written(tmp_path, text)) == [
        "10-26 09:00-10:00",
        "10-27 09:00-09:30",
        "10-29 09:00-10:00",
        "10-30 09:00-10:00",
    ]


WRITTEN = ["byte-order mark", "CRLF", "CR", "blank lines", "two calendars", "no last line end"]


@pytest.mark.parametrize("change", [
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: text.replace("\n", "\r").encode(),
    lambda text: text.replace("\n", "\n\n").encode(),
    lambda text: (text + text).encode(),
    lambda text: text.rstrip().encode(),
], ids=WRITTEN)  # fmt: skip
def test_files_as_programs_write_them(tmp_path, change):
    assert busy(written(tmp_path, change(calendar(WEEKLY)))) == ["10-26 09:00-10:00"]


def test_tasks_and_journals_are_not_busy(tmp_path):
    text = calendar(WEEKLY).replace("VEVENT", "VTODO")
    assert busy(written(tmp_path, text)) == []


def test_the_name_is_the_stem_of_the_file_and_nothing_of_an_event_is_kept(tmp_path):
    path = written(tmp_path, calendar(f"{WEEKLY}\nSUMMARY:Secret\nLOCATION:Secret"))
    found = read_calendar(path)
    assert found.name == "anna"
    assert "Secret" not in repr(found)


BROKEN = {
    "nothing": ("", "is empty", None),
    "blank": ("\n \n", "is empty", None),
    "no calendar": ("patient,start\n", "is no calendar", 1),
    "a card": ("BEGIN:VCARD\nEND:VCARD\n", "is no calendar", 1),
    "cut off": (calendar(WEEKLY)[:-20], "before END:VEVENT .*line 4", 7),
    "cut off at a line": ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "before END:VEVENT .*line 2", 2),
    "an end of something else": (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "expected END:VEVENT, .*line 2", 3
    ),
    "an alarm without an end before the start": (
        calendar(f"BEGIN:VALARM\nACTION:AUDIO\n{WEEKLY}"), "expected END:VALARM .*line 5", 9
    ),
    "a start twice": (calendar(f"{WEEKLY}\nDTSTART:20261026T090000"), "twice .*line 5", 7),
    "two starts on a line": (
        calendar("DTSTART:20261026T090000,20261027T090000"), "DTSTART: expected a time", 5
    ),
    "no date": (calendar("DTSTART:20261301T090000"), "DTSTART: expected a time", 5),
    "no time": (calendar("DTSTART:20261201T250000"), "DTSTART: expected a time", 5),
    "no value": (calendar('DTSTART;X="a'), "DTSTART: expected a time", 5),
    "no duration": (calendar("DTSTART:20261026T090000\nDURATION:1H"), "such as PT1H30M", 6),
    "half a duration": (calendar("DTSTART:20261026T090000\nDURATION:PT"), "such as PT1H30M", 6),
    "a period without an end": (calendar(f"{WEEKLY}\nRDATE:20261026T090000/"), "RDATE: exp", 7),
    "deep": ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 50, "too deeply", 21),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says", "line"), BROKEN.values(), ids=BROKEN)
def test_a_broken_calendar_is_refused_as_a_whole_with_its_line(tmp_path, text, says, line):
    path = written(tmp_path, text)
    with pytest.raises(BadFile, match=says) as caught:
        busy(path)
    assert caught.value.what.startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert caught.value.next_step


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    path = written(tmp_path, calendar("DTSTART:x", WEEKLY, "DTSTART:y"))
    with pytest.raises(BadFile, match="2 problems") as caught:
        read_calendar(path)
    assert [line[:7] for line in caught.value.details] == ["line 5:", "line 12"]


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-16", ""),
        ("utf-16-be", ""),
        ("latin-1", "read 1 event; 1 is not UTF-8 and was read as Latin-1: line 7"),
    ],
)
def test_another_encoding_is_read(tmp_path, encoding, note):
    text = calendar(f"{WEEKLY}\nSUMMARY:Zahnärztin")
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    path = written(tmp_path, mark + text.encode(encoding))
    assert busy(path) == ["10-26 09:00-10:00"]
    assert read_calendar(path).note == (f"{path}: {note}" if note else "")


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(BadFile, match="cannot be read"):
        read_calendar(str(tmp_path))
    with pytest.raises(BadFile, match="cannot be read"):
        read_calendar(str(tmp_path / "none.ics"))


def test_a_file_that_is_too_large_is_refused(tmp_path):
    with pytest.raises(BadFile, match="larger than 10 MB"):
        read_calendar(written(tmp_path, b"BEGIN:VCALENDAR\n" + b"X:" + b"x" * 10_000_000))


# --- whatever is in a file

SAMPLE = calendar(
    f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=9\nEXDATE:20261102T140000Z",
    "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261109T140000Z\n"
    'DTSTART;TZID="Eastern Standard Time":20261110T090000\nDURATION:P1DT2H',
    "DTSTART;VALUE=DATE:20261124\nRDATE;VALUE=DATE:20261201,20261203\nTRANSP:OPAQUE",
    zones=EASTERN,
).splitlines()
WORDS = st.sampled_from(
    [
        *("", ":", ";", "=", ",", "/", "-", "Z", "T", "P", "0", "9", "99999999999", "00000000"),
        *("\\", '"', "\n", "\n ", "\x00", "\u2028", "٣", "BEGIN:VEVENT\n", "END:VEVENT\n"),
        *("99991231T235959", "00010101T000000Z", "UNTIL=99991231T235959Z", "UNTIL=00010101"),
        *("FREQ=SECONDLY", "INTERVAL=9999999", "BYSETPOS=-1", "DTSTART:", "TZID=x"),
    ]
)


@settings(max_examples=examples(600))
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 40), WORDS), max_size=4))
def test_whatever_is_in_a_file_it_is_read_or_refused(tmp_path_factory, changes):
    text = "\n".join(SAMPLE) + "\n"
    for place, length, word in changes:
        begin = place % len(text)
        text = text[:begin] + word + text[begin + length :]
    path = tmp_path_factory.getbasetemp() / "anna.ics"
    path.write_text(text, encoding="utf-8")
    try:
        found = read_calendar(str(path)).busy(NEW_YORK, date(2026, 10, 19), date(2026, 12, 31))
    except BadFile:
        return
    for one in found:
        assert one.start < one.end


@settings(max_examples=examples(300))
@given(st.sampled_from(("RRULE", "DTSTART", "DTEND", "DURATION", "EXDATE", "RDATE")), st.data())
def test_whatever_a_property_says_it_is_read_or_refused(tmp_path_factory, name, data):
    said = "".join(data.draw(st.lists(WORDS | st.sampled_from(SAMPLE), max_size=6)))
    event = (
        f"{WEEKLY}\n{name}:{said}" if name in ("RRULE", "EXDATE", "RDATE") else f"{name}:{said}"
    )
    path = tmp_path_factory.getbasetemp() / "anna.ics"
    path.write_text(calendar(event), encoding="utf-8")
    with suppress(BadFile):
        read_calendar(str(path)).busy(NEW_YORK, date(2026, 10, 19), date(2026, 12, 31))


@pytest.mark.parametrize(
    "first", ["19000101T000000Z", "00010101T000000", "99991231T235959Z", "99991231T235959"]
)
@pytest.mark.parametrize("frequency", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"])
@pytest.mark.parametrize(
    "days", [(date(1950, 1, 1), date(1951, 1, 1)), (date(2099, 1, 1), date(2101, 1, 1))]
)
def test_the_ends_of_time_are_no_trouble(tmp_path, first, frequency, days):
    zone = "" if first.endswith("Z") else ";TZID=Asia/Tokyo"
    event = f"DTSTART{zone}:{first}\nDURATION:P90D\nRRULE:FREQ={frequency};INTERVAL=9999999"
    event += ";UNTIL=99991231T235959Z"
    with suppress(BadFile):
        read_calendar(written(tmp_path, calendar(event))).busy(NEW_YORK, *days)


LONG = {
    "a line of many pieces": "DTEND:2026\n" + " 1\n" * 300_000,
    "many exceptions": "EXDATE:" + ",".join(["20261202T100000"] * 100_000),
    "many parameters": "DTEND;X=" + "a," * 500_000 + ":20261207T100000",
    "quotes without an end": 'DTEND;X="' + '"a' * 300_000,
}


@pytest.mark.parametrize("line", LONG.values(), ids=LONG)
def test_a_long_line_takes_no_longer_than_it_has_letters(tmp_path, line):
    path = written(tmp_path, calendar(f"DTSTART:20261201T100000\n{line}"))
    begin = process_time()
    with suppress(BadFile):
        read_calendar(path)
    assert process_time() - begin < 5
