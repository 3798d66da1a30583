"""A patient's folder: files written beside and renamed, private, and never overwritten unasked."""

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ketasched.errors import Refused

LOCK, SECONDS_TO_WAIT = ".lock", 10
"""The file that a writer holds, and how long another one waits for it."""

PART = re.compile(r"\.[0-9a-f]{16}\.part")
"""A file on its way to its name; one that is left is from a writer that was killed."""

NOTHING: Mapping[str, re.Pattern[str]] = MappingProxyType({})

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""How a file is opened that is not there yet."""

MOST_LISTED = 6
"""More files that are there already are counted."""


@dataclass(slots=True)
class Undo:
    """What files were before they were written over, so that they can be put back."""

    before: dict[Path, bytes | None] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)

    def look_at_folders(self, folders: Iterable[Path]) -> None:
        """Remember which folders are not there yet, nor those that they are in."""
        everywhere = (one for folder in folders for one in (folder, *folder.parents))
        self.folders += [one for one in everywhere if not one.exists()]

    def look_at(self, paths: Iterable[Path]) -> None:
        """Remember what these files are now."""
        for path in paths:
            self.before.setdefault(path, path.read_bytes() if path.exists() else None)

    def put_back(self) -> None:
        """Have them again as they were; folders that were made go, where nothing else is in."""
        old = {path: data for path, data in self.before.items() if data is not None}
        _replace(old, [path for path in self.before if path not in old and path.exists()])
        for place in sorted(self.folders, reverse=True):
            with suppress(OSError):
                place.rmdir()


def write_folder(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    replaced: Mapping[str, re.Pattern[str]] = NOTHING,
    force: bool = False,
    still: Callable[[], None] | None = None,
    undo: Undo | None = None,
) -> list[Path]:
    """Write these files into `folder` (mode 0600, folders 0700) and give their paths.

    All are written beside their names first and then renamed, in this order, so that no file is
    ever half there; a second writer waits for the first. A name may have a folder before it
    ("rides/a.ics"). With `force`, those files of the folders in `replaced` go whose names match:
    they are of another day.
    `still` is asked when nobody else writes, and may refuse. `undo` is told what was there.
    Raises `Refused` if one exists and `force` is false, if a folder in the way is a link, or if
    the place cannot be written to.
    """
    paths = [folder / name for name in files]
    try:
        if undo:
            undo.look_at_folders({folder, *(path.parent for path in paths)})
        make_folder(folder)
        with _alone(folder):
            if still is not None:
                still()
            stale = _look(folder, paths, replaced, force=force)
            if undo:
                undo.look_at([*paths, *stale])
            for place in {path.parent for path in paths} - {folder}:
                make_folder(place)
            _replace(dict(zip(paths, files.values(), strict=True)), stale)
    except OSError as error:
        raise _cannot_be_written(folder, error) from None
    return paths


def new_folder(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Make `folder` with these files, all at once; False where there is something by that name.

    They are written into a folder beside it, which then gets the name: nobody ever sees half of
    them. They are not forced onto the disk; who has to be sure after a power cut compares them
    with what they should be. Raises `Refused` if the place cannot be written to.
    """
    # Plain text, not a `Path`: that keeps every name it ever had, for a hundred thousand folders.
    part = f"{folder.parent}{os.sep}.{os.urandom(8).hex()}.part"
    try:
        os.mkdir(part, 0o700)  # noqa: PTH102
        try:
            for name, data in files.items():
                _write(f"{part}{os.sep}{name}", data, lasting=False)
            return _renamed(part, folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise _cannot_be_written(folder, error) from None


def _renamed(part: str, folder: Path) -> bool:
    """Give the folder its name; where that is taken, remove it and say False."""
    try:
        os.rename(part, folder)  # noqa: PTH104
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise
        shutil.rmtree(part)
        return False
    return True


def refuse_link(folder: Path) -> None:
    """Raise `Refused` if a folder to be written is a link: in a shared place, who made it?"""
    if folder.is_symlink():
        said = f"{folder}: is a link, not a folder"
        raise Refused(said, next_step="remove it, or another place")


@contextmanager
def undone_if_it_fails(undo: Undo) -> Iterator[None]:
    """If what is done inside fails, the files that it wrote are again as they were before."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            undo.put_back()
        raise


def holds(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    replaced: Mapping[str, re.Pattern[str]] = NOTHING,
) -> bool:
    """Whether `folder` has these files with just these bytes, and `write_folder` no more to do."""
    try:
        if any((folder / name).read_bytes() != data for name, data in files.items()):
            return False
        stale = _look(folder, [folder / name for name in files], replaced, force=True)
    except OSError:
        return False
    return not stale and not half_written(folder)


def half_written(folder: Path) -> bool:
    """Whether somebody is writing into `folder`, or was killed at it."""
    return (folder / LOCK).exists()


def settle(folder: Path) -> None:
    """Wait until nobody writes into `folder`, and remove what one who was killed at it has left.

    Raises `Refused` if somebody goes on writing.
    """
    if not half_written(folder):
        return
    try:
        with _alone(folder):
            sweep(folder)
    except OSError as error:
        raise _cannot_be_written(folder, error) from None


def sweep(folder: Path) -> None:
    """Remove the files and folders that writers who were killed have left in `folder`."""
    for path in folder.iterdir():
        if PART.fullmatch(path.name):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _cannot_be_written(folder: Path, error: OSError) -> Refused:
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Refused(
        f"{error.filename or folder}: cannot be written: {error.strerror or error}",
        next_step="make room there, then try again" if is_full else "another folder, one of yours",
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While no other writer is in the folder. Raises `Refused`."""
    # Imported here because who prints a plan writes nothing, and it takes a tenth of that.
    from filelock import FileLock, Timeout  # noqa: PLC0415

    lock = FileLock(folder / LOCK, timeout=SECONDS_TO_WAIT, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        said = f"{folder}: somebody else is writing there"
        raise Refused(said, next_step="try again") from None
    try:
        yield
    finally:
        # Held still: who waits for it sees that it is gone, and makes a new one.
        with suppress(OSError):
            (folder / LOCK).unlink()
        lock.release()


def _look(
    folder: Path, paths: list[Path], replaced: Mapping[str, re.Pattern[str]], *, force: bool
) -> list[Path]:
    """The files that have to go before these are written. Raises `Refused` if these cannot be."""
    inner = [
        (path, names)
        for name, names in replaced.items()
        if (folder / name).is_dir() and not (folder / name).is_symlink()
        for path in sorted((folder / name).iterdir())
    ]
    stale = [path for path, names in inner if names.fullmatch(path.name) and path not in paths]
    existing = [path for path in (*paths, *stale) if path.exists() or path.is_symlink()]
    if existing and not force:
        few = ", ".join(map(str, existing[:MOST_LISTED]))
        more = len(existing) - MOST_LISTED
        raise Refused(
            f"there already: {few}{f', and {more} more' if more > 0 else ''}",
            next_step="another place, or --force to write over what is there",
        )
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            raise Refused(f"{path}: is a folder", next_step="move it away, or another place")
        if path.parent != folder:
            refuse_link(path.parent)
    everything = (*folder.iterdir(), *(path for path, _ in inner))
    return [*stale, *(path for path in everything if PART.fullmatch(path.name))]


def make_folder(folder: Path) -> None:
    """Make a folder and those that it is in, for nobody else to look into."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def _replace(files: Mapping[Path, bytes], stale: Iterable[Path]) -> None:
    beside = {path: path.with_name(f".{os.urandom(8).hex()}.part") for path in files}
    try:
        for path, data in files.items():
            _write(beside[path], data)
        # A file of another day goes first: if we are stopped, one too few is better than one
        # that is wrong.
        for path in stale:
            path.unlink()
        for path, part in beside.items():
            part.replace(path)
    finally:
        for part in beside.values():
            part.unlink(missing_ok=True)


def _write(path: Path | str, data: bytes, *, lasting: bool = True) -> None:
    # A file object would ask three things more of the system, for thousands of files.
    file, rest = os.open(path, NEW, 0o600), memoryview(data)
    try:
        while rest:
            rest = rest[os.write(file, rest) :]
        if lasting:
            os.fsync(file)
    finally:
        os.close(file)
