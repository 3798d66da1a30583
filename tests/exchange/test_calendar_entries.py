"""Which entries of a calendar are written, whatever stands there: all of ours, nobody else's."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from ketasched.exchange.calendar_entries import (
    LINE,
    Published,
    ended_entries,
    published_entries,
    steps,
)
from ketasched.exchange.calendar_server import Resource
from ketasched.files.load import load_protocol
from ketasched.language.locale import Locale
from ketasched.model.identifiers import clinic_key
from ketasched.planning.planner import plan
from tests.conftest import MADE_AT
from tests.support.hostile import PIECES
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
OWNER = clinic_key(COURSE.clinic)


def on_the_server(entries: dict[str, Published]) -> list[Resource]:
    return [Resource(one.name, '"1"', one.text()) for one in entries.values()]


def kinds(published: dict[str, Published], found: list[Resource], ended=()) -> list[str]:
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


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["insert", "replace", "delete"]), st.text()),
        max_size=4,
    ),
    st.lists(PIECES, max_size=4),
    st.booleans(),
)
def test_whatever_stands_in_an_entry_of_ours_it_is_put_right_or_left_as_it_is(
    edits, pieces, is_ended
):
    lines = FIRST.text().split("\r\n")
    for (place, how, text), piece in zip(edits, [*pieces, *"abcd"], strict=False):
        number = place % len(lines)
        name = lines[number].partition(":")[0]
        new = [f"{name}:{text}{piece}"] if len(text) % 2 else [f"{text}{piece}"]
        kept = [lines[number]] if how == "insert" else []
        lines[number : number + 1] = kept + (new if how != "delete" else [])
    found = [Resource(FIRST.name, '"1"', "\r\n".join(lines))]
    wanted = {} if is_ended else {FIRST.event.uid: FIRST}
    made = list(steps(wanted, found, dict.fromkeys([FIRST.name], Locale())))
    assert len(made) <= 2
    for one in made:
        if one.text:
            [event] = Calendar.from_ical(one.text).events
            assert is_ended or event.start == FIRST.event.start
