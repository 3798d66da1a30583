"""A register of each kind for every test that asks for its address."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.conftest import IS_FULL
from tests.register.databases import Files, Server
from tests.register.pooler import SESSIONS, Pooler
from tests.support.batches import clinic_file
from tests.support.compiled_statements import create_engine


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Try on PostgreSQL only what a module has in `ALSO_ON_POSTGRESQL`; `make proof` tries all."""

    def is_asked(item: pytest.Item) -> bool:
        chosen = getattr(getattr(item, "module", None), "ALSO_ON_POSTGRESQL", None)
        if IS_FULL or chosen is None or not hasattr(item, "callspec"):
            return True
        assert isinstance(item, pytest.Function)
        return item.function in chosen or "postgresql" not in item.callspec.params.values()

    config.hook.pytest_deselected(items=[one for one in items if not is_asked(one)])
    items[:] = filter(is_asked, items)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="ketasched-"))  # pytest makes its own ones private
    server = Server(folder / "data")
    yield server
    server.server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def pooler(server) -> Iterator[Pooler]:
    with closing(Pooler(server, SESSIONS)) as pooler:
        yield pooler


@pytest.fixture(autouse=True)
def close_registers(monkeypatch) -> Iterator[Callable[[], None]]:
    """Close every register that a test has opened; at its end it is called for each."""
    engines = list[Engine]()

    def made(*arguments, **more):
        engines.append(create_engine(*arguments, **more))
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


KEPT: dict[tuple[Callable[[], None], type], tuple[str, Path]] = {}
"""The registers and files that tests begin with, by what has made them and where it has."""


@pytest.fixture
def filled(
    databases, clinic, monkeypatch, close_registers, tmp_path_factory
) -> Callable[[Callable[[], None]], str]:
    """Call it with what fills a register, for the address of one that is filled so.

    It is filled once for each kind of database; every test has a copy, also of the files.
    """

    def like(fill: Callable[[], None]) -> str:
        key = fill, type(databases)
        if key not in KEPT:
            monkeypatch.setenv("KETASCHED_REGISTER", new := databases.new())
            fill()
            close_registers()
            is_file = isinstance(databases, Files)
            keeper = Files(tmp_path_factory.mktemp("kept")) if is_file else databases
            own = shutil.ignore_patterns(Path(new).parent.name) if is_file else None
            files = shutil.copytree(Path(), tmp_path_factory.mktemp("kept") / "files", ignore=own)
            KEPT[key] = keeper.new(new), files
        register, files = KEPT[key]
        shutil.copytree(files, Path(), dirs_exist_ok=True)
        address: str = databases.new(register)
        monkeypatch.setenv("KETASCHED_REGISTER", address)
        return address

    return like
