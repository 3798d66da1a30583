"""What comes again, drawn at random: against every minute of it, against dateutil, and against
`recurring-ical-events`, which read calendars in ways of their own.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ketasched.files.busy import calendar_from, read_calendar
from ketasched.files.busy.recurrence import Budget, occurrences, read_rule
from ketasched.files.busy.spans import shown, wall_of
from tests.conftest import examples
from tests.support.busy_judges import by_ical_js

NEW_YORK = ZoneInfo("America/New_York")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FIRST, LAST = date(2026, 10, 19), date(2026, 11, 29)
"""About the change of the clocks, on 1 November 2026."""

MINUTE = timedelta(minutes=1)

Drawn = dict[str, Any]

# --- rules against dateutil ----------------------------------------------------------------------


def some(*numbers: int):
    """Some of these numbers, as a part of a rule has them."""
    drawn = st.lists(st.sampled_from(numbers), min_size=1, max_size=3, unique=True)
    return drawn.map(lambda found: ",".join(map(str, found)))


WEEKDAYS = st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True).map(",".join)
ORDINALS = st.lists(
    st.builds("{}{}".format, st.sampled_from((1, 2, 4, 5, -1, -2, -5)), st.sampled_from(DAYS)),
    min_size=1,
    max_size=2,
    unique=True,
).map(",".join)
PARTS = {
    "INTERVAL": st.integers(1, 5).map(str),
    "BYMONTH": some(1, 2, 3, 11, 12),
    "BYMONTHDAY": some(1, 2, 15, 28, 29, 30, 31, -1, -2, -31),
    "BYHOUR": some(0, 9, 12, 23),
    "BYMINUTE": some(0, 30, 59),
    "BYSETPOS": some(1, 2, -1, -2),
    "WKST": st.sampled_from(("MO", "SU", "WE")),
}
YEARLY = {"BYWEEKNO": some(2, 3, 26, 51), "BYYEARDAY": some(1, 60, 365, 366, -1, -366)}


@st.composite
def rules(draw) -> str:
    """A rule that both understand alike."""
    frequency = draw(st.sampled_from(("YEARLY", "MONTHLY", "WEEKLY", "DAILY")))
    known = PARTS | (YEARLY if frequency == "YEARLY" else {})
    names = draw(st.sets(st.sampled_from(sorted(known)), max_size=3))
    if frequency == "WEEKLY":
        names -= {"BYMONTHDAY"}
    parts = [f"FREQ={frequency}", *(f"{name}={draw(known[name])}" for name in sorted(names))]
    if draw(st.booleans()):
        nth = frequency in ("YEARLY", "MONTHLY") and "BYWEEKNO" not in names
        parts.append(f"BYDAY={draw(ORDINALS if nth and draw(st.booleans()) else WEEKDAYS)}")
    elif "BYSETPOS" in names and not any(part.startswith("BY") for part in parts[1:]):
        parts.append("BYDAY=MO,WE")
    return ";".join(parts)


STARTS = st.datetimes(datetime(2019, 12, 25), datetime(2024, 3, 2)).map(  # noqa: DTZ001 - on a wall
    lambda moment: moment.replace(microsecond=0)
)


def unfolded(text: str, start: datetime, first: datetime, last: datetime) -> list[datetime]:
    """When a rule comes round, as we unfold it."""
    begin, earliest, latest = map(wall_of, (start, first, last))
    rule, budget = read_rule(text, begin), Budget(10**9, 10**9)
    return [shown(one) for one in occurrences(rule, begin, earliest, latest, budget)]


def judged(text: str, start: datetime, first: datetime, last: datetime) -> list[datetime]:
    """The same by dateutil from the start on, which goes on until the year 9999."""
    return [
        *takewhile(lambda one: one <= last, rrulestr(text, dtstart=start).xafter(first, inc=True))
    ]


@settings(max_examples=examples(200))
@given(rules(), STARTS, st.none() | st.integers(1, 40), st.integers(0, 500))
def test_a_rule_comes_round_as_dateutil_says(text, start, counted, later):
    text += f";COUNT={counted}" if counted else ""
    first, last = start + timedelta(later), start + timedelta(later + 900)
    ours = unfolded(text, start, first, last)
    # dateutil looks for one more until the year 9999, which takes it long where there is none.
    assume(counted or unfolded(text, start, last, last + timedelta(366 * 12)))
    assume(
        not counted or len(unfolded(text, start, start, start + timedelta(366 * 50))) == counted
    )
    assert ours == judged(text, start, first, last)


def test_what_a_rule_says_twice_costs_no_more_than_once():
    once, often = (read_rule(f"FREQ=DAILY;BYHOUR={hours}", 0) for hours in ("9,3", "9,3,9,9,3"))
    assert (often.parts, often.steps(10**6)) == (once.parts, once.steps(10**6))


ODD = """
FREQ=YEARLY;BYWEEKNO=-1
FREQ=YEARLY;BYWEEKNO=2,51;WKST=SU
FREQ=YEARLY;BYWEEKNO=20;WKST=WE;BYDAY=TU
FREQ=YEARLY;BYYEARDAY=1,-1,60,-366
FREQ=YEARLY;BYDAY=20MO,-1FR
FREQ=YEARLY;BYMONTH=11;BYDAY=1SU,-1SU
FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29
FREQ=YEARLY;INTERVAL=4;BYMONTHDAY=-1
FREQ=MONTHLY;BYMONTHDAY=31
FREQ=MONTHLY;INTERVAL=5;BYDAY=5SA
FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13
FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1,-2
FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO
FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=SU,MO
FREQ=WEEKLY;BYMONTH=1,12;BYHOUR=9,17;BYSETPOS=-1
FREQ=DAILY;INTERVAL=7;BYMONTH=3
FREQ=DAILY;BYHOUR=0,12;BYMINUTE=0,30;BYSECOND=0
"""


@pytest.mark.parametrize("text", ODD.split())
@pytest.mark.parametrize("begin", ["2020-02-29 08:15", "2021-01-03 00:00", "2022-12-31 23:59"])
def test_an_odd_rule(text, begin):
    start = datetime.fromisoformat(begin)
    first, last = start + timedelta(100), start + timedelta(3000)
    ours = unfolded(text, start, first, last)
    assert ours
    assert ours == judged(text, start, first, last)


@pytest.mark.parametrize("text", ["FREQ=YEARLY", "FREQ=MONTHLY", "FREQ=YEARLY;BYMONTH=1,7"])
@pytest.mark.parametrize("day", [1, 28, 29, 30, 31])
def test_a_rule_without_days_keeps_that_of_its_start_however_late_it_is_looked_at(text, day):
    start = datetime(1904, 1, day, 9)  # noqa: DTZ001 - on a wall
    first, last = datetime(2026, 1, 1), datetime(2032, 12, 31)  # noqa: DTZ001 - the same
    assert unfolded(text, start, first, last) == judged(text, start, first, last)


@pytest.mark.parametrize("week", [1, 2, 52, 53])
def test_weeks_are_those_of_iso_8601_at_both_ends_of_a_year(week):
    # dateutil forgets some days of a last week that are in January: both last weeks are busy.
    start, last = datetime(2019, 1, 1, 9), datetime(2040, 12, 31, 9)  # noqa: DTZ001 - on a wall
    days = [start + timedelta(number) for number in range((last - start).days + 1)]
    found = unfolded(f"FREQ=YEARLY;BYWEEKNO={week};BYDAY={','.join(DAYS)}", start, start, last)
    weeks = {52, 53} if week > 50 else {week}
    assert found == [day for day in days if day.isocalendar().week in weeks]


# --- calendars against every minute of them ------------------------------------------------------

DAY = st.dates(date(2026, 10, 1), date(2026, 11, 20))


@st.composite
def events(draw) -> Drawn:
    """A daily or weekly event with exceptions, plain enough to be asked minute by minute."""
    return {
        "day": draw(DAY),
        "minute": draw(st.integers(0, 95)) * 15,
        "minutes": draw(st.integers(1, 8 * 4)) * 15,
        "zone": draw(st.sampled_from(("America/New_York", "Europe/Berlin", "UTC", ""))),
        "weekdays": draw(st.sets(st.integers(0, 6), max_size=3)),
        "every": draw(st.integers(1, 3)),
        "days": draw(st.integers(0, 30)),
        "without": draw(st.sets(st.integers(0, 30), max_size=3)),
        "moved": draw(st.none() | st.tuples(st.integers(0, 30), st.integers(-50, 50))),
        "free": draw(st.sampled_from(("", "", "", "TRANSP:TRANSPARENT", "STATUS:CANCELLED"))),
    }


def days_of(event: Drawn) -> list[date]:
    """The days on which it is, by the words of its rule; the first one always."""
    first: date = event["day"]
    found = [first]
    for number in range(1, event["days"] + 1):
        day = first + timedelta(number)
        if event["weekdays"]:
            weeks = (
                day - timedelta(day.weekday()) - (first - timedelta(first.weekday()))
            ).days // 7
            if weeks % event["every"] == 0 and day.weekday() in event["weekdays"]:
                found.append(day)
        elif number % event["every"] == 0:
            found.append(day)
    return found


def at(event: Drawn, day: date) -> datetime:
    """When it begins on a day."""
    clock = time(event["minute"] // 60, event["minute"] % 60)
    return datetime.combine(day, clock, ZoneInfo(event["zone"] or "America/New_York"))


def written(number: int, event: Drawn) -> str:
    zone, suffix = event["zone"], "Z" if event["zone"] == "UTC" else ""
    name = f";TZID={zone}" if zone and not suffix else ""

    def moment(day: date, minutes: int = 0) -> str:
        wall = at(event, day).replace(tzinfo=None) + minutes * MINUTE
        return f"{name}:{wall:%Y%m%dT%H%M%S}{suffix}"

    last = event["day"] + timedelta(event["days"])
    until = f"{datetime.combine(last, time(23, 59, 59)):%Y%m%dT%H%M%S}"
    weekdays = ",".join(DAYS[day] for day in sorted(event["weekdays"]))
    rule = f"FREQ=WEEKLY;BYDAY={weekdays}" if weekdays else "FREQ=DAILY"
    lines = [
        "BEGIN:VEVENT",
        f"UID:{number}",
        f"DTSTART{moment(event['day'])}",
        f"DURATION:PT{event['minutes']}M",
        f"RRULE:{rule};INTERVAL={event['every']};UNTIL={until}{suffix}",
        *(f"EXDATE{moment(event['day'] + timedelta(off))}" for off in sorted(event["without"])),
        *([event["free"]] if event["free"] else []),
        "END:VEVENT",
    ]
    if event["moved"]:
        day, minutes = event["day"] + timedelta(event["moved"][0]), 15 * event["moved"][1]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{number}",
            f"RECURRENCE-ID{moment(day)}",
            f"DTSTART{moment(day, minutes)}",
            f"DURATION:PT{event['minutes']}M",
            "END:VEVENT",
        ]
    return "\n".join(lines)


def minutes_of(event: Drawn) -> set[datetime]:
    """Every minute (UTC) that it takes."""
    begins = []
    gone = {event["day"] + timedelta(off) for off in event["without"]}
    if event["moved"]:
        day = event["day"] + timedelta(event["moved"][0])
        gone.add(day)
        wall = at(event, day).replace(tzinfo=None) + 15 * event["moved"][1] * MINUTE
        begins.append(wall.replace(tzinfo=at(event, day).tzinfo))
    if not event["free"]:
        begins += [at(event, day) for day in days_of(event) if day not in gone]
    return {
        begin.astimezone(UTC) + number * MINUTE
        for begin in begins
        for number in range(event["minutes"])
    }


def calendar_of(drawn: list[Drawn]) -> str:
    inside = "\n".join(written(number, event) for number, event in enumerate(drawn))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{inside}\nEND:VCALENDAR\n"


def read(text: str, folder):
    path = folder / "drawn.ics"
    path.write_text(text)
    return read_calendar(str(path)).busy(NEW_YORK, FIRST, LAST)


@settings(max_examples=examples(150))
@given(st.lists(events(), min_size=1, max_size=4))
def test_just_the_minutes_are_busy_that_an_event_takes(tmp_path_factory, drawn):
    begin = datetime.combine(FIRST, time(), NEW_YORK).astimezone(UTC)
    end = datetime.combine(LAST + timedelta(1), time(), NEW_YORK).astimezone(UTC)
    wanted = {minute for event in drawn for minute in minutes_of(event) if begin <= minute < end}
    found: set[datetime] = set()
    before = begin - MINUTE
    for one in read(calendar_of(drawn), tmp_path_factory.getbasetemp()):
        start, until = one.start.astimezone(UTC), one.end.astimezone(UTC)
        assert before < start < until <= end  # in order, and apart
        found |= {start + number * MINUTE for number in range((until - start) // MINUTE)}
        before = until
    assert found == wanted


# --- calendars against another reader ------------------------------------------------------------

BEGINS = st.datetimes(datetime(2026, 9, 1), datetime(2026, 11, 10)).map(  # noqa: DTZ001 - on a wall
    lambda moment: moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
)
SIMPLE = st.sampled_from(
    (
        "FREQ=DAILY;COUNT=9",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4",
        "FREQ=MONTHLY;COUNT=3",
        "FREQ=WEEKLY;UNTIL=20261115T000000Z",
    )
)


@settings(max_examples=examples(150))
@given(
    BEGINS,
    SIMPLE,
    st.integers(0, 3),
    st.integers(-30, 30),
    st.sampled_from(("", ";RANGE=THISANDFUTURE")),
    st.sampled_from((";TZID=America/New_York", ";TZID=Europe/Berlin", "Z")),
)
def test_series_are_read_as_another_reader_reads_them(
    tmp_path_factory, begin, rule, number, shift, onwards, zone
):
    suffix, name = ("Z", "") if zone == "Z" else ("", zone)
    until = begin + timedelta(120)
    turns = unfolded(rule.partition(";UNTIL")[0], begin, begin, until)
    assume(len(turns) > number)
    moved = turns[number] + timedelta(hours=shift)

    def line(key: str, wall: datetime) -> str:
        return f"{key}{name}:{wall:%Y%m%dT%H%M%S}{suffix}"

    text = "\n".join(
        (
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1",
            line("DTSTART", begin),
            line("DTEND", begin + timedelta(hours=1)),
            f"RRULE:{rule}",
            "END:VEVENT\nBEGIN:VEVENT\nUID:1",
            line(f"RECURRENCE-ID{onwards}", turns[number]),
            line("DTSTART", moved),
            line("DTEND", moved + timedelta(minutes=30)),
            "END:VEVENT\nEND:VCALENDAR\n",
        )
    )
    ours = [
        (one.start.timestamp(), one.end.timestamp())
        for one in read(text, tmp_path_factory.getbasetemp())
    ]
    assert ours == theirs(text)


def theirs(text: str) -> list[tuple[float, float]]:
    begin = datetime.combine(FIRST, time(), NEW_YORK).timestamp()
    end = datetime.combine(LAST + timedelta(1), time(), NEW_YORK).timestamp()
    spans = []
    reader = recurring_ical_events.of(icalendar.Calendar.from_ical(text))
    for event in reader.between(FIRST - timedelta(2), LAST + timedelta(3)):
        start, until = event["DTSTART"].dt.timestamp(), event["DTEND"].dt.timestamp()
        if max(start, begin) < min(until, end):
            spans.append((max(start, begin), min(until, end)))
    merged: list[tuple[float, float]] = []
    for start, until in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], until)
        else:
            merged.append((start, until))
    return merged


@settings(max_examples=examples(10))
@given(st.lists(st.lists(events(), min_size=1, max_size=4), min_size=5, max_size=40))
def test_series_are_read_as_ical_js_reads_them(drawn):
    texts = [calendar_of([as_ical_js_takes_it(event) for event in few]) for few in drawn]
    days, utc = (FIRST, LAST), ZoneInfo("UTC")
    theirs = by_ical_js([(text.encode(), days) for text in texts])
    for text, judged_busy in zip(texts, theirs, strict=True):
        found = calendar_from(text.encode(), "drawn.ics").busy(utc, *days)
        assert [(one.start.timestamp(), one.end.timestamp()) for one in found] == judged_busy


def as_ical_js_takes_it(event: Drawn) -> Drawn:
    """The event in UTC, without a time that stands for none of the series: ical.js loses it.

    Nor does it count a start that is not among the weekdays of its rule, or leave out a time after
    an EXDATE that is none of the series.
    """
    weekdays = event["weekdays"] and event["weekdays"] | {event["day"].weekday()}
    own = event | {"zone": "UTC", "weekdays": weekdays}
    days = days_of(own)
    own["without"] = {one for one in own["without"] if own["day"] + timedelta(one) in days}
    if own["moved"]:
        offset = own["moved"][0]
        is_there = own["day"] + timedelta(offset) in days
        own["moved"] = own["moved"] if is_there and offset not in own["without"] else None
    return own
