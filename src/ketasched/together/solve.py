"""The joint solver: column generation, selection, and a large neighbourhood search.

Column generation gives a bound and good columns. The selection chooses among these; if it misses
the bound, it chooses among all columns that could be part of a better plan. All effort is counted,
not measured, so that the same input has the same solution.

This module imports OR-tools and NumPy; `plan` imports it late.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from ketasched.model import Clinic, Slot
from ketasched.model.occupancy import Occupancy
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.together.capacity import ChairCapacity, SlotClasses, chair_capacity, interval_of
from ketasched.together.column_generation import ColumnGeneration, Effort
from ketasched.together.layered_graph import NO_CHAIR, GraphBuilder, Layer
from ketasched.together.pricing import Column, StackedGraphs, Weights
from ketasched.together.records import ObjectiveValue
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
"""The weight of a seat in the model that maximises the seats alone."""


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
    slot_classes: SlotClasses = {}
    graphs = [GraphBuilder(search, slot_classes).build() for search in searches]
    weights = _weights(graphs)
    capacity = chair_capacity(clinic, bookings, slot_classes)
    generation = ColumnGeneration(StackedGraphs(graphs, priorities), capacity, weights)
    effort = Effort(limit)
    first = _warm_start(generation, graphs, known)
    generation.run(effort)
    _bound_seats(generation, effort)
    chosen = _Selector(generation, effort, seed).select(first)
    found = _assign_slots(capacity, chosen, searches)
    candidates = tuple(map(found.get, range(len(searches))))
    return Solution(
        candidates, weights.objective(chosen.value), weights.objective(generation.bound)
    )


def _weights(graphs: Sequence[Sequence[Layer]]) -> Weights:
    """Weights with which no spacing outweighs a day of delay, and neither outweighs a seat."""
    highest = [
        [max(cost for node in layer for _, cost in node.arcs) for layer in layers]
        for layers in graphs
    ]
    delay = sum(costs[0] for costs in highest)
    spacing = sum(sum(costs[1:]) for costs in highest)
    return Weights((delay + 1) * (spacing + 1), spacing + 1, 1)


def _bound_seats(generation: ColumnGeneration, effort: Effort) -> None:
    """If the relaxation schedules a fraction of a patient, prove a bound on the seats."""
    seated = generation.relaxed.seated if generation.relaxed else 0
    if generation.weights.objective(generation.bound).seated <= seated + 1e-6:
        return
    weights = Weights(SEAT_SCALE, 0, 0)
    alone = ColumnGeneration(generation.courses, generation.capacity, weights)
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
            node = min(
                layer, key=lambda node: (node.candidate.day != day, node.candidate.moment != begin)
            )
            candidates.append(node.candidate)
            slot_classes.append(node.slot_class)
            if node.slot_class != NO_CHAIR:
                times = begin, slot.end.timestamp()
                own = generation.capacity.intervals_of(node.slot_class)
                interval = next(one for one in own if generation.capacity.intervals[one] == times)
                visits_by_interval[node.slot_class][interval] += 1
        columns.append(Column(patient, objective, tuple(candidates), tuple(slot_classes)))
    generation.master.add(columns)
    value = sum(generation.weights.scalar(objective) for objective, _ in known.values())
    return Selection(value, tuple(columns), visits_by_interval, 0)


@dataclass(frozen=True, slots=True)
class _Selector:
    """Solves selection models within the effort."""

    generation: ColumnGeneration
    effort: Effort
    seed: int

    def select(self, known: Selection) -> Selection:
        """The best selection, `known` or better; a proof raises the bound.

        The first model schedules as many patients as the bound allows, which is mostly possible
        and quick to solve. The later ones start from the best selection so far.
        """
        generation = self.generation
        seated = generation.weights.objective(generation.bound).seated
        found = self._solve(generation.master.columns, 1 / 3, seated)
        chosen = found if found.value < known.value else known
        if chosen.value <= generation.bound:
            return chosen
        near = generation.columns_near(chosen.value, MAX_COLUMNS)
        if near is not None:
            better = self._solve_from(chosen, near, 1 / 2, seated)
            if better.value < chosen.value:
                chosen = better
            if better.proven:
                generation.raise_bound(chosen.value)
                return chosen
        return self._improve(near or generation.master.columns, chosen, seated)

    def _solve_from(
        self, known: Selection, columns: Sequence[Column], part: float, seated: int
    ) -> Selection:
        """The best selection, starting from `known`, which schedules at most `seated`."""
        as_many = self.generation.weights.objective(known.value).seated == seated
        return self._solve(columns, part, seated if as_many else None, known)

    def _solve(
        self,
        columns: Sequence[Column],
        part: float,
        seated: int | None,
        known: Selection | None = None,
    ) -> Selection:
        """The best selection found with a `part` of the remaining effort."""
        generation, seconds = self.generation, self.effort.left * part / SECONDS
        if seconds <= 0 or not columns:
            return Selection(0, (), {}, 0)
        choice = SelectionModel(generation.capacity, columns, generation.weights)
        if known is not None:
            choice.hint(known)
        chosen = choice.best(generation.bound, seated, seconds, self.seed)
        self.effort.spend(chosen.spent * SECONDS)
        return chosen

    def _improve(self, columns: Sequence[Column], chosen: Selection, seated: int) -> Selection:
        """A large neighbourhood search: again and again some patients are freed.

        The unscheduled patients are always free, the others keep their days. No more than `seated`
        can be scheduled.
        """
        random = Random(self.seed)  # noqa: S311 - no secret
        share = SHARE_AT_FIRST
        while self.effort.left > 0 and chosen.value != self.generation.bound:
            own = {column.patient: column for column in chosen.columns}
            kept = {patient for patient in own if random.random() > share}
            some = [one for one in columns if one.patient not in kept or one == own[one.patient]]
            known = set(some)
            some += [column for column in chosen.columns if column not in known]
            part = SECONDS_EACH * SECONDS / self.effort.left
            found = self._solve_from(chosen, some, part, seated)
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
) -> dict[int, tuple[Candidate, ...]]:
    """The candidates of each scheduled patient, as near to the wanted time as possible."""
    left = {
        slot_class: Counter({capacity.intervals[interval]: own[interval] for interval in own})
        for slot_class, own in chosen.visits_by_interval.items()
    }
    found = {}
    for column in chosen.columns:
        availability = searches[column.patient].availability
        candidates = []
        for candidate, slot_class in zip(column.candidates, column.slot_classes, strict=True):
            if slot_class != NO_CHAIR:
                offered = availability.candidates(
                    candidate.slot.kind, candidate.day, by_clock=True
                )
                free = (one for one in offered if left[slot_class][interval_of(one)])
                candidate = min(free, key=lambda one: one.minutes)
                left[slot_class][interval_of(candidate)] -= 1
            candidates.append(candidate)
        found[column.patient] = tuple(candidates)
    return found
