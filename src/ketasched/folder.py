"""A patient's folder: files written beside and renamed, private, and never overwritten unasked."""

import os
from collections.abc import Mapping
from pathlib import Path

from ketasched.errors import Refused


def write_folder(folder: Path, files: Mapping[str, bytes], *, force: bool = False) -> list[Path]:
    """Write these files into `folder` (mode 0600, folders 0700) and give their paths.

    All are written beside their names first and then renamed, so that no file is ever half there.
    A name may have a folder before it ("rides/a.ics"): with `force` that folder is replaced as a
    whole, so that no file of another day stays behind in it.
    Raises `Refused` if one exists and `force` is false, or if the place cannot be written to.
    """
    paths = [folder / name for name in files]
    inner = {path.parent for path in paths} - {folder}
    try:
        existing = [path for path in (*inner, *paths) if path.exists() or path.is_symlink()]
        if existing and not force:
            raise Refused(
                f"there already: {', '.join(map(str, existing))}",
                next_step="another place, or --force to write over what is there",
            )
        for place in sorted({folder} | inner):
            _make(place)
        _replace(dict(zip(paths, files.values(), strict=True)))
        for left in {path for place in inner for path in place.glob("*.ics")} - set(paths):
            left.unlink()
    except OSError as error:
        raise Refused(
            f"{error.filename or folder}: cannot be written: {error.strerror or error}",
            next_step="give a folder of yours with -o",
        ) from None
    return paths


def _make(folder: Path) -> None:
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
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
