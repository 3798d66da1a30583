"""The rows of a roster through an executor and back, in order, a bounded number at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from zlib import crc32

from ketasched.batch.desks import Desks
from ketasched.batch.nouns import Desk, Known, Outcome, Settings, Task, Todo
from ketasched.batch.place import take_back
from ketasched.batch.references import References, folded
from ketasched.batch.seats import Seats, has_chairs
from ketasched.batch.work import packed, rejected, work
from ketasched.errors import BadRequest, NoPlan
from ketasched.identity import is_reference
from ketasched.roster import Row, request_of_row

ROWS = 32
"""Rows of a task: few enough to come back soon, enough that sending them costs little."""

Step = tuple[Row, Outcome | None]
"""A row and what became of it; None where a worker is at it."""


@dataclass(slots=True)
class Line:
    """The way of each row: looked at here, planned and written by a worker of the executor.

    Where chairs count (`seats`), rows are planned here, in order. `known` says what an earlier
    run did for a patient, `note` is told whose rows go to a worker. `workers` is how many tasks
    can be at work at once. Of a roster in shards only number `shard[0]` of `shard[1]` is done: the
    rows of a clinic with chairs stay together, and else those of one patient reference.
    """

    settings: Settings
    desks: Desks
    executor: Executor
    workers: int
    seats: Seats | None = None
    known: Callable[[str], Known | None] = lambda patient: None
    note: Callable[[list[str]], None] = lambda patients: None
    shard: tuple[int, int] = (1, 1)
    _references: References = field(default_factory=References)
    _desks: dict[str, bytes] = field(default_factory=dict)

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
                yield from _together(*waiting.popleft())
        waiting.append((steps, self._sent(todos)))
        while waiting:
            yield from _together(*waiting.popleft())

    def _sent(self, todos: list[Todo]) -> Future[list[Outcome]]:
        desks = {todo.desk: self._desks[todo.desk] for todo in todos}
        patients = (todo.row.texts.get("patient", "") for todo in todos)
        self.note([patient for patient in patients if is_reference(patient)])
        return self.executor.submit(work, Task(tuple(todos), desks, self.settings))

    def _looked_at(self, row: Row) -> Todo | Outcome | None:
        """The row as something to do, or what is wrong with it; None if it is of another shard."""
        patient = row.texts.get("patient", "")
        key = folded(patient) or str(row.number)
        try:
            if row.problem is not None:
                raise row.problem
            # Of all shards: the same reference may be at clinics of different ones.
            self._references.take(patient, row.number)
            desk = self.desks.of(row.texts.get("clinic", ""), row.texts.get("protocol", ""))
            key = desk.place if self._counts_chairs(desk) else key
            return self._todo(row, patient, desk) if self._is_ours(key) else None
        except (BadRequest, NoPlan) as error:
            if not self._is_ours(key):
                return None
            # Another row may have the reference, and the past that goes with it.
            is_its_own = self._references.is_of(patient, row.number)
            known = self.known(patient) if is_its_own else None
            if known:
                take_back(known, row, self.settings)
            return rejected(row, error)

    def _counts_chairs(self, desk: Desk) -> bool:
        return self.seats is not None and has_chairs(desk)

    def _is_ours(self, key: str) -> bool:
        number, count = self.shard
        return crc32(key.encode("utf-8", "surrogateescape")) % count == number - 1

    def _todo(self, row: Row, patient: str, desk: Desk) -> Todo:
        self._desks[desk.digest] = desk.data
        course = b""
        if self.seats is not None and self._counts_chairs(desk):
            request = request_of_row(row, self.settings.date_order)
            course = packed(self.seats.seated(request, desk))
        return Todo(row, desk.digest, course, self.known(patient))


def _together(steps: list[Step], future: Future[list[Outcome]]) -> Iterator[tuple[Row, Outcome]]:
    """The rows of a task with their outcomes, those found here and those of the worker."""
    done = iter(future.result())
    for row, outcome in steps:
        yield row, outcome or next(done)
