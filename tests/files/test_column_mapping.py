"""A mapping file: what the headings of a clinic's own export mean."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.errors import BadFile
from ketasched.files.load import load_any, load_mapping
from tests.support.batches import clinic_file, manifest

MAPPING = """format = 1
ignore = ["Notes", "Last\u00a0seen"]
date_order = "dmy"

[columns]
"Patient ID" = "patient"
"First infusion" = "start"
"Phone" = "driver_phone"
"Driver" = "driver_name"
"""
EXPORT = (
    "PATIENT id;First\u00a0Infusion;driver;phone;Notes;last seen\n"
    "E-1;04/01/2027;Ann Lee;555;tall;\n"
)


def mapping(text: str = MAPPING, name: str = "export.toml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def export() -> str:
    Path("export.csv").write_text(EXPORT, encoding="utf-8")
    return "export.csv"


def refused(text: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        load_mapping(mapping(text))
    return [caught.value.what, *caught.value.details]


def test_a_mapping_is_read_and_found_among_other_files():
    found = load_mapping(mapping())
    assert found == load_any("export.toml")
    assert found.headings["driver_phone"] == "Phone"
    assert (found.ignore, found.date_order) == (("Notes", "Last\u00a0seen"), "dmy")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("format = 1", "", "format: required, but missing: format = 1"),
        ('"dmy"', '"ymd"', 'date_order: expected one of mdy, dmy, not "ymd"'),
        ("ignore", "ignored", "ignored: unknown key; did you mean ignore?"),
        (
            '"driver_name"',
            '"driver_nmae"',
            'columns.Driver: there is no column "driver_nmae"; did you mean driver_name?',
        ),
        ('"driver_name"', '"notes"', 'columns.Driver: there is no column "notes"'),
        ('"driver_name"', "1", "columns.Driver: expected text, not 1"),
        ('"driver_name"', '"start"', 'columns.Driver: start is "First infusion" already'),
        ('"Driver"', '"phone"', "columns.phone: is the same heading as columns.Phone"),
        ('"Notes"', '"PHONE"', "ignore[0]: is the same heading as columns.Phone"),
    ],
)
def test_every_problem_of_a_mapping_has_its_place(old, new, problem):
    assert problem in refused(MAPPING.replace(old, new, 1))


def test_a_mapping_of_a_later_format_asks_for_an_upgrade():
    assert refused(MAPPING.replace("1", "2", 1)) == [
        "export.toml: format 2 is of a later ketasched; this one reads format 1"
    ]


def test_a_mapping_may_be_json():
    Path("export.json").write_text(
        '{"format": 1, "columns": {"Ref": "patient"}, "date_order": null}', encoding="utf-8"
    )
    assert load_mapping("export.json").headings == {"patient": "Ref"}


def test_a_batch_is_planned_with_the_headings_and_the_order_of_a_mapping():
    asked = ["batch", export(), "-o", "out", "--clinic", clinic_file(), "--jobs", "1"]
    result = CliRunner().invoke(main, [*asked, "--columns", mapping()])
    assert result.exit_code == 0, result.output
    assert manifest()[0]["patient"] == "E-1"
    assert manifest()[0]["first"] == "2027-01-04"


def test_an_option_takes_precedence_over_the_mapping():
    asked = ["check", export(), "--columns", mapping()]
    runner = CliRunner()
    assert runner.invoke(main, asked).output == ""
    renamed = ["--column", "cleared_by=Driver", "--ignore-column", "phone"]
    assert runner.invoke(main, [*asked, *renamed]).output == ""
    assert "Nobody" in runner.invoke(main, [*asked, "--column", "start=Nobody"]).output


def test_a_mapped_heading_that_an_export_does_not_have_is_an_error():
    Path("export.csv").write_text("Patient ID,First infusion,driver\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["check", "export.csv", "--columns", mapping()])
    assert result.exit_code == 3
    assert 'no column is headed "Phone", which is to be driver_phone' in result.output


SWAPPED = MAPPING.replace('"First infusion" = "start"', 'start = "First infusion"')


def test_a_pair_of_a_mapping_is_read_either_way_round():
    assert load_mapping(mapping(SWAPPED)).headings == load_mapping(mapping()).headings
    asked = ["check", export(), "--columns", mapping(SWAPPED)]
    assert CliRunner().invoke(main, asked).output == ""


def test_a_pair_the_other_way_round_is_not_taken_twice():
    twice = SWAPPED + '"Begin" = "start"\n'
    assert 'columns.Begin: start is "First infusion" already' in refused(twice)


def test_two_names_of_columns_stay_as_they_stand():
    found = load_mapping(mapping('format = 1\n[columns]\nstart = "patient"\npatient = "start"\n'))
    assert found.headings == {"patient": "start", "start": "patient"}


def test_a_heading_and_its_column_are_read_either_way_round():
    named = ["--column", "start=First infusion", "--column", "Patient-ID=patient"]
    more = ["--column", "driver_phone=Phone", "--ignore-column", "notes"]
    asked = ["check", export(), *named, *more, "--ignore-column", "last seen"]
    assert CliRunner().invoke(main, [*asked, "--date-order", "dmy"]).output.splitlines() == []


def test_the_next_step_of_a_check_keeps_how_the_roster_is_read():
    asked = ["check", export(), "--columns", mapping(), "--ignore-column", "Driver"]
    asked += ["--column", "cleared_by=phone", "--date-order", "mdy"]
    bad = EXPORT.replace("04/01/2027", "soon")
    Path("export.csv").write_text(bad, encoding="utf-8")
    step = CliRunner().invoke(main, asked).output.splitlines()[-1]
    assert step == (
        "try: mend it, then: ketasched check export.csv --columns export.toml "
        "--column cleared_by=phone --ignore-column Driver --date-order mdy"
    )
