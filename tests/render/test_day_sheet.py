"""The day sheet: its visits and reviews, their marks, and missing drivers."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketasched.files.load import load_clinic, load_protocol
from ketasched.model import Change, Course, Finding, Request
from ketasched.model.values import Record
from ketasched.planning.planner import plan
from ketasched.render.day_sheet import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import DaySheet, make_day_sheet, visits_without_driver
from ketasched.render.day_sheet.week import draw_week
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, ROOT

MONDAY = date(2026, 12, 7)
ZONE = ZoneInfo("America/New_York")
CLINIC = load_clinic(str(ROOT / "examples" / "clinic.toml"))


def plan_course(patient: str = "P-014", protocol: str = "iv-depression", **more) -> Course:
    request = Request(start=MONDAY, patient=patient, **more)
    return plan(load_protocol(protocol), CLINIC, request, made_at=MADE_AT)


def sheet(*courses: Course, day: date = MONDAY, chairs=None) -> DaySheet:
    return make_day_sheet(courses, chairs or {}, day, CLINIC.name, CLINIC.timezone)


def marks(course: Course, number: int) -> tuple[str, ...]:
    day = course.visits[number - 1].start.date()
    (one,) = sheet(course, day=day).visits
    return one.marks


def changed(course: Course, change: Change, day: date = MONDAY) -> Course:
    at = datetime.combine(day, datetime.min.time(), ZONE)
    return revise(course, change, at=at, why="x")


def test_visits_are_sorted_by_time_and_then_by_chair():
    one, two, early = plan_course("A"), plan_course("B"), plan_course("C", time=None)
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


def test_only_visits_that_take_place_that_day_are_on_the_sheet():
    course = plan_course()
    assert sheet(course, day=MONDAY + timedelta(1)).visits == ()
    held = changed(course, Change("hold"))
    assert sheet(held).visits == ()


def test_the_first_and_the_last_visit_are_marked():
    course = plan_course(cleared_by="Dr. Okafor", cleared_on=date(2026, 11, 20))
    assert marks(course, 1) == ("first visit",)
    assert marks(course, 2) == ()
    assert "last visit" in marks(course, 6)


def test_a_missing_clearance_is_marked():
    assert "clearance missing" in marks(plan_course(), 2)


def test_what_the_protocol_requires_is_marked_until_it_is_recorded():
    requiring = replace(load_protocol("iv-depression"), requires=("consent",))
    course = replace(plan_course(), protocol=requiring)
    assert "consent missing" in marks(course, 1)
    consent = Record("consent", MONDAY, "Dr. Okafor")
    course = replace(course, request=replace(course.request, recorded=(consent,)))
    assert "consent missing" not in marks(course, 1)


def test_the_sheet_says_until_when_nobody_drives():
    (visit,) = sheet(plan_course()).visits
    assert visit.no_driving_text.startswith("No driving before Tue 8 Dec, 11:10, and not before")
    assert all("11:10" in render_sheet(sheet(plan_course()), form) for form in FORMS)


def test_a_review_is_due_until_it_is_recorded():
    course = plan_course()
    assert "review due" not in marks(course, 3)
    assert "review due" in marks(course, 4)
    after = changed(course, Change("review", 3, outcome="go-on"), MONDAY + timedelta(7))
    assert "review due" not in marks(after, 4)


def test_an_overridden_rule_is_marked_only_once():
    course = plan_course()
    found = (*course.findings, *(Finding("capacity", "broken", said, 2) for said in ("a", "b")))
    assert marks(replace(course, findings=found), 2).count("overridden: capacity") == 1


def test_a_visit_needs_a_driver_unless_a_driver_is_named():
    (alone,) = sheet(plan_course()).visits
    (driven,) = sheet(plan_course(driver_name="Sam Rivera")).visits
    assert (alone.needs_driver, driven.needs_driver) == (True, False)
    assert "NO DRIVER" in render_sheet(sheet(plan_course()), "text")


def test_a_tentative_or_completed_visit_needs_no_driver():
    course = plan_course(boosters=1)
    day = course.visits[-1].start.date()
    (booster,) = sheet(course, day=day).visits
    assert (booster.needs_driver, booster.marks[0]) == (False, "to be decided")
    done = changed(course, Change("complete", 1))
    (first,) = sheet(done).visits
    assert first.needs_driver is False


def test_the_phone_list_begins_now_and_ends_with_the_last_day():
    course = plan_course()
    starts = [visit.start for visit in course.visits]
    found = visits_without_driver([course], {}, starts[0] + timedelta(minutes=1), starts[2].date())
    assert [one.start for one in found] == starts[1:3]
    found = visits_without_driver([course], {}, starts[0], starts[0].date())
    assert [one.start for one in found] == starts[:1]


def test_a_review_is_on_the_sheet_of_its_own_day():
    course = plan_course()
    review = course.reviews[-1]
    (talk,) = sheet(course, day=review.start.date()).talks
    assert (talk.patient, talk.after) == ("P-014", review.after)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_repeatable_and_shows_whole_names(form):
    course = plan_course("=A<b>&", driver_name="<Sam>, & Co")
    text = render_sheet(sheet(course), form)
    assert text == render_sheet(sheet(course), form)
    if form == "html":
        assert "<b>" not in text
        assert "=A&lt;b&gt;&amp;" in text
    if form == "csv":
        assert "'=A<b>&" in text


def test_the_picture_of_a_week_has_the_share_taken_of_each_chair():
    day = datetime(2026, 12, 7, 8, 0, tzinfo=ZONE)
    seats = [(0, day, day.replace(hour=12, minute=30)), (2, day, day.replace(hour=10))]
    lines = [line.split() for line in draw_week(CLINIC, MONDAY, seats)]
    first = next(
        number for number, line in enumerate(lines) if line[:2] == ["Mon", "7"] and "1" in line
    )
    assert lines[first][-2:] == ["56", "%"]
    assert lines[first + 1][-2:] == ["0", "%"]
    assert lines[first + 2][-2:] == ["25", "%"]
    assert ["Sat", "12", "Dec", "closed"] in lines
