"""Ctrl-C as an impatient finger presses it, on runs that wait at a known place for it."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path

from tests.support.crashes import until
from tests.support.forked import Forked

PRESSES, SECONDS_BETWEEN = 5, 0.04
"""A finger presses so often, within 0.2 seconds."""

HERE, GO_ON = "here", "go on"


class Lingering:
    """In the place of a function: notes that it was called, waits until told, and calls it.

    Unless it `waits` it calls it at once.
    """

    def __init__(self, name: str, *, waits: bool = True) -> None:
        self.waits = waits
        self.module, _, self.name = name.rpartition(".")
        self.function: Callable[..., object] = getattr(import_module(self.module), self.name)

    def __reduce__(self) -> tuple[object, ...]:
        return partial(Lingering, waits=self.waits), (f"{self.module}.{self.name}",)

    def __call__(self, *arguments: object, **more: object) -> object:
        folder = Path(os.environ["LINGERS"])
        (folder / HERE).touch()
        until(lambda: not self.waits or (folder / GO_ON).exists())
        return self.function(*arguments, **more)


def lingering(name: str, *, waits: bool = True) -> dict[str, object]:
    """Constants for `forked.ketasched`: this function waits for `press_ctrl_c` to be over."""
    os.environ["LINGERS"] = str(Path.cwd())
    return {name: Lingering(name, waits=waits)}


def press_ctrl_c(process: Forked, presses: int = PRESSES) -> None:
    """Press Ctrl-C once the run lingers: as a terminal does, for all of its processes."""
    until(Path(HERE).exists)
    for _ in range(presses):
        with suppress(ProcessLookupError):  # it may have ended
            os.killpg(process.pid, signal.SIGINT)
        time.sleep(SECONDS_BETWEEN)
    Path(GO_ON).touch()
