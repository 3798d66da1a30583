"""A folder that a web server serves: files that it may read, under names that it cannot list."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ketasched.files.atomic_write import LOCK, locked_folder, refuse_os_errors, replace_file
from ketasched.files.disk import kind_at, read_bytes, refuse_all_but

FILE_MODE, FOLDER_MODE = 0o644, 0o711
"""A web server is another user: it may read a file whose name it is told, and list none."""

INDEX = "index.html"
"""An empty page where there is none, so that a server that would list the folder shows nothing."""


@contextmanager
def public_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder for the block, in which one writes; a missing one is made.

    Raises `Refused` if the folder is not writable, or somebody else writes there for too long.
    """
    with locked_folder(folder, FOLDER_MODE):
        is_new = not kind_at(folder / INDEX)
        if is_new:
            write_public(folder / INDEX, "")
        try:
            yield
        except BaseException:
            if is_new and {one.name for one in folder.iterdir()} == {INDEX, LOCK}:
                write_public(folder / INDEX, None)
            raise


def can_be_listed(folder: Path) -> bool:
    """Whether others on this machine can list a folder, which one may have made before."""
    return os.name == "posix" and bool(folder.stat().st_mode & 0o044)


def read_public(path: Path) -> str | None:
    """The text of a file; None if nothing is there. Raises `Refused` for what is no file."""
    refuse_all_but("a file", path)
    if not kind_at(path):
        return None
    with refuse_os_errors(path):
        # A damaged file is not as it should be, and so is written anew.
        return read_bytes(path, sys.maxsize, follows=False).decode(errors="replace")


def write_public(path: Path, text: str | None) -> None:
    """Write a file in one step, with `FILE_MODE` whatever the umask is; None removes it."""
    if text is None:
        path.unlink(missing_ok=True)
        return
    replace_file(path, text.encode(), FILE_MODE)
