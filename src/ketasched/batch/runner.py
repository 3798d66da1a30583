"""The runner: a roster from its first row to its last, into a folder or to somebody who prints."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ketasched.batch.carry_over import begins_in_the_past
from ketasched.batch.chair_ledger import ChairLedger
from ketasched.batch.changes import Changes, publish_changes, write_changes
from ketasched.batch.executors import Submit
from ketasched.batch.joint_rows import JointPlanner, JointRun
from ketasched.batch.manifest import manifest_writer
from ketasched.batch.memory_ledger import MemoryLedger
from ketasched.batch.pipeline import ROWS_PER_CHUNK, Pipeline
from ketasched.batch.previous_run import PreviousRun, begin, preview
from ketasched.batch.records import RowResult, Settings
from ketasched.batch.rejections import BUG
from ketasched.batch.routing import Router, Sites
from ketasched.files.roster import Roster, Row
from ketasched.rules import Past

if TYPE_CHECKING:
    from ketasched.register.register import Register

Write = Callable[[Sequence[tuple[Row, RowResult]]], None]


@dataclass(slots=True)
class Tally:
    """The counts of a run.

    `rows` counts the rows that were planned, kept or rejected, and some of them by their
    cause; `unsettled` counts those with a date that can be read both ways, by column;
    `changes` what is not as the last finished run left it. `knows_no_chairs` says that a clinic
    limits its visits and no chairs of an earlier run are known; `ambiguous` has then the paths
    of two clinics with one `clinic_key`, which a later run would confuse. `plans` are the joint
    plans.
    """

    rows: Counter[str] = field(default_factory=Counter)
    unsettled: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    knows_no_chairs: bool = False
    ambiguous: list[str] = field(default_factory=list)
    plans: list[JointRun] = field(default_factory=list)

    def add(self, row: Row, result: RowResult) -> None:
        """Count a row."""
        self.rows["kept" if result.is_retained else result.status] += 1
        self.rows[Past.name] += not result.is_retained and begins_in_the_past(result.summary)
        self.rows["unreadable"] += row.problem is not None
        self.rows["nameless"] += row.problem is not None and "patient" not in row.texts
        self.rows[BUG] += result.rule == BUG
        self.unsettled.update(result.unsettled)


@dataclass(frozen=True, slots=True)
class Batch:
    """A roster, and how it is planned.

    `report` is called each time that rows are done, with the line that was reached and the number
    of rows. With `fail_fast` no more rows are begun once one is rejected. With a `register` the
    rows are booked there. With a `limit`, in seconds for each clinic whose chairs count, its rows
    are planned jointly.
    """

    roster: Roster
    settings: Settings
    sites: Sites
    submit: Submit
    workers: int
    report: Callable[[int, int], None]
    register: "Register | None" = None
    counts_chairs: bool = True
    limit: float | None = None
    fail_fast: bool = False
    shard: tuple[int, int] = (1, 1)

    def into_folder(self, output: Path) -> Tally:
        """Plan the roster into a folder. Raises `Refused` if that cannot be written."""
        settings = self.settings
        marker = begin(output, settings.made_at, replaces=settings.replaces)
        batch = replace(self, settings=replace(settings, replaces=marker.anew))
        with closing(PreviousRun(output, marker)) as previous:
            with (
                manifest_writer(output, self.roster.header) as manifest,
                write_changes(output, previous) as changes,
            ):
                tally = batch.run(manifest.write, previous, changes)
                is_done = not (self.fail_fast and tally.rows["rejected"])
                if is_done and self._names_all(tally):
                    changes.finish()
            if is_done:
                publish_changes(output, changes)
                previous.finish(names_all=self._names_all(tally))
        return tally

    def dry_run(self, output: Path, write: Write) -> Tally:
        """Write nothing to the folder, and pass to `write` what would become of each row."""
        marker = preview(output, self.settings.made_at, replaces=self.settings.replaces)
        with closing(PreviousRun(output, marker, with_manifest=True)) as previous:
            changes = Changes(previous)
            tally = self.run(write, previous, changes)
            if self._names_all(tally):
                changes.finish()
        return tally

    def run(
        self, write: Write, previous: PreviousRun | None = None, changes: Changes | None = None
    ) -> Tally:
        """Plan the roster, and pass the rows with their results to `write`, some at a time."""
        tally = Tally(changes=changes.counts if changes else Counter())
        is_first = previous is None or previous.is_empty
        joint = JointPlanner(self.settings.made_at, self.limit) if self.limit else None
        ledger = self._ledger(joint, previous)
        prior_of = previous.result if previous else lambda patient: None
        router = Router(self.sites, prior_of, self.counts_chairs, self.shard)
        pipeline = Pipeline(
            self.settings,
            router,
            ledger,
            self.submit,
            self.workers,
            lambda: self.fail_fast and tally.rows["rejected"] > 0,
        )
        results = pipeline.results(self.roster.rows)
        while some := list(islice(results, ROWS_PER_CHUNK)):
            for row, result in some:
                tally.add(row, result)
                if joint:
                    joint.settle(result)
            write(some)
            if changes:
                changes.write(some)
            self.report(some[-1][0].line, len(some))
        ledger.close()
        if router.has_met_chairs and self.register is None:
            tally.knows_no_chairs, tally.ambiguous = is_first, self.sites.ambiguous_clinics()
        tally.plans = joint.plans if joint else []
        return tally

    def _ledger(self, joint: JointPlanner | None, previous: PreviousRun | None) -> ChairLedger:
        if self.register is None:
            return MemoryLedger(self.settings, joint, previous, counts_chairs=self.counts_chairs)
        # Imported here because a register is an extra.
        from ketasched.batch.register_ledger import RegisterLedger  # noqa: PLC0415

        return RegisterLedger(self.settings, joint, self.register)

    def _names_all(self, tally: Tally) -> bool:
        """Whether a patient who was not named is gone; a row that cannot be split may name one."""
        return not (self.roster.is_part or tally.rows["nameless"])
