"""Nothing that is booked is lost: two spellings of a patient, backups put back, whole imports."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from threading import Timer

import pytest

from ketasched.errors import Refused
from ketasched.model import Change, Course, TimeRange
from ketasched.model.holds import CHAIR, Hold
from ketasched.register.backup import back_up, restore
from ketasched.register.database import reading, writing
from ketasched.register.database_errors import ConnectionLost
from ketasched.register.records import BookingRequest, Conflict, LogEntry
from ketasched.register.register import Register
from ketasched.register.writes import write_course
from ketasched.revising.revise import revise
from ketasched.rules.base import NO_BOOKINGS, VisitRule
from tests.conftest import MADE_AT
from tests.register.databases import rows
from tests.register.orders import MONDAY, booked, order, small
from tests.register.terminal import TODAY, exported, held, listed, plan, run
from tests.support.batches import clinic_file, roster_file, rows_of
from tests.support.crashes import until
from tests.support.forked import Forked

MORNING = TimeRange.read("09:00-11:30")


@pytest.fixture
def register(address) -> Register:
    return Register.open(address)


# --- one patient under two spellings

SPELLINGS = {
    "case": ("Jane-1", "jane-1"),
    "Unicode form": ("Ren\u00e9e", "Rene\u0301e"),
    "sharp s": ("Gro\u00df", "GROSS"),
}


@pytest.mark.parametrize("pair", SPELLINGS.values(), ids=SPELLINGS)
def test_one_patient_under_two_spellings_gets_one_course(register, pair):
    first, second = pair
    booked(register, first)
    with pytest.raises(Conflict, match="has a course in the register") as refusal:
        booked(register, second)
    assert first in refusal.value.next_step
    booked(register, second, start=MONDAY + timedelta(28))
    assert [entry.patient for entry in register.entries(patient=first)] == [first]


def test_an_import_gives_nobody_two_courses_under_two_spellings(register):
    booked(register, "Jane-1")
    course = order("jane-1", between=MORNING).make(NO_BOOKINGS)
    with pytest.raises(Conflict, match="jane-1, written Jane-1, has a course"):
        register.enter(course, LogEntry(MADE_AT, "imported"))


# --- identifiers that are names


def test_no_course_is_called_like_another_patient(book):
    plan("P-1")
    said = plan("P-2", "--course-id", "p-1", "--latest-start", "2027-06-30", code=6).stderr
    assert "the identifier of the course is the reference of another patient" in said
    assert listed() == {"P-1": 1}


def test_no_patient_is_called_like_anothers_course(book):
    plan("P-1", "--course-id", "second")
    said = plan("second", "--latest-start", "2027-06-30", code=6).stderr
    assert "is the identifier of another patient's course" in said
    assert listed() == {"P-1": 1}


def test_a_course_may_be_called_like_its_own_patient(book):
    plan("P-1", "--course-id", "P-1")
    assert listed() == {"P-1": 1}


# --- a backup is put back while others write


def test_who_has_the_register_open_is_refused_once_a_backup_was_put_back(tmp_path):
    path, backup = tmp_path / "book.db", tmp_path / "backup.db"
    book = Register.open(str(path))
    booked(book, "P-1")
    back_up(book.engine, backup)
    restore(Register.open(str(backup)).engine, path)
    with pytest.raises(Refused, match="a backup was restored meanwhile") as refusal:
        booked(book, "P-2")
    assert refusal.value.exit_code == 6
    assert booked(Register.open(str(path)), "P-2")
    assert sorted(one for (one,) in rows(str(path), "SELECT patient FROM courses")) == [
        "P-1",
        "P-2",
    ]


def keep_booking(address: str, number: int, said: str) -> None:
    """Book until the register refuses, and say who was booked before that."""
    book = Register.open(address)
    with Path(said).open("a", buffering=1, encoding="utf-8") as file:
        for count in range(1000):
            patient = f"C{number}-{count}"
            try:
                booked(book, patient, at=small(4), start=MONDAY + timedelta(28 * count))
            except Refused as error:
                file.write(f"refused: {error.what}\n")
                return
            file.write(f"{patient}\n")


def test_clerks_who_book_while_a_backup_is_put_back_are_told_and_lose_nothing_after(tmp_path):
    path, backup = tmp_path / "book.db", tmp_path / "backup.db"
    book = Register.open(str(path))
    booked(book, "P-1")
    back_up(book.engine, backup)
    said = [tmp_path / f"clerk-{number}.txt" for number in range(3)]
    at_work = [Forked(keep_booking, str(path), n, str(one)) for n, one in enumerate(said)]
    until(lambda: all(one.exists() and one.stat().st_size for one in said))
    restore(Register.open(str(backup)).engine, path)
    for process in at_work:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    for one in said:
        assert (
            "a backup was restored meanwhile" in one.read_text(encoding="utf-8").splitlines()[-1]
        )
    assert rows(str(path), "SELECT patient FROM courses") == [("P-1",)]
    assert rows(str(path), "PRAGMA integrity_check") == [("ok",)]
    assert not [one for one in tmp_path.iterdir() if ".part" in one.name]


def test_a_roster_that_is_interrupted_by_a_restored_backup_goes_on_with_resume(
    clinic, monkeypatch
):
    plan("P-0", "--register", "book.db")
    run("register", "backup", "kept.db", "--register", "book.db")
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    roster_file(rows_of(4, latest_start="2027-09-30"))
    book_once = Register.book
    done: list[BookingRequest] = []

    def and_restored(self, booking):
        if len(done) == 2:
            run("register", "restore", "kept.db", "--force")
        done.append(booking)
        return book_once(self, booking)

    with monkeypatch.context() as context:
        context.setattr(Register, "book", and_restored)
        roster = ("batch", "roster.csv", "-o", "out", "--jobs", "1")
        run(*roster, "--made-at", "2026-11-23T10:00", code=6)
    assert listed() == {"P-0": 1}
    run(*roster, "--resume")
    assert listed() == {f"P-{number}": 1 for number in range(5)}
    starts = [start for start, _ in held()]
    assert len(starts) == len(set(starts)) == 30


def test_a_damaged_register_is_replaced_by_a_backup(clinic):
    plan("P-1", "--register", "book.db")
    run("register", "backup", "kept.db", "--register", "book.db")
    Path("book.db").write_bytes(b"nothing" * 1000)
    run("register", "restore", "kept.db", "--force", "--register", "book.db")
    assert listed("--register", "book.db") == {"P-1": 1}


# --- rules about who else comes


class OneADay(VisitRule):
    """No more than one visit a day at the clinic."""

    name = "one-a-day"

    def slot(self, slot, context):
        midnight = slot.start.replace(hour=0, minute=0).timestamp()
        if context.bookings.peak(Hold(CHAIR, midnight, midnight + 86400)):
            return self.finding("somebody else comes that day")
        return None


@pytest.fixture
def one_a_day(monkeypatch) -> None:
    """Let a new rule be one of those that are asked."""
    tables = "check.VISIT_RULES", "availability.SLOT_RULES", "availability.PATIENT_SLOT_RULES"
    for table in tables:
        name, _, rules = table.rpartition(".")
        module = import_module(f"ketasched.planning.{name}")
        monkeypatch.setattr(module, rules, [*getattr(module, rules), OneADay()])


@pytest.mark.usefixtures("one_a_day")
def test_a_rule_about_who_else_comes_is_asked_again_before_the_entry(register, address):
    quicker: list[Course] = []

    def make(bookings):
        course = order("P-1", small(4)).make(bookings)
        if not quicker:
            quicker.extend(booked(register, "P-2", at=small(4)))
        return course

    register.book(replace(order("P-1", small(4)), make=make))
    days = rows(address, "SELECT day, count(*) FROM bookings GROUP BY day")
    assert {count for _, count in days} == {1}


def test_an_override_that_was_decided_is_not_asked_again(register):
    one, other = booked(register, "P-1", "P-2")
    meanwhile: list[Course] = []

    def make(bookings):
        if not meanwhile:
            meanwhile.extend(booked(register, "P-3"))
        change = Change("defer", 1, on=MONDAY, time=one.clinic.preferred_start)
        let_in = replace(change, overrides=("capacity",), scope="visit")
        return revise(other, let_in, at=MADE_AT, why="x", bookings=bookings)

    line = LogEntry(MADE_AT, "", "Dr. Okafor")
    after = register.book(BookingRequest(other.clinic, make, line, before=other))
    assert after.visits[0].start == one.visits[0].start


# --- a connection that is lost


@pytest.mark.parametrize("is_entered", [True, False], ids=["after the commit", "before it"])
def test_an_entry_whose_answer_is_lost_is_made_once(register, monkeypatch, is_entered):
    course = order("P-1").make(NO_BOOKINGS)
    lost: list[object] = []

    def loses(connection, *arguments, **named):
        written(connection, *arguments, **named)
        if not lost:
            lost.append(connection)
            if is_entered:
                connection.commit()
            raise ConnectionLost("gone")

    written = write_course
    monkeypatch.setattr("ketasched.register.register.write_course", loses)
    assert register.enter(course, LogEntry(MADE_AT, "imported"))
    assert [line.what for line in register.log(course.course_id)] == ["imported"]


def break_once(monkeypatch, transaction) -> list[object]:
    """Have the connection break at the end of the first transaction; what broke, once it has."""
    lost: list[object] = []

    @contextmanager
    def breaks(engine):
        with transaction(engine) as connection:
            yield connection
        if not lost:
            lost.append(connection)
            raise ConnectionLost("gone")

    monkeypatch.setattr(f"ketasched.register.register.{transaction.__name__}", breaks)
    return lost


ASKED = {
    "its entry": lambda register, course: register.entry(course.course_id).patient == "P-1",
    "the course": lambda register, course: register.course(course.course_id) == course,
    "its log": lambda register, course: len(register.log(course.course_id)) == 1,
    "all entries": lambda register, course: len(register.entries()) == 1,
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_what_is_asked_while_the_connection_breaks_is_asked_again(register, monkeypatch, ask):
    (course,) = booked(register, "P-1")
    lost = break_once(monkeypatch, reading)
    assert ask(register, course)
    assert lost


def test_a_course_is_withdrawn_once_although_the_connection_breaks(register, monkeypatch):
    (course,) = booked(register, "P-1")
    lost = break_once(monkeypatch, writing)
    register.withdraw(course.course_id, LogEntry(MADE_AT, "withdrawn"))
    assert lost
    assert [line.what for line in register.log(course.course_id)] == ["planned", "withdrawn"]


def test_who_asks_while_the_server_is_killed_waits_until_it_is_back(server):
    register = Register.open(server.new())
    booked(register, "P-1")
    server.kill()
    start = Timer(0.5, server.start)
    start.start()
    assert [entry.patient for entry in register.entries()] == ["P-1"]
    start.join()


def test_who_asks_while_the_server_stays_away_is_told(server, monkeypatch):
    monkeypatch.setattr("ketasched.register.lost_connection.SECONDS_TO_COME_BACK", 1)
    register = Register.open(server.new())
    server.kill()
    with pytest.raises(ConnectionLost, match="refuses: "):
        register.entries()
    server.start()
    assert register.entries() == []


# --- whole imports


def test_a_book_whose_clinic_got_more_chairs_is_imported_whole(book, tmp_path):
    clinic_file("clinic.toml", 'chairs = 2\nid_salt = "x"', "09:00-12:00")
    plan("A")
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-12:00")
    plan("Z", "--latest-start", "2027-06-30")
    clinic_file("clinic.toml", 'chairs = 3\nid_salt = "x"', "09:00-12:00")
    for patient in ("B", "C"):
        plan(patient)
    revise_all = ("driver", "1", "--name", "Sam", *TODAY, "--clinic", "clinic.toml")
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-12:00")
    for patient in ("A", "B", "C"):
        run("revise", patient, *revise_all)
    assert_imported_whole(tmp_path)


def test_a_book_with_overridden_chairs_is_imported_whole(book, tmp_path):
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-17:00")
    plan("Z", "--time", "09:00")
    plan("A", "--time", "13:00")
    over = ("--override", "capacity", "--reason", "x", "--scope", "visit", *TODAY)
    starts = {course.patient: course.visits for course in exported()}
    run("revise", "A", "defer", "1", "--to", f"{starts['Z'][0].start:%Y-%m-%dT%H:%M}", *over)
    run("revise", "Z", "defer", "2", "--to", f"{starts['A'][1].start:%Y-%m-%dT%H:%M}", *over)
    assert_imported_whole(tmp_path)


def assert_imported_whole(tmp_path: Path) -> None:
    before = exported()
    Path("all.ndjson").write_text(run("register", "export").stdout, encoding="utf-8")
    other = str(tmp_path / "other.db")
    run("register", "import", "all.ndjson", *TODAY, "--register", other)
    assert run("register", "export", "--register", other).stdout == Path("all.ndjson").read_text()
    assert len(before) == len(listed("--register", other))


def test_courses_that_were_planned_alone_are_still_refused_one_chair(book, monkeypatch):
    with monkeypatch.context() as context:
        context.delenv("KETASCHED_REGISTER")
        plan("P-1", "-o", "out")
        plan("P-2", "-o", "out")
    refused = run("register", "import", "out/P-1", "out/P-2", *TODAY, code=5).stderr
    assert "all chairs are taken" in refused
    assert listed() == {"P-1": 1}


# --- files


def test_show_writes_no_older_revision_over_a_newer_one(book, monkeypatch):
    plan("P-1", "-o", "out")
    with monkeypatch.context() as context:
        context.delenv("KETASCHED_REGISTER")
        run("revise", "out/P-1", "driver", "1", "--name", "Sam", *TODAY)
    before = Path("out/P-1/course.json").read_bytes()
    said = run("register", "show", "P-1", "-o", "out", code=6).stderr
    assert "out/P-1: has revision 2 of the course, not 1" in said
    assert Path("out/P-1/course.json").read_bytes() == before
    run("register", "import", "out/P-1", *TODAY)
    run("register", "show", "P-1", "-o", "out")
    assert json.loads(Path("out/P-1/course.json").read_text())["revision"] == 2


def test_a_dry_run_knows_no_driver_who_does_not_drive(book):
    plan("P-0")
    late = ("--latest-start", "2027-06-07", "--dry-run", "--driver-name", "Sam")
    asked = (*late, "--for", "driver", "--rides-of")
    assert "Nobody drives to no visit" in plan("P-1", *asked, "Nobody", code=2).stderr
    plan("P-1", *asked, "Sam")


# --- the day sheet


def test_an_overridden_chair_stands_out_on_every_sheet(book):
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-17:00")
    plan("Z", "--time", "09:00")
    plan("A", "--time", "13:00")
    over = ("--override", "capacity", "--reason", "x", "--scope", "visit", *TODAY)
    day = "2027-04-05"
    run("revise", "A", "defer", "1", "--to", f"{day}T09:00", *over)
    text = run("day", day).stdout
    assert "2 visits, 2 without a driver, 1 without a chair" in text
    (line,) = (line for line in text.splitlines() if "NO CHAIR" in line)
    assert "A" in line.split()
    for form in ("csv", "ics"):
        assert "NO CHAIR" in run("day", day, "--format", form).stdout
    assert '<span class="tag">NO CHAIR</span>' in run("day", day, "--format", "html").stdout
    found = json.loads(run("day", day, "--format", "json").stdout)["visits"]
    assert {one["patient"]: one["without_chair"] for one in found} == {"A": True, "Z": False}
