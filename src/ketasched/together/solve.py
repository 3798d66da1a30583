"""The joint solver: column generation, selection, and a large neighbourhood search.

Column generation gives a bound and good columns. The selection chooses among these; if it misses
the bound, it chooses among all columns that could be part of a better plan. All effort is counted,
not measured, so that the same input has the same solution.

This module imports OR-tools and NumPy; `plan` imports it late.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from ketasched.model import Slot
from ketasched.model.holds import holds
from ketasched.planning.shortest_path import Candidate
from ketasched.together.capacity import UnitCapacity
from ketasched.together.column_generation import ColumnGeneration, Effort
from ketasched.together.layered_graph import HOLDS_NOTHING, Layer, Node, PatientGraph, Value
from ketasched.together.pricing import Column, StackedGraphs
from ketasched.together.selection import NO_SOLUTION, Selection, SelectionModel

SECONDS = 2.0
"""Seconds of a usual machine for one deterministic second of CP-SAT."""

SHARE_AT_FIRST, SECONDS_EACH = 0.4, 0.3
"""The share of patients that the first neighbourhood frees, and its deterministic seconds."""

SECONDS_PER_COLUMN = 5e-5
"""Seconds of a usual machine for each column of a selection model."""

MAX_COLUMNS = 20_000
"""The largest number of columns in a selection model."""

WarmStart = Mapping[int, tuple[Value, Sequence[Slot]]]
"""A known plan: for each patient with a course its value and its slots."""


@dataclass(frozen=True, slots=True)
class Solution:
    """For each patient the candidates of the course, or None; no plan is better than `bound`."""

    candidates: tuple[tuple[Candidate, ...] | None, ...]
    value: Value
    bound: Value


def solve(
    graphs: Sequence[PatientGraph],
    capacity: UnitCapacity,
    known: WarmStart,
    *,
    costs: int,
    limit: float,
    seed: int,
) -> Solution:
    """The best joint plan found in about `limit` seconds of a usual machine.

    The plan is never worse than the `known` one. The seats are maximised first, then each of the
    `costs` (their number) is minimised.
    """
    stages = 1 + costs
    generation, effort = ColumnGeneration(StackedGraphs(graphs), capacity, stages), Effort(0)
    chosen = _warm_start(generation, graphs, known)
    bounds, is_proven = [0] * stages, True
    for stage in range(stages):
        if stage:
            is_proven = is_proven and chosen.value == generation.bound
            generation.next_stage(chosen.value)
            chosen = replace(chosen, value=chosen.objective.part(stage), proven=False)
        effort.left += limit / stages
        generation.run(effort)
        chosen = _Selector(generation, effort, seed).select(chosen)
        if is_proven:  # else nothing is known of what a plan costs that seats more
            bounds[stage] = generation.bound
    found = _assign_slots(capacity, chosen, graphs)
    candidates = tuple(map(found.get, range(len(graphs))))
    return Solution(candidates, chosen.objective, Value(-bounds[0], tuple(bounds[1:])))


def _warm_start(
    generation: ColumnGeneration, graphs: Sequence[PatientGraph], known: WarmStart
) -> Selection:
    """The selection of a known plan, whose columns join the master problem."""
    columns: list[Column] = []
    visits_by_hold_set: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for patient, (value, slots) in known.items():
        candidates, slot_classes = [], []
        for layer, slot in zip(graphs[patient].layers, slots, strict=True):
            node, hold_set = _node_at(generation.capacity, layer, slot)
            candidates.append(node.candidate)
            slot_classes.append(node.slot_class)
            if hold_set is not None:
                visits_by_hold_set[node.slot_class][hold_set] += 1
        columns.append(Column(patient, value, tuple(candidates), tuple(slot_classes)))
    generation.master.add(columns)
    for patient, column in generation.courses.stays.items():
        if patient not in known:
            columns.append(column)
            for slot_class in column.slot_classes:
                hold_set = generation.capacity.offsets[slot_class]
                visits_by_hold_set[slot_class][hold_set] += 1
    seats = sum(value.part(0) for value, _ in known.values())
    return Selection(seats, tuple(columns), visits_by_hold_set, 0)


def _node_at(capacity: UnitCapacity, layer: Layer, slot: Slot) -> tuple[Node, int | None]:
    """The node of a slot, and the number of its hold set in the class of the node."""
    own, day = holds(capacity.clinic, slot), slot.start.toordinal()
    same_day = (node for node in layer if node.candidate.day == day)
    for node in sorted(same_day, key=lambda node: node.candidate.slot.start != slot.start):
        if node.slot_class == HOLDS_NOTHING:
            return node, None
        for hold_set in capacity.hold_sets_of(node.slot_class):
            if capacity.hold_sets[hold_set] == own:
                return node, hold_set
    raise AssertionError("a known slot is among those that the rules allow")


@dataclass(frozen=True, slots=True)
class _Selector:
    """Solves selection models within the effort."""

    generation: ColumnGeneration
    effort: Effort
    seed: int

    def select(self, known: Selection) -> Selection:
        """The best selection, `known` or better; a proof raises the bound.

        The first model has the columns of the relaxation only, which often schedules nobody in
        part. The later ones start from the best selection so far.
        """
        generation, chosen = self.generation, known
        if chosen.value <= generation.bound:
            return chosen
        support = generation.relaxed.support if generation.relaxed else ()
        for columns in (support, generation.master.columns):
            found = self._solve(columns, 1 / 3)
            chosen = found if found.value < chosen.value else chosen
            if chosen.value <= generation.bound:
                return chosen
        near = generation.columns_near(chosen.value, MAX_COLUMNS)
        if near is not None:
            better = self._solve(near, 1 / 2, chosen)
            if better.value < chosen.value:
                chosen = better
            if better.proven:
                generation.raise_bound(chosen.value)
                return chosen
        return self._improve(near or generation.master.columns, chosen)

    def _solve(
        self, columns: Sequence[Column], part: float, known: Selection | None = None
    ) -> Selection:
        """The best selection found with a `part` of the remaining effort, from `known` on."""
        generation, seconds = self.generation, self.effort.left * part / SECONDS
        if seconds <= 0 or not columns:
            return Selection(NO_SOLUTION, (), {}, 0)
        staying, caps = generation.courses.stays.keys(), generation.caps
        choice = SelectionModel(generation.capacity, columns, staying, caps)
        if known is not None:
            choice.hint(known)
        chosen = choice.best(generation.bound, seconds, self.seed)
        self.effort.spend(chosen.spent * SECONDS)
        return chosen

    def _improve(self, columns: Sequence[Column], chosen: Selection) -> Selection:
        """A large neighbourhood search: again and again some patients are freed.

        The unscheduled patients are always free, the others keep their days.
        """
        random = Random(self.seed)  # noqa: S311 - no secret
        share = SHARE_AT_FIRST
        while self.effort.left > 0 and chosen.value != self.generation.bound:
            own = {column.patient: column for column in chosen.columns if column.candidates}
            kept = {patient for patient in own if random.random() > share}
            some = [one for one in columns if one.patient not in kept or one == own[one.patient]]
            known = set(some)
            some += [column for column in chosen.columns if column not in known]
            part = SECONDS_EACH * SECONDS / self.effort.left
            found = self._solve(some, part, chosen)
            self.effort.spend(len(some) * SECONDS_PER_COLUMN)
            all_chose = not kept and found.proven
            share = min(share * 1.1, 1) if found.proven else share * 0.9
            if found.value < chosen.value:
                chosen = found
            if all_chose:
                break
        return chosen


def _assign_slots(
    capacity: UnitCapacity, chosen: Selection, graphs: Sequence[PatientGraph]
) -> dict[int, tuple[Candidate, ...]]:
    """The candidates of each scheduled patient, the best that are left for each visit."""
    left = {
        slot_class: Counter({capacity.hold_sets[hold_set]: own[hold_set] for hold_set in own})
        for slot_class, own in chosen.visits_by_hold_set.items()
    }
    found = {}
    for column in chosen.columns:
        offered = graphs[column.patient].offered
        candidates = []
        # A patient who stays has slot classes, and no candidates.
        for index, (candidate, slot_class) in enumerate(
            zip(column.candidates, column.slot_classes, strict=False)
        ):
            if slot_class != HOLDS_NOTHING:
                alternatives = offered(index, candidate)
                free = left[slot_class]
                candidate = next(
                    one for one in alternatives if free[holds(capacity.clinic, one.slot)]
                )
                free[holds(capacity.clinic, candidate.slot)] -= 1
            candidates.append(candidate)
        if candidates:
            found[column.patient] = tuple(candidates)
    return found
