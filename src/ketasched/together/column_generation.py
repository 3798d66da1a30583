"""Column generation: dual prices of the chairs, and a bound on every joint plan.

The restricted master problem, the linear relaxation over the columns found so far, sets the dual
prices: the dual values of the capacity limits. Its rows say that each patient has at most one
course, or stays as booked; that each visit has a hold set of its slot class; and that the limits
hold. At these prices the pricing problem finds cheaper courses, which become new columns. The
Lagrangian bound holds at any prices. The prices are rounded to integers, so that the bound is
exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import mul

import numpy as np
from ortools.linear_solver import pywraplp

from ketasched.together.capacity import UnitCapacity
from ketasched.together.layered_graph import HOLDS_NOTHING
from ketasched.together.pricing import (
    CheapestPaths,
    Column,
    Numbers,
    StackedGraphs,
    slot_class_costs,
)

SCALE = 1 << 12
"""Parts of a point of spacing, so that rounding the prices costs nothing."""

COLUMNS_PER_PATIENT = 3
"""How many courses of a patient, with different last days, become columns in one round."""

TOLERANCE = 0.01
"""The column generation ends when the relaxation is this near to the bound, in points."""

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


@dataclass(slots=True)
class Effort:
    """The remaining effort, in seconds of a usual machine: counted, never measured."""

    left: float

    def spend(self, seconds: float) -> bool:
        """Spend some effort. Returns whether any is left."""
        self.left -= seconds
        return self.left > 0


@dataclass(frozen=True, slots=True)
class PricingRound:
    """The result of the pricing problem at some dual prices, in parts of a point.

    No plan has a lower objective than `bound`. `rewards` holds what each patient's course may cost
    to be better than none: the weight of the seat, and the chairs that the patient takes without
    one. `lowest` holds the cost of each patient's cheapest course.
    """

    bound: int
    priced: CheapestPaths
    rewards: Numbers
    lowest: Numbers


class ColumnGeneration:
    """The column generation and its best bound, for one objective (a stage) after the other.

    `caps` has what the stages so far have found: a plan of a later stage is no worse.
    """

    def __init__(self, courses: StackedGraphs, capacity: UnitCapacity, stages: int) -> None:
        self.courses, self.capacity, self.stages = courses, capacity, stages
        self.master = RestrictedMaster(capacity, courses)
        self.best: PricingRound | None = None
        self.relaxed: Relaxation | None = None
        self.caps: list[int] = []
        self._proven = -sum(courses.priorities)

    @property
    def bound(self) -> int:
        """The proven lower bound, rounded up: every plan's objective is an integer."""
        return max(self._proven, -(-self.best.bound // SCALE)) if self.best else self._proven

    def raise_bound(self, value: int) -> None:
        """Note the proof that no plan has a lower objective."""
        self._proven = max(self._proven, value)

    def columns_near(self, value: int, most: int) -> list[Column] | None:
        """All courses that could be part of a better plan; None if there are more than `most`.

        A course's reduced cost over the patient's best course is a lower bound on the plan's loss.
        """
        if self.best is None:
            return None
        gap = (value - 1) * SCALE - self.best.bound
        least = np.minimum(self.best.lowest, self.best.rewards)
        near = self.best.priced.below(least + gap + 1, most)
        return None if near is None else [*self.courses.stays.values(), *near]

    def run(self, effort: Effort) -> None:
        """Generate columns until the bound is met or the effort is spent."""
        while True:
            relaxed = self.master.solve()
            if relaxed is None:
                return
            self.relaxed = relaxed
            found = self._price(relaxed)
            if self.best is None or found.bound > self.best.bound:
                self.best = found
            if relaxed.value * SCALE - self.best.bound < TOLERANCE * SCALE:
                return
            new = self.master.add(found.priced.best(found.rewards, COLUMNS_PER_PATIENT))
            if not effort.spend(self._cost()) or not new:
                return

    def next_stage(self, most: int) -> None:
        """Minimise the next objective; the one so far is at most `most`."""
        self.caps.append(most)
        self.master.next_stage(most)
        self.best, self._proven = None, 0

    def _price(self, relaxed: Relaxation) -> PricingRound:
        """Solve the pricing problem at the dual prices of a relaxation."""
        prices = np.maximum(np.rint(np.array(relaxed.prices) * SCALE), 0).astype(np.int64)
        class_costs = slot_class_costs(self.capacity, prices)
        cap_prices = [max(round(price * SCALE), 0) for price in relaxed.cap_prices]
        later = [0] * (self.stages - len(cap_prices) - 1)
        factors = np.array([*cap_prices, SCALE, *later], np.int64)
        priced = self.courses.cheapest(factors[1:], class_costs)
        staying = self.courses.staying(class_costs)
        rewards = np.array(self.courses.priorities, np.int64) * factors[0] + staying
        lowest = priced.lowest()
        # Python integers: the sums can exceed 64 bits.
        bound = sum(np.minimum(lowest - rewards, 0).tolist()) + sum(staying.tolist())
        bound -= sum(map(mul, prices.tolist(), self.capacity.limits))
        bound -= sum(map(mul, cap_prices, self.caps))
        return PricingRound(bound, priced, rewards, lowest)

    def _cost(self) -> float:
        """The cost of one round, in seconds of a usual machine."""
        arcs = sum(len(level.sources) for level in self.courses.levels)
        return 1e-6 * (arcs + 10 * len(self.master.columns) + 100 * self.master.iterations)
