"""Companions when a course changes: with their visits, and moved only if they have to be."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from ketasched.batch import previous_run
from ketasched.events.events import events
from ketasched.events.own_uids import course_uids
from ketasched.events.view import View
from ketasched.files.load import parse_course
from ketasched.model import (
    Change,
    Companion,
    CompanionKind,
    Course,
    DateRange,
    Driver,
    NewStart,
    PhaseReview,
    VisitOrdinals,
    Wishes,
    WithinDays,
)
from ketasched.planning.check import check
from ketasched.planning.planner import plan
from ketasched.planning.record import record_findings
from ketasched.render import render
from ketasched.render.call_list.calls import make_call_list
from ketasched.revising.change_report import change_lines, follow_ups
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.support.nouns import clinic, phase, protocol, request

AFTER_EACH = CompanionKind(
    "talk", "Integration", WithinDays(3), 60, after=VisitOrdinals(), place="clinic", driver=True
)
BEFORE_FIRST = CompanionKind(
    "prep", "Preparation", WithinDays(7), 60, "induction", before=VisitOrdinals((1,))
)
BEFORE = MADE_AT + timedelta(1)
"""A moment before all visits."""


def planned(*kinds: CompanionKind, **more: Any) -> Course:
    """Three visits with a companion after each, and one before the first, unless said."""
    reviews = (PhaseReview(3, "How is it going?"),)
    asked = protocol(
        phase(3, reviews=reviews),
        phase(0, 2, name="more", visit="booster", tentative=True),
        companions=kinds or (BEFORE_FIRST, AFTER_EACH),
    )
    wish = request(driver_name="Sam", **more)
    return plan(asked, clinic("mon tue wed thu fri sat"), wish, made_at=MADE_AT)


def changed(course: Course, verb: str, visit: int | None = None, **more: Any) -> Course:
    """The course after a change, which is whole, read back equal, and breaks no rule."""
    at = more.pop("at", BEFORE)
    after = revise(course, Change(verb, visit, **more), at=at)  # type: ignore[arg-type] # a verb
    assert [one for one in check(after) if one.level == "broken"] == []
    assert [*record_findings(after)] == []
    assert parse_course(render(after, "json", View()), "it") == after
    return after


class Row(NamedTuple):
    """A companion: its visit, its day and its status."""

    visit: int
    day: str
    status: str


def rows(course: Course, name: str = "talk") -> list[Row]:
    own = sorted((one for one in course.companions if one.name == name), key=_time)
    return [Row(one.after, f"{one.start:%a %-d}", one.status) for one in own]


def _time(one: Companion) -> float:
    return one.start.timestamp()


def after_visit(course: Course, number: int) -> datetime:
    """A moment of the evening after a visit."""
    return course.visits[number - 1].end + timedelta(hours=4)


COURSE = planned()


def test_the_course_is_as_the_tests_below_expect_it():
    assert [f"{one.start:%a %-d}" for one in COURSE.visits] == ["Mon 7", "Wed 9", "Fri 11"]
    assert rows(COURSE, "prep") == [Row(1, "Sat 5", "planned")]
    assert rows(COURSE) == [
        Row(1, "Tue 8", "planned"),
        Row(2, "Thu 10", "planned"),
        Row(3, "Sat 12", "planned"),
    ]


def test_a_companion_moves_with_its_visit_and_the_others_stay():
    after = changed(COURSE, "defer", 3, days=3)
    assert rows(after) == [*rows(COURSE)[:2], Row(3, "Tue 15", "planned")]
    assert [one.sequence for one in after.companions if one.name == "talk"] == [0, 0, 1]
    assert {one.uid for one in after.companions} == {one.uid for one in COURSE.companions}


def test_a_companion_that_still_fits_stays_where_it_is():
    early = replace(BEFORE_FIRST, within_days=WithinDays(14))
    course = planned(early)
    assert rows(changed(course, "defer", 1, days=3), "prep") == rows(course, "prep")


def test_a_companion_is_omitted_with_its_visit_and_an_undo_brings_it_back():
    after = changed(COURSE, "omit", 2)
    assert rows(after)[1] == Row(2, "Thu 10", "omitted")
    assert rows(changed(after, "undo")) == rows(COURSE)


def test_a_missed_visit_has_no_companion_and_its_make_up_visit_has_one():
    at = after_visit(COURSE, 2)
    after = changed(COURSE, "miss", 2, make_up=True, at=at)
    (again,) = (one for one in after.visits if one.of.endswith("again"))
    statuses = {row.visit: row.status for row in rows(after)}
    assert statuses == {1: "planned", 2: "omitted", 3: "planned", 4: "planned"}
    assert again.number in (3, 4)
    assert len({one.uid for one in after.companions}) == len(after.companions) == 6


def test_a_hold_keeps_companions_back_and_resuming_dates_them_anew():
    held = changed(COURSE, "hold")
    assert {row.status for row in rows(held)} == {"held"}
    resumed = changed(held, "resume", on=COURSE.visits[0].start.date() + timedelta(7))
    assert rows(resumed) == [
        Row(1, "Tue 15", "planned"),
        Row(2, "Thu 17", "planned"),
        Row(3, "Sat 19", "planned"),
    ]
    assert rows(resumed, "prep")[0].status == "planned"


def test_a_course_that_ends_ends_the_companions_of_the_visits_that_do_not_take_place():
    at = after_visit(COURSE, 1)
    done = changed(COURSE, "complete", 1, at=at)
    after = changed(done, "cease", 1, at=at)
    assert [row.status for row in rows(after)] == ["planned", "ceased", "ceased"]
    assert rows(after, "prep")[0].status == "planned"


def test_a_companion_that_is_over_stays_whatever_becomes_of_its_visit():
    at = COURSE.visits[0].start - timedelta(hours=12)
    after = changed(COURSE, "defer", 1, days=14, at=at)
    assert rows(after, "prep") == rows(COURSE, "prep")


def test_no_companion_moves_into_the_past():
    course = planned(replace(BEFORE_FIRST, before=VisitOrdinals((2,))))
    assert rows(course, "prep") == [Row(2, "Tue 8", "planned")]
    held = changed(course, "hold", at=after_visit(course, 1))
    at = course.visits[1].start + timedelta(hours=27)
    resumed = changed(held, "resume", on=course.visits[2].start.date(), at=at)
    (talk,) = (one for one in resumed.companions if not one.is_review)
    assert f"{at:%a %-d %H:%M}" == "Thu 10 12:00"
    assert f"{talk.start:%a %-d %H:%M}" == "Thu 10 12:00"


def test_wishes_move_the_companions_that_no_longer_fit():
    away = DateRange(COURSE.companions[-2].start.date(), COURSE.companions[-2].start.date())
    after = changed(COURSE, "wishes", wishes=Wishes(unavailable=(away,)))
    assert rows(after)[1] == Row(2, "Fri 11", "planned")
    assert after.visits == COURSE.visits


def test_one_that_finds_no_day_any_more_is_left_out_and_comes_back_when_there_is_one():
    thursday = COURSE.visits[1].start.date() + timedelta(1)
    narrow = planned(replace(AFTER_EACH, within_days=WithinDays(1)))
    gone = changed(narrow, "wishes", wishes=Wishes(unavailable=(DateRange(thursday, thursday),)))
    assert rows(gone)[1].status == "omitted"
    assert any(one.rule == "companion" and one.visit == 2 for one in gone.findings)
    back = changed(gone, "wishes", wishes=Wishes(emptied=("unavailable",)))
    assert rows(back) == rows(narrow)
    assert [one.sequence for one in back.companions if one.name == "talk"] == [0, 2, 0]
    assert not any(one.rule == "companion" for one in back.findings)


def test_a_booster_that_is_added_has_its_companion_with_the_driver_of_the_others():
    at = after_visit(COURSE, 1)
    after = changed(COURSE, "booster", on=COURSE.visits[2].start.date() + timedelta(3), at=at)
    assert rows(after)[-1] == Row(4, "Tue 15", "planned")
    assert [one.driver for one in after.companions if one.after == 4] == [Driver("Sam")]


def test_a_companion_of_a_tentative_visit_is_planned_once_that_is_confirmed():
    gate = (PhaseReview(1, "Gate", gate=True),)
    asked = protocol(phase(2, reviews=gate), companions=(AFTER_EACH,))
    course = plan(asked, clinic("mon tue wed thu fri sat"), request(), made_at=MADE_AT)
    assert [row.status for row in rows(course)] == ["planned", "tentative"]
    after = changed(course, "review", 1, outcome="go-on", at=after_visit(course, 1))
    assert [row.status for row in rows(after)] == ["planned", "planned"]


# --- who drives -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "expected"),
    [("2", ["Sam", "Kim", "Sam"]), ("all", ["Kim", "Kim", "Kim"]), ("tue", ["Kim", "Sam", "Sam"])],
    ids=["that of a visit", "all", "those on a weekday, without any visit"],
)
def test_a_driver_is_named_for_companions_too(which, expected):
    after = changed(COURSE, "driver", visits=which, driver=Driver("Kim", "555"))
    talks = [one for one in after.companions if one.name == "talk"]
    assert [one.driver and one.driver.name for one in talks] == expected
    assert "driver Kim" in after.history[-1].what


def test_the_former_drivers_calendar_has_the_ride_as_cancelled():
    after = changed(COURSE, "driver", visits="tue", driver=Driver("Kim", "555"))
    sams = events(after, View("driver", rides_of="Sam"))
    gone = [one for one in sams if one.status == "CANCELLED"]
    assert sorted(f"{one.start:%a %H:%M}" for one in gone) == ["Tue 09:00", "Tue 10:00"]
    kims = events(after, View("driver", rides_of="Kim"))
    assert [f"{one.start:%a %H:%M}" for one in kims] == ["Tue 09:00", "Tue 10:00"]


# --- calendars --------------------------------------------------------------------------------


def test_what_an_undo_removes_stays_in_calendars_as_cancelled():
    at = after_visit(COURSE, 1)
    added = changed(COURSE, "booster", on=COURSE.visits[2].start.date() + timedelta(3), at=at)
    new = {one.uid for one in added.companions} - {one.uid for one in COURSE.companions}
    after = changed(added, "undo", at=at)
    assert not new & {one.uid for one in after.companions}
    found = [one for one in events(after, View()) if one.uid in new]
    assert [one.status for one in found] == ["CANCELLED"]


def test_an_ordinal_is_never_used_again():
    at = after_visit(COURSE, 1)
    on = COURSE.visits[2].start.date() + timedelta(3)
    added = changed(COURSE, "booster", on=on, at=at)
    again = changed(changed(added, "undo", at=at), "booster", on=on, at=at)
    before = {one.uid for one in added.companions}
    assert len({one.uid for one in again.companions} - before) == 1


# --- what is said of a change -----------------------------------------------------------------


def test_the_report_of_a_change_names_companions_and_the_drivers_to_tell():
    after = changed(COURSE, "defer", 3, days=3)
    lines = [*change_lines(COURSE, after)]
    assert "  “Integration” after visit 3: Sat 12 Dec 2026, 09:15, driver Sam -> " in lines[-1]
    said = [*follow_ups(COURSE, after)]
    assert said[0].startswith("tell Sam: no ride any more: Fri 11 Dec 09:00, Sat 12 Dec 09:15;")
    assert "a new ride: Mon 14 Dec 09:00, Tue 15 Dec 09:15" in said[0]


def test_a_booster_with_a_companion_asks_once_for_a_driver_for_both():
    course = planned()
    nobody = changed(course, "driver", visits="all")
    on = course.visits[2].start.date() + timedelta(3)
    added = changed(nobody, "booster", on=on, at=after_visit(course, 1))
    (said,) = (line for line in follow_ups(nobody, added) if "no driver" in line)
    assert said.startswith("visit 4 has no driver: once somebody drives: ketasched revise")


def test_a_call_list_has_the_companions_that_move_and_those_that_are_left_out():
    narrow = planned(replace(AFTER_EACH, within_days=WithinDays(1)))
    friday = narrow.visits[2].start
    starts = (NewStart(3, friday + timedelta(1)),)
    after = changed(narrow, "reschedule", starts=starts)
    visit, _, companion = make_call_list("Clinic", [(narrow, after)], ()).calls
    assert (visit.number, visit.now) == (3, friday + timedelta(1))
    assert (companion.of, companion.now) == ("Integration after 3", None)
    assert companion.former_driver == Driver("Sam")
    (moved,) = (
        one
        for one in make_call_list(
            "Clinic", [(COURSE, changed(COURSE, "defer", 3, days=3))], ()
        ).calls
        if one.of == "Integration after 3"
    )
    assert f"{moved.was:%a %-d} {moved.now:%a %-d}" == "Sat 12 Tue 15"


def test_all_entries_of_a_companion_are_the_courses_own():
    at = after_visit(COURSE, 1)
    on = COURSE.visits[2].start.date() + timedelta(3)
    added = changed(COURSE, "booster", on=on, at=at)
    after = changed(
        changed(added, "undo", at=at), "driver", visits="all", driver=Driver("Kim"), at=at
    )
    for course in (COURSE, added, after):
        audiences = (View(), View("driver"), View("clinic"))
        uids = {event.uid for view in audiences for event in events(course, view)}
        assert uids <= course_uids(after)


def test_an_earlier_run_knows_the_entries_of_companions_from_the_file_alone(tmp_path):
    added = changed(
        COURSE,
        "booster",
        on=COURSE.visits[2].start.date() + timedelta(3),
        at=after_visit(COURSE, 1),
    )
    path = tmp_path / "course.json"
    path.write_text(render(added, "json", View()), encoding="utf-8")
    assert {one.uid for one in added.companions} <= set(previous_run._uids_of_course(path))
