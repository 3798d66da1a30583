"""A register of each kind for every test that asks for its address."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from tests.register.databases import Files, Server
from tests.support.batches import clinic_file


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="ketasched-"))  # pytest makes its own ones private
    server = Server(folder / "data")
    yield server
    server.server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


class CompiledStatements(dict[tuple[Any, ...], Any]):
    """Statements that any engine has compiled: a dialect counts by its name.

    Each command opens the register anew, and would compile the same statements for a fifth of its
    time.
    """

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), compiled)


COMPILED = CompiledStatements()


@pytest.fixture(autouse=True)
def close_registers(monkeypatch) -> Iterator[Callable[[], None]]:
    """Close every register that a test has opened; at its end it is called for each."""
    engines = []

    def made(*arguments, **more):
        engines.append(sqlalchemy.create_engine(*arguments, **more))
        engines[-1].update_execution_options(compiled_cache=COMPILED)
        return engines[-1]

    def close() -> None:
        for engine in engines:
            engine.dispose()

    monkeypatch.setattr("ketasched.register.database.create_engine", made)
    yield close
    close()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request, tmp_path) -> Files | Server:
    """Where a test's registers are."""
    is_file = request.param == "sqlite"
    return Files(tmp_path) if is_file else request.getfixturevalue("server")


@pytest.fixture
def address(databases, tmp_path) -> str:
    """The address of a register that is not there yet."""
    return str(tmp_path / "register.db") if isinstance(databases, Files) else databases.new()


@pytest.fixture
def clinic() -> str:
    """A clinic with one chair, open long enough for one visit a day."""
    return clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-12:00")


@pytest.fixture
def book(address: str, clinic: str, monkeypatch) -> str:
    monkeypatch.setenv("KETASCHED_REGISTER", address)
    return address


KEPT: dict[tuple[Callable[[], None], type], str] = {}
"""The registers that tests begin with: by what has filled them, and by where they are."""


@pytest.fixture
def filled(
    databases, clinic, monkeypatch, close_registers, tmp_path_factory
) -> Callable[[Callable[[], None]], str]:
    """Call it with what fills a register, for the address of one that is filled so.

    It is filled once for each kind of database; every test has a copy.
    """

    def like(fill: Callable[[], None]) -> str:
        key = fill, type(databases)
        if key not in KEPT:
            monkeypatch.setenv("KETASCHED_REGISTER", new := databases.new())
            fill()
            close_registers()
            is_file = isinstance(databases, Files)
            keeper = Files(tmp_path_factory.mktemp("kept")) if is_file else databases
            KEPT[key] = keeper.new(new)
        address: str = databases.new(KEPT[key])
        monkeypatch.setenv("KETASCHED_REGISTER", address)
        return address

    return like
