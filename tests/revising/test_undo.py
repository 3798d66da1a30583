"""undo: what it takes back, what it leaves, and when it refuses."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ketasched.errors import BadRequest, NoPlan
from ketasched.events.diff import changed_events, former_dates
from ketasched.events.events import events
from ketasched.events.view import View
from ketasched.files.load import parse_course
from ketasched.model import (
    Authorisation,
    Change,
    Clock,
    DateRange,
    Driver,
    NoDriving,
    Override,
    Record,
    Wishes,
)
from ketasched.planning.check import check
from ketasched.planning.record import record_findings
from ketasched.register.records import waivers_of
from ketasched.revising.change_report import change_data, change_lines, follow_ups
from ketasched.revising.history import course_to_restore
from ketasched.revising.revise import revise
from tests.conftest import ROOT
from tests.revising.changes import apply, moment, six
from tests.support.nouns import MONDAY, clinic, occupied

WEDNESDAY = "2026-12-09T12:00"
"""The second visit was at nine."""

OLD = [
    json.loads(line)["course"]
    for line in (ROOT / "tests/files/courses-1.0.ndjson").read_text("utf-8").splitlines()
]


def undo(course, today=WEDNESDAY, **more):
    return apply(course, "undo", today, **more)


def content(course):
    """What an undo brings back."""
    visits = [replace(one, sequence=0) for one in course.visits]
    return visits, [replace(one, sequence=0) for one in course.companions], course.request


def taken(*visits):
    """The chairs of these visits, taken by others."""
    return occupied((one.start, one.end) for one in visits)


CHANGES = {
    "a visit completed": {"verb": "complete", "visit": 1},
    "a visit missed": {"verb": "miss", "visit": 2, "make_up": False},
    "a visit made up for": {"verb": "miss", "visit": 2, "make_up": True},
    "a visit deferred": {"verb": "defer", "visit": 4, "days": 1},
    "a visit omitted": {"verb": "omit", "visit": 6},
    "visits held": {"verb": "hold"},
    "a course ceased": {"verb": "cease"},
    "a booster": {"verb": "booster", "on": date(2027, 2, 12), "overrides": ("gap",)},
    "a booster confirmed": {"verb": "confirm", "visit": 7},
    "another driver": {"verb": "driver", "visit": 3, "driver": Driver("Ann")},
    "a clearance": {"verb": "clear", "record": Record("clearance", date(2026, 12, 9), "Dr. Lee")},
    "an authorisation": {
        "verb": "authorise",
        "authorised": (Authorisation(3, MONDAY, date(2026, 12, 31)),),
    },
    "new wishes": {"verb": "wishes", "wishes": Wishes(time=Clock(600))},
    "a visit on another day": {"verb": "complete", "visit": 2, "on": date(2026, 12, 8)},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_all_is_as_it_was_before(change):
    before = six(driver_name="Sam")
    after = undo(apply(before, today=WEDNESDAY, **change))
    assert content(after) == content(before)
    assert after.revision == 3
    assert [entry.change.verb for entry in after.history[1:]] == [change["verb"], "undo"]
    assert [*record_findings(after)] == []


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_sequence_falls_and_what_calendars_have_changed_rises(change):
    changed = apply(six(driver_name="Sam"), today=WEDNESDAY, **change)
    after = undo(changed)
    was = {one.uid: one.sequence for one in (*changed.visits, *changed.companions)}
    for item in (*after.visits, *after.companions):
        assert item.sequence == was[item.uid] + (item.uid in after.history[-1].changed)
    assert set(changed.history[-1].changed) & {*was} <= set(after.history[-1].changed)


def test_undo_again_goes_further_back():
    first = six()
    second = apply(first, "complete", WEDNESDAY, visit=1)
    third = apply(second, "complete", WEDNESDAY, visit=2)
    once = undo(third)
    assert content(once) == content(second)
    assert content(undo(once)) == content(first)


def test_a_change_after_an_undo_is_undone_first():
    first = six()
    second = apply(first, "complete", WEDNESDAY, visit=1)
    third = undo(apply(second, "complete", WEDNESDAY, visit=2))
    fourth = undo(apply(third, "hold", WEDNESDAY))
    assert content(fourth) == content(second)
    assert content(undo(fourth)) == content(first)


def test_with_nothing_left_to_undo_it_says_so():
    planned = six()
    for course in (planned, undo(apply(planned, "complete", WEDNESDAY, visit=1))):
        with pytest.raises(BadRequest, match="nothing to undo: the course is as it was planned"):
            undo(course)


def test_a_change_by_version_1_0_cannot_be_undone():
    document = next(one for one in OLD if one["history"][-1]["change"])
    course = parse_course(json.dumps(document), "1.0")
    with pytest.raises(BadRequest, match=r"version 1\.0 did not record what it changed") as no:
        revise(course, Change("undo"), at=course.history[-1].at)
    assert no.value.next_step == "the verb that changes it back"


def test_what_came_after_version_1_0_can_be_undone():
    course = apply(six(), "complete", WEDNESDAY, visit=1)
    old = replace(course, history=tuple(replace(one, result=None) for one in course.history))
    once = undo(apply(old, "complete", WEDNESDAY, visit=2))
    assert content(once) == content(old)
    with pytest.raises(BadRequest, match="“visit 1 completed” cannot be undone"):
        undo(once)


def test_a_course_that_was_edited_by_hand_is_not_undone():
    course = apply(six(), "complete", WEDNESDAY, visit=1)
    visits = (replace(course.visits[0], note="mine"), *course.visits[1:])
    with pytest.raises(BadRequest, match="edited by hand") as no:
        undo(replace(course, visits=visits))
    assert no.value.next_step == "see where: ketasched check COURSE"


# --- what is removed


def test_an_added_visit_is_removed_and_its_uid_never_comes_back():
    made_up = apply(six(), "miss", WEDNESDAY, visit=2, make_up=True)
    (added,) = {one.uid for one in made_up.visits} - {one.uid for one in six().visits}
    undone = undo(made_up)
    assert added not in {one.uid for one in undone.visits}
    again = apply(undone, "miss", WEDNESDAY, visit=2, make_up=True)
    assert len(again.visits) == len(made_up.visits)
    assert added not in {one.uid for one in again.visits}
    assert [*record_findings(again)] == []


@pytest.mark.parametrize("audience", ["patient", "clinic"])
def test_an_added_visit_stays_in_calendars_as_cancelled(audience):
    made_up = apply(six(), "miss", WEDNESDAY, visit=2, make_up=True)
    (added,) = {one.uid for one in made_up.visits} - {one.uid for one in six().visits}
    undone = undo(made_up)
    later = apply(undone, "booster", WEDNESDAY, on=date(2027, 2, 12), overrides=("gap",))
    (was,) = (one for one in events(made_up, View(audience)) if one.uid == added)
    for course in (undone, later):
        (now,) = (one for one in events(course, View(audience)) if one.uid == added)
        assert now.status == "CANCELLED"
        assert "CANCELLED: " in now.title
        assert now.start == was.start
        assert now.sequence == was.sequence + 1
        assert len({one.name for one in events(course, View(audience))}) == len(
            events(course, View(audience))
        )
    changed = changed_events(made_up, undone, View(audience))
    assert added in {one.uid for one in changed if one.status == "CANCELLED"}
    assert added not in {one.uid for one in changed_events(undone, later, View(audience))}


def test_the_date_of_a_removed_visit_no_longer_holds():
    made_up = apply(six(), "miss", WEDNESDAY, visit=2, make_up=True)
    new = {one.start for one in made_up.visits} - {one.start for one in six().visits}
    assert new
    assert new <= {*former_dates(undo(made_up), View())}


def test_the_driver_of_a_removed_visit_has_no_ride_any_more():
    made_up = apply(six(driver_name="Sam"), "miss", WEDNESDAY, visit=2, make_up=True)
    undone = undo(made_up)
    assert [*follow_ups(made_up, undone)] == [
        "tell Sam: no ride any more: Mon 21 Dec 09:00",
        "visits have other numbers: 8 is now 7, 9 is now 8",
        "the talk after the visit that is removed is now after visit 6",
        "visit 1, Mon 7 Dec 2026, is not recorded: complete or miss",
    ]
    assert "  visit 7, 2 of 6, again: Mon 21 Dec 2026, 09:00, driver Sam -> removed" in [
        *change_lines(made_up, undone)
    ]
    (removed,) = [one for one in change_data(made_up, undone)["changed"] if one["is"] is None]
    assert removed["was"].of == "2 of 6, again"


# --- what is not restored


def test_the_clinic_stays_todays_and_so_do_the_times_without_driving():
    before = six()
    longer = {before.protocol.id: {"infusion": Override(no_driving=NoDriving(36))}}
    newer = replace(before.clinic, overrides=longer)
    changed = apply(before, "complete", WEDNESDAY, visit=1)
    after = revise(changed, Change("undo"), at=moment(WEDNESDAY), clinic=newer)
    assert after.clinic == newer
    assert after.history[-1].former_clinic == before.clinic
    for old, new in zip(before.visits[:6], after.visits[:6], strict=True):
        assert old.no_driving_until == old.end + timedelta(hours=24)
        assert new.no_driving_until == new.end + timedelta(hours=36)
    assert not [one for one in check(after) if one.rule == "times"]


def test_a_day_that_was_closed_meanwhile_is_a_finding():
    before = six()
    changed = apply(before, "defer", visit=4, days=1)
    closures = replace(before.clinic.closures, dates=(DateRange.read("2026-12-14"),))
    newer = replace(before.clinic, closures=closures)
    after = revise(changed, Change("undo"), at=moment("2026-12-02T09:00"), clinic=newer)
    assert after.visits[3].start == before.visits[3].start
    assert "closure" in {one.rule for one in after.findings if one.visit == 4}


# --- refusals


def test_a_date_that_is_over_does_not_come_back():
    changed = apply(six(), "defer", visit=1, days=3, overrides=("gap", "span"))
    for overrides in ((), ("capacity",)):
        with pytest.raises(BadRequest, match=r"visit 1 would be on Mon 7 Dec 2026.*is over"):
            undo(changed, "2026-12-07T10:00", overrides=overrides)


def test_a_chair_that_is_taken_refuses_by_name_unless_it_is_overridden():
    before = six()
    changed = apply(before, "defer", visit=4, days=1)
    others = taken(before.visits[3])
    one_chair = replace(before.clinic, chairs=1)
    more = {"at": moment(WEDNESDAY), "clinic": one_chair, "bookings": others, "why": "so"}
    with pytest.raises(NoPlan, match="undo: visit 4 cannot have its time back") as no:
        revise(changed, Change("undo"), **more)
    assert [(one.rule, one.visit) for one in no.value.findings] == [("capacity", 4)]
    after = revise(changed, Change("undo", overrides=("capacity",)), **more)
    assert content(after) == content(before)
    assert waivers_of(after) == {(before.visits[3].uid, "capacity")}


@pytest.mark.parametrize("level", ["broken", "given-up"])
@pytest.mark.parametrize(
    "fact",
    [
        {"verb": "miss", "visit": 2, "make_up": False},
        {"verb": "hold", "today": "2026-12-09T08:00"},
        {"verb": "cease", "today": "2026-12-09T08:00"},
    ],
    ids=["missed", "held", "ceased"],
)
def test_a_fact_about_a_visit_that_has_begun_is_undone_whoever_has_its_chair(fact, level):
    before = six(at=clinic(chairs=1))
    changed = apply(before, **({"today": WEDNESDAY} | fact))
    others = taken(before.visits[1])
    after = revise(changed, Change("undo"), at=moment("2026-12-10T09:00"), bookings=others)
    assert content(after) == content(before)
    found = [one for one in after.findings if one.rule == "capacity"]
    assert [one.visit for one in found] == [2]
    marked = tuple(replace(one, level=level) for one in found)
    assert waivers_of(replace(after, findings=marked)) == {(before.visits[1].uid, "capacity")}


@pytest.mark.parametrize("day", [7, 10], ids=["over by now", "to come"])
def test_a_visit_that_was_completed_on_another_day_goes_back_to_its_own(day):
    before = six(at=clinic(chairs=1))
    number = {7: 1, 10: 3}[day]
    done = date(2026, 12, 8)
    changed = apply(before, "complete", WEDNESDAY, visit=number, on=done)
    uid = before.visits[number - 1].uid
    assert [one.start.date() for one in changed.visits if one.uid == uid] == [done]
    others = taken(before.visits[number - 1])
    after = revise(changed, Change("undo"), at=moment(WEDNESDAY), bookings=others)
    assert content(after) == content(before)
    assert [one.visit for one in after.findings if one.rule == "capacity"] == [number]


def test_a_visit_that_was_held_has_lost_its_chair():
    before = six(at=clinic(chairs=1))
    held = apply(before, "hold", WEDNESDAY)
    with pytest.raises(NoPlan, match="visit 3 cannot have its time back"):
        revise(held, Change("undo"), at=moment(WEDNESDAY), bookings=taken(before.visits[2]))


def test_a_course_that_was_ceased_goes_on_also_with_visits_that_are_over_by_now():
    before = six()
    after = undo(apply(before, "cease", WEDNESDAY), "2026-12-12T09:00")
    assert content(after) == content(before)
    assert "visit 3, Fri 11 Dec 2026, is not recorded: complete or miss" in [
        *follow_ups(before, after)
    ]


# --- what is said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verb": "complete", "visit": 2}, "undone: visit 2 completed"),
        ({"verb": "hold"}, "undone: held"),
        (
            {"verb": "defer", "visit": 4, "days": 1},
            "undone: visit 4 deferred to Tue 15 Dec 2026, 09:00",
        ),
    ],
    ids=["a fact", "a hold", "a move"],
)
def test_the_history_says_what_was_undone(change, said):
    undone = undo(apply(six(driver_name="Sam"), today=WEDNESDAY, **change))
    assert undone.history[-1].what == said


def test_a_ride_of_today_without_a_driver_is_said():
    before = apply(six(), "driver", visit=2, driver=Driver("Ann"))
    after = undo(before, "2026-12-09T07:00")
    assert [*follow_ups(before, after)][-1] == (
        "visit 2 is today and has no driver: call the patient"
    )


def test_what_will_be_restored_is_the_course_of_before():
    before = six()
    restored = course_to_restore(apply(before, "hold", WEDNESDAY))
    assert replace(restored, findings=before.findings) == before
