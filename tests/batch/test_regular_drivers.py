"""The columns `driver` and `patient_phone` of a roster."""

import json
from pathlib import Path

import pytest

from ketasched.files.load import load_course
from ketasched.model import Driver
from ketasched.render.patient_folder import render_files
from tests.support.batches import (
    batch,
    clinic_file,
    course_for,
    manifest,
    rejects,
    roster_file,
    tree,
)

TURNS = "Ana Lima, +1 555 0134, mon fri;Ben, wed"
START = "2027-03-08"
"""A Monday; the clocks change in the week after it."""

ROW = {"patient": "P-1", "start": START, "driver": TURNS, "patient_phone": "555 0177"}


def test_a_cell_has_several_drivers_and_each_drives_on_their_days():
    assert batch(roster_file([ROW]), "-o", "out", "--clinic", clinic_file()).exit_code == 0
    course = load_course("out/P-1/course.json")
    ana, ben = Driver("Ana Lima", "+1 555 0134"), Driver("Ben")
    found = [(f"{visit.start:%a}", visit.driver) for visit in course.visits]
    assert found == [("Mon", ana), ("Wed", ben), ("Fri", ana)] * 2
    assert course == course_for(ROW, clinic_file())
    assert course.request.patient_phone == "555 0177"


def test_no_file_of_a_batch_but_the_course_has_the_patients_phone():
    assert batch(roster_file([ROW]), "-o", "out", "--clinic", clinic_file()).exit_code == 0
    having = {path for path, data in tree().items() if b"555 0177" in data}
    assert having == {"P-1/course.json"}


def test_a_line_of_json_has_the_drivers_in_a_list():
    row = ROW | {"driver": TURNS.split(";")}
    Path("roster.ndjson").write_text(json.dumps(row), encoding="utf-8")
    assert batch("roster.ndjson", "-o", "out", "--clinic", clinic_file()).exit_code == 0
    assert load_course("out/P-1/course.json") == course_for(ROW, clinic_file())


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        pytest.param(
            "Ana, mon;Ben, mon wed", "two drivers on mon: one drives on each weekday", id="a day"
        ),
        pytest.param(
            "Ana;Ben",
            "two drivers without weekdays: one drives on all days that no other has",
            id="no days",
        ),
        pytest.param(
            "Ana Lima 555 0134 mon",
            'expected name, phone and weekdays, as in "Ana Lima, +1 555 0134, mon fri", '
            'not "Ana Lima 555 0134 mon"',
            id="no commas",
        ),
    ],
)
def test_a_row_whose_drivers_are_not_clear_is_rejected_and_the_others_are_planned(cell, reason):
    rows = [ROW | {"patient": "P-0", "driver": cell}, ROW]
    assert batch(roster_file(rows), "-o", "out", "--clinic", clinic_file()).exit_code == 5
    assert [row["status"] for row in manifest()] == ["rejected", "planned"]
    assert [(row["rule"], row["reason"]) for row in rejects()] == [("driver", reason)]


def test_another_driver_of_a_weekday_makes_the_row_another_one():
    asked = ("-o", "out", "--clinic", clinic_file())
    batch(roster_file([ROW]), *asked)
    (before,) = manifest()
    batch(roster_file([ROW | {"driver": TURNS.replace("Ben", "Cy")}]), *asked, "--force")
    (after,) = manifest()
    assert before["asked"] != after["asked"]
    assert load_course("out/P-1/course.json").visits[1].driver == Driver("Cy")


def test_the_drivers_files_of_a_batch_are_those_of_the_course():
    asked = ("--clinic", clinic_file(), "--format", "rides")
    assert batch(roster_file([ROW]), "-o", "out", *asked).exit_code == 0
    assert tree("out/P-1") == render_files(course_for(ROW, clinic_file()), ["rides"])
