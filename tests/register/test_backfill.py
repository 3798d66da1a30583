"""`backfill`: who could take a free slot, and that the commands that it prints do it."""

import csv
import io
import json
import shlex
from typing import Any

import pytest
from click.testing import Result

from tests.register.databases import rows
from tests.register.terminal import exported, listed, plan, run
from tests.support.batches import clinic_file, roster_file, rows_of

TODAY = "--today", "2027-04-01T09:00"
SLOT = "--on", "2027-04-16", "--time", "10:00"
SOONER = "--on", "2027-04-15", "--time", "10:00"
"""A slot that two patients could take."""


@pytest.fixture
def three(filled) -> str:
    """Three patients, two of whom have lost a visit in the second week."""
    clinic_file("clinic.toml", 'chairs = 5\nid_salt = "x"', "09:00-13:00")
    address: str = filled(plan_three)
    return address


def plan_three() -> None:
    plan("P-1", "--patient-phone", "+1 555 0101")
    plan("P-2")
    plan("P-3", "--start", "2027-04-06")
    for patient in ("P-1", "P-2"):
        run("revise", patient, "omit", "5", "--reason", "flu", *TODAY)


def backfill(*more: str, code: int = 0) -> Result:
    return run("backfill", *more, *TODAY, code=code)


def found(*more: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(backfill(*more, "--format", "json").stdout)
    return shown


def words(command: str) -> list[str]:
    return shlex.split(command)[1:]


def test_whose_own_visit_could_come_sooner_is_listed_by_the_days(three):
    asked = "--on", "2027-04-15", "--time", "10:00"
    assert [(one["patient"], one["visit"], one["days_sooner"]) for one in found(*asked)] == [
        ("P-1", 6, 1),
        ("P-2", 6, 1),
    ]


def test_who_has_another_course_later_on_is_named_by_the_identifier_of_this_one(three):
    plan("P-1", "--start", "2027-05-10")
    ids = {row["patient"]: row["command"].split()[2] for row in found(*SOONER)}
    [this] = [
        one.course_id
        for one in exported()
        if one.visits[0].start.month == 4 and one.patient == "P-1"
    ]
    assert ids == {"P-1": this, "P-2": "P-2"}
    command = next(row["command"] for row in found(*SOONER) if row["patient"] == "P-1")
    run(*words(command.replace("WHY", "flu")))


def test_nothing_is_booked(three):
    before = exported(), rows(three, "SELECT count(*) FROM log")
    assert found("--on", "2027-04-15", "--time", "10:00")
    assert (exported(), rows(three, "SELECT count(*) FROM log")) == before


def test_each_command_moves_that_visit_to_the_slot_and_no_other(three):
    for one in found("--on", "2027-04-15", "--time", "10:00"):
        before = {course.patient: course for course in exported()}[one["patient"]]
        run(*words(one["command"]))
        after = {course.patient: course for course in exported()}[one["patient"]]
        pairs = zip(before.visits, after.visits, strict=True)
        moved = [
            (new.number, new.start.isoformat()) for old, new in pairs if old.start != new.start
        ]
        assert moved == [(one["visit"], "2027-04-15T10:00:00-04:00")]


WAITING = [
    {"patient": "W-1", "start": "2027-04-05", "priority": "", "days": ""},
    {"patient": "W-2", "start": "2027-04-02", "priority": "", "days": ""},
    {"patient": "W-3", "start": "2027-04-05", "priority": "5", "days": "mon;wed;fri"},
    {"patient": "W-4", "start": "2027-04-05", "priority": "", "days": "mon;tue"},
    {"patient": "W-5", "start": "2027-05-05", "priority": "", "days": ""},
    {"patient": "W-6", "start": "2027-04-05", "latest_start": "2027-04-12"},
    {"patient": "P-1", "start": "2027-04-05"},
]


def test_who_waits_comes_by_priority_then_by_the_asked_start(three):
    roster_file(WAITING, "waiting.csv")
    asked = *SLOT, "--waiting", "waiting.csv"
    waiting = [one for one in found(*asked) if one["waiting_since"]]
    assert [one["patient"] for one in waiting] == ["W-3", "W-2", "W-1"]
    assert [one["priority"] for one in waiting] == [5, 1, 1]


@pytest.mark.parametrize("time", ["09:00", "10:00", "11:00"])
def test_a_row_is_listed_if_and_only_if_its_plan_begins_at_the_slot(three, time):
    roster_file([{**one, "days": one.get("days") or ""} for one in WAITING], "waiting.csv")
    asked = "--on", "2027-04-16", "--time", time
    listed_rows = {
        one["patient"]: one["command"] for one in found(*asked, "--waiting", "waiting.csv")
    }
    fixed = "--start", "2027-04-16", "--latest-start", "2027-04-16", "--time", time
    begin = {}
    for row in WAITING:
        days = row.get("days", "").replace(";", ",")
        more = ("--days", days) if days else ()
        code = 6 if row["patient"] == "P-1" else 4 if row["patient"] == "W-4" else 0
        shown = run(
            "plan",
            "--patient",
            row["patient"],
            *fixed,
            *more,
            "--dry-run",
            "--format",
            "json",
            "--register",
            code=code,
        )
        begin[row["patient"]] = code == 0 and json.loads(shown.stdout)["visits"][0]["start"]
    at = f"2027-04-16T{time}:00-04:00"
    could = {one for one, start in begin.items() if start == at} - {"W-5", "W-6"}
    assert listed_rows.keys() - {"P-1", "P-2", "P-3"} == could
    for patient in could:
        run(*words(listed_rows[patient]), "--dry-run")
    run(*words(listed_rows["W-3"]))
    assert "W-3" in listed()


def test_a_row_with_everything_is_planned_with_everything(three):
    row = rows_of(
        1,
        "04/05/2027",
        driver_name="Ana Lima",
        driver_phone="-1",
        unavailable="04/20/2027;04/22/2027",
        protocol="iv-depression-gated",
        patient_phone="555",
        between="09:00-13:00",
    )
    roster_file([{**row[0], "patient": "-W 1"}], "waiting.csv")
    asked = *SLOT, "--waiting", "waiting.csv", "--date-order", "mdy"
    [one] = [one for one in found(*asked) if one["waiting_since"]]
    assert (one["patient"], one["patient_phone"]) == ("-W 1", "555")
    run(*words(one["command"]))
    [course] = [one for one in exported() if one.patient == "-W 1"]
    assert course.protocol.id == "iv-depression-gated"
    assert len(course.request.unavailable) == 2
    assert course.request.driver_phone == "-1"
    assert course.visits[0].start.isoformat() == "2027-04-16T10:00:00-04:00"


def test_a_row_that_cannot_be_read_is_said_and_the_others_are_listed(three):
    roster_file(
        [{"patient": "W-1", "start": "soon"}, {"patient": "W-2", "start": "2027-04-05"}], "w.csv"
    )
    shown = backfill(*SLOT, "--waiting", "w.csv", code=5)
    assert "warning: w.csv: row 1, line 2: start" in shown.stderr
    assert "W-2" in shown.stdout


def test_rows_of_another_clinic_are_passed_over(three):
    other = clinic_file("other.toml", 'id_salt = "y"\nname = "Other"')
    roster_file([{"patient": "W-1", "start": "2027-04-05", "clinic": other}], "w.csv")
    assert not [one for one in found(*SLOT, "--waiting", "w.csv") if one["waiting_since"]]


def test_nobody_is_an_empty_list_and_a_line(three):
    asked = "--on", "2027-06-07", "--time", "10:00"
    shown = backfill(*asked, "--format", "json")
    assert json.loads(shown.stdout) == []
    assert shown.stderr.count("\n") == 1
    assert "nobody could take Mon 7 Jun 2027, 10:00" in shown.stderr


def test_the_table_has_a_line_for_each(three):
    roster_file(WAITING, "waiting.csv")
    asked = "--on", "2027-04-15", "--time", "10:00", "--waiting", "waiting.csv"
    table = list(csv.DictReader(io.StringIO(backfill(*asked, "--format", "csv").stdout)))
    assert [one["patient"] for one in table] == [one["patient"] for one in found(*asked)]
    assert table[0]["was"] == "2027-04-16T09:00:00-04:00"
    assert table[0]["patient_phone"] == "+1 555 0101"


@pytest.mark.parametrize(
    ("on", "time", "code", "said"),
    [
        ("2027-04-16", "09:07", 2, "no visit begins at 09:07 on Fri 16 Apr 2027"),
        ("2027-04-16", "12:45", 2, "no visit begins at 12:45"),
        ("2027-04-17", "10:00", 2, "is closed on Sat 17 Apr 2027"),
        ("2027-04-01", "09:00", 2, "Thu 1 Apr 2027, 09:00 is over"),
        ("2027-04-01", "24:00", 2, "clock time"),
        ("2027-04-07", "09:30", 6, "Wed 7 Apr 2027, 09:30 is taken"),
    ],
    ids=["off the grid", "too late", "closed", "now", "no time", "taken"],
)
def test_a_slot_that_is_none_is_refused_with_what_is_free(book, on, time, code, said):
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-13:00")
    plan("P-1")
    shown = backfill("--on", on, "--time", time, code=code)
    assert said in shown.stderr
    if code == 6:
        assert "what is free that day: 11:00" in shown.stderr
        assert "P-1, visit 2: 09:00 to 10:55" in shown.stderr
        assert "move it: ketasched revise P-1 defer 2 --to DATE" in shown.stderr


def test_an_empty_register_still_has_those_who_wait(address, clinic, monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", address)
    plan("P-9", "--start", "2027-07-05")
    roster_file(rows_of(1), "w.csv")
    [one] = found(*SLOT, "--waiting", "w.csv")
    assert one["patient"] == "P-1"
