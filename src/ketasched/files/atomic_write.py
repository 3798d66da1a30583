"""Writes folders of files atomically: locked, private, and over existing files only if asked.

Files are written under temporary names, ".<hex>.part", and then renamed. Files have mode 0600,
folders 0700.
"""

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ketasched.errors import Refused

LOCK, SECONDS_TO_WAIT = ".lock", 10
"""The lock file of a folder, and how long a writer waits for it."""

PART = re.compile(r"\.[0-9a-f]{16}\.part")
"""The temporary name of a file or folder; a leftover is from a writer that was killed."""

NO_PATTERNS: Mapping[str, re.Pattern[str]] = {}

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""The flags with which `os.open` creates a file, and fails if it exists."""

NAME_TAKEN = frozenset((errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR))
"""The errors of renaming a folder to the name of something that exists."""

MOST_LISTED = 6
"""Further existing files are only counted in a message."""


@dataclass(slots=True)
class UndoLog:
    """The former contents of files (None: no file), and the folders that did not exist."""

    contents: dict[Path, bytes | None] = field(default_factory=dict)
    new_folders: list[Path] = field(default_factory=list)

    def record_folders(self, folders: Iterable[Path]) -> None:
        """Record which of these folders and their parents do not exist yet."""
        self.new_folders += [one for folder in folders for one in _missing_folders(folder)]

    def record_files(self, paths: Iterable[Path]) -> None:
        """Record the contents of these files, unless an earlier call did."""
        for path in paths:
            self.contents.setdefault(path, path.read_bytes() if path.exists() else None)

    def roll_back(self) -> None:
        """Restore the recorded files, and remove the new folders that are empty."""
        old = {path: data for path, data in self.contents.items() if data is not None}
        _replace_files(old, [path for path in self.contents if path not in old and path.exists()])
        for folder in sorted(self.new_folders, reverse=True):
            with suppress(OSError):
                folder.rmdir()


def write_folder(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    replaced: Mapping[str, re.Pattern[str]] = NO_PATTERNS,
    force: bool = False,
    before_write: Callable[[], None] | None = None,
    undo: UndoLog | None = None,
) -> list[Path]:
    """Write `files` into `folder`, and return their paths.

    A file's name may be in an inner folder: "rides/a.ics". All files are first written under
    temporary names and then renamed in the order of `files`; a second writer waits for the first.
    `force` writes over existing files, and removes stale ones: `replaced` maps inner folders to a
    pattern of such names. `before_write` is called once the folder is locked, and may raise.
    `undo` records what is replaced.

    Raises `Refused` if a file exists and `force` is false, if an inner folder is a link, if
    another writer does not end in time, or if `folder` is not writable.
    """
    paths = [folder / name for name in files]
    with _refuse_os_errors(folder):
        if undo:
            undo.record_folders({folder, *(path.parent for path in paths)})
        make_private_folder(folder)
        with _locked(folder):
            if before_write is not None:
                before_write()
            stale = _stale_files(folder, paths, replaced, force=force)
            if undo:
                undo.record_files([*paths, *stale])
            for inner in {path.parent for path in paths} - {folder}:
                make_private_folder(inner)
            _replace_files(dict(zip(paths, files.values(), strict=True)), stale)
    return paths


def write_new_folder(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Create `folder` with these files in one step; return False if the name is taken.

    The files are written into a temporary folder, which is then renamed. They are not synced to
    disk: after a power cut, compare them with what they should be (`is_up_to_date`). Raises
    `Refused` if the parent is not writable.
    """
    # A str: `pathlib` interns the parts of every path, which adds up over many thousand folders.
    part = f"{folder.parent}{os.sep}.{os.urandom(8).hex()}.part"
    with _refuse_os_errors(folder):
        os.mkdir(part, 0o700)  # noqa: PTH102
        try:
            for name, data in files.items():
                _write_file(f"{part}{os.sep}{name}", data, sync=False)
            os.rename(part, folder)  # noqa: PTH104
        except BaseException as error:
            shutil.rmtree(part, ignore_errors=True)
            if getattr(error, "errno", None) in NAME_TAKEN:
                return False
            raise
    return True


def refuse_link(folder: Path) -> None:
    """Raise `Refused` if a folder to write into is a link, which somebody else may have made."""
    if folder.is_symlink():
        problem = f"{folder}: is a link, not a folder"
        raise Refused(problem, next_step="remove it, or another place")


@contextmanager
def undo_on_error(undo: UndoLog) -> Iterator[None]:
    """Roll back what `undo` has recorded if the block raises."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            undo.roll_back()
        raise


def is_up_to_date(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    replaced: Mapping[str, re.Pattern[str]] = NO_PATTERNS,
) -> bool:
    """Whether `write_folder` with `force` would change nothing in `folder`."""
    with suppress(OSError):
        if all((folder / name).read_bytes() == data for name, data in files.items()):
            paths = [folder / name for name in files]
            return not (_stale_files(folder, paths, replaced, force=True) or is_locked(folder))
    return False


def is_locked(folder: Path) -> bool:
    """Whether a process is writing into `folder`, or was killed while it wrote."""
    return (folder / LOCK).exists()


def wait_for_writers(folder: Path) -> None:
    """Wait until nobody writes into `folder`, and remove the leftovers of a killed writer.

    Raises `Refused` if a writer does not end in time.
    """
    if not is_locked(folder):
        return
    with _refuse_os_errors(folder), _locked(folder):
        remove_leftovers(folder)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files and folders from `folder`; nobody may be writing there."""
    for path in folder.iterdir():
        if PART.fullmatch(path.name):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def _refuse_os_errors(place: Path) -> Iterator[None]:
    """Raise `Refused` if the block, which writes at `place`, raises `OSError`."""
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        step = "make room there, then try again" if is_full else "another folder, one of yours"
        problem = f"{error.filename or place}: cannot be written: {error.strerror or error}"
        raise Refused(problem, next_step=step) from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`. Raises `Refused` if another writer keeps it for too long."""
    # Imported here because a command that only prints would lose a tenth of its time.
    import logging  # noqa: PLC0415

    from filelock import FileLock, Timeout  # noqa: PLC0415

    # Its debug lines name the folder, and so the patient.
    logging.getLogger("filelock").setLevel(logging.WARNING)
    lock = FileLock(folder / LOCK, timeout=SECONDS_TO_WAIT, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        message = f"{folder}: somebody else is writing there"
        raise Refused(message, next_step="try again") from None
    try:
        yield
    finally:
        # Removed while it is held: a waiting process notices, and creates a new lock file.
        with suppress(OSError):
            (folder / LOCK).unlink()
        lock.release()


def _stale_files(
    folder: Path, paths: list[Path], replaced: Mapping[str, re.Pattern[str]], *, force: bool
) -> list[Path]:
    """The files to remove before `paths` are written. Raises `Refused` if `paths` cannot be."""
    inner = {
        path: pattern
        for name, pattern in replaced.items()
        if (folder / name).is_dir() and not (folder / name).is_symlink()
        for path in sorted((folder / name).iterdir())
    }
    replaceable = [path for path, pattern in inner.items() if pattern.fullmatch(path.name)]
    stale = [path for path in replaceable if path not in paths]
    if not force:
        _refuse_existing([*paths, *stale])
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            raise Refused(f"{path}: is a folder", next_step="move it away, or another place")
        if path.parent != folder:
            refuse_link(path.parent)
    return [*stale, *(path for path in (*folder.iterdir(), *inner) if PART.fullmatch(path.name))]


def _refuse_existing(paths: list[Path]) -> None:
    existing = [path for path in paths if path.exists() or path.is_symlink()]
    if existing:
        few = ", ".join(map(str, existing[:MOST_LISTED]))
        more = len(existing) - MOST_LISTED
        raise Refused(
            f"there already: {few}{f', and {more} more' if more > 0 else ''}",
            next_step="another place, or --force to write over what is there",
        )


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents with mode 0700."""
    for missing in reversed(_missing_folders(folder)):
        missing.mkdir(mode=0o700, exist_ok=True)


def _missing_folders(folder: Path) -> list[Path]:
    """The folder and its parents, the innermost first, as far as they do not exist."""
    return [one for one in (folder, *folder.parents) if not one.exists()]


def _replace_files(files: Mapping[Path, bytes], stale: Iterable[Path]) -> None:
    parts = {path: path.with_name(f".{os.urandom(8).hex()}.part") for path in files}
    try:
        for path, data in files.items():
            _write_file(parts[path], data)
        # Removed before the renames: after a kill, a missing file is better than a stale one.
        for path in stale:
            path.unlink()
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _write_file(path: Path | str, data: bytes, *, sync: bool = True) -> None:
    # `os.open`, because a file object takes three more system calls for each of many files.
    file, rest = os.open(path, CREATE, 0o600), memoryview(data)
    try:
        while rest:
            rest = rest[os.write(file, rest) :]
        if sync:
            os.fsync(file)
    finally:
        os.close(file)
