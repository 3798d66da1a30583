"""What is in a feed: every date once, SEQUENCE that never falls, and what ended for 60 days."""

from dataclasses import replace
from datetime import timedelta

import pytest
from icalendar import Calendar

from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.events.wording import CANCELLED
from ketasched.exchange.ended_feed import ended_feed
from ketasched.exchange.feeds import chains, clinic_feed, feeds_of, new_names
from ketasched.files.load import load_protocol
from ketasched.language.locale import Locale
from ketasched.model import Change, Driver
from ketasched.planning.planner import plan
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, examples
from tests.revising.test_switch import switched, under_way
from tests.support.nouns import clinic, request
from tests.support.random_life import InMemory, Life
from tests.support.readers import READERS, by_icalendar, unfolded

COURSE = plan(
    load_protocol("iv-depression"),
    clinic(id_salt="s", name="Ketamine Clinic"),
    request(patient="P-1", driver_name="Sam"),
    made_at=MADE_AT,
)
TODAY = MADE_AT.date()
DURING = COURSE.visits[1].end + timedelta(hours=1)
MORNING_BETWEEN = COURSE.visits[1].start.replace(hour=1) + timedelta(1)
PATIENT = next(feeds_of([COURSE], TODAY))
SPANISH = Locale(language="es")


def by_uid(text: str, name: str) -> dict[str, str]:
    """The value of a property of each event."""
    blocks = "\n".join(unfolded(text)).split("BEGIN:VEVENT\n")[1:]
    split = ([line.split(":", 1) for line in one.strip().split("\n")] for one in blocks)
    found = [dict(reversed(lines)) for lines in split]
    return {one["UID"]: one[name] for one in found}


def sequences(text: str) -> dict[str, int]:
    return {uid: int(number) for uid, number in by_uid(text, "SEQUENCE").items()}


def in_both(former: str, text: str) -> list[tuple[int, int]]:
    """The sequences, then and now, of the events that are in both texts."""
    was, now = sequences(former), sequences(text)
    return [(was[uid], now[uid]) for uid in was.keys() & now.keys()]


def test_a_feed_is_the_calendar_and_says_how_often_to_ask():
    lines = unfolded(PATIENT.text())
    assert lines[6:8] == ["REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"]
    assert {one.uid for one in events(COURSE, View("patient"))} == set(sequences(PATIENT.text()))


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_every_program_reads_a_feed(reader):
    assert len(reader(PATIENT.text())) == len(PATIENT.events)


def test_the_name_of_a_calendar_tells_neither_the_patient_nor_the_treatment():
    feeds = [*feeds_of([COURSE], TODAY), clinic_feed([[COURSE]], TODAY)]
    assert [one.calendar_name for one in feeds] == ["Appointments", "Rides", "Appointments"]


def test_each_driver_has_a_feed_and_a_former_one_is_told_what_ended():
    changed = revise(COURSE, Change("driver", 6, driver=Driver("Jo")), at=DURING)
    _, sam, jo = feeds_of([changed], TODAY)
    assert (sam.view.rides_of, jo.view.rides_of) == ("Sam", "Jo")
    ended = [one for one in sam.events if one.status == "CANCELLED"]
    assert [one.start for one in ended] == [COURSE.visits[5].start, COURSE.visits[5].end]
    assert [one.start for one in jo.events] == [one.start for one in ended]


def test_feeds_have_the_same_keys_whatever_becomes_of_the_course():
    changed = revise(COURSE, Change("driver", 6, driver=Driver("Jo")), at=DURING)
    renamed = revise(changed, Change("omit", 5), at=DURING, why="clinician")
    keys = [one.key for one in feeds_of([COURSE], TODAY)]
    assert [one.key for one in feeds_of([renamed], TODAY)][:2] == keys
    assert len({one.key for one in feeds_of([renamed], TODAY)}) == 3


def test_a_course_that_follows_keeps_the_feed_and_the_dates_before_it_are_still_there():
    before = under_way()
    old, new = switched(before)
    [chain] = chains([new, old])
    feed, alone = next(feeds_of(chain, TODAY)), next(feeds_of([new], TODAY))
    assert feed.key == alone.key == next(feeds_of([before], TODAY)).key
    uids = [one.uid for one in feed.events]
    assert len(uids) == len(set(uids))
    assert {one.uid for one in old.visits} | {one.uid for one in new.visits} <= set(uids)
    stayed = in_both(next(feeds_of([before], TODAY)).text(), feed.text())
    assert len(stayed) >= len(before.visits)
    assert all(then <= now for then, now in stayed)


@pytest.mark.parametrize("seed", range(examples(6)))
def test_through_a_life_no_date_is_there_twice_and_no_sequence_falls(seed):
    life = Life(f"feed {seed}", InMemory())
    life.run(12)
    published: dict[str, str] = {}
    stayed: list[tuple[int, int]] = []
    for course in life.revisions:
        today = course.history[-1].at.date()
        for feed in (*feeds_of([course], today), clinic_feed([[course]], today)):
            former = published.get(feed.key, "")
            text = published[feed.key] = feed.text(former)
            uids = [one.uid for one in by_icalendar(text)]
            assert len(uids) == len(set(uids))
            stayed += in_both(former, text) if former else []
    assert len(stayed) > 12
    assert all(then <= now for then, now in stayed)


def test_what_is_published_again_is_the_same_to_the_byte():
    text = PATIENT.text()
    assert PATIENT.text(text) == text


def test_a_feed_is_over_sixty_days_after_its_last_date():
    ends = max(one.end for one in PATIENT.events).date()
    later = next(feeds_of([COURSE], ends + timedelta(60)))
    assert not later.is_over(ends + timedelta(60))
    assert later.is_over(ends + timedelta(61))


def test_a_feed_is_over_sixty_days_after_everything_was_called_off():
    at = MADE_AT + timedelta(days=1)
    ceased = revise(COURSE, Change("cease"), at=at, why="moved")
    for days, is_over in ((60, False), (61, True)):
        today = at.date() + timedelta(days)
        assert {one.is_over(today) for one in feeds_of([ceased], today)} == {is_over}


def test_the_clinic_has_the_dates_of_all_but_of_no_course_that_is_over():
    other = plan(
        load_protocol("iv-depression"),
        COURSE.clinic,
        request(patient="P-2", start=TODAY + timedelta(200)),
        made_at=MADE_AT,
    )
    both = chains([other, COURSE])

    def patients(feed) -> set[str]:
        return {one.title.partition(":")[0] for one in feed.events}

    now, later = clinic_feed(both, TODAY, "c"), clinic_feed(both, TODAY + timedelta(200), "c")
    assert (patients(now), patients(later)) == ({"P-1", "P-2"}, {"P-2"})
    assert (now.key, now.patient) == (later.key, "")


def test_all_dates_are_local_to_one_zone_also_where_a_course_is_of_another():
    moved = replace(COURSE, course_id="x", timezone="Europe/Berlin", follows=COURSE.course_id)
    text = next(feeds_of([moved, COURSE], TODAY)).text()
    assert {one.start for one in by_icalendar(text)} == {
        one.start for one in by_icalendar(PATIENT.text())
    }


def test_a_name_is_made_for_what_has_none_and_to_rotate_for_all():
    numbers = iter("abc")
    known = {"one": ["x"]}
    assert new_names(known, ["one", "two"], numbers.__next__) == {"two": "a"}
    rotated = new_names(known, ["one", "two"], numbers.__next__, rotate=True)
    assert rotated == {"one": "b", "two": "c"}


BUSY = {one.uid for one in PATIENT.events if one.busy}


def ended(text: str, now) -> str:
    found = ended_feed(text, now, SPANISH)
    assert found
    return found


def test_of_a_course_that_is_no_longer_known_what_is_to_come_is_cancelled():
    text = ended(PATIENT.text(), MORNING_BETWEEN)
    status, title = by_uid(text, "STATUS"), by_uid(text, "SUMMARY")
    begun = {one.uid for one in PATIENT.events if one.start <= MORNING_BETWEEN}
    assert {uid for uid in status if status[uid] != "CANCELLED"} == begun
    assert status.keys() == begun | BUSY
    said = SPANISH.text(CANCELLED, title="").strip()
    assert {title[uid].startswith(said) for uid in BUSY - begun} == {True}
    was, now = sequences(PATIENT.text()), sequences(text)
    assert {uid: now[uid] - was[uid] for uid in now} == {uid: uid not in begun for uid in now}


@pytest.mark.parametrize("audience", ["patient", "driver"])
def test_a_day_that_has_begun_stays_as_it_is_so_that_the_patient_is_collected(audience):
    _, driver = feeds_of([COURSE], TODAY)
    before = PATIENT if audience == "patient" else driver
    at = COURSE.visits[1].start + timedelta(minutes=30)
    text = ended(before.text(), at)
    kept = {one.uid for one in before.events if one.start.date() <= at.date()}
    status = by_uid(text, "STATUS")
    assert {uid for uid in status if status[uid] == "CONFIRMED"} == kept


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_every_program_reads_what_remains(reader):
    text = ended(PATIENT.text(), MORNING_BETWEEN)
    found = {one.uid: one.start for one in reader(text)}
    assert found.items() <= {one.uid: one.start for one in reader(PATIENT.text())}.items()
    assert found.keys() == sequences(text).keys()


def test_what_remains_stays_for_sixty_days_and_is_the_same_each_time():
    text = ended(PATIENT.text(), MORNING_BETWEEN)
    for days in (1, 30, 60):
        assert ended(text, MORNING_BETWEEN + timedelta(days)) == text
    assert ended_feed(text, MORNING_BETWEEN + timedelta(61), SPANISH) is None


def test_a_course_that_is_known_again_has_no_lower_sequence_than_before():
    remains = ended(PATIENT.text(), MORNING_BETWEEN)
    was, now = sequences(remains), sequences(PATIENT.text(remains))
    assert all(now[uid] >= was[uid] for uid in was)


def test_what_takes_place_again_has_a_higher_sequence_than_its_cancellation():
    remains = ended(PATIENT.text(), MORNING_BETWEEN)
    again = PATIENT.text(remains)
    was, now = sequences(remains), sequences(again)
    ended_uids = {
        uid for uid, status in by_uid(remains, "STATUS").items() if status == "CANCELLED"
    }
    assert ended_uids
    assert {uid: now[uid] - was[uid] for uid in was} == {uid: uid in ended_uids for uid in was}
    assert PATIENT.text(again) == again


@pytest.mark.parametrize("number", ["9" * 10, "9" * 5000], ids=len)
def test_a_sequence_that_is_none_of_ours_is_not_kept(number):
    odd = PATIENT.text().replace("SEQUENCE:0", f"SEQUENCE:{number}")
    assert PATIENT.text(odd) == PATIENT.text()


def without(name: str) -> str:
    return "\r\n".join(one for one in unfolded(PATIENT.text()) if not one.startswith(name))


DAMAGED = {
    "nothing": "",
    "a page": "<html>Not found</html>",
    "half": PATIENT.text()[:3000],
    "two": PATIENT.text() * 2,
    "binary": "\x00\ufffd" * 99,
    **{f"no {name}": without(name) for name in ("TRANSP", "STATUS", "DTSTART")},
    "whole days": PATIENT.text().replace("DTSTART;", "DTSTART;VALUE=DATE:20261207\r\nX-WAS;"),
    "no zone": PATIENT.text().replace(";TZID=America/New_York", ""),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_what_remains_of_a_damaged_feed_is_not_guessed(text):
    with pytest.raises(ValueError, match="damaged"):
        ended_feed(text, MORNING_BETWEEN, SPANISH)


@pytest.mark.parametrize("number", [str(2**31 - 1), "9" * 11, "9" * 5000], ids=len)
def test_no_sequence_of_what_remains_is_larger_than_a_calendar_may_have(number):
    text = ended(PATIENT.text().replace("SEQUENCE:0", f"SEQUENCE:{number}"), MORNING_BETWEEN)
    cancelled = [one for one in Calendar.from_ical(text).events if one["STATUS"] == "CANCELLED"]
    assert cancelled
    assert all(one.sequence < 2**31 for one in cancelled)
