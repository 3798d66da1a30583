"""The pipeline: the rows of a roster go through the workers and come back in order.

Only as many rows are in memory as keep the workers busy, unless the ledger has to look ahead.
"""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from ketasched.batch.chair_ledger import ChairLedger
from ketasched.batch.executors import Results, Submit
from ketasched.batch.jobs import Chunk, Job, make_job
from ketasched.batch.records import RowResult, Settings
from ketasched.batch.rejections import Rejected, attempt
from ketasched.batch.routing import Routed, Router
from ketasched.batch.triage import Fresh, Retained, triage, withdrawn_without_plan
from ketasched.files.roster import Row

ROWS_PER_CHUNK = 32
"""Rows of a chunk: few enough to come back soon, enough to be sent cheaply."""

Triaged = Rejected | Routed | Retained | Fresh
"""A row of this run; one that is only routed is triaged by the worker."""

Step = tuple[Row, RowResult | Job]
"""A row with its result, or with the job that will return the result."""


@dataclass(slots=True)
class Pipeline:
    """The way of each row: routed, triaged, given its chairs, written by a worker.

    `workers` is how many chunks are worked on at once. `stops` returns whether no more
    rows are to be begun.
    """

    settings: Settings
    router: Router
    ledger: ChairLedger
    submit: Submit
    workers: int
    stops: Callable[[], bool] = lambda: False
    _sites: dict[str, bytes] = field(default_factory=dict)

    def results(self, rows: Iterable[Row]) -> Iterator[tuple[Row, RowResult]]:
        """Each row of this shard with its result, in order."""
        waiting: deque[tuple[list[Step], Results]] = deque()
        steps: list[Step] = []
        for triaged in takewhile(lambda _: not self.stops(), self._triaged(rows)):
            steps.append((triaged.row, self._next_step(triaged)))
            if len(steps) == ROWS_PER_CHUNK:
                waiting.append((steps, self._send(steps)))
                steps = []
            while len(waiting) > 2 * self.workers:
                yield from self._receive(*waiting.popleft())
        waiting.append((steps, self._send(steps)))
        while waiting:
            yield from self._receive(*waiting.popleft())

    def _triaged(self, rows: Iterable[Row]) -> Iterator[Triaged]:
        """The rows of this shard.

        From the first row at a clinic with limits on, a ledger that looks ahead observes all
        remaining rows at once.
        """
        rest = map(self._triage, self.router.route(rows))
        for first in rest:
            ahead = [first]
            if self.ledger.looks_ahead:
                if isinstance(first, Retained | Fresh) and self.router.shares_chairs(first.site):
                    ahead += rest
                for triaged in ahead:
                    self._observe(triaged)
            yield from ahead

    def _triage(self, routed: Routed | Rejected) -> Triaged:
        if isinstance(routed, Rejected) or not self.ledger.concerns(routed):
            return routed
        in_order = self.ledger.depends_on_order
        return attempt(
            routed.row, lambda: triage(routed, self.settings, depends_on_order=in_order)
        )

    def _observe(self, triaged: Triaged) -> None:
        # A rejected row says nothing of a patient whose reference another row has.
        if isinstance(triaged, Rejected) and not self.router.owns(triaged.row):
            return
        if not isinstance(triaged, Routed):
            self.ledger.observe(triaged)

    def _next_step(self, triaged: Triaged) -> RowResult | Job:
        step = attempt(triaged.row, lambda: self._step(triaged))
        return step.result if isinstance(step, Rejected) else step

    def _step(self, triaged: Triaged) -> Rejected | RowResult | Job:
        """The result of a row, or the job that will return it. Raises `BadRequest`, `NoPlan`."""
        if isinstance(triaged, Rejected):
            return triaged
        if isinstance(triaged, Retained):
            if self.ledger.looks_ahead:
                triaged = triaged.in_its_turn(self.settings)
            self.ledger.retain(triaged)
            return triaged.result
        if triaged.site.digest not in self._sites:
            self._sites[triaged.site.digest] = pickle.dumps(triaged.site)
        if isinstance(triaged, Routed):
            return make_job(triaged)
        with withdrawn_without_plan(triaged, self.settings):
            return make_job(triaged, self.ledger.book(triaged))

    def _send(self, steps: list[Step]) -> Results:
        jobs = tuple(step for _, step in steps if not isinstance(step, RowResult))
        sites = {job.site: self._sites[job.site] for job in jobs}
        return self.submit(Chunk(jobs, sites, self.settings))

    def _receive(self, steps: list[Step], results: Results) -> Iterator[tuple[Row, RowResult]]:
        """The rows of a chunk with their results: those found here, and the worker's."""
        found = iter(results())
        for row, step in steps:
            result = step if isinstance(step, RowResult) else next(found)
            yield row, self.ledger.settle(result)
