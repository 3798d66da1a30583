"""Rosters as spreadsheets write them, from the file to the patient's folder."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from tests.support.batches import (
    batch,
    clinic_file,
    manifest,
    patients,
    rejects,
    roster_file,
    table,
)

JOINED = "محمد\u200cرضا"
"""A Persian name with a zero-width non-joiner."""


def written(text: str, path: str = "roster.csv") -> str:
    Path(path).write_text(text, encoding="utf-8", newline="")
    return path


def test_no_break_spaces_are_spaces_and_joiners_stay_in_names():
    roster = written(
        "patient,start,driver_name,driver_phone\r\n"
        "P-1,2027-01-04,Dr.\u00a0Okafor,+33\u202f6\u00a012\r\n"
        f"P-2,2027-01-04,{JOINED},\r\n"
    )
    assert batch(roster, "-o", "out", "--clinic", clinic_file()).exit_code == 0
    assert "Dr. Okafor, +33 6 12" in Path("out/P-1/P-1.txt").read_text(encoding="utf-8")
    assert JOINED in Path("out/P-2/P-2.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("time", "start"),
    [
        ("9:30 AM", "09:30"),
        ("09:30:00", "09:30"),
        ("9:30", "09:30"),
        ("2pm", "14:00"),
        ("2\u202fp.m.", "14:00"),
        ("noon", "12:00"),
        ("12 PM", "12:00"),
    ],
)
def test_a_time_on_either_clock_is_the_time_of_every_visit(time, start):
    # The clocks go forward on 14 March 2027, between the visits.
    roster = roster_file([{"patient": "P-1", "start": "2027-03-08", "time": time}])
    assert batch(roster, "-o", "out", "--clinic", clinic_file()).exit_code == 0
    visits = manifest()[0]["visits"].split("|")
    assert {visit.partition("T")[2].partition("/")[0] for visit in visits} == {start}
    assert manifest()[0]["last"] > "2027-03-14"


@pytest.mark.parametrize(
    "start",
    [
        "2027-01-04 00:00:00",
        "2027-01-04T00:00:00",
        "2027-1-4",
        "4-Jan-2027",
        "Jan 4, 2027",
        "1/4/2027 12:00:00 AM",
        "\u200e04/01/2027",
    ],
    ids=ascii,
)
def test_a_date_as_a_spreadsheet_writes_it_is_the_first_day(start):
    roster = roster_file([{"patient": "P-1", "start": start}])
    order = "dmy" if "/01/" in start else "mdy"
    asked = [roster, "-o", "out", "--clinic", clinic_file(), "--date-order", order]
    assert batch(*asked).exit_code == 0
    assert manifest()[0]["first"] == "2027-01-04"


@pytest.mark.parametrize(
    ("days", "weekdays"),
    [("M/W/F", "024"), ("TTh;Fri", "134"), ("not tue; not thu", "024"), ("weekdays", "024")],
)
def test_weekdays_as_people_write_them_hold_for_every_visit(days, weekdays):
    pace = "3" if len(weekdays) == 3 else "2"
    row = {"patient": "P-1", "start": "2027-01-04", "days": days, "per_week": pace}
    assert batch(roster_file([row]), "-o", "out", "--clinic", clinic_file()).exit_code == 0
    visits = manifest()[0]["visits"].split("|")
    found = {str(date.fromisoformat(visit[:10]).weekday()) for visit in visits}
    assert found <= set(weekdays)


# --- dates that can be read both ways ----------------------------------------------------------

BOTH_WAYS = [
    {"patient": "P-1", "start": "03/04/2027", "born": "1980-01-02"},
    {"patient": "P-2", "start": "13/04/2027", "born": "1980-01-02"},
    {"patient": "P-3", "start": "05/04/2027", "born": "01/02/1980"},
    {"patient": "P-4", "start": "06/04/2027", "born": "1980-01-02", "days": "T"},
]
SAID = [
    "error: day or month first in born (1 row), start (3 rows)? a date there can be read both ways"
]
STEPS = ["try: month first: --date-order mdy", "try: day first: --date-order dmy"]


def test_dates_that_can_be_read_both_ways_are_said_once_for_a_column():
    roster, clinic = roster_file(BOTH_WAYS), clinic_file()
    result = batch(roster, "-o", "out", "--clinic", clinic)
    assert result.exit_code == 5
    lines = result.stderr.splitlines()
    assert lines[:3] == [
        *SAID,
        "try: month first: --date-order mdy --resume",
        "try: day first: --date-order dmy --resume",
    ]
    assert result.stderr.count("day or month first") == 1
    assert patients() == {"P-2"}
    assert [row["rule"] for row in rejects()] == ["start", "start", "days"]
    assert "day or month first?" in rejects()[2]["reason"]

    again = batch(roster, "-o", "out", "--clinic", clinic, "--resume", "--date-order", "dmy")
    assert again.exit_code == 5
    assert patients() == {"P-1", "P-2", "P-3"}
    assert "day or month" not in again.stderr


def test_printed_courses_have_the_same_lines_at_the_end():
    roster, clinic = roster_file(BOTH_WAYS), clinic_file()
    asked = [roster, "--format", "ndjson", "--clinic", clinic, "--quiet", "--verbose"]
    lines = batch(*asked).stderr.splitlines()
    assert lines[0] == 'error: row 4, line 5: days: "T": is "T" Tuesday or Thursday? ' + (
        "Write tue or thu"
    )
    assert lines[1:] == [*SAID, *STEPS]


def test_a_run_that_began_anew_may_begin_anew_with_the_order():
    roster, clinic = roster_file(BOTH_WAYS), clinic_file()
    first = batch(roster, "-o", "out", "--clinic", clinic, "--force")
    assert first.stderr.splitlines()[1:3] == STEPS
    anew = batch(roster, "-o", "out", "--clinic", clinic, "--force", "--date-order", "dmy")
    assert "day or month first" not in anew.stderr


def test_a_quiet_run_into_a_folder_says_nothing():
    result = batch(roster_file(BOTH_WAYS), "-o", "out", "--clinic", clinic_file(), "--quiet")
    assert (result.exit_code, result.output) == (5, "")


def test_a_check_of_ten_thousand_such_rows_is_one_line():
    rows = [{"patient": f"P-{n}", "start": "03/04/2027"} for n in range(10_000)]
    result = CliRunner().invoke(main, ["check", roster_file(rows), "--clinic", clinic_file()])
    assert result.exit_code == 3
    first, second, *steps = result.output.splitlines()
    assert first == "error: roster.csv: 10000 of 10000 rows cannot be used"
    assert "day or month first in start (10,000 rows)?" in second
    assert steps == STEPS


def test_a_settled_date_does_not_decide_for_the_others():
    rows = [{"patient": f"P-{n}", "start": f"{n}/04/2027"} for n in range(12, 31)]
    assert batch(roster_file(rows), "-o", "out", "--clinic", clinic_file()).exit_code == 5
    assert [row["patient"] for row in rejects() if row["rule"] == "start"] == ["P-12"]


def test_a_row_that_is_mended_in_the_rejects_is_read_with_its_odd_spaces_again():
    roster = written("patient,start,driver_name\nP-1,soon,Dr.\u00a0Lee\n")
    assert batch(roster, "-o", "out", "--clinic", clinic_file()).exit_code == 5
    assert table("out/rejects.csv")[0]["driver_name"] == "Dr.\u00a0Lee"
    text = Path("out/rejects.csv").read_text(encoding="utf-8").replace("soon", "4-Jan-2027")
    asked = [written(text, "mended.csv"), "-o", "more", "--clinic", clinic_file()]
    assert batch(*asked).exit_code == 0
    assert "Dr. Lee" in Path("more/P-1/P-1.txt").read_text(encoding="utf-8")
