"""The day sheet: its visits and reviews, their marks, and missing drivers."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketasched.files.load import load_clinic, load_protocol
from ketasched.language.locale import INTERNATIONAL
from ketasched.model import (
    Authorisation,
    Change,
    Clinic,
    Course,
    DateRange,
    Finding,
    Misfit,
    Request,
)
from ketasched.model.values import Record
from ketasched.planning.planner import plan
from ketasched.render.day_sheet.day_visit import coming_visits
from ketasched.render.day_sheet.forms import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import DayReview, DaySheet, make_day_sheet
from ketasched.render.day_sheet.week import draw_week
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT, ROOT

MONDAY = date(2026, 12, 7)
ZONE = ZoneInfo("America/New_York")
CLINIC = load_clinic(str(ROOT / "examples" / "clinic.toml"))


def plan_course(patient: str = "P-014", protocol: str = "iv-depression", **more) -> Course:
    request = Request(start=MONDAY, patient=patient, **more)
    return plan(load_protocol(protocol), CLINIC, request, made_at=MADE_AT)


def sheet(*courses: Course, day: date = MONDAY, chairs=None, now=None) -> DaySheet:
    return make_day_sheet(courses, chairs or {}, day, CLINIC.name, CLINIC.timezone, now)


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


def test_nobodys_first_visit_is_marked_who_came_before():
    transferred = plan_course(prior=(date(2026, 11, 20),))
    assert marks(transferred, 2) == ("clearance missing",)
    switched = replace(plan_course(), follows="another course")
    assert marks(switched, 1) == ("new protocol", "clearance missing")


def test_a_missing_clearance_is_marked():
    assert "clearance missing" in marks(plan_course(), 2)


def test_what_the_protocol_requires_is_marked_until_it_is_recorded():
    requiring = replace(load_protocol("iv-depression"), requires=("consent",))
    course = replace(plan_course(), protocol=requiring)
    assert "consent missing" in marks(course, 1)
    consent = Record("consent", MONDAY, "Dr. Okafor")
    course = replace(course, request=replace(course.request, recorded=(consent,)))
    assert "consent missing" not in marks(course, 1)


def authorised(count: int, last: str = "2026-12-31") -> Course:
    """Six visits from Monday 7 to Friday 18 December, and so many sessions until a day."""
    return plan_course(authorised=(Authorisation(count, MONDAY, date.fromisoformat(last)),))


@pytest.mark.parametrize(
    ("course", "number", "mark"),
    [
        (authorised(9, "2027-01-31"), 5, ""),
        (authorised(6), 3, ""),
        (authorised(6), 4, "authorised: 2 sessions left after this one, until Thu 31 Dec"),
        (authorised(6), 5, "authorised: 1 session left after this one, until Thu 31 Dec"),
        (authorised(6), 6, ""),
        (authorised(5), 5, "authorised: this is the last session"),
        (authorised(5), 6, "authorisation missing"),
        (authorised(9, "2026-12-25"), 2, ""),
        (
            authorised(9, "2026-12-25"),
            3,
            "authorised: 6 sessions left after this one, until Fri 25 Dec",
        ),
        (
            authorised(9, "2026-12-14"),
            4,
            "authorised: 5 sessions left after this one, until Mon 14 Dec",
        ),
        (authorised(9, "2026-12-14"), 5, "authorisation missing"),
        (plan_course(), 5, ""),
    ],
    ids=[
        "many, for long",
        "three left",
        "two left",
        "one left",
        "none left, after the last visit",
        "none left, before the last visit",
        "a visit without one",
        "sixteen days left",
        "fourteen days left",
        "the last day",
        "the day after",
        "nothing authorised",
    ],
)
def test_few_sessions_or_days_are_said_and_a_visit_without_one_is_marked(course, number, mark):
    found = [one for one in marks(course, number) if "authoris" in one]
    assert found == [mark] * bool(mark)
    day = course.visits[number - 1].start.date()
    for form in FORMS:
        unfolded = render_sheet(sheet(course, day=day), form).replace("\r\n ", "")
        assert (mark.replace(",", "\\,") if form == "ics" else mark) in unfolded


def test_a_visit_without_a_session_is_urgent_and_a_concern_of_the_page():
    course = authorised(5)
    day = course.visits[5].start.date()
    (visit,) = sheet(course, day=day).visits
    assert "authorisation missing" in visit.urgent_marks
    assert "without an authorised session" in render_sheet(sheet(course, day=day), "html")


def test_the_sheet_says_until_when_nobody_drives():
    (visit,) = sheet(plan_course()).visits
    said = visit.no_driving_text(INTERNATIONAL)
    assert said.startswith("No driving before Tue 8 Dec, 11:10, and not before")
    assert all("11:10" in render_sheet(sheet(plan_course()), form) for form in FORMS)


def test_who_reads_another_language_than_english_is_marked():
    both = plan_course(language="es", driver_language="fr")
    assert marks(both, 2)[-2:] == ("reads Spanish", "driver reads French")
    for form in ("text", "html"):
        assert "reads Spanish" in render_sheet(sheet(both), form)
    assert "reads Spanish" in marks(plan_course(language="es"), 2)
    for one in (plan_course(), plan_course(language="en", driver_language="en")):
        assert "reads" not in " ".join(marks(one, 2))


def test_a_review_is_due_until_it_is_recorded():
    course = plan_course()
    assert "review due" not in marks(course, 3)
    assert "review due" in marks(course, 4)
    after = changed(course, Change("review", 3, outcome="go-on"), MONDAY + timedelta(7))
    assert "review due" not in marks(after, 4)


def test_a_broken_rule_is_marked_only_once():
    course = plan_course()
    found = (*course.findings, *(Finding("capacity", "broken", said, 2) for said in ("a", "b")))
    assert marks(replace(course, findings=found), 2).count("broken: capacity") == 1


def test_a_rule_is_marked_as_overridden_where_a_change_says_so():
    to = Change("defer", 6, on=date(2026, 12, 24), overrides=("gap", "closure", "availability"))
    course = changed(plan_course(), to)
    (mark,) = (one for one in marks(course, 6) if "gap" in one)
    assert mark == "overridden: gap"
    (first, *_), alone = course.history, replace(course.history[-1], change=None)
    assert "broken: gap" in marks(replace(course, history=(first, alone)), 6)


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
    found = [
        one
        for one in coming_visits([course], {}, starts[0] + timedelta(minutes=1), starts[2].date())
        if one.needs_driver
    ]
    assert [one.start for one in found] == starts[1:3]
    found = [
        one for one in coming_visits([course], {}, starts[0], starts[0].date()) if one.needs_driver
    ]
    assert [one.start for one in found] == starts[:1]


def test_a_review_is_on_the_sheet_of_its_own_day():
    course = plan_course()
    review = course.companions[-1]
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


def out_of_order(chairs: int, day: date = MONDAY) -> Clinic:
    closures = replace(CLINIC.closures, chairs={DateRange(day, day, "pump repair"): chairs})
    return replace(CLINIC, closures=closures)


def test_a_day_of_the_picture_has_the_chairs_that_are_in_order():
    lines = list(draw_week(out_of_order(1), MONDAY, []))
    monday = next(number for number, line in enumerate(lines) if line.startswith("Mon 7 Dec   1"))
    assert [line[12:13] for line in lines[monday : monday + 3]] == ["1", "2", "1"]
    assert lines[monday + 2] == f"{'':<12}1 of 3 chairs is out of order (pump repair)"
    assert [line[12:13] for line in lines[monday + 3 : monday + 6]] == ["1", "2", "3"]
    assert sum("out of order" in line for line in lines) == 1


def test_a_chair_that_somebody_has_is_in_the_picture_whatever_is_out_of_order():
    start = datetime(2026, 12, 7, 8, 0, tzinfo=ZONE)
    lines = list(draw_week(out_of_order(2), MONDAY, [(2, start, start.replace(hour=10))]))
    assert any(line[12:13] == "3" and "####" in line for line in lines)


def test_a_day_without_a_chair_in_order_says_so_in_the_picture():
    lines = list(draw_week(out_of_order(3), MONDAY, [], {MONDAY: 2}))
    monday = lines.index("Mon 7 Dec   all 3 chairs are out of order (pump repair)")
    assert lines[monday + 1] == f"{'':<12}2 no longer fit"


@pytest.mark.parametrize("form", ["text", "html", "json"])
def test_the_sheet_says_how_many_chairs_are_out_of_order(form):
    said = "1 of 3 chairs is out of order (pump repair)"
    shown = render_sheet(sheet(plan_course(), now=out_of_order(1)), form)
    assert said in shown
    assert "out of order" not in render_sheet(sheet(plan_course(), now=CLINIC), form)


@pytest.mark.parametrize(
    ("chairs", "out", "without"),
    [
        pytest.param([0, 1, 2], 0, [False, False, False], id="a chair for each"),
        pytest.param([0, 1, 2], 1, [False, False, True], id="one more than are in order"),
        pytest.param([0, 1, 2], 3, [True, True, True], id="none in order"),
        pytest.param([0, 2], 1, [False, False], id="two on the two that are in order"),
        pytest.param([2], 2, [False], id="one on the one that is in order"),
        pytest.param([0, 3], 0, [False, True], id="one on a chair that there is not"),
    ],
)
def test_a_visit_has_no_chair_where_too_few_are_in_order(chairs, out, without):
    courses = [plan_course(name) for name in "ABC"[: len(chairs)]]
    seats = {one.visits[0].uid: chair for one, chair in zip(courses, chairs, strict=True)}
    now = out_of_order(out) if out else CLINIC
    shown = sheet(*courses, chairs=seats, now=now).visits
    assert [one.without_chair for one in shown] == without


@pytest.mark.parametrize("form", FORMS)
def test_the_patients_phone_is_in_every_form_but_the_calendar(form):
    text = render_sheet(sheet(plan_course(patient_phone="+1 555 0177")), form)
    assert ("+1 555 0177" in text) == (form != "ics")


def test_a_patient_without_a_phone_is_the_reference_alone():
    (visit,) = sheet(plan_course()).visits
    assert (visit.patient_text, visit.patient_phone) == ("P-014", "")


def test_a_missed_visit_stays_on_its_days_sheet_without_a_chair_and_a_rule_on_driving():
    course = plan_course(driver_name="Sam Rivera")
    missed = changed(course, Change("miss", 1, make_up=True))
    (one,) = sheet(missed).visits
    assert (one.status, one.marks, one.chair) == ("missed", ("missed",), None)
    assert (one.needs_driver, one.no_driving_text(INTERNATIONAL)) == (False, "")
    assert sheet(missed).summary == "1 visit, 1 missed"
    assert all("missed" in render_sheet(sheet(missed), form) for form in FORMS)
    assert "STATUS:CANCELLED" in render_sheet(sheet(missed), "ics")
    assert sheet(changed(course, Change("omit", 1))).visits == ()


@pytest.mark.parametrize("form", ["text", "html", "csv", "json"])
def test_the_sheet_shows_the_number_that_revise_asks_for(form):
    course = plan_course()
    found = sheet(course, day=course.visits[3].start.date())
    rows = {
        "text": "P-014    4  4 of 6",
        "html": '<span class="label">N</span> 4</td>',
        "csv": ",4,\n",
        "json": '"number": 4',
    }
    assert rows[form] in render_sheet(found, form)


def with_misfits(*courses: Course, message: str = "the clinic is closed (pump repair)"):
    misfits = {
        one.course_id: (Misfit(1, one.visits[0].start, "closure", message),) for one in courses
    }
    return make_day_sheet(courses, {}, MONDAY, CLINIC.name, CLINIC.timezone, misfits=misfits)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_marks_a_visit_that_no_longer_fits(form):
    text = render_sheet(with_misfits(plan_course()), form).replace("\r\n ", "")
    assert "NO LONGER FITS: the clinic is closed (pump repair)" in text


def test_the_summary_counts_who_no_longer_fits_and_says_why_if_it_is_one_reason():
    one, other = plan_course("A"), plan_course("B")
    found = with_misfits(one, other)
    said = "2 no longer fit: the clinic is closed (pump repair)"
    assert found.summary == f"2 visits, 2 without a driver, {said}"
    two = with_misfits(one), with_misfits(other, message="x")
    mixed = replace(two[0], visits=(*two[0].visits, *two[1].visits))
    assert mixed.summary.endswith("2 no longer fit")


def test_the_summary_counts_dates_where_a_talk_no_longer_fits_either():
    found = with_misfits(plan_course())
    unfit = replace(found.visits[0].misfit, companion="talk")
    talk = DayReview(
        MADE_AT, "A", "Talk", 1, "clinic", False, False, "u", 1, MADE_AT, misfit=unfit
    )
    both = replace(found, talks=(talk,))
    assert both.summary.startswith("1 visit, ")
    assert both.summary.endswith("2 dates no longer fit: the clinic is closed (pump repair)")


def test_the_summary_of_one_visit_that_no_longer_fits_is_in_the_singular():
    found = with_misfits(plan_course())
    assert "1 no longer fits: the clinic is closed (pump repair)" in found.summary


def test_the_data_of_a_visit_that_no_longer_fits_have_its_rule():
    course = plan_course()
    (unfit,) = json.loads(render_sheet(with_misfits(course), "json"))["visits"]
    assert unfit["misfit"]["rule"] == "closure"
    (fit,) = json.loads(render_sheet(sheet(course), "json"))["visits"]
    assert fit["misfit"] is None


def test_a_hostile_reason_breaks_no_form():
    found = with_misfits(plan_course("=A<b>&"), message='the clinic is closed (<i>",; =x\\)')
    assert "<i>" not in render_sheet(found, "html")
    assert len(render_sheet(found, "csv").splitlines()) == 2
    assert render_sheet(found, "ics").count("BEGIN:VEVENT") == 1


def test_the_phone_list_says_who_no_longer_fits():
    course = plan_course()
    start, second = course.visits[0].start, course.visits[1].start
    misfits = {course.course_id: (Misfit(2, second, "closure", "it is closed"),)}
    last = second.date()
    found = [one for one in coming_visits([course], {}, start, last, misfits) if one.needs_driver]
    assert [one.misfit for one in found] == [None, *misfits[course.course_id]]


def test_the_picture_of_a_week_counts_who_is_booked_on_a_closed_day():
    saturday = datetime(2026, 12, 12, 8, 0, tzinfo=ZONE)
    seats = [(0, saturday, saturday.replace(hour=10))]
    lines = list(draw_week(CLINIC, MONDAY, seats))
    assert "Sat 12 Dec  closed: 1 booked" in lines
    lines = list(draw_week(CLINIC, MONDAY, [], {saturday.date(): 2}))
    assert "Sat 12 Dec  closed: 2 booked" in lines


def test_the_picture_of_a_week_that_is_closed_still_has_its_days():
    begin, monday = date(2026, 12, 28), datetime(2026, 12, 28, 9, 0, tzinfo=ZONE)
    assert "closed all week" in list(draw_week(CLINIC, begin, []))
    lines = list(draw_week(CLINIC, begin, [(0, monday, monday.replace(hour=11))]))
    assert "Mon 28 Dec  closed (winter break): 1 booked" in lines
    assert "closed all week" not in lines


def test_what_is_taken_outside_of_the_openings_is_in_the_picture():
    evening = datetime(2026, 12, 7, 18, 0, tzinfo=ZONE)
    day = {MONDAY: 1}
    lines = list(draw_week(CLINIC, MONDAY, [(0, evening, evening.replace(hour=20))], day))
    (monday,) = [line for line in lines if line.startswith("Mon  7 Dec  ") or "####" in line]
    assert "Mon" in monday
    assert "            1 no longer fits" in lines


@pytest.mark.parametrize("day", [date(2027, 3, 14), date(2027, 11, 7)], ids=["forward", "back"])
def test_the_picture_is_by_the_clock_on_the_day_that_it_changes(day):
    clinic = replace(CLINIC, hours=replace(CLINIC.hours, sun=CLINIC.hours.mon))
    start = datetime.combine(day, datetime.min.time(), ZONE).replace(hour=8)
    lines = list(draw_week(clinic, day, [(0, start, start.replace(hour=10))]))
    (sunday,) = [line for line in lines if line.startswith("Sun") and " to " not in line]
    assert "  1   ####....." in sunday


@pytest.mark.parametrize(
    ("out", "said"),
    [(0, "3 chairs, 9 % taken"), (1, "2 chairs, 14 % taken"), (3, "")],
    ids=["all in order", "one out of order", "none in order"],
)
def test_the_sheet_says_how_full_the_chairs_are_that_are_in_order(out, said):
    course = plan_course()
    chairs = {course.visits[0].uid: 0}  # 130 of the 480 minutes that each chair is open
    found = sheet(course, chairs=chairs, now=out_of_order(out) if out else CLINIC)
    assert found.fullness == said
    assert f"{said}. First check-in" in " ".join(render_sheet(found, "html").split()) or not said


def test_only_the_time_that_the_clinic_is_open_counts_as_taken():
    course = plan_course()
    uid = course.visits[0].uid
    start = datetime(2026, 12, 7, 12, 0, tzinfo=ZONE)
    over_lunch = replace(course.visits[0], start=start, end=start.replace(hour=14))
    course = replace(course, visits=(over_lunch, *course.visits[1:]))
    assert sheet(course, chairs={uid: 0}, now=CLINIC).fullness == "3 chairs, 4 % taken"


def test_how_full_it_is_nobody_says_who_does_not_know_the_chairs():
    assert sheet(plan_course(), now=CLINIC).fullness == ""
    assert sheet(plan_course(), chairs={}, now=None).fullness == ""


def test_what_has_to_be_put_right_is_told_from_what_is_to_be_known():
    course = plan_course()
    (first,) = sheet(course).visits
    assert first.marks == ("first visit", "clearance missing")
    assert first.urgent_marks == ["clearance missing"]
    (later,) = sheet(course, day=course.visits[3].start.date()).visits
    assert "review due" in later.urgent_marks


def test_the_page_begins_with_what_has_to_be_put_right():
    text = render_sheet(sheet(plan_course()), "html")
    top = " ".join(text.partition('<div class="todo">')[2].partition("<table")[0].split())
    assert "<strong>1</strong> without a driver" in top
    assert "<strong>1</strong> without clearance" in top
    assert top.count("<bdi>P-014</bdi>") == 2
    cleared = plan_course(driver_name="Sam", cleared_by="Lee", cleared_on=MADE_AT.date())
    assert "todo" not in render_sheet(sheet(cleared), "html").partition("<body")[2]


def test_the_head_of_the_page_has_both_halves_of_the_driving_rule():
    head = (
        render_sheet(sheet(plan_course()), "html").partition("<thead")[2].partition("</thead")[0]
    )
    assert "No driving before <small>and not before a full night&#39;s sleep</small>" in head
    course = plan_course()
    visits = tuple(replace(visit, no_driving_until=None) for visit in course.visits)
    free = render_sheet(sheet(replace(course, visits=visits)), "html")
    assert "night" not in free.partition("<body")[2]


def test_there_is_a_box_to_tick_for_who_comes_and_for_who_goes():
    text = render_sheet(sheet(plan_course("A"), plan_course("B")), "html")
    assert text.count("to tick: in") == text.count("to tick: out") == 2


def test_a_talk_at_check_in_is_said_with_its_visit_and_in_the_list():
    course = plan_course()
    day = course.visits[3].start.date()
    text = render_sheet(sheet(course, day=day), "html")
    assert "<span>talk at check-in</span>" in text
    assert "<bdi>How is it going?</bdi>, after visit 3, at check-in" in text
