"""The register's book: whole or not at all, never two on a chair, and what it says when not."""

import errno
import json
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from signal import SIGKILL

import pytest
from sqlalchemy.exc import DBAPIError

from ketasched.errors import BadFile, BadRequest, NoPlan, Refused
from ketasched.model import Change, Course, Driver, TimeRange
from ketasched.planning.check import check
from ketasched.register import database
from ketasched.register.backup import back_up
from ketasched.register.booked_visit import Allowance, BookedVisit, Excess, Limits, first_excess
from ketasched.register.chair_assignment import assign_chairs
from ketasched.register.database import writing
from ketasched.register.database_errors import ConnectionLost
from ketasched.register.migrations import MIGRATIONS
from ketasched.register.records import Conflict, LogEntry
from ketasched.register.register import Register
from ketasched.register.tables import BOOKINGS, COURSES, LOG, SCHEMA, VERSION
from ketasched.rules.base import NO_BOOKINGS
from tests.conftest import IS_FULL, MADE_AT, ROOT
from tests.register.clerks import Clerk
from tests.register.databases import rows
from tests.register.inspection import inspected
from tests.register.orders import MONDAY, booked, moved, order, small

HOURS = TimeRange.read("09:00-11:30")
"""Room for one visit on a chair."""

ALL_SEATS = "SELECT begins, ends, chair FROM bookings ORDER BY begins, chair"


@pytest.fixture
def book(address) -> Register:
    return Register.open(address)


# --- entries


def test_a_course_is_planned_beside_those_that_are_booked(book):
    one, other = booked(book, "P-1", "P-2")
    taken = {(visit.start, visit.end) for visit in one.visits}
    for visit in other.visits:
        assert all(visit.end <= start or end <= visit.start for start, end in taken)


def test_what_is_in_the_book_is_the_course_itself(book):
    (course,) = booked(book, "P-1")
    (entry,) = book.entries()
    assert book.course(entry.course_id) == course
    first, last = (visit.start.date().isoformat() for visit in course.visits[::5])
    assert entry[1:] == ("Riverbend Clinic", "P-1", 1, first, last)


def test_the_log_names_no_driver_whose_change_is_undone(book):
    (course,) = booked(book, "P-1")
    course = moved(book, course, Change("driver", 2, driver=Driver("Ann Lee")))
    moved(book, course, Change("undo"))
    assert [line.what for line in book.log(course.course_id)] == [
        "planned",
        "visit 2: another driver",
        "undone: visit 2: another driver",
    ]


def test_clinics_do_not_share_chairs(book, address):
    here, there = small(), small(id_salt="another", name="High Street")
    one, other = booked(book, "P-1", at=here) + booked(book, "P-1", at=there)
    assert [visit.start for visit in one.visits] == [visit.start for visit in other.visits]
    assert [entry.patient for entry in book.entries(here)] == ["P-1"]


def test_a_patient_has_one_course_at_a_time(book):
    booked(book, "P-1")
    with pytest.raises(Refused, match="P-1 has a course in the register, Mon 4 Jan 2027 to") as no:
        booked(book, "P-1", start=MONDAY + timedelta(7))
    assert "register show P-1 -o DIR" in no.value.next_step
    booked(book, "P-1", start=MONDAY + timedelta(28))
    assert len(book.entries(patient="P-1")) == 2


def test_where_nothing_fits_nothing_is_entered(book, address):
    booked(book, "P-1", between=HOURS)
    with pytest.raises(NoPlan):
        booked(book, "P-2", between=HOURS, latest_start=MONDAY)
    assert rows(address, "SELECT count(*) FROM log") == [(1,)]
    assert rows(address, "SELECT count(*) FROM bookings") == [(6,)]


# --- files beside an entry


def test_files_that_cannot_be_prepared_leave_no_entry(book, address):
    def fails(course):
        raise Refused("the disk is full")

    with pytest.raises(Refused, match=r"^the disk is full$"):
        book.book(replace(order("P-1"), files=fails))
    assert book.entries() == []
    assert rows(address, "SELECT count(*) FROM bookings") == [(0,)]


def test_nobody_waits_for_the_files_of_somebody_else(book, address):
    """While files are prepared, and while they get their names, another clerk books."""
    later = MONDAY + timedelta(70)

    @contextmanager
    def files(course):
        booked(Register.open(address), "P-2", start=later)
        yield
        booked(Register.open(address), "P-3", start=later)

    book.book(replace(order("P-1"), files=files))
    assert len(book.entries()) == 3


def test_who_was_too_slow_gets_the_files_of_the_course_that_is_entered(book):
    log = []

    @contextmanager
    def files(course):
        start = course.visits[0].start
        log.append(("prepared", start))
        if len(log) == 1:
            booked(book, "P-2")
        try:
            yield
        except BaseException:
            log.append(("thrown away", start))
            raise
        log.append(("named", start))

    course = book.book(replace(order("P-1"), files=files))
    first, entered = log[0][1], course.visits[0].start
    assert first != entered
    assert log == [
        ("prepared", first),
        ("thrown away", first),
        ("prepared", entered),
        ("named", entered),
    ]


def test_a_course_that_is_planned_under_the_lock_gets_its_files_after_the_entry(book):
    """Whoever was overtaken three times books before the files are prepared: nobody waits."""
    others, entered = iter(range(100)), []

    def make(bookings):
        course = order("P-1", small(4, 1)).make(bookings)
        if (number := next(others)) < 3:
            booked(book, f"Q-{number}", at=small(4, 1))
        return course

    @contextmanager
    def files(course):
        entered.append(len(book.entries(patient="P-1")))
        yield

    book.book(replace(order("P-1", small(4, 1)), make=make, files=files))
    assert entered == [0, 0, 0, 1]


def test_who_is_entered_without_files_is_told_how_to_get_them(book):
    @contextmanager
    def files(course):
        yield
        raise Refused("courses/P-1: cannot be written: Is a directory")

    with pytest.raises(Refused) as refusal:
        book.book(replace(order("P-1"), files=files))
    assert refusal.value.what == (
        "P-1 is booked, but the files are not written: "
        "courses/P-1: cannot be written: Is a directory"
    )
    assert refusal.value.next_step == "ketasched register show P-1 -o DIR --force"
    assert refusal.value.exit_code == 6
    assert [entry.patient for entry in book.entries()] == ["P-1"]


@pytest.mark.parametrize("arrived", [True, False], ids=["the entry arrived", "it did not"])
def test_an_entry_whose_answer_is_lost_has_its_files(arrived, book, monkeypatch):
    named: list[Course] = []
    lost: list[bool] = []

    @contextmanager
    def files(course):
        yield
        named.append(course)

    @contextmanager
    def breaks(engine):
        if lost:
            with database.writing(engine) as connection:
                yield connection
            return
        lost.append(True)
        with suppress(ZeroDivisionError), database.writing(engine) as connection:
            yield connection
            if not arrived:
                raise ZeroDivisionError
        raise ConnectionLost("the register went away")

    monkeypatch.setattr("ketasched.register.register.writing", breaks)
    course = book.book(replace(order("P-1"), files=files))
    assert named == [course]
    assert [entry.patient for entry in book.entries()] == ["P-1"]


def test_a_course_that_could_not_be_read_again_is_not_entered(book):
    (course,) = booked(book, "P-1")
    last = 2**31 - 1
    visits = tuple(replace(visit, sequence=last) for visit in course.visits)
    at_the_end = replace(course, visits=visits)
    book.withdraw(course.course_id, LogEntry(MADE_AT, ""))
    book.enter(at_the_end, LogEntry(MADE_AT, "imported"))
    with pytest.raises(Conflict, match=r"could not be read again: .*sequence") as refusal:
        moved(book, at_the_end, Change("defer", visit=2, days=1))
    assert "as a new course" in refusal.value.next_step
    assert book.course(course.course_id) == at_the_end


# --- who is too slow


def test_who_was_too_slow_gets_what_is_left(book):
    quicker: list[Course] = []

    def make(bookings):
        course = order("P-1").make(bookings)
        if not quicker:
            quicker.extend(booked(book, "P-2"))
        return course

    course = book.book(replace(order("P-1"), make=make))
    assert course.visits[0].start != quicker[0].visits[0].start
    assert len(book.entries()) == 2


def test_who_was_too_slow_and_finds_nothing_left_is_told_so_with_what_would_do(book):
    quicker: list[Course] = []

    def make(bookings):
        course = order("P-1", between=HOURS, latest_start=MONDAY).make(bookings)
        if not quicker:
            quicker.extend(booked(book, "P-2", between=HOURS))
        return course

    def explain(error, bookings):
        return NoPlan(error.what, details=["would fit: Tuesday"], next_step="--start 2027-01-05")

    with pytest.raises(Conflict, match="taken meanwhile") as refusal:
        book.book(replace(order("P-1"), make=make, explain=explain))
    assert refusal.value.exit_code == 6
    assert refusal.value.details == ("would fit: Tuesday",)
    assert refusal.value.next_step == "--start 2027-01-05"
    assert len(book.entries()) == 1


def test_who_is_overtaken_again_and_again_books_at_last_while_the_others_wait(book):
    others = iter(range(100))
    waited = []

    def make(bookings):
        course = order("P-1", small(4, 1)).make(bookings)
        number = next(others)
        if number < 3:
            booked(book, f"Q-{number}", at=small(4, 1))
        waited.append(number)
        return course

    book.book(replace(order("P-1", small(4, 1)), make=make))
    assert waited == [0, 1, 2, 3]
    assert len(book.entries()) == 4


# --- revisions


def test_a_revision_gives_back_the_chairs_that_it_does_not_need(book, address):
    (course,) = booked(book, "P-1")
    later = moved(book, course, Change("defer", visit=2, days=1))
    assert later.revision == 2
    inspected_seats = {(begins, ends) for begins, ends, _ in rows(address, ALL_SEATS)}
    assert inspected_seats == {
        (int(visit.start.timestamp()), int(visit.end.timestamp())) for visit in later.visits
    }
    assert [line.what for line in book.log(course.course_id)] == [
        "planned",
        later.history[-1].what,
    ]
    assert book.log(course.course_id)[-1].by_whom == "Dr. Okafor"


def test_what_is_held_or_ends_holds_no_chair(book, address):
    (course,) = booked(book, "P-1")
    moved(book, course, Change("hold"))
    assert rows(address, ALL_SEATS) == []


def test_who_has_an_old_revision_is_sent_to_the_new_one(book):
    (course,) = booked(book, "P-1")
    moved(book, course, Change("defer", visit=2, days=1))
    with pytest.raises(Refused, match="another revision of this course: 2, not 1") as refusal:
        moved(book, course, Change("defer", visit=3, days=3))
    assert "register show P-1 -o DIR" in refusal.value.next_step


def test_a_course_that_differs_from_the_books_at_the_same_revision_is_refused(book):
    (course,) = booked(book, "P-1")
    with pytest.raises(Refused, match="another revision 1"):
        moved(book, replace(course, course_id=course.course_id, patient="P-9"), Change("hold"))


def test_a_course_that_is_not_in_the_book_has_to_be_imported_first(book):
    course = order("P-1").make(NO_BOOKINGS)
    with pytest.raises(Refused, match="is not in the register") as refusal:
        moved(book, course, Change("hold"))
    assert "register import" in refusal.value.next_step


def test_a_visit_that_is_let_in_by_an_override_takes_a_number_after_the_last_chair(book, address):
    one, other = booked(book, "P-1", "P-2")
    on, at = one.visits[0].start.date(), one.visits[0].start
    change = Change(
        "defer",
        visit=1,
        on=on,
        time=one.request.time or one.clinic.preferred_start,
        overrides=("capacity",),
    )
    after = moved(book, other, change)
    assert after.visits[0].start == at
    begins = int(at.timestamp())
    assert [chair for start, _, chair in rows(address, ALL_SEATS) if start == begins] == [0, 1]
    with pytest.raises(NoPlan):
        booked(book, "P-3", latest_start=MONDAY, time=change.time, between=HOURS)


# --- imports


def test_a_course_from_a_file_is_entered_once(book):
    course = order("P-1").make(NO_BOOKINGS)
    assert book.enter(course, LogEntry(MADE_AT, "imported"))
    assert not book.enter(course, LogEntry(MADE_AT, "imported"))
    assert [line.what for line in book.log(course.course_id)] == ["imported"]


def test_a_course_from_a_file_whose_chair_is_taken_is_refused_with_the_visit(book):
    booked(book, "P-1")
    course = order("P-2").make(NO_BOOKINGS)
    with pytest.raises(Refused, match=r"visit 1 of P-2, Mon 4 Jan 2027, 09:00: all chairs are"):
        book.enter(course, LogEntry(MADE_AT, "imported"))
    assert len(book.entries()) == 1


def test_what_is_over_is_entered_whoever_sat_there(book, address):
    booked(book, "P-1")
    course = order("P-2").make(NO_BOOKINGS)
    waived = {(visit.uid, "capacity") for visit in course.visits}
    book.enter(course, LogEntry(MADE_AT, "imported"), waived=waived)
    assert {chair for *_, chair in rows(address, ALL_SEATS)} == {0, 1}


# --- what the database itself holds


def test_the_database_refuses_two_on_a_chair_whoever_writes(book, address):
    booked(book, "P-1")
    (seat,) = rows(address, "SELECT clinic, day, begins, ends, course_id FROM bookings LIMIT 1")
    clinic, day, begins, ends, course_id = seat
    values = {"clinic": clinic, "day": day, "course_id": course_id, "chair": 0}
    for number, (start, end) in enumerate(((begins + 60, ends), (begins - 60, begins + 60))):
        new = BOOKINGS.insert().values(uid=f"x{number}", begins=start, ends=end, **values)
        with pytest.raises(DBAPIError), writing(book.engine) as connection:
            connection.execute(new)
    beside = BOOKINGS.insert().values(uid="y", begins=ends, ends=ends + 60, **values)
    with writing(book.engine) as connection:
        connection.execute(beside)


@pytest.mark.parametrize("statement", [LOG.delete(), LOG.update().values(what="nothing")])
def test_the_database_keeps_the_log_as_it_is(book, statement):
    booked(book, "P-1")
    with pytest.raises((DBAPIError, Refused)), writing(book.engine) as connection:
        connection.execute(statement)


def test_a_register_of_a_later_program_is_refused(book, address):
    with writing(book.engine) as connection:
        connection.execute(VERSION.update().values(schema_number=99))
    with pytest.raises(Refused, match=f"schema 99 is of a later ketasched; this one has {SCHEMA}"):
        Register.open(address)


def test_a_register_of_an_earlier_program_is_brought_up_to_date_once(book, address, monkeypatch):
    booked(book, "P-1")
    done = []

    def add_a_column(connection):
        connection.exec_driver_sql("ALTER TABLE courses ADD COLUMN colour TEXT")
        done.append(connection)

    monkeypatch.setattr(database, "SCHEMA", SCHEMA + 1)
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, add_a_column))
    for _ in range(2):
        assert not Register.open(address).is_new
    assert len(done) == 1
    assert rows(address, "SELECT colour FROM courses") == [(None,)]
    assert rows(address, "SELECT schema_number FROM ketasched") == [(SCHEMA + 1,)]


def test_a_migration_that_fails_changes_nothing(book, address, monkeypatch):
    def breaks(connection):
        connection.exec_driver_sql("ALTER TABLE courses ADD COLUMN colour TEXT")
        raise Refused("no")

    monkeypatch.setattr(database, "SCHEMA", SCHEMA + 1)
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, breaks))
    with pytest.raises(Refused, match=r"^no$"):
        Register.open(address)
    assert rows(address, "SELECT schema_number FROM ketasched") == [(SCHEMA,)]


# --- addresses


def test_reading_makes_no_register(tmp_path):
    with pytest.raises(BadFile, match="there is no register"):
        Register.open(str(tmp_path / "typo.db"), make=False)
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_register_is_for_nobody_else(tmp_path):
    path = tmp_path / "deep" / "er" / "register.db"
    booked(Register.open(str(path)), "P-1")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for beside in path.parent.iterdir():
        assert beside.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "# a clinic\n" * 200, "SQLite format 3"])
def test_another_file_is_no_register_and_stays_as_it_is(tmp_path, text):
    path = tmp_path / "clinic.toml"
    path.write_text(text)
    if text:
        with pytest.raises(BadFile, match="is not a register"):
            Register.open(str(path))
        assert path.read_text() == text
    else:
        assert Register.open(str(path)).is_new


def test_the_database_of_another_program_is_no_register_and_stays_as_it_is(tmp_path):
    path = tmp_path / "other.db"
    rows(str(path), "CREATE TABLE notes (text)")
    before = path.read_bytes()
    with pytest.raises(BadFile, match="is not a register"):
        Register.open(str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "address", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "oracle://x", "://", "a b://c"]
)
def test_an_address_that_means_nothing_is_refused(address):
    with pytest.raises(BadRequest):
        Register.open(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://anna:secret@127.0.0.1:1/clinic",
        "postgresql://anna@127.0.0.1:1/clinic?password=secret&sslpassword=secret",
    ],
)
def test_a_server_that_is_not_there_is_said_without_the_password(address):
    with pytest.raises(Refused, match="the register refuses") as refusal:
        Register.open(address)
    assert "127.0.0.1:1/clinic" in refusal.value.what
    assert "anna" not in refusal.value.what + refusal.value.next_step
    assert "secret" not in refusal.value.what + refusal.value.next_step
    assert "nothing was entered" in refusal.value.what


# --- chairs


def test_nobody_changes_chairs_unless_somebody_had_none():
    there = [BookedVisit("a", 0, 10, chair=1), BookedVisit("b", 20, 30, chair=0)]
    found = {
        one.uid: one.chair
        for one in assign_chairs([BookedVisit("c", 5, 15)], there, Limits(2, None))
    }
    assert found == {"a": 1, "b": 0, "c": 0}
    crossed = [
        BookedVisit("a", 0, 10, chair=0),
        BookedVisit("b", 10, 20, chair=1),
        BookedVisit("c", 5, 12, chair=1),
    ][:2]
    found = {
        one.uid: one.chair
        for one in assign_chairs([BookedVisit("d", 5, 15)], crossed, Limits(2, None))
    }
    assert len({found["a"], found["d"]}) == len({found["b"], found["d"]}) == 2
    assert set(found.values()) == {0, 1}


def test_chairs_beyond_the_last_are_crowded():
    there = [BookedVisit("a", 0, 10), BookedVisit("b", 5, 15)]
    two = Allowance([small(2)], MONDAY)
    two_and_a_start = Allowance([replace(small(2), starts_per_slot=1)], MONDAY)
    assert first_excess([BookedVisit("c", 9, 12)], there, two) == Excess("c", "chair")
    assert first_excess([BookedVisit("c", 10, 12)], there, two) is None
    assert first_excess([BookedVisit("c", 0, 3)], there, two_and_a_start) == Excess("c", "start")
    assert first_excess([BookedVisit("c", 9, 12)], there, two, {("c", "capacity")}) is None


def test_a_clinic_that_has_fewer_chairs_now_still_books_where_there_is_room(book, address):
    booked(book, "P-1", "P-2", "P-3", at=small(3))
    with pytest.raises(NoPlan):
        booked(book, "P-4", at=small(2), between=HOURS, latest_start=MONDAY)
    (course,) = booked(book, "P-5", at=small(2), start=MONDAY + timedelta(1))
    assert course.visits


# --- copies


def test_a_backup_is_a_register_with_all_that_is_in_it(book, address, tmp_path):
    courses = booked(book, "P-1", "P-2")
    moved(book, courses[0], Change("hold"))
    path = tmp_path / "backup.db"
    back_up(book.engine, path)
    for table in (COURSES, BOOKINGS, LOG):
        query = f"SELECT * FROM {table.name} ORDER BY 1"  # noqa: S608 - our own names
        assert rows(str(path), query) == [tuple(row) for row in rows(address, query)]
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(
        one.name for one in tmp_path.iterdir() if "backup" in one.name or one.suffix == ".part"
    ) == ["backup.db"]
    copy = Register.open(str(path), make=False)
    (third,) = booked(copy, "P-3")
    assert third.visits
    with pytest.raises(Refused, match="there already"):
        back_up(book.engine, path)


def test_what_a_killed_backup_left_is_swept_away_by_the_next(book, tmp_path):
    booked(book, "P-1")
    folder = tmp_path / "copies"
    folder.mkdir()
    for ending in ("", "-wal", "-shm", "-journal"):
        (folder / f".0123456789abcdef.part{ending}").write_text("P-1")
    (folder / ".0123456789abcdef.part-notes").write_text("somebody else's")
    back_up(book.engine, folder / "copy.db")
    left = [".0123456789abcdef.part-notes", "copy.db"]
    assert sorted(one.name for one in folder.iterdir()) == left


def test_nobody_takes_a_copy_that_is_being_made_for_a_leftover(book, tmp_path, monkeypatch):
    def others_write(path):
        assert (tmp_path / "copies" / ".lock").exists()
        assert path.exists()

    booked(book, "P-1")
    monkeypatch.setattr("ketasched.register.backup.sync_to_disk", others_write)
    back_up(book.engine, tmp_path / "copies" / "copy.db")
    assert [one.name for one in (tmp_path / "copies").iterdir()] == ["copy.db"]


def test_a_backup_that_cannot_be_written_leaves_nothing(book, tmp_path, monkeypatch):
    def fails(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("ketasched.register.backup.os.fsync", fails)
    (tmp_path / "copies").mkdir()
    with pytest.raises(Refused, match="cannot be written: Input/output error"):
        back_up(book.engine, tmp_path / "copies" / "copy.db")
    assert list((tmp_path / "copies").iterdir()) == []


def test_backups_taken_while_others_write_are_consistent(address, tmp_path):
    book = Register.open(address)
    share = 1_000  # more than can be booked before the backups are taken
    clerks = [Clerk(one, share, 2 * share, address, tmp_path) for one in range(2)]
    at_work = [clerk.begun() for clerk in clerks]
    found: list[int] = []
    try:
        while len(set(found) - {0}) < (10 if IS_FULL else 3):
            assert all(process.poll() is None for process in at_work)
            path = tmp_path / f"backup-{len(found)}.db"
            back_up(book.engine, path)
            found.append(inspected(str(path))["courses"])
            path.unlink()
    finally:
        for process in at_work:
            process.kill()
    assert [process.wait() for process in at_work] == [-SIGKILL, -SIGKILL]
    assert found == sorted(found)
    booked = sum(one["outcome"] == "booked" for clerk in clerks for one in clerk.did())
    # A clerk may be killed after an entry and before it says so.
    assert found[-1] <= inspected(address)["courses"] <= booked + len(clerks)


# --- disks


FULL = """
import sys
from datetime import timedelta
from ketasched.register.register import Register
from tests.register.orders import MONDAY, booked
from sqlalchemy import event
book = Register.open(sys.argv[1])
full = "PRAGMA max_page_count = 100"
event.listen(book.engine, "connect", lambda connection, _: connection.execute(full))
book.engine.dispose()
for number in range(100):
    booked(book, f"P-{number}", start=MONDAY + timedelta(28 * number))
    print(number, flush=True)
"""


def test_a_full_disk_is_one_clear_error_and_loses_nothing(tmp_path):
    address = str(tmp_path / "register.db")
    done = subprocess.run(
        [sys.executable, "-c", FULL, address],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    whole = len(done.stdout.split())
    assert whole
    said, step = done.stderr.splitlines()[-2:]
    assert "the register refuses: database or disk is full; nothing was entered" in said
    assert step.startswith("try: see that it is there and has room")
    assert inspected_alone(address) == whole
    book = Register.open(address)
    booked(book, "P-later", start=MONDAY - timedelta(28))
    assert inspected_alone(address) == whole + 1


def inspected_alone(address: str) -> int:
    held = rows(address, "SELECT course_id, count(*) FROM bookings GROUP BY course_id")
    assert all(count == 6 for _, count in held)
    courses = rows(address, "SELECT document FROM courses")
    assert all(json.loads(document)["visits"] for (document,) in courses)
    assert len(courses) == len(held)
    return len(courses)


def test_check_finds_nothing_wrong_with_what_is_booked(book):
    for course in booked(book, "P-1", "P-2", "P-3"):
        assert not [one for one in check(course) if one.level == "broken"]
