"""A roster as a stream of bytes, which can be read a second time while it is read."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from ketasched.errors import BadFile

STANDARD_INPUT = "-"


class Source:
    """A roster that is open; "-" is standard input. Raises `BadFile` where it cannot be read."""

    def __init__(self, path: str, stack: ExitStack) -> None:
        self.path, self._stack = path, stack
        self._file: IO[bytes] = (
            sys.stdin.buffer if path == STANDARD_INPUT else stack.enter_context(_opened(path))
        )
        self._is_kept = self._is_file() and path != STANDARD_INPUT

    def stat(self) -> os.stat_result | None:
        """What the system says of it, if it is a file or a pipe."""
        try:
            return os.fstat(self._file.fileno())
        except (OSError, ValueError):
            return None

    def stream(self) -> BinaryIO:
        """The bytes from its beginning; of what is no file, this works once, or after `keep`."""
        if self._is_kept:
            return cast("BinaryIO", _Reader(self._file, self.path))
        return cast("BinaryIO", _Passing(self._file, self.path))

    def keep(self, folder: Path | None) -> None:
        """Have what is no file copied into one without a name, to be read again: in this folder,
        or where the system has such files.
        """
        if not self._is_kept:
            copy = self._stack.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
            shutil.copyfileobj(self.stream(), copy)
            self._file, self._is_kept = copy, True

    def _is_file(self) -> bool:
        found = self.stat()
        return found is not None and stat.S_ISREG(found.st_mode)


class _Passing:
    """A stream whose errors name it."""

    def __init__(self, file: IO[bytes], path: str) -> None:
        self._file, self._path = file, path

    def read(self, size: int = -1) -> bytes:
        """Some bytes, none at the end."""
        try:
            return self._file.read(size)
        except OSError as error:
            raise _cannot_be_read(self._path, error) from None


class _Reader(_Passing):
    """A reader of a file that others read, too: each with a place of its own."""

    _place = 0

    def read(self, size: int = -1) -> bytes:
        """Some bytes, none at the end."""
        try:
            self._file.seek(self._place)
        except OSError as error:
            raise _cannot_be_read(self._path, error) from None
        data = super().read(size)
        self._place += len(data)
        return data


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """The roster at this path. Raises `BadFile`."""
    with ExitStack() as stack:
        yield Source(path, stack)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below, where nothing is caught
    except (OSError, ValueError) as error:
        raise _cannot_be_read(path, error) from None
    with stream:
        yield stream


def _cannot_be_read(path: str, error: Exception) -> BadFile:
    said = getattr(error, "strerror", None) or str(error)
    where = "standard input" if path == STANDARD_INPUT else path
    return BadFile(
        f"{where}: cannot be read: {said}", next_step="give the path of a roster that is there"
    )
