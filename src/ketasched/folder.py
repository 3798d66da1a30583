"""A patient's folder: files written beside and renamed, private, and never overwritten unasked."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ketasched.errors import Refused

MOST_LISTED = 6
"""More files that are there already are counted."""


def write_folder(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    replaced: Callable[[Path], bool] = lambda path: False,
    force: bool = False,
) -> list[Path]:
    """Write these files into `folder` (mode 0600, folders 0700) and give their paths.

    All are written beside their names first and then renamed, so that no file is ever half there.
    A name may have a folder before it ("rides/a.ics"). With `force`, files one folder down for
    which `replaced` is true go when the new ones are there: they are of another day.
    Raises `Refused` if one exists and `force` is false, if a folder in the way is a link, or if
    the place cannot be written to.
    """
    paths = [folder / name for name in files]
    try:
        stale = [path for path in _one_down(folder) if replaced(path) and path not in paths]
        existing = [path for path in (*paths, *stale) if path.exists() or path.is_symlink()]
        if existing and not force:
            raise Refused(
                f"there already: {_listed(existing)}",
                next_step="another place, or --force to write over what is there",
            )
        for place in sorted({path.parent for path in paths}):
            _make(place, folder)
        _replace(dict(zip(paths, files.values(), strict=True)))
        for path in stale:
            path.unlink()
    except OSError as error:
        raise Refused(
            f"{error.filename or folder}: cannot be written: {error.strerror or error}",
            next_step="give a folder of yours with -o",
        ) from None
    return paths


def _listed(paths: list[Path]) -> str:
    few = ", ".join(map(str, paths[:MOST_LISTED]))
    return few if len(paths) <= MOST_LISTED else f"{few}, and {len(paths) - MOST_LISTED} more"


def _one_down(folder: Path) -> Iterable[Path]:
    """The files in folders of this folder; what lies behind a link is not in it."""
    if not folder.is_dir():
        return []
    places = [place for place in folder.iterdir() if place.is_dir() and not place.is_symlink()]
    return sorted(path for place in places for path in place.iterdir())


def _make(place: Path, folder: Path) -> None:
    if place != folder and place.is_symlink():
        raise Refused(f"{place}: is a link, not a folder", next_step="remove it, or another place")
    for missing in reversed([one for one in (place, *place.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def _replace(files: Mapping[Path, bytes]) -> None:
    beside = {path: path.with_name(f".{os.urandom(8).hex()}.part") for path in files}
    try:
        for path, data in files.items():
            _write(beside[path], data)
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
