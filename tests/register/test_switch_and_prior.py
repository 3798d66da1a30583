"""Visits elsewhere, and a switch, in the register: the chairs, and one transaction."""

import json
from pathlib import Path

import pytest

from ketasched.files.load import load_course
from ketasched.register import register as book_module
from ketasched.register import writes
from ketasched.register.records import Conflict
from tests.register.terminal import TODAY, batch, exported, plan, run
from tests.support.batches import MONDAY, clinic_file, manifest, roster_file

SWITCH = ("switch", "--protocol", "iv-ptsd", "--on", "2027-04-12", "--by-whom", "Dr. Lee")
LATER = ("--today", "2027-04-08T15:00")


def booked(book: str, patient: str) -> list[str]:
    """The days on which a patient holds a chair, by the day sheets."""
    days = [f"2027-{month:02d}-{day:02d}" for month in (4, 5) for day in range(1, 31)]
    days += ["2026-11-18", "2026-11-20"]
    sheets = (json.loads(run("day", day, "--format", "json", *TODAY).stdout) for day in days)
    return [
        day
        for day, sheet in zip(days, sheets, strict=True)
        if patient in json.dumps(sheet["visits"])
    ]


def contents(folder: str) -> dict[str, bytes]:
    """The files of a folder by their path below it."""
    paths = [path for path in Path(folder).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_visit_elsewhere_holds_no_chair_and_is_on_no_day_sheet(book):
    prior = "--prior", "2026-11-20", "--prior", "2026-11-18"
    plan("P-1", *prior)
    [course] = exported()
    assert [visit.elsewhere for visit in course.visits[:3]] == [True, True, False]
    days = [visit.start.date().isoformat() for visit in course.visits if not visit.elsewhere]
    assert booked(book, "P-1") == days


def test_a_roster_has_the_column_and_a_run_again_changes_nothing(book, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-12:00")
    prior = "2026-11-18;2026-11-20"
    roster_file([{"patient": "P-1", "start": MONDAY, "prior": prior}])
    batch("--clinic", "clinic.toml")
    first = {course.patient: course for course in exported()}
    assert [visit.of for visit in first["P-1"].visits][:3] == ["1 of 6", "2 of 6", "3 of 6"]
    assert len([visit for visit in first["P-1"].visits if visit.elsewhere]) == 2
    [row] = manifest()
    assert "late start" not in row["notes"]
    batch("--clinic", "clinic.toml", "--force")
    assert {course.patient: course for course in exported()} == first


def test_a_switch_frees_the_old_chairs_takes_the_new_ones_and_keeps_both_courses(book):
    plan("P-1", "-o", "out")
    before = load_course("out/P-1")
    run("revise", "out/P-1", *SWITCH, *LATER)
    old, new = load_course("out/P-1/course-1.json"), load_course("out/P-1")
    assert new.follows == before.course_id == old.course_id
    assert {course.course_id: course for course in exported()} == {
        old.course_id: old,
        new.course_id: new,
    }
    held = {
        visit.start.date().isoformat()
        for visit in (*old.visits, *new.visits)
        if visit.status in ("planned", "tentative")
    }
    assert set(booked(book, "P-1")) == held


def test_a_switch_that_fails_leaves_everything_as_it_was(book, monkeypatch):
    plan("P-1", "-o", "out")
    files = {path.name: path.read_bytes() for path in Path("out/P-1").iterdir()}
    before, real = exported(), writes.write_course
    calls: list[object] = []

    def fails_the_second_time(*arguments, **more):
        calls.append(arguments)
        if len(calls) == 2:
            raise Conflict("the disk is full")
        return real(*arguments, **more)

    monkeypatch.setattr(book_module, "write_course", fails_the_second_time)
    run("revise", "out/P-1", *SWITCH, *LATER, code=6)
    assert len(calls) == 2
    assert exported() == before
    assert {path.name: path.read_bytes() for path in Path("out/P-1").iterdir()} == files


def test_a_fact_about_the_old_course_leaves_the_pages_of_the_new_one(book):
    plan("P-1", "-o", "out")
    run("revise", "out/P-1", *SWITCH, *LATER)
    files = contents("out/P-1")
    run("revise", "out/P-1/course-1.json", "complete", "1", *LATER)
    now = contents("out/P-1")
    assert {name for name in files if files[name] != now[name]} == {"course-1.json"}


def test_a_switch_writes_calendars_of_what_changed(book):
    plan("P-1", "-o", "out", "--driver-name", "Sam Rivera")
    run("revise", "out/P-1", *SWITCH, *LATER)
    files = contents("out/P-1")
    assert {"changes/patient.ics", "changes/rides.ics"} <= files.keys()
    for name in ("changes/rides.ics", "rides.ics"):
        text = files[name].decode()
        ended = load_course("out/P-1/course-1.json").visits
        gone = sum(visit.status == "ceased" for visit in ended)
        assert text.count("STATUS:CANCELLED") == 2 * gone > 0
        assert text.count("STATUS:CONFIRMED") == 2 * len(load_course("out/P-1").visits)
        assert "P-1" not in text


def test_an_undo_writes_the_calendars_of_what_changed_where_there_are_some(book):
    plan("P-1", "-o", "out", "--driver-name", "Sam Rivera")
    run("revise", "out/P-1", *SWITCH, *LATER)
    run("revise", "P-1", "omit", "3", "--reason", "ill", *LATER, "-o", "out")
    omitted = contents("out/P-1")
    run("revise", "P-1", "undo", *LATER, "-o", "out")
    files = contents("out/P-1")
    assert files.keys() == omitted.keys()
    for name in ("changes/rides.ics", "changes/patient.ics"):
        assert b"STATUS:CANCELLED" in omitted[name]
        assert b"STATUS:CONFIRMED" in files[name]
        assert b"STATUS:CANCELLED" not in files[name]


def test_all_files_of_a_patient_have_the_courses_before_the_switch(book):
    plan("P-1", "-o", "out")
    for protocol in ("iv-ptsd", "iv-depression"):
        more = ("--protocol", protocol, "--on", "2027-04-12", "--by-whom", "Dr. Lee")
        run("revise", "out/P-1", "switch", *more, *LATER)
    run("register", "show", "P-1", "-o", "again")
    files, again = contents("out/P-1"), contents("again/P-1")
    assert {"course-1.json", "course-2.json"} <= again.keys()
    assert again.items() <= files.items()


def test_a_switch_names_the_visits_before_its_day_that_end_too(book):
    plan("P-1")
    switched = run("revise", "P-1", *SWITCH, "--today", "2027-04-07T15:00")
    assert "note: visit 3, before Mon 12 Apr 2027, takes place no more" in switched.stderr


def test_the_same_switch_again_is_nothing_to_do(book):
    plan("P-1")
    run("revise", "P-1", *SWITCH, *LATER)
    before = exported()
    again = run("revise", "P-1", *SWITCH, *LATER, "--format", "json")
    assert "nothing to do: P-1 was switched like this already" in again.stderr
    assert json.loads(again.stdout) == []
    assert exported() == before
    run("revise", "P-1", "switch", "--protocol", "iv-depression", *SWITCH[3:], *LATER)
    assert len(exported()) == len(before) + 1


def test_of_two_courses_of_a_patient_the_list_says_which_is_which(book):
    plan("P-1")
    run("revise", "P-1", *SWITCH, *LATER)
    old, new = run("register", "list").stdout.splitlines()
    assert old.endswith("switched to iv-ptsd from Mon 12 Apr 2027 on")
    assert new.endswith("switched from iv-depression")


def test_a_dry_run_of_a_switch_writes_nothing(book):
    plan("P-1", "-o", "out")
    files, before = sorted(Path("out/P-1").iterdir()), exported()
    shown = run("revise", "out/P-1", *SWITCH, *LATER, "--dry-run", "--format", "json").stdout
    assert json.loads(shown)["new"]["what"] == "switched from iv-depression"
    assert (sorted(Path("out/P-1").iterdir()), exported()) == (files, before)


def test_a_patient_is_found_by_name_on_the_day_of_a_visit_and_the_switch(book):
    plan("P-1")
    today = "--today", f"{MONDAY}T15:00"
    run("revise", "P-1", "complete", "1", *today)
    run(
        "revise",
        "P-1",
        "switch",
        "--protocol",
        "iv-ptsd",
        "--on",
        "2027-04-06",
        "--by-whom",
        "Dr. Lee",
        *today,
    )
    run("revise", "P-1", "driver", "1", "--name", "Kim", *today)
    new = next(course for course in exported() if course.follows)
    assert new.visits[0].driver is not None


@pytest.mark.parametrize("order", [("course-1.json", "course.json"), ("course.json",)])
def test_both_courses_of_a_folder_can_be_imported(book, tmp_path, order):
    plan("P-1", "-o", "out")
    run("revise", "out/P-1", *SWITCH, *LATER)
    other = str(tmp_path / "other.db")
    for name in order:
        run("register", "import", f"out/P-1/{name}", "--register", other, *LATER)
    assert len(exported("--register", other)) == len(order)
