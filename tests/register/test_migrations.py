"""A register that ketasched 1.0 made is brought up to date, whatever is in it, by one alone."""

from dataclasses import replace
from datetime import date

import pytest

from ketasched.errors import BadRequest, Refused
from ketasched.model import Clock
from ketasched.register.records import LogEntry
from ketasched.register.register import Register
from ketasched.register.tables import SCHEMA
from tests.conftest import MADE_AT
from tests.register.databases import execute, rows
from tests.register.inspection import TWO_ON_A_CHAIR
from tests.register.orders import booked
from tests.register.schema1 import make_register
from tests.register.terminal import run
from tests.support.forked import Forked


@pytest.fixture
def old(address: str) -> str:
    make_register(address)
    return address


def opened(address: str) -> None:
    Register.open(address).close()


def test_all_that_was_in_it_is_there(old):
    before = rows(old, "SELECT course_id, document FROM courses ORDER BY course_id")
    seats = rows(old, "SELECT uid, chair FROM bookings ORDER BY uid")
    book = Register.open(old)
    assert not book.is_new
    assert rows(old, "SELECT schema_number FROM ketasched") == [(SCHEMA,)]
    assert rows(old, "SELECT course_id, document FROM courses ORDER BY course_id") == before
    assert rows(old, "SELECT uid, chair FROM bookings ORDER BY uid") == seats
    assert [entry.patient for entry in book.entries(patient="A")] == ["A"]


def test_it_knows_the_zone_of_its_clinic_and_folded_references(old):
    opened(old)
    assert rows(old, "SELECT timezone FROM clinics") == [("America/New_York",)]
    found = rows(old, "SELECT patient, folded_patient FROM courses ORDER BY patient")
    assert sorted(found) == [("A", "a"), ("B", "b"), ("Jane", "jane"), ("jane", "jane")]


def test_it_knows_of_each_visit_when_its_parts_begin(old):
    opened(old)
    asked = (
        "SELECT DISTINCT takes_chair, needs, treatment - begins, ends - observation FROM bookings"
    )
    assert rows(old, asked) == [(1, None, 15 * 60, 60 * 60)]


def test_two_who_open_it_at_once_migrate_it_once(old):
    at_once = [Forked(opened, old) for _ in range(4)]
    for process in at_once:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert rows(old, "SELECT schema_number FROM ketasched") == [(SCHEMA,)]


def test_a_night_on_which_two_share_a_chair_stays_and_nobody_joins_them(tmp_path):
    address = str(tmp_path / "old.db")
    make_register(address)
    shared = rows(address, TWO_ON_A_CHAIR)
    assert shared == [(2,)]
    book = Register.open(address)
    (entry,) = book.entries(patient="B")
    clinic = book.course(entry.course_id).clinic
    (later,) = booked(book, "C", at=clinic, start=date(2026, 12, 8), time=Clock(0))
    assert later.visits[0].start.isoformat() >= "2026-12-08T01:55"
    assert rows(address, TWO_ON_A_CHAIR) == shared


def test_the_day_sheet_of_such_a_night_says_so(tmp_path):
    address = str(tmp_path / "old.db")
    make_register(address)
    for day in ("2026-12-07", "2026-12-08"):
        shown = run("day", day, "--register", address).stdout
        assert ("CHAIR SHARED with A" in shown) is ("B " in shown)
    assert "CHAIR SHARED with B" in shown


def test_a_migrated_register_has_the_tables_of_a_new_one(old, server, tmp_path):
    opened(old)
    new = server.new() if "://" in old else str(tmp_path / "new.db")
    opened(new)
    if "://" in old:
        asked = (
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
    else:
        asked = "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql <> ''"
    assert sorted(rows(old, asked)) == sorted(rows(new, asked))


def test_its_clinic_is_known_in_its_zone(old):
    book = Register.open(old)
    (entry,) = book.entries(patient="A")
    elsewhere = replace(book.course(entry.course_id).clinic, timezone="Etc/UTC")
    with pytest.raises(BadRequest, match="in America/New_York, not in Etc/UTC"):
        booked(book, "C", at=elsewhere)


def test_a_course_that_shares_a_time_with_its_own_other_spelling_can_be_ended(old):
    book = Register.open(old)
    for name in ("Jane", "jane"):
        (entry,) = book.entries(patient=name)
        book.withdraw(entry.course_id, LogEntry(MADE_AT, "withdrawn"))
    assert {entry.patient for entry in book.entries()} == {"A", "B"}


def test_a_course_whose_document_is_damaged_does_not_stop_it(old):
    execute(old, "UPDATE courses SET document = '{' WHERE patient = 'jane'")
    opened(old)
    assert rows(old, "SELECT timezone FROM clinics") == [("America/New_York",)]


def test_a_course_with_a_visit_that_no_register_books_any_more_does_not_stop_it(old):
    execute(
        old,
        """UPDATE courses SET document = replace(document, '"2027-', '"2127-')
        WHERE patient = 'jane'""",
    )
    opened(old)
    without = (
        "SELECT DISTINCT patient FROM bookings JOIN courses USING (course_id) "
        "WHERE treatment IS NULL"
    )
    assert rows(old, without) == [("jane",)]


def test_an_old_program_is_told_to_be_upgraded(old):
    execute(old, "UPDATE ketasched SET schema_number = 99")
    with pytest.raises(Refused, match="of a later ketasched") as refusal:
        Register.open(old)
    assert refusal.value.next_step == "upgrade ketasched"
