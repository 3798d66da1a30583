"""A roster from its first row to its last: into a folder, or to somebody who prints."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from ketasched.batch.carry_over import begins_in_the_past
from ketasched.batch.chair_seating import Held, Seats
from ketasched.batch.changes import Changes, changes, show
from ketasched.batch.joint_rows import Jointly
from ketasched.batch.manifest import books
from ketasched.batch.pipeline import ROWS, Line
from ketasched.batch.previous_run import Earlier, begin, would_begin
from ketasched.batch.records import Known, Outcome, Settings
from ketasched.batch.retained import Staying
from ketasched.batch.routing import Desks, Sorter
from ketasched.batch.worker import BUG
from ketasched.files.roster import Roster, Row
from ketasched.rules import Past
from ketasched.together import Together

if TYPE_CHECKING:
    from ketasched.batch.register_rows import Booked
    from ketasched.register.register import Book

Sink = Callable[[Sequence[tuple[Row, Outcome]]], None]


@dataclass(slots=True)
class Tally:
    """How many rows were planned, kept, rejected; unreadable ones and our bugs are rejected, too.

    `changes` counts what is not as the last finished run left it. `chairs_alone` is true if chairs
    counted, and nobody's were known from before; `alike` are then two clinics that later runs take
    for one. `plans` are those of rows that were planned as one, each with its clinic's name.
    """

    rows: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    chairs_alone: bool = False
    alike: list[str] = field(default_factory=list)
    plans: list[tuple[str, Together]] = field(default_factory=list)

    def add(self, row: Row, outcome: Outcome) -> None:
        """Count a row."""
        self.rows["kept" if outcome.kept else outcome.status] += 1
        self.rows[Past.name] += not outcome.kept and begins_in_the_past(outcome.made)
        self.rows["unreadable"] += row.problem is not None
        self.rows["nameless"] += row.problem is not None and "patient" not in row.texts
        self.rows[BUG] += outcome.rule == BUG


@dataclass(frozen=True, slots=True)
class Batch:
    """A roster, and how it is to be planned.

    `again` gives its rows once more, where they have to be looked through beforehand. `told` is
    told each time that rows are done: the line that was reached, and how many rows. With
    `fail_fast` no more rows are begun once one is rejected. With a `book` rows are booked there.
    With a `limit`, in seconds for each clinic that has chairs, its rows are planned as one.
    """

    roster: Roster
    again: Callable[[], Iterable[Row]]
    settings: Settings
    desks: Desks
    executor: Executor
    workers: int
    told: Callable[[int, int], None]
    book: "Book | None" = None
    counts_chairs: bool = True
    limit: float | None = None
    fail_fast: bool = False
    shard: tuple[int, int] = (1, 1)

    def into_folder(self, output: Path) -> Tally:
        """Write it all. Raises `Refused` if the folder does."""
        settings = self.settings
        begun = begin(output, settings.made_at, resumed=settings.goes_on, force=settings.replaces)
        work = replace(self, settings=replace(settings, replaces=begun.anew))
        with closing(Earlier(output, begun)) as earlier:
            with books(output, self.roster.header) as book, changes(output, earlier) as changed:
                tally = work.through(book.write, earlier, changed)
                is_done = not (self.fail_fast and tally.rows["rejected"])
                if is_done and self._names_all(tally):
                    changed.finish()
            if is_done:
                show(output, changed)
                earlier.finish(names_all=self._names_all(tally))
        return tally

    def only_tried(self, output: Path, write: Sink) -> Tally:
        """Write nothing, and tell `write` what would become of each row."""
        begun = would_begin(output, self.settings.made_at, force=self.settings.replaces)
        with closing(Earlier(output, begun, with_manifest=True)) as earlier:
            changed = Changes(earlier, None)
            tally = self.through(write, earlier, changed)
            if self._names_all(tally):
                changed.finish()
        return tally

    def through(
        self, write: Sink, earlier: Earlier | None = None, changed: Changes | None = None
    ) -> Tally:
        """The rows through the workers, and what became of them to `write`."""
        tally = Tally(changes=changed.counts if changed else Counter())
        others = any(True for _ in earlier.everyone()) if earlier else False
        staying = self._staying(earlier) if earlier else None
        known = earlier.of if earlier else lambda patient: None
        jointly = self._jointly()
        booked = self._booked(known, jointly)
        seats = Seats(
            self.settings,
            staying.held if staying else Held,
            jointly,
            staying.joins if staying else lambda row, desk: True,
        )
        line = Line(
            self.settings,
            Sorter(self.desks, self.counts_chairs, self.shard),
            self.executor,
            self.workers,
            seats if self.counts_chairs else None,
            booked,
            staying.anew if staying else frozenset(),
            staying.own if staying else {},
            known,
        )
        rows = takewhile(
            lambda _: not (self.fail_fast and tally.rows["rejected"]), self.roster.rows
        )
        for some in _in_portions(line.outcomes(rows)):
            for row, outcome in some:
                tally.add(row, outcome)
            write(some)
            if changed:
                changed.write(some)
            self.told(some[-1][0].line, len(some))
        if booked:
            booked.finish()
        tally.chairs_alone = seats.used and not others
        tally.alike = self.desks.alike() if seats.used else []
        tally.plans = jointly.plans if jointly else []
        return tally

    def _booked(
        self, known: Callable[[str], Known | None], jointly: Jointly | None
    ) -> "Booked | None":
        if self.book is None:
            return None
        # Imported here because a register is an extra.
        from ketasched.batch.register_rows import Booked  # noqa: PLC0415

        return Booked(self.book, self.settings, known, jointly)

    def _jointly(self) -> Jointly | None:
        if self.limit is None:
            return None
        sorter = Sorter(self.desks, self.counts_chairs, self.shard)
        return Jointly(self.settings, self.again, sorter, self.limit)

    def _names_all(self, tally: Tally) -> bool:
        """Whether who was not named is gone: any row that does not come apart may name them."""
        return not (self.roster.is_part or tally.rows["nameless"])

    def _staying(self, earlier: Earlier) -> Staying:
        assert self.settings.output is not None  # noqa: S101 - earlier runs are in a folder
        sorter = Sorter(self.desks, self.counts_chairs, self.shard)
        return Staying(self.settings.output, earlier, self.settings, self.again, sorter)


def _in_portions(
    outcomes: Iterator[tuple[Row, Outcome]],
) -> Iterator[list[tuple[Row, Outcome]]]:
    while some := list(islice(outcomes, ROWS)):
        yield some
