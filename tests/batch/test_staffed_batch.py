"""Batches at a clinic with few monitors: in row order, planned as one, resumed, in a register."""

from pathlib import Path

import pytest

from ketasched.batch.manifest import read_holds
from ketasched.batch.records import CourseSummary
from ketasched.files.load import load_clinic, load_course
from ketasched.model import Course
from tests.support.batches import (
    MONDAY,
    batch,
    clinic_file,
    manifest,
    patients,
    roster_file,
    rows_of,
    tree,
)
from tests.support.resource_judge import overused

FEW = """
[[resources]]
name = "monitor"
during = ["treatment", "observation"]

[[resources]]
name = "prescriber"
serves = 2
during = ["treatment"]
absences = { "2027-04-07 course" = 1 }
"""
ALWAYS = FEW.replace('absences = { "2027-04-07 course" = 1 }', "")
TOGETHER = ("--together", "--limit", "5s")
IN_A_REGISTER = ("--register", "book.db")
WAYS = pytest.mark.parametrize(
    "more",
    [(), TOGETHER, IN_A_REGISTER, (*TOGETHER, *IN_A_REGISTER)],
    ids=["in row order", "planned as one", "in a register", "planned as one in a register"],
)


@pytest.fixture
def clinic() -> str:
    return staffed(FEW)


def staffed(resources: str, name: str = "small.toml") -> str:
    """A clinic with chairs enough."""
    path = clinic_file(name, more='id_salt = "x"\nname = "Mill Lane"\nchairs = 5')
    Path(path).write_text(Path(path).read_text() + resources)
    return path


def courses(folder: str = "out") -> list[Course]:
    return [load_course(f"{folder}/{patient}") for patient in sorted(patients(folder))]


def assert_nobody_is_overbooked(clinic: str, folder: str = "out") -> None:
    """Minute by minute, by the course files."""
    visits = [
        (course.protocol.visits[visit.kind], visit.start)
        for course in courses(folder)
        for visit in course.visits
        if visit.is_here
    ]
    assert visits
    assert overused(load_clinic(clinic), visits) == {}


@WAYS
def test_nobody_is_overbooked_and_a_second_run_changes_nothing(clinic, more):
    asked = ["roster.csv", "-o", "out", "--clinic", clinic, *more]
    roster_file(rows_of(6))
    batch(*asked)
    assert_nobody_is_overbooked(clinic)
    before, rows = tree(), manifest()
    again = batch(*asked, "--resume")
    assert again.exit_code == 0, again.output
    assert manifest() == rows
    assert {name: data for name, data in tree().items() if "manifest" not in name} == {
        name: data for name, data in before.items() if "manifest" not in name
    }


@WAYS
def test_rows_that_come_later_sit_beside_those_that_are_there(clinic, more):
    asked = ["roster.csv", "-o", "out", "--clinic", clinic, *more]
    roster_file(rows_of(3))
    batch(*asked)
    before = {course.patient: course for course in courses()}
    first = [{"patient": "A-0", "start": MONDAY}]
    roster_file([*first, *rows_of(5)])
    again = batch(*asked, "--resume")
    assert again.exit_code == 0, again.output
    assert len(patients()) == 6
    assert_nobody_is_overbooked(clinic)
    after = {course.patient: course for course in courses()}
    assert {name: after[name] for name in before} == before


def test_a_manifest_says_which_minutes_of_a_visit_need_which_resource(clinic):
    roster_file(rows_of(1))
    batch("roster.csv", "-o", "out", "--clinic", clinic)
    first, *_ = manifest()[0]["visits"].split("|")
    assert first == "2027-04-05T09:00/10:55 monitor 15-115 prescriber 15-55"


def test_a_run_that_was_stopped_is_resumed_beside_what_it_had_booked(clinic):
    asked = ["roster.csv", "-o", "out", "--clinic", clinic]
    roster_file(rows_of(6))
    batch(*asked)
    whole = {course.patient: course for course in courses()}
    path = Path("out", "manifest.csv")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]))
    for patient in ("P-4", "P-5", "P-6"):
        for file in Path("out", patient).iterdir():
            file.unlink()
        Path("out", patient).rmdir()
    batch(*asked, "--resume")
    assert {course.patient: course for course in courses()} == whole
    assert_nobody_is_overbooked(clinic)


@pytest.mark.parametrize("more", [(), IN_A_REGISTER], ids=["in row order", "in a register"])
def test_a_resource_that_is_added_later_counts_the_visits_of_earlier_runs(more):
    asked = ["roster.csv", "-o", "out", "--clinic", "small.toml", *more]
    staffed("")
    roster_file(rows_of(1))
    batch(*asked)
    (before,) = courses()
    newer = staffed(ALWAYS)
    roster_file([{"patient": "A-0", "start": MONDAY}, *rows_of(1)])
    again = batch(*asked, "--resume")
    assert again.exit_code == 0, again.output
    assert len(patients()) == 2
    assert_nobody_is_overbooked(newer)
    assert [course.visits for course in courses() if course.patient == "P-1"] == [before.visits]


def test_a_patient_of_whom_no_row_is_known_keeps_a_monitor_that_was_not_counted_then():
    asked = ["roster.csv", "-o", "out", "--clinic", "small.toml", "--resume"]
    staffed("")
    roster_file(rows_of(1))
    batch(*asked[:-1])
    newer = staffed(ALWAYS)
    roster_file([{"patient": "A-0", "start": MONDAY}])
    batch(*asked)
    assert len(patients()) == 2
    assert_nobody_is_overbooked(newer)


@pytest.mark.parametrize(("before", "now"), [(ALWAYS, ""), ("", ALWAYS)], ids=["removed", "added"])
@pytest.mark.parametrize(
    "moment", ["2027-04-01T08:00", "2027-04-06T08:00"], ids=["to come", "under way"]
)
def test_a_course_stays_the_same_one_whatever_the_clinic_counts_by_now(before, now, moment):
    asked = ["roster.csv", "-o", "out", "--clinic", "small.toml", "--resume"]
    staffed(before)
    roster_file(rows_of(1))
    batch(*asked[:-1])
    entries = [(visit.uid, visit.start) for course in courses() for visit in course.visits]
    staffed(now)
    again = batch(*asked, moment=moment)
    assert again.exit_code == 0, again.output
    assert "1 renewed" in again.stderr
    after = [(visit.uid, visit.start) for course in courses() for visit in course.visits]
    assert after == entries


def test_visits_that_need_somebody_and_no_chair_are_read_again():
    text = "2027-04-05T09:00 monitor 0-30|2027-04-07T09:00/10:55 monitor 15-115"
    clinic = load_clinic(staffed(FEW))
    held = [(one.unit, one.end - one.begin) for one in read_holds(text, clinic)]
    assert held == [("monitor", 1800.0), ("chair", 6900.0), ("monitor", 6000.0)]
    summary = CourseSummary("", "", text, "", "", "")
    assert summary.times == "2027-04-05T09:00|2027-04-07T09:00/10:55"
