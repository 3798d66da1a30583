"""A patient's folder: made, kept as it is, or taken back; what is not ours stays."""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ketasched.batch.carry_over import is_under_way
from ketasched.batch.fingerprints import sha_of
from ketasched.batch.manifest import cannot_be_written, made_of
from ketasched.batch.records import Known, Outcome, Settings
from ketasched.errors import BadFile, BadRequest, NoPlan, Refused
from ketasched.files.atomic_write import (
    half_written,
    holds,
    make_folder,
    new_folder,
    settle,
    sweep,
    write_folder,
)
from ketasched.files.load import load_course
from ketasched.files.roster import Row
from ketasched.model import Clinic
from ketasched.render.patient_folder import INNER_FILES

COURSE = "course.json"
"""The plan of record: never removed while its patient has a course."""

OF_THE_DISK = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE)
)
"""What goes wrong with these goes wrong for every patient: it ends the run."""

REVISED = "its course was revised since: it stays as it is; change it with ketasched revise"


def write_place(
    folder: Path, files: Mapping[str, bytes], known: Known | None, settings: Settings
) -> bool:
    """Write the patient's folder; whether it was there already, just like that.

    What may go is what an earlier run of ours made, unless that was revised since. Raises
    `BadRequest` if something is in its place that has to stay or cannot be written, and `Refused`
    if nothing can be written at all.
    """
    if not os.path.lexists(folder) and (not settings.writes or _made(folder, files)):
        return False
    _refuse_what_stays(folder, files, known, settings)
    there = holds(folder, files, replaced=INNER_FILES)
    if settings.writes:
        if not there:
            _replace(folder, files, settings)
        _remove(folder, [one for one in known.files if one[0] not in files] if known else [])
    return there


def _refuse_what_stays(
    folder: Path, files: Mapping[str, bytes], known: Known | None, settings: Settings
) -> None:
    if folder.is_symlink() or not folder.is_dir():
        raise BadRequest("patient", "the place of its folder is taken by something else")
    if settings.replaces or holds(folder, files, replaced=INNER_FILES):
        return
    if known is None:
        raise BadRequest("patient", "has a folder there already, which is not written over")
    refuse_revised(folder)


def refuse_revised(folder: Path) -> None:
    """Raise `BadRequest` if the course in this folder was changed since it was planned."""
    if is_revised(folder):
        raise BadRequest("patient", REVISED)


def _replace(folder: Path, files: Mapping[str, bytes], settings: Settings) -> None:
    """Write over what is there. Raises `BadRequest` if it is this folder that refuses."""
    still = None if settings.replaces else partial(refuse_revised, folder)
    try:
        write_folder(folder, files, replaced=INNER_FILES, force=True, still=still)
    except Refused as error:
        if getattr(error.__context__, "errno", None) in OF_THE_DISK:
            raise _for_all(folder, error) from None
        raise BadRequest("output", error.what) from None


def _made(folder: Path, files: Mapping[str, bytes]) -> bool:
    try:
        return new_folder(folder, files)
    except Refused as error:
        raise _for_all(folder, error) from None


def _for_all(folder: Path, error: Refused) -> Refused:
    """The same said of the whole folder: a patient's own has their name, and this is logged."""
    reason = error.what.rpartition(": ")[2]
    said = f"{folder.parent}: cannot be written: {reason}"
    return Refused(said, next_step=error.next_step)


def kept(row: Row, known: Known, settings: Settings, asked: str, made_from: str) -> Outcome | None:
    """What an earlier run did, if it is all still there, or was revised since.

    A revised course stays as long as its row asks for the same, whatever else has changed. Raises
    `BadRequest` if somebody is changing it at this moment.
    """
    assert settings.output is not None  # noqa: S101 - who goes on has a folder
    if not known.files or known.asked != asked:
        return None
    patient = row.texts["patient"]
    folder = settings.output / patient
    if settings.writes:
        try:
            settle(folder)
        except Refused as error:
            raise BadRequest("output", error.what) from None
    now = tuple((name, sha_of(folder / name)) for name, _ in known.files)
    made, revised = known.made, False
    if now != known.files or known.input != made_from:
        revised = all(sha for _, sha in now) and is_revised(folder)
        if not revised:
            return None
        with suppress(BadFile):
            made = made_of(load_course(str(folder)))
    same = asked, known.input
    return Outcome(row.number, patient, "planned", made, now, *same, kept=True, revised=revised)


def can_be_replaced(folder: Path, known: Known, settings: Settings) -> bool:
    """Whether nobody is at work in a patient's folder, and what is there may go."""
    if settings.writes:
        try:
            settle(folder)
        except Refused:
            return False
    is_free = os.access(folder, os.W_OK | os.X_OK) and not half_written(folder)
    return is_free and not any((folder / name).is_dir() for name, _ in known.files)


@contextmanager
def taken_back(
    known: Known | None, row: Row, clinic: Clinic, settings: Settings
) -> Iterator[None]:
    """Where no plan is found for the row, remove the course that an earlier run made for it.

    One that is under way stays, as one that was revised does.
    """
    try:
        yield
    except NoPlan:
        if known and not is_under_way(known, clinic, settings):
            _take_back(known, row, settings)
        raise


def _take_back(known: Known, row: Row, settings: Settings) -> None:
    """Remove what an earlier run made for a row, as far as it is ours."""
    if known.files and settings.output and settings.writes:
        folder = settings.output / row.texts["patient"]
        with suppress(BadRequest):  # what cannot be read stays
            if folder.is_dir() and not folder.is_symlink() and not is_revised(folder):
                _remove(folder, known.files, all_of_it=True)


def _remove(folder: Path, files: Iterable[tuple[str, str]], *, all_of_it: bool = False) -> None:
    """Remove these files if they are as we wrote them, and the folder if nothing is left."""
    with suppress(OSError):
        for name, sha in files:
            if Path(name).name != name or (name == COURSE and not all_of_it):
                continue
            if sha_of(folder / name) == sha:
                (folder / name).unlink()
        folder.rmdir()


def is_revised(folder: Path) -> bool:
    """Whether a course was changed by `revise` since it was planned.

    Raises `BadRequest` if there is something that cannot be read.
    """
    history = _course_file(folder).get("history")
    entries = history if isinstance(history, list) else []
    return any(isinstance(entry, dict) and entry.get("change") for entry in entries)


def _course_file(folder: Path) -> dict[str, Any]:
    """The course file as it stands there; nothing where there is none that is JSON."""
    try:
        course = json.loads((folder / COURSE).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return {}
    except OSError as error:
        said = f"{folder / COURSE}: cannot be read: {error.strerror or error}"
        raise BadRequest("output", said) from None
    return course if isinstance(course, dict) else {}


LOCK = ".batch.lock"
"""The file that who is writing holds."""

SECONDS_TO_WAIT = 2
"""How long workers of a run that was killed may take to be gone."""


@contextmanager
def alone_in(output: Path) -> Iterator[None]:
    """While no other batch writes into `output`, which is made. Raises `Refused`."""
    lock = FileLock(output / LOCK, timeout=SECONDS_TO_WAIT, mode=0o600)
    try:
        make_folder(output)
        lock.acquire()
    except Timeout:
        said = f"{output}: another batch is writing there"
        raise Refused(said, next_step="wait for it, or give another folder with -o") from None
    except OSError as error:
        raise cannot_be_written(output, error) from None
    try:
        try:
            sweep(output)
        except OSError as error:
            raise cannot_be_written(output, error) from None
        yield
    finally:
        with suppress(OSError):
            (output / LOCK).unlink()
        lock.release()
