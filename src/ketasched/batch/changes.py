"""`changes.csv`: what is not as the last finished run left it, patient by patient."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ketasched.batch.manifest import CHANGES, append, new_csv_file
from ketasched.batch.previous_run import UNFINISHED_CHANGES, PreviousRun
from ketasched.batch.records import PriorResult, RowResult
from ketasched.files.csv_cells import csv_line
from ketasched.files.roster import Row

COLUMNS = ("patient", "change", "was", "now")
"""The columns: `was` and `now` are the visits, as in a manifest."""

KINDS = ("new", "kept", "moved", "renewed", "revised", "stays", "taken back", "gone")
"""The kinds of change; those that are kept are only counted.

`new`: planned for the first time. `moved`: planned anew, with visits at other times. `renewed`:
other files, with visits at the same times. `revised`: retained, and changed by `revise` since.
`stays`: the row is rejected now, its course is still there. `taken back`: the row is rejected now,
and its course was removed. `gone`: still there, and no longer in the roster; this is said once.
"""


class Changes:
    """The changes since the last finished run, counted, and written if there is a file.

    There are none if there was no finished run, or if everything is done anew.
    """

    def __init__(self, previous: PreviousRun, file: BinaryIO | None = None) -> None:
        self._previous, self._file = previous, file
        self.counts: Counter[str] = Counter()

    def write(self, results: Sequence[tuple[Row, RowResult]]) -> None:
        """Note what became of these rows."""
        for row, result in results:
            patient = row.texts.get("patient", "")
            before = self._previous.finished_result(patient)
            stays = self._previous.has_folder(patient)
            self._previous.settle(patient, is_planned=result.status == "planned")
            change = _change(before, result, stays=stays)
            was = before.summary.times if before else ""
            self._note(patient, change, was, was if change == "stays" else result.summary.times)

    def finish(self) -> None:
        """Note the patients who are gone."""
        for patient, prior in self._previous.gone():
            if not prior.gone:
                self._note(patient, "gone", prior.summary.times, prior.summary.times)

    def _note(self, patient: str, change: str, was: str, now: str) -> None:
        if change and self._previous.has_changes:
            self.counts[change] += 1
            if change != "kept" and self._file:
                append(self._file, csv_line((patient, change, was, now)))


def _change(before: PriorResult | None, result: RowResult, *, stays: bool) -> str:
    """One of `KINDS`, or "" for a row that is rejected as it was before."""
    if result.status == "rejected":
        return "" if before is None else "stays" if stays else "taken back"
    if before is None:
        return "new"
    if result.files == before.files:
        return "kept"
    if result.is_revised:
        return "revised"
    return "renewed" if result.summary.times == before.summary.times else "moved"


@contextmanager
def write_changes(output: Path, previous: PreviousRun) -> Iterator[Changes]:
    """The changes of a run, in a file that is hidden until the run is finished."""
    if not previous.has_changes:
        yield Changes(previous)
        return
    with new_csv_file(output / UNFINISHED_CHANGES, COLUMNS) as file:
        yield Changes(previous, file)


def publish_changes(output: Path, changes: Changes) -> None:
    """Give the file of a finished run its name, if there is a change."""
    if sum(changes.counts.values()) > changes.counts["kept"]:
        (output / UNFINISHED_CHANGES).replace(output / CHANGES)
    else:
        (output / UNFINISHED_CHANGES).unlink(missing_ok=True)
