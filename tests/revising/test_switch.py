"""`switch`: a course by another protocol follows, and the old one ends."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ketasched.errors import BadRequest
from ketasched.events.diff import former_dates
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import load_protocol, parse_course
from ketasched.model import Driver
from ketasched.planning.check import check
from ketasched.planning.record import record_findings
from ketasched.render import render
from ketasched.render.patient_folder import changed_calendars
from ketasched.revising.switch import ended_course, switch
from tests.revising.changes import apply, moment, six
from tests.support.nouns import MONDAY, clinic

PTSD, SIX = load_protocol("iv-ptsd"), load_protocol("iv-depression")
SAM, ANA = Driver("Sam Rivera", "555 0199"), Driver("Ana Lima")


def switched(course, protocol=PTSD, on="2026-12-14", today="2026-12-11T12:00"):
    """The old course as it ended, and the new one."""
    day = date.fromisoformat(on)
    new = switch(course, protocol, day, at=moment(today), why="effect", by="Dr. Lee")
    return ended_course(course, new), new


def under_way(**more):
    """A course whose first two visits took place, and whose third was missed."""
    course = six(driver_name="Sam Rivera", driver_phone="555 0199", **more)
    course = apply(course, "complete", "2026-12-07T13:00", visit=1)
    course = apply(course, "complete", "2026-12-09T13:00", visit=2)
    return apply(course, "miss", "2026-12-11T11:00", visit=3)


def held(**more):
    return apply(under_way(**more), "hold", "2026-12-11T11:30")


def ceased(**more):
    return apply(under_way(**more), "cease", "2026-12-11T11:30")


STATES = pytest.mark.parametrize("begin", [under_way, held, ceased, six])


@STATES
def test_the_old_course_ends_and_the_new_one_follows_it(begin):
    course = begin()
    ended, new = switched(course)
    over = {"completed", "missed", "ceased", "planned"}  # planned: over, and never recorded
    assert {visit.status for visit in ended.visits} <= over
    now = moment("2026-12-11T12:00")
    assert all(one.status == "ceased" for one in ended.visits if one.start > now)
    assert (new.follows, new.revision, new.patient) == (course.course_id, 1, course.patient)
    assert new.visits[0].start.date() == date(2026, 12, 14)
    assert ended.history[-1].what == "switched to iv-ptsd from Mon 14 Dec 2026 on"
    assert (ended.history[-1].by, ended.history[-1].why) == ("Dr. Lee", "effect")
    assert new.history[0].what == "switched from iv-depression"
    for one in (ended, new):
        assert not [*record_findings(one)]
        assert parse_course(render(one, "json", View()), "course.json") == one


def test_wishes_and_drivers_go_with_the_patient_and_what_belongs_to_the_protocol_does_not():
    course = six(
        days=("mon", "wed", "fri"),
        per_week=2,
        born=date(1980, 1, 1),
        cleared_by="Dr. Okafor",
        cleared_on=date(2026, 12, 1),
        driver_name="Sam Rivera",
        prior=(MONDAY - timedelta(14),),
    )
    _, new = switched(course)
    asked = new.request
    assert (asked.days, asked.born, asked.driver_name) == (
        ("mon", "wed", "fri"),
        date(1980, 1, 1),
        "Sam Rivera",
    )
    assert (asked.per_week, asked.boosters, asked.cleared_by, asked.prior) == (None, 0, "", ())
    assert any(one.rule == "clearance" for one in new.findings)


def test_who_drives_by_now_drives_on_not_whom_the_request_once_named():
    course = apply(under_way(), "driver", "2026-12-11T11:30", visits="all", driver=ANA)
    _, new = switched(course)
    assert {visit.driver for visit in new.visits if visit.status == "planned"} == {ANA}


def test_a_warning_says_that_no_gap_is_checked_and_it_stays():
    _, new = switched(under_way(), on="2026-12-11", today="2026-12-11T08:00")
    later = apply(new, "driver", "2026-12-11T09:30", visit=2, driver=ANA)
    for course in (new, later):
        assert [one.level for one in course.findings if one.rule == "switch"] == ["warning"]
        assert [one.level for one in check(course) if one.rule == "switch"] == ["warning"]


def test_the_new_pages_and_calendars_say_what_no_longer_holds():
    course = under_way()
    ended, new = switched(course, on="2027-01-04")
    gone = {one.uid: one for one in (*ended.visits, *ended.companions) if one.status == "ceased"}
    cancelled = {
        event.uid: event.sequence
        for event in events(new, View("patient"))
        if event.status == "CANCELLED"
    }
    assert cancelled == {uid: one.sequence for uid, one in gone.items()}
    assert min(cancelled.values()) >= 1
    assert {start.date() for start in former_dates(new, View("driver"))} == {
        date(2026, 12, day) for day in (14, 16, 18)
    }
    assert "No longer on: " in render(new, "text", View("patient"))


def test_the_drivers_calendar_of_the_new_course_cancels_the_old_rides():
    course = under_way()
    ended, new = switched(course, on="2027-01-04")
    before = {one.uid: one for one in events(course, View("driver")) if one.start.day > 12}
    rides = {one.uid: one for one in events(new, View("driver")) if one.status == "CANCELLED"}
    assert rides.keys() == before.keys()
    assert {one.title for one in rides.values()} == {"CANCELLED: Bring", "CANCELLED: Collect"}
    there = {one.uid: one.sequence for one in events(ended, View("driver"))}
    assert all(there[uid] <= one.sequence for uid, one in rides.items())
    assert not [one for one in events(new, View("driver", rides_of="Ana")) if one.uid in before]


@pytest.mark.parametrize("audience", ["patient", "driver"])
def test_the_changes_cancel_the_old_entries_and_bring_the_new_ones(audience):
    course = under_way()
    ended, new = switched(course)
    [data] = changed_calendars(course, ended, View(audience), new).values()
    entries = data.decode().replace("\r\n", "\n").split("BEGIN:VEVENT")[1:]
    status = {re.findall("UID:(.*)", one)[0]: "STATUS:CANCELLED" in one for one in entries}
    sequence = {
        re.findall("UID:(.*)", one)[0]: int(re.findall("SEQUENCE:(.*)", one)[0]) for one in entries
    }
    old = {one.uid: one for one in events(course, View(audience)) if one.start.day > 12}
    for uid, event in old.items():
        assert status[uid]
        assert sequence[uid] > event.sequence
    taking = {one.uid for one in events(new, View(audience)) if one.status != "CANCELLED"}
    assert {uid for uid, is_cancelled in status.items() if not is_cancelled} == taking


def test_a_time_without_driving_that_goes_on_is_not_cancelled():
    course = apply(six(), "complete", "2026-12-07T13:00", visit=1)
    ended, new = switched(course, on="2026-12-09", today="2026-12-07T14:00")
    [data] = changed_calendars(course, ended, View("patient"), new).values()
    [uid] = [one.uid for one in events(course, View()) if one.name == "no-driving-1"]
    assert uid not in data.decode()


@pytest.mark.parametrize("audience", ["patient", "driver"])
def test_switching_back_never_uses_a_uid_twice_and_every_sequence_only_rises(audience):
    chain = [under_way()]
    for protocol in (PTSD, SIX, PTSD):
        chain[-1:] = switched(chain[-1], protocol)
    uids = [item.uid for course in chain for item in (*course.visits, *course.companions)]
    assert len(uids) == len(set(uids))
    assert len({course.course_id for course in chain}) == 4
    seen: dict[str, int] = {}
    for course in chain:
        for event in events(course, View(audience)):
            assert event.sequence >= seen.get(event.uid, 0)
            seen[event.uid] = event.sequence
    first, last = ({one.uid: one for one in events(chain[n], View(audience))} for n in (0, -1))
    ceased = {uid for uid, one in first.items() if one.start.day > 12}
    assert ceased
    assert ceased <= last.keys()


def test_a_switch_is_refused_twice_without_a_name_and_for_a_day_that_is_over():
    course = under_way()
    ended, _ = switched(course)
    with pytest.raises(BadRequest, match="was switched to another course"):
        switched(ended)
    with pytest.raises(BadRequest, match="name of the clinician"):
        switch(course, PTSD, date(2026, 12, 14), at=moment("2026-12-11T12:00"), by=" ")
    with pytest.raises(BadRequest, match="is over"):
        switched(course, on="2026-12-10")


def test_a_course_that_ended_names_the_one_that_follows_not_an_undo_that_is_refused():
    ended, _ = switched(under_way())
    with pytest.raises(BadRequest, match="was switched to another course") as refusal:
        apply(ended, "defer", "2026-12-11T13:00", visit=4, days=1, scope="visit")
    assert refusal.value.next_step == "the course that follows, by the patient's name"


def test_it_cannot_be_undone_on_either_side():
    ended, new = switched(under_way())
    for course, said in ((ended, "cannot be undone"), (new, "as it was planned")):
        with pytest.raises(BadRequest, match=said) as error:
            apply(course, "undo", "2026-12-11T13:00")
        assert "switch --protocol" in str(error.value.next_step)


def test_a_fact_is_still_recorded_in_the_course_that_ended():
    course = apply(six(), "complete", "2026-12-07T13:00", visit=1)
    ended, _ = switched(course, on="2026-12-14", today="2026-12-10T12:00")
    recorded = apply(ended, "complete", "2026-12-10T13:00", visit=2)
    assert recorded.visits[1].status == "completed"
    assert apply(recorded, "undo", "2026-12-10T14:00").visits[1].status == "planned"


def test_the_new_course_keeps_its_wall_clock_time_where_the_clocks_change():
    course = six(start=date(2027, 3, 8))
    _, new = switched(course, on="2027-03-12", today="2027-03-10T12:00")
    starts = [visit.start for visit in new.visits]
    assert {start.hour for start in starts} == {9}
    assert len({start.utcoffset() for start in starts}) == 2


def test_a_newer_clinic_holds_for_the_new_course():
    newer = replace(clinic(times="10:00-17:00"), name="Newer")
    course = under_way()
    new = switch(
        course, PTSD, date(2026, 12, 14), at=moment("2026-12-11T12:00"), by="Lee", clinic=newer
    )
    assert new.clinic == newer
    assert ended_course(course, new).clinic == newer
