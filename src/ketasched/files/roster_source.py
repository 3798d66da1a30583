"""A roster as a stream of bytes whose errors name it, and which says if it changes meanwhile."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, cast

from ketasched.errors import BadFile
from ketasched.files.disk import STANDARD_INPUT, StandardInput, bad_file_for, open_file


class RosterSource:
    """An open roster; "-" is standard input."""

    def __init__(self, path: str, file: BinaryIO | StandardInput) -> None:
        self._path, self._file = path, file
        self._version = self._current_version()

    def stat(self) -> os.stat_result | None:
        """The status of a file or a pipe; None for anything else."""
        try:
            return os.fstat(self._file.fileno())
        except (OSError, ValueError):
            return None

    def stream(self) -> BinaryIO:
        """The bytes, which can be read once."""
        return cast("BinaryIO", self)

    def read(self, size: int) -> bytes:
        """Some bytes, none at the end.

        Raises `BadFile` if they cannot be read, or if a file is not the one any more that it was
        when it was opened: a part of its rows would be missing.
        """
        with bad_file_for(self._path, "roster"):
            data = self._file.read(size)
        if not data and self._version != self._current_version():
            problem = f"{self._path}: has changed while it was read: rows may be missing"
            step = "once nobody writes to it, the same again (batch -o: with --resume)"
            raise BadFile(problem, next_step=step)
        return data

    def _current_version(self) -> tuple[int, int] | None:
        """The size of a regular file, and when it was written to."""
        status = self.stat()
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        return status.st_size, status.st_mtime_ns


@contextmanager
def open_roster(path: str) -> Iterator[RosterSource]:
    """The roster at this path. Raises `BadFile`."""
    with ExitStack() as stack:
        with bad_file_for(path, "roster"):
            is_input = path == STANDARD_INPUT
            file = StandardInput() if is_input else stack.enter_context(open_file(path))
        yield RosterSource(path, file)
