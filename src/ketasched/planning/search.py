"""The search for the best visit sequence of each phase.

`Search` takes candidates from the availability and costs from the phase plans, asks the rules
which candidate may follow which, and has the kernel in `shortest_path` find the cheapest sequence.
The search knows the shapes of rules, and no rule by name.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, groupby, islice
from math import inf

from ketasched.model import Finding, Phase, Slot, VisitKind
from ketasched.model.wall_clock import minute_of_day
from ketasched.planning.availability import PatientAvailability
from ketasched.planning.elsewhere import slots_elsewhere
from ketasched.planning.shortest_path import Candidate, VisitSequence, cheapest_sequence
from ketasched.planning.spacing_cost import PhasePlan, decided_phases
from ketasched.rules import ENDS_RULES, PAIR_RULES
from ketasched.rules.base import PlanningContext, first_broken

USUAL_BUDGET = 4
BUDGETS = (0, USUAL_BUDGET, 64, 256, 1024, 4096, inf)
"""The budgets that are tried in turn: most sequences cost little, and the cheapest sequence within
a budget is the cheapest of all. Before the search goes beyond `USUAL_BUDGET`, it finds out whether
there is a sequence at any cost.
"""

FEW_CANDIDATES = 2
"""So many candidates of a day are quicker tested one by one than by the times that a rule sets."""


def feasible_successors(
    before: Slot,
    candidates: list[Candidate],
    phase: Phase,
    context: PlanningContext,
    waived: Collection[str] = frozenset(),
) -> list[Candidate]:
    """The candidates of one day that may follow the visit `before`.

    `candidates` are for a visit of `phase`. Rules named in `waived` are not asked; still, no two
    visits overlap.
    """
    if candidates and candidates[0].day == before.start.toordinal():
        end = before.end.timestamp()
        candidates = [candidate for candidate in candidates if candidate.moment >= end]
    for rule in PAIR_RULES:
        if rule.name in waived:
            continue
        times = rule.within(before, phase, context) if len(candidates) > FEW_CANDIDATES else None
        if times is None:
            findings = [rule.pair(before, one.slot, phase, context) for one in candidates]
            tested = zip(candidates, findings, strict=True)
            candidates = [one for one, finding in tested if first_broken([finding]) is None]
        else:
            first, last = times
            candidates = [one for one in candidates if first <= one.moment <= last]
    return candidates


class Search:
    """The search for the visit sequences of one course; it caches what it learns of candidates.

    Phases are numbered from 0 in the course, and visits from 0 in their phase (`index`). A later
    phase is pencilled in if it is tentative: it has as many visits as fit, perhaps none, and never
    delays or refuses a course. All other phases are decided; `decided` is the number of phases up
    to the last of them. `before` is the last visit that took place elsewhere, if one did.
    """

    def __init__(self, context: PlanningContext, phase_plans: Sequence[PhasePlan]) -> None:
        self.context = context
        self.phase_plans = phase_plans
        self.availability = PatientAvailability(context)
        phases = [phase_plan.phase for phase_plan in phase_plans]
        # For each phase, whether a rule about the steps to its visits looks at the time of day.
        self._clocks = [any(rule.by_clock(one) for rule in PAIR_RULES) for one in phases]
        self._pencilled = [bool(number) and one.tentative for number, one in enumerate(phases)]
        self._enters_by_clock = [*self._clocks, False]  # no phase follows the last one
        for number in reversed(range(len(phases))):
            # The visits after a pencilled phase may follow the visit before it.
            if self._pencilled[number] and self._enters_by_clock[number + 1]:
                self._enters_by_clock[number] = True
        self.decided = decided_phases(phase_plans)
        # What a phase breaks that began elsewhere is a fact.
        self._ends_rules = [
            [rule for rule in ENDS_RULES if rule.concerns(one.phase) and not one.elsewhere]
            for one in phase_plans
        ]
        slots = slots_elsewhere(context)
        self.before = Candidate(slots[-1], slots[-1].start.toordinal(), 0) if slots else None
        self._feasible: dict[tuple[int, Candidate, int], list[Candidate]] = {}
        self._allowed_gaps: dict[tuple[int, int], bool] = {}
        self._later_phases_fit: dict[tuple[int, Candidate], bool] = {}
        self._dead_ends: defaultdict[tuple[int, int], set[tuple[int, Candidate]]]
        self._dead_ends = defaultdict(set)

    def best_first_phase(self, day: int) -> VisitSequence | None:
        """The best sequence of the first phase with its first visit on `day`."""
        firsts = [(0, candidate) for candidate in self.candidates(0, 0, day)]
        return self._best(0, lambda budget: firsts, day) if firsts else None

    def best_later_phase(self, number: int, last: Candidate) -> VisitSequence | None:
        """The best sequence of phase `number` after `last`, the visit before the phase.

        If the phase is pencilled in, the sequence has as many visits as fit; None if none does.
        """
        found = self._best(number, lambda budget: self._firsts(number, last, budget), last.day)
        if found is None and self._pencilled[number] and (most := self._most_visits(number, last)):
            counts = [phase_plan.count for phase_plan in self.phase_plans]
            counts[number] = most
            return self.with_counts(counts).best_later_phase(number, last)
        return found

    def with_counts(self, counts: Iterable[int]) -> "Search":
        """A search for the first visits of each phase, as many as `counts` says."""
        both = zip(self.phase_plans, counts, strict=True)
        return Search(self.context, [phase_plan.with_count(count) for phase_plan, count in both])

    def is_pencilled(self, number: int) -> bool:
        """Whether phase `number` is pencilled in."""
        return self._pencilled[number]

    def _firsts(
        self, number: int, last: Candidate, budget: float
    ) -> Iterator[tuple[int, Candidate]]:
        """The first visits of phase `number` after `last`, with their costs."""
        for cost, candidates in self.successors(number, 0, last, last.day, budget):
            yield from ((cost, candidate) for candidate in candidates)

    def _best(
        self, number: int, firsts: Callable[[float], Iterable[tuple[int, Candidate]]], anchor: int
    ) -> VisitSequence | None:
        """The best sequence of phase `number` after which the later phases fit.

        `firsts(budget)` are its first visits with their costs. `anchor` is the day that the
        targets of an every-so-many-days pace count from.
        """
        for budget in BUDGETS:
            found = [
                sequence
                for group in self._by_first_day(number, firsts(budget))
                if (sequence := self._cheapest(number, group, anchor, budget)) is not None
            ]
            if found:
                return min(found)
            if budget == USUAL_BUDGET and not any(
                self.reaches_end(number, first) for _, first in firsts(inf)
            ):
                return None
        return None

    def _by_first_day(
        self, number: int, firsts: Iterable[tuple[int, Candidate]]
    ) -> Iterator[list[tuple[int, Candidate]]]:
        """The first visits of phase `number` in groups, each of which is searched at once.

        A rule about the ends of a phase needs a search of its own for each first day.
        """
        has_rule = bool(self._ends_rules[number])
        for _, group in groupby(firsts, key=lambda first: first[1].day if has_rule else 0):
            yield list(group)

    def _cheapest(
        self, number: int, firsts: list[tuple[int, Candidate]], anchor: int, budget: float
    ) -> VisitSequence | None:
        first = firsts[0][1]
        latest = self.latest_end(number, first)
        return cheapest_sequence(
            firsts,
            self.phase_plans[number].count,
            lambda index, candidate, left: self.successors(
                number, index, candidate, anchor, left, latest
            ),
            lambda last: self._may_end(number, first, last),
            budget,
        )

    def successors(
        self,
        number: int,
        index: int,
        candidate: Candidate,
        anchor: int,
        budget: float,
        latest: float = inf,
    ) -> Iterator[tuple[int, list[Candidate]]]:
        """The candidates for visit `index` of phase `number` after `candidate`, day by day.

        Each day comes with the cost of the step, which is at most `budget`. Days from which the
        phase could not end by the day `latest` are left out.
        """
        self.context.go_on()
        phase_plan = self.phase_plans[number]
        latest -= phase_plan.phase.gap_days.min * (phase_plan.count - 1 - index)
        by_clock = self.by_clock(number, index)
        for gap, cost in phase_plan.steps(index, candidate.day - anchor, budget):
            day = candidate.day + gap
            if day > latest:
                return
            found = self.availability.candidates(phase_plan.kind, day, by_clock=by_clock)
            if found and (found := self._following(number, candidate, gap, found)):
                yield cost, found

    def _following(
        self, number: int, before: Candidate, gap: int, candidates: list[Candidate]
    ) -> list[Candidate]:
        """The candidates of the day `gap` days after `before` that may follow it."""
        phase = self.phase_plans[number].phase
        if self._clocks[number]:
            key = number, before, gap
            if key not in self._feasible:
                found = feasible_successors(before.slot, candidates, phase, self.context)
                self._feasible[key] = found
            return self._feasible[key]
        # Rules that do not look at the time look at the gap alone.
        allowed = self._allowed_gaps.get((number, gap))
        if allowed is None:
            found = feasible_successors(before.slot, candidates[:1], phase, self.context)
            allowed = self._allowed_gaps[number, gap] = bool(found)
        return candidates if allowed else []

    def candidates(self, number: int, index: int, day: int) -> list[Candidate]:
        """The candidates for visit `index` of phase `number` on `day`."""
        by_clock, plan = self.by_clock(number, index), self.phase_plans[number]
        found = self.availability.candidates(plan.kind, day, by_clock=by_clock)
        if self.before is None or number or index:
            return found
        return feasible_successors(self.before.slot, found, plan.phase, self.context)

    def by_clock(self, number: int, index: int) -> bool:
        """Whether a rule looks at the time of visit `index` of phase `number`, not only its day.

        The last visit of a phase is also part of the step into the next phase; any visit of a
        pencilled phase may be the last.
        """
        may_be_last = self._pencilled[number] or index == self.phase_plans[number].count - 1
        return self._clocks[number] or (may_be_last and self._enters_by_clock[number + 1])

    def sequences_at(
        self, starts: Sequence[tuple[date, int]]
    ) -> list[tuple[Candidate, ...]] | None:
        """The candidates at these starts, phase by phase; None if a rule refuses one of them.

        `starts` has a local date, and the minutes after midnight, for each visit of the course. If
        they are too few for all phases, the last ones that are pencilled in have fewer visits.
        """
        plans = list(zip(self.phase_plans, self._pencilled, strict=True))
        pencilled = len(starts) - sum(plan.count for plan, optional in plans if not optional)
        if not 0 <= pencilled <= sum(plan.count for plan, optional in plans if optional):
            return None
        sequences: list[tuple[Candidate, ...]] = []
        left, last = iter(starts), self.before
        for number, (phase_plan, optional) in enumerate(plans):
            count = phase_plan.count
            if optional:
                count = min(count, pencilled)
                pencilled -= count
            found: list[Candidate] = []
            for day, minutes in islice(left, count):
                candidate = self._candidate_at(phase_plan.kind, day.toordinal(), minutes)
                if candidate is None or (last and self.step_finding(number, last, candidate)):
                    return None
                found.append(candidate)
                last = candidate
            if found and self.end_finding(number, found[0], found[-1]):
                return None
            sequences.append(tuple(found))
        return sequences

    def _candidate_at(self, kind: VisitKind, day: int, minutes: int) -> Candidate | None:
        found = self.availability.candidates(kind, day, by_clock=True)
        return next((one for one in found if minute_of_day(one.slot.start) == minutes), None)

    def step_finding(self, number: int, before: Candidate, after: Candidate) -> Finding | None:
        """The finding against the step from `before` to `after`, a visit of phase `number`."""
        phase = self.phase_plans[number].phase
        return first_broken(
            rule.pair(before.slot, after.slot, phase, self.context) for rule in PAIR_RULES
        )

    def latest_end(self, number: int, first: Candidate) -> float:
        """The last day (`date.toordinal`) on which phase `number` may end if it begins at `first`.

        `inf` if no rule sets one.
        """
        phase, begin = self.phase_plans[number].phase, date.fromordinal(first.day)
        ends = (rule.latest(begin, phase) for rule in self._ends_rules[number])
        return min((end.toordinal() for end in ends if end), default=inf)

    def end_finding(self, number: int, first: Candidate, last: Candidate) -> Finding | None:
        """The finding against phase `number` from `first` to `last`."""
        phase = self.phase_plans[number].phase
        ends = date.fromordinal(first.day), date.fromordinal(last.day)
        return first_broken(
            rule.ends(*ends, phase, self.context) for rule in self._ends_rules[number]
        )

    def _may_end(self, number: int, first: Candidate, last: Candidate) -> bool:
        if self.end_finding(number, first, last) is not None:
            return False
        return self.fits_after(number + 1, last)

    def fits_after(self, number: int, last: Candidate) -> bool:
        """Whether the decided phases among phase `number` and those after it fit after `last`."""
        if number >= self.decided:
            return True
        key = number, last
        if key not in self._later_phases_fit:
            if self._pencilled[number]:
                fits = self.fits_after(number + 1, last) or self._most_visits(number, last) > 0
            else:
                firsts = self._firsts(number, last, inf)
                fits = any(self.reaches_end(number, first) for _, first in firsts)
            self._later_phases_fit[key] = fits
        return self._later_phases_fit[key]

    def _most_visits(self, number: int, last: Candidate) -> int:
        """How many visits phase `number` can have at most after `last`.

        The decided phases after it have to fit.
        """
        most, count = 0, self.phase_plans[number].count
        for group in self._by_first_day(number, self._firsts(number, last, inf)):
            layer = [first for _, first in group]
            first = layer[0]
            for index in range(count):
                if index >= most and any(self._may_end(number, first, one) for one in layer):
                    most = index + 1
                lists = {
                    id(following): following
                    for one in (layer if index + 1 < count else ())
                    for _, following in self.successors(number, index + 1, one, one.day, inf)
                }
                layer = list(dict.fromkeys(chain.from_iterable(lists.values())))
        return most

    def reaches_end(self, number: int, first: Candidate) -> bool:
        """Whether phase `number` has a feasible sequence from `first`, at any cost.

        A depth-first search, the earliest candidates first. A dead end stays one for other first
        visits of the same day, and for all of them if no rule looks at the ends of the phase.
        """
        latest, last_index = self.latest_end(number, first), self.phase_plans[number].count - 1
        dead = self._dead_ends[number, first.day if self._ends_rules[number] else 0]
        if (0, first) in dead:
            return False
        waiting, seen = [(0, first)], {(0, first)}
        expanded: set[tuple[int, int]] = set()
        while waiting:
            index, candidate = waiting.pop()
            if index == last_index:
                if self._may_end(number, first, candidate):
                    return True
                continue
            steps = self.successors(number, index + 1, candidate, first.day, inf, latest)
            lists = {id(candidates): candidates for _, candidates in steps}
            found = [
                one
                for key, candidates in lists.items()
                if (index, key) not in expanded
                for after in candidates
                if (one := (index + 1, after)) not in dead and one not in seen
            ]
            expanded.update((index, key) for key in lists)
            waiting += reversed(found)
            seen.update(found)
        dead |= seen
        return False
