"""An address is a URL, a file or an error; nothing of who logs in is ever printed."""

from pathlib import Path

import psycopg
import pytest

from ketasched.errors import BadRequest, KetaschedError
from ketasched.register.address import is_url, without_secrets
from ketasched.register.database import reading, writing
from ketasched.register.register import Register
from tests.register.databases import Server, rows
from tests.register.terminal import plan, run

MARK, USER = "MARKED", "clerkname"

LOOKS_LIKE_A_URL = (
    f"postgresql:/{USER}:{MARK}@db/x",
    f"postgresql:{USER}:{MARK}@db/x",
    f"postgres:{MARK}",
    f"postgresql:///{USER}:{MARK}@/x:y@z",
    f"postgresql://{USER}:p@{MARK}@host/x",
    f"postgresql://{USER}:%40{MARK}@host:port/x",
    f"postgresql://{USER}:{MARK}@127.0.0.1:1/x",
    f"postgresql://{USER}:{MARK}%2Fx@127.0.0.1:1/x",
    f"postgresql://{USER}@127.0.0.1:1/x?password={MARK}",
    f"postgresql://{USER}@127.0.0.1:1/x?sslmode={MARK}",
    f"postgresql://{USER}:{MARK}@127.0.0.1:1/x?nonsense={MARK}",
    f"mysql://{USER}:{MARK}@host/x",
    f"sqlite:{MARK}.db",
    f"sqlite://{USER}:{MARK}@host/x.db",
    f"{USER}:{MARK}@host/x",
    f"u:{MARK}@host/x",
    f"postgresql//{USER}:{MARK}@host/x",
    f"//{USER}:{MARK}@127.0.0.1/x",
    f"host=127.0.0.1 password={MARK}",
)


@pytest.mark.parametrize("address", LOOKS_LIKE_A_URL)
def test_what_looks_like_a_url_is_one_or_an_error_and_shows_nobody(address, clinic, monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", address)
    before = set(Path().iterdir())
    with pytest.raises(KetaschedError) as refusal:
        Register.open(address)
    error = refusal.value
    said = plan("P-1", code=error.exit_code).output
    shown = f"{said} {error!r} {error.what} {error.details} {error.next_step}"
    assert MARK not in shown
    assert USER not in shown
    assert error.exit_code in (2, 6)
    assert set(Path().iterdir()) == before


FILES = {
    "a relative path": "book.db",
    "a folder": "./notes:2027.db",
    "a drive": "C:\\clinic\\book.db",
    "a drive of a user": "C:\\Users\\a@b\\book.db",
    "a path with an at": "/home/a@b/book.db",
}


@pytest.mark.parametrize("address", FILES.values(), ids=FILES)
def test_a_path_is_no_url(address):
    assert not is_url(address)


def test_a_server_is_shown_by_its_host_and_database_alone(server: Server):
    address = server.new()
    book = Register.open(address)
    assert book.place.startswith("postgresql://")
    assert book.place.endswith(f"/{rows(address, 'SELECT current_database()')[0][0]}")
    assert "postgres:" not in book.place


def test_words_of_the_driver_are_shown_without_the_user():
    said = 'password authentication failed for user "anna", "p%40w" or "p@w"'
    assert without_secrets(said, ["anna", "p%40w"]) == (
        'password authentication failed for user "***", "***" or "***"'
    )


# --- options


def with_option(address: str, option: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{option}"


def test_the_tables_are_in_the_schema_that_the_address_names(server: Server, clinic):
    address = server.new()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA foo")
    named = with_option(address, "options=-csearch_path%3Dfoo")
    plan("P-1", "--register", named)
    asked = "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_name = ?"
    assert rows(address, asked, ["courses"]) == [("foo",)]
    assert "P-1" in run("register", "list", "--register", named).stdout


def test_a_schema_that_is_not_there_is_one_clear_error(server: Server, clinic):
    named = with_option(server.new(), "options=-csearch_path%3Dnowhere")
    assert "no schema has been selected" in plan("P-1", "--register", named, code=6).stderr


def test_an_option_that_nobody_knows_is_refused_by_its_name(server: Server):
    with pytest.raises(KetaschedError, match='"nonsense"'):
        Register.open(with_option(server.new(), "nonsense=1"))


@pytest.mark.parametrize(
    ("option", "waits"),
    [
        ("options=-clock_timeout%3D1234&connect_timeout=7", "1234ms"),
        ("options=--lock-timeout%3D2s", "2s"),
        ("options=-cLOCK_TIMEOUT%3D0", "0"),
        ("options=-cwork_mem%3D1MB", "30s"),
        ("connect_timeout=7", "30s"),
    ],
)
def test_the_time_to_wait_is_that_of_the_address_or_half_a_minute(server: Server, option, waits):
    book = Register.open(with_option(server.new(), option))
    for transaction in (reading, writing):
        with transaction(book.engine) as connection:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == waits


def test_a_second_at_in_a_password_has_to_be_encoded():
    with pytest.raises(BadRequest) as refusal:
        Register.open("postgresql://u:p@w@host/x")
    assert "%40" in refusal.value.next_step
