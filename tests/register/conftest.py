"""A register of each kind for every test that asks for its address."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sqlalchemy = pytest.importorskip("sqlalchemy")
databases = pytest.importorskip("tests.register.databases")


@pytest.fixture(scope="session")
def server() -> Iterator["databases.Server"]:
    folder = Path(tempfile.mkdtemp(prefix="ketasched-"))  # pytest makes its own ones private
    server = databases.Server(folder / "data")
    yield server
    server.server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path) -> str:
    """The address of a register that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "register.db")
    return request.getfixturevalue("server").new()


def pytest_collection_modifyitems(items) -> None:
    """All tests with a server share one."""
    for item in items:
        if "register/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("register"))
