"""The time zones in calendars against the zones' own files: every zone, over five years.

Zones that behave alike are read once. Each zone gets a calendar for each quarter, with events all
through it and on both sides of each change of its clocks.
"""

import re
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from ketasched.events.view import View
from ketasched.model import Course, Reminders
from ketasched.model.wall_clock import add_minutes, moment_at
from ketasched.planning.planner import plan
from ketasched.render import render
from ketasched.render.vtimezone import vtimezone
from tests.conftest import MADE_AT
from tests.support.nouns import INFUSION, clinic, phase, protocol, request
from tests.support.readers import BY_THE_VTIMEZONE, Read, by_ical, by_icalendar, unnamed

YEARS = range(2026, 2031)
QUARTERS = [date(year, month, 1) for year in YEARS for month in (1, 4, 7, 10)]
QUARTER_DAYS = 97
"""How many days a course lasts: beyond the quarter, and in autumn into the next year."""

MINUTES_FROM_A_CHANGE = (-60, -1, 0, 30, 60)

Offsets = tuple[timedelta | None, timedelta | None]
Change = tuple[datetime, Offsets]
"""A change of a zone: its moment, and the offset and the daylight saving from then on."""


def offsets_at(zone: ZoneInfo, moment: datetime) -> Offsets:
    local = moment.astimezone(zone)
    return local.utcoffset(), local.dst()


def changes(name: str) -> Iterator[Change]:
    """All changes of a zone from before the courses to after them, to the minute."""
    zone, week = ZoneInfo(name), timedelta(7)
    moment = datetime(YEARS.start - 1, 1, 1, tzinfo=UTC)
    before = offsets_at(zone, moment)
    yield moment, before
    while moment.year <= YEARS.stop:
        moment += week
        if offsets_at(zone, moment) != before:
            low, high = moment - week, moment
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) // timedelta(minutes=2) * timedelta(minutes=1)
                low, high = (middle, high) if offsets_at(zone, middle) == before else (low, middle)
            before = offsets_at(zone, moment)
            yield high, before


CHANGES = {name: tuple(changes(name)) for name in sorted(zoneinfo.available_timezones())}


def alike() -> dict[str, list[str]]:
    """The zones that behave alike, by the first of them."""
    kinds: dict[tuple[Change, ...], list[str]] = {}
    for name, behaviour in CHANGES.items():
        kinds.setdefault(behaviour, []).append(name)
    return {names[0]: names for names in kinds.values()}


ALIKE = alike()

CALL = replace(INFUSION, place="phone", no_driving=None)
TEMPLATE = plan(
    protocol(phase(1), visits={"infusion": CALL}),
    clinic(reminders=Reminders(driver=())),
    request(),
    made_at=MADE_AT,
    course_id="zones",
)
"""A course of one visit; its calendar holds that visit and nothing else."""


def course_of(zone: str, starts: list[datetime]) -> Course:
    """A course in a zone whose visits, of 115 minutes, begin at these moments."""
    local = [start.astimezone(UTC).astimezone(ZoneInfo(zone)) for start in starts]
    visits = tuple(
        replace(
            TEMPLATE.visits[0],
            number=number,
            uid=f"visit {number}",
            start=start,
            end=add_minutes(start, 115),
            no_driving_until=None,
        )
        for number, start in enumerate(local, start=1)
    )
    at_home = replace(TEMPLATE.clinic, timezone=zone)
    return replace(TEMPLATE, timezone=zone, clinic=at_home, visits=visits)


def course_in(zone: str, quarter: date) -> Course:
    """A course through a quarter, with visits around each change of the zone's clocks in it."""
    days = [quarter + timedelta(days) for days in range(0, QUARTER_DAYS, 24)]
    begin, end = (moment_at(day, 0, ZoneInfo(zone)).astimezone(UTC) for day in (days[0], days[-1]))
    around = [
        change + timedelta(minutes=minutes)
        for change, _ in CHANGES[zone][1:]
        if begin <= change <= end
        for minutes in MINUTES_FROM_A_CHANGE
    ]
    return course_of(zone, [*(moment_at(day, 9 * 60, ZoneInfo(zone)) for day in days), *around])


@cache
def calendars(zone: str) -> list[tuple[Course, str]]:
    """The courses of a zone with their calendars."""
    courses = [course_in(zone, quarter) for quarter in QUARTERS]
    return [(course, render(course, "ics", View())) for course in courses]


def expected_times(course: Course) -> list[tuple[str, datetime, datetime]]:
    """When each visit begins and ends, by `zoneinfo`."""
    return sorted(
        (visit.uid, visit.start.astimezone(UTC), visit.end.astimezone(UTC))
        for visit in course.visits
    )


def times_of(events: list[Read]) -> list[tuple[str, datetime, datetime]]:
    return sorted((event.uid, event.start, event.end) for event in events)


@pytest.mark.parametrize("reader", [by_icalendar, by_ical])
@pytest.mark.parametrize("zone", ALIKE)
def test_every_event_of_five_years_is_at_the_instant_by_zoneinfo(
    zone: str, reader: Callable[[str], list[Read]]
):
    for course, text in calendars(zone):
        assert times_of(reader(unnamed(text, zone))) == expected_times(course)


@pytest.mark.parametrize("reader", BY_THE_VTIMEZONE.values(), ids=BY_THE_VTIMEZONE)
@pytest.mark.parametrize(
    ("zone", "offset", "a_wrong_one"),
    [("America/New_York", "-0400", "-0300"), ("Europe/Berlin", "+0200", "+0300")],
)
def test_a_reader_that_does_not_know_the_zone_uses_the_vtimezone(
    zone, offset, a_wrong_one, reader
):
    course, hour = course_in(zone, date(2027, 4, 1)), timedelta(hours=1)
    text = render(course, "ics", View())
    an_hour_off = text.replace(f"TZOFFSETTO:{offset}", f"TZOFFSETTO:{a_wrong_one}")
    assert times_of(reader(unnamed(text, zone))) == expected_times(course)
    assert times_of(reader(unnamed(an_hour_off, zone))) == [
        (uid, start - hour, end - hour) for uid, start, end in expected_times(course)
    ]


def observances(block: str) -> list[tuple[str, dict[str, str]]]:
    """Each observance of a VTIMEZONE with its properties; it has nothing else but a name."""
    whole = re.fullmatch(
        r"BEGIN:VTIMEZONE\r\nTZID:[^\r\n]+\r\n"
        r"((?:BEGIN:(?:STANDARD|DAYLIGHT)\r\n(?:[^\r\n]+\r\n)+?END:(?:STANDARD|DAYLIGHT)\r\n)+)"
        r"END:VTIMEZONE\r\n",
        block,
    )
    assert whole
    found = []
    for kind, inside in re.findall(r"BEGIN:(\w+)\r\n(.*?)END:\1\r\n", whole[1], re.DOTALL):
        pairs = [line.split(":", 1) for line in inside.removesuffix("\r\n").split("\r\n")]
        assert len(dict(pairs)) == len(pairs), "a property is there twice"
        found.append((kind, dict(pairs)))
    return found


def offset(written: str) -> timedelta:
    """An offset such as "-0930"."""
    size = timedelta(hours=int(written[1:3]), minutes=int(written[3:5]))
    return -size if written[0] == "-" else size


def onsets(one: dict[str, str], year: int) -> tuple[datetime, datetime]:
    """The first onset of an observance, and the one in this year, in UTC (RFC 5545, 3.6.5)."""
    start = datetime.strptime(one["DTSTART"], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local time
    rule = rrulestr(one["RRULE"], dtstart=start)
    found = rule.between(datetime(year, 1, 1), datetime(year, 12, 31))  # noqa: DTZ001 - the same
    assert len(found) == 1
    assert rule[0] == start, "programs differ in what a start outside the rule means"
    before = offset(one["TZOFFSETFROM"])
    return (start - before).replace(tzinfo=UTC), (found[0] - before).replace(tzinfo=UTC)


NEEDED = {"DTSTART", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO"}


@pytest.mark.parametrize("zone", ALIKE)
def test_a_vtimezone_has_one_yearly_rule_an_observance_and_only_known_properties(zone):
    for course, text in calendars(zone):
        assert text.count("BEGIN:VTIMEZONE") == (1 if f";TZID={zone}:" in text else 0)
        for block in re.findall(r"BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n", text, re.DOTALL):
            found = observances(block)
            kinds = dict(found)
            assert len(kinds) == len(found)
            winter, summer = kinds["STANDARD"], kinds["DAYLIGHT"]
            assert offset(winter["TZOFFSETTO"]) < offset(summer["TZOFFSETTO"])
            assert winter["TZOFFSETFROM"] == summer["TZOFFSETTO"]
            assert summer["TZOFFSETFROM"] == winter["TZOFFSETTO"]
            year = course.visits[0].start.year
            for one in kinds.values():
                assert set(one) == NEEDED | {"RRULE"}
                assert re.fullmatch(
                    r"FREQ=YEARLY;BYDAY=(-1|[1-4])(SU|MO|TU|WE|TH|FR|SA);BYMONTH=\d+", one["RRULE"]
                )
                first, this_year = onsets(one, year)
                assert first < datetime(year, 1, 1, tzinfo=UTC)
                assert this_year in [moment for moment, _ in CHANGES[zone]]


@pytest.mark.parametrize("zone", ALIKE)
def test_zones_that_behave_alike_have_the_same_vtimezone_but_for_its_names(zone):
    def form(name: str) -> str:
        block = vtimezone(name, 2026, 2026)
        return re.sub(r"(?m)^(TZID|TZNAME):.*$", r"\1", block)

    assert {name for name in ALIKE[zone] if form(name) != form(zone)} == set()


RAMADAN = "the clocks go by the moon: they change around Ramadan"
SPILLS = (
    "the change is at 24:00 or later, or before 00:00, of the n-th weekday: the day on which it "
    "falls is not the n-th of its own weekday in all years"
)
NEW_LAW = "the law changes the rule within these years"

IN_UTC = {
    "Africa/Cairo": SPILLS,
    "Africa/Casablanca": RAMADAN,
    "Africa/El_Aaiun": RAMADAN,
    "America/Coyhaique": NEW_LAW,
    "America/Edmonton": NEW_LAW,
    "America/Godthab": SPILLS,
    "America/Havana": NEW_LAW,
    "America/Inuvik": NEW_LAW,
    "America/Nuuk": SPILLS,
    "America/Rainy_River": NEW_LAW,
    "America/Santiago": SPILLS,
    "America/Scoresbysund": SPILLS,
    "America/Vancouver": NEW_LAW,
    "America/Winnipeg": NEW_LAW,
    "America/Yellowknife": NEW_LAW,
    "Asia/Gaza": RAMADAN,
    "Asia/Hebron": RAMADAN,
    "Asia/Jerusalem": SPILLS,
    "Asia/Tel_Aviv": SPILLS,
    "Canada/Central": NEW_LAW,
    "Canada/Mountain": NEW_LAW,
    "Canada/Pacific": NEW_LAW,
    "Chile/Continental": SPILLS,
    "Cuba": NEW_LAW,
    "Egypt": SPILLS,
    "Israel": SPILLS,
}
"""Why the calendars of a zone say their times in UTC, some of them at least.

Which zones have a new law depends on how new the machine's zone files are (2025b: none; 2026.6:
those named). A zone that turns up here after an update wants a look at its law, and a line.
"""


def test_only_few_zones_with_daylight_time_are_in_utc_and_each_for_a_known_reason():
    in_utc = {
        name
        for zone, names in ALIKE.items()
        if len(CHANGES[zone]) > 1
        and any("BEGIN:VTIMEZONE" not in text for _, text in calendars(zone))
        for name in names
    }
    assert in_utc - set(IN_UTC) == set()
    assert "Africa/Casablanca" in in_utc
    assert len(in_utc) < len(zoneinfo.available_timezones()) / 20


@pytest.mark.parametrize(
    "zone", ["Africa/Cairo", "America/Nuuk", "America/Santiago", "Asia/Jerusalem"]
)
def test_an_onset_that_spills_into_another_day_has_a_rule_for_this_year(zone):
    course = course_of(
        zone, [moment_at(date(2026, month, 15), 540, ZoneInfo(zone)) for month in (2, 7)]
    )
    text = render(course, "ics", View())
    assert f"DTSTART;TZID={zone}:20260715T090000\r\n" in text
    assert times_of(by_ical(unnamed(text, zone))) == expected_times(course)


@pytest.mark.parametrize(
    ("zone", "year", "rule_fits"),
    [
        ("America/New_York", 2006, False),
        ("America/New_York", 2007, True),
        ("Europe/Moscow", 2010, False),
        ("Europe/Moscow", 2015, False),
        ("America/Sao_Paulo", 2019, False),
        ("Europe/Berlin", 1995, False),
        ("Europe/Berlin", 1996, True),
    ],
)
def test_a_year_before_todays_rule_held_has_no_vtimezone(zone, year, rule_fits):
    assert bool(vtimezone(zone, year, year)) is rule_fits


def test_a_zone_without_a_rule_has_no_vtimezone_and_every_time_ends_in_z():
    course = course_in("Africa/Casablanca", date(2026, 1, 1))
    text = render(course, "ics", View())
    assert "TZID" not in text
    moments = re.findall(r"(?m)^DT(?:START|END).*\r$", text)
    assert len(moments) == 2 * len(course.visits)
    assert all(re.fullmatch(r"DT(START|END):\d{8}T\d{6}Z\r", moment) for moment in moments)
