"""Shared by all tests: Hypothesis profiles, a fixed moment, isolation, and `--update-golden`."""

import gc
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from ketasched.batch.executors import FEW_COLLECTIONS
from tests.support.compiled_statements import create_engine

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", UNTIMED, derandomize=True)
settings.register_profile("explore", UNTIMED)
settings.register_profile(
    "mutants",
    deadline=None,
    derandomize=True,
    max_examples=25,
    phases=[Phase.generate],  # one failure is enough, nobody reads which
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# The many processes that tests start find the package compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Where there is room, temporary folders are in memory: ketasched syncs each file that it writes,
# which is slow on a disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2**32:
    tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)

ROOT = Path(__file__).parent.parent
IS_FULL = bool(os.environ.get("KETASCHED_FULL"))
"""Whether this is `make proof`; else the tests do less of the same, and are soon done."""


def examples(number: int) -> int:
    """How many random cases to try: so many in `make proof`, a third of them in each run."""
    return number if IS_FULL else number // 3


MADE_AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

NOW = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
"""When commands run that a test runs in its own process: they do the same next year."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what stays for good: modules, and thousands of tests.

    It would look through all of them again and again; and through what is new less often, as in
    the workers of a batch.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*FEW_COLLECTIONS)


@pytest.fixture(autouse=True)
def _no_clinic_from_outside(tmp_path, monkeypatch):
    """Hide the developer's clinic, register, directory and zone; stop the clocks;
    use one process unless a test asks for more; let messages name people, as at a terminal.
    """
    for module in ("anonymity", "output"):
        monkeypatch.setattr(f"ketasched.cli.{module}.may_name_people", lambda: True)
    monkeypatch.setattr("ketasched.cli.batch._cores", lambda: 1)
    monkeypatch.setattr("ketasched.cli.options.monotonic", lambda: 0.0)
    monkeypatch.setattr("ketasched.cli.options.now", lambda: NOW)
    monkeypatch.setattr("ketasched.register.database.create_engine", create_engine)
    monkeypatch.delenv("KETASCHED_CLINIC", raising=False)
    monkeypatch.delenv("KETASCHED_REGISTER", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("TZ", "America/New_York")
    monkeypatch.chdir(tmp_path)
