"""Tables that somebody damaged are one clear error, which shows nothing of what is in them."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from ketasched.errors import BadFile, Refused
from ketasched.register.database import writing
from ketasched.register.database_errors import translated_error
from ketasched.register.register import Register
from tests.register.databases import execute, rows
from tests.register.orders import booked
from tests.register.terminal import TODAY, exported, listed, plan, run
from tests.support.batches import MONDAY

MARK = "MARKED"


@pytest.fixture
def filled(address: str) -> str:
    book = Register.open(address)
    booked(book, "P-1", "P-2")
    book.close()
    return address


def is_sqlite(address: str) -> bool:
    return "://" not in address


# --- the number of the schema

NUMBERS = {
    "a text": "UPDATE ketasched SET schema_number = 'two'",
    "nothing": "UPDATE ketasched SET schema_number = NULL",
    "a fraction": "UPDATE ketasched SET schema_number = 1.5",
    "negative": "UPDATE ketasched SET schema_number = -1",
    "two rows": "INSERT INTO ketasched VALUES (2)",
    "no row": "DELETE FROM ketasched",
    "no column": "ALTER TABLE ketasched RENAME COLUMN schema_number TO number",
}
NOT_IN_POSTGRES = {"a text", "nothing", "a fraction"}
"""What the column of a server does not take."""


@pytest.mark.parametrize("how", NUMBERS)
def test_a_schema_number_that_is_none_is_a_damaged_register(filled, how):
    if not is_sqlite(filled) and how in NOT_IN_POSTGRES:
        return
    if how in NOT_IN_POSTGRES:
        execute(filled, "DROP TABLE ketasched", "CREATE TABLE ketasched (schema_number)")
        execute(filled, "INSERT INTO ketasched VALUES (2)")
    execute(filled, NUMBERS[how])
    with pytest.raises(BadFile, match="is damaged") as refusal:
        Register.open(filled)
    assert ("register restore BACKUP" in refusal.value.next_step) is is_sqlite(filled)


# --- numbers that somebody edited by hand


@pytest.mark.parametrize(
    ("edited", "command", "said"),
    [
        ("UPDATE courses SET revision = 'two'", ("register", "list"), "a text stands"),
        ("UPDATE bookings SET chair = 'two'", ("day", "DAY"), "a text stands"),
        ("UPDATE log SET revision = 'two'", ("register", "show", "P-1", "--log"), "a text stands"),
        ("UPDATE courses SET clinic = 'two'", ("register", "show", "P-1"), "no such patient"),
    ],
)
def test_a_text_where_a_number_should_be_is_no_bug_of_ours(filled, edited, command, said):
    if not is_sqlite(filled):
        return  # a server takes no text there
    [day] = rows(filled, "SELECT MIN(day) FROM bookings")[0]
    for trigger in ("log_stays", "one_on_a_chair"):
        execute(filled, f"DROP TRIGGER {trigger}_UPDATE")
    execute(filled, edited)
    words = [day if word == "DAY" else word for word in command]
    assert said in run(*words, "--register", filled, code=3).stderr


# --- tables and columns

MISSING = {
    "a table": "ALTER TABLE log RENAME TO other",
    "the bookings": "ALTER TABLE bookings RENAME TO other",
    "the courses": "ALTER TABLE courses RENAME TO other",
    "a column": "ALTER TABLE bookings RENAME COLUMN ends TO until",
    "a column of clinics": "ALTER TABLE clinics RENAME COLUMN timezone TO zone",
}


@pytest.mark.parametrize("how", MISSING)
def test_a_table_or_column_that_is_missing_is_a_damaged_register(filled, how):
    before = [] if is_sqlite(filled) else ["DROP TRIGGER log_stays ON log"]
    if is_sqlite(filled):
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        before = [f"DROP TRIGGER {name}" for (name,) in rows(filled, asked)]
    execute(filled, *before, MISSING[how])
    with pytest.raises(BadFile, match="is damaged"):
        booked(Register.open(filled), "P-3")


# --- documents

DOCUMENTS = {
    "empty": "''",
    "no JSON": f"'{MARK}'",
    "cut off": f"""'{{"patient": "{MARK}"'""",
    "another table": f"""'{{"patient": "{MARK}"}}'""",
    "too deep": "'" + "[" * 100_000 + "'",
    "a list": f"""'["{MARK}"]'""",
}
READERS = (
    ("register", "show", "P-1"),
    ("day", MONDAY),
    ("drivers", "--next", "300d", *TODAY),
    ("revise", "P-1", "driver", "1", "--name", "Sam", *TODAY),
    ("suggest", "P-1", "2", *TODAY),
)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("command", READERS, ids=lambda words: " ".join(words[:2]))
def test_a_damaged_course_is_named_by_its_identifier_and_shown_to_nobody(book, command, document):
    plan("P-1")
    (course,) = exported()
    execute(book, f"UPDATE courses SET document = {document}")  # noqa: S608 - a test's own
    said = run(*command, code=3).stderr
    assert f"the register's course {course.course_id} is damaged" in said
    assert ": ketasched register import FILE" in said
    assert MARK not in said


def test_what_is_advised_about_a_damaged_course_works(book):
    plan("P-1", "-o", "out")
    before = exported()
    execute(book, "UPDATE courses SET document = 'x'")
    run("register", "import", "out/P-1", *TODAY)
    assert exported() == before
    assert listed() == {"P-1": 1}


def test_the_log_of_a_damaged_course_is_shown_without_the_reasons_which_the_course_has(book):
    plan("P-1")
    run("revise", "P-1", "omit", "6", "--reason", "flu", *TODAY)
    whole = run("register", "show", "P-1", "--log").stdout
    execute(book, "UPDATE courses SET document = 'x'")
    assert run("register", "show", "P-1", "--log").stdout == whole.replace(" (flu)", "") != whole


def test_a_damaged_course_is_not_replaced_by_an_older_one(book):
    plan("P-1", "-o", "out")
    run("revise", "P-1", "driver", "1", "--name", "Sam", *TODAY)
    execute(book, "UPDATE courses SET document = 'x'")
    assert "another revision" in run("register", "import", "out/P-1", *TODAY, code=5).stderr


def test_a_document_that_is_no_text_is_a_damaged_course(clinic):
    plan("P-1", "--register", "book.db")
    execute("book.db", "UPDATE courses SET document = x'00ff'")
    assert "is damaged" in run("register", "show", "P-1", "--register", "book.db", code=3).stderr


def test_a_damaged_course_takes_no_others_day_away_from_the_list(book):
    plan("P-1")
    execute(book, "UPDATE courses SET document = 'x'")
    assert listed() == {"P-1": 1}


# --- the log

REPLACED = {
    "replaced": "INSERT OR REPLACE INTO log SELECT number, at, 'x', 1, 'x', 'x' FROM log",
    "replaced by an update": "UPDATE OR REPLACE log SET what = 'x'",
    "removed": "DELETE FROM log",
}


@pytest.mark.parametrize("statement", REPLACED.values(), ids=REPLACED)
def test_no_statement_changes_a_line_of_the_log_in_a_file(tmp_path, statement):
    address = str(tmp_path / "book.db")
    book = Register.open(address)
    booked(book, "P-1", "P-2")
    before = rows(address, "SELECT * FROM log ORDER BY number")
    with pytest.raises((DBAPIError, Refused)), writing(book.engine) as connection:
        connection.exec_driver_sql(statement)
    assert rows(address, "SELECT * FROM log ORDER BY number") == before
    booked(book, "P-3")
    assert len(rows(address, "SELECT * FROM log")) == 3


def test_the_log_of_a_server_is_not_emptied_at_once(server):
    address = server.new()
    book = Register.open(address)
    booked(book, "P-1")
    with pytest.raises((DBAPIError, Refused)), writing(book.engine) as connection:
        connection.exec_driver_sql("TRUNCATE log")
    assert len(rows(address, "SELECT * FROM log")) == 1
    assert not Path("x").exists()


def test_a_disk_that_fails_while_the_file_is_opened_damages_nothing(tmp_path):
    book = Register.open(str(tmp_path / "book.db"))
    refused = pytest.raises(Refused, match="the register refuses: disk")
    with refused, translated_error(book.engine):
        raise sqlite3.OperationalError("disk I/O error")
