"""Patients' folders: written, retained or withdrawn, and the lock of the output folder.

A folder or a file that is not ours stays as it is.
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from ketasched.batch.fingerprints import sha_of_file
from ketasched.batch.manifest import write_error
from ketasched.batch.records import PriorResult, Settings
from ketasched.errors import BadRequest, Refused
from ketasched.files.atomic_write import (
    hold_lock,
    is_locked,
    is_up_to_date,
    make_folder,
    prepared_folder,
    remove_leftovers,
    wait_for_writers,
    write_new_folder,
)
from ketasched.files.disk import read_bytes
from ketasched.files.roster import Row
from ketasched.render.patient_folder import SUBFOLDER_FILES

COURSE = "course.json"
"""The plan of record. It is not removed as long as its patient has a course."""

DISK_ERRORS = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE)
)
"""Errors that concern every patient: they end the run."""

TAKEN = "the place of its folder is taken by something else"
NOT_OURS = "has a folder there already, which is not written over"
REVISED = "its course was revised since: it stays as it is; change it with ketasched revise"


def write_patient_folder(
    folder: Path, files: Mapping[str, bytes], prior: PriorResult | None, settings: Settings
) -> bool:
    """Write the patient's folder. True if the folder had exactly these files already.

    Files of an earlier run are replaced or removed, unless the course was revised since. Raises
    `BadRequest` if this folder cannot be written or may not be replaced, and `Refused` if no
    folder can be written.
    """
    if not os.path.lexists(folder) and (not settings.writes or _create(folder, files)):
        return False
    if folder.is_symlink() or not folder.is_dir():
        raise BadRequest("patient", TAKEN, public=TAKEN)
    is_same = is_up_to_date(folder, files, replaced=SUBFOLDER_FILES)
    if not (is_same or settings.replaces):
        if prior is None:
            raise BadRequest("patient", NOT_OURS, public=NOT_OURS)
        refuse_revised(folder)
    if settings.writes:
        if not is_same:
            _replace(folder, files, settings)
        _remove(folder, [file for file in prior.files if file[0] not in files] if prior else [])
    return is_same


def _create(folder: Path, files: Mapping[str, bytes]) -> bool:
    try:
        return write_new_folder(folder, files)
    except Refused as error:
        raise _disk_error(folder, error) from None


def _replace(folder: Path, files: Mapping[str, bytes], settings: Settings) -> None:
    """Replace the files in `folder`. Raises `BadRequest` if only this folder refuses."""
    before_write = None if settings.replaces else partial(refuse_revised, folder)
    try:
        with prepared_folder(
            folder, files, replaced=SUBFOLDER_FILES, force=True, before_write=before_write
        ):
            pass
    except Refused as error:
        if getattr(error.__context__, "errno", None) in DISK_ERRORS:
            raise _disk_error(folder, error) from None
        raise BadRequest("output", error.what) from None


def _disk_error(folder: Path, error: Refused) -> Refused:
    """The error as one of the output folder: a patient's folder has their name, and is logged."""
    reason = error.what.rpartition(": ")[2]
    message = f"{folder.parent}: cannot be written: {reason}"
    return Refused(message, next_step=error.next_step)


def is_revised(folder: Path) -> bool:
    """Whether the course in this folder was changed by `revise` since it was planned.

    Raises `BadRequest` if the course file cannot be read.
    """
    try:
        course = json.loads(read_bytes(folder / COURSE, follows=False))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return False
    except OSError as error:
        message = f"{folder / COURSE}: cannot be read: {error.strerror or error}"
        raise BadRequest("output", message) from None
    history = course.get("history") if isinstance(course, dict) else None
    entries = history if isinstance(history, list) else []
    return any(isinstance(entry, dict) and entry.get("change") for entry in entries)


def refuse_revised(folder: Path) -> None:
    """Raise `BadRequest` if the course in this folder was revised since it was planned."""
    if is_revised(folder):
        raise BadRequest("patient", REVISED, public=REVISED)


def is_protected(folder: Path) -> bool:
    """Whether the course in this folder may not be replaced: revised since, or unreadable."""
    try:
        return is_revised(folder)
    except BadRequest:
        return True


def can_be_replaced(folder: Path, prior: PriorResult, settings: Settings) -> bool:
    """Whether nothing is in the way of replacing what an earlier run left in a folder."""
    if settings.writes:
        try:
            wait_for_writers(folder)
        except Refused:
            return False
    is_free = os.access(folder, os.W_OK | os.X_OK) and not is_locked(folder)
    return is_free and not any((folder / name).is_dir() for name, _ in prior.files)


def withdraw_course(row: Row, prior: PriorResult | None, settings: Settings) -> None:
    """Remove the files of a row that has no plan any more, as far as they are ours.

    A course that was revised since, or cannot be read, stays.
    """
    if prior and settings.writes:
        folder = settings.folder(row.texts["patient"])
        if prior.files and not folder.is_symlink() and not is_protected(folder):
            _remove(folder, prior.files, with_course=True)


def _remove(folder: Path, files: Iterable[tuple[str, str]], *, with_course: bool = False) -> None:
    """Remove these files if they are as we wrote them, and the folder if it is empty then."""
    with suppress(OSError):
        for name, sha in files:
            if Path(name).name != name or (name == COURSE and not with_course):
                continue
            if sha_of_file(folder / name) == sha:
                (folder / name).unlink()
        folder.rmdir()


LOCK = ".batch.lock"
"""The lock file of a run that is writing into the output folder."""

SECONDS_TO_WAIT = 2
"""How long the workers of a killed run may take to end."""


@contextmanager
def lock_output(output: Path) -> Iterator[None]:
    """Hold the lock of the output folder, which is created. Raises `Refused`."""
    step = "wait for it, or give another folder with -o"
    said = f"{output}: another batch is writing there"
    with ExitStack() as stack:
        try:
            make_folder(output)
            stack.enter_context(hold_lock(output / LOCK, SECONDS_TO_WAIT, said, step))
            remove_leftovers(output)
        except OSError as error:
            raise write_error(output, error) from None
        yield
