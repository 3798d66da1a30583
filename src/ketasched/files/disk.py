"""Creates and replaces files, once it has looked at what is there: regular files only."""

import errno
import os
import stat
from pathlib import Path

from ketasched.errors import Refused

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFLNK: "a link",
    stat.S_IFSOCK: "a socket",
}
"""What a path leads to if it is no regular file; all else is a device."""

# Something else may take the file's place after the look: even then, nothing waits.
NO_LINK = 0
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    NO_LINK |= getattr(os, _name, 0)

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""The flags with which `os.open` creates a file, and fails if it exists."""


def kind_at(path: Path | str) -> str:
    """What is at `path`, a link not followed: "a file", "a pipe"; "" if nothing is there."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return "a file" if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "a device")


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


def open_private(path: str, flags: int) -> int:
    """An opener for `open`: of a regular file, no link, that only its owner can read if it is new.

    Raises `OSError`, also for anything else at `path`.
    """
    kind = kind_at(path)
    if kind not in ("", "a file"):
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", path)
    return os.open(path, flags | NO_LINK, 0o600)


def has_content(path: Path, data: bytes) -> bool:
    """Whether a regular file at `path` has exactly this content. Raises `OSError`."""
    with open(path, "rb", opener=open_private) as file:
        return os.fstat(file.fileno()).st_size == len(data) and file.read() == data
