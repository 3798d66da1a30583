"""The integer programme that selects at most one column for each patient.

A patient who takes chairs also without a course has a column for that, and one is selected.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ortools.sat.python import cp_model

from ketasched.together.capacity import UnitCapacity
from ketasched.together.layered_graph import HOLDS_NOTHING, Value, sum_of
from ketasched.together.pricing import Column

NO_SOLUTION = 1 << 62
"""A value that is worse than that of any selection."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected columns, and for each slot class the number of visits with each hold set.

    Without a solution `value` is `NO_SOLUTION`. `proven` says that it is optimal among the
    columns; `spent` is in the solver's deterministic seconds.
    """

    value: int
    columns: tuple[Column, ...]
    visits_by_hold_set: dict[int, dict[int, int]]
    spent: float
    proven: bool = False

    @property
    def objective(self) -> Value:
        """What the selected courses are worth."""
        return sum_of(column.value for column in self.columns)


class _StopAtBound(cp_model.CpSolverSolutionCallback):
    """Ends the search with the first selection that reaches the known bound."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self._good = good

    def on_solution_callback(self) -> None:
        if self.objective_value <= self._good:
            self.stop_search()


def _solve(
    solver: cp_model.CpSolver, model: cp_model.CpModel, callback: _StopAtBound
) -> "cp_model.CpSolverStatus":
    """The status of the search, which Ctrl-C ends: it runs beside the thread that is told."""
    solver.parameters.catch_sigint_signal = False  # else it takes Ctrl-C for its time limit
    with ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(solver.solve, model, callback).result()
        except BaseException:
            solver.stop_search()
            raise


class SelectionModel:
    """The CP-SAT model over some columns, for the stage after those that have found `caps`.

    `staying` are the patients who need one of theirs.
    """

    def __init__(
        self,
        capacity: UnitCapacity,
        columns: Sequence[Column],
        staying: Collection[int],
        caps: Sequence[int],
    ) -> None:
        self.columns = columns
        self._model = model = cp_model.CpModel()
        self._takes = [model.new_bool_var("") for _ in columns]
        self._visits_by_hold_set: dict[int, dict[int, cp_model.IntVar]] = {}
        by_patient: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        by_slot_class: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for column, takes in zip(columns, self._takes, strict=True):
            by_patient[column.patient].append(takes)
            for slot_class in column.slot_classes:
                if slot_class != HOLDS_NOTHING:
                    by_slot_class[slot_class].append(takes)
        for patient, own in by_patient.items():
            (model.add_exactly_one if patient in staying else model.add_at_most_one)(own)
        self._assign_hold_sets(capacity, by_slot_class)
        for stage, most in enumerate(caps):
            model.add(self._part(stage) <= most)
        model.minimize(self._part(len(caps)))

    def _part(self, stage: int) -> cp_model.LinearExpr:
        parts = [column.value.part(stage) for column in self.columns]
        return cp_model.LinearExpr.weighted_sum(self._takes, parts)

    def _assign_hold_sets(
        self, capacity: UnitCapacity, by_slot_class: dict[int, list[cp_model.IntVar]]
    ) -> None:
        """Give each visit a hold set of its slot class, within the capacity limits."""
        model = self._model
        counted: list[list[cp_model.IntVar]] = [[] for _ in capacity.limits]
        for slot_class, visits in by_slot_class.items():
            own = self._visits_by_hold_set[slot_class] = {}
            for hold_set in capacity.hold_sets_of(slot_class):
                own[hold_set] = model.new_int_var(0, len(visits), "")
                for limit in capacity.limits_of[hold_set]:
                    counted[limit].append(own[hold_set])
            model.add(sum(visits) == sum(own.values()))
        for most, numbers in zip(capacity.limits, counted, strict=True):
            if numbers:
                model.add(sum(numbers) <= most)

    def hint(self, known: Selection) -> None:
        """Start from a known selection, as far as its columns are part of the model."""
        selected = set(known.columns)
        for column, takes in zip(self.columns, self._takes, strict=True):
            self._model.add_hint(takes, column in selected)
        for slot_class, own in self._visits_by_hold_set.items():
            visits = known.visits_by_hold_set.get(slot_class, {})
            for hold_set, number in own.items():
                self._model.add_hint(number, visits.get(hold_set, 0))

    def best(self, good: int, seconds: float, seed: int) -> Selection:
        """The best selection found in `seconds` deterministic seconds.

        No selection is better than `good`.
        """
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = seconds
        status = _solve(solver, self._model, _StopAtBound(good))
        spent = solver.response_proto.deterministic_time
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Selection(NO_SOLUTION, (), {}, spent, status == cp_model.INFEASIBLE)
        taken = map(solver.boolean_value, self._takes)
        visits_by_hold_set = {
            slot_class: {hold_set: solver.value(number) for hold_set, number in own.items()}
            for slot_class, own in self._visits_by_hold_set.items()
        }
        return Selection(
            round(solver.objective_value),
            tuple(column for column, takes in zip(self.columns, taken, strict=True) if takes),
            visits_by_hold_set,
            spent,
            status == cp_model.OPTIMAL,
        )
