"""A roster as a stream of bytes, which can be read a second time while it is read."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from ketasched.errors import BadFile

STANDARD_INPUT = "-"


class RosterSource:
    """An open roster; "-" is standard input. Raises `BadFile` if it cannot be read."""

    def __init__(self, path: str, stack: ExitStack) -> None:
        self.path, self._stack = path, stack
        with _bad_file_for(path):
            self._file: IO[bytes] = (
                sys.stdin.buffer
                if path == STANDARD_INPUT
                else stack.enter_context(Path(path).open("rb"))  # noqa: SIM115 - the stack is one
            )
        self._is_seekable = path != STANDARD_INPUT and self._file.seekable()

    def stat(self) -> os.stat_result | None:
        """The status of a file or a pipe; None for anything else."""
        try:
            return os.fstat(self._file.fileno())
        except (OSError, ValueError):
            return None

    def stream(self) -> BinaryIO:
        """A stream from the first byte on; of a pipe only once, unless `buffer` was called."""
        place = 0 if self._is_seekable else None
        return cast("BinaryIO", _Reader(self._file, self.path, place))

    def buffer(self, folder: Path | None) -> None:
        """Copy a pipe into a temporary file in this folder (None: where the system has them)."""
        if not self._is_seekable:
            copy = self._stack.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
            shutil.copyfileobj(self.stream(), copy)
            self._file, self._is_seekable = copy, True


class _Reader:
    """A reader of a file; with a `place` in it of its own, beside other readers.

    Raises `BadFile` if the file cannot be read.
    """

    def __init__(self, file: IO[bytes], path: str, place: int | None) -> None:
        self._file, self._path, self._place = file, path, place

    def read(self, size: int = -1) -> bytes:
        """Some bytes, none at the end."""
        with _bad_file_for(self._path):
            if self._place is None:
                return self._file.read(size)
            self._file.seek(self._place)
            data = self._file.read(size)
        self._place += len(data)
        return data


@contextmanager
def open_roster(path: str) -> Iterator[RosterSource]:
    """The roster at this path. Raises `BadFile`."""
    with ExitStack() as stack:
        yield RosterSource(path, stack)


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
