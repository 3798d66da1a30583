"""A patient's folder: files written beside and renamed, private, and never overwritten unasked."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from filelock import FileLock, Timeout

from ketasched.errors import Refused

LOCK, SECONDS_TO_WAIT = ".lock", 10
"""The file that a writer holds, and how long another one waits for it."""

PART = re.compile(r"\.[0-9a-f]{16}\.part")
"""A file on its way to its name; one that is left is from a writer that was killed."""

NOTHING: Mapping[str, re.Pattern[str]] = MappingProxyType({})

MOST_LISTED = 6
"""More files that are there already are counted."""


def write_folder(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    replaced: Mapping[str, re.Pattern[str]] = NOTHING,
    force: bool = False,
    still: Callable[[], None] | None = None,
) -> list[Path]:
    """Write these files into `folder` (mode 0600, folders 0700) and give their paths.

    All are written beside their names first and then renamed, in this order, so that no file is
    ever half there; a second writer waits for the first. A name may have a folder before it
    ("rides/a.ics"). With `force`, those files of the folders in `replaced` go whose names match:
    they are of another day.
    `still` is asked when nobody else writes, and may refuse.
    Raises `Refused` if one exists and `force` is false, if a folder in the way is a link, or if
    the place cannot be written to.
    """
    paths = [folder / name for name in files]
    try:
        _make(folder)
        with _alone(folder):
            if still is not None:
                still()
            stale = _look(folder, paths, replaced, force=force)
            for place in {path.parent for path in paths} - {folder}:
                _make(place)
            _replace(dict(zip(paths, files.values(), strict=True)), stale)
    except Timeout:
        raise Refused(f"{folder}: somebody else is writing there", next_step="try again") from None
    except OSError as error:
        raise Refused(
            f"{error.filename or folder}: cannot be written: {error.strerror or error}",
            next_step="give a folder of yours with -o",
        ) from None
    return paths


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While no other writer is in the folder. Raises `Timeout`."""
    lock = folder / LOCK
    with FileLock(lock, timeout=SECONDS_TO_WAIT, mode=0o600):
        try:
            yield
        finally:
            # Held still: who waits for it sees that it is gone, and makes a new one.
            with suppress(OSError):
                lock.unlink()


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
        if path.parent != folder and path.parent.is_symlink():
            said = f"{path.parent}: is a link, not a folder"
            raise Refused(said, next_step="remove it, or another place")
    everything = (*folder.iterdir(), *(path for path, _ in inner))
    return [*stale, *(path for path in everything if PART.fullmatch(path.name))]


def _make(folder: Path) -> None:
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


def _write(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
