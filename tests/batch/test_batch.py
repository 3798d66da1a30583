"""A roster through the command: files, books, exit codes, chairs in row order, and shards."""

import csv
import hashlib
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tools.benchmarks.rosters import rows as good_rows

from ketasched.batch.manifest import format_notes
from ketasched.errors import NoPlan
from ketasched.files.load import load_course
from ketasched.render.patient_folder import FOLDER_FILES, render_files
from tests.support.batches import (
    EXAMPLE,
    MONDAY,
    batch,
    batch_alone,
    clinic_file,
    course_for,
    manifest,
    patients,
    rejects,
    roster_file,
    rows_of,
    tree,
)

USUAL = ("ics", "text", "json")


# --- what is written ---------------------------------------------------------------------------


def test_a_patients_folder_is_what_its_row_has_when_it_is_planned_by_itself():
    rows = list(good_rows(40))
    result = batch(roster_file(rows), "-o", "out", "--clinic", EXAMPLE, "--ignore-chairs")
    assert result.exit_code == 5
    assert result.stdout == ""
    planned = 0
    for row, line in zip(rows, manifest(), strict=True):
        try:
            course = course_for(row, EXAMPLE)
        except NoPlan:
            assert line["status"] == "rejected"
            continue
        planned += 1
        files = render_files(course, USUAL)
        assert tree(f"out/{row['patient']}") == files
        digests = {"clinic": line["clinic"], "asked": line["asked"], "input": line["input"]}
        assert line == digests | {
            "row": str(rows.index(row) + 1),
            "patient": row["patient"],
            "status": "planned",
            "first": str(course.visits[0].start.date()),
            "last": str(course.visits[-1].start.date()),
            "visits": "|".join(
                f"{one.start:%Y-%m-%dT%H:%M}/{one.end:%H:%M}" for one in course.visits
            ),
            "notes": format_notes(course),
            "course_id": course.course_id,
            "files": "|".join(files),
            "sha256": "|".join(hashlib.sha256(data).hexdigest() for data in files.values()),
        }
    assert 30 < planned < 40


@pytest.mark.parametrize("name", FOLDER_FILES)
def test_any_of_the_formats_is_written_where_it_is_asked_for(name):
    row = rows_of(1)[0]
    asked = [roster_file([row]), "-o", "out", "--clinic", EXAMPLE, "--format", name]
    assert batch(*asked).exit_code == 0
    assert tree("out/P-1") == render_files(course_for(row, EXAMPLE), [name])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_files_and_folders_are_private():
    batch(roster_file(rows_of(2)), "-o", "deep/out", "--clinic", EXAMPLE)
    paths = [Path("deep"), *Path("deep").rglob("*")]
    assert len(paths) == 2 + 2 + 2 * 4
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_any_number_of_processes_leaves_the_same_files():
    roster = roster_file([*good_rows(150), {"patient": "bad", "start": "soon"}])
    for jobs in ("1", "2", "3"):
        asked = [roster, "-o", f"out{jobs}", "--clinic", EXAMPLE, "--jobs", jobs]
        assert batch_alone(*asked).returncode == 5
    assert len(manifest("out1")) == 151
    assert tree("out1") == tree("out2") == tree("out3")


def test_the_rejects_are_the_rows_as_they_were_with_the_rule_and_the_reason():
    Path("roster.csv").write_text(
        'start,Patient , clinic,notes\nsoon,"A ",,"x, y"\n2027-04-05,P-2,,\n2027-04-05,P-3\n',
        encoding="utf-8",
    )
    asked = ["roster.csv", "-o", "out", "--clinic", EXAMPLE, "--ignore-column", "notes"]
    assert batch(*asked).exit_code == 5
    with Path("out/rejects.csv").open(encoding="utf-8", newline="") as file:
        header, first, second = csv.reader(file)
    assert header == ["start", "Patient ", " clinic", "notes", "row", "rule", "reason"]
    assert first[:6] == ["soon", "A ", "", "x, y", "1", "start"]
    assert "expected a date" in first[6]
    assert second[:6] == ["2027-04-05,P-3", "", "", "", "3", "row"]
    assert [line["status"] for line in manifest()] == ["rejected", "planned", "rejected"]


def test_a_summary_is_for_people_and_quiet_is_quiet():
    roster = roster_file(rows_of(2))
    assert "note: 2 planned; " in batch(roster, "-o", "one", "--clinic", EXAMPLE).stderr
    assert batch(roster, "-o", "two", "--clinic", EXAMPLE, "--quiet").output == ""


def test_a_roster_comes_from_standard_input_too():
    text = Path(roster_file(rows_of(2))).read_text(encoding="utf-8")
    assert batch("-", "-o", "out", "--clinic", EXAMPLE, input=text).exit_code == 0
    assert patients() == {"P-1", "P-2"}


def test_a_line_of_json_is_a_row():
    rows = rows_of(3, days="mon,wed,fri")
    lines: list[Any] = [dict(row) for row in rows]
    lines[1] |= {"unavailable": ["2027-04-09"], "start": "2027-04-07"}
    lines[2]["weight"] = 70
    text = "".join(f"{json.dumps(line)}\n" for line in lines) + "{\n"
    Path("roster.ndjson").write_text(text, encoding="utf-8")
    assert batch("roster.ndjson", "-o", "out", "--clinic", EXAMPLE).exit_code == 5
    assert [line["status"] for line in manifest()] == ["planned", "planned", *["rejected"] * 2]
    assert tree("out/P-1") == render_files(course_for(rows[0], EXAMPLE), USUAL)
    assert [row["json"] for row in rejects()] == text.splitlines()[2:]
    mended = Path("out/rejects.csv").read_text(encoding="utf-8").replace("weight", "boosters")
    Path("mended.csv").write_text(mended.replace("70", "1"), encoding="utf-8")
    batch("mended.csv", "-o", "more", "--clinic", EXAMPLE)
    assert patients("more") == {"P-3"}


# --- printed, or only tried --------------------------------------------------------------------


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_courses_are_printed_a_line_each_in_order_and_rejects_go_elsewhere(jobs):
    rows = list(good_rows(70))
    rows[4]["start"] = "soon"
    asked = [roster_file(rows), "--format", "ndjson", "--clinic", EXAMPLE, "--ignore-chairs"]
    done = batch_alone(*asked, "--jobs", jobs)
    assert done.returncode == 5
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(shown) + len(errors) == len(rows)
    assert errors[0].startswith('error: row 5, line 6: start: expected a date such as "2026-')
    names = [course["patient"] for course in shown]
    assert names == sorted(names)
    for course in (shown[0], shown[-1]):
        Path("course.json").write_text(json.dumps(course), encoding="utf-8")
        row = next(row for row in rows if row["patient"] == course["patient"])
        assert load_course("course.json") == course_for(row, EXAMPLE)
    assert {path.name for path in Path().iterdir()} == {"roster.csv", "course.json"}


def test_a_run_that_is_only_tried_writes_nothing():
    roster = roster_file([*rows_of(3), {"patient": "P-4", "start": "soon"}])
    asked = [roster, "-o", "out", "--clinic", EXAMPLE]
    tried = batch(*asked, "--dry-run")
    assert not Path("out").exists()
    done = batch(*asked)
    assert tried.exit_code == done.exit_code == 5
    real = Path("out/manifest.csv").read_text(encoding="utf-8")
    assert tried.stdout.splitlines()[-4:] == real.splitlines()[1:]


def test_what_is_printed_of_a_run_that_is_only_tried_is_the_manifest():
    asked = [roster_file(rows_of(2)), "-o", "out", "--clinic", EXAMPLE]
    tried = batch(*asked, "--dry-run").stdout
    batch(*asked)
    assert tried == Path("out/manifest.csv").read_text(encoding="utf-8")


def test_a_run_that_is_only_tried_says_why_rows_would_be_rejected():
    roster = roster_file([*rows_of(1), {"patient": "P-2", "start": "soon"}])
    assert "expected a date" in batch(roster, "-o", "o", "--clinic", EXAMPLE, "--dry-run").output


def test_a_run_that_is_only_tried_is_refused_where_the_real_one_would_be():
    asked = [roster_file(rows_of(2)), "-o", "out", "--clinic", EXAMPLE]
    batch(*asked)
    before = tree()
    assert batch(*asked, "--dry-run").exit_code == batch(*asked).exit_code == 6
    assert tree() == before


# --- exit codes, and when to stop --------------------------------------------------------------


def test_one_bad_row_fails_fast_and_a_later_run_goes_on():
    rows = rows_of(1000)
    rows[5]["start"] = "soon"
    asked = [roster_file(rows), "--clinic", clinic_file(), "--format", "json"]
    assert batch(*asked, "-o", "out", "--fail-fast").exit_code == 5
    first = manifest()
    assert [line["row"] for line in first] == [str(n) for n in range(1, len(first) + 1)]
    assert 6 <= len(first) < 500
    assert len(rejects()) == 1
    assert batch(*asked, "-o", "out").exit_code == 6
    done = batch(*asked, "-o", "out", "--resume")
    assert done.exit_code == 5
    assert f"999 planned ({len(first) - 1} of them before), 1 rejected" in done.stderr
    assert batch(*asked, "-o", "fresh").exit_code == 5
    assert tree() == tree("fresh")


def test_a_run_that_stops_at_a_row_that_cannot_be_read_does_not_say_that_none_can():
    lines = ["patient,start", *["short"] * 300, *[f"P-{n},{MONDAY}" for n in range(300)]]
    Path("roster.csv").write_text("\n".join(lines), encoding="utf-8")
    asked = ["roster.csv", "-o", "out", "--clinic", EXAMPLE, "--fail-fast"]
    assert batch(*asked).exit_code == 5


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["roster.csv"], id="neither a folder nor ndjson"),
        pytest.param(["roster.csv", "--format", "ics"], id="files and no folder"),
        pytest.param(["roster.csv", "-o", "out", "--format", "ndjson"], id="ndjson in a folder"),
        pytest.param(["roster.csv", "-o", "out", "--format", "pdf"], id="no such format"),
        pytest.param(["roster.csv", "-o", "out", "--resume", "--force"], id="resume and force"),
        pytest.param(["roster.csv", "--format", "ndjson", "--resume"], id="resume no folder"),
        pytest.param(["roster.csv", "--format", "ndjson", "--dry-run"], id="only try to print"),
        pytest.param(["roster.csv", "-o", "out", "--jobs", "0"], id="nobody at work"),
        pytest.param(["roster.csv", "-o", "out", "--column", "start"], id="a column of nothing"),
        pytest.param(["roster.csv", "-o", "out", "--column", "begin=x"], id="no such column"),
        pytest.param(["roster.csv", "-o", "out", "--date-order", "ymd"], id="no such order"),
        pytest.param(["-o", "out"], id="no roster"),
    ],
)
def test_what_cannot_be_meant_is_exit_2_and_writes_nothing(arguments):
    roster_file(rows_of(1))
    assert batch(*arguments, "--clinic", EXAMPLE).exit_code == 2
    assert {path.name for path in Path().iterdir()} == {"roster.csv"}


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "1/0", "a/b", "-1/2", "1/2/3", "¹/2"])
def test_a_part_that_is_none_is_exit_2_and_writes_nothing(shard):
    roster = roster_file(rows_of(1))
    assert batch(roster, "-o", "out", "--clinic", EXAMPLE, "--shard", shard).exit_code == 2
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--clinic", "typo.toml"), ("--protocol", "typo")], ids=str
)
def test_a_wrong_clinic_or_protocol_of_the_command_is_exit_3_and_the_books_stay(option, value):
    asked = [roster_file(rows_of(2)), "-o", "out"]
    batch(*asked, "--clinic", EXAMPLE)
    before = tree()
    again = batch(*asked, "--clinic", EXAMPLE, "--force", option, value, moment=None)
    assert again.exit_code == 3
    assert tree() == before


def test_a_folder_that_cannot_be_made_is_exit_6():
    Path("out").write_text("in the way", encoding="utf-8")
    result = batch(roster_file(rows_of(1)), "-o", "out", "--clinic", EXAMPLE)
    assert result.exit_code == 6
    assert "out: cannot be written" in result.stderr


def test_a_protocol_of_a_row_that_does_not_go_with_the_clinic_stops_no_other_row():
    more = "[overrides.other.infusion]\nminutes = { observation = 75 }\n"
    clinic = clinic_file()
    Path(clinic).write_text(Path(clinic).read_text(encoding="utf-8") + more, encoding="utf-8")
    phase = (
        '{name = "one", visit = "drip", count = 2, every_days = 7, gap_days = {min = 5, max = 9}}'
    )
    Path("other.toml").write_text(
        f'format = 1\nid = "other"\ntitle = "Other"\nsources = ["none"]\nphases = [{phase}]\n'
        '[visits.drip]\ntitle = "Drip"\nminutes = {check_in = 5, treatment = 5, '
        "observation = 5}\n",
        encoding="utf-8",
    )
    rows = [row | {"protocol": ""} for row in rows_of(3)]
    rows[1]["protocol"] = "other.toml"
    assert batch(roster_file(rows), "-o", "out", "--clinic", clinic).exit_code == 5
    assert patients() == {"P-1", "P-3"}


def test_a_row_may_name_its_clinic_and_its_protocol():
    rows = [row | {"clinic": "", "protocol": ""} for row in rows_of(3)]
    rows[1] |= {"clinic": clinic_file("other.toml", hours="12:00-18:00")}
    rows[2] |= {"protocol": "esketamine-us-label"}
    assert batch(roster_file(rows), "-o", "out", "--clinic", clinic_file()).exit_code == 0
    for row in rows:
        course = course_for(row, "small.toml")
        assert tree(f"out/{row['patient']}") == render_files(course, USUAL)


# --- a mix of rows -----------------------------------------------------------------------------

KINDS = {
    "good": {},
    "bad": {"start": "soon"},
    "impossible": {"days": "sat"},
    "the first again": {"patient": "p-1"},
    "nobody": {"patient": ""},
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=80), chairs=st.booleans())
def test_of_any_mix_of_rows_each_has_its_line_and_only_the_planned_ones_a_folder(
    tmp_path_factory, kinds, chairs
):
    place = tmp_path_factory.mktemp("mix")
    clinic = clinic_file(str(place / "small.toml"), "chairs = 2" if chairs else "")
    rows = [{"patient": "P-1", "start": MONDAY, "days": ""}]
    for number, kind in enumerate(kinds, 2):
        rows.append({"patient": f"P-{number}", "start": MONDAY, "days": "", **KINDS[kind]})
    out = str(place / "out")
    roster = roster_file(rows, str(place / "roster.csv"))
    result = batch(roster, "-o", out, "--clinic", clinic, "--format", "json")
    lines = manifest(out)
    assert [line["row"] for line in lines] == [str(n) for n in range(1, len(rows) + 1)]
    assert [line["patient"] for line in lines] == [row["patient"] for row in rows]
    planned = [line["patient"] for line in lines if line["status"] == "planned"]
    assert patients(out) == set(planned)
    assert len(planned) + len(rejects(out)) == len(rows)
    assert result.exit_code == (0 if len(planned) == len(rows) else 5)
    if not chairs:
        good = [kind == "good" for kind in ("good", *kinds)]
        assert [line["status"] == "planned" for line in lines] == good
