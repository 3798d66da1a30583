"""What earlier runs into a folder did, and what a run leaves for one that goes on with it.

When a run begins, `.manifest.earlier.csv` has what finished runs did, line for line as in their
manifests, and stays so until it is finished itself: from there it is told what changed. What a run
has done that was stopped goes into `.manifest.stopped.csv` when another one goes on with it.
`.run.json` says when the run was begun, and which folders were there that are nobody's of ours.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ketasched.batch.manifest import (
    CHANGES,
    GONE,
    MANIFEST,
    REJECTED,
    Index,
    cannot_be_written,
    known_of,
    manifest_line,
    private,
    row_of,
)
from ketasched.batch.records import Known, Outcome
from ketasched.errors import Refused
from ketasched.files.atomic_write import sweep
from ketasched.files.csv_cells import csv_line
from ketasched.model.identifiers import is_reference

UNFINISHED = ".changes.csv"
"""The changes of a run that is not finished."""

BEGUN, EARLIER, STOPPED = ".run.json", ".manifest.earlier.csv", ".manifest.stopped.csv"


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was begun: its moment of planning, and the folders that were there before it.

    With `anew` it is one that does everything again (`--force`); `follows` says whether a finished
    run was there before it.
    """

    made_at: datetime
    others: frozenset[str] = frozenset()
    anew: bool = False
    follows: bool = False


def begun_in(output: Path) -> Begun | None:
    """The run that was stopped in `output`, if one was."""
    try:
        data = json.loads((output / BEGUN).read_text(encoding="utf-8"))
        made_at = datetime.fromisoformat(data["made_at"])
        others = frozenset(map(str, data["others"]))
        return Begun(made_at, others, bool(data["anew"]), bool(data["follows"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_earlier(output: Path, *, resumed: bool, force: bool) -> None:
    """Raise `Refused` if an earlier run is there that is neither resumed nor to be replaced."""
    there = (output / MANIFEST).exists() or (output / BEGUN).exists()
    if there and not (resumed or force):
        said = f"{output}: an earlier batch is there"
        raise Refused(said, next_step="--resume to go on with it, --force to do it all again")


def is_a_book(stat: os.stat_result, output: Path) -> bool:
    """Whether a roster is one of the files that a run into `output` writes anew."""
    books = (output / name for name in (MANIFEST, REJECTED, CHANGES, EARLIER, STOPPED))
    return any(book.exists() and os.path.samestat(book.stat(), stat) for book in books)


def begin(output: Path, made_at: datetime, *, resumed: bool, force: bool) -> Begun:
    """Get the folder ready for a run: what earlier ones did is set aside.

    What is noted here is on the disk before anything else is done. Raises `Refused` if an earlier
    run is there that is neither resumed nor to be replaced, or if nothing can be written.
    """
    refuse_earlier(output, resumed=resumed, force=force)
    stopped = begun_in(output)
    try:
        if stopped and not force:
            _set_aside(output, STOPPED, (STOPPED, MANIFEST))
            _note_those_at_work(output, stopped)
            return stopped
        follows = stopped.follows if stopped else (output / MANIFEST).exists()
        _set_aside(output, EARLIER, (EARLIER, STOPPED, MANIFEST), forget=force)
        for name in (CHANGES, UNFINISHED, STOPPED, *([MANIFEST] if force else [])):
            # Gone before the new moment is there: what they say is of the old one.
            (output / name).unlink(missing_ok=True)
        others = _others(output, (EARLIER,))
        begun = {"made_at": made_at.isoformat(), "anew": force, "others": others}
        begun["follows"] = follows
        data = json.dumps(begun, ensure_ascii=False).encode("utf-8", "surrogateescape")
        _part_of(output, [data + b"\n"]).replace(output / BEGUN)
        _sync(output)
    except OSError as error:
        raise cannot_be_written(output, error) from None
    return Begun(made_at, frozenset(others), force, follows)


def would_begin(output: Path, made_at: datetime, *, force: bool) -> Begun:
    """What `begin` gives, where nothing is to be written."""
    others = _others(output, (EARLIER, STOPPED, MANIFEST)) if output.is_dir() else []
    follows = (output / MANIFEST).exists()
    return begun_in(output) or Begun(made_at, frozenset(others), force, follows)


def _others(output: Path, names: Sequence[str]) -> list[str]:
    """The patients with a folder of whom these manifests know nothing."""
    with closing(Index(output, names)) as known:
        return sorted(one for one in _patients(output) if one not in known)


def _patients(output: Path) -> Iterator[str]:
    """The patients who have a folder."""
    with os.scandir(output) as found:
        yield from (one.name for one in found if is_reference(one.name) and one.is_dir())


def _note_those_at_work(output: Path, stopped: Begun) -> None:
    """Note the folders that a stopped run made and did not come to say: they are ours."""
    ours = (
        one
        for one in _others(output, (EARLIER, STOPPED))
        if one not in stopped.others and _is_of(output / one, stopped.made_at)
    )
    lines = b"".join(manifest_line(Outcome(0, one, "planned")) for one in ours)
    with (output / STOPPED).open("ab") as file:
        file.write(lines)


def _is_of(folder: Path, made_at: datetime) -> bool:
    """Whether a folder can be of a run of this moment: what is broken can, what is whole says."""
    try:
        course = json.loads((folder / "course.json").read_bytes())
        return datetime.fromisoformat(course["made_at"]) == made_at
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True


def _set_aside(output: Path, name: str, sources: Sequence[str], *, forget: bool = False) -> None:
    """Write the last line of each patient in these manifests into the one of this name.

    With `forget` nothing of it is kept; but what we made has to be known: it may be written over.
    """
    with closing(Index(output, sources)) as index:
        lines = (index.line(patient) for patient in index)
        if forget:
            new = {"asked": "", "input": ""}
            lines = (csv_line((row_of(line) | new).values()) for line in lines)
        part = _part_of(output, lines)
    part.replace(output / name)


def _part_of(output: Path, lines: Iterable[bytes]) -> Path:
    """A new file of these lines, on the disk, that wants its name; else it is swept away."""
    part = output / f".{os.urandom(8).hex()}.part"
    try:
        with open(part, "wb", opener=private) as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk, where a system can be asked for that."""
    if hasattr(os, "O_DIRECTORY"):
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


class Earlier:
    """What earlier runs did, by patient: finished ones, and stopped ones with which this goes on.

    A run that only looks on has the manifest that is there before it, too (`with_manifest`).
    """

    def __init__(self, output: Path, begun: Begun, *, with_manifest: bool = False) -> None:
        is_stopped = begun_in(output) is not None
        more = (MANIFEST,) * with_manifest
        self._output, self.begun = output, begun
        self._base = Index(output, (EARLIER, *(() if is_stopped else more)))
        self._since = Index(output, (STOPPED, *(more if is_stopped else ())))
        self._stay: set[str] = set()
        self.tells = begun.follows and not begun.anew

    def everyone(self) -> Iterator[str]:
        """All who may have a folder: those of ours, and others who were there before."""
        yield from self._base
        yield from (one for one in self._since if one not in self._base)
        yield from self.begun.others

    def of(self, patient: str) -> Known | None:
        """What was done last for a patient, if anything was."""
        if patient in self._since:
            return known_of(self._since.line(patient))
        return self.finished(patient)

    def finished(self, patient: str) -> Known | None:
        """What the last finished run left for a patient."""
        if patient not in self._base:
            return None
        return known_of(self._base.line(patient))._replace(finished=True)

    def settle(self, patient: str, *, planned: bool) -> None:
        """Note that this run is done with a patient; the course of one it rejected may stay."""
        if not planned and self.is_there(patient):
            self._stay.add(patient)
        elif patient not in self._stay:
            self._base.forget(patient)
            self._since.forget(patient)

    def is_there(self, patient: str) -> bool:
        """Whether there is a folder of a patient of ours."""
        known = patient in self._base or patient in self._since
        return known and (self._output / patient).is_dir()

    def gone(self) -> Iterator[tuple[str, Known]]:
        """Those with a folder whom this run has not been asked about."""
        for patient in self._left():
            if patient not in self._stay:
                yield patient, known_of(self._line(patient))

    def finish(self, *, names_all: bool) -> None:
        """Take away what only a run that is to be resumed needs, and what killed workers left.

        Patients whom the roster of this run does not name are not forgotten; if it `names_all`
        that there are, they are noted as gone.
        """
        sweep(self._output)
        try:
            # From here on it is finished; what is left over goes when another one begins.
            (self._output / BEGUN).unlink(missing_ok=True)
            keep = self._line_to_keep if names_all else self._line
            part = _part_of(self._output, map(keep, self._left()))
            self.close()
            if part.stat().st_size:
                part.replace(self._output / EARLIER)
            else:
                part.unlink()
                (self._output / EARLIER).unlink(missing_ok=True)
            (self._output / STOPPED).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_be_written(self._output, error) from None

    def _line_to_keep(self, patient: str) -> bytes:
        line = self._line(patient)
        if patient in self._stay:
            return line
        return csv_line((row_of(line) | {"row": GONE}).values())

    def close(self) -> None:
        """Close the manifests."""
        self._base.close()
        self._since.close()

    def _left(self) -> Iterator[str]:
        """Those with a folder whose last line is not in this run's manifest."""
        since = (one for one in self._since if one not in self._base)
        return filter(self.is_there, (*self._base, *since))

    def _line(self, patient: str) -> bytes:
        return (self._since if patient in self._since else self._base).line(patient)
