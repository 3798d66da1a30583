"""The register from Python: what the commands see in it, and the other way round."""

import json
import sys
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner

import ketasched
from ketasched.cli import main
from ketasched.files.load import parse_course
from ketasched.model import Clock
from tests.conftest import ROOT

MOMENT, AT = "2026-12-28T08:00", "2027-01-03T17:00"
PRACTICE = ketasched.load_clinic(str(ROOT / "examples" / "practice.toml"))
PROTOCOL = ketasched.load_protocol("iv-depression")


def run(*words: str) -> str:
    result = CliRunner().invoke(main, [*words, "--register", "book.db"], prog_name="ketasched")
    assert result.exit_code == 0, result.output
    return result.stdout_bytes.decode()


@pytest.fixture
def register():
    with ketasched.Register.open("book.db") as opened:
        yield opened


def asked(patient: str, **values: str) -> ketasched.Request:
    return ketasched.request(patient=patient, start="2027-01-04", **values)


def book(register: ketasched.Register, patient: str, **values: str) -> ketasched.Course:
    return register.book(PROTOCOL, PRACTICE, asked(patient, **values), made_at=MOMENT)


def test_a_course_is_booked_beside_all_that_is_booked(register):
    starts = [book(register, patient).visits[0].start for patient in ("P-1", "P-2", "P-3")]
    assert [f"{start:%d %H:%M}" for start in starts] == ["04 09:00", "04 09:00", "05 09:00"]


def test_a_dry_run_enters_nothing_and_is_what_would_be_booked(register):
    planned = register.book(PROTOCOL, PRACTICE, asked("P-1"), made_at=MOMENT, dry_run=True)
    assert register.courses() == []
    assert book(register, "P-1") == planned


def test_the_commands_see_what_was_booked_from_python(register):
    course = book(register, "P-1")
    assert parse_course(run("register", "show", "P-1", "--format", "json"), "it") == course
    listed = json.loads(run("register", "list", "--format", "json"))
    assert [(one["patient"], one["revision"]) for one in listed] == [("P-1", 1)]


BUSY = "\n".join(
    (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:it", "BEGIN:VEVENT", "UID:1"),
        *("DTSTART:20270108T080000", "DTEND:20270108T180000", "END:VEVENT", "END:VCALENDAR", ""),
    )
)
"""The text of a calendar that is busy on Fri 8 Jan."""


def test_nothing_is_booked_moved_or_suggested_while_a_calendar_is_busy(register):
    request = asked("P-1")
    course = register.book(PROTOCOL, PRACTICE, request, made_at=MOMENT, busy=BUSY)
    assert course == ketasched.plan(PROTOCOL, PRACTICE, request, made_at=MOMENT, busy=BUSY)
    assert date(2027, 1, 8) not in {visit.start.date() for visit in course.visits}
    book(register, "P-2")
    to = {"to": "2027-01-08", "reason": "snow"}
    with pytest.raises(ketasched.NoPlan, match="busy"):
        register.revise("P-2", "defer", 4, at=AT, busy=BUSY, scope="visit", **to)
    days = {one.start.date() for one in register.suggest("P-2", 4, at=AT, busy=BUSY)}
    assert date(2027, 1, 8) not in days


def test_a_change_is_entered(register):
    book(register, "P-1")
    found = register.revise("p-1", "defer", 3, to="2027-01-11", reason="snow", at=AT)
    assert found.history[-1].what == "visit 3 deferred to Mon 11 Jan 2027, 09:00"
    assert register.courses("P-1") == [found]


def test_a_dry_run_enters_nothing(register):
    course = book(register, "P-1")
    found = register.revise("P-1", "hold", at=AT, dry_run=True)
    assert (found.revision, register.courses()) == (2, [course])


def test_a_change_that_changes_nothing_is_no_revision(register):
    course = book(register, "P-1", driver_name="Ana Lima")
    assert register.revise("P-1", "driver", 3, name="Ana Lima", at=AT) == course


def test_a_course_that_somebody_else_has_changed_is_refused(register):
    course = book(register, "P-1")
    register.revise(course, "hold", at=AT)
    with pytest.raises(ketasched.Refused, match="another revision of this course: 2, not 1"):
        register.revise(course, "cease", reason="clinician", at=AT)


def test_a_switch_enters_the_new_course_and_the_end_of_the_old_one(register):
    old = book(register, "P-1")
    new = register.revise(
        "P-1", "switch", protocol="iv-ptsd", on="2027-01-18", by_whom="Dr. Lee", at=AT
    )
    assert new.follows == old.course_id
    ended, following = register.courses("P-1")
    assert ({visit.status for visit in ended.visits}, following) == ({"ceased"}, new)
    assert register.course("P-1", at=AT) == new


def test_newer_hours_hold_for_new_dates_from_then_on(register):
    book(register, "P-1")
    newer = replace(PRACTICE, preferred_start=Clock(600))
    found = register.revise("P-1", "booster", on="2027-02-12", at=AT, clinic=newer)
    assert found.clinic == newer
    assert register.revise("P-1", "confirm", 7, at=AT).clinic == newer


def test_other_times_are_those_of_the_command(register):
    book(register, "P-1"), book(register, "P-2")
    shown = json.loads(run("suggest", "P-1", "6", "--format", "json", "--today", AT))
    found = register.suggest("P-1", 6, at=AT)
    assert [one.start.isoformat() for one in found] == [one["start"] for one in shown]


@pytest.mark.parametrize("form", ["text", "csv", "json", "html", "ics"])
def test_a_day_is_the_sheet_of_the_command(register, form):
    book(register, "P-1"), book(register, "P-2", driver_name="Ana Lima")
    shown = run("day", "2027-01-04", "--format", form, "--today", AT)
    assert register.day_page("4 Jan 2027", form) == shown
    assert register.day(date(2027, 1, 4)).missing_drivers == 1


def test_a_form_of_a_day_that_is_none_is_said(register):
    with pytest.raises(ketasched.BadRequest, match="expected one of text, html, csv, json, ics"):
        register.day_page("2027-01-04", "month")


def test_a_register_without_courses_has_an_empty_day_and_no_patient(register):
    assert register.day("2027-01-04").summary == "no visits"
    assert register.day_page("2027-01-04")
    with pytest.raises(ketasched.BadFile, match="no such patient in the register"):
        register.course("P-1", at=AT)


def test_of_several_clinics_one_has_to_be_named(register):
    example = ketasched.load_clinic(str(ROOT / "examples" / "clinic.toml"))
    book(register, "P-1")
    register.book(PROTOCOL, example, asked("P-2"), made_at=MOMENT)
    with pytest.raises(ketasched.BadFile, match="the register has 2 clinics"):
        register.day("2027-01-04")
    assert [one.patient for one in register.day("2027-01-04", clinic=PRACTICE).visits] == ["P-1"]
    assert [one.patient for one in register.courses(clinic=example)] == ["P-2"]


def test_a_name_that_may_be_two_patients_is_answered_with_both(register):
    book(register, "José"), book(register, "JOSE")
    with pytest.raises(ketasched.BadFile, match="2 patients in the register") as caught:
        register.course("jose", at=AT)
    assert sorted(caught.value.details) == ["JOSE", "José"]


def test_a_course_of_nobody_is_not_booked(register):
    request = ketasched.request(start="2027-01-04")
    with pytest.raises(ketasched.BadRequest, match="whose course it is") as caught:
        register.book(PROTOCOL, PRACTICE, request, made_at=MOMENT)
    assert caught.value.field == "patient"


def test_a_plan_that_does_not_fit_says_what_would(register):
    with pytest.raises(ketasched.NoPlan) as caught:
        book(register, "P-1", latest_start="2027-01-04", unavailable="2027-01-04")
    assert "--latest-start 2027-01-05" in caught.value.next_step


def test_a_register_that_is_missing_is_made_only_if_that_is_wanted():
    with pytest.raises(ketasched.BadFile):
        ketasched.Register.open("none.db", make=False)


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    for name in [one for one in sys.modules if one.startswith("ketasched.register.")]:
        if name != "ketasched.register.opening":
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ketasched.BadRequest, match="the extra that brings its database") as caught:
        ketasched.Register.open("book.db")
    assert caught.value.next_step == "pip install 'ketasched[register]'"
