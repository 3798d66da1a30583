"""A roster as a stream of bytes whose errors name it."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from ketasched.errors import BadFile

STANDARD_INPUT = "-"


class RosterSource:
    """An open roster; "-" is standard input."""

    def __init__(self, path: str, file: IO[bytes]) -> None:
        self._path, self._file = path, file

    def stat(self) -> os.stat_result | None:
        """The status of a file or a pipe; None for anything else."""
        try:
            return os.fstat(self._file.fileno())
        except (OSError, ValueError):
            return None

    def stream(self) -> BinaryIO:
        """The bytes, which can be read once."""
        return cast("BinaryIO", self)

    def read(self, size: int = -1) -> bytes:
        """Some bytes, none at the end. Raises `BadFile` if they cannot be read."""
        with _bad_file_for(self._path):
            return self._file.read(size)


@contextmanager
def open_roster(path: str) -> Iterator[RosterSource]:
    """The roster at this path. Raises `BadFile`."""
    with ExitStack() as stack:
        with _bad_file_for(path):
            is_file = path != STANDARD_INPUT
            file = stack.enter_context(Path(path).open("rb")) if is_file else sys.stdin.buffer
        yield RosterSource(path, file)


@contextmanager
def _bad_file_for(path: str) -> Iterator[None]:
    """Raise `BadFile` if opening or reading the file at `path` fails."""
    try:
        yield
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        where = "standard input" if path == STANDARD_INPUT else path
        step = "give the path of a roster that is there"
        raise BadFile(f"{where}: cannot be read: {said}", next_step=step) from None
