"""The previous run into a folder: what it did, and how a run that was stopped is resumed.

- `.run.json` marks a run that is not finished: its moment of planning, and the folders that were
  there before it and are not ours.
- `.manifest.earlier.csv` has the manifest lines of finished runs. It stays as it is until the run
  is finished, which is what `changes.csv` compares with.
- `.manifest.stopped.csv` has those of runs that were stopped, once another run resumes them.
"""

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ketasched.batch.folders import COURSE
from ketasched.batch.manifest import (
    CHANGES,
    GONE,
    MANIFEST,
    REJECTED,
    ManifestIndex,
    manifest_line,
    read_line,
    read_prior_result,
    write_error,
)
from ketasched.batch.records import PriorResult, RowResult
from ketasched.errors import BadRequest, Refused
from ketasched.events.own_uids import own_uids
from ketasched.files.atomic_write import remove_leftovers
from ketasched.files.csv_cells import csv_line
from ketasched.files.disk import open_private, read_bytes, sync_to_disk
from ketasched.files.option_values import read_moment
from ketasched.model.identifiers import is_reference

UNFINISHED_CHANGES = ".changes.csv"
"""The changes of a run that is not finished."""

MARKER, EARLIER, STOPPED = ".run.json", ".manifest.earlier.csv", ".manifest.stopped.csv"

UID = re.compile(rb"^UID:([\x21-\x7e]+)", re.MULTILINE)
"""The line of an entry's UID in a calendar of ours."""

LARGEST_MARKER = 100_000_000
"""The most bytes of a marker, which names folders that are not ours."""


@dataclass(frozen=True, slots=True)
class RunMarker:
    """The beginning of a run.

    `made_at` is its moment of planning; `foreign` are the patients' folders that were there before
    it and are not ours. `anew` says that it does everything again (`--force`), `follows` that it
    follows a finished run.
    """

    made_at: datetime
    foreign: frozenset[str] = frozenset()
    anew: bool = False
    follows: bool = False


def stopped_run(output: Path) -> RunMarker | None:
    """The marker of the run that was stopped in `output`, if there is one that is not damaged."""
    try:
        data = json.loads(read_bytes(output / MARKER, LARGEST_MARKER, follows=False))
        made_at = read_moment(data["made_at"], None, "made_at")
        if made_at.tzinfo is None:
            return None
        foreign = frozenset(map(str, data["others"]))
        return RunMarker(made_at, foreign, bool(data["anew"]), bool(data["follows"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, BadRequest):
        return None


def refuse_previous_run(output: Path, *, resumes: bool, replaces: bool) -> None:
    """Raise `Refused` if there is a previous run that is neither resumed nor replaced."""
    is_there = (output / MANIFEST).exists() or (output / MARKER).exists()
    if is_there and not (resumes or replaces):
        message = f"{output}: an earlier batch is there"
        raise Refused(message, next_step="to go on with it: --resume\nto do it all again: --force")


def earlier_uids(output: Path) -> frozenset[str]:
    """The UIDs of the courses of earlier runs into `output`, and of their rides.

    Without its course file a course has those that are in the calendars of its folder.
    """
    try:
        with closing(ManifestIndex(output, (EARLIER, STOPPED, MANIFEST))) as index:
            files = {patient: read_prior_result(index.line(patient)).files for patient in index}
    except OSError:
        return frozenset()
    uids: set[str] = set()
    for patient, written in files.items():
        folder = output / patient
        uids.update(_uids_of_course(folder / COURSE) or _uids_of_calendars(folder, written))
    return frozenset(uids)


def _uids_of_course(path: Path) -> Collection[str]:
    """The UIDs of the course in a file; none if it is missing or damaged.

    Only what they are made from is read: to read whole courses would take ten times as long as
    all else that a run does which has nothing to do.
    """
    try:
        data = json.loads(read_bytes(path, follows=False))
        former = [date["driver"] for entry in data["history"] for date in entry["former"]]
        drivers = {visit["driver"]["name"] for visit in data["visits"] if visit["driver"]}
        changes = len(data["history"])
        companions = _known_companions(data)
        reviews = len(data["reviews"]) + changes
        items = len(data["visits"]) + changes, reviews, len(companions)
        reminders = len(data["clinic"]["reminders"]["driver"])
        uid_key = data.get("uid_key", "")
        return own_uids(data["course_id"], uid_key, drivers.union(former), items, reminders)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()


def _known_companions(data: dict[str, Any]) -> set[str]:
    """The uids of the companions that a course has, or had by its history, reviews aside."""
    results = (entry["result"] for entry in data["history"] if entry.get("result"))
    changes = [change for result in results for change in result["reviews"]]
    items = [one for change in changes for one in (change["was"], change["now"]) if one]
    return {one["uid"] for one in (*items, *data["reviews"]) if one.get("name")}


def _uids_of_calendars(folder: Path, files: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, _ in files:
        if name.endswith(".ics"):
            with suppress(OSError):
                yield from map(bytes.decode, UID.findall(read_bytes(folder / name, follows=False)))


def is_own_file(roster: os.stat_result, output: Path) -> bool:
    """Whether a roster is one of the files that a run into `output` writes."""
    files = (output / name for name in (MANIFEST, REJECTED, CHANGES, EARLIER, STOPPED))
    return any(file.exists() and os.path.samestat(file.stat(), roster) for file in files)


def begin(output: Path, made_at: datetime, *, replaces: bool) -> RunMarker:
    """Prepare the folder for a run, and return its marker; that of a stopped run is resumed.

    What earlier runs did is set aside. All of this is on the disk when the function returns.
    Raises `Refused` if the folder cannot be written.
    """
    stopped = stopped_run(output)
    try:
        if stopped and not replaces:
            _set_aside(output, STOPPED, (STOPPED, MANIFEST))
            _claim_unlisted_folders(output, stopped)
            return stopped
        follows = stopped.follows if stopped else (output / MANIFEST).exists()
        _set_aside(output, EARLIER, (EARLIER, STOPPED, MANIFEST), forget_digests=replaces)
        for name in (CHANGES, UNFINISHED_CHANGES, STOPPED, *([MANIFEST] if replaces else [])):
            # Removed before the new moment is written: they belong to the old one.
            (output / name).unlink(missing_ok=True)
        foreign = _unlisted(output, (EARLIER,))
        marker = {"made_at": made_at.isoformat(), "anew": replaces, "others": foreign}
        data = json.dumps(marker | {"follows": follows}, ensure_ascii=False)
        line = data.encode("utf-8", "surrogateescape") + b"\n"
        _write_part(output, [line]).replace(output / MARKER)
        sync_to_disk(output)
    except OSError as error:
        raise write_error(output, error) from None
    return RunMarker(made_at, frozenset(foreign), replaces, follows)


def preview(output: Path, made_at: datetime, *, replaces: bool) -> RunMarker:
    """The marker that `begin` would return; nothing is written."""
    foreign = _unlisted(output, (EARLIER, STOPPED, MANIFEST)) if output.is_dir() else []
    follows = (output / MANIFEST).exists()
    return stopped_run(output) or RunMarker(made_at, frozenset(foreign), replaces, follows)


def _unlisted(output: Path, manifests: Sequence[str]) -> list[str]:
    """The patients who have a folder and are in none of these manifests."""
    with closing(ManifestIndex(output, manifests)) as index, os.scandir(output) as entries:
        names = (entry.name for entry in entries if is_reference(entry.name) and entry.is_dir())
        return sorted(name for name in names if name not in index)


def _claim_unlisted_folders(output: Path, stopped: RunMarker) -> None:
    """List the folders that a stopped run wrote before it was killed: they are ours."""
    ours = (
        patient
        for patient in _unlisted(output, (EARLIER, STOPPED))
        if patient not in stopped.foreign and _may_be_of(output / patient, stopped.made_at)
    )
    lines = b"".join(manifest_line(RowResult(0, patient, "planned")) for patient in ours)
    with open_private(output / STOPPED, "ab") as file:
        file.write(lines)


def _may_be_of(folder: Path, made_at: datetime) -> bool:
    """Whether a folder may be of the run of this moment; True if its course is damaged."""
    try:
        course = json.loads(read_bytes(folder / COURSE, follows=False))
        return datetime.fromisoformat(course["made_at"]) == made_at
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True


def _set_aside(
    output: Path, name: str, manifests: Sequence[str], *, forget_digests: bool = False
) -> None:
    """Write the last line of each patient in these manifests into the file of this name.

    Without the digests every row is done again; but the folders are known to be ours.
    """
    with closing(ManifestIndex(output, manifests)) as index:
        lines = (index.line(patient) for patient in index)
        if forget_digests:
            lines = (_changed_line(line, asked="", input="") for line in lines)
        part = _write_part(output, lines)
    part.replace(output / name)


def _changed_line(line: bytes, **cells: str) -> bytes:
    """The line of a manifest with other cells in these columns."""
    return csv_line((read_line(line) | cells).values())


def _write_part(output: Path, lines: Iterable[bytes]) -> Path:
    """A new file of these lines, synced to disk, under a temporary name."""
    part = output / f".{os.urandom(8).hex()}.part"
    try:
        with open_private(part, "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


class PreviousRun:
    """What earlier runs did, by patient: finished runs, and stopped ones that this run resumes.

    A dry run, which has not begun, also reads the manifest that is there (`with_manifest`).
    """

    def __init__(self, output: Path, marker: RunMarker, *, with_manifest: bool = False) -> None:
        is_stopped = with_manifest and stopped_run(output) is not None
        is_finished = with_manifest and not is_stopped
        self._output, self.marker = output, marker
        self._finished = ManifestIndex(output, (EARLIER, *[MANIFEST] * is_finished))
        self._stopped = ManifestIndex(output, (STOPPED, *[MANIFEST] * is_stopped))
        self._staying: set[str] = set()
        self.has_changes = marker.follows and not marker.anew

    @property
    def is_empty(self) -> bool:
        """Whether nobody has a folder."""
        return not any(True for _ in self.patients())

    def patients(self) -> Iterator[str]:
        """All patients who may have a folder, whether it is ours or not."""
        yield from self._ours()
        yield from self.marker.foreign

    def result(self, patient: str) -> PriorResult | None:
        """What was done last for a patient."""
        finished = self.finished_result(patient)
        if patient not in self._stopped:
            return finished
        stopped = read_prior_result(self._stopped.line(patient))
        is_same = finished is not None and finished.digests == stopped.digests
        return stopped._replace(finished=is_same)

    def finished_result(self, patient: str) -> PriorResult | None:
        """What the last finished run left for a patient."""
        if patient not in self._finished:
            return None
        return read_prior_result(self._finished.line(patient))._replace(finished=True)

    def settle(self, patient: str, *, is_planned: bool) -> None:
        """Note that this run is done with a patient; the course of a rejected row may stay."""
        if not is_planned and self.has_folder(patient):
            self._staying.add(patient)
        elif patient not in self._staying:
            self._finished.forget(patient)
            self._stopped.forget(patient)

    def has_folder(self, patient: str) -> bool:
        """Whether there is a folder of ours for a patient."""
        is_ours = patient in self._finished or patient in self._stopped
        return is_ours and (self._output / patient).is_dir()

    def gone(self) -> Iterator[tuple[str, PriorResult]]:
        """The patients with a folder whom the roster of this run does not name."""
        for patient in filter(self.has_folder, self._ours()):
            if patient not in self._staying:
                yield patient, read_prior_result(self._line(patient))

    def finish(self, *, names_all: bool) -> None:
        """Remove what only a run that may be resumed needs.

        Patients with a folder who are not in this run's manifest are kept for the next run. If the
        roster `names_all` patients, those whom it does not name are marked as gone.
        """
        remove_leftovers(self._output)
        try:
            # From here on the run is finished; a file that is left over goes when another begins.
            (self._output / MARKER).unlink(missing_ok=True)
            line = self._line_of_unnamed if names_all else self._line
            part = _write_part(self._output, map(line, filter(self.has_folder, self._ours())))
            self.close()
            if part.stat().st_size:
                part.replace(self._output / EARLIER)
            else:
                part.unlink()
                (self._output / EARLIER).unlink(missing_ok=True)
            (self._output / STOPPED).unlink(missing_ok=True)
        except OSError as error:
            raise write_error(self._output, error) from None

    def close(self) -> None:
        """Close the manifests."""
        self._finished.close()
        self._stopped.close()

    def _ours(self) -> Iterator[str]:
        """The patients of ours whom this run is not done with."""
        yield from self._finished
        yield from (patient for patient in self._stopped if patient not in self._finished)

    def _line(self, patient: str) -> bytes:
        index = self._stopped if patient in self._stopped else self._finished
        return index.line(patient)

    def _line_of_unnamed(self, patient: str) -> bytes:
        line = self._line(patient)
        return line if patient in self._staying else _changed_line(line, row=GONE)
