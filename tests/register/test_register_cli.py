"""`--register` at the command line, on both databases: what clerks see, and when it goes wrong."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.errors import BadRequest, Refused
from ketasched.files.load import load_course
from ketasched.register import database
from ketasched.register import register as book_module
from tests.conftest import IS_FULL
from tests.register.databases import Server, rows
from tests.register.terminal import TODAY, batch, exported, held, listed, plan, run
from tests.support.batches import (
    MOMENT,
    MONDAY,
    clinic_file,
    manifest,
    rejects,
    roster_file,
    rows_of,
)
from tests.support.forked import ketasched, start_server


def tree(folder: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


# --- plan and revise


def test_the_environment_names_the_register_and_the_option_wins(book, tmp_path):
    plan("P-1")
    plan("P-2", "--register", str(tmp_path / "other.db"))
    assert listed() == {"P-1": 1}


def test_the_option_alone_is_the_register_that_the_environment_names(book):
    plan("P-1", "--register")
    assert listed() == {"P-1": 1}


def test_nothing_is_booked_at_an_assumed_clinic_beside_a_real_one(book):
    plan("P-1", "--clinic", clinic_file("named.toml", 'name = "Mill Lane"'))
    Path("clinic.toml").unlink()
    refused = run("plan", "--patient", "P-2", "--start", "2027-01-04", code=2)
    assert "there is no clinic file here, and the register is of" in refused.stderr
    assert listed() == {"P-1": 1}


def test_a_clinic_whose_salt_is_another_one_gets_no_second_set_of_chairs(book):
    path = clinic_file("named.toml", 'name = "Mill Lane"\nid_salt = "one"')
    plan("P-1", "--clinic", path)
    clinic_file("named.toml", 'name = "Mill Lane"\nid_salt = "two"')
    assert "with another id_salt" in plan("P-2", "--clinic", path, code=2).stderr
    assert listed() == {"P-1": 1}


def test_what_the_environment_names_is_a_register_or_is_refused(clinic, monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "clinic.toml")
    before = Path("clinic.toml").read_bytes()
    assert "neither a URL nor the file of a register" in plan("P-1", code=2).stderr
    assert Path("clinic.toml").read_bytes() == before


def test_an_empty_variable_is_no_register(clinic, monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "")
    assert "make sure that a chair is free" in plan("P-1").stderr


def test_the_option_alone_means_the_file_in_the_users_data_folder(clinic, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "data"))
    plan("P-1", "--register")
    (found,) = (tmp_path / "data").rglob("register.db")
    assert found.stat().st_mode & 0o777 == 0o600
    assert "P-1" in run("register", "list").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--register", "--patient", "P-1"), id="before another option"),
        pytest.param(("--patient", "P-1", "--register"), id="at the end"),
    ],
)
def test_the_option_needs_no_value(arguments, clinic, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "data"))
    run("plan", "--start", MONDAY, "--made-at", MOMENT, *arguments)
    assert "P-1" in run("register", "list", "--register").stdout


@pytest.mark.parametrize("name", ["new.db", "new.SQLITE", "./new", "folder/new", "sqlite:///new"])
def test_the_option_takes_a_url_or_a_file(name, clinic):
    plan("P-1", "--register", name)
    assert listed("--register", name) == {"P-1": 1}


def test_the_option_takes_a_file_that_is_there_whatever_its_name(clinic):
    plan("P-1", "--register", "book.db")
    Path("book.db").rename("book.of.2027")
    Path("empty").touch()
    assert listed("--register", "book.of.2027") == {"P-1": 1}
    plan("P-1", "--register", "empty")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("batch", "-o", "out", "--register", "roster.csv"), id="a roster"),
        pytest.param(("batch", "-o", "out", "--register", "no.csv"), id="one that is not there"),
        pytest.param(("day", "--register", "2026-12-07"), id="a date"),
        pytest.param(("register", "show", "--register", "P-014"), id="a patient"),
        pytest.param(("register", "import", "--register", "out/P-1"), id="a folder"),
        pytest.param(("register", "import", "--register", "out/P-1/course.json"), id="a course"),
    ],
)
def test_a_word_that_was_not_meant_for_the_option_is_refused(arguments, clinic):
    roster_file(rows_of(1))
    run("batch", "roster.csv", "-o", "out", "--quiet", "--jobs", "1")
    before = tree(".")
    found = run(*arguments, code=2).stderr
    assert f'--register: "{arguments[-1]}" is neither a URL nor the file of a register' in found
    assert "try: put --register last" in found
    assert tree(".") == before


def test_a_register_has_to_know_whose_course_it_is(book):
    asked = ("--start", MONDAY, "--made-at", "2026-11-23T10:00")
    assert "--patient: a register has to know" in run("plan", *asked, code=2).stderr
    plan("P-1")
    assert "1 of 6" in run("plan", *asked, "--latest-start", "2027-05-30", "--dry-run").stdout


def test_no_refusal_to_write_files_books_anything(book):
    Path("courses/P-1").mkdir(parents=True)
    Path("courses/P-1/P-1.ics").write_text("mine")
    assert "there already" in plan("P-1", "-o", "courses", code=6).stderr
    assert listed() == {}
    assert tree("courses") == {"courses/P-1/P-1.ics": b"mine"}


@contextmanager
def _fails_at_the_end(engine):
    with database.writing(engine) as connection:
        yield connection
        raise Refused("the register refuses: disk is full; nothing was entered")


def test_an_entry_that_fails_leaves_no_new_files(book, monkeypatch):
    run("register", "list", "--register", "new.db", code=3)
    plan("P-0")
    monkeypatch.setattr(book_module, "writing", _fails_at_the_end)
    plan("P-1", "-o", "courses", "--latest-start", "2027-05-30", code=6)
    assert not Path("courses/P-1").exists()
    assert listed() == {"P-0": 1}


def test_an_entry_that_fails_leaves_the_files_as_they_were(book, monkeypatch):
    plan("P-1", "-o", "courses")
    before = tree("courses")
    with monkeypatch.context() as context:
        context.setattr(book_module, "writing", _fails_at_the_end)
        change = ("defer", "6", "--by", "3", "--reason", "flu", *TODAY)
        assert "disk is full" in run("revise", "courses/P-1", *change, code=6).stderr
    assert tree("courses") == before
    assert listed() == {"P-1": 1}
    run("revise", "courses/P-1", *change)
    assert listed() == {"P-1": 2}
    assert load_course("courses/P-1").revision == 2


def test_what_somebody_else_wrote_meanwhile_stays_when_an_entry_fails(book, monkeypatch):
    plan("P-0", "-o", "courses")

    @contextmanager
    def fails(engine):
        with database.writing(engine) as connection:
            yield connection
            Path("courses/P-0/mine.txt").write_text("mine")
            Path("courses/P-1").mkdir()
            raise Refused("the register refuses: disk is full; nothing was entered")

    before = tree("courses")
    monkeypatch.setattr(book_module, "writing", fails)
    run("revise", "courses/P-0", "driver", "1", "--name", "Sam", *TODAY, code=6)
    assert tree("courses") == before | {"courses/P-0/mine.txt": b"mine"}
    assert Path("courses/P-1").is_dir()


def test_files_that_cannot_be_written_leave_the_register_as_it_was(book, monkeypatch):
    plan("P-1", "-o", "courses")
    shutil.move("courses/P-1/P-1.txt", "kept.txt")
    Path("courses/P-1/P-1.txt").mkdir()
    change = ("defer", "6", "--by", "3", "--reason", "flu", *TODAY)
    run("revise", "courses/P-1", *change, code=6)
    assert listed() == {"P-1": 1}


def test_a_revision_by_name_can_write_the_files_that_are_there(book):
    plan("P-1", "-o", "courses")
    change = ("defer", "6", "--by", "3", "--reason", "flu", *TODAY)
    result = run("revise", "P-1", *change, "-o", "courses")
    assert "pages and calendars made before" not in result.stderr
    assert load_course("courses/P-1").revision == 2
    run("revise", "courses/P-1", "driver", "1", "--name", "Sam", *TODAY)


def test_a_revision_by_name_writes_what_changed_where_that_is_asked_for(book):
    plan("P-1")
    change = ("defer", "6", "--by", "3", "--reason", "flu", *TODAY, "--changes", "changes.ics")
    run("revise", "P-1", *change)
    assert b"BEGIN:VEVENT" in Path("changes.ics").read_bytes()
    run("revise", "P-1", "complete", "1", *TODAY[:1], MONDAY + "T13:00", *change[-2:], code=6)
    assert listed() == {"P-1": 2}


def test_a_dry_run_books_nothing(book):
    plan("P-1")
    before = held()
    plan("P-2", "--dry-run", "--latest-start", "2027-05-30")
    run("revise", "P-1", "defer", "6", "--by", "3", "--reason", "flu", *TODAY, "--dry-run")
    assert held() == before


def test_suggest_names_no_day_that_is_taken(book):
    plan("P-1")
    plan("P-2", "--latest-start", "2027-05-30")
    taken = {start[:10] for start, patient in held() if patient == "P-2"}
    offered = json.loads(run("suggest", "P-1", "6", *TODAY, "--format", "json").stdout)
    days = {one["start"][:10] for one in offered}
    assert days
    assert days.isdisjoint(taken)


def test_an_export_can_be_imported_into_the_other_database(book, tmp_path):
    plan("P-1")
    plan("P-2", "--latest-start", "2027-05-30")
    run("revise", "P-1", "complete", "1", "--today", "2027-04-05T13:00")
    Path("all.ndjson").write_text(run("register", "export").stdout)
    before, other = held(), str(tmp_path / "other.db")
    run("register", "import", "all.ndjson", "--register", other)
    exported = run("register", "export", "--register", other).stdout
    assert exported == Path("all.ndjson").read_text()
    assert held() == before


def test_a_line_of_an_export_that_is_broken_is_said_and_nothing_is_imported(book):
    plan("P-1")
    Path("all.ndjson").write_text(run("register", "export").stdout + "{nothing\n")
    result = run("register", "import", "all.ndjson", "--register", "other.db", code=3)
    assert "all.ndjson:2" in result.stderr
    assert not Path("other.db").exists()


def test_an_export_with_a_line_that_does_not_end_is_refused_by_its_number(book):
    plan("P-1")
    line = run("register", "export").stdout
    Path("all.ndjson").write_text(line + line.strip() * 2_000, encoding="utf-8")
    refused = run("register", "import", "all.ndjson", "--register", "other.db", code=3)
    assert "all.ndjson:2: is longer than 10 MB" in refused.stderr
    assert "P-1" not in refused.stderr
    assert not Path("other.db").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="kills with signals")
def test_who_is_killed_at_a_change_leaves_at_most_a_folder_that_is_one_behind(book):
    plan("P-1", "-o", "courses")
    drawn, behind = random.Random(3), 0
    tries = 30 if IS_FULL else 5
    start_server()
    begin = time.monotonic()
    assert ketasched("revise", "courses/P-1", "driver", "1", "--name", "D", *TODAY).wait() == 0
    seconds = time.monotonic() - begin
    for number in range(tries):
        change = ("revise", "courses/P-1", "driver", "1", "--name", f"D{number}", *TODAY)
        process = ketasched(*change)
        with suppress(subprocess.TimeoutExpired):
            process.wait(drawn.uniform(0.2 * seconds, 1.2 * seconds))
        process.kill()
        process.wait()
        revision = load_course("courses/P-1").revision
        assert listed()["P-1"] in (revision, revision + 1)
        behind += listed()["P-1"] > revision
        run("revise", "courses/P-1", "driver", "2", "--name", f"E{number}", *TODAY)
        document = json.loads(run("register", "export").stdout)
        assert document == json.loads(Path("courses/P-1/course.json").read_text())
    assert behind < tries


def test_a_register_of_two_clinics_has_a_day_for_each(book):
    plan("P-1")
    other = clinic_file("other.toml", 'name = "Other"\nid_salt = "y"', "09:00-12:00")
    plan("P-2", "--clinic", other)
    Path("clinic.toml").rename("away.toml")
    assert "the register has 2 clinics" in run("day", MONDAY, code=3).stderr
    Path("away.toml").rename("clinic.toml")
    here = run("day", MONDAY).stdout
    assert here == run("day", MONDAY, "--clinic", "clinic.toml").stdout
    shown = run("day", MONDAY, "--clinic", other).stdout
    assert "P-2" in shown
    assert "P-1" not in shown


# --- rosters


def test_a_roster_is_booked_row_by_row_beside_what_is_there(book):
    plan("P-0")
    roster_file(rows_of(3, MONDAY, latest_start="2027-06-30"))
    batch()
    days = [start[:10] for start, _ in held()]
    assert len(days) == len(set(days)) == 24
    assert listed() == {"P-0": 1, "P-1": 1, "P-2": 1, "P-3": 1}
    for patient in ("P-1", "P-2", "P-3"):
        starts = [visit.start.isoformat() for visit in load_course(f"out/{patient}").visits]
        assert [(start, patient) for start in starts] == [
            one for one in held() if one[1] == patient
        ]


def test_a_row_of_somebody_who_has_a_course_is_rejected(book):
    plan("P-1", "--made-at", "2026-11-20T10:00")
    roster_file(rows_of(2, MONDAY, latest_start="2027-06-30"))
    batch(code=5)
    (row,) = rejects()
    assert row["patient"] == "P-1"
    assert "has a course in the register" in row["reason"]
    assert listed() == {"P-1": 1, "P-2": 1}


def test_a_run_that_goes_on_books_only_what_changed(book):
    rows = rows_of(2, MONDAY, latest_start="2027-06-30")
    roster_file(rows)
    batch()
    before = held()
    run(*("batch", "roster.csv", "-o", "out", "--resume", "--quiet"))
    assert held() == before
    rows[0]["start"] = "2027-05-03"
    roster_file(rows)
    run(*("batch", "roster.csv", "-o", "out", "--resume", "--quiet"))
    after = held()
    assert [one for one in after if one[1] == "P-2"] == [one for one in before if one[1] == "P-2"]
    assert min(one for one in after if one[1] == "P-1")[0] >= "2027-05-03"
    assert len(after) == 12


def test_a_row_that_cannot_be_planned_any_more_gives_its_chairs_back(book):
    rows = rows_of(2, MONDAY, latest_start="2027-06-30")
    roster_file(rows)
    batch()
    rows[0]["start"] = "someday"
    roster_file(rows)
    again = "batch", "roster.csv", "-o", "out", "--resume", "--quiet"
    run(*again, code=5)
    assert listed() == {"P-1": 1, "P-2": 1}, "what cannot be read changes nothing"
    rows[0] |= {"start": MONDAY, "days": "sat"}
    roster_file(rows)
    run(*again, code=5)
    assert listed() == {"P-2": 1}
    assert not Path("out/P-1").exists()


def test_a_row_whose_course_was_revised_by_name_stays(book):
    rows = rows_of(1, MONDAY)
    roster_file(rows)
    batch()
    run("revise", "P-1", "driver", "1", "--name", "Sam", *TODAY)
    rows[0]["start"] = "2027-05-03"
    roster_file(rows)
    run(*("batch", "roster.csv", "-o", "out", "--resume", "--quiet"), code=5)
    assert "revised since" in rejects()[0]["reason"]
    assert listed() == {"P-1": 2}
    assert Path("out/P-1/course.json").exists()


@pytest.mark.parametrize("together", [(), ("--together",)], ids=["one by one", "as one"])
def test_a_course_that_is_done_again_on_the_same_dates_is_its_next_revision(book, together):
    roster_file(rows_of(2, MONDAY, latest_start="2027-06-30"))
    batch(*together)
    before, first = held(), load_course("out/P-1")
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"\nphone = "555 0100"', "09:00-12:00")
    again = "batch", "roster.csv", "-o", "out", "--resume", "--quiet", *together
    run(*again, "--made-at", "2026-11-24T10:00")
    assert held() == before
    assert listed() == {"P-1": 2, "P-2": 2}
    (course,) = (one for one in exported() if one.patient == "P-1")
    assert course == load_course("out/P-1")
    assert (course.course_id, course.revision) == (first.course_id, 2)
    assert rows(book, "SELECT count(*) FROM bookings") == [(12,)]
    logged = rows(book, "SELECT revision, what FROM log ORDER BY number")
    assert logged == [(number, "planned by batch") for number in (1, 1, 2, 2)]
    run(*again)
    assert listed() == {"P-1": 2, "P-2": 2}, "and then it stays"
    run("revise", "P-1", "driver", "1", "--name", "Sam", *TODAY)
    assert listed() == {"P-1": 3, "P-2": 2}


def test_a_course_that_is_done_again_goes_on_from_the_register_where_no_file_is(book):
    roster_file(rows_of(1))
    batch("--format", "ics")
    (first,) = exported()
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"\nphone = "555 0100"', "09:00-12:00")
    again = "--resume", "--quiet", "--format", "ics", "--made-at", "2026-11-24T10:00"
    run("batch", "roster.csv", "-o", "out", *again)
    (course,) = exported()
    assert (course.course_id, course.revision) == (first.course_id, 2)


def test_a_course_that_was_done_again_gives_its_chairs_back_as_well(book):
    asked = rows_of(1)
    roster_file(asked)
    batch()
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"\nphone = "555 0100"', "09:00-12:00")
    again = "batch", "roster.csv", "-o", "out", "--resume", "--quiet"
    run(*again)
    asked[0]["start"] = "2027-05-03"
    roster_file(asked)
    run(*again)
    assert min(held())[0] >= "2027-05-03"
    asked[0]["days"] = "sat"
    roster_file(asked)
    run(*again, code=5)
    assert listed() == {}


def test_a_course_that_is_done_again_and_cannot_be_written_is_as_before(book, monkeypatch):
    roster_file(rows_of(1))
    batch()
    before = exported()
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"\nphone = "555 0100"', "09:00-12:00")

    def refuses(*_, **__):
        raise BadRequest("output", "cannot be written")

    monkeypatch.setattr("ketasched.batch.worker.write_patient_folder", refuses)
    run("batch", "roster.csv", "-o", "out", "--resume", "--quiet", "--jobs", "1", code=5)
    assert exported() == before
    assert rows(book, "SELECT count(*) FROM bookings") == [(6,)]


def test_a_folder_that_cannot_be_written_leaves_no_booking(book):
    roster_file(rows_of(2, MONDAY, latest_start="2027-06-30"))
    Path("out").mkdir()
    Path("out/P-1").write_text("mine")
    batch(code=5)
    assert listed() == {"P-2": 1}
    assert [row["patient"] for row in rejects()] == ["P-1"]


def test_a_run_that_was_stopped_after_booking_finds_its_course_again(book, monkeypatch):
    roster_file(rows_of(2, MONDAY, latest_start="2027-06-30"))

    def stops(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr("ketasched.batch.pipeline.Pipeline._receive", stops)
        batch(code=130)
    before = held()
    assert len(before) == 12
    run("batch", "roster.csv", "-o", "out", "--resume", "--quiet")
    assert held() == before
    assert [row["status"] for row in manifest()] == ["planned", "planned"]


def test_a_roster_that_is_only_tried_books_nothing_and_heeds_its_own_rows(book):
    plan("P-0")
    roster_file(rows_of(2, MONDAY, latest_start="2027-06-30"))
    before = held()
    result = run("batch", "roster.csv", "-o", "out", "--dry-run", "--made-at", "2026-11-23T10:00")
    assert held() == before
    lines = result.stdout.splitlines()[1:]
    days = [one[:10] for line in lines for one in line.split(",")[5].split("|")]
    assert len(days) == len(set(days)) == 12


def test_a_course_of_a_run_without_the_register_is_entered_when_it_goes_on_with_it(
    clinic, address
):
    roster_file(rows_of(2, MONDAY, latest_start="2027-06-30"))
    batch()
    run("batch", "roster.csv", "-o", "out", "--resume", "--quiet", "--register", address)
    assert rows(address, "SELECT count(*) FROM bookings") == [(12,)]


# --- when it cannot be


def test_a_missing_extra_is_named(clinic, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    for name in [one for one in sys.modules if one.startswith("ketasched.register.")]:
        monkeypatch.delitem(sys.modules, name)
    result = plan("P-1", "--register", "book.db", code=2)
    assert "--register: a register needs the extra that brings its database" in result.stderr
    assert "try: pip install 'ketasched[register]'" in result.stderr


def test_a_missing_driver_of_postgresql_is_named(clinic, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    result = plan("P-1", "--register", "postgresql://localhost/book", code=2)
    assert "try: pip install 'ketasched[postgres]'" in result.stderr


def test_a_server_that_refuses_is_one_clear_error(clinic, server: Server):
    nowhere = str(server.server.get_uri("nowhere"))
    result = plan("P-1", "--register", nowhere, code=6)
    assert 'database "nowhere" does not exist' in result.stderr
    assert "nothing was entered" in result.stderr
    assert "Traceback" not in result.output


def test_who_may_not_write_is_told_so(clinic, server: Server):
    address = server.new()
    plan("P-1", "--register", address)
    rows(server.server.get_uri(), "SELECT 1")
    import psycopg  # noqa: PLC0415 - as another program

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    reader = address.replace("postgres:", "reader:")
    assert "P-1" in run("register", "list", "--register", reader).stdout
    result = plan("P-2", "--latest-start", "2027-06-30", "--register", reader, code=6)
    assert "permission denied" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="rights are other ones there")
def test_a_file_that_may_only_be_read_refuses_entries_and_a_backup_can_be_read(clinic):
    shared = Path("/tmp") / f"ketasched-read-only-{os.getpid()}"  # noqa: S108 - others have to get there
    shared.mkdir()
    try:
        address = str(shared / "book.db")
        plan("P-1", "--register", address)
        run("register", "backup", str(shared / "backup.db"), "--register", address)
        before = Path(address).read_bytes()
        place = str(shutil.copy(clinic, shared))
        for path in shared.iterdir():
            path.chmod(0o444)
        shared.chmod(0o555)
        code, said = as_nobody(
            "plan",
            "--patient",
            "P-2",
            "--start",
            MONDAY,
            "--latest-start",
            "2027-06-30",
            "--clinic",
            place,
            "--register",
            address,
        )
        assert code == 6, said
        assert "the register refuses: attempt to write a readonly database" in said
        assert "nothing was entered" in said
        assert Path(address).read_bytes() == before
        code, said = as_nobody("register", "list", "--register", str(shared / "backup.db"))
        assert (code, "P-1" in said) == (0, True), said
    finally:
        shared.chmod(0o755)
        shutil.rmtree(shared)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are other ones there")
@pytest.mark.parametrize("register", [(), ("--register", "{}/book.db")], ids=["file", "register"])
@pytest.mark.parametrize(
    "command",
    [
        ("show", "{}/hidden/P-1"),
        ("suggest", "{}/hidden/P-1", "3"),
        ("revise", "{}/hidden/P-1", "complete", "1"),
        ("publish", "{}/hidden/P-1", "--to", "{}/feeds"),
        ("invite", "{}/hidden/P-1/course.json", "-o", "{}/outbox"),
    ],
    ids=lambda words: words[0],
)
def test_a_course_where_one_may_not_look_is_one_that_cannot_be_read(clinic, command, register):
    shared = Path("/tmp") / f"ketasched-hidden-{os.getpid()}"  # noqa: S108 - others have to get there
    shared.mkdir()
    try:
        address = str(shared / "book.db")
        plan("P-1", "--register", address, "-o", str(shared / "hidden"))
        for path in (shared, *shared.glob("book.db*")):
            path.chmod(0o777)
        (shared / "hidden").chmod(0o700)
        use = () if command[0] == "show" else register
        # Modules that nobody may read where they lie have to be there already.
        CliRunner().invoke(main, [word.format(Path.cwd()) for word in command])
        code, said = as_nobody(*(word.format(shared) for word in (*command, *use)))
        assert code == 3, said
        assert ": cannot be read: Permission denied" in said
        assert "written" not in said
        assert not (shared / "feeds").exists()
        assert not (shared / "outbox").exists()
    finally:
        shutil.rmtree(shared)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are other ones there")
def test_a_register_where_one_may_not_look_refuses(clinic):
    shared = Path("/tmp") / f"ketasched-hidden-{os.getpid()}"  # noqa: S108 - others have to get there
    shared.mkdir(mode=0o700)
    try:
        address = str(shared / "book.db")
        plan("P-1", "--register", address)
        code, said = as_nobody("register", "list", "--register", address)
        assert code == 6, said
        assert "book.db: the register refuses: Permission denied" in said
        assert "give another --register" in said
    finally:
        shutil.rmtree(shared)


def test_a_name_that_is_too_long_for_a_file_is_nobodys(book):
    plan("P-1")
    for command in (
        ("revise", "{}", "complete", "1"),
        ("suggest", "{}", "1"),
        ("publish", "{}", "--to", "out"),
    ):
        refused = run(*(word.format("x" * 300) for word in command), code=3)
        assert "there is no such file, and no such patient in the register" in refused.stderr


def as_nobody(*arguments: str) -> tuple[int, str]:
    """The command by somebody who may write nothing here."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        if os.geteuid() == 0:
            os.chdir("/")
            os.seteuid(65534)
        result = CliRunner().invoke(main, list(arguments))
        os.write(write, result.output.encode())
        os._exit(result.exit_code)
    os.close(write)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read) as file:
        return os.waitstatus_to_exitcode(status), file.read()


# --- what would go wrong unnoticed


def test_a_course_that_lost_its_chairs_says_so(book):
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-17:00")
    row = {"start": MONDAY, "latest_start": MONDAY}
    first, last = {"between": "09:00-11:00"}, {"between": "14:00-16:00"}
    roster_file([{"patient": "P-1"} | row | first, {"patient": "P-2"} | row | last])
    batch()
    Path("out/P-1/P-1.txt").unlink()
    Path("out/P-1/P-1.txt/in the way").mkdir(parents=True)
    noon = {"between": "11:30-13:30"}
    roster_file([{"patient": "P-1"} | row | noon, {"patient": "P-2"} | row | first])
    batch("--resume", code=5)
    (line,) = [one for one in rejects() if one["patient"] == "P-1"]
    assert "has lost its chairs in the register" in line["reason"]
    assert listed() == {"P-2": 1}


def test_a_course_that_was_revised_without_the_register_is_entered_before_others_sit_there(book):
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-17:00")
    roster_file(rows_of(1))
    batch()
    os.environ.pop("KETASCHED_REGISTER")
    run("revise", "out/P-1", "defer", "1", "--to", "2027-04-06T13:00", "--reason", "flu", *TODAY)
    os.environ["KETASCHED_REGISTER"] = book
    more = {"patient": "P-2", "start": "2027-04-06", "between": "13:00-17:00", "time": "13:00"}
    roster_file([*rows_of(1), more])
    batch("--resume")
    assert listed()["P-1"] == 2
    starts = [start for start, _ in held()]
    assert len(starts) == len(set(starts)) == 12


def test_a_change_gives_nobody_two_courses_at_once(book):
    clinic_file("clinic.toml", 'chairs = 3\nid_salt = "x"', "09:00-17:00")
    plan("P-1")
    (first,) = exported()
    run("revise", first.course_id, "hold", "--reason", "away", *TODAY)
    run("plan", "--patient", "P-1", "--start", "2027-06-07", "--made-at", MOMENT)
    again = ("resume", "--on", "2027-06-07", *TODAY)
    refused = run("revise", first.course_id, *again, code=6).stderr
    assert "has a course in the register" in refused
    other = next(one for one in exported() if one.course_id != first.course_id)
    step = f"end that one first, then the same again: ketasched revise {other.course_id} cease"
    assert step in refused
    run("revise", first.course_id, "cease", "--reason", "moved", *TODAY)
    run("revise", first.course_id, "undo", *TODAY)


def test_of_two_courses_that_are_not_over_none_is_chosen_silently(book):
    plan("P-1")
    run("plan", "--patient", "P-1", "--start", "2027-06-07", "--made-at", MOMENT)
    for asked in (("revise", "P-1", "driver", "1", "--name", "Sam"), ("suggest", "P-1", "1")):
        refused = run(*asked, *TODAY, code=3)
        assert "has 2 courses in the register that are not over" in refused.stderr
        assert all(course.course_id in refused.stderr for course in exported())
    run("suggest", "P-1", "1", "--today", "2027-05-30")


def test_a_uid_of_another_course_is_refused(book):
    plan("P-1")
    run("plan", "--patient", "P-2", "--start", "2027-05-03", "--made-at", MOMENT, "-o", "out")
    text = Path("out/P-2/course.json").read_text(encoding="utf-8")
    one, other = (next(c for c in exported() if c.patient == p) for p in ("P-1", "P-2"))
    run("revise", "P-2", "cease", "--reason", "x", *TODAY)
    text = text.replace(other.visits[0].uid, one.visits[0].uid)
    text = text.replace(other.course_id, "00000000-0000-5000-8000-000000000000")
    Path("out/P-2/course.json").write_text(text, encoding="utf-8")
    refused = run("register", "import", "out/P-2/course.json", *TODAY, code=5)
    assert "identifier (uid)" in refused.stderr


def test_a_password_among_the_options_of_an_address_is_not_printed(clinic):
    address = "postgresql://127.0.0.1:1/x?password=hidden"
    assert "hidden" not in run("register", "list", "--register", address, code=6).output


@pytest.mark.parametrize("how", ["cut off", "overwritten", "no schema", "odd schema"])
def test_a_damaged_file_is_no_bug_of_ours(how, clinic):
    plan("P-1", "--register", "book.db")
    path = Path("book.db")
    if how == "cut off":
        os.truncate(path, path.stat().st_size // 2)
    elif how == "overwritten":
        data = path.read_bytes()
        path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    else:
        with closing(sqlite3.connect(path)) as connection:
            value = "DELETE FROM ketasched" if how == "no schema" else ODD_SCHEMA
            connection.execute(value)
            connection.commit()
    refused = run("register", "list", "--register", "book.db", code=3)
    assert "is damaged" in refused.stderr
    assert "register restore BACKUP" in refused.stderr


ODD_SCHEMA = "UPDATE ketasched SET schema_number = 0"


def test_a_backup_is_restored_through_a_link_to_the_register_itself(clinic):
    plan("P-1", "--register", "book.db")
    run("register", "backup", "kept.db", "--register", "book.db")
    plan("P-2", "--register", "book.db")
    Path("link.db").symlink_to("book.db")
    run("register", "restore", "kept.db", "--force", "--register", "link.db")
    assert Path("link.db").is_symlink()
    assert listed("--register", "book.db") == {"P-1": 1}


def test_a_backup_is_restored_although_the_log_of_a_killed_writer_is_left(clinic):
    plan("P-1", "--register", "book.db")
    run("register", "backup", "monday.db", "--register", "book.db")
    with closing(sqlite3.connect("book.db")) as keeps_the_log:
        keeps_the_log.execute("SELECT count(*) FROM sqlite_master").fetchone()
        plan("P-2", "--register", "book.db", "--latest-start", "2027-06-07")
        for ending in ("", "-wal"):
            shutil.copyfile(f"book.db{ending}", f"killed.db{ending}")
    assert Path("killed.db-wal").stat().st_size
    refused = run("register", "restore", "monday.db", "--register", "killed.db", code=6)
    assert "would be lost" in refused.stderr
    run("register", "restore", "monday.db", "--register", "killed.db", "--force")
    assert listed("--register", "killed.db") == {"P-1": 1}
    assert Path("killed.db").stat().st_mode & 0o777 == 0o600
    plan("P-3", "--register", "killed.db", "--latest-start", "2027-06-07")
    with closing(sqlite3.connect("killed.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
