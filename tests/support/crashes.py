"""Runs of `ketasched batch` to be disturbed, and what they leave behind."""

import csv
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.benchmarks.rosters import rows

from ketasched.batch.manifest import COLUMNS
from tests.conftest import ROOT
from tests.support.forked import NOTHING, PROGRAM, Forked, ketasched

CLINIC = ROOT / "examples" / "clinic.toml"
MOMENT = ("--made-at", "2026-11-23T15:00:00Z")

Tree = dict[str, tuple[int, bytes]]
"""The mode and the bytes of everything in a folder, by path; a folder has no bytes."""


def write_roster(path: Path, count: int) -> Path:
    """A roster of so many rows, every tenth of which cannot be planned."""
    found = list(rows(count, seed=7))
    for row in found[::10]:
        row["start"] = "someday"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, found[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    return path


def command(roster: Path, output: Path, *more: str) -> list[str]:
    return [
        *(*PROGRAM, "batch", str(roster), "-o", str(output)),
        *("--clinic", str(CLINIC), *more),
    ]


def begun(
    arguments: Sequence[str], constants: Mapping[str, object] = NOTHING, **more: Any
) -> subprocess.Popen[str] | Forked:
    """A run that has begun; what it says can be read when it ends.

    A plain run of `ketasched` is forked, perhaps with other constants of its modules; any other
    command, or one with more, is started anew.
    """
    if tuple(arguments[: len(PROGRAM)]) == PROGRAM and not more:
        return ketasched(*arguments[len(PROGRAM) :], constants=constants)
    return subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more
    )


def ended(process: subprocess.Popen[str] | Forked) -> tuple[int | None, str]:
    """The exit code of a run that ends by itself, and all that it said."""
    output, errors = process.communicate(timeout=120)
    return process.returncode, output + (errors or "")


def run(
    arguments: Sequence[str], constants: Mapping[str, object] = NOTHING, **more: Any
) -> tuple[int | None, str]:
    return ended(begun(arguments, constants, **more))


def tree(folder: Path) -> Tree:
    found: Tree = {}
    for path in sorted(folder.rglob("*")):
        data = b"" if path.is_dir() else path.read_bytes()
        found[str(path.relative_to(folder))] = path.stat().st_mode, data
    return found


def until(is_so: Callable[[], object], seconds: float = 30) -> None:
    """Wait until it is so. Raises `TimeoutError`."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)


def patients(output: Path) -> int:
    """How many patients have a folder there."""
    if not output.is_dir():
        return 0
    return sum(not name.startswith(".") and "." not in name for name in os.listdir(output))  # noqa: PTH208 - names are enough


def only_whole_lines(path: Path) -> bool:
    data = path.read_bytes()
    return data.endswith(b"\n") and all(
        len(line) == len(COLUMNS) for line in csv.reader(data.decode().splitlines())
    )
