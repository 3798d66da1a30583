"""Writes folders of files atomically: locked, private, and over existing files only if asked.

Files are written under temporary names, ".<hex>.part", and then renamed. Files have mode 0600,
folders 0700.
"""

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from ketasched.errors import Refused
from ketasched.files.disk import create_file, has_content, refuse_all_but

LOCK, SECONDS_TO_WAIT = ".lock", 10
"""The lock file of a folder, and how long a writer waits for it."""

PART = re.compile(r"\.[0-9a-f]{16}\.part(-wal|-shm|-journal)?")
"""The temporary name of a file or folder; a leftover is from a writer that was killed.

The endings are those of SQLite, for what it keeps beside a file.
"""

NO_PATTERNS: Mapping[str, re.Pattern[str]] = {}

NAME_TAKEN = frozenset((errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR))
"""The errors of renaming a folder to the name of something that exists."""

MOST_LISTED = 6
"""Further existing files are only counted in a message."""


@contextmanager
def prepared_folder(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    replaced: Mapping[str, re.Pattern[str]] = NO_PATTERNS,
    force: bool = False,
    before_write: Callable[[], None] | None = None,
) -> Iterator[list[Path]]:
    """Prepare `files` in `folder` for the block, and give them their names after it.

    The folder is locked, and the files are written under temporary names and read back. Yields
    their paths. If the block raises, nothing has changed; else the files are renamed, in the order
    of `files`. A second writer waits for the first.

    A file's name may be in an inner folder: "rides/a.ics". `force` writes over existing files, and
    removes stale ones: `replaced` maps inner folders to a pattern of such names. `before_write` is
    called once the folder is locked, and may raise.

    Raises `Refused` if a file exists and `force` is false, if something that is no file has the
    name of one, if another writer does not end in time, or if `folder` is not writable.
    """
    paths = [folder / name for name in files]
    with ExitStack() as stack:
        with refuse_os_errors(folder):
            missing = missing_folders({folder, *(path.parent for path in paths)})
            stack.callback(_attempt, [inner.rmdir for inner in reversed(missing)])
            make_folder(folder)
            stack.enter_context(folder_lock(folder))
            if before_write is not None:
                before_write()
            stale = _stale_files(folder, paths, replaced, force=force)
            for inner in {path.parent for path in paths} - {folder}:
                make_folder(inner)
            parts = {path: _part_beside(path) for path in paths}
            stack.callback(_attempt, [part.unlink for part in parts.values()])
            for path, data in zip(paths, files.values(), strict=True):
                create_file(parts[path], data)
                if not has_content(parts[path], data):
                    raise OSError(errno.EIO, "it cannot be read back", path)
        yield paths
        with refuse_os_errors(folder):
            # Removed before the renames: after a kill, a missing file is better than a stale one.
            for path in stale:
                path.unlink(missing_ok=True)
            for path, part in parts.items():
                part.replace(path)


def write_files(folder: Path, files: Mapping[str, bytes], *, force: bool = False) -> list[Path]:
    """Write `files` into `folder` as `prepared_folder` does, and return their paths."""
    with prepared_folder(folder, files, force=force) as paths:
        return paths


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file in one step, over another one that is there, with this mode."""
    part = _part_beside(path)
    try:
        create_file(part, data)
        part.chmod(mode)
        part.replace(path)
    except BaseException:
        _attempt([part.unlink])
        raise


def write_new_folder(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Create `folder` with these files in one step; return False if the name is taken.

    The files are written into a temporary folder, which is then renamed. They are not synced to
    disk: after a power cut, compare them with what they should be (`is_up_to_date`). Raises
    `Refused` if the parent is not writable.
    """
    # A str: `pathlib` interns the parts of every path, which adds up over many thousand folders.
    part = f"{folder.parent}{os.sep}.{os.urandom(8).hex()}.part"
    with refuse_os_errors(folder):
        os.mkdir(part, 0o700)  # noqa: PTH102
        try:
            for name, data in files.items():
                create_file(f"{part}{os.sep}{name}", data, sync=False)
            os.rename(part, folder)  # noqa: PTH104
        except BaseException as error:
            shutil.rmtree(part, ignore_errors=True)
            if getattr(error, "errno", None) in NAME_TAKEN:
                return False
            raise
    return True


def is_up_to_date(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    replaced: Mapping[str, re.Pattern[str]] = NO_PATTERNS,
) -> bool:
    """Whether `write_files` with `force` would change nothing in `folder`."""
    with suppress(OSError, Refused):
        if all(has_content(folder / name, data) for name, data in files.items()):
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
    with refuse_os_errors(folder), folder_lock(folder):
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
def refuse_os_errors(place: Path) -> Iterator[None]:
    """Raise `Refused` if the block, which writes at `place`, raises `OSError`."""
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        step = "make room there, then try again" if is_full else "another folder, one of yours"
        problem = f"{error.filename or place}: cannot be written: {error.strerror or error}"
        raise Refused(problem, next_step=step) from None


@contextmanager
def locked_folder(folder: Path, mode: int = 0o700) -> Iterator[None]:
    """Hold the lock of a folder for the block, which writes there; a missing one is made.

    If the block raises, a folder that was made for it, and in which it left nothing, is removed.
    Raises `Refused` if the folder is not writable, or somebody else writes there for too long.
    """
    # Who names a link means where it leads: what a web server serves is often one.
    refuse_all_but("a folder", folder.resolve() if folder.is_symlink() else folder)
    with refuse_os_errors(folder):
        missing = missing_folders({folder})
        make_folder(folder, mode)
        try:
            with folder_lock(folder):
                remove_leftovers(folder)
                yield
        except BaseException:
            _attempt(inner.rmdir for inner in reversed(missing))
            raise


def folder_lock(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock of `folder`. Raises `Refused` if another writer keeps it for too long."""
    said = f"{folder}: somebody else is writing there"
    return hold_lock(folder / LOCK, SECONDS_TO_WAIT, said, "try again")


@contextmanager
def hold_lock(path: Path, seconds: float, message: str, next_step: str) -> Iterator[None]:
    """Hold the lock whose file is `path`. Raises `OSError` if the file cannot be created.

    Raises `Refused`, with the message and the next step, if another process keeps it for so long.
    """
    # Imported here because a command that only prints would lose a tenth of its time.
    import logging  # noqa: PLC0415

    from filelock import FileLock, Timeout  # noqa: PLC0415

    # Its debug lines name the folder, and so the patient.
    logging.getLogger("filelock").setLevel(logging.WARNING)
    refuse_all_but("a file", path)
    lock = FileLock(path, timeout=seconds, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise Refused(message, next_step=next_step) from None
    try:
        yield
    finally:
        # Removed while it is held: a waiting process notices, and creates a new lock file.
        with suppress(OSError):
            path.unlink()
        lock.release()


def _part_beside(path: Path) -> Path:
    """A new temporary name for a file."""
    return path.with_name(f".{os.urandom(8).hex()}.part")


def _stale_files(
    folder: Path, paths: list[Path], replaced: Mapping[str, re.Pattern[str]], *, force: bool
) -> list[Path]:
    """The files to remove before `paths` are written. Raises `Refused` if `paths` cannot be."""
    for parent in {*map(folder.joinpath, replaced), *(path.parent for path in paths)} - {folder}:
        refuse_all_but("a folder", parent)
    inner = {
        path: pattern
        for name, pattern in replaced.items()
        if (folder / name).exists()
        for path in sorted((folder / name).iterdir())
    }
    replaceable = [path for path, pattern in inner.items() if pattern.fullmatch(path.name)]
    stale = [path for path in replaceable if path not in paths]
    if not force:
        _refuse_existing([*paths, *stale])
    for path in (*paths, *stale):
        refuse_all_but("a file", path)
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


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Create a folder and its missing parents with this mode, whatever the umask is."""
    for missing in missing_folders({folder}):
        missing.mkdir(mode=mode, exist_ok=True)
        missing.chmod(mode)


def missing_folders(folders: Iterable[Path]) -> list[Path]:
    """Those of these folders and their parents that do not exist, the outermost first."""
    return sorted({one for at in folders for one in (at, *at.parents) if not one.exists()})


def _attempt(removals: Iterable[Callable[[], object]]) -> None:
    """Remove what can be removed: files that are there, and folders that are empty."""
    for remove in removals:
        with suppress(OSError):
            remove()
