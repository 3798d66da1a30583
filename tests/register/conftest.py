"""A register of each kind for every test that asks for its address."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from tests.register.databases import Server
from tests.support.batches import clinic_file


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="ketasched-"))  # pytest makes its own ones private
    server = Server(folder / "data")
    yield server
    server.server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _closed_at_the_end(monkeypatch) -> Iterator[None]:
    """Every register that a test opens is closed."""
    engines = []

    def made(*arguments, **more):
        engines.append(sqlalchemy.create_engine(*arguments, **more))
        return engines[-1]

    monkeypatch.setattr("ketasched.register.database.create_engine", made)
    yield
    for engine in engines:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path) -> str:
    """The address of a register that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "register.db")
    server: Server = request.getfixturevalue("server")
    return server.new()


@pytest.fixture
def clinic() -> str:
    """A clinic with one chair, open long enough for one visit a day."""
    return clinic_file("clinic.toml", 'chairs = 1\nid_salt = "x"', "09:00-12:00")


@pytest.fixture
def book(address: str, clinic: str, monkeypatch) -> str:
    monkeypatch.setenv("KETASCHED_REGISTER", address)
    return address
