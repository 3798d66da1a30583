"""The restricted master problem: the linear relaxation over the columns found so far.

Rows: each patient has at most one course, or stays as booked; each visit has a hold set of
its slot class; the capacity limits hold. The dual values of the limits are the prices for the
pricing problem.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ortools.linear_solver import pywraplp

from ketasched.together.capacity import UnitCapacity
from ketasched.together.layered_graph import HOLDS_NOTHING
from ketasched.together.pricing import Column, StackedGraphs

SOLVER_SETTINGS = tuple(
    f"change_status_to_imprecise: false {way}"
    for way in ("use_preprocessing: false", "use_preprocessing: true", "use_dual_simplex: true")
)
"""Settings of GLOP: the first one starts from the last solution; the others are fallbacks.

Imprecise dual prices do no harm, because the bound is exact at any prices.
"""

SMALLEST_SHARE = 1e-6
"""A smaller share of a column is numerical noise."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A solution of the relaxation: its value, and the dual price of each limit.

    `support` are the columns of which it selects at least a part. `cap_prices` are the dual prices
    of what the earlier stages have found.
    """

    value: float
    support: list[Column]
    prices: list[float]
    cap_prices: list[float]


class RestrictedMaster:
    """The linear programme, which grows column by column, and by a limit for each stage."""

    def __init__(self, capacity: UnitCapacity, courses: StackedGraphs) -> None:
        self.columns: list[Column] = []
        self._caps: list[pywraplp.Constraint] = []
        self._known: set[Column] = set()
        self._solver = solver = pywraplp.Solver.CreateSolver("GLOP")
        infinity = self._infinity = solver.infinity()
        self._patients = [
            solver.Constraint(1 if patient in courses.stays else -infinity, 1)
            for patient in range(len(courses.priorities))
        ]
        self._slot_classes = [solver.Constraint(-infinity, 0) for _ in capacity.offsets]
        self._limits = [solver.Constraint(-infinity, limit) for limit in capacity.limits]
        self._variables: list[pywraplp.Variable] = []
        for slot_class, row in enumerate(self._slot_classes):
            for hold_set in capacity.hold_sets_of(slot_class):
                variable = solver.NumVar(0, infinity, "")
                row.SetCoefficient(variable, -1)
                for limit in capacity.limits_of[hold_set]:
                    self._limits[limit].SetCoefficient(variable, 1)
        self._objective = solver.Objective()
        self._objective.SetMinimization()
        self.add(courses.stays.values())

    def next_stage(self, most: int) -> None:
        """Minimise the next objective, and limit the one so far."""
        stage, row = len(self._caps), self._solver.Constraint(-self._infinity, most)
        self._caps.append(row)
        for variable, column in zip(self._variables, self.columns, strict=True):
            row.SetCoefficient(variable, column.value.part(stage))
            self._objective.SetCoefficient(variable, column.value.part(stage + 1))

    def add(self, columns: Iterable[Column]) -> int:
        """Add columns. Returns how many of them are new."""
        new = 0
        for column in columns:
            if column in self._known:
                continue
            self._known.add(column)
            new += 1
            variable = self._solver.NumVar(0, self._infinity, "")
            self._patients[column.patient].SetCoefficient(variable, 1)
            for slot_class in column.slot_classes:
                if slot_class != HOLDS_NOTHING:
                    self._slot_classes[slot_class].SetCoefficient(variable, 1)
            for stage, row in enumerate((*self._caps, self._objective)):
                row.SetCoefficient(variable, column.value.part(stage))
            self.columns.append(column)
            self._variables.append(variable)
        return new

    def solve(self) -> Relaxation | None:
        """The optimum of the relaxation; None if the solver fails numerically."""
        if not any(self._is_solved(way) for way in SOLVER_SETTINGS):
            return None
        shares = zip(self._variables, self.columns, strict=True)
        return Relaxation(
            self._objective.Value(),
            [column for share, column in shares if share.solution_value() > SMALLEST_SHARE],
            [-row.dual_value() for row in self._limits],
            [-row.dual_value() for row in self._caps],
        )

    def _is_solved(self, way: str) -> bool:
        self._solver.SetSolverSpecificParametersAsString(way)
        return bool(self._solver.Solve() == pywraplp.Solver.OPTIMAL)

    @property
    def iterations(self) -> int:
        """The number of simplex iterations of the last solution."""
        return int(self._solver.iterations())
