"""A patient's folder: made, kept as it is, or taken back; what is not ours stays."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ketasched.batch.digest import sha_of
from ketasched.batch.nouns import Known, Outcome, Settings
from ketasched.errors import BadRequest
from ketasched.folder import half_written, holds, new_folder, write_folder
from ketasched.handout import EVENT_FILES
from ketasched.roster import Row


def write_place(
    folder: Path, files: Mapping[str, bytes], known: Known | None, settings: Settings
) -> None:
    """The patient's folder. Raises `BadRequest` if something is in its place that has to stay.

    What may go is what an earlier run of ours made, unless that was revised since.
    """
    if settings.writes and new_folder(folder, files):
        return
    if folder.exists() or folder.is_symlink():
        _refuse_what_stays(folder, files, known, settings)
    if settings.writes:
        if not holds(folder, files, replaced=EVENT_FILES):
            write_folder(folder, files, replaced=EVENT_FILES, force=True)
        _remove(folder, [one for one in known.files if one[0] not in files] if known else [])


def _refuse_what_stays(
    folder: Path, files: Mapping[str, bytes], known: Known | None, settings: Settings
) -> None:
    if folder.is_symlink() or not folder.is_dir():
        raise BadRequest("patient", "the place of its folder is taken by something else")
    if settings.replaces or holds(folder, files, replaced=EVENT_FILES):
        return
    if known is None:
        raise BadRequest("patient", "has a folder there already, which is not written over")
    if _is_revised(folder):
        said = "its course was revised since: change that, or do the row again with --force"
        raise BadRequest("patient", said)


def kept(row: Row, known: Known, settings: Settings) -> Outcome | None:
    """What an earlier run did, if it is all still there, or was revised since."""
    assert settings.output is not None  # noqa: S101 - who goes on has a folder
    patient = row.texts["patient"]
    folder = settings.output / patient
    now = tuple((name, sha_of(folder / name)) for name, _ in known.files)
    if half_written(folder):
        return None
    if now != known.files and not (all(sha for _, sha in now) and _is_revised(folder)):
        return None
    ends = known.course_id, known.first, known.last
    return Outcome(row.number, patient, "planned", *ends, now, known.input, kept=True)


def take_back(known: Known, row: Row, settings: Settings) -> None:
    """Remove what an earlier run made for a row that has no course now, as far as it is ours."""
    if known.files and settings.output and settings.writes:
        folder = settings.output / row.texts["patient"]
        if folder.is_dir() and not folder.is_symlink() and not _is_revised(folder):
            _remove(folder, known.files)


def _remove(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    """Remove these files if they are as we wrote them, and the folder if nothing is left."""
    with suppress(OSError):
        for name, sha in files:
            if Path(name).name == name and sha_of(folder / name) == sha:
                (folder / name).unlink()
        folder.rmdir()


def _is_revised(folder: Path) -> bool:
    """Whether a course was changed by `revise` since it was planned."""
    try:
        course = json.loads((folder / "course.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(course, dict) and course.get("revision", 1) != 1
