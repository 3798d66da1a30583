"""A roster with every kind of bad row in it: each is said by number, field and reason, all good
rows are done, and what was rejected can be mended and comes back.
"""

import hashlib
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from tools.benchmarks.rosters import rows as good_rows

from ketasched.cli import main
from ketasched.errors import NoPlan
from ketasched.render.patient_folder import render_files
from tests.support.batches import (
    EXAMPLE,
    batch,
    batch_alone,
    clinic_file,
    course_for,
    manifest,
    patients,
    read_table,
    rejects,
    roster_file,
    table,
    tree,
)

ROWS, EVERY, ZOE = 500, 10, "Zo\u00eb-0"
HEADER = [*next(good_rows(1)), "clinic"]

CHANGED = {
    "no patient": ({"patient": ""}, "patient", "is empty, and every row needs it"),
    "no start": ({"start": ""}, "start", "is empty, and every row needs it"),
    "nothing but a time": ({"patient": "", "start": ""}, "patient", "is empty"),
    "no date": ({"start": "soon"}, "start", "expected a date"),
    "a day that is not there": ({"start": "2027-02-30"}, "start", "day is out of range"),
    "two readings of a date": ({"start": "03/04/2027"}, "start", "day or month first?"),
    "a bad absence": ({"unavailable": "2027-01-05;x"}, "unavailable", "expected a date"),
    "an unknown protocol": ({"protocol": "iv-depresion"}, "protocol", "no protocol is called"),
    "a protocol that is not there": ({"protocol": "./p.toml"}, "protocol", "No such file"),
    "a protocol far too long": ({"protocol": "y/" * 4000}, "protocol", "cannot be read"),
    "a clinic that is not there": ({"clinic": "nowhere.toml"}, "clinic", "No such file"),
    "a clinic that is broken": ({"clinic": "broken.toml"}, "clinic", "hours: no day is open"),
    "a clinic that is a folder": ({"clinic": "folder.toml"}, "clinic", "it is a folder"),
    "a clinic that is no text": ({"clinic": "bytes.toml"}, "clinic", "UTF-8"),
    "a pace that the protocol has not": ({"per_week": "5"}, "per_week", "5"),
    "a pace that is no number": ({"per_week": "often"}, "per_week", "expected a whole number"),
    "no weekday": ({"days": "caturday"}, "days", "caturday"),
    "too many boosters": ({"boosters": "99"}, "boosters", "99"),
    "under age": ({"born": "2015-05-05"}, "age", "18"),
    "no plan": ({"days": "sat", "start": "2027-05-03"}, "availability", "no course can begin"),
    "a phone of nobody": (
        {"driver_name": "", "driver_phone": "+1 555 0100"},
        "driver_phone",
        "needs the driver's name",
    ),
    "a reference that tells": ({"patient": "ketamine-7"}, "patient", 'says "ketamin"'),
    "a reserved name": ({"patient": "CON"}, "patient", "is a name that is taken"),
    "a reserved name with an ending": ({"patient": "nul.txt"}, "patient", "that is taken"),
    "a book of ours": ({"patient": "manifest.csv"}, "patient", "is a name that is taken"),
    "a way up": ({"patient": "../x"}, "patient", "cannot have / in it"),
    "a way down": ({"patient": "a/b"}, "patient", "cannot have / in it"),
    "a way of Windows": ({"patient": "a\\b"}, "patient", "cannot have \\ in it"),
    "from the root": ({"patient": "/etc/x"}, "patient", "cannot have / in it"),
    "a hidden one": ({"patient": ".run.json"}, "patient", "cannot be a file's name"),
    "the folder above": ({"patient": ".."}, "patient", "cannot be a file's name"),
    "too long a name": ({"patient": "x" * 81}, "patient", "at most 80 bytes"),
    "a formula": ({"patient": "=1/0"}, "patient", "cannot have / in it"),
    "the same patient": ({"patient": "P-000001"}, "patient", "the same as in row 1"),
    "the same but for capitals": ({"patient": "p-000001"}, "patient", "the same as in row 1"),
    "the same but for its accents": (
        {"patient": unicodedata.normalize("NFD", ZOE).upper()},
        "patient",
        "the same as in row 2",
    ),
    "an odd digit": ({"boosters": "²"}, "boosters", "expected a whole number"),
    "a cell too long": ({"cleared_by": "x" * 70_000}, "cleared_by", "longer than 65,536"),
}
"""What makes a row bad: the cells, the rule or the field that says so, and what it says."""

BROKEN = {
    "too few cells": (lambda line: line.rpartition(b",")[0], "row", "has 14 cells"),
    "too many cells": (lambda line: line + b",x", "row", "has 16 cells"),
    "ten thousand cells": (lambda line: line + b",x" * 10_000, "row", "has 10,015 cells"),
    "a quote never closed": (lambda line: line + b'"', "row", "looks like a row inside"),
    "a quote that opens": (lambda line: b'"' + line, "row", "looks like a row inside"),
    "no UTF-8": (lambda line: line + b"\xff.toml", "clinic", "the byte 0xFF"),
    "a NUL": (lambda line: line + b"a\0.toml", "clinic", "has a NUL character"),
    "50 MB": (lambda line: line + b"x" * 50_000_000, "row", "longer than 1,048,576 bytes"),
}
"""The same for lines that do not come apart as they should."""


def line_of(cells: dict[str, str]) -> bytes:
    return ",".join(
        f'"{cell}"' if "," in cell else cell for cell in (cells[name] for name in HEADER)
    ).encode()


def mixed() -> tuple[list[dict[str, str]], list[bytes], dict[int, tuple[str, str, str]]]:
    """The rows as they are meant, their lines, and what is to be said of which bad one."""
    meant = [row | {"clinic": ""} for row in good_rows(ROWS)]
    meant[0] |= {"start": "2027-06-07", "unavailable": "", "days": ""}
    meant[1] |= {"patient": ZOE, "start": "2027-06-07", "unavailable": "", "days": ""}
    kinds = [*CHANGED, *BROKEN]
    lines, bad = [line_of(row) for row in meant], {}
    for number, kind in zip(range(EVERY, ROWS, EVERY), kinds, strict=False):
        usual = {"unavailable": "", "days": "", "between": "", "protocol": "", "time": ""}
        row = meant[number - 1] | usual | {"start": "2027-06-07", "per_week": "3", "boosters": ""}
        if kind in CHANGED:
            cells, field, said = CHANGED[kind]
            lines[number - 1] = line_of(row | cells)
        else:
            change, field, said = BROKEN[kind]
            lines[number - 1] = change(line_of(row))
        bad[number] = kind, field, said
    assert set(kinds) == {kind for kind, _, _ in bad.values()}
    return meant, lines, bad


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A run over the roster with every kind of bad row: its folder, rows, and what is bad."""
    meant, lines, bad = mixed()
    place = tmp_path_factory.mktemp("night")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        Path("broken.toml").write_text('timezone = "Nowhere/AtAll"\n[hours]\n', encoding="utf-8")
        Path("bytes.toml").write_bytes(b"\xff\xfe\x00")
        Path("folder.toml").mkdir()
        Path("roster.csv").write_bytes(b"\n".join([",".join(HEADER).encode(), *lines, b""]))
        before = {path.name for path in Path().iterdir()}
        asked = ["roster.csv", "-o", "out", "--clinic", EXAMPLE, "--ignore-chairs", "--quiet"]
        done = batch_alone(*asked, "--jobs", "2")
        assert (done.returncode, done.stdout, done.stderr) == (5, "", "")
        assert {path.name for path in Path().iterdir()} == before | {"out"}
        Path("roster.csv").unlink()
    return place / "out", meant, bad


@pytest.fixture(scope="module")
def books(night):
    out, _, _ = night
    return table(f"{out}/manifest.csv"), table(f"{out}/rejects.csv")


def test_every_row_has_its_line_in_order_however_bad_it_is(books):
    assert [line["row"] for line in books[0]] == [str(number) for number in range(1, ROWS + 1)]
    assert {line["status"] for line in books[0]} == {"planned", "rejected"}


@pytest.mark.parametrize("kind", [*CHANGED, *BROKEN])
def test_a_bad_row_is_reported_with_its_number_its_field_and_a_reason(night, books, kind):
    _, _, bad = night
    numbers = [line["row"] for line in books[0] if line["status"] == "rejected"]
    said = {int(number): row for number, row in zip(numbers, books[1], strict=True)}
    found = {number: said.get(number) for number, (one, _, _) in bad.items() if one == kind}
    assert found
    for row in found.values():
        _, field, reason = (CHANGED | BROKEN)[kind]
        assert row is not None, "it was planned"
        assert row["rule"] == field
        assert reason in row["reason"]


def test_all_good_rows_are_done_and_only_they(night, books):
    out, meant, bad = night
    refused = 0
    for line in books[0]:
        number = int(line["row"])
        row = meant[number - 1]
        if line["status"] == "planned":
            assert number not in bad
            assert line["patient"] == row["patient"]
        elif number not in bad:
            refused += 1
            with pytest.raises(NoPlan):
                course_for(row, EXAMPLE)
    assert 0 < refused < ROWS / 5
    planned = {line["patient"] for line in books[0] if line["status"] == "planned"}
    assert patients(str(out)) == planned
    assert {path.name for path in out.iterdir()} - planned == {"manifest.csv", "rejects.csv"}


def test_what_is_written_for_a_row_is_what_it_has_when_it_is_planned_by_itself(night, books):
    out, meant, _ = night
    planned = [line for line in books[0] if line["status"] == "planned"]
    for line in planned[::5]:
        course = course_for(meant[int(line["row"]) - 1], EXAMPLE)
        files = render_files(course, ("ics", "text", "json"))
        assert tree(f"{out}/{line['patient']}") == files
        assert line["course_id"] == course.course_id
        assert line["first"] == str(course.visits[0].start.date())
        assert line["last"] == str(course.visits[-1].start.date())


def test_the_hashes_are_those_of_the_files(night, books):
    out, _, _ = night
    for line in books[0]:
        names, hashes = line["files"].split("|"), line["sha256"].split("|")
        for name, sha in zip(names, hashes, strict=True):
            data = (out / line["patient"] / name).read_bytes() if name else None
            assert sha == (hashlib.sha256(data).hexdigest() if data else "")


# --- rosters that are odd as a whole -----------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(b"", "is empty", id="nothing"),
        pytest.param(b"\xef\xbb\xbf\r\n\r\n", "is empty", id="a mark and blank lines"),
        pytest.param(b"\x00" * 100, "", id="nothing but NUL"),
        pytest.param(b"patient,begin\nP-1,2026-12-07\n", '"begin" is no column', id="a typo"),
        pytest.param(b"patient,start\nP-1\nP-2\n", "none of its rows", id="no row is readable"),
        pytest.param(b"patient,start," + b"x," * 9998 + b"x\n", "9999 problems", id="columns"),
        pytest.param(b"PK\x03\x04", "a workbook", id="a workbook"),
    ],
)
def test_a_roster_of_which_nothing_can_be_read_is_exit_3(raw, said):
    Path("roster.csv").write_bytes(raw)
    result = batch("roster.csv", "-o", "out", "--clinic", EXAMPLE)
    assert result.exit_code == 3
    assert said in result.stderr
    assert "roster.csv" in result.stderr
    assert len(result.stderr) < 5000


def test_a_roster_that_is_not_there_is_exit_3_and_makes_no_folder():
    result = batch("roster.csv", "-o", "out", "--clinic", EXAMPLE)
    assert result.exit_code == 3
    assert not Path("out").exists()


def test_ten_thousand_columns_can_be_passed_over():
    header = ",".join(["patient", "start", *["Notes"] * 9998])
    Path("roster.csv").write_text(f"{header}\nP-1,2026-12-07{',x' * 9998}\n", encoding="utf-8")
    asked = ["roster.csv", "-o", "out", "--clinic", EXAMPLE, "--ignore-column", "notes"]
    assert batch(*asked).exit_code == 0
    assert patients() == {"P-1"}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_header_and_no_rows_is_done(jobs):
    Path("roster.csv").write_text("patient,start\n", encoding="utf-8")
    done = batch_alone("roster.csv", "-o", "out", "--clinic", EXAMPLE, "--jobs", jobs)
    assert done.returncode == 0
    assert (manifest(), rejects(), patients()) == ([], [], set())
    assert set(tree()) == {"manifest.csv", "rejects.csv"}


# --- rejects -----------------------------------------------------------------------------------


def test_rejects_are_mended_and_fed_back():
    clinic = clinic_file()
    rows = [{"patient": f"P-{number}", "start": "2026-12-07"} for number in range(6)]
    rows[2]["start"], rows[4]["start"] = "soon", "03/04/2027"
    assert batch(roster_file(rows), "-o", "out", "--clinic", clinic).exit_code == 5
    path = Path("out/rejects.csv")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("patient,start,row,rule,reason\nP-2,soon,3,start,")
    mended = text.replace("P-2,soon", "P-2,2026-12-07").replace("03/04/2027,", "2027-03-04,", 1)
    Path("mended.csv").write_text(mended, encoding="utf-8")
    assert batch("mended.csv", "-o", "more", "--clinic", clinic).exit_code == 0
    assert patients("more") == {"P-2", "P-4"}
    assert patients() == {"P-0", "P-1", "P-3", "P-5"}
    assert rejects("more") == []


def test_rejects_that_nobody_mended_are_rejected_again_and_stay_as_they_were():
    Path("roster.csv").write_bytes(
        b'patient,start,driver_name\nP-1,soon,"a,""b""\r\nc"\n\'P-2,,-x\nP-3,\xff,=1\nP-4\n'
        b'"P-5,2026-12-07,\n'
    )
    asked = ["--clinic", clinic_file()]
    assert batch("roster.csv", "-o", "one", *asked).exit_code == 5
    assert batch("one/rejects.csv", "-o", "two", *asked).exit_code == 5
    first, second = rejects("one"), rejects("two")
    assert [row["patient"] for row in first] == ["P-1", "'P-2", "P-3", "P-4", '"P-5,2026-12-07,']
    own = {"row": "", "rule": "", "reason": ""}
    assert [row | own for row in second] == [row | own for row in first]
    assert [row["driver_name"] for row in second[:3]] == ['a,"b"\r\nc', "-x", "=1"]
    assert b"P-3,\xff," in Path("two/rejects.csv").read_bytes()


@pytest.mark.parametrize("sign", "=+-@\uff1d\t")
def test_a_formula_is_harmless_in_what_we_write_and_undone_on_the_way_back(sign):
    cell = f"{sign}cmd|'/c calc'!A1"
    rows = [
        {"patient": f"{sign.strip() or '-'}P-1", "start": "soon", "driver_name": cell},
        {"patient": "+P-2", "start": "2026-12-07", "driver_name": "-Ann"},
    ]
    asked = ["--clinic", clinic_file()]
    assert batch(roster_file(rows), "-o", "out", *asked).exit_code == 5
    for path in (Path("out/manifest.csv"), Path("out/rejects.csv")):
        for line in read_table_as_it_stands(path):
            for text in line:
                assert text[:1] not in set("=+-@\t\uff1d"), f"{path}: {text!r}"
    assert [line["patient"] for line in manifest()] == [row["patient"] for row in rows]
    # A tab around a cell is taken for a space; the row as it was has it.
    assert rejects()[0]["driver_name"] == cell
    text = Path("out/rejects.csv").read_text(encoding="utf-8").replace("soon", "2026-12-07")
    Path("mended.csv").write_text(text, encoding="utf-8")
    assert batch("mended.csv", "-o", "more", *asked, "--format", "json").exit_code == 0
    assert patients("more") == {rows[0]["patient"]}
    written = Path("more", rows[0]["patient"], "course.json").read_text(encoding="utf-8")
    assert f'"name": "{cell.strip()}"' in written


def test_a_phone_number_stays_as_it_is_in_the_rejects_and_is_read_from_those_of_before():
    phone = "+1 555 0134"
    rows = [{"patient": "P-1", "start": "soon", "patient_phone": phone}]
    asked = ["--clinic", clinic_file()]
    assert batch(roster_file(rows), "-o", "out", *asked).exit_code == 5
    text = Path("out/rejects.csv").read_text(encoding="utf-8").replace("soon", "2026-12-07")
    assert f",{phone}," in text
    for folder, own in (("now", text), ("before", text.replace(phone, f"'{phone}"))):
        Path("mended.csv").write_text(own, encoding="utf-8")
        assert batch("mended.csv", "-o", folder, *asked).exit_code == 0
        written = Path(folder, "P-1", "course.json").read_text(encoding="utf-8")
        assert f'"patient_phone": "{phone}"' in written


def read_table_as_it_stands(path: Path) -> list[list[str]]:
    text = path.read_text(encoding="utf-8")
    undone = read_table(text)
    plain = [line.split(",") for line in text.splitlines()]
    assert len(undone) == len(plain) - 1
    return plain


# --- from spreadsheets -------------------------------------------------------------------------


def test_a_spreadsheets_csv_is_read_as_it_is():
    sheet = (
        "\ufeffReference;Start date;Driver-Name;Notes;driver phone\r\n"
        'P-1;7/12/2026;"Ann\r\nLee";"a; b";\r\n'
        "P-2;14/12/2026;;-;\r\n"
        ";;;;\r\n"
    )
    Path("roster.csv").write_text(sheet, encoding="utf-8", newline="")
    asked = ["roster.csv", "-o", "out", "--clinic", clinic_file(), "--format", "json"]
    asked += ["--column", "start=Start date", "--column", "patient=reference"]
    asked += ["--ignore-column", "NOTES", "--date-order", "dmy"]
    result = batch(*asked)
    assert [line["status"] for line in manifest()] == ["rejected", "planned"]
    assert result.exit_code == 5  # a name of two lines is none
    assert rejects()[0]["rule"] == "driver_name"
    assert rejects()[0]["Driver-Name"] == "Ann\r\nLee"
    assert manifest()[1]["first"] == "2026-12-14"


def test_quoted_new_lines_are_within_a_cell_and_a_row_is_one_row():
    sheet = (
        'patient,start,notes\r\nP-1,2026-12-07,"one\r\ntwo\r\n\r\nthree"\r\nP-2,2026-12-08,x\r\n'
    )
    Path("roster.csv").write_text(sheet, encoding="utf-8", newline="")
    asked = ["roster.csv", "-o", "out", "--clinic", clinic_file(), "--ignore-column", "notes"]
    assert batch(*asked).exit_code == 0
    assert [line["patient"] for line in manifest()] == ["P-1", "P-2"]


def test_a_heading_that_is_named_and_not_there_is_never_another_column():
    roster = roster_file([{"patient": "P-1", "start": "2027-03-01"}])
    asked = [roster, "-o", "out", "--clinic", clinic_file()]
    result = batch(*asked, "--column", "start=First infusion")
    assert result.exit_code == 3
    assert "First infusion" in result.stderr


@pytest.mark.parametrize(("order", "first"), [("mdy", "2027-03-04"), ("dmy", "2027-04-05")])
def test_a_date_of_two_readings_needs_its_order(order, first):
    cell = "03/04/2027" if order == "mdy" else "05/04/2027"
    roster = roster_file([{"patient": "P-1", "start": cell}])
    asked = [roster, "--clinic", clinic_file()]
    assert batch(*asked, "-o", "none").exit_code == 5
    assert batch(*asked, "-o", "out", "--date-order", order).exit_code == 0
    assert manifest()[0]["first"] == first


def test_everything_that_is_wrong_with_a_row_is_said_at_once():
    rows = [{"patient": "", "start": "soon", "days": "xyz", "priority": "high"}]
    roster = roster_file(rows)
    assert batch(roster, "-o", "out", "--clinic", clinic_file()).exit_code == 5
    reason = rejects()[0]["reason"]
    assert [word in reason for word in ("start: ", "days: ", "priority: ")] == [True] * 3
    assert rejects()[0]["rule"] == "patient"


def test_a_roster_is_checked_without_planning_it():
    rows = [{"patient": f"P-{number}", "start": "2026-12-07"} for number in range(4)]
    good = roster_file(rows, "good.csv")
    rows[1]["start"], rows[3]["patient"] = "soon", "p-0"
    rows[2]["per_week"] = "9"
    bad = roster_file(rows, "bad.csv")
    runner = CliRunner()
    assert runner.invoke(main, ["check", good]).output == ""
    result = runner.invoke(main, ["check", good, bad])
    assert result.exit_code == 3
    said = result.output.splitlines()
    assert said[0] == "error: bad.csv: 3 of 4 rows cannot be used"
    assert [line.split(": ")[:2] for line in said[1:4]] == [
        ["  row 2, line 3", "start"],
        ["  row 3, line 4", "per_week"],
        ["  row 4, line 5", "patient"],
    ]
    assert said[4] == "try: mend them, then: ketasched check bad.csv"


def test_a_roster_with_headings_of_its_own_is_checked_too():
    Path("own.csv").write_text("Ref;Begins;Notes\nP-1;03/04/2027;x\n", encoding="utf-8")
    named = ["--column", "patient=Ref", "--column", "start=Begins", "--ignore-column", "Notes"]
    runner = CliRunner()
    assert runner.invoke(main, ["check", "own.csv"]).exit_code == 3
    said = runner.invoke(main, ["check", "own.csv", *named]).output
    assert "day or month first in start (1 row)?" in said
    asked = ["check", "own.csv", *named, "--date-order", "dmy"]
    assert runner.invoke(main, asked).output == ""
