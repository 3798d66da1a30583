"""The call list: who is called, from when to when, and which drivers are told."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import datetime

import pytest

from ketasched.errors import BadRequest
from ketasched.files.load import load_protocol
from ketasched.language.locale import Locale
from ketasched.model import (
    Change,
    CompanionKind,
    Course,
    DisruptionValue,
    Misfit,
    NewStart,
    RegularDriver,
    Status,
    UnplacedCourse,
    VisitOrdinals,
    WithinDays,
)
from ketasched.planning.planner import plan
from ketasched.render.call_list.calls import CallList, make_call_list
from ketasched.render.call_list.forms import FORMS, render_calls
from ketasched.revising.revise import revise
from tests.conftest import MADE_AT
from tests.revising.changes import moment
from tests.support.hostile import HOSTILE
from tests.support.nouns import clinic, phase, protocol, request

TURNS = (RegularDriver("Ana", "555 1", ("mon", "fri")), RegularDriver("Ben", "555 2", ("wed",)))

RINGING = tuple(replace(one, phone=f"555 010{one.phone[-1]}") for one in TURNS)


def moved(*starts: tuple[int, str], **asked) -> tuple[Course, Course]:
    """A course of six visits from Mon 7 Dec 2026 on, before and after some of them move."""
    course = plan(load_protocol("iv-depression"), clinic(), request(**asked), made_at=MADE_AT)
    new = tuple(NewStart(number, moment(start)) for number, start in starts)
    return course, revise(course, Change("reschedule", starts=new), at=moment("2026-12-01T12:00"))


def unplaced(**more) -> UnplacedCourse:
    misfit = Misfit(2, moment("2026-12-09T09:00"), "closure", "the clinic is closed (pump repair)")
    values = {"patient": "P-9", "patient_phone": "+1 555 0109", "reasons": ("no day (gap)",)}
    return UnplacedCourse("nine", misfits=(misfit,), **(values | more))


def calls(*pairs: tuple[Course, Course], not_placed=()) -> CallList:
    return make_call_list("Riverbend", pairs, not_placed)


LAST = (6, "2026-12-21T09:00")
"""The last visit, on Friday 18 December, moves to the Monday after it; so does the talk after."""


def test_a_call_has_the_visit_that_moves_and_no_other_one():
    call, talk = calls(moved(LAST, patient="P-1", patient_phone="+1 555 0101")).calls
    assert (call.patient, call.patient_phone) == ("P-1", "+1 555 0101")
    assert (call.number, call.of, call.revision) == (6, "6 of 6", 2)
    assert (call.was, call.now) == (moment("2026-12-18T09:00"), moment("2026-12-21T09:00"))
    assert (talk.number, talk.of, talk.patient) == (None, "talk after 6", "P-1")
    assert (talk.was, talk.now) == (moment("2026-12-21T09:00"), moment("2026-12-22T09:00"))
    assert talk.drivers_text == ""


def test_a_talk_at_check_in_that_moves_with_its_visit_is_no_call_of_its_own():
    found = calls(moved((4, "2026-12-14T10:00"))).calls
    assert [call.of for call in found] == ["4 of 6"]


def test_a_talk_that_parts_from_a_visit_or_meets_it_is_listed_after_the_visit_before():
    later = [(number, f"2026-12-{day}T09:00") for number, day in ((3, 14), (4, 16), (5, 18))]
    course, apart = moved(*later, LAST)
    third, talk, fourth, *_ = calls((course, apart)).calls
    assert (third.of, talk.of, fourth.of) == ("3 of 6", "talk after 3", "4 of 6")
    assert talk.was == fourth.was
    assert talk.now == moment("2026-12-15T09:00")
    _, talk, *_ = calls((apart, course)).calls
    assert (talk.of, talk.now) == ("talk after 3, at check-in", fourth.was)


@pytest.mark.parametrize("form", ["text", "html"])
def test_who_has_no_phone_on_file_is_said_to_have_none(form):
    driver = (RegularDriver("Ana", "", ("mon", "tue", "wed", "thu", "fri")),)
    found = calls(
        moved(LAST, patient="P-1", driver=driver), not_placed=[unplaced(patient_phone="")]
    )
    page = re.sub("</?bdi>", "", render_calls(found, form))
    assert page.count("P-1, no phone on file") == (2 if form == "text" else 1)
    assert page.count("Ana, no phone on file") == 1
    assert page.count("P-9, no phone on file") == 1


def test_a_driver_of_both_days_is_told_once():
    call, _ = calls(moved(LAST, driver=TURNS)).calls
    assert call.drivers_text == "Ana, 555 1"


def test_another_driver_is_told_and_the_former_one_too():
    (call,) = calls(moved((6, "2026-12-18T10:00"), driver=TURNS)).calls
    assert call.drivers_text == "Ana, 555 1"
    course, after = moved((5, "2026-12-17T09:00"), (6, "2026-12-21T09:00"), driver=TURNS)
    first, *_ = calls((course, after)).calls
    assert first.drivers_text == "NO DRIVER; no more: Ben, 555 2"


def test_who_has_none_needs_a_driver():
    call, _ = calls(moved(LAST)).calls
    assert call.needs_driver
    assert call.drivers_text == "NO DRIVER"


def test_the_summary_counts_courses_visits_and_talks():
    two = calls(moved(LAST, patient="A"), moved(LAST, patient="B"), not_placed=[unplaced()])
    assert calls(moved((5, "2026-12-16T10:00"))).summary == "1 patient to call, 1 visit moves"
    assert calls(moved(LAST)).summary == "1 patient to call, 1 visit and 1 talk move"
    assert two.summary == "2 patients to call, 2 visits and 2 talks move; 1 course has no place"


def test_who_has_no_place_is_listed_with_the_reasons_and_what_would_help():
    text = render_calls(calls(not_placed=[unplaced(overrides=("gap", "span"))]), "text")
    assert text.splitlines()[-4:] == [
        "P-9, +1 555 0109",
        "  visit 2, Wed 9 Dec 2026, 09:00: the clinic is closed (pump repair)",
        "  no day (gap)",
        "  there would be a place with --override gap,span",
    ]


def test_the_table_has_a_line_for_each_visit_or_talk_that_moves_or_has_no_place():
    text = render_calls(calls(moved(LAST, patient="=1+1"), not_placed=[unplaced()]), "csv")
    first, talk, second = csv.DictReader(io.StringIO(text))
    assert first["patient"] == "'=1+1"
    assert (first["was_date"], first["date"], first["no_place"]) == (
        "2026-12-18",
        "2026-12-21",
        "",
    )
    assert (talk["number"], talk["visit"], talk["date"]) == ("", "talk after 6", "2026-12-22")
    assert (second["was_date"], second["date"], second["check_in"]) == ("2026-12-09", "", "")
    assert second["no_place"] == "the clinic is closed (pump repair); no day (gap)"


def test_json_has_the_offsets_of_the_clinics_zone():
    data = json.loads(render_calls(calls(moved(LAST), not_placed=[unplaced()]), "json"))
    assert datetime.fromisoformat(data["calls"][0]["now"]) == moment("2026-12-21T09:00")
    assert data["not_placed"][0]["patient"] == "P-9"


@pytest.mark.parametrize(
    ("bound", "is_best"),
    [
        pytest.param(DisruptionValue(1, 0, 1, 3, 0), True, id="proven"),
        pytest.param(DisruptionValue(1, 0, 1, 2, 0), False, id="not proven"),
    ],
)
def test_json_has_what_the_proposal_costs_and_whether_that_is_proven(bound, is_best):
    found = make_call_list("", [moved(LAST)], (), DisruptionValue(1, 0, 1, 3, 0), bound)
    data = json.loads(render_calls(found, "json"))
    assert data["objective"] == {"kept": 1, "excess": 0, "moved": 1, "delay": 3, "spacing": 0}
    assert (data["bound"]["delay"], data["is_best"]) == (bound.delay, is_best)


def test_json_has_no_costs_where_the_proposal_was_made_before():
    data = json.loads(render_calls(calls(moved(LAST)), "json"))
    assert (data["objective"], data["bound"], data["is_best"]) == (None, None, None)


def test_the_page_has_a_box_to_tick_for_each_visit_and_talk():
    page = render_calls(
        calls(moved(LAST, (5, "2026-12-17T09:00")), not_placed=[unplaced()]), "html"
    )
    assert page.count("☐") == 3
    assert "P-9" in page


def test_the_page_says_whether_it_is_only_a_proposal():
    proposed = calls(moved(LAST))
    assert "Proposed; nothing is changed yet." in render_calls(proposed, "html")
    applied = render_calls(replace(proposed, applied_at=moment("2026-12-01T12:00")), "html")
    assert "Applied Tue 1 Dec, 12:00." in applied.replace("\N{NO-BREAK SPACE}", " ")
    assert "Proposed" not in applied


def test_the_drivers_who_are_told_can_be_called_from_the_page():
    two = moved((5, "2026-12-17T09:00"), (6, "2026-12-21T09:00"), driver=RINGING)
    page = render_calls(calls(two), "html")
    assert '<bdi>Ana</bdi>, <a href="tel:5550101">' in page
    assert 'no more:</span> <bdi>Ben</bdi>, <a href="tel:5550102">' in page


def test_the_driver_who_drives_and_the_one_who_no_longer_does_are_told_apart_on_the_page():
    ana = RegularDriver("Ana", "", ("mon", "tue", "thu", "fri"))
    turns = (ana, RegularDriver("Ben", "", ("wed",)))
    pair = moved((5, "2026-12-17T09:00"), (6, "2026-12-21T09:00"), driver=turns)
    page = re.sub("<[^>]+>", "", render_calls(calls(pair), "html"))
    assert "Ana, no phone on file; no more: Ben, no phone on file" in page


@pytest.mark.parametrize("form", FORMS)
def test_a_booster_that_is_left_out_has_no_new_day(form):
    course = plan(load_protocol("iv-depression"), clinic(), request(boosters=1), made_at=MADE_AT)
    change = Change("reschedule", starts=(NewStart(7, None),))
    after = revise(course, change, at=moment("2026-12-01T12:00"))
    assert after.history[-1].what == "rescheduled: visit 7 (Fri 1 Jan 2027, 09:00) left out"
    found = calls((course, after))
    assert found.summary == "1 patient to call, 0 visits move; 1 booster is left out"
    said = render_calls(found, form)
    assert ('"now": null' if form == "json" else "left out") in said


def test_only_a_booster_can_be_left_out():
    course, _ = moved(LAST)
    change = Change("reschedule", starts=(NewStart(6, None),))
    with pytest.raises(BadRequest, match="visit 6 is no booster: it needs a start"):
        revise(course, change, at=moment("2026-12-01T12:00"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_adds_a_tag_or_leaves_its_line(text):
    hostile = f"{text}<script>alert(1)</script>"
    found = calls(moved(LAST), not_placed=[unplaced(reasons=(hostile,), patient=hostile)])
    assert "<script" not in render_calls(found, "html")
    lines = len(render_calls(calls(moved(LAST), not_placed=[unplaced()]), "text").splitlines())
    assert len(render_calls(found, "text").splitlines()) == lines


@pytest.mark.parametrize("form", FORMS)
def test_no_call_is_a_list_as_well(form):
    assert render_calls(calls(), form).endswith("\n")


def with_session(status: Status, start: str = "2026-12-08T09:00") -> Course:
    """A course with one session after its first visit."""
    kind = CompanionKind("talk", "Session", WithinDays(3), 60, after=VisitOrdinals((1,)))
    asked = protocol(phase(2), companions=(kind,))
    course = plan(asked, clinic(), request(patient="P-1"), made_at=MADE_AT)
    session = replace(course.companions[0], status=status, start=moment(start))
    return replace(course, companions=(session,))


def test_a_session_that_was_left_out_before_is_new_and_was_on_no_day():
    after = with_session("planned", "2026-12-09T11:00")
    found = calls((with_session("omitted"), after))
    (call,) = found.calls
    assert (call.was, call.now) == (None, after.companions[0].start)
    assert found.summary == "1 patient to call, 0 visits move; 1 session is new"
    (line,) = re.findall("P-1.*", render_calls(found, "text", Locale()))
    assert re.search(r"Session after 1  new  +Wed 9 Dec 2026, 11:00", line)
    assert '<td role="cell">new</td>' in render_calls(found, "html", Locale())
    (row,) = csv.DictReader(io.StringIO(render_calls(found, "csv", Locale())))
    assert (row["was_date"], row["was_check_in"], row["date"]) == ("", "", "2026-12-09")
    assert json.loads(render_calls(found, "json", Locale()))["calls"][0]["was"] is None


def test_a_session_that_is_left_out_before_and_after_is_no_call():
    assert (
        calls((with_session("omitted"), with_session("omitted", "2026-12-09T11:00"))).calls == ()
    )


def test_a_session_that_is_left_out_says_when_it_was():
    (call,) = calls((with_session("planned"), with_session("omitted", "2026-12-09T11:00"))).calls
    assert (call.was, call.now) == (moment("2026-12-08T09:00"), None)
