"""The disk: files are looked at before they are opened, and only regular files are."""

import os
import stat
from pathlib import Path

from ketasched.errors import Refused

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""The flags with which `os.open` creates a file, and fails if it exists."""

READ = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
"""The flags with which `os.open` follows no link, and waits for nobody at a pipe."""

KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_at(path: Path) -> str:
    """What is at `path`, a link not followed: "a file", "a pipe"; "" if nothing is there."""
    try:
        return KINDS.get(stat.S_IFMT(os.lstat(path).st_mode), "no file")
    except (FileNotFoundError, NotADirectoryError):
        return ""


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


def has_content(path: Path, data: bytes) -> bool:
    """Whether a regular file at `path` has exactly this content. Raises `OSError`."""
    with os.fdopen(os.open(path, READ), "rb") as file:
        found = os.fstat(file.fileno())
        is_possible = stat.S_ISREG(found.st_mode) and found.st_size == len(data)
        return is_possible and file.read() == data
