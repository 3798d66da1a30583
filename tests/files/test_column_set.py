"""A column set: which columns a service wants, under which headings and in which form."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.errors import BadFile
from ketasched.files.column_set import ColumnSet, usual_columns
from ketasched.files.load import load_any, load_column_set
from ketasched.model.queues import Appointment
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "examples" / "columns").glob("*.toml"))
NEW_YORK = ZoneInfo("America/New_York")
BEGIN = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
"""The first 01:30 of the night in which the clocks go back in New York."""

COLUMNS = """format = 1
rows = "appointments"
delimiter = ";"

[columns]
"Appt ID" = "key"
Begin = { value = "start", as = "%Y%m%d%H%M%S" }
Exact = "start"
Minutes = "minutes"
Status = { value = "status", words = { planned = "Scheduled", tentative = "Pending" } }
Phone = "patient_phone"
Site = { text = "Main; 2nd floor" }
"""


def appointment(begin: datetime = BEGIN) -> Appointment:
    start = begin.astimezone(NEW_YORK)
    end = (begin + timedelta(minutes=100)).astimezone(NEW_YORK)
    return Appointment(
        *("k-1", "P-1", "+1 555 0134", start, end, 100, "Appointment", "planned", "clinic"),
        *("", None, 1, 0, "infusion"),
    )


def written(text: str = COLUMNS, name: str = "ehr.toml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def loaded(text: str = COLUMNS) -> ColumnSet:
    return load_column_set(written(text), "appointments")


def refused(text: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        loaded(text)
    return [caught.value.what, *caught.value.details]


def test_a_column_set_says_the_headings_the_order_and_the_form_of_each_column():
    lines = loaded().csv([appointment()]).decode().splitlines()
    assert lines == [
        "Appt ID;Begin;Exact;Minutes;Status;Phone;Site",
        'k-1;20261101013000;2026-11-01T01:30:00-04:00;100;Scheduled;+1 555 0134;"Main; 2nd floor"',
    ]


def test_the_offset_tells_the_two_half_past_ones_of_a_night_apart():
    columns = loaded(COLUMNS.replace('"%Y%m%d%H%M%S"', '"%H:%M %z"'))
    rows = [appointment(), appointment(BEGIN + timedelta(hours=1))]
    assert [columns.record(row)["Begin"] for row in rows] == ["01:30 -0400", "01:30 -0500"]
    assert columns.record(rows[1])["Exact"] == "2026-11-01T01:30:00-05:00"


def test_a_word_without_another_one_stays_and_nothing_is_an_empty_cell():
    done = replace(appointment(), status="completed", patient_phone="")
    assert loaded().record(done)["Status"] == "completed"
    assert loaded(COLUMNS.replace('"minutes"', '"chair"')).csv([done]).count(b";;") == 2


def test_a_file_may_go_without_its_header():
    assert loaded("header = false\n" + COLUMNS).csv([appointment()]).startswith(b"k-1;")
    assert loaded("header = false\n" + COLUMNS).csv([]) == b""


def test_a_formula_in_a_heading_a_text_or_a_value_is_not_run():
    columns = loaded(COLUMNS.replace('"Appt ID"', '"=1+1"').replace("Main;", "@SUM"))
    head, row = columns.csv([replace(appointment(), key="=cmd()")]).decode().splitlines()
    assert head.startswith("'=1+1;")
    assert row.startswith("'=cmd();")
    assert row.endswith(";'@SUM 2nd floor")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_right(path):
    found = load_any(str(path))
    assert isinstance(found, ColumnSet)
    assert found.rows == ("rides" if path.stem == "ride-service" else "appointments")
    result = CliRunner().invoke(main, ["check", str(path)])
    assert (result.exit_code, result.output) == (0, "")


PROBLEMS = {
    "no format": ("format = 1\n", "", "format: required, but missing: format = 1"),
    "no rows": ('rows = "appointments"\n', "", "rows: required, but missing"),
    "rows that are none": (
        '"appointments"',
        '"appointment"',
        "rows: expected one of appointments, rides, reminders, not "
        '"appointment"; did you mean appointments?',
    ),
    "no such value": (
        '"key"',
        '"kye"',
        'columns.Appt ID: appointments have no value "kye"; did you mean key?',
    ),
    "a value of other rows": (
        '"key"',
        '"send_at"',
        'columns.Appt ID: appointments have no value "send_at"',
    ),
    "a form without a date": (
        '"%Y%m%d%H%M%S"',
        '"now"',
        'columns.Begin.as: expected a form of dates such as "%Y-%m-%d %H:%M", not "now"',
    ),
    "a form that is the machine's own": (
        '"%Y%m%d%H%M%S"',
        '"%c"',
        'columns.Begin.as: expected a form of dates such as "%Y-%m-%d %H:%M", not "%c"',
    ),
    "a form of what is no moment": (
        '"minutes"',
        '{ value = "minutes", as = "%Y" }',
        "columns.Minutes.as: minutes is no moment",
    ),
    "words of what is no word": (
        '"minutes"',
        '{ value = "minutes", words = { 100 = "long" } }',
        "columns.Minutes.words.100: minutes is no word",
    ),
    "a word for what never is": (
        "planned =",
        "plannd =",
        'columns.Status.words.plannd: status is never "plannd"; did you mean planned?',
    ),
    "neither value nor text": (
        '{ text = "Main; 2nd floor" }',
        "{}",
        "columns.Site: expected either value or text",
    ),
    "both": (
        'text = "Main; 2nd floor"',
        'text = "", value = "key"',
        "columns.Site: expected either value or text",
    ),
    "a text with a form": (
        'text = "Main; 2nd floor"',
        'text = "x", as = "%Y"',
        "columns.Site.text: is written as it is: as and words are for a value",
    ),
    "an unknown key": ('text = "Main', 'txet = "Main', "columns.Site.txet: unknown key"),
    "a column that is a number": ('"minutes"', "7", "columns.Minutes: expected a table, not 7"),
    "no such delimiter": ('";"', '"::"', 'delimiter: expected one of ,, ;, |, \t, not "::"'),
    "a text that would write to the terminal": (
        "Main;",
        "\\u001b[31m",
        "columns.Site.text: has the character U+001B",
    ),
}


@pytest.mark.parametrize(("old", "new", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_every_problem_of_a_column_set_has_its_place(old, new, problem):
    found = refused(COLUMNS.replace(old, new, 1))
    assert [line for line in found if line.startswith(problem)], found


def test_all_problems_are_said_at_once():
    found = refused(COLUMNS.replace('"key"', '"kye"').replace('"%Y%m%d%H%M%S"', '"now"'))
    assert found[0] == "ehr.toml: 2 problems"


def test_a_column_set_of_other_rows_is_refused():
    with pytest.raises(BadFile) as caught:
        load_column_set(written(), "rides")
    assert caught.value.what == "ehr.toml: has the columns of appointments, not of rides"


def test_a_file_of_a_later_format_asks_for_an_upgrade():
    assert "format 2 is of a later ketasched" in refused(COLUMNS.replace("1", "2", 1))[0]


def test_a_mapping_says_that_it_has_no_rows():
    assert "rows: required, but missing" in refused('format = 1\n[columns]\n"A" = "patient"\n')


def test_the_usual_columns_do_not_tell_the_kind_of_visit():
    assert "kind" not in usual_columns("appointments").columns
    named = loaded(COLUMNS.replace('"key"', '"kind"'))
    assert named.record(appointment())["Appt ID"] == "infusion"
