"""Calendars as real programs write them: what is not certain is busy, and is said."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketasched.errors import BadFile
from ketasched.files.busy import Reading, read_calendar
from tests.files.test_busy_calendars import (
    BERLIN,
    EASTERN,
    NEW_YORK,
    WEEKLY,
    busy,
    calendar,
    said,
    written,
)

DAILY = [f"10-{day} 09:00-10:00" for day in (26, 27, 28)]
AT_NOON = "DTSTART:20261026T120000\nDTEND:20261026T130000"
NOON = ["10-26 12:00-13:00"]

# --- what is passed over, and said ---------------------------------------------------------------

PASSED_OVER = {
    "no start": (["SUMMARY:x", WEEKLY], ["10-26 09:00-10:00"],
                 "read 2 events; 1 has no start and was passed over: line 4"),
    "no starts": (["SUMMARY:x", WEEKLY, "DTSTART:"], ["10-26 09:00-10:00"],
                  "read 3 events; 2 have no start and were passed over: lines 4, 11"),
    "a line that is none": ([f"{WEEKLY}\nhello"], ["10-26 09:00-10:00"],
        "read 1 event; 1 is no line of a calendar and was passed over: line 7"),
    "an end before the start": (
        ["DTSTART:20261026T090000\nDTEND:20261026T080000"], ["10-26 08:00 to 10-27 08:00"],
        "read 1 event; 1 ends before it starts and is busy at both: line 6"),
    "a night that ends on its own day": (
        ["DTSTART:20261026T220000\nDTEND:20261026T060000"], ["10-26 06:00 to 10-27 06:00"],
        "read 1 event; 1 ends before it starts and is busy at both: line 6"),
    "days the wrong way round": (
        ["DTSTART;VALUE=DATE:20261028\nDTEND;VALUE=DATE:20261026"], ["10-26 00:00 to 10-29 00:00"],
        "read 1 event; 1 ends before it starts and is busy at both: line 6"),
    "a length backwards": (
        ["DTSTART:20261026T090000\nDURATION:-PT1H"], ["10-26 08:00 to 10-27 08:00"],
        "read 1 event; 1 ends before it starts and is busy at both: line 6"),
    "an exception that is none": (
        [f"{WEEKLY}\nEXDATE:monday"], ["10-26 09:00-10:00"],
        "read 1 event; 1 has an unknown kind of exception and is busy all the same: "
        "line 7"),
    "an unknown zone": (
        ["DTSTART;TZID=Nowhere:20261026T090000\nDURATION:PT1H"], ["10-25 15:00 to 10-26 20:00"],
        "read 1 event; 1 has an unknown time zone and is busy wherever that may be: line 5"),
    "an unknown zone of the whole calendar": (
        [AT_NOON], ["10-25 18:00 to 10-26 23:00"],
        "read 1 event; 1 has an unknown time zone and is busy wherever that may be: line 4"),
}  # fmt: skip


@pytest.mark.parametrize(("events", "times", "note"), PASSED_OVER.values(), ids=PASSED_OVER)
@pytest.mark.parametrize("days", [None, (date(2026, 10, 19), date(2026, 12, 31))])
def test_what_is_passed_over_is_said_in_one_line(tmp_path, events, times, note, days):
    text = calendar(*events)
    if "line 4" in note and "zone" in note:
        text = text.replace("PRODID:-//x//y\n", "PRODID:-//x//y\nX-WR-TIMEZONE:Nowhere\n")
    path = written(tmp_path, text)
    assert busy(path) == times
    assert read_calendar(path, Reading(days)).note == f"{path}: {note}"


STRICT = {name: events for name, (events, _, _) in PASSED_OVER.items() if "whole" not in name}


@pytest.mark.parametrize("events", STRICT.values(), ids=STRICT)
def test_a_strict_reading_refuses_what_is_passed_over(tmp_path, events):
    path = written(tmp_path, calendar(*events))
    with pytest.raises(BadFile) as caught:
        read_calendar(path, Reading(is_strict=True))
    assert caught.value.next_step


def test_many_lines_are_not_all_named(tmp_path):
    path = written(tmp_path, calendar(*["SUMMARY:x"] * 12))
    assert read_calendar(path).note.endswith("lines 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, …")


# --- rules that are not understood are busy every day --------------------------------------------

NO_RULE = {
    "no part": "weekly",
    "no frequency": "BYDAY=MO",
    "an unknown frequency": "FREQ=OFTEN",
    "an unknown part": "FREQ=WEEKLY;X=1",
    "a misspelt part": "FREQ=WEEKLY;UNTL=20261027",
    "a month too many": "FREQ=WEEKLY;BYMONTH=13",
    "no weekday": "FREQ=WEEKLY;BYDAY=XX",
    "an end that is none": "FREQ=WEEKLY;UNTIL=never",
    "another calendar": "RSCALE=HEBREW;FREQ=YEARLY",
    "a part twice": "FREQ=WEEKLY;BYDAY=MO;BYDAY=TU",
    "a month none": "FREQ=YEARLY;BYMONTH=0",
    "a month backwards": "FREQ=YEARLY;BYMONTH=-1",
    "a leap month": "FREQ=YEARLY;BYMONTH=5L",
    "a day none": "FREQ=MONTHLY;BYMONTHDAY=0",
    "a zeroth weekday": "FREQ=MONTHLY;BYDAY=0MO",
    "a weekday with a sign alone": "FREQ=MONTHLY;BYDAY=+MO",
    "a place none": "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0",
    "a week that begins on some first day": "FREQ=WEEKLY;WKST=1MO",
    "a number without an end": f"FREQ=WEEKLY;COUNT={'9' * 5000}",
    "the format before this one": "W1 MO #10",
}


@pytest.mark.parametrize("rule", NO_RULE.values(), ids=NO_RULE)
def test_a_rule_that_is_not_understood_is_busy_at_its_time_every_day(tmp_path, rule):
    path = written(tmp_path, calendar(f"{WEEKLY}\nRRULE:{rule}"))
    found = busy(path)
    assert found[:3] == DAILY
    assert len(found) == 67
    assert "unknown kind of recurrence" in read_calendar(path).note


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY;BYHOUR=25", "FREQ=DAILY;BYMINUTE=60", "FREQ=DAILY;BYHOUR=-5"]
)
def test_a_rule_that_is_not_understood_and_may_be_finer_than_daily_is_busy_always(tmp_path, rule):
    path = written(tmp_path, calendar(f"{WEEKLY}\nRRULE:{rule}"))
    assert busy(path) == ["10-26 00:00 to 01-01 00:00"]


SAME_AS = {
    "an empty rule": ("RRULE:", ""),
    "a rule of semicolons": ("RRULE:;;", ""),
    "a rule with spaces and small letters": ("RRULE: freq=daily ; count=2;",
                                             "RRULE:FREQ=DAILY;COUNT=2"),
    "a stray comma": ("EXDATE:20261026T130000Z,", "EXDATE:20261026T130000Z"),
    "no repetition": ("RRULE:FREQ=DAILY;INTERVAL=0;UNTIL=20261028T000000Z",
                      "RRULE:FREQ=DAILY;UNTIL=20261028T000000Z"),
    "an end in the time of the zone": ("RRULE:FREQ=DAILY;UNTIL=20261027T090000",
                                       "RRULE:FREQ=DAILY;COUNT=2"),
}  # fmt: skip


@pytest.mark.parametrize(("written_so", "meant"), SAME_AS.values(), ids=SAME_AS)
def test_sloppy_rules_are_read_as_they_are_meant(tmp_path, written_so, meant):
    path = written(tmp_path, calendar(f"{WEEKLY}\n{written_so}"))
    found = busy(path)
    assert found == busy(written(tmp_path, calendar(f"{WEEKLY}\n{meant}")))
    assert not read_calendar(path).note


# --- lines, as odd programs write and break them -------------------------------------------------

SAME_LINES = {
    "a fold after the name": "DTSTART\n :20261026T120000\nDTEND\n\t:20261026T1300\n 00",
    "a fold in a character": None,
    "a name with _": f"X_ODD_NAME:1\n{AT_NOON}",
    "spaces around": "DTSTART : 20261026T120000 \nDTEND:  20261026T130000\t",
    "small letters": "dtstart:20261026t120000\ndtend:20261026t130000",
    "no seconds": "DTSTART:20261026T1200\nDTEND:20261026T1300",
    "parts of seconds": "DTSTART:20261026T120000.000\nDTEND:20261026T130000.5",
    "an empty end": f"{AT_NOON}\nDURATION:",
    "the same twice": f"{AT_NOON}\nDTSTART:20261026T120000",
    "what nobody needs twice": f"{AT_NOON}\nCLASS:PUBLIC\nCLASS:PRIVATE\nDTSTAMP:x\nDTSTAMP:y",
    "a broken alarm": f"BEGIN:VALARM\nTRIGGER\nDTSTART:x\nEND:VALARM\n{AT_NOON}",
    "an alarm without an end": f"{AT_NOON}\nBEGIN:VALARM\nTRIGGER:-PT15M",
    "a quote without an end": f'{AT_NOON}\nX-PLACE;X="1 Main St\nX-R="9":geo:1,2',
}


@pytest.mark.parametrize("event", SAME_LINES.values(), ids=SAME_LINES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\n"])
def test_lines_are_read_however_they_are_folded_and_ended(tmp_path, event, end):
    if event is None:
        raw = calendar(f"SUMMARY:Mü ller\n{AT_NOON}").encode().replace(b"\xbc ", b"\r\n \xbc", 1)
    else:
        raw = calendar(event).encode()
    assert (
        busy(written(tmp_path, raw.replace(b"\r\n", b"\n").replace(b"\n", end.encode()))) == NOON
    )


AFTER = ["X-COMMENT:cached\n", "\x1a", "\x00\x00", "\ufeff", "hello", "\n\n \n"]


@pytest.mark.parametrize("after", AFTER, ids=repr)
def test_nothing_after_the_end_of_a_calendar_says_when_something_is(tmp_path, after):
    path = written(tmp_path, calendar(AT_NOON) + after)
    assert busy(path) == NOON
    assert not read_calendar(path).note


def test_a_calendar_after_the_end_of_another_counts(tmp_path):
    text = calendar(AT_NOON) + "X-COMMENT:x\n" + calendar(WEEKLY)
    assert busy(written(tmp_path, text)) == ["10-26 09:00-10:00", "10-26 12:00-13:00"]


def test_an_event_without_a_calendar_counts(tmp_path):
    assert busy(written(tmp_path, f"BEGIN:VEVENT\n{AT_NOON}\nEND:VEVENT\n")) == NOON


@pytest.mark.parametrize("kind", ["VTODO", "VJOURNAL"])
def test_an_event_after_a_component_that_has_no_end_is_not_lost(tmp_path, kind):
    text = calendar(AT_NOON).replace("BEGIN:VEVENT", f"BEGIN:{kind}\nEND:VTOOD\nBEGIN:VEVENT")
    assert busy(written(tmp_path, text)) == NOON


def test_a_calendar_without_an_end_is_read_and_said(tmp_path):
    path = written(tmp_path, calendar(AT_NOON).replace("END:VCALENDAR\n", ""))
    assert busy(path) == NOON
    assert "1 calendar is cut off and may lack later events: line 1" in read_calendar(path).note


# --- whole days ----------------------------------------------------------------------------------

ZONES = {"Berlin": ("Europe/Berlin", "2300", -1),
         "New York": ("America/New_York", "0500", 0),
         "Auckland": ("Pacific/Auckland", "1100", -1),
         "Greenwich": ("Asia/Tokyo", "0000", 0)}  # fmt: skip


@pytest.mark.parametrize(("zone", "midnight", "before"), ZONES.values(), ids=ZONES)
def test_a_moment_of_utc_means_the_day_with_whose_midnight_it_is(tmp_path, zone, midnight, before):
    def moment(day: int) -> str:
        return f"{date(2027, 1, day) + timedelta(before):%Y%m%d}T{midnight}00Z"

    text = calendar(
        f"UID:1\nDTSTART;VALUE=DATE:20270104\nRRULE:FREQ=DAILY;UNTIL={moment(10)}\n"
        f"EXDATE:{moment(7)}",
        f"UID:1\nRECURRENCE-ID:{moment(5)}\nDTSTART;VALUE=DATE:20270120",
    )
    found = busy(written(tmp_path, text), "2027-01-01", "2027-01-31", ZoneInfo(zone))
    days = ["01-04 00:00 to 01-05 00:00", "01-06 00:00 to 01-07 00:00"]
    assert found == [*days, "01-08 00:00 to 01-11 00:00", "01-20 00:00 to 01-21 00:00"]


def test_a_moment_of_utc_that_may_mean_two_days_leaves_none_out(tmp_path):
    text = calendar(
        "DTSTART;VALUE=DATE:20261026\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261027T170000Z"
    )
    assert busy(written(tmp_path, text)) == ["10-26 00:00 to 10-29 00:00"]


MIXED = {
    "a time until a day": ("DTSTART:20261026T090000\nDTEND;VALUE=DATE:20261027",
                           "10-26 09:00 to 10-28 00:00"),
    "a day until a time": ("DTSTART;VALUE=DATE:20261026\nDTEND:20261027T090000",
                           "10-26 00:00 to 10-28 00:00"),
    "a day that says that it is one": ("DTSTART;VALUE=DATE:20261026T093000",
                                       "10-26 00:00 to 10-27 00:00"),
    "a series of times with a day": (
        "DTSTART:20250101T090000\nDURATION:PT1H\nRDATE;VALUE=DATE:20261026",
        "10-26 00:00 to 10-27 01:00"),
    "a day that does not": ("DTSTART:20261026\nDTEND:20261026", "10-26 00:00 to 10-27 00:00"),
}  # fmt: skip


@pytest.mark.parametrize(("event", "time"), MIXED.values(), ids=MIXED)
def test_of_a_day_and_a_time_the_day_is_busy_as_a_whole(tmp_path, event, time):
    assert busy(written(tmp_path, calendar(event))) == [time]


# --- zones ---------------------------------------------------------------------------------------

NAMED = {
    "of Windows": "Eastern Standard Time",
    "as Windows shows it": '"(UTC-05:00) Eastern Time (US & Canada)"',
    "as old Windows shows it": "(GMT-05.00) Eastern Time (US & Canada)",
    "as Rails shows it": "Eastern Time (US & Canada)",
    "of the world, with spaces": "America/New York",
    "of the world, in small letters": "america/new_york",
    "of a city": "New York",
    "of the world, with a hyphen": "US-Eastern",
    "of libical": "/softwarestudio.org/Olson_20011030_5/America/New_York",
    "with a prefix": "tzone://example/America/New_York",
    "with a long prefix": "/a/b/c/d/America/New_York",
}


@pytest.mark.parametrize("name", NAMED.values(), ids=NAMED)
def test_a_zone_that_is_not_described_is_found_by_its_name(tmp_path, name):
    event = f"DTSTART;TZID={name}:20261026T090000\nDURATION:PT20M\nRRULE:FREQ=WEEKLY;COUNT=2"
    path = written(tmp_path, calendar(event))
    assert busy(path) == ["10-26 09:00-09:20", "11-02 09:00-09:20"]
    assert not read_calendar(path).note


SHOWN = {
    "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna": ["10-26 04:00", "11-02 03:00"],
    "(UTC+07:00) Bangkok, Hanoi, Jakarta": ["10-25 22:00", "11-01 21:00"],
    "(UTC-07:00) Arizona": ["10-26 12:00", "11-02 11:00"],
    "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi": ["10-25 23:30", "11-01 22:30"],
    "(UTC) Dublin, Edinburgh, Lisbon, London": ["10-26 05:00", "11-02 04:00"],
    "(UTC) Coordinated Universal Time": ["10-26 05:00", "11-02 04:00"],
    "tzone://Microsoft/Utc": ["10-26 05:00", "11-02 04:00"],
    "UTC+02": ["10-26 03:00", "11-02 02:00"],
    "EST": ["10-26 10:00", "11-02 09:00"],
    "GMT-0330": ["10-26 08:30", "11-02 07:30"],
}


@pytest.mark.parametrize(("name", "starts"), SHOWN.items())
def test_a_name_with_an_offset_leads_to_one_zone(tmp_path, name, starts):
    event = f'DTSTART;TZID="{name}":20261026T090000\nDURATION:PT20M\nRRULE:FREQ=WEEKLY;COUNT=2'
    assert [one[:11] for one in busy(written(tmp_path, calendar(event)))] == starts


def test_an_offset_with_an_unknown_name_is_busy_an_hour_around(tmp_path):
    path = written(
        tmp_path, calendar('DTSTART;TZID="(UTC-05:00) Mars":20261026T090000\nDURATION:PT1H')
    )
    assert busy(path) == ["10-26 09:00-12:00"]


@pytest.mark.parametrize("name", [r"A\, B", "A\\, B ", '"A, B"', " A,  B"])
@pytest.mark.parametrize("used", ['"A, B"', r"A\, B", "A, B ", '" A, B "'])
def test_a_zone_is_found_however_its_name_is_written(tmp_path, name, used):
    zones = BERLIN.replace("Customized Time Zone", name)
    text = calendar(f"DTSTART;TZID={used}:20261026T090000\nDURATION:PT1H", zones=zones)
    path = written(tmp_path, text)
    assert busy(path) == ["10-26 04:00-05:00"]
    assert not read_calendar(path).note


def test_a_described_zone_wins_over_one_of_the_same_name_that_differs(tmp_path):
    zones = BERLIN.replace("Customized Time Zone", "America/New_York")
    text = calendar("DTSTART;TZID=America/New_York:20261026T150000\nDURATION:PT1H", zones=zones)
    assert busy(written(tmp_path, text)) == ["10-26 10:00-11:00"]


def test_a_description_that_ends_in_the_past_leaves_the_known_zone(tmp_path):
    zones = (
        "BEGIN:VTIMEZONE\nTZID:America/New_York\n"
        "BEGIN:STANDARD\nDTSTART:20201101T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\n"
        "END:STANDARD\nEND:VTIMEZONE\n"
    )
    text = calendar("DTSTART;TZID=America/New_York:20261026T090000\nDURATION:PT1H", zones=zones)
    assert busy(written(tmp_path, text)) == ["10-26 09:00-10:00"]


BROKEN_ZONES = {
    "no clocks": "BEGIN:VTIMEZONE\nTZID:Eastern Standard Time\nEND:VTIMEZONE\n",
    "a bad offset": EASTERN.replace("-0500", "-5"),
    "clocks that change every second": EASTERN.replace("FREQ=YEARLY", "FREQ=SECONDLY"),
    "clocks that never change": EASTERN.replace("BYMONTH=11", "BYMONTH=2;BYMONTHDAY=30"),
    "no start": EASTERN.replace("DTSTART", "X-START"),
    "an offset of days": EASTERN.replace("-0500", "-9900"),
    "two offsets, for want of an end": EASTERN.replace("END:STANDARD\nBEGIN:DAYLIGHT\n", ""),
}


@pytest.mark.parametrize("zones", BROKEN_ZONES.values(), ids=BROKEN_ZONES)
def test_a_broken_description_leaves_the_known_zone(tmp_path, zones):
    text = calendar(
        "DTSTART;TZID=Eastern Standard Time:20261026T090000\nDURATION:PT1H", zones=zones
    )
    assert busy(written(tmp_path, text)) == ["10-26 09:00-10:00"]


def test_floating_times_are_those_of_the_calendars_zone(tmp_path):
    text = calendar(f"{AT_NOON}\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261027T120000").replace(
        "PRODID:-//x//y\n", "PRODID:-//x//y\nX-WR-TIMEZONE:America/Los_Angeles\n"
    )
    assert busy(written(tmp_path, text)) == ["10-26 15:00-16:00", "10-28 15:00-16:00"]


# --- who is busy ---------------------------------------------------------------------------------

STATES = {
    "free, as Outlook says": ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", False),
    "out of office": ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", True),
    "tentative": ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\nSTATUS:TENTATIVE", True),
    "out of office and transparent": ("X-MICROSOFT-CDO-BUSYSTATUS:OOF\nTRANSP:TRANSPARENT", True),
    "elsewhere and transparent": (
        "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE\nTRANSP:TRANSPARENT", False
    ),
    "cancelled and out of office": ("X-MICROSOFT-CDO-BUSYSTATUS:OOF\nSTATUS:CANCELLED", False),
    "two words on it": ("TRANSP:OPAQUE\nTRANSP:TRANSPARENT", True),
    "declined": ("ATTENDEE;PARTSTAT=DECLINED:mailto:Anna@Example.org", False),
    "declined by somebody else": ("ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org", True),
    "accepted": ("ATTENDEE;PARTSTAT=ACCEPTED;CN=DECLINED:mailto:anna@example.org", True),
    "declined by a longer name": ("ATTENDEE;PARTSTAT=DECLINED:mailto:joanna@example.org", True),
}  # fmt: skip


@pytest.mark.parametrize(("state", "is_busy"), STATES.values(), ids=STATES)
@pytest.mark.parametrize("owner", ["anna@example.org", ""])
def test_what_the_owner_is_busy_with(tmp_path, state, is_busy, owner):
    path = written(tmp_path, calendar(f"{state}\n{AT_NOON}"))
    found = read_calendar(path, Reading(owner=owner))
    times = found.busy(NEW_YORK, date(2026, 10, 19), date(2026, 12, 31))
    is_declined = "DECLINED:mailto:Anna" in state
    assert [said(one.start, one.end) for one in times] == (
        NOON if is_busy or (is_declined and not owner) else []
    )
    assert "mailto" not in repr(found).lower()


@pytest.mark.parametrize(
    "broken",
    ["DTSTART:x", f"{AT_NOON}\nRRULE:FREQ=WEEKLY\nRDATE:x", f"{AT_NOON}\nDTSTART:20260101"],
)
@pytest.mark.parametrize("state", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"])
def test_a_broken_event_that_takes_nobodys_time_is_passed_over(tmp_path, broken, state):
    assert busy(written(tmp_path, calendar(f"{broken}\n{state}", WEEKLY))) == ["10-26 09:00-10:00"]


def test_own_events_are_in_nobodys_way(tmp_path):
    path = written(tmp_path, calendar(f"UID:a-1\n{AT_NOON}", f"UID:b-1\n{WEEKLY}"))
    found = read_calendar(path, Reading(own={"a-1"}))
    times = found.busy(NEW_YORK, date(2026, 10, 19), date(2026, 12, 31))
    assert [said(one.start, one.end) for one in times] == ["10-26 09:00-10:00"]


def test_a_cancelled_time_of_a_series_needs_no_start(tmp_path):
    text = calendar(
        f"UID:1\n{WEEKLY}\nRRULE:FREQ=WEEKLY;COUNT=2",
        "UID:1\nRECURRENCE-ID:20261102T140000Z\nSTATUS:CANCELLED",
    )
    assert busy(written(tmp_path, text)) == ["10-26 09:00-10:00"]


# --- what repeats without end --------------------------------------------------------------------

HOSTILE = {
    "every second for ever": "DTSTART:19000101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
    "every second of ten million": "DTSTART:20261001T000000Z\nDURATION:PT1S\n"
                                   "RRULE:FREQ=SECONDLY;COUNT=10000000",
    "ten million days": "DTSTART:20261001T000000Z\nDURATION:PT24H\n"
                        "RRULE:FREQ=DAILY;COUNT=10000000",
    "since ever": "DTSTART:00010101T000000Z\nDURATION:PT24H\nRRULE:FREQ=DAILY;COUNT=99999999",
    "every second of every day": "DTSTART:20200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;"
    "BYHOUR="
    + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60)))
    + ";BYSECOND=" + ",".join(map(str, range(60))),
}  # fmt: skip


@pytest.mark.parametrize("event", HOSTILE.values(), ids=HOSTILE)
def test_what_repeats_too_often_is_busy_always(tmp_path, event):
    assert busy(written(tmp_path, calendar(event))) == ["10-19 00:00 to 01-01 00:00"]


NEVER = ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
         "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=31", "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366"]  # fmt: skip


@pytest.mark.parametrize("rule", NEVER)
def test_what_never_falls_due_is_busy_once(tmp_path, rule):
    assert busy(written(tmp_path, calendar(f"{WEEKLY}\nRRULE:{rule}"))) == ["10-26 09:00-10:00"]


def test_a_thousand_rules_that_never_fall_due_end_on_the_safe_side(tmp_path):
    event = "DTSTART:20261026T090000\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    path = written(tmp_path, calendar(*[event] * 1000))
    found = read_calendar(path)
    times = found.busy(NEW_YORK, date(2026, 10, 19), date(2026, 12, 31))
    assert [said(one.start, one.end) for one in times] == ["10-26 09:00 to 01-01 00:00"]
    assert "more often than can be looked at" in found.note
