"""What the command line does to the world: files, their modes, refusals, exit codes."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import COMMANDS, main
from ketasched.files.load import load_course
from ketasched.files.request_parsing import REQUEST_FIELDS
from tests.conftest import ROOT
from tests.support.forked import ketasched

PLAN = ["plan", "--start", "2026-12-07", "--made-at", "2026-11-23T10:00", "--patient", "P-014"]


def run(*arguments, **more):
    return CliRunner().invoke(main, list(arguments), prog_name="ketasched", **more)


def test_a_folder_holds_the_course_and_what_is_made_of_it():
    result = run(*PLAN, "-o", "courses")
    folder = Path("courses/P-014")
    assert result.exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "P-014.html",
        "P-014.ics",
        "P-014.txt",
        "course.json",
        "rides.ics",
    ]
    assert load_course(str(folder / "course.json")).patient == "P-014"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_files_and_folders_are_private():
    run(*PLAN, "-o", "courses")
    assert stat.S_IMODE(Path("courses/P-014").stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in Path("courses/P-014").iterdir()}
    assert modes == {0o600}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_folder_that_is_made_on_the_way_is_private_too():
    run(*PLAN, "-o", "deep/courses")
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in ("deep", "deep/courses")} == {
        0o700
    }


def test_nothing_is_written_over_unless_forced():
    run(*PLAN, "-o", "courses")
    before = Path("courses/P-014/course.json").read_bytes()
    assert run(*PLAN, "--per-week", "2", "-o", "courses").exit_code == 6
    assert Path("courses/P-014/course.json").read_bytes() == before
    assert run(*PLAN, "--per-week", "2", "-o", "courses", "--force").exit_code == 0
    assert Path("courses/P-014/course.json").read_bytes() != before


def test_a_place_that_cannot_be_written_to_is_refused_and_nothing_is_left():
    Path("courses").write_text("in the way")
    result = run(*PLAN, "-o", "courses")
    assert result.exit_code == 6
    assert result.stderr.splitlines()[-2].startswith("error: courses")
    assert list(Path().iterdir()) == [Path("courses")]


def test_a_refusal_writes_nothing():
    assert run(*PLAN, "--days", "sat", "-o", "courses").exit_code == 4
    assert not Path("courses").exists()


def test_the_same_input_gives_the_same_bytes():
    run(*PLAN, "-o", "one")
    run(*PLAN, "-o", "two")
    for path in Path("one/P-014").iterdir():
        assert path.read_bytes() == Path("two/P-014", path.name).read_bytes()


def test_json_on_standard_output_is_one_value_and_notes_go_elsewhere():
    result = run(*PLAN, "--format", "json")
    assert json.loads(result.stdout)["patient"] == "P-014"
    assert "warning: no clinician's clearance" in result.stderr


def test_the_whole_course_as_json_is_for_no_audience():
    assert run(*PLAN, "--format", "json", "--for", "driver").exit_code == 2


def test_a_patients_folder_stands_for_its_course():
    run(*PLAN, "-o", "courses")
    shown = run("show", "courses/P-014").stdout
    assert shown == run("show", "courses/P-014/course.json").stdout


def test_a_course_is_not_shown_at_a_clinic_in_another_zone():
    run(*PLAN, "-o", "courses")
    Path("far.toml").write_text('timezone = "Asia/Kolkata"\n[hours]\nmon = ["09:00-17:00"]\n')
    result = run("show", "courses/P-014", "--clinic", "far.toml")
    assert (result.exit_code, "is Asia/Kolkata, but the course is in" in result.stderr) == (
        3,
        True,
    )


def test_a_course_goes_through_a_pipe():
    course = run(*PLAN, "--format", "json").stdout
    shown = run("show", "-", "--format", "json", input=course)
    assert shown.stdout == course


def test_a_broken_course_is_found_and_said():
    run(*PLAN, "-o", "courses")
    path = Path("courses/P-014/course.json")
    course = json.loads(path.read_text())
    first, second = course["visits"][:2]
    for key in ("start", "treatment_start", "end", "no_driving_until"):
        second[key] = first[key]
    path.write_text(json.dumps(course))
    result = run("check", str(path))
    assert result.exit_code == 1
    assert (
        "broken: courses/P-014/course.json: Visit 2, Mon 7 Dec 2026: it would not come after"
        in result.stdout
    )
    rows = json.loads(run("check", "--format", "json", str(path)).stdout)
    assert ("gap", 2) in {(row["rule"], row["visit"]) for row in rows}
    shown = run("show", str(path))
    assert shown.exit_code == 1
    assert "broken: Visit 2" in shown.stderr
    assert "do not hand this out" in shown.stderr


def test_nothing_found_is_an_empty_list():
    cleared = ("--cleared-by", "Dr. Okafor", "--cleared-on", "2026-11-20")
    run(*PLAN, *cleared, "-o", "courses", "--clinic", str(ROOT / "examples" / "clinic.toml"))
    result = run("check", "--format", "json", "courses/P-014/course.json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_a_truncated_course_is_a_bad_file():
    run(*PLAN, "-o", "courses")
    path = Path("courses/P-014/course.json")
    path.write_bytes(path.read_bytes()[:1000])
    result = run("show", str(path))
    assert result.exit_code == 3
    assert "course.json:" in result.stderr
    assert "is not valid JSON" in result.stderr


def test_newer_hours_of_the_clinic_are_checked_against():
    run(*PLAN, "-o", "courses")
    Path("newer.toml").write_text(
        'timezone = "America/New_York"\n[hours]\nmon = ["09:00-17:00"]\n'
    )
    result = run("check", "courses/P-014/course.json", "--clinic", "newer.toml")
    assert result.exit_code == 1
    assert result.stdout.count("the clinic is not open on this weekday") == 4


def test_a_course_is_checked_for_the_clinic_as_its_file_here_has_it():
    Path("clinic.toml").write_text((ROOT / "examples" / "clinic.toml").read_text())
    run(*PLAN, "-o", "courses", "--clinic", "clinic.toml")
    assert run("check", "courses/P-014").exit_code == 0
    newer = Path("clinic.toml").read_text().replace('mon = ["08:00-12:30", "13:30-17:00"]', "")
    Path("clinic.toml").write_text(newer)
    assert "not open on this weekday" in run("check", "courses/P-014").stdout
    other = newer.replace("example-only-4c1f0b7e", "another")
    Path("clinic.toml").write_text(other)
    assert run("check", "courses/P-014").exit_code == 0


def test_the_clinic_is_found_where_it_is_looked_for(monkeypatch):
    Path("clinic.toml").write_text('timezone = "Asia/Kolkata"\n[hours]\nmon = ["09:00-17:00"]\n')
    Path("other.toml").write_text('timezone = "Europe/Dublin"\n[hours]\nmon = ["09:00-17:00"]\n')
    assert run("clinic", "show").stdout.startswith("clinic.toml\n")
    monkeypatch.setenv("KETASCHED_CLINIC", "other.toml")
    assert "Europe/Dublin" in run("clinic", "show").stdout
    assert "Asia/Kolkata" in run("clinic", "show", "--clinic", "clinic.toml").stdout


def test_the_salt_of_a_clinic_is_new_each_time_and_is_not_shown():
    run("clinic", "init", "one.toml")
    run("clinic", "init", "two.toml")
    assert Path("one.toml").read_text() != Path("two.toml").read_text()
    assert (
        "id_salt" not in run("clinic", "show", "--clinic", "one.toml", "--format", "json").stdout
    )


def test_a_clinic_without_a_salt_is_given_one_to_paste_and_a_new_one_each_time():
    Path("clinic.toml").write_text('timezone = "UTC"\n[hours]\nmon = ["09:00-12:00"]\n')
    salts = set()
    for arguments in (["check", "clinic.toml"], ["plan", "--start", "2027-01-04"]):
        said = run(*arguments).stderr
        assert said.count("id_salt: none") == 1
        (line,) = re.findall(r'add: (id_salt = "[0-9a-f]{32}")$', said, re.MULTILINE)
        salts.add(line)
    assert len(salts) == 2
    Path("clinic.toml").write_text(f"{salts.pop()}\n{Path('clinic.toml').read_text()}")
    assert "id_salt" not in run("check", "clinic.toml").stderr


def test_without_a_clinic_file_a_folder_that_is_handed_out_is_warned_about():
    asked = "plan", "--start", "2027-01-04", "--patient", "P-1"
    assert "identifiers in calendars" not in run(*asked).stderr
    assert "identifiers in calendars can be computed" in run(*asked, "-o", "out").stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name):
    assert f"ketasched {name} " in run(name, "--help").stdout


def test_every_column_is_an_option_of_plan():
    shown = run("plan", "--help").stdout
    assert all(f"--{name.replace('_', '-')} " in shown for name in REQUEST_FIELDS)


def test_a_bug_of_ours_is_one_line_without_the_patient(monkeypatch):
    def fails(*_args, **_more):
        raise RuntimeError("P-014 was here")

    monkeypatch.setattr("ketasched.api.new_courses.best_course", fails)
    result = run(*PLAN)
    assert result.exit_code == 70
    assert "this is a bug of ketasched: RuntimeError" in result.stderr
    assert "P-014" not in result.stderr


def test_ketasched_runs_as_a_module_and_as_a_program():
    for program in ([sys.executable, "-m", "ketasched"], [_script()]):
        done = subprocess.run(
            [*program, "--version"], capture_output=True, text=True, check=True, timeout=60
        )
        said = r"ketasched \d+\.\d+\.\d+, zone data 20\d\d[a-z], from .+\n"
        assert re.fullmatch(said, done.stdout)


def _script() -> str:
    return str(Path(sys.executable).with_name("ketasched"))


def test_a_reader_that_goes_away_is_no_bug():
    done = subprocess.run(
        f"{sys.executable} -m ketasched plan --start 2027-01-04 | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
        timeout=60,
    )
    assert done.stdout == "Your clinic\n"
    assert "bug" not in done.stderr


def test_the_example_clinic_is_right():
    assert run("check", str(ROOT / "examples" / "clinic.toml")).output == ""


def test_a_rule_that_was_given_up_hides_none_that_is_broken():
    closed = "[closures]\ndates = ['2026-12-07'%s]\n"
    hours = "timezone = 'America/New_York'\n%s[hours]\n" + "".join(
        f"{day} = ['09:00-17:00']\n" for day in ("mon", "tue", "wed", "thu", "fri")
    )
    Path("one.toml").write_text(hours % (closed % ""), encoding="utf-8")
    Path("two.toml").write_text(hours % (closed % ", '2026-12-08 burst pipe'"), encoding="utf-8")
    asked = ["plan", "--start", "2026-12-07", "--made-at", "2026-11-23T10:00"]
    course = run(*asked, "--clinic", "one.toml", "--format", "json").stdout
    Path("course.json").write_text(course, encoding="utf-8")
    shown = run("show", "course.json", "--clinic", "two.toml")
    assert shown.exit_code == 1
    assert "the clinic is closed (burst pipe)" in shown.stderr


def begin_course():
    asked = ["plan", "--clinic", str(ROOT / "examples/clinic.toml"), "--patient", "P-014"]
    asked += ["--start", "2026-12-07", "--made-at", "2026-11-23T10:00", "-o", "courses"]
    assert run(*asked).exit_code == 0
    return Path("courses/P-014/course.json")


def test_of_two_changes_at_once_one_is_refused_and_nothing_is_lost():
    path = begin_course()
    for number in range(4):
        driver = ("--name", f"Sam {number}", "--today", "2026-12-01")
        both = [ketasched("revise", str(path), "driver", visit, *driver) for visit in "12"]
        codes = sorted(process.wait(60) for process in both)
        assert codes in ([0, 0], [0, 6])
        course = load_course(str(path))
        assert course.revision == len(course.history)
        named = [visit.driver for visit in course.visits[:2]]
        done = [driver for driver in named if driver and driver.name == f"Sam {number}"]
        assert len(done) == codes.count(0)


def test_a_course_that_changed_meanwhile_is_not_written_over(monkeypatch):
    path = begin_course()
    before = load_course(str(path))
    run("revise", str(path), "complete", "1", "--today", "2026-12-07T12:00")
    with monkeypatch.context() as stale:
        stale.setattr("ketasched.cli.course_source.load_course", lambda _: before)
        late = run("revise", str(path), "driver", "2", "--name", "Sam", "--today", "2026-12-07")
    assert late.exit_code == 6
    assert "somebody else has changed it" in late.stderr
    assert load_course(str(path)).visits[1].driver is None


def test_the_calendar_of_changes_is_for_whom_it_says():
    path = begin_course()
    asked = ["revise", str(path), "omit", "3", "--reason", "flu", "--today", "2026-12-08"]
    assert run(*asked, "--changes", "rides.ics", "--for", "driver").exit_code == 0
    text = Path("rides.ics").read_text(encoding="utf-8")
    assert text.count("STATUS:CANCELLED") == text.count("BEGIN:VEVENT") == 2
    assert "SUMMARY:CANCELLED: Bring at 09:00" in text
    assert stat.S_IMODE(Path("rides.ics").stat().st_mode) == 0o600


def test_a_dry_run_of_a_change_writes_nothing():
    path = begin_course()
    before = path.read_bytes()
    asked = ["revise", str(path), "omit", "3", "--reason", "flu", "--today", "2026-12-08"]
    assert run(*asked, "--dry-run", "--changes", "rides.ics").exit_code == 0
    assert path.read_bytes() == before
    assert not Path("rides.ics").exists()


def test_a_changed_course_can_go_elsewhere():
    path = begin_course()
    before = path.read_bytes()
    asked = ["revise", str(path), "omit", "3", "--reason", "flu", "--today", "2026-12-08"]
    assert run(*asked, "-o", "new").exit_code == 0
    assert path.read_bytes() == before
    assert load_course("new/P-014").revision == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("paln", "No such command 'paln'. Did you mean plan?"),
        ("Doctor", "No such command 'Doctor'. Did you mean doctor?"),
        ("revise P-1 reschedule 2", "No such verb 'reschedule': it is called defer here."),
        (
            "revise P-1 cancel 2",
            "No such verb 'cancel': it is called omit (that visit), defer (another day), "
            "hold (all, for now) or cease (all to come) here.",
        ),
        ("revise P-1 defre 2", "No such verb 'defre': did you mean defer?"),
        ("revise defer P-1 2", "The course comes first: ketasched revise P-1 defer …"),
        ("revise P-1 2 defer", "The verb comes first: ketasched revise P-1 defer 2 …"),
        (
            "revise José Núñez miss 2",
            "A name with a blank in it needs quotes: ketasched revise 'José Núñez' miss …",
        ),
        (
            "miss P-1 2",
            "No such command 'miss': it is called ketasched revise COURSE miss … here.",
        ),
        (
            "noshow P-1 2",
            "No such command 'noshow': it is called ketasched revise COURSE miss … here.",
        ),
        (
            "rename P-1 P-2",
            "No such command 'rename': it is called ketasched register rename OLD NEW here.",
        ),
        (
            "revise P-1 defer 12/15/2026",
            "Invalid value for 'N': expected the number of a visit, such as 3, not '12/15/2026'",
        ),
        ("clinic init mine.json", "a clinic file is TOML: call it mine.toml"),
    ],
)
def test_an_error_names_what_another_word_is_called_here(typed, said):
    result = CliRunner().invoke(main, typed.split(), prog_name="ketasched")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"Error: {said}")


def test_a_patient_of_the_register_is_shown_by_another_command(monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    result = CliRunner().invoke(main, ["show", "P-1"], prog_name="ketasched")
    assert result.exit_code == 3
    assert "try: a patient in the register: ketasched register show P-1" in result.stderr


@pytest.mark.parametrize(
    ("drivers", "said"),
    [
        ((), ""),
        (("--driver", "Ana, mon fri"), "no driver is named for wed: visits 2 and 5 have none"),
        (("--driver", "Ana, mon fri", "--driver-name", "Ben"), ""),
    ],
    ids=["nobody drives", "one on some weekdays", "another on all others"],
)
def test_a_plan_says_on_which_weekdays_none_of_its_drivers_drives(drivers, said):
    clinic = str(ROOT / "examples" / "clinic.toml")
    asked = ("plan", "--start", "2026-12-07", "--made-at", "2026-11-23T10:00", "--clinic", clinic)
    notes = run(*asked, *drivers).stderr.splitlines()
    assert [one for one in notes if "driver" in one] == ([f"note: {said}"] if said else [])


@pytest.mark.parametrize("command", ["suggest P-1 3", "revise P-1 complete 3"])
def test_a_patient_without_a_register_is_told_where_courses_are(command):
    result = CliRunner().invoke(main, command.split(), prog_name="ketasched")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "error: P-1: there is no such file",
        'try: the folder that -o wrote, such as "courses/P-1", or for a patient of the register: '
        "--register",
    ]


# --- moments and days as people type them ------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "2026-11-23T10:00",
        "2026-11-23T10:00:00-05:00",
        "2026-11-23 10:00:00",
        "23-Nov-2026 10am",
        "Mon, Nov 23, 2026 at 10:00 a.m.",
        "2026-11-23 10 AM",
    ],
)
@pytest.mark.parametrize("command", ["plan", "batch"])
def test_the_moment_of_planning_is_read_as_people_type_it(typed, command):
    clinic = str(ROOT / "examples" / "clinic.toml")
    Path("roster.csv").write_text("patient,start\nP-1,2026-12-07\n", encoding="utf-8")
    asked = {
        "plan": ["plan", "--start", "7-Dec-2026", "--patient", "P-1", "--format", "json"],
        "batch": ["batch", "roster.csv", "--format", "ndjson", "--quiet", "--jobs", "1"],
    }[command]
    result = run(*asked, "--clinic", clinic, "--made-at", typed)
    assert json.loads(result.stdout)["made_at"] == "2026-11-23T10:00:00-05:00"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("03/04/2027", "day or month first? Write "),
        ("soon", 'expected a moment such as "2026-11-23T10:00"'),
        ("23 Nov 2026 25:00", 'expected a moment such as "2026-11-23T10:00"'),
        ("4-Jan-2027T", 'expected a moment such as "2026-11-23T10:00"'),
    ],
)
def test_a_moment_that_can_be_two_or_none_is_refused(typed, said):
    result = run("plan", "--start", "2027-01-04", "--made-at", typed)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "--date-order" not in result.stderr


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("2026-12-14T10:15", "2026-12-14T10:15:00-05:00"),
        ("14-Dec-2026 2pm", "2026-12-14T14:00:00-05:00"),
        ("Mon, Dec 14, 2026", "2026-12-14T09:00:00-05:00"),
        ("2026-12-14 00:00:00", "2026-12-14T09:00:00-05:00"),
    ],
)
def test_a_visit_is_moved_to_a_day_and_time_as_people_type_them(typed, start):
    clinic = str(ROOT / "examples" / "clinic.toml")
    asked = ["plan", "--start", "2026-12-07", "--patient", "P-1", "--clinic", clinic, "-o", "out"]
    run(*asked, "--made-at", "2026-11-23T10:00")
    change = ["defer", "3", "--to", typed, "--reason", "snow", "--today", "8-Dec-2026 8am"]
    moved = run("revise", "out/P-1", *change)
    assert moved.exit_code == 0, moved.stderr
    course = json.loads(Path("out/P-1/course.json").read_text(encoding="utf-8"))
    assert course["visits"][2]["start"] == start
    assert course["history"][-1]["at"] == "2026-12-08T08:00:00-05:00"
