"""A progress bar with rate and time left, on a terminal only."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

CHUNK = 1024 * 1024


@contextmanager
def progress(path: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """What is told each time that rows are done: the line that was reached, and how many rows.

    On a terminal, and of a file whose length is known, it draws a bar; else it does nothing.
    """
    # Counting the lines of a pipe would take them away from who reads it.
    if quiet or not Path(path).is_file() or not sys.stderr.isatty():
        yield lambda line, rows: None
        return
    with click.progressbar(length=_lines(path), file=sys.stderr, label="rows") as bar:
        done, begun = 0, time.monotonic()

        def seen(line: int, rows: int) -> None:
            nonlocal done
            done += rows
            rate = done / max(time.monotonic() - begun, 0.001)
            bar.label = f"{done:,} rows, {rate:,.0f} a second"
            bar.update(max(line - bar.pos, 0))

        yield seen


def _lines(path: str) -> int:
    with Path(path).open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK), b""))
