"""The rescheduler of a course in a crowded clinic, where other courses may take any slot."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from ketasched.model.wall_clock import minutes_apart
from ketasched.planning.shortest_path import Candidate
from ketasched.revising.intents import VisitDomain
from ketasched.revising.least_moves import DELAY_COST, Rescheduler
from ketasched.rules import Span

NEAR_DAYS = 7
"""To how many days with candidates a visit may move: from the first on, and around its old day."""


@dataclass(eq=False)
class CrowdedRescheduler(Rescheduler):
    """A rescheduler with more choice of slots and less choice of days.

    With `other_starts` each day also has a candidate at another start than the current one. Visits
    move only to `NEAR_DAYS` of the days with candidates: the first ones, and those around the old
    day. The spacing of all phases weighs the same.
    """

    other_starts: bool = True

    phase_weight: ClassVar[int] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._alternatives: dict[tuple[VisitDomain, int], list[Candidate]] = {}
        self._near_gaps: dict[tuple[int, int], list[int]] = {}

    def alternatives(self, domain: VisitDomain, day: int) -> list[Candidate]:
        """All candidates of a day but the current slot, the nearest to the old time first."""
        key = domain, day
        if key not in self._alternatives:
            old = domain.intent.visit.start
            found = self._days.candidates(domain.phase_plan.kind, day, by_clock=True)
            if day == old.toordinal() and domain.current:
                found = [one for one in found if one.slot.start != old]
            if not domain.intent.moves_freely or day <= self.not_before.toordinal():
                found = [one for one in found if not self._refuses_move(domain, one.slot)]
            self._alternatives[key] = sorted(
                found, key=lambda one: (minutes_apart(one.slot.start, old), one.moment)
            )
        return self._alternatives[key]

    def spacing(self, cost: int) -> int:
        """The spacing in the cost of a step: the rest of it is that of moves and of delay."""
        return cost % DELAY_COST

    def moves(self, index: int, node: Candidate) -> bool:
        """Whether visit `index` gets another start at this node."""
        current = self.domains[index].current
        return current is None or node.slot.start != current.start

    def excess(self, index: int, before: Candidate | None, node: Candidate) -> int:
        """The days by which the step to a node of visit `index` breaks `gap` and `span` anew.

        The last visit of a phase counts for its span. `before` is None for the first visit.
        """
        domain = self.domains[index]
        if not (domain.intent.may_wait or domain.intent.waived):
            return 0
        phase, violation, day = domain.phase, domain.violation, node.day
        last = before.slot if before else self.prefix.last
        found = 0
        too_long = last and day - last.start.toordinal() - phase.gap_days.max
        if domain.intent.may_wait and last and too_long and too_long > 0:
            is_known = violation.previous_start == last.start and not self.moves(index, node)
            found = 0 if is_known else too_long
        is_last = index + 1 == len(self.domains) or self.domains[index + 1].phase is not phase
        if is_last and phase.span_days and Span.name in domain.intent.waived:
            known = violation.phase_end.toordinal() if violation.phase_end else 0
            latest = self._states[node][1].first_day + phase.span_days.max - 1
            found += max(day - max(latest, known), 0)
        return found

    def _find_candidates(self, domain: VisitDomain, day: int) -> list[Candidate]:
        if domain.intent.pinned or not self.other_starts:
            return super()._find_candidates(domain, day)
        current = self._current_candidate(domain, day)
        others = self.alternatives(domain, day)
        others = others if self.by_clock else others[:1]
        return [current, *others] if current else others

    def _first_days(self, domain: VisitDomain) -> Iterator[int]:
        later, current = 0, domain.intent.visit.start.toordinal()
        for day in super()._first_days(domain):
            later += day > current and bool(self.candidates(0, day))
            if later > NEAR_DAYS:
                return
            yield day

    def _gaps(self, index: int, before: Candidate) -> Iterable[int]:
        domain, key, near = self.domains[index], (index, before.day), NEAR_DAYS
        gaps = super()._gaps(index, before)
        if domain.only_day is not None:
            return gaps
        if key not in self._near_gaps:
            found = [gap for gap in gaps if self.candidates(index, before.day + gap)]
            at_old = bisect_left(found, domain.intent.visit.start.toordinal() - before.day)
            too_long = bisect_left(found, domain.phase.gap_days.max + 1)
            parts = (
                found[:near],
                found[too_long : too_long + near // 2],
                found[max(at_old - near, 0) : at_old + near],
            )
            self._near_gaps[key] = sorted({*chain.from_iterable(parts)})
        return self._near_gaps[key]
