"""The day sheet: who comes, what has to be known of each visit, and who has no driver."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketasched.files.load import load_clinic, load_protocol
from ketasched.model import Change, Course, Finding, Request
from ketasched.planning.planner import plan
from ketasched.render.day_sheet import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import Sheet, sheet_of, without_driver
from ketasched.render.day_sheet.week import week_lines
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, ROOT

MONDAY = date(2026, 12, 7)
ZONE = ZoneInfo("America/New_York")
CLINIC = load_clinic(str(ROOT / "examples" / "clinic.toml"))


def planned(patient: str = "P-014", protocol: str = "iv-depression", **more) -> Course:
    request = Request(start=MONDAY, patient=patient, **more)
    return plan(load_protocol(protocol), CLINIC, request, made_at=MADE_AT)


def sheet(*courses: Course, day: date = MONDAY, chairs=None) -> Sheet:
    return sheet_of(courses, chairs or {}, day, CLINIC.name, CLINIC.timezone)


def marks(course: Course, number: int) -> tuple[str, ...]:
    day = course.visits[number - 1].start.date()
    (one,) = sheet(course, day=day).visits
    return one.marks


def changed(course: Course, change: Change, day: date = MONDAY) -> Course:
    at = datetime.combine(day, datetime.min.time(), ZONE)
    return revise(course, change, at=at, why="x")


def test_visits_are_by_time_and_then_by_chair():
    one, two, early = planned("A"), planned("B"), planned("C", time=None)
    early = replace(
        early,
        visits=tuple(
            replace(visit, start=visit.start - timedelta(minutes=30)) for visit in early.visits
        ),
    )
    chairs = {one.visits[0].uid: 2, two.visits[0].uid: 0}
    found = sheet(one, two, early, chairs=chairs)
    assert [(each.patient, each.chair) for each in found.visits] == [
        ("C", None),
        ("B", 1),
        ("A", 3),
    ]


def test_only_what_takes_place_that_day_is_on_it():
    course = planned()
    assert sheet(course, day=MONDAY + timedelta(1)).visits == ()
    held = changed(course, Change("hold"))
    assert sheet(held).visits == ()


def test_the_first_and_the_last_visit_are_marked():
    course = planned(cleared_by="Dr. Okafor", cleared_on=date(2026, 11, 20))
    assert marks(course, 1) == ("first visit",)
    assert marks(course, 2) == ()
    assert "last visit" in marks(course, 6)


def test_a_missing_clearance_is_marked():
    assert "clearance missing" in marks(planned(), 2)


def test_a_review_is_due_until_it_is_recorded():
    course = planned()
    assert "review due" not in marks(course, 3)
    assert "review due" in marks(course, 4)
    after = changed(course, Change("review", 3, outcome="go-on"), MONDAY + timedelta(7))
    assert "review due" not in marks(after, 4)


def test_an_overridden_rule_is_marked_once():
    course = planned()
    found = (*course.findings, *(Finding("capacity", "broken", said, 2) for said in ("a", "b")))
    assert marks(replace(course, findings=found), 2).count("overridden: capacity") == 1


def test_a_visit_without_a_driver_says_so_and_one_with_does_not():
    (alone,) = sheet(planned()).visits
    (driven,) = sheet(planned(driver_name="Sam Rivera")).visits
    assert (alone.needs_driver, driven.needs_driver) == (True, False)
    assert "NO DRIVER" in render_sheet(sheet(planned()), "text")


def test_what_is_to_be_decided_or_over_asks_for_no_driver():
    course = planned(boosters=1)
    day = course.visits[-1].start.date()
    (booster,) = sheet(course, day=day).visits
    assert (booster.needs_driver, booster.marks[0]) == (False, "to be decided")
    done = changed(course, Change("complete", 1))
    (first,) = sheet(done).visits
    assert first.needs_driver is False


def test_the_phone_list_begins_now_and_ends_with_the_last_day():
    course = planned()
    starts = [visit.start for visit in course.visits]
    found = without_driver([course], {}, starts[0] + timedelta(minutes=1), starts[2].date())
    assert [one.start for one in found] == starts[1:3]
    found = without_driver([course], {}, starts[0], starts[0].date())
    assert [one.start for one in found] == starts[:1]


def test_a_talk_is_on_the_sheet_of_its_own_day():
    course = planned()
    review = course.reviews[-1]
    (talk,) = sheet(course, day=review.start.date()).talks
    assert (talk.patient, talk.after) == ("P-014", review.after)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_each_time_and_hides_nothing_of_a_name(form):
    course = planned("=A<b>&", driver_name="<Sam>, & Co")
    text = render_sheet(sheet(course), form)
    assert text == render_sheet(sheet(course), form)
    if form == "html":
        assert "<b>" not in text
        assert "=A&lt;b&gt;&amp;" in text
    if form == "csv":
        assert "'=A<b>&" in text


def test_the_picture_of_a_week_has_each_chair_as_full_as_it_is():
    day = datetime(2026, 12, 7, 8, 0, tzinfo=ZONE)
    seats = [(0, day, day.replace(hour=12, minute=30)), (2, day, day.replace(hour=10))]
    lines = [line.split() for line in week_lines(CLINIC, MONDAY, seats)]
    first = next(
        number for number, line in enumerate(lines) if line[:2] == ["Mon", "7"] and "1" in line
    )
    assert lines[first][-2:] == ["56", "%"]
    assert lines[first + 1][-2:] == ["0", "%"]
    assert lines[first + 2][-2:] == ["25", "%"]
    assert ["Sat", "12", "Dec", "closed"] in lines
