"""Files beside a register: a kill at each step, what is in the way, and a folder that is older."""

import os
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.files.load import load_course
from ketasched.register import database
from tests.conftest import IS_FULL
from tests.register.databases import rows
from tests.register.terminal import TODAY, batch, exported, held, listed, plan, run
from tests.support.batches import clinic_file, rejects, roster_file, rows_of
from tests.support.forked import Forked
from tests.support.killed import killed_before

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes")

BOOK = "book.db"
WATCHED = () if IS_FULL else ("out", BOOK, f"{BOOK}-wal")
"""What a kill can leave in another state; a second kill in the same one is for `make proof`."""

AT_FIRST = "--name", "Sam Rivera", *TODAY


@pytest.fixture(autouse=True)
def _book(monkeypatch) -> None:
    """A clinic with one chair, and its register in a file."""
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-12:00")
    monkeypatch.setenv("KETASCHED_REGISTER", BOOK)


def kills(*arguments: str) -> Iterator[int]:
    """Run the command, killed before each of its steps; each time anew."""
    for name in ("out", BOOK):
        Path(name).exists() and Path(name).rename(f"before-{name}")
    number = code = 0
    while number == 0 or code == -signal.SIGKILL:
        number += 1
        for path in (*Path().glob(f"{BOOK}*"), *Path().glob("out")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if Path("before-out").exists():
            shutil.copytree("before-out", "out")
        if Path(f"before-{BOOK}").exists():
            shutil.copyfile(f"before-{BOOK}", BOOK)
        process = Forked(killed_before, number, arguments, WATCHED)
        process.communicate()
        code = process.returncode or 0
        assert code in (-signal.SIGKILL, 0)
        yield number
    assert number > 15


def files(folder: str = "out/P-1") -> dict[str, bytes]:
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.name: path.read_bytes() for path in found}


def test_who_is_killed_while_planning_has_a_booking_whose_files_can_be_had_or_none():
    plan("P-0", "--latest-start", "2027-05-30", "-o", "elsewhere")
    asked = ("--patient", "P-1", "--start", "2027-06-07", "--made-at", "2026-11-23T10:00")
    run("plan", *asked, "-o", "wanted", "--register", "other.db")
    Path("other.db").unlink()
    states = set()
    for _ in kills("plan", *asked, "-o", "out"):
        is_booked = "P-1" in listed()
        states.add((is_booked, Path("out/P-1/course.json").exists()))
        if is_booked:
            run("register", "show", "P-1", "-o", "out", "--force")
        else:
            run("plan", *asked, "-o", "out")
        assert files() == files("wanted/P-1")
    assert states == {(False, False), (True, False), (True, True)}


def test_who_is_killed_at_a_change_has_a_folder_that_the_next_change_mends():
    plan("P-1", "-o", "out", "--driver-name", "Ann")
    states = set()
    for _ in kills("revise", "out/P-1", "driver", "1", *AT_FIRST):
        revision, booked = load_course("out/P-1").revision, listed()["P-1"]
        states.add((revision, booked))
        said = run("revise", "out/P-1", "driver", "2", *AT_FIRST).stderr
        assert ("the change is made to that one" in said) == (revision < booked)
        (course,) = exported()
        assert load_course("out/P-1") == course
        assert course.revision == booked + 1
        run("register", "show", "P-1", "-o", "again")
        assert files("again/P-1") == files()
        shutil.rmtree("again")
    assert states == {(1, 1), (1, 2), (2, 2)}


def test_who_is_killed_while_renaming_has_all_files_under_one_reference_or_can_have_them():
    plan("P-1", "-o", "out")
    run("register", "show", "P-1", "-o", "wanted")
    states = set()
    for _ in kills("register", "rename", "P-1", "P-2", "-o", "out", *TODAY):
        [patient] = listed()
        old, new = (Path(f"out/{one}/course.json").exists() for one in ("P-1", "P-2"))
        states.add((patient, old, new))
        if patient == "P-1":
            assert files("wanted/P-1").items() <= files().items()
        run("register", "show", patient, "-o", "out", "--force")
        assert [load_course(f"out/{patient}")] == exported()
    assert states == {
        ("P-1", True, False),
        ("P-2", True, False),
        ("P-2", True, True),
        ("P-2", False, True),
    }


LINES = "SELECT count(*) FROM log GROUP BY course_id"
ROWS = rows_of(2, "2027-04-05", latest_start="2027-06-30")
CHANGED = {"another start": {"start": "2027-05-03"}, "another driver": {"driver_name": "Ann"}}
FIXED = ("batch", "roster.csv", "--jobs", "1", "--quiet", "--format", "json")


@pytest.mark.parametrize("change", [None, *CHANGED], ids=lambda one: one or "a new roster")
def test_a_batch_that_is_killed_is_resumed_to_the_same_bookings_and_folders(change):
    moment = "--made-at", "2026-11-24T10:00"
    asked = (*FIXED, *moment, *(("--resume",) if change else ()))
    roster_file(ROWS)
    run("plan", "--patient", "P-0", "--start", "2028-01-03", "--made-at", "2026-11-23T10:00")
    if change:
        run(*FIXED, "--made-at", "2026-11-23T10:00", "-o", "out")
        roster_file([ROWS[0] | CHANGED[change], ROWS[1]])
        shutil.copytree("out", "wanted")
    shutil.copyfile(BOOK, "other.db")
    run(*asked, "-o", "wanted", "--register", "other.db")
    wanted = {name: files(f"wanted/{name}") for name in ("P-1", "P-2")}
    seats = held("--register", "other.db")
    for _ in kills(*asked, "-o", "out"):
        folders = {name for name in wanted if Path("out", name).exists()}
        assert folders <= listed().keys(), "a folder without a booking"
        is_begun = Path("out/.run.json").exists()
        run(*FIXED, "--resume", "-o", "out", *(() if is_begun else moment))
        assert {name: files(f"out/{name}") for name in wanted} == wanted
        assert held() == seats
        assert change or set(rows(BOOK, LINES)) == {(1,)}, "a course was booked twice"


# --- a folder and the register that differ


def behind() -> None:
    """P-1 in a folder at revision 1, and in the register at revision 2."""
    plan("P-1", "-o", "out")
    shutil.copytree("out", "old")
    run("revise", "out/P-1", "driver", "1", *AT_FIRST)
    shutil.rmtree("out")
    Path("old").rename("out")


def test_the_revision_that_is_expected_is_that_of_the_register():
    behind()
    change = ("revise", "out/P-1", "driver", "2", *AT_FIRST, "--expect-revision")
    refused = run(*change, "1", code=6).stderr
    assert "P-1: is at revision 2, not 1" in refused
    assert ": ketasched register show P-1" in refused
    run(*change, "2")
    assert load_course("out/P-1").revision == listed()["P-1"] == 3


def test_a_folder_that_is_older_stays_as_it_is_in_a_dry_run():
    behind()
    before = files()
    run("revise", "out/P-1", "driver", "2", *AT_FIRST, "--dry-run")
    assert (files(), listed()) == (before, {"P-1": 2})


def test_a_folder_that_is_ahead_of_the_register_is_refused():
    plan("P-1", "-o", "out")
    with unset_register():
        run("revise", "out/P-1", "driver", "2", *AT_FIRST)
    before = files()
    refused = run("revise", "out/P-1", "driver", "3", *AT_FIRST, code=6).stderr
    assert "has only revision 1 of this course, not 2" in refused
    assert (files(), listed()) == (before, {"P-1": 1})


def test_a_folder_with_another_change_than_the_register_is_refused():
    """At the same revision, and at an earlier one that the register's history does not have."""
    behind()
    with unset_register():
        run("revise", "out/P-1", "driver", "2", *AT_FIRST)
    before = files()
    change = ("revise", "out/P-1", "driver", "3", *AT_FIRST)
    assert "has another revision 2 of this course" in run(*change, code=6).stderr
    run("revise", "P-1", "driver", "4", *AT_FIRST)
    assert "has another revision of this course: 3, not 2" in run(*change, code=6).stderr
    assert (files(), listed()) == (before, {"P-1": 3})


@contextmanager
def unset_register() -> Iterator[None]:
    book = os.environ.pop("KETASCHED_REGISTER")
    yield
    os.environ["KETASCHED_REGISTER"] = book


def test_files_that_get_no_name_after_the_entry_are_said_and_the_next_change_writes_them(
    monkeypatch,
):
    plan("P-1", "-o", "out")
    before = files()

    @contextmanager
    def then_blocked(engine):
        with database.writing(engine) as connection:
            yield connection
        Path("out/P-1/P-1.txt").unlink()
        Path("out/P-1/P-1.txt").mkdir()

    with monkeypatch.context() as context:
        context.setattr("ketasched.register.register.writing", then_blocked)
        refused = run("revise", "out/P-1", "driver", "1", *AT_FIRST, code=6).stderr
    assert "error: P-1 is booked, but the files are not written: out/P-1/" in refused
    assert "try: ketasched register show P-1 -o DIR --force" in refused
    Path("out/P-1/P-1.txt").rmdir()
    assert files() == {name: data for name, data in before.items() if name != "P-1.txt"}
    run("revise", "out/P-1", "driver", "2", *AT_FIRST)
    assert load_course("out/P-1").revision == listed()["P-1"] == 3


# --- what is no file


PLACES = ("P-1.ics", ".lock", "drivers")
COMMANDS = {
    "plan": ("plan", "--patient", "P-1", "--start", "2027-06-07", "-o", "out", "--force"),
    "revise": ("revise", "out/P-1", "driver", "1", *AT_FIRST),
    "revise by name": ("revise", "P-1", "driver", "1", *AT_FIRST, "-o", "out", "--force"),
    "register show": ("register", "show", "P-1", "-o", "out", "--force"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_in_a_patients_folder_is_refused_at_once_and_nothing_is_entered(command, place):
    plan("P-1", "-o", "out")
    run("revise", "out/P-1", "driver", "2", "--name", "Ann", *TODAY)
    shutil.rmtree(f"out/P-1/{place}") if place == "drivers" else None
    Path("out/P-1", place).unlink(missing_ok=True)
    os.mkfifo(f"out/P-1/{place}")
    before = listed(), files()
    refused = run(*COMMANDS[command], code=6).stderr
    wanted = "a folder" if place == "drivers" else "a file"
    assert f"error: out/P-1/{place}: is a pipe, not {wanted}\ntry: move it away" in refused
    assert (listed(), files()) == before


@pytest.mark.parametrize("place", ["out/P-1/P-1.txt", "out/P-1/.lock"])
def test_a_pipe_in_a_patients_folder_rejects_its_row_of_a_batch_only(place):
    roster_file(ROWS)
    batch()
    Path(place).unlink(missing_ok=True)
    os.mkfifo(place)
    roster_file([ROWS[0] | {"driver_name": "Ann"}, ROWS[1] | {"driver_name": "Bea"}])
    batch("--resume", code=5)
    (row,) = rejects()
    assert (row["patient"], row["rule"]) == ("P-1", "output")
    assert "is a pipe, not a file" in row["reason"]
    assert listed() == {"P-1": 1, "P-2": 2}


@pytest.mark.parametrize("place", ["rejects.csv", ".batch.lock"])
def test_a_pipe_in_the_place_of_a_file_of_a_run_ends_it_at_once(place):
    roster_file(ROWS)
    Path("out").mkdir()
    os.mkfifo(f"out/{place}")
    refused = batch("--force", code=6).stderr
    assert f"out/{place}: " in refused
    assert "is a pipe, not a file" in refused


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_pipe_beside_a_register_is_refused_before_sqlite_waits_for_it(suffix):
    plan("P-1")
    Path(BOOK + suffix).unlink(missing_ok=True)
    os.mkfifo(BOOK + suffix)
    refused = run("register", "list", code=6).stderr
    assert f"{BOOK}{suffix}: is a pipe, not a file" in refused


@pytest.mark.parametrize("name", ["pipe.db", "./pipe"])
def test_a_pipe_is_no_register(name):
    os.mkfifo(name)
    for command in (("register", "list"), ("plan", "--patient", "P-1", "--start", "2027-06-07")):
        refused = CliRunner().invoke(main, [*command, "--register", name])
        assert refused.exit_code in (2, 3)
        assert "register" in refused.stderr


LATE = "--today", "2027-12-31"


def test_who_repeats_what_is_entered_but_not_in_the_folder_is_told_how_to_write_it():
    plan("P-1", "-o", "out")
    run("revise", "P-1", "complete", "1", *LATE)
    again = run("revise", "out/P-1", "complete", "1", *LATE, code=2).stderr
    (step,) = re.findall(r"no file is written; those of revision 2: ketasched (.*)", again)
    run(*shlex.split(step))
    assert [load_course("out/P-1")] == exported()
    assert (
        "no file is written" not in run("revise", "out/P-1", "complete", "1", *LATE, code=2).stderr
    )


def test_who_repeats_what_is_entered_and_wants_files_is_told_how_to_have_them():
    plan("P-1")
    run("revise", "P-1", "driver", "1", "--name", "Ann", *TODAY)
    again = run("revise", "P-1", "driver", "1", "--name", "Ann", *TODAY, "-o", "out")
    (step,) = re.findall(r"no file is written; those of revision 2: ketasched (.*)", again.stderr)
    run(*shlex.split(step))
    assert [load_course("out/P-1")] == exported()
