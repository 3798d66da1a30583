"""Which entries of a calendar are written, whatever stands there: all of ours, nobody else's."""

from datetime import timedelta
from random import Random

import pytest
from icalendar import Calendar

from ketasched.exchange.calendar_entries import (
    LINE,
    CalendarEntry,
    ended_entries,
    published_entries,
    steps,
)
from ketasched.exchange.calendar_server import Resource
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


def on_the_server(entries: dict[str, CalendarEntry]) -> list[Resource]:
    return [Resource(one.name, '"1"', one.text()) for one in entries.values()]


def kinds(published: dict[str, CalendarEntry], found: list[Resource], ended=()) -> list[str]:
    named = dict.fromkeys(ended, Locale())
    return sorted(one.what for one in steps(published, found, named))


def ended_names(found: list[Resource], courses, owner: str, now=MADE_AT) -> set[str]:
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
        load_protocol("iv-depression"),
        clinic(id_salt="other"),
        COURSE.request,
        made_at=MADE_AT,
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
        load_protocol("iv-depression"),
        COURSE.clinic,
        request(patient="P-2"),
        made_at=MADE_AT,
    )
    assert ended_names(found, [neighbour], OWNER) == {one.name for one in found}
    assert ended_names(found, [neighbour], "") == set()
    assert ended_names(found, [stranger], clinic_key(other)) == set()


def test_what_was_before_now_stays_where_its_course_is_not_known_any_more():
    found = on_the_server(ENTRIES)
    neighbour = plan(
        load_protocol("iv-depression"),
        COURSE.clinic,
        request(patient="P-2"),
        made_at=MADE_AT,
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
    [step] = steps(wanted, [Resource(FIRST.name, '"1"', several)], {FIRST.name: Locale()})
    [found] = Calendar.from_ical(step.text).events
    assert str(found["DESCRIPTION"]).endswith("Bus.")
    assert (step.what, found["STATUS"]) == (
        ("cancelled", "CANCELLED") if is_ended else ("changed", "CONFIRMED")
    )


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
        found = [Resource(FIRST.name, '"1"', edited(FIRST.text(), random))]
        wanted = {} if is_ended else {FIRST.event.uid: FIRST}
        for one in steps(wanted, found, {FIRST.name: Locale()}):
            if one.what in ("new", "changed"):
                [event] = Calendar.from_ical(one.text).events
                assert event.start == FIRST.event.start
                assert one.etag or one.what == "new"
