"""What is authorised, in the register and by a roster: kept, read again, and counted."""

import json
from pathlib import Path

import pytest

from ketasched.model import Authorisation
from tests.register.terminal import TODAY, batch, exported, plan, run
from tests.support.batches import MOMENT, MONDAY, clinic_file, manifest, roster_file

FOUR, TWO = "4 from 2027-01-04 until 2027-12-31", "2 from 2027-01-04 until 2027-11-30"

LATER = ("--start", "2027-04-26")
"""When a chair is free beside two other patients."""


def waiting(patient: str) -> list[int]:
    """The numbers of the patient's tentative visits."""
    [course] = [one for one in exported() if one.patient == patient]
    return [visit.number for visit in course.visits if visit.status == "tentative"]


def listed(*more: str) -> list[str]:
    shown = run("authorisations", "--next", "99w", *TODAY, "--format", "json", *more)
    return [one["patient"] for one in json.loads(shown.stdout)]


def test_a_course_is_read_back_as_it_was_booked_and_exported_and_imported_again(book):
    plan("P-1", "--authorised", FOUR, "--authorised", TWO)
    plan("P-2", "--authorised", TWO)
    plan("P-3", *LATER)
    courses = exported()
    assert [one.request.authorised for one in courses] == [
        (Authorisation.read(FOUR), Authorisation.read(TWO)),
        (Authorisation.read(TWO),),
        (),
    ]
    Path("all.ndjson").write_text(run("register", "export").stdout, encoding="utf-8")
    run("register", "import", "all.ndjson", "--register", "other.db", *TODAY)
    assert exported("--register", "other.db") == courses


def test_what_waits_has_its_chair_and_who_has_more_sessions_goes_on_in_it(book):
    plan("P-1", "--authorised", FOUR)
    assert waiting("P-1") == [5, 6]
    starts = [visit.start for visit in exported()[0].visits]
    run("revise", "P-1", "authorise", TWO, *TODAY)
    assert waiting("P-1") == []
    run("revise", "P-1", "undo", *TODAY)
    assert waiting("P-1") == [5, 6]
    assert [visit.start for visit in exported()[0].visits] == starts


def test_only_courses_whose_sessions_run_out_are_listed(book):
    plan("P-1", "--authorised", FOUR)
    plan("P-2")
    plan("P-3", "--authorised", TWO, *LATER)
    assert listed() == ["P-1", "P-3"]
    run("revise", "P-1", "cease", "--reason", "moved", *TODAY)
    assert listed() == ["P-3"]
    run("revise", "P-3", "hold", "--reason", "flu", *TODAY)
    assert listed() == ["P-3"]


@pytest.mark.parametrize("together", [False, True], ids=["row by row", "together"])
def test_a_roster_has_the_column_and_a_run_again_changes_nothing(
    book, tmp_path, monkeypatch, together
):
    monkeypatch.chdir(tmp_path)
    clinic_file("clinic.toml", 'chairs = 2\nid_salt = "x"', "09:00-17:00")
    both = [
        {"patient": "P-1", "start": MONDAY, "authorised": f"{FOUR}; {TWO}"},
        {"patient": "P-2", "start": MONDAY, "authorised": FOUR},
        {"patient": "P-3", "start": MONDAY, "authorised": ""},
    ]
    roster_file(both)
    more = ("--together",) if together else ()
    batch("--clinic", "clinic.toml", *more)
    first = {course.patient: course for course in exported()}
    assert [waiting(name) for name in ("P-1", "P-2", "P-3")] == [[], [5, 6], []]
    assert ["authorisation" in row["notes"] for row in manifest()] == [False, True, False]
    batch("--clinic", "clinic.toml", "--force", *more)
    assert {course.patient: course for course in exported()} == first


def test_a_row_of_json_has_a_list_of_them(book, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    row = {
        "patient": "P-1",
        "start": MONDAY,
        "authorised": [FOUR, "2 from 4 Jan 2027 to 30 Nov 2027"],
    }
    Path("roster.ndjson").write_text(json.dumps(row), encoding="utf-8")
    shown = run("batch", "roster.ndjson", "--format", "ndjson", "--made-at", MOMENT)
    [course] = map(json.loads, shown.stdout.splitlines())
    assert course["request"]["authorised"] == [FOUR, TWO]
