"""The rows of a roster through an executor and back, in order, a bounded number at a time."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ketasched.batch.carry_over import is_under_way, renewed
from ketasched.batch.chair_seating import Seats
from ketasched.batch.fingerprints import asked_of, input_of
from ketasched.batch.folders import kept, refuse_revised, taken_back
from ketasched.batch.records import Desk, Known, Outcome, Settings, Task, Todo
from ketasched.batch.routing import NotOurs, Sorter
from ketasched.batch.worker import given_to, or_rejected, packed, packed_course, work
from ketasched.files.roster import Row
from ketasched.planning.planner import ChosenSlots

if TYPE_CHECKING:
    from ketasched.batch.register_rows import Booked

ROWS = 32
"""Rows of a task: few enough to come back soon, enough that sending them costs little."""

Step = tuple[Row, Outcome | None]
"""A row and what became of it; None where a worker is at it."""


@dataclass(slots=True)
class Line:
    """The way of each row: looked at here, planned and written by a worker of the executor.

    Where chairs count (`seats`), rows are planned here, in order; but those who keep their chairs
    (`anew` does not name them) are only looked at; `own` has who holds chairs until their turn, at
    which house, for which visits. So are all rows that are `booked` in a
    register. `known` says what an earlier run did for a patient. `workers` is how many tasks can
    be at work at once.
    """

    settings: Settings
    sorter: Sorter
    executor: Executor
    workers: int
    seats: Seats | None = None
    booked: "Booked | None" = None
    anew: Collection[str] = frozenset()
    own: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    known: Callable[[str], Known | None] = lambda patient: None
    _desks: dict[str, bytes] = field(default_factory=dict)
    _in_register: dict[int, str] = field(default_factory=dict)
    """By row of which we do not know yet what became: the course that was booked."""

    def outcomes(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Outcome]]:
        """Each row with what became of it, in order.

        Only so many rows are held as the workers need to be kept busy.
        """
        waiting: deque[tuple[list[Step], Future[list[Outcome]]]] = deque()
        steps: list[Step] = []
        todos: list[Todo] = []
        for row in rows:
            step = self._looked_at(row)
            if step is None:
                continue
            if isinstance(step, Todo):
                todos.append(step)
            steps.append((row, None if isinstance(step, Todo) else step))
            if len(steps) == ROWS:
                waiting.append((steps, self._sent(todos)))
                steps, todos = [], []
            while len(waiting) > 2 * self.workers:
                yield from self._together(*waiting.popleft())
        waiting.append((steps, self._sent(todos)))
        while waiting:
            yield from self._together(*waiting.popleft())

    def _sent(self, todos: list[Todo]) -> Future[list[Outcome]]:
        desks = {todo.desk: self._desks[todo.desk] for todo in todos}
        return self.executor.submit(work, Task(tuple(todos), desks, self.settings))

    def _looked_at(self, row: Row) -> Todo | Outcome | None:
        """The row as something to do, or what became of it; None if it is of another shard."""
        return or_rejected(row, lambda: self._step(row))

    def _known(self, row: Row) -> Known | None:
        """What an earlier run did for the row's patient."""
        # Another row may have the reference, and the past that goes with it.
        return self.known(row.texts.get("patient", "")) if self.sorter.owns(row) else None

    def _step(self, row: Row) -> Todo | Outcome | None:
        try:
            desk = self.sorter.desk_of(row)
        except NotOurs:
            return None
        self._desks[desk.digest] = desk.data
        known = self._known(row)
        # As it stood it is only needed here.
        sent = row._replace(given=())
        if self.booked:
            return self._booked(row, sent, desk, known)
        if self.seats is None or not self.sorter.seats_at(desk):
            return Todo(sent, desk.digest, known=known)
        with taken_back(known, row, desk.clinic, self.settings):
            there = self._staying(row, desk, known) if known and self.settings.output else None
            if there:
                return there
            course = self.seats.planned_as_one(row, desk)
            if course is None:
                decided = self._seated(self.seats, row, desk, known)
                return Todo(sent, desk.digest, packed(decided), known)
        course = renewed(course, known, self.settings)
        return Todo(sent, desk.digest, known=known, course=packed_course(course))

    def _booked(self, row: Row, sent: Row, desk: Desk, known: Known | None) -> Todo | Outcome:
        assert self.booked is not None  # noqa: S101 - that is asked before
        there = self.booked.kept(row, desk, known)
        if there:
            return there
        with taken_back(known, row, desk.clinic, self.settings):
            course = self.booked.seated(row, desk, known)
        self._in_register[row.number] = course.course_id
        return Todo(sent, desk.digest, known=known, course=packed_course(course))

    def _seated(self, seats: Seats, row: Row, desk: Desk, known: Known | None) -> ChosenSlots:
        """What is decided for a row; a course that is under way moves to no other chairs."""
        if known is None:
            return seats.seated(row, desk)
        stays = is_under_way(known, desk.clinic, self.settings)
        # Who is not named here has given up their chairs beforehand, or has them elsewhere.
        house, own = self.own.get(row.texts["patient"], ("", ""))
        return seats.seated(row, desk, known, own if house == desk.house else "", stays=stays)

    def _staying(self, row: Row, desk: Desk, known: Known) -> Outcome | None:
        """The outcome of a row that keeps its chairs; None if it has to be seated."""
        assert self.seats is not None and self.settings.output is not None  # noqa: S101, PT018
        patient, settings = row.texts["patient"], self.settings
        given_to(row, desk, settings)  # of a row that cannot be read the course stays
        self.seats.look_at(desk)
        if patient in self.anew:
            if not settings.replaces:
                refuse_revised(self.settings.output / patient)
            return None
        asked = asked_of(row, settings)
        there = kept(row, known, settings, asked, input_of(row, asked, desk, settings))
        if there:
            self.seats.comes(there.made.visits, desk)
        return there

    def _together(
        self, steps: list[Step], future: Future[list[Outcome]]
    ) -> Iterator[tuple[Row, Outcome]]:
        """The rows of a task with their outcomes, those found here and those of the worker."""
        done = iter(future.result())
        for row, outcome in steps:
            outcome = outcome or next(done)
            course_id = self._in_register.pop(row.number, "")
            if self.booked and course_id:
                outcome = self.booked.done(row, course_id, outcome)
            yield row, outcome
