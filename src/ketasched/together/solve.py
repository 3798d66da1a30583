"""The joint solver: column generation, selection, and a large neighbourhood search.

Column generation gives a bound and good columns. The selection chooses among these; if it misses
the bound, it chooses among all columns that could be part of a better plan. All effort is counted,
not measured, so that the same input has the same solution.

This module imports OR-tools and NumPy; `plan` imports it late.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from ketasched.model import Clinic, Slot
from ketasched.model.occupancy import Occupancy
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.together.capacity import ChairCapacity, SlotClasses, chair_capacity
from ketasched.together.column_generation import ColumnGeneration, Effort, objective_at, scalar_of
from ketasched.together.layered_graph import NO_CHAIR, GraphBuilder, Layer
from ketasched.together.pricing import Column, StackedGraphs, Weights
from ketasched.together.records import ZERO, ObjectiveValue
from ketasched.together.selection import Selection, SelectionModel

SECONDS = 2.0
"""Seconds of a usual machine for one deterministic second of CP-SAT."""

SHARE_AT_FIRST, SECONDS_EACH = 0.4, 0.3
"""The share of patients that the first neighbourhood frees, and its deterministic seconds."""

SECONDS_PER_COLUMN = 5e-5
"""Seconds of a usual machine for each column of a selection model."""

MAX_COLUMNS = 20_000
"""The largest number of columns in a selection model."""

SEAT_SCALE = 1000
"""Parts of a seat, where only seats count."""


WarmStart = Mapping[int, tuple[ObjectiveValue, Sequence[Slot]]]
"""A known plan: for each patient the objective value and the slots of the course."""


@dataclass(frozen=True, slots=True)
class Solution:
    """For each patient the candidates of the course, or None; no plan is better than `bound`."""

    candidates: tuple[tuple[Candidate, ...] | None, ...]
    objective: ObjectiveValue
    bound: ObjectiveValue


def solve(
    searches: Sequence[Search],
    priorities: Sequence[int],
    clinic: Clinic,
    bookings: Occupancy,
    known: WarmStart,
    *,
    limit: float,
    seed: int,
) -> Solution:
    """The best joint plan found in about `limit` seconds of a usual machine.

    The plan is never worse than the `known` one.
    """
    slot_classes = SlotClasses()
    graphs = [GraphBuilder(search, slot_classes).build() for search in searches]
    weights = _weights(graphs)
    capacity = chair_capacity(clinic, bookings, slot_classes)
    generation = ColumnGeneration(capacity, StackedGraphs(graphs), priorities, weights)
    effort = Effort(limit)
    first = _warm_start(generation, graphs, known)
    generation.run(effort)
    _bound_seats(generation, effort)
    chosen = _select(generation, first, effort, seed)
    found: list[tuple[Candidate, ...] | None] = [None] * len(searches)
    for column, candidates in _assign_slots(capacity, chosen, searches):
        found[column.patient] = candidates
    return Solution(
        tuple(found), objective_at(chosen.value, weights), objective_at(generation.bound, weights)
    )


def _weights(graphs: Sequence[Sequence[Layer]]) -> Weights:
    """Weights with which no spacing outweighs a day of delay, and neither outweighs a seat."""
    delay = sum(max(cost for arcs in layers[0].arcs for _, cost in arcs) for layers in graphs)
    spacing = sum(
        max(cost for arcs in layer.arcs for _, cost in arcs)
        for layers in graphs
        for layer in layers[1:]
    )
    return Weights((delay + 1) * (spacing + 1), spacing + 1, 1)


def _bound_seats(generation: ColumnGeneration, effort: Effort) -> None:
    """If the relaxation schedules a fraction of a patient, prove a bound on the seats."""
    if objective_at(generation.bound, generation.weights).seated <= generation.seated + 1e-6:
        return
    alone = ColumnGeneration(
        generation.capacity, generation.courses, generation.priorities, Weights(SEAT_SCALE, 0, 0)
    )
    alone.master.add(generation.master.columns)
    alone.run(effort)
    most = -alone.bound // SEAT_SCALE
    if most < generation.seats:
        generation.cap_seats(most)
        generation.run(effort)


def _warm_start(
    generation: ColumnGeneration, graphs: Sequence[Sequence[Layer]], known: WarmStart
) -> Selection:
    """The selection of a known plan, whose columns join the master problem."""
    columns: list[Column] = []
    visits_by_interval: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for patient, (objective, slots) in known.items():
        candidates, slot_classes = [], []
        for layer, slot in zip(graphs[patient], slots, strict=True):
            begin, day = slot.start.timestamp(), slot.start.toordinal()
            number = min(
                range(len(layer.candidates)),
                key=lambda n: (
                    layer.candidates[n].day != day,
                    layer.candidates[n].moment != begin,
                ),
            )
            candidates.append(layer.candidates[number])
            slot_classes.append(layer.slot_classes[number])
            if slot_classes[-1] != NO_CHAIR:
                times = begin, slot.end.timestamp()
                own = generation.capacity.intervals_of(slot_classes[-1])
                interval = next(one for one in own if generation.capacity.intervals[one] == times)
                visits_by_interval[slot_classes[-1]][interval] += 1
        columns.append(
            Column(
                patient, objective.delay, objective.spacing, tuple(candidates), tuple(slot_classes)
            )
        )
    objective = sum((objective for objective, _ in known.values()), ZERO)
    generation.master.add(columns)
    return Selection(
        scalar_of(objective, generation.weights), tuple(columns), visits_by_interval, 0
    )


def _select(
    generation: ColumnGeneration, known: Selection, effort: Effort, seed: int
) -> Selection:
    """The best selection within the effort; a proof raises the bound.

    The first model schedules as many patients as the bound allows, which is mostly possible and
    quick to solve. The later ones start from the best selection so far.
    """
    seated = objective_at(generation.bound, generation.weights).seated
    search = _Selector(generation, effort, seed)
    found = search.best(generation.master.columns, 1 / 3, seated)
    chosen = found if found.value < known.value else known
    if chosen.value <= generation.bound:
        return chosen
    near = generation.columns_near(chosen.value, MAX_COLUMNS)
    if near is not None:
        as_many = objective_at(chosen.value, generation.weights).seated == seated
        better = search.best(near, 1 / 2, seated if as_many else None, chosen)
        if better.value < chosen.value:
            chosen = better
        if better.proven:
            generation.raise_bound(chosen.value)
            return chosen
    return search.improve(near or generation.master.columns, chosen, seated)


@dataclass(frozen=True, slots=True)
class _Selector:
    """Solves selection models within the effort."""

    generation: ColumnGeneration
    effort: Effort
    seed: int

    def best(
        self,
        columns: Sequence[Column],
        part: float,
        seated: int | None = None,
        known: Selection | None = None,
    ) -> Selection:
        """The best selection found with a `part` of the remaining effort."""
        generation, seconds = self.generation, self.effort.left * part / SECONDS
        if seconds <= 0 or not columns:
            return Selection(0, (), {}, 0)
        priorities = generation.priorities.tolist()
        choice = SelectionModel(generation.capacity, columns, priorities, generation.weights)
        if known is not None:
            choice.hint(known)
        chosen = choice.best(generation.bound, seated, seconds, self.seed)
        self.effort.spend(chosen.spent * SECONDS)
        return chosen

    def improve(
        self, columns: Sequence[Column], chosen: Selection, seated: int | None
    ) -> Selection:
        """A large neighbourhood search: again and again some patients are freed.

        The unscheduled patients are always free, the others keep their days. No more than `seated`
        can be scheduled.
        """
        random = Random(self.seed)  # noqa: S311 - no secret
        share = SHARE_AT_FIRST
        while self.effort.left > 0 and chosen.value != self.generation.bound:
            own = {column.patient: column.candidates for column in chosen.columns}
            kept = {patient for patient in own if random.random() > share}
            some = [
                column
                for column in columns
                if column.patient not in kept or column.candidates == own[column.patient]
            ]
            known = {(column.patient, column.candidates) for column in some}
            some += [one for one in chosen.columns if (one.patient, one.candidates) not in known]
            as_many = objective_at(chosen.value, self.generation.weights).seated == seated
            part = SECONDS_EACH * SECONDS / self.effort.left
            found = self.best(some, part, seated if as_many else None, chosen)
            self.effort.spend(len(some) * SECONDS_PER_COLUMN)
            all_chose = not kept and found.proven
            share = min(share * 1.1, 1) if found.proven else share * 0.9
            if found.value < chosen.value:
                chosen = found
            if all_chose:
                break
        return chosen


def _assign_slots(
    capacity: ChairCapacity, chosen: Selection, searches: Sequence[Search]
) -> list[tuple[Column, tuple[Candidate, ...]]]:
    """Each column with its candidates, which are as near to the wanted time as possible."""
    free = {
        slot_class: [
            capacity.intervals[interval] for interval, number in own.items() for _ in range(number)
        ]
        for slot_class, own in chosen.visits_by_interval.items()
    }
    found = []
    for column in chosen.columns:
        days = searches[column.patient].availability
        candidates = []
        for candidate, slot_class in zip(column.candidates, column.slot_classes, strict=True):
            if slot_class != NO_CHAIR:
                offered = days.candidates(candidate.slot.kind, candidate.day, by_clock=True)
                left = [(one.moment, one.slot.end.timestamp()) for one in offered]
                interval, candidate = min(
                    (
                        (times, one)
                        for times, one in zip(left, offered, strict=True)
                        if times in free[slot_class]
                    ),
                    key=lambda found: found[1].minutes,
                )
                free[slot_class].remove(interval)
            candidates.append(candidate)
        found.append((column, tuple(candidates)))
    return found
