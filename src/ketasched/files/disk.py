"""Opens and creates files, once it has looked at what is there: the only module that does.

What is read or written is a regular file. A pipe, a device, a socket or a folder is refused at
once: to open it could wait for ever. A link is followed only where a file is read, and unless the
caller says that it is not: in a folder that others may write to, it may lead anywhere.
"""

import errno
import os
import select
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, ClassVar, Literal
from weakref import WeakSet

import tzdata

from ketasched.errors import BadFile, Refused

# Not `importlib.resources`, which takes as long to import as a course takes to plan.
ZONE_DATA = Path(tzdata.__file__).parent
"""The folder of the package `tzdata`, with the tables of the IANA."""

STANDARD_INPUT = "-"
"""The path that is standard input, where a caller reads that."""

MOST_BYTES = 10_000_000
"""The size of the largest file that is read whole, unless the caller says another one."""

CHUNK = 64 * 1024
"""Bytes that are read at a time where the size is not known before."""

KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFLNK: "a link",
    stat.S_IFSOCK: "a socket",
}
"""What a path leads to; all else is a device."""

# Something else may take the file's place after the look: even then, nothing waits.
NO_WAIT = 0
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    NO_WAIT |= getattr(os, _name, 0)
NO_LINK = getattr(os, "O_NOFOLLOW", 0)

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""The flags with which `os.open` creates a file, and fails if it exists."""


def read_bytes(path: Path | str, most: int = MOST_BYTES, *, follows: bool = True) -> bytes:
    """The bytes of a regular file, which is a link only if this one `follows` links.

    Raises `OSError`, also if there are more than `most` bytes.
    """
    descriptor, size = _open(path, follows=follows)
    try:
        return _read_all(partial(os.read, descriptor), most, min(size, most) + 1)
    finally:
        os.close(descriptor)


def open_file(path: Path | str, *, follows: bool = True) -> BinaryIO:
    """A regular file, open for reading, as `read_bytes` reads it. Raises `OSError`."""
    return os.fdopen(_open(path, follows=follows)[0], "rb")


class StandardInput:
    """Standard input, which has one reader: another one would take bytes away from the first.

    Raises `OSError` if there is no standard input, or if it has a reader.
    """

    _taken: ClassVar[WeakSet[IO[str]]] = WeakSet()

    def __init__(self) -> None:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "it is closed")
        if sys.stdin in self._taken:
            raise OSError(errno.EBUSY, "it is read already, for something else")
        self._taken.add(sys.stdin)
        self._file = sys.stdin.buffer

    def fileno(self) -> int:
        """The descriptor. Raises `OSError` if there is none."""
        return self._file.fileno()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Waits for them. Raises `OSError`."""
        # A pipe that another program has made non-blocking says None: there is nothing yet.
        while (data := self._file.read(size)) is None:
            select.select([self._file], [], [])
        return data

    def read_all(self) -> bytes:
        """The bytes up to the end. Raises `OSError`, also for more than `MOST_BYTES`."""
        return _read_all(self.read, MOST_BYTES, CHUNK)


def read_input(path: str) -> bytes:
    """The bytes of the file at `path`; "-" is standard input. Raises `BadFile`."""
    with bad_file_for(path):
        return StandardInput().read_all() if path == STANDARD_INPUT else read_bytes(path)


@contextmanager
def bad_file_for(path: str, noun: str = "file") -> Iterator[None]:
    """Raise `BadFile` if the block, which reads the file at `path`, raises `OSError`."""
    try:
        yield
    except OSError as error:
        where = "standard input" if path == STANDARD_INPUT else path
        step = f"give the path of a {noun} that is there"
        reason = error.strerror or error
        raise BadFile(f"{where}: cannot be read: {reason}", next_step=step) from None


def _open(path: Path | str, *, follows: bool) -> tuple[int, int]:
    """The descriptor and the size of a regular file."""
    try:
        # As a `Path`, the look at each of many files would take as long as reading it.
        _refuse_irregular(_kind(os.stat(path, follow_symlinks=follows)), path)  # noqa: PTH116
        descriptor = os.open(path, NO_WAIT if follows else NO_WAIT | NO_LINK)
    except ValueError as error:  # no path at all, as one with a NUL
        raise OSError(errno.EINVAL, str(error), path) from None
    try:
        status = os.fstat(descriptor)
        _refuse_irregular(_kind(status), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor, status.st_size


def _kind(status: os.stat_result) -> str:
    return KINDS.get(stat.S_IFMT(status.st_mode), "a device")


def _refuse_irregular(kind: str, path: Path | str) -> None:
    if kind != "a file":
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", path)


def _read_all(read: Callable[[int], bytes], most: int, size: int) -> bytes:
    """What `read` gives up to its end, `size` bytes at first."""
    data = read(size)
    while len(data) <= most and (more := read(CHUNK)):  # the size may be 0, as in /proc
        data += more
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most // 1_000_000} MB")
    return data


def kind_at(path: Path | str) -> str:
    """What is at `path`, a link not followed: "a file", "a pipe"; "" if nothing is there."""
    try:
        return _kind(os.lstat(path))
    except (FileNotFoundError, NotADirectoryError):
        return ""


def is_there(path: Path | str) -> bool:
    """Whether something is at `path`, a link followed; True also if nobody may look there.

    Whoever then reads it is told why it cannot be read.
    """
    try:
        os.stat(path)  # noqa: PTH116 - as a `Path` it is slower, and for the name of a patient
    except PermissionError:
        return True
    except (OSError, ValueError):  # no path at all, as one that is too long or has a NUL
        return False
    return True


def refuse_all_but(wanted: str, path: Path) -> None:
    """Raise `Refused` if anything but `wanted` ("a file", "a folder") is at `path`."""
    kind = kind_at(path)
    if kind not in ("", wanted):
        problem = f"{path}: is {kind}, not {wanted}"
        raise Refused(problem, next_step="move it away, or another place")


def create_file(path: Path | str, data: bytes, *, sync: bool = True) -> None:
    """Create a file with mode 0600. Raises `OSError`, also if something is at `path`."""
    # `os.open`, because a file object takes three more system calls for each of many files.
    file, rest = os.open(path, CREATE, 0o600), memoryview(data)
    try:
        while rest:
            rest = rest[os.write(file, rest) :]
        if sync:
            os.fsync(file)
    finally:
        os.close(file)


def open_private(path: Path | str, mode: Literal["wb", "ab"], buffering: int = -1) -> BinaryIO:
    """A regular file, no link, open for writing; a new one has mode 0600. Raises `OSError`."""
    return open(path, mode, buffering, opener=_open_private)


def _open_private(path: str, flags: int) -> int:
    _refuse_irregular(kind_at(path) or "a file", path)
    return os.open(path, flags | NO_WAIT | NO_LINK, 0o600)


def sync_to_disk(path: Path) -> None:
    """Sync a file, or the names in a folder, to disk, where the system can do that."""
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY | NO_LINK)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def has_content(path: Path, data: bytes) -> bool:
    """Whether a regular file at `path` has exactly this content. Raises `OSError`."""
    with open_file(path, follows=False) as file:
        return os.fstat(file.fileno()).st_size == len(data) and file.read() == data
