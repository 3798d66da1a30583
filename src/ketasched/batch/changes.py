"""What is not as the last finished run left it: `changes.csv`, patient by patient."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ketasched.batch.manifest import CHANGES, append, new_book
from ketasched.batch.previous_run import UNFINISHED, Earlier
from ketasched.batch.records import Known, Outcome
from ketasched.files.csv_cells import csv_line
from ketasched.files.roster import Row

COLUMNS = ("patient", "change", "was", "now")
"""The columns: `was` and `now` are the visits, as in a manifest."""

KINDS = ("new", "kept", "moved", "renewed", "revised", "stays", "taken back", "gone")
"""What can have become of a patient; those that are kept are counted only.

`new`: planned for the first time. `moved`: planned anew, and the visits are at other times.
`renewed`: files that are not the same, for the same times. `revised`: kept, and changed by
`revise` since. `stays`: the row is rejected now, the course is still there. `taken back`: the row
is rejected now, and its course was removed. `gone`: there, and no longer in the roster; that is
told once.
"""


class Changes:
    """What changed since the last finished run, counted, and written where there is a file.

    Where there was none, or where all is done anew, there is nothing to tell.
    """

    def __init__(self, earlier: Earlier, file: BinaryIO | None) -> None:
        self._earlier, self._file = earlier, file
        self.counts: Counter[str] = Counter()

    def write(self, rows: Sequence[tuple[Row, Outcome]]) -> None:
        """Note what became of these rows."""
        for row, outcome in rows:
            patient = row.texts.get("patient", "")
            before = self._earlier.finished(patient)
            stays = self._earlier.is_there(patient)
            self._earlier.settle(patient, planned=outcome.status == "planned")
            change = _change(before, outcome, stays=stays)
            was = before.made.visits if before else ""
            self._note(patient, change, was, was if change == "stays" else outcome.made.visits)

    def finish(self) -> None:
        """Note who is gone."""
        for patient, known in self._earlier.gone():
            if not known.gone:
                self._note(patient, "gone", known.made.visits, known.made.visits)

    def _note(self, patient: str, change: str, was: str, now: str) -> None:
        if change and self._earlier.tells:
            self.counts[change] += 1
            if change != "kept" and self._file:
                append(self._file, csv_line((patient, change, was, now)))


def _change(before: Known | None, outcome: Outcome, *, stays: bool) -> str:
    """One of `KINDS`, or "" for a row that is rejected as it was before."""
    if outcome.status == "rejected":
        return "" if before is None else "stays" if stays else "taken back"
    if before is None:
        return "new"
    if outcome.files == before.files:
        return "kept"
    if outcome.revised:
        return "revised"
    return "renewed" if outcome.made.visits == before.made.visits else "moved"


@contextmanager
def changes(output: Path, earlier: Earlier) -> Iterator[Changes]:
    """The changes of a run that writes, in a file that is hidden until it is finished."""
    if not earlier.tells:
        yield Changes(earlier, None)
        return
    with new_book(output / UNFINISHED, csv_line(COLUMNS)) as file:
        yield Changes(earlier, file)


def show(output: Path, found: Changes) -> None:
    """Give the file of a finished run its name, if it says anything."""
    if sum(found.counts.values()) > found.counts["kept"]:
        (output / UNFINISHED).replace(output / CHANGES)
    else:
        (output / UNFINISHED).unlink(missing_ok=True)
