"""Which entries of a calendar are written, whatever stands there: all of ours, nobody else's."""

from datetime import timedelta
from random import Random

import pytest
from icalendar import Calendar

from ketasched.exchange.calendar_entries import (
    LINE,
    CalendarEntry,
    ended_entries,
    later_ones,
    published_entries,
    steps,
)
from ketasched.exchange.calendar_server import CalendarObject
from ketasched.files.load import load_protocol
from ketasched.language.locale import Locale
from ketasched.model.identifiers import clinic_key
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT, examples
from tests.support.nouns import clinic, request
from tests.support.readers import READERS

COURSE = plan(
    load_protocol("iv-depression"),
    clinic(id_salt="s", name="Ketamine Clinic"),
    request(patient="P-1", driver_name="Sam"),
    made_at=MADE_AT,
)
ENTRIES = published_entries([COURSE], "patient", MADE_AT.date())
FIRST = next(iter(ENTRIES.values()))
WORDS = (
    *("", "x", ";", ":", '"', "1", "é", "a,b", "\\n", "-P", "20261207", "20261207T0900"),
    *("BEGIN:VALARM", "END:VALARM", "BEGIN:VEVENT", "END:VEVENT", "VALUE=DATE:20261207"),
)
"""What stands where it should not."""

OWNER = clinic_key(COURSE.clinic)


def on_the_server(entries: dict[str, CalendarEntry]) -> list[CalendarObject]:
    return [CalendarObject(one.name, '"1"', one.text()) for one in entries.values()]


def kinds(published: dict[str, CalendarEntry], found: list[CalendarObject], ended=()) -> list[str]:
    named = dict.fromkeys(ended, (Locale(), MADE_AT))
    return sorted(one.what for one in steps(published, found, named))


def ended_names(found: list[CalendarObject], courses, owner: str, now=MADE_AT) -> set[str]:
    return {one.name for one in ended_entries(found, "patient", courses, owner, now)}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_every_program_reads_an_entry(reader):
    [event] = reader(FIRST.text())
    assert event.start == FIRST.event.start


def test_an_entry_ends_in_the_line_below_which_others_write():
    [event] = Calendar.from_ical(FIRST.text()).events
    assert str(event["DESCRIPTION"]).startswith(FIRST.event.text)
    assert str(event["DESCRIPTION"]).endswith(f"stays:\n{LINE}")


def test_an_entry_has_another_name_for_each_audience_and_each_clinic():
    other = plan(
        load_protocol("iv-depression"), clinic(id_salt="other"), COURSE.request, made_at=MADE_AT
    )
    names = [
        {one.name for one in published_entries([course], audience, MADE_AT.date()).values()}
        for course in (COURSE, other)
        for audience in ("patient", "driver", "clinic")
    ]
    assert len(set.union(*names)) == sum(map(len, names))


def test_what_is_ours_is_known_without_its_course_and_only_by_its_clinic():
    found = on_the_server(ENTRIES)
    other = clinic(id_salt="other")
    stranger = plan(load_protocol("iv-depression"), other, COURSE.request, made_at=MADE_AT)
    neighbour = plan(
        load_protocol("iv-depression"), COURSE.clinic, request(patient="P-2"), made_at=MADE_AT
    )
    assert ended_names(found, [neighbour], OWNER) == {one.name for one in found}
    assert ended_names(found, [neighbour], "") == set()
    assert ended_names(found, [stranger], clinic_key(other)) == set()


def test_what_was_before_now_stays_where_its_course_is_not_known_any_more():
    found = on_the_server(ENTRIES)
    neighbour = plan(
        load_protocol("iv-depression"), COURSE.clinic, request(patient="P-2"), made_at=MADE_AT
    )
    later = max(one.event.start for one in ENTRIES.values()) + timedelta(1)
    assert ended_names(found, [neighbour], OWNER, later) == set()


@pytest.mark.parametrize("is_ended", [True, False], ids=["ended", "published"])
def test_a_note_in_what_somebody_made_a_series_stays_and_it_is_one_event_again(is_ended):
    text = FIRST.text().replace("\r\n ", "").replace(LINE, rf"{LINE}\nBus.")
    event = text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")]
    other = event.replace("SEQUENCE", "RECURRENCE-ID:20261207T090000Z\r\nSEQUENCE")
    several = text.replace(event, event + other)
    wanted = {} if is_ended else {FIRST.event.uid: FIRST}
    found = [CalendarObject(FIRST.name, '"1"', several)]
    [step] = steps(wanted, found, {FIRST.name: (Locale(), MADE_AT)})
    [entry] = Calendar.from_ical(step.text).events
    assert str(entry["DESCRIPTION"]).endswith("Bus.")
    assert (step.what, entry["STATUS"]) == (
        ("cancelled", "CANCELLED") if is_ended else ("changed", "CONFIRMED")
    )


def on_odd_server(*lines: str) -> CalendarObject:
    """The first entry, with these lines in place of those of the same names."""
    names = tuple({line.partition(":")[0].partition(";")[0] for line in lines})
    names += ("DTEND",) if "DURATION" in names else ()
    text = FIRST.text().replace("\r\n ", "")
    kept = [line for line in text.split("\r\n") if not line.startswith(names)]
    at = kept.index("BEGIN:VEVENT") + 1
    return CalendarObject(FIRST.name, '"1"', "\r\n".join([*kept[:at], *lines, *kept[at:]]))


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:99991231T235959Z", "DURATION:P9999999D"),
        ("DTSTART;TZID=Asia/Tokyo:00010101T000000", "DTEND;TZID=Asia/Tokyo:00010101T010000"),
        ("DTSTART;TZID=America/New_York:99991231T225959", "DTEND:20261207T090000Z"),
    ],
    ids=["a long one", "before all years", "the last day"],
)
def test_a_moment_that_there_cannot_be_is_replaced_where_it_is_ours_and_left_where_not(lines):
    found = on_odd_server(*lines)
    [step] = steps({FIRST.event.uid: FIRST}, [found], {})
    assert Calendar.from_ical(step.text).events[0].start == FIRST.event.start
    assert ended_names([found], [], OWNER) == set()
    assert list(steps({}, [found], {FIRST.name: (Locale(), MADE_AT)})) == []


def test_an_entry_from_the_end_of_time_is_no_later_state():
    found = on_odd_server("X-APPOINTMENTS-AS-OF:99991231T235959-1200")
    assert later_ones({FIRST.event.uid: FIRST}, [found]) == {}


def test_a_second_title_and_description_go_below_the_line_and_are_words():
    found = on_odd_server("SUMMARY:One", "SUMMARY:Two", "DESCRIPTION:Bus", "DESCRIPTION:Tram")
    [step] = steps({FIRST.event.uid: FIRST}, [found], {})
    [ended] = steps({}, [found], {FIRST.name: (Locale(), MADE_AT)})
    assert (step.title, ended.title) == (FIRST.event.title, "One")
    for text in (step.text, ended.text):
        [event] = Calendar.from_ical(text).events
        below = str(event["DESCRIPTION"]).partition(LINE)[2]
        assert below.split() == ["One", "Two", "Bus", "Tram"]
        assert "vText" not in text


def test_what_is_cancelled_for_its_note_is_newer_and_what_takes_place_again_newer_still():
    text = FIRST.text().replace("\r\n ", "").replace(LINE, rf"{LINE}\nBus.")
    now = MADE_AT + timedelta(3)
    ended = {FIRST.name: (Locale(), now)}
    [step] = steps({}, [CalendarObject(FIRST.name, '"1"', text)], ended)
    [event] = Calendar.from_ical(step.text).events
    assert (event.sequence, event.stamp, event.last_modified) == (1, now, now)
    assert list(steps({}, [CalendarObject(FIRST.name, '"2"', step.text)], ended)) == []
    [again] = steps({FIRST.event.uid: FIRST}, [CalendarObject(FIRST.name, '"2"', step.text)], {})
    assert Calendar.from_ical(again.text).events[0].sequence == 2


@pytest.mark.parametrize("number", [str(2**31 - 1), "9" * 11, "9" * 5000], ids=len)
def test_no_sequence_is_larger_than_a_calendar_may_have(number):
    found = on_odd_server(f"SEQUENCE:{number}", "DESCRIPTION:Bus.")
    [ended] = steps({}, [found], {FIRST.name: (Locale(), MADE_AT)})
    [step] = steps({FIRST.event.uid: FIRST}, [found], {})
    for text in (ended.text, step.text):
        assert Calendar.from_ical(text).events[0].sequence < 2**31


def edited(text: str, random: Random) -> str:
    """The text with some lines of its event changed, doubled or left out."""
    lines = text.split("\r\n")
    first, last = lines.index("BEGIN:VEVENT") + 1, lines.index("END:VEVENT") - 1
    for _ in range(random.randint(1, 4)):
        number = random.randint(first, last)
        name = lines[number].partition(":")[0].partition(";")[0]
        word = random.choice(WORDS)
        new = random.choice([f"{name}:{word}", f"{name};{word}", word, name])
        lines[number : number + random.choice([0, 1, 1])] = random.choice([[new], [new, new], []])
        last = len(lines) - 4
    return "\r\n".join(lines)


@pytest.mark.parametrize("seed", range(examples(9)))
@pytest.mark.parametrize("is_ended", [True, False], ids=["ended", "published"])
def test_whatever_stands_in_an_entry_of_ours_is_put_right_or_left_as_it_is(seed, is_ended):
    random = Random(seed)
    for _ in range(100):
        found = [CalendarObject(FIRST.name, '"1"', edited(FIRST.text(), random))]
        wanted = {} if is_ended else {FIRST.event.uid: FIRST}
        for one in steps(wanted, found, {FIRST.name: (Locale(), MADE_AT)}):
            if one.what in ("new", "changed"):
                [event] = Calendar.from_ical(one.text).events
                assert event.start == FIRST.event.start
                assert one.etag or one.what == "new"
