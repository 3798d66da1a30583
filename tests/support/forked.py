"""Processes that are forked from one which has imported `ketasched` already.

A new Python needs a quarter of a second for its imports, and the tests begin hundreds of runs.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir, suppress
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from pkgutil import walk_packages
from types import MappingProxyType
from typing import NamedTuple

from ketasched.cli import main

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ketasched"
NOTHING: Mapping[str, object] = MappingProxyType({})
PROGRAM = (sys.executable, "-m", "ketasched")
ROOMS = ("batch", "cli", "register", "render", "revising")
PRELOADED = (
    *(
        module.name
        for room in ROOMS
        for module in walk_packages([str(SOURCE / room)], f"ketasched.{room}.")
    ),
    "distributed",
    "holidays.countries.united_states",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "tests.register.clerks",
    "tests.support.batches",
    "tests.support.ctrl_c",
    "tests.support.killed",
    "tests.support.warm",
)
"""The modules that the fork server imports once.

Every process imports what is missing here: the module of a test brings pytest with it, which takes
longer than most commands do.
"""

if sys.platform == "win32":
    CONTEXT = multiprocessing.get_context("spawn")
else:
    CONTEXT = multiprocessing.get_context("forkserver")


class ProcessContext(NamedTuple):
    """Where a process works."""

    folder: Path
    environment: dict[str, str]
    output: Connection
    errors: Connection


class Forked:
    """A call in a process of its own, with the methods of a `subprocess.Popen`."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        start_server()
        self._output, output = CONTEXT.Pipe(duplex=False)
        self._errors, errors = CONTEXT.Pipe(duplex=False)
        place = ProcessContext(Path.cwd(), dict(os.environ), output, errors)
        self._process = CONTEXT.Process(target=_call, args=(place, function, *arguments))
        self._process.start()
        output.close()
        errors.close()

    @property
    def pid(self) -> int:
        """The number of the process, which leads a group of its own."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while the process runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The exit code, or None while the process runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once the process has ended. Raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return self.returncode

    def communicate(self, timeout: float = 3600) -> tuple[str, str]:
        """The standard output and error, once the process and those that it forked have ended.

        Raises `subprocess.TimeoutExpired`.
        """
        end = time.monotonic() + timeout
        found = {self._output: b"", self._errors: b""}
        while left := [pipe for pipe in found if not pipe.closed]:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("a forked process", timeout)
            for pipe in left:
                if pipe.poll(0.02):
                    part = os.read(pipe.fileno(), 2**16)
                    found[pipe] += part
                    if not part:
                        pipe.close()
        self.wait(end - time.monotonic())
        return found[self._output].decode(), found[self._errors].decode()

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()


def ketasched(*arguments: str, constants: Mapping[str, object] = NOTHING) -> Forked:
    """Run ketasched in this folder and environment, in a process of its own.

    `constants` replaces constants of its modules, by their full names.
    """
    return Forked(_program, arguments, dict(constants))


@cache
def start_server() -> None:
    """Start the process that is forked, and wait until its imports are done."""
    CONTEXT.set_forkserver_preload([*PRELOADED])
    first = CONTEXT.Process(target=os.getpid)
    with chdir(ROOT):  # where it finds the tests
        first.start()
    first.join()


def _call(place: ProcessContext, function: Callable[..., object], *arguments: object) -> None:
    os.chdir(place.folder)
    os.environ.clear()
    os.environ.update(place.environment)
    # Also where the tests run in the background of a shell, and Ctrl-C is for nobody.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform != "win32":
        os.setsid()
        time.tzset()
    for stream, pipe in ((1, place.output), (2, place.errors)):
        os.dup2(pipe.fileno(), stream)
        pipe.close()
    function(*arguments)


def _program(arguments: Sequence[str], constants: Mapping[str, object]) -> None:
    for name, value in constants.items():
        module, _, constant = name.rpartition(".")
        setattr(import_module(module), constant, value)
    main(arguments, prog_name="ketasched")
