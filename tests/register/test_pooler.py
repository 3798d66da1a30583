"""A register behind PgBouncer, which may give each transaction another session of the server."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ketasched.errors import Refused
from ketasched.model import Change, Driver
from ketasched.register.database import reading, writing
from ketasched.register.register import Register
from ketasched.register.tables import SCHEMA
from tests.register.databases import execute, rows
from tests.register.inspection import TWO_ON_A_CHAIR
from tests.register.orders import booked, moved
from tests.register.pooler import SESSIONS, Pooler
from tests.register.schema1 import make_register
from tests.register.terminal import TODAY, batch, listed, plan, run
from tests.support.batches import MONDAY, clinic_file, roster_file, rows_of
from tests.support.forked import Forked

EVENING = ("--today", f"{MONDAY}T16:00")

LEFT_BEHIND = """
SELECT current_setting('lock_timeout'), current_setting('transaction_isolation'),
  (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_listening_channels()),
  (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')
"""
NOTHING = ("0", "read committed", 0, 0, 0)


@pytest.fixture(scope="module")
def narrow_pooler(server) -> Iterator[Pooler]:
    with closing(Pooler(server, 1)) as pooler:
        yield pooler


def done(process: Forked) -> None:
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said


# --- opened


@pytest.mark.parametrize("is_old", [False, True], ids=["a new register", "a register of 1.0"])
def test_four_who_open_it_at_once_bring_its_tables_up_to_date_once(server, pooler, is_old):
    address = server.new()
    if is_old:
        make_register(address)
    at_once = [Forked(Register.open, pooler.through(address)) for _ in range(4)]
    for process in at_once:
        done(process)
    assert rows(address, "SELECT schema_number FROM ketasched") == [(SCHEMA,)]
    book = Register.open(pooler.through(address))
    assert len(book.entries()) == (4 if is_old else 0)


# --- used


def test_commands_need_one_session_at_a_time_and_leave_nothing_in_it(
    server, narrow_pooler, clinic, monkeypatch
):
    address = server.new()
    through = narrow_pooler.through(address)
    monkeypatch.setenv("KETASCHED_REGISTER", through)
    plan("Q-1")
    run("revise", "Q-1", "driver", "1", "--name", "Sam", *TODAY)
    run("suggest", "Q-1", "2", *TODAY)
    roster_file(rows_of(2))
    batch("--together", "--limit", "5s")
    batch("--resume", "--jobs", "2")
    Path("all.ndjson").write_text(run("register", "export").stdout, encoding="utf-8")
    run("register", "import", "all.ndjson", *TODAY)
    run("register", "backup", "copy.db")
    assert listed() == listed("--register", "copy.db") == {"P-1": 1, "P-2": 1, "Q-1": 2}
    clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "10:00-13:00")
    run("reschedule", "--register", "--apply", *TODAY)
    run("register", "rename", "Q-1", "Q-2", *TODAY)
    run("day", "--complete", *EVENING)
    run("revise", "Q-2", "omit", "3", "--reason", "flu", *EVENING)
    assert listed() == {"P-1": 2, "P-2": 2, "Q-2": 6}
    run("backfill", "--on", "2027-04-09", "--time", "10:00", *EVENING)
    for command in (("day", MONDAY), ("drivers", "--next", "9d"), ("authorisations",)):
        run(*command, *EVENING)
    assert rows(address, TWO_ON_A_CHAIR) == [(0,)]
    assert rows(through, LEFT_BEHIND) == [NOTHING]
    assert narrow_pooler.sessions(address) == 1


def test_one_connection_goes_on_in_whatever_session_comes(server, pooler):
    address = server.new()
    book = Register.open(pooler.through(address))
    with ExitStack() as at_once:
        for _ in range(SESSIONS):
            at_once.enter_context(reading(book.engine))
    assert pooler.sessions(address) == SESSIONS
    book.close()
    (course,) = booked(book, "P-1")
    for name in SESSIONS * ("Sam", "Kim"):
        course = moved(book, course, Change("driver", 1, driver=Driver(name)))
    assert rows(address, "SELECT revision FROM courses") == [(1 + 2 * SESSIONS,)]


# --- how long it waits


@pytest.mark.parametrize("transaction", [reading, writing])
def test_who_waits_too_long_for_a_lock_is_told_and_the_next_session_is_as_before(
    server, pooler, monkeypatch, transaction
):
    monkeypatch.setattr("ketasched.register.database.SECONDS_TO_WAIT", 0.2)
    address = server.new()
    book = Register.open(pooler.through(address))
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE clinics")
        with (
            pytest.raises(Refused, match="lock timeout; nothing was entered") as refusal,
            transaction(book.engine) as connection,
        ):
            connection.exec_driver_sql("SELECT * FROM clinics")
    assert "somebody else is writing for a long time" in refusal.value.next_step
    assert rows(pooler.through(address), LEFT_BEHIND) == [NOTHING]
    assert booked(book, "P-1")


# --- options of the address


def test_options_that_the_pooler_refuses_are_one_clear_error(server, pooler, clinic):
    named = f"{pooler.through(server.new())}&options=-csearch_path%3Dfoo"
    said = plan("P-1", "--register", named, code=6).stderr
    assert "unsupported startup parameter: options; nothing was entered" in said
    assert "try: the address without options=" in said
    assert "foo" not in said


def test_what_the_error_advises_works(server, pooler, clinic):
    address = server.new()
    name = conninfo_to_dict(address)["dbname"]
    step = f"ALTER ROLE postgres IN DATABASE {name} SET search_path = foo"
    execute(address, "CREATE SCHEMA foo", step)
    plan("P-1", "--register", pooler.through(address))
    asked = "SELECT table_schema FROM information_schema.tables WHERE table_name = 'courses'"
    assert rows(address, asked) == [("foo",)]


def test_the_options_of_the_environment_are_nothing_to_it(server, pooler, monkeypatch):
    monkeypatch.setenv("PGOPTIONS", "-c search_path=nowhere")
    assert booked(Register.open(pooler.through(server.new())), "P-1")
