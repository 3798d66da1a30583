"""Calendars that were once read on the free side, refused or slow: each for its kind.

Monday 26 October 2026: Berlin has changed its clocks the day before, New York has not.
"""

from datetime import date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketasched.errors import BadFile
from ketasched.files.busy import Reading, calendar_from, read_calendar
from tests.conftest import examples
from tests.files.test_busy_calendars import BERLIN, NEW_YORK, WEEKLY, busy, calendar, said, written

MORNING = ["10-26 09:00-10:00"]
DAYS = (date(2026, 10, 19), date(2026, 12, 31))


def note_of(path: str) -> str:
    """What is said of a calendar once its busy times were asked."""
    found = read_calendar(path)
    found.busy(NEW_YORK, *DAYS)
    return found.note


# --- zones that a calendar describes -------------------------------------------------------------

OFFSETS = {
    "without a sign": ("0200", "0100"),
    "with seconds": ("+020000", "+010000"),
    "with a colon": ("+02:00", "+01:00"),
    "with one digit": ("+200", "+100"),
    "with one digit and a colon": ("2:00", "1:00"),
    "with spaces": (" + 0200", "+ 0100 "),
}


@pytest.mark.parametrize(("summer", "winter"), OFFSETS.values(), ids=OFFSETS)
def test_an_offset_is_read_however_it_is_written(tmp_path, summer, winter):
    zones = BERLIN.replace("+0200", summer).replace("+0100", winter)
    event = "DTSTART;TZID=Customized Time Zone:20261026T140000\nDURATION:PT8H"
    path = written(tmp_path, calendar(event, zones=zones))
    assert busy(path) == ["10-26 09:00-17:00"]
    assert not note_of(path)


@pytest.mark.parametrize("offset", ["", "x", "+1", "+1:0", "+0160", "--0100", "+2400", "1e3"])
def test_an_offset_that_is_none_leaves_a_doubt(tmp_path, offset):
    zones = BERLIN.replace("+0200", offset)
    event = "DTSTART;TZID=Customized Time Zone:20261026T090000\nDURATION:PT1H"
    path = written(tmp_path, calendar(event, zones=zones))
    assert busy(path) == ["10-25 15:00 to 10-26 20:00"]
    assert note_of(path)


def fixed(name: str, offset: str, since: str = "16010101T000000") -> str:
    """A zone whose clocks never change."""
    return (
        f"BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:{since}\n"
        f"TZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
    )


@pytest.mark.parametrize("since", ["16010101T000000", "19000101T000000", "19700101T000000"])
@pytest.mark.parametrize(("offset", "start"), [("+0100", "04:00"), ("-0500", "10:00")])
def test_a_described_zone_without_changes_wins_over_one_of_its_name(
    tmp_path, since, offset, start
):
    zones = fixed("America/New_York", offset, since)
    text = calendar("DTSTART;TZID=America/New_York:20261026T090000\nDURATION:PT30M", zones=zones)
    assert busy(written(tmp_path, text)) == [f"10-26 {start}-{start[:2]}:30"]


@pytest.mark.parametrize("name", ["America/Phoenix", "US Mountain Standard Time", "-07:00"])
def test_a_described_zone_without_changes_is_the_one_of_its_name_if_it_has_none(tmp_path, name):
    event = f"DTSTART;TZID={name}:20261026T090000\nDURATION:PT30M"
    path = written(tmp_path, calendar(event, zones=fixed(name, "-0700")))
    assert busy(path) == ["10-26 12:00-12:30"]
    assert not note_of(path)


MINE = BERLIN.replace("0200", "0400").replace("0100", "0500").replace("+", "-")


@pytest.mark.parametrize("zones", [BERLIN + MINE, MINE + BERLIN], ids=["mine last", "mine first"])
def test_of_two_zones_of_one_name_the_times_of_both_are_busy(tmp_path, zones):
    event = "DTSTART;TZID=Customized Time Zone:20261027T120000\nDURATION:PT1H"
    path = written(tmp_path, calendar(event, zones=zones))
    # In Berlin it is from 7 to 8 in New York, and by the other one from 13 to 14.
    [times] = busy(path)
    assert times[:11] <= "10-27 07:00"
    assert times[-5:] >= "14:00"
    assert note_of(path)


def test_of_two_zones_of_one_name_that_differ_in_summer_an_hour_around_is_busy(tmp_path):
    events = [
        f"DTSTART;TZID=Customized Time Zone:2026{day}T120000\nDURATION:PT1H"
        for day in ("1020", "1120")
    ]
    winter = fixed("Customized Time Zone", "+0100")
    for zones, times in ((BERLIN + winter, "05:00-08:00"), (winter + BERLIN, "06:00-09:00")):
        path = written(tmp_path, calendar(*events, zones=zones))
        assert busy(path) == [f"10-20 {times}", "11-20 05:00-08:00"]


def test_the_same_description_twice_leaves_no_doubt(tmp_path):
    event = "DTSTART;TZID=Customized Time Zone:20261026T090000\nDURATION:PT1H"
    other = BERLIN.replace("16010101", "19700101")
    path = written(tmp_path, calendar(event, zones=BERLIN + other + BERLIN))
    assert busy(path) == ["10-26 04:00-05:00"]
    assert not note_of(path)


def test_descriptions_of_some_years_of_a_known_zone_leave_no_doubt(tmp_path):
    zones = "".join(
        f"BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:{kind}\nDTSTART:{since}\n"
        f"TZOFFSETFROM:{old}\nTZOFFSETTO:{new}\nEND:{kind}\nEND:VTIMEZONE\n"
        for kind, since, old, new in (
            ("STANDARD", "20201025T030000", "+0200", "+0100"),
            ("DAYLIGHT", "20210328T020000", "+0100", "+0200"),
        )
    )
    event = "DTSTART;TZID=Europe/Berlin:20261026T090000\nDURATION:PT1H"
    path = written(tmp_path, calendar(event, zones=zones))
    assert busy(path) == ["10-26 04:00-05:00"]
    assert not note_of(path)


# --- zones by name -------------------------------------------------------------------------------

NAMES = {
    # London is an hour ahead of Greenwich until 25 October, so the day before it counts, too.
    "GMT Standard Time": ["10-23 04:00", "10-26 05:00"],
    "Greenwich Standard Time": ["10-23 05:00", "10-26 05:00"],
    "GMT 0200": ["10-23 03:00", "10-26 03:00"],
    "UTC 0530": ["10-22 23:30", "10-25 23:30"],
    "+01:00": ["10-23 04:00", "10-26 04:00"],
    "-0330": ["10-23 08:30", "10-26 08:30"],
    "UTC-11": ["10-23 16:00", "10-26 16:00"],
    "(UTC-06:00) Guadalajara, Mexico City, Monterrey": ["10-23 11:00", "10-26 11:00"],
    "Central Time (Mexico)": ["10-23 11:00", "10-26 11:00"],
    "Central Time (US & Canada)": ["10-23 10:00", "10-26 10:00"],
    "(UTC-04:00) Atlantic Time (Canada)": ["10-23 08:00", "10-26 08:00"],
}


@pytest.mark.parametrize(("name", "starts"), NAMES.items())
def test_a_zone_by_its_name(tmp_path, name, starts):
    events = [f'DTSTART;TZID="{name}":202610{day}T090000\nDURATION:PT10M' for day in (23, 26)]
    path = written(tmp_path, calendar(*events))
    assert [one[:11] for one in busy(path)] == starts
    assert not note_of(path)


UNSURE = {
    "an abbreviation of another language": "(UTC-05:00) Est (États-Unis et Canada)",
    "an abbreviation": "(GMT-05:00) EST",
    "an abbreviation in small letters": "(GMT-05:00) est",
    "another country's zone": "(UTC-05:00) Eastern Time (Mars)",
    "a city that is in two countries": "(UTC-05:00) Bogota, New York",
}


@pytest.mark.parametrize("name", UNSURE.values(), ids=UNSURE)
def test_a_name_that_may_have_summer_time_is_busy_an_hour_around(tmp_path, name):
    path = written(tmp_path, calendar(f'DTSTART;TZID="{name}":20261026T090000\nDURATION:PT1H'))
    assert busy(path) == ["10-26 09:00-12:00"]
    assert note_of(path)


def test_cities_of_which_one_keeps_another_time_are_busy_an_hour_around(tmp_path):
    event = 'DTSTART;TZID="(GMT) Casablanca, Monrovia":20261026T090000\nDURATION:PT1H'
    path = written(tmp_path, calendar(event))
    assert busy(path) == ["10-26 04:00-07:00"]
    assert note_of(path)


@pytest.mark.parametrize(
    "name", ["West", "Nowhere", "Eastern Time (Mars)", "Paris, Boston, New York"]
)
def test_a_name_of_several_zones_or_of_none_is_busy_in_all(tmp_path, name):
    path = written(tmp_path, calendar(f'DTSTART;TZID="{name}":20261026T090000\nDURATION:PT1H'))
    assert busy(path) == ["10-25 15:00 to 10-26 20:00"]
    assert note_of(path)


@pytest.mark.parametrize("event", ["", "DTEND;TZID=Foo:20261026T090000", "DURATION:PT0S"])
def test_a_time_without_a_length_in_an_unknown_zone_is_busy_in_all(tmp_path, event):
    path = written(tmp_path, calendar(f"DTSTART;TZID=Foo:20261026T090000\n{event}"))
    assert busy(path) == ["10-25 15:00 to 10-26 19:00"]
    assert note_of(path)


OLD_ZONES = {
    "an offset": ("TZ:+01:00", "10-26 04:00-05:00"),
    "an offset of hours": ("TZ:+01", "10-26 04:00-05:00"),
    "no summer time": ("TZ:+01:00\nDAYLIGHT:FALSE", "10-26 04:00-05:00"),
    "summer time": (
        "TZ:+01:00\nDAYLIGHT:TRUE;+02;20260329T020000;20261025T030000;CET;CEST",
        "10-26 03:00-06:00",
    ),
    "a word of iCalendar": ("TZ:+01:00\nX-WR-TIMEZONE:Asia/Tokyo", "10-25 20:00-21:00"),
}


@pytest.mark.parametrize(("zone", "time"), OLD_ZONES.values(), ids=OLD_ZONES)
def test_the_zone_of_a_calendar_of_the_older_format(tmp_path, zone, time):
    text = calendar("DTSTART:20261026T090000\nDTEND:20261026T100000")
    text = text.replace("VERSION:2.0", f"VERSION:1.0\n{zone}")
    assert busy(written(tmp_path, text)) == [time]


# --- from when to when ---------------------------------------------------------------------------

CLOCKS = {"UTC": ("", "Z"), "floating": ("", ""), "Tokyo": (";TZID=Asia/Tokyo", "")}


def by_the_clock(day: int, hour: int, clock: str, clinic: ZoneInfo) -> datetime:
    zone = {"UTC": ZoneInfo("UTC"), "Tokyo": ZoneInfo("Asia/Tokyo"), "floating": clinic}[clock]
    return datetime(2026, 10, day, hour, tzinfo=zone)


@pytest.mark.parametrize("clinic", ["America/New_York", "Europe/Berlin"])
@pytest.mark.parametrize(("start", "end"), [*product(CLOCKS, CLOCKS)])
@pytest.mark.parametrize("rule", ["", "RRULE:FREQ=DAILY;COUNT=2\n"])
def test_an_end_may_be_by_another_clock_than_the_start(tmp_path, clinic, start, end, rule):
    (zone, utc), (end_zone, end_utc), here = CLOCKS[start], CLOCKS[end], ZoneInfo(clinic)
    text = calendar(
        f"DTSTART{zone}:20261023T090000{utc}\n{rule}DTEND{end_zone}:20261024T070000{end_utc}"
    )
    # The clocks of Berlin go back on the 25th, after both.
    wanted = [
        (by_the_clock(23 + later, 9, start, here), by_the_clock(24 + later, 7, end, here))
        for later in range(1 + bool(rule))
    ]
    if wanted[-1][0] <= wanted[0][1]:
        wanted = [(wanted[0][0], wanted[-1][1])]
    found = read_calendar(written(tmp_path, text)).busy(here, *DAYS)
    assert [(one.start, one.end) for one in found] == wanted


ENDS = {
    "both, of which one is no time": (
        "DTEND:20261026T090000\nDURATION:PT3H", ["10-26 09:00-12:00"]
    ),
    "both, of which the end is later": (
        "DTEND:20261026T110000\nDURATION:PT1H", ["10-26 09:00-11:00"]
    ),
    "an empty end and a length": ("DTEND:\nDURATION:PT2H", ["10-26 09:00-11:00"]),
    "an end and an empty length": ("DTEND:20261026T110000\nDURATION:", ["10-26 09:00-11:00"]),
    "an end and a word that is no length": (
        "DTEND:20261026T110000\nDURATION:long", ["10-26 09:00-11:00"]
    ),
    "none": ("SUMMARY:x", []),  # RFC 5545, 3.6.1: it ends when it starts
}  # fmt: skip


@pytest.mark.parametrize(("ends", "times"), ENDS.values(), ids=ENDS)
def test_of_two_ends_the_later_one_counts(tmp_path, ends, times):
    assert busy(written(tmp_path, calendar(f"DTSTART:20261026T090000\n{ends}"))) == times


UNREADABLE = {
    "an empty end": ("DTSTART:20261026T090000\nDTEND:", "DTEND"),
    "an empty length": ("DTSTART:20261026T090000\nDURATION:", "DURATION"),
    "an empty end of a day": ("DTSTART;VALUE=DATE:20261026\nDTEND:", "DTEND"),
    "a word for an end": ("DTSTART:20261026T090000\nDTEND:None", "DTEND"),
    "30 February": ("DTSTART:20260230T090000\nDTEND:20260230T100000", "DTSTART"),
    "an end without a colon": ("DTSTART:20261026T090000\nDTEND;VALUE=DATE-TIME", "DTEND"),
    "a repetition without a colon": (f"{WEEKLY}\nRDATE weekly", "RDATE"),
    "this and the ones before": (
        f"{WEEKLY}\nRECURRENCE-ID;RANGE=THISANDPRIOR:20261026T130000Z", "RECURRENCE-ID"),
}  # fmt: skip


@pytest.mark.parametrize(("event", "name"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_time_that_cannot_be_read_is_refused_unless_it_is_free(tmp_path, event, name):
    with pytest.raises(BadFile, match=f"{name}: expected "):
        busy(written(tmp_path, calendar(event)))
    assert not busy(written(tmp_path, calendar(f"{event}\nTRANSP:TRANSPARENT")))


def test_a_free_busy_time_without_an_end_is_refused(tmp_path):
    text = calendar().replace(
        "END:VCALENDAR", "BEGIN:VFREEBUSY\nFREEBUSY:20261026T130000Z\nEND:VFREEBUSY\nEND:VCALENDAR"
    )
    with pytest.raises(BadFile, match="FREEBUSY: expected a period such as"):
        busy(written(tmp_path, text))


ALIKE = {
    "dashes and colons": "DTSTART:2026-10-26T09:00:00\nDTEND:2026-10-26T10:00",
    "dashes and colons in a zone": (
        "DTSTART;TZID=America/New_York:2026-10-26T09:00:00\n"
        'DTEND;TZID="America/New_York":2026-10-26T10:00:00'
    ),
    "dashes and colons of UTC": "DTSTART:2026-10-26T13:00:00Z\nDTEND:2026-10-26T14:00:00.000Z",
    "a T too many": "DTSTART:20261026T090000T\nDTEND:20261026T100000",
    "no-break spaces": "DTSTART:20261026T090000\n\u00a0DTEND\u00a0: 20261026T100000\u00a0",
    "a space without a width": "\u200bDTSTART:20261026T090000\n\u200bDTEND:\u200b20261026T100000",
    "a byte-order mark": "\ufeffDTSTART:20261026T090000\n\ufeffDTEND:20261026T100000",
    "no colon": "DTSTART 20261026T090000\nDTEND 20261026T100000",
    "no colon, small letters": "dtstart 20261026T090000\ndtend\t20261026T100000",
    "a sign of equality": "DTSTART=20261026T090000\nDTEND=20261026T100000",
    "a length without a colon": "DTSTART:20261026T090000\nDURATION PT1H",
    "a colon in a parameter": (
        'DTSTART;X-A="a:b";TZID=America/New_York:20261026T090000\nDURATION:PT1H'
    ),
}


@pytest.mark.parametrize("event", ALIKE.values(), ids=ALIKE)
def test_a_time_is_read_however_it_is_written(tmp_path, event):
    path = written(tmp_path, calendar(event))
    assert busy(path) == MORNING
    assert not note_of(path)


SERIES = {
    "a repetition without a colon": ("RRULE FREQ=DAILY;COUNT=2", "RRULE:FREQ=DAILY;COUNT=2"),
    "a no-break space": ("\u00a0RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=DAILY;COUNT=2"),
    "semicolons": (
        "RDATE:20261027T130000Z;20261028T130000Z", "RDATE:20261027T130000Z,20261028T130000Z"),
    "days in UTC": ("RDATE:20261027Z,20261028Z", "RDATE;VALUE=DATE:20261027,20261028"),
}  # fmt: skip


@pytest.mark.parametrize(("written_so", "meant"), SERIES.values(), ids=SERIES)
def test_a_series_is_read_however_it_is_written(tmp_path, written_so, meant):
    path = written(tmp_path, calendar(f"{WEEKLY}\n{written_so}"))
    assert busy(path) == busy(written(tmp_path, calendar(f"{WEEKLY}\n{meant}"), "anna.ics"))
    assert not note_of(path)


def test_weeks_may_have_a_t(tmp_path):
    path = written(tmp_path, calendar("DTSTART:20261026T090000\nDURATION:PT1W"))
    assert busy(path) == ["10-26 09:00 to 11-02 09:00"]


def test_birthdays_as_google_writes_them(tmp_path):
    event = (
        "DTSTART;VALUE=DATE:20141210\nDTEND;VALUE=DATE:20141211\n"
        "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1\nRDATE:20131210Z\nRDATE:20261210Z"
    )
    assert busy(written(tmp_path, calendar(event))) == ["12-10 00:00 to 12-11 00:00"]


# --- series --------------------------------------------------------------------------------------

WEEKS = {
    "weeks that are counted": "BYWEEKNO=53;BYDAY=WE;COUNT=2",
    "weeks in January that are counted": "BYWEEKNO=52;BYDAY=SU;COUNT=4",
    "the first days of weeks": "BYWEEKNO=53;BYDAY=MO,TU,WE;BYSETPOS=1",
    "the last days of weeks": "BYWEEKNO=52;BYDAY=MO,SU;BYSETPOS=-1",
}


@pytest.mark.parametrize(("rule"), WEEKS.values(), ids=WEEKS)
def test_the_last_week_of_a_year_is_busy_also_if_it_is_counted(tmp_path, rule):
    week, weekdays = int(rule[9:11]), rule.partition("BYDAY=")[2].partition(";")[0].split(",")
    days = [date(2020, 12, 21) + timedelta(number) for number in range(365 * 8)]
    due = [
        day
        for day in days
        if day.isocalendar().week == week and f"{day:%a}".upper()[:2] in weekdays
    ]
    years = sorted({day.isocalendar().year for day in due})
    if "BYSETPOS" in rule:
        chosen = 0 if rule.endswith("=1") else -1
        due = [[day for day in due if day.isocalendar().year == one][chosen] for one in years]
    else:
        due = due[: int(rule[-1])]
    text = calendar(f"DTSTART:{due[0]:%Y%m%d}T080000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;{rule}")
    found = read_calendar(written(tmp_path, text)).busy(NEW_YORK, days[0], days[-1])
    assert set(due) <= {one.start.date() for one in found}


@pytest.mark.parametrize("exception", ["EXDATE;VALUE=DATE:202610", "RECURRENCE-ID"])
@pytest.mark.parametrize("clinic", ["Asia/Tokyo", "America/New_York", "UTC"])
@pytest.mark.parametrize("hour", [1, 23])
def test_a_day_leaves_no_time_of_utc_out_that_may_be_on_another_day(
    tmp_path, exception, clinic, hour
):
    series = f"UID:1\nDTSTART:20261026T{hour:02}0000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4"
    events = [f"{series}\nEXDATE;VALUE=DATE:20261028"]
    if exception == "RECURRENCE-ID":
        events = [series, "UID:1\nRECURRENCE-ID;VALUE=DATE:20261028\nSTATUS:CANCELLED"]
    calendar_ = read_calendar(written(tmp_path, calendar(*events)))
    found = calendar_.busy(ZoneInfo(clinic), *DAYS)
    turns = [datetime(2026, 10, 26 + later, hour, tzinfo=ZoneInfo("UTC")) for later in range(4)]
    certain = {
        turn
        for turn in turns
        if {turn.date(), turn.astimezone(ZoneInfo(clinic)).date()} == {date(2026, 10, 28)}
    }
    kept = {one.start for one in found}
    assert set(turns) - certain <= kept
    assert len(kept) == 3 or "exception" in calendar_.note


OWN_SERIES = {
    "a rule": "RRULE:FREQ=DAILY;COUNT=4",
    "more times": "RDATE:20261028T140000,20261029T140000,20261030T140000",
}


@pytest.mark.parametrize("again", OWN_SERIES.values(), ids=OWN_SERIES)
@pytest.mark.parametrize("onwards", ["", ";RANGE=THISANDFUTURE"])
def test_a_time_of_a_series_that_is_one_itself_is_busy_as_such(tmp_path, again, onwards):
    path = written(
        tmp_path,
        calendar(
            f"UID:1\n{WEEKLY}\nRRULE:FREQ=DAILY;COUNT=2",
            f"UID:1\nRECURRENCE-ID{onwards}:20261027T130000Z\n"
            f"DTSTART:20261027T140000\nDTEND:20261027T170000\n{again}",
        ),
    )
    own = [f"10-{day} 14:00-17:00" for day in (27, 28, 29, 30)]
    assert busy(path) == [*MORNING, *own]
    assert note_of(path)


NO_RULE = [
    "FREQ=WEEKLY,DAILY",
    "FREQ=MONTHLY;BYDAY=0MO",
    "FREQ=WEEKLY;WKST=SU,MO",
    "FREQ=WEEKLY;WKST=XX",
    "FREQ=DAILY;BYSETPOS=0;BYDAY=MO",
    "FREQ=MONTHLY;BYDAY=1",
    "FREQ=DAILY;INTERVAL=x",
    "FREQ=DAILY;INTERVAL=1,2",
    "FREQ=DAILY;COUNT=1,2",
    "FREQ=DAILY;BYMONTH=0",
    "FREQ=DAILY;BYEASTER=1",
    "FREQ=DAILY;UNTIL=20261030,20261031",
    "FREQ",
    "FREQ=DAILY;=;COUNT=2",
    "FREQ=DAILY;FREQ=DAILY",
]


@pytest.mark.parametrize("rule", NO_RULE)
def test_a_rule_that_no_reader_takes_is_busy_every_day(tmp_path, rule):
    path = written(tmp_path, calendar(f"{WEEKLY}\nRRULE:{rule}"))
    assert len(busy(path)) == 67
    assert "unknown kind of recurrence" in note_of(path)


FINER = [
    "FREQ=DAILY;BYMINUTE=-1",
    "FREQ=DAILY;BYHOUR=24",
    "FREQ=DAILY;BYSECOND=9,x",
    "D1 0900 1200 1500 #5",
    "W1 MO 0900 1500 #5",
    "M30 #5",
    "M30 20261231T000000",
]


@pytest.mark.parametrize("rule", FINER)
def test_a_rule_with_times_that_is_not_understood_is_busy_all_day(tmp_path, rule):
    path = written(tmp_path, calendar(f"{WEEKLY}\nRRULE:{rule}"))
    assert busy(path) == ["10-26 00:00 to 01-01 00:00"]
    assert "unknown kind of recurrence" in note_of(path)


NUMBERS = st.integers(-400, 400).map(str) | st.sampled_from(["", "x", "+1", "1.5", "٣", "9" * 30])
WEEKDAYS = st.sampled_from(["MO", "SU", "mo", "XX", "0MO", "-1FR", "+53TU", "99WE", ""])
PART_NAMES = st.sampled_from(
    (
        *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY"),
        *("BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS", "BYEASTER", "X"),
    )
)
FREQUENCIES = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "SECONDLY", "X"])
PART_VALUES = st.lists(
    NUMBERS | WEEKDAYS | FREQUENCIES | st.sampled_from(["20261101", "20261101T000000Z"]),
    max_size=3,
).map(",".join)
RULE_PARTS = st.builds("{}={}".format, PART_NAMES, PART_VALUES) | st.text(max_size=6)


@settings(max_examples=examples(300))
@given(
    st.one_of(st.just(""), FREQUENCIES.map("FREQ={};".format)),
    st.lists(RULE_PARTS, max_size=4).map(";".join),
    st.sampled_from(["20261026T090000", "20240229T090000", "00010101T000000", "99991231T235959"]),
)
def test_whatever_a_rule_says_it_is_read_or_refused(frequency, parts, start):
    text = calendar(f"DTSTART:{start}\nDURATION:PT1H\nRRULE:{frequency}{parts}")
    try:
        found = calendar_from(text.encode(), "x.ics").busy(NEW_YORK, *DAYS)
    except BadFile:
        return
    if start == "20261026T090000":
        assert found[0].start <= datetime(2026, 10, 26, 9, tzinfo=NEW_YORK) < found[0].end


# --- who is busy ---------------------------------------------------------------------------------

DECLINED = {
    "nobody": ("ATTENDEE;PARTSTAT=DECLINED:mailto:", "", True),
    "nobody at all": ("ATTENDEE;PARTSTAT=DECLINED:", "", True),
    "nobody, and somebody is asked for": (
        "ATTENDEE;PARTSTAT=DECLINED:mailto:", "me@x.org", True),
    "the owner, twice": (
        "ATTENDEE;PARTSTAT=DECLINED:mailto:me@x.org\nATTENDEE;PARTSTAT=DECLINED:ME@X.ORG",
        "me@x.org", False),
    "the owner, who accepted": (
        "ATTENDEE;PARTSTAT=DECLINED:mailto:me@x.org\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@x.org", "me@x.org", True),
    "the owner, who has not answered": (
        "ATTENDEE;PARTSTAT=DECLINED:mailto:me@x.org\nATTENDEE:mailto:me@x.org", "me@x.org", True),
    "the owner, and another one who accepted": (
        "ATTENDEE;PARTSTAT=DECLINED:mailto:me@x.org\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:you@x.org", "me@x.org", False),
    "the owner, by a name with a colon": (
        'ATTENDEE;CN="Me: the boss";PARTSTAT=DECLINED:mailto:me@x.org', "me@x.org", False),
    "the owner, by another address": (
        "ATTENDEE;EMAIL=me@x.org;PARTSTAT=DECLINED:urn:uuid:1", "me@x.org", False),
    "the owner, with spaces and a scheme": (
        "ATTENDEE;PARTSTAT=DECLINED:MAILTO: me@x.org", " mailto:Me@x.org ", False),
}  # fmt: skip


@pytest.mark.parametrize(("attendees", "owner", "is_busy"), DECLINED.values(), ids=DECLINED)
def test_what_the_owner_has_declined(tmp_path, attendees, owner, is_busy):
    path = written(tmp_path, calendar(f"{WEEKLY}\n{attendees}"))
    found = read_calendar(path, Reading(owner=owner)).busy(NEW_YORK, *DAYS)
    assert [said(one.start, one.end) for one in found] == (MORNING if is_busy else [])


# --- what is said --------------------------------------------------------------------------------

SECRETS = {
    "a line of a text": "DTSTART:20261026T090000\nDuration: one hour with John Smith about HIV",
    "a word": "DTSTART:20261026T090000\nDuration: HIV",
    "a number": "DTSTART:20261026T090000\nDTEND:+1 555 0142",
    "a component": f"{WEEKLY}\nBEGIN:John Smith\nBEGIN:VTODO",
    "a component around an event": "END:VEVENT\nBEGIN:John Smith\nBEGIN:VEVENT\nEND:John Smith",
    "a component before the start": f"BEGIN:John Smith\n{WEEKLY}",
    "an end": f"{WEEKLY}\nEND:John Smith\nDTEND:x",
    "a zone": "DTSTART;TZID=John Smith:x\nDURATION:PT1H",
    "a range": f"{WEEKLY}\nRECURRENCE-ID;RANGE=JOHN:20261026T130000Z",
}


@pytest.mark.parametrize("event", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("is_strict", [False, True])
def test_nothing_that_a_calendar_says_is_in_an_error(tmp_path, event, is_strict):
    path = written(tmp_path, calendar(event))
    with pytest.raises(BadFile) as caught:
        read_calendar(path, Reading(is_strict=is_strict))
    text = " ".join((caught.value.what, *caught.value.details)).upper()
    assert not [word for word in ("JOHN", "SMITH", "HIV", "555", "HOUR") if word in text]


def test_a_value_that_looks_like_a_time_is_in_an_error(tmp_path):
    for value in ("20261301T090000", "20261301", "2026-13-01T09:00:00"):
        with pytest.raises(BadFile, match='not "20261301'):
            busy(written(tmp_path, calendar(f"DTSTART:{value}")))
