"""What somebody who means harm could try: each threat of docs/security.md has its tests."""

import json
import os
import re
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from jinja2 import PackageLoader

from ketasched.cli import anonymity, main, output
from ketasched.events.view import View
from ketasched.model import Audience
from ketasched.planning.planner import plan
from ketasched.render import RENDERERS, html, render
from tests.conftest import MADE_AT, ROOT
from tests.support.hostile import clinic_saying
from tests.support.nouns import clinic, protocol, request
from tests.support.transcript import run

DOCUMENT = ROOT / "docs" / "security.md"
AT = "--made-at 2026-11-23T10:00"
CODE = "{{ 7 * 191 }}{% for x in ().__class__.__base__.__subclasses__() %}x{% endfor %}${7*191}"
WHO = "SECRET-7"
WATCHED = anonymity.may_name_people
NOT_ON_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


def test_every_threat_names_tests_that_are_there():
    text = DOCUMENT.read_text(encoding="utf-8")
    named = re.findall(r"`(\w+/test_\w+\.py)::(test_\w+)`", text)
    assert len(named) > 20
    for file, name in named:
        there = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f"\ndef {name}(" in there, f"{file}::{name}"
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    assert [row for row in rows[1:] if "/test_" not in row and "Not yet" not in row] == []


# --- a template that runs code


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("audience", ["patient", "driver", "clinic"])
def test_no_text_of_a_clinic_is_run_as_a_template(form, audience: Audience):
    at = clinic(**clinic_saying(CODE), titles="clinical")
    course = plan(protocol(), at, request(driver_name=CODE), made_at=MADE_AT)
    if (form, audience) == ("fhir", "driver"):
        return  # no driver gets it
    assert "1337" not in render(course, form, View(audience, driver_label=CODE))


def test_templates_are_ours_alone():
    environment = html._environment()
    assert isinstance(environment.loader, PackageLoader)
    folder = ROOT / "src" / "ketasched" / "render" / "templates"
    assert {path.name for path in folder.iterdir()} == set(environment.list_templates())


# --- a shared folder


def modes(folder: Path) -> set[tuple[str, int]]:
    """What kind of thing has which mode, in a folder and below."""
    return {
        ("folder" if path.is_dir() else "file", stat.S_IMODE(path.lstat().st_mode))
        for path in folder.rglob("*")
    }


@NOT_ON_WINDOWS
def test_whatever_is_written_is_for_its_owner_alone(tmp_path):
    (tmp_path / "roster.csv").write_text("patient,start\nP-1,2027-01-04\nP-2,soon\n")
    work = tmp_path / "work"
    work.mkdir()
    os.chdir(work)
    before = os.umask(0)
    try:
        for command in (
            "clinic init one/clinic.toml",
            f"plan --start 2026-12-07 {AT} --driver-name Sam --split -o two",
            f"batch ../roster.csv -o three --jobs 1 {AT}",
            f"batch ../roster.csv -o three --jobs 1 --resume {AT}",
            "revise two/patient omit 3 --reason flu --today 2026-12-01 --changes four/changes.ics",
            "revise two/patient omit 4 --reason flu --today 2026-12-01 -o five",
            "show two/patient -o six",
        ):
            run(command)
    finally:
        os.umask(before)
    assert {path.name for path in work.iterdir()} == {"one", "two", "three", "four", "five", "six"}
    assert modes(work) == {("folder", 0o700), ("file", 0o600)}


@NOT_ON_WINDOWS
@pytest.mark.parametrize("command", ["plan", "show", "revise"])
def test_a_patients_folder_that_is_a_link_is_not_written_through(command):
    run(f"plan --start 2026-12-07 {AT} -o courses")
    Path("elsewhere").mkdir()
    Path("out").mkdir()
    Path("out/patient").symlink_to(Path("elsewhere").resolve())
    said = run(
        {
            "plan": f"plan --start 2026-12-07 {AT} -o out --force",
            "show": "show courses/patient -o out --force",
            "revise": "revise courses/patient omit 3 --reason flu --today 2026-12-01 -o out",
        }[command]
    )
    assert "out/patient: is a link" in said
    assert said.endswith("[exit 6]\n")
    assert list(Path("elsewhere").iterdir()) == []


@NOT_ON_WINDOWS
def test_a_link_in_the_place_of_a_lock_is_not_followed():
    run(f"plan --start 2026-12-07 {AT} -o courses")
    Path("foreign.txt").write_text("mine", encoding="utf-8")
    Path("courses/patient/.lock").symlink_to(Path("foreign.txt").resolve())
    said = run(f"plan --start 2026-12-14 {AT} -o courses --force")
    assert said.endswith("[exit 6]\n")
    assert Path("foreign.txt").read_text(encoding="utf-8") == "mine"


@NOT_ON_WINDOWS
def test_a_link_in_the_place_of_a_file_is_refused_and_not_written_through():
    run(f"plan --start 2026-12-07 {AT} -o courses")
    Path("foreign.txt").write_text("mine", encoding="utf-8")
    Path("courses/patient/patient.ics").unlink()
    Path("courses/patient/patient.ics").symlink_to(Path("foreign.txt").resolve())
    said = run(f"plan --start 2026-12-14 {AT} -o courses --force")
    assert "courses/patient/patient.ics: is a link, not a file" in said
    assert said.endswith("[exit 6]\n")
    assert Path("foreign.txt").read_text(encoding="utf-8") == "mine"


# --- a register


@NOT_ON_WINDOWS
def test_a_register_and_its_copies_are_for_their_owner_alone():
    before = os.umask(0)
    try:
        for command in (
            f"plan --patient P-1 --start 2026-12-07 {AT} --register one/book.db",
            "register backup two/copy.db --register one/book.db",
            "revise P-1 omit 3 --reason flu --today 2026-12-01 --register one/book.db",
        ):
            assert "[exit" not in run(command)
            assert modes(Path()) == {("folder", 0o700), ("file", 0o600)}
    finally:
        os.umask(before)


def test_no_name_of_a_patient_or_a_driver_is_in_the_log_that_nobody_can_change():
    book = "--register book.db"
    for command in (
        f"plan --patient {WHO} --start 2026-12-07 {AT} --driver-name {WHO} {book}",
        f"revise {WHO} driver 1 --name {WHO}b --phone 555{WHO} --today 2026-12-01 {book}",
        f"revise {WHO} defer 3 --by 3 --reason {WHO} --today 2026-12-01 {book}",
        f"revise {WHO} booster --on 2027-01-14 --today 2026-12-01 {book}",
        f"revise {WHO} complete 1 --today 2026-12-08 {book}",
        f"revise {WHO} omit 4 --reason {WHO} --today 2026-12-08 {book}",
        f"revise {WHO} hold --reason {WHO} --today 2026-12-08 {book}",
        f"revise {WHO} cease --reason {WHO} --today 2026-12-09 {book}",
    ):
        assert "[exit" not in run(command), command
    with closing(sqlite3.connect("book.db")) as connection:
        log = connection.execute("SELECT * FROM log").fetchall()
    assert len(log) == 8
    assert "SECRET" not in str(log)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://anna:SECRET@127.0.0.1:1/clinic",
        "postgresql://anna@127.0.0.1:1/clinic?password=SECRET",
        "postgresql://anna:SECRET@127.0.0.1:port/clinic",
        "mysql://anna:SECRET@127.0.0.1/clinic",
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        f"plan --patient P-1 --start 2026-12-07 {AT}",
        f"batch roster.csv -o out --jobs 1 --verbose {AT}",
        "register list",
        "day",
        "doctor",
    ],
)
def test_the_password_of_a_register_is_never_printed(command, address, monkeypatch):
    Path("roster.csv").write_text("patient,start\nP-1,2026-12-07\n", encoding="utf-8")
    monkeypatch.setenv("KETASCHED_REGISTER", address)
    said = run(command)
    assert "[exit" in said
    assert "SECRET" not in said


# --- logs

ROWS = r"""patient,start,driver_name,born,per_week
@1,2026-12-07,,,
@1,2026-12-07,,,
@2.,2026-12-07,,,
@/3,2026-12-07,,,
"@ ""4\"",2026-12-07,,,
@5,@5,,,
@6,2026-12-07,,@6,@6
@7,2026-12-07,,2015-01-01,
@8,2026-12-07
ketamine @9,2026-12-07,,,
@10,"@ ""10 @\"",,,
""".replace("\\", '"').replace("@", WHO)
LINES = """{"patient": "@1", "begin": "2027-01-04"}
{"patient": "@2", "patient": "@2", "start": "2027-01-04"}
["@3"]
"@4"
{"patient": {"name": "@5"}, "start": "2027-01-04"}
{"patient": "@6", "start": "@6"}
{"patient": "@7"
""".replace("@", WHO)


@pytest.mark.parametrize("name", ["roster.csv", "roster.ndjson"])
@pytest.mark.parametrize(
    "how",
    [
        *("--format ndjson", "-o out", "-o out --dry-run", "-o taken", "-o out --jobs 2"),
        *("--format ndjson --register book.db", "-o out --together --register book.db"),
    ],
)
def test_no_patient_is_in_what_a_batch_logs(name, how):
    Path("roster.csv").write_text(ROWS, encoding="utf-8")
    Path("roster.ndjson").write_text(LINES, encoding="utf-8")
    Path(f"taken/{WHO}1").mkdir(parents=True)
    jobs = "" if "--jobs" in how else "--jobs 1"
    logged = logged_by(f"batch {name} {how} {jobs} {AT}")
    assert "rejected" in logged
    assert "SECRET" not in logged


def logged_by(command: str) -> str:
    """Standard error of a command, where it is no terminal."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (anonymity, output):
            patch.setattr(module, "may_name_people", WATCHED)
        return CliRunner().invoke(main, command.split(), prog_name="ketasched").stderr


def test_what_is_wrong_is_said_in_full_where_it_is_asked_for():
    Path("roster.csv").write_text(ROWS, encoding="utf-8")
    logged = logged_by(f"batch roster.csv --format ndjson --jobs 1 --verbose {AT}")
    assert f'start: expected a date such as "2026-12-07" or "7 Dec 2026", not "{WHO}5' in logged


def test_the_reason_stands_in_full_in_the_file_of_rejects():
    Path("roster.csv").write_text(ROWS, encoding="utf-8")
    logged_by(f"batch roster.csv -o out --jobs 1 {AT}")
    assert f'not ""{WHO}5""' in Path("out/rejects.csv").read_text(encoding="utf-8")


# --- a course from elsewhere


def test_a_course_whose_patient_is_a_path_is_not_written_anywhere():
    run(f"plan --start 2026-12-07 {AT} -o courses")
    course = json.loads(Path("courses/patient/course.json").read_text(encoding="utf-8"))
    course["patient"] = course["request"]["patient"] = "../../escaped"
    Path("course.json").write_text(json.dumps(course), encoding="utf-8")
    assert run("show course.json -o out").endswith("[exit 3]\n")
    assert not Path("out").exists()
