"""The linear relaxation over the courses found so far: what each chair is worth at each moment.

Rows: a patient has at most one course; a pool gives no more places than are taken in it; and the
limits of the chairs. Its duals, rounded to whole numbers, are the prices at which every patient
looks for a better course.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ortools.linear_solver import pywraplp

from ketasched.together.capacity import Chairs
from ketasched.together.layered_graph import NOWHERE
from ketasched.together.pricing import Column, Weights

WAYS = tuple(
    f"change_status_to_imprecise: false {way}"
    for way in ("use_preprocessing: false", "use_preprocessing: true", "use_dual_simplex: true")
)
"""How GLOP goes about it: the first way goes on from the last solution; others if it gets lost.

Prices that are a little imprecise are as good as others: the bound is exact at any prices.
"""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A solution of the relaxation: how much of each course, and the price of each limit."""

    value: float
    shares: list[float]
    prices: list[float]
    seat_price: float


class Master:
    """The relaxation; it grows course by course."""

    def __init__(self, chairs: Chairs, priorities: Sequence[int], weights: Weights) -> None:
        self.columns: list[Column] = []
        self.priorities, self.weights = priorities, weights
        self._unit = weights.delay or weights.seat
        """What the solver counts in: numbers that are neither very large nor very small."""
        self._known: set[tuple[object, ...]] = set()
        self._solver = solver = pywraplp.Solver.CreateSolver("GLOP")
        infinity = self._infinity = solver.infinity()
        self._patients = [solver.Constraint(-infinity, 1) for _ in priorities]
        self._pools = [solver.Constraint(-infinity, 0) for _ in chairs.offsets]
        self._limits = [solver.Constraint(-infinity, limit.most) for limit in chairs.limits]
        self._seats = solver.Constraint(-infinity, infinity)
        self._variables: list[pywraplp.Variable] = []
        by_moment: dict[int, list[int]] = {}
        for number, limit in enumerate(chairs.limits):
            by_moment.setdefault(limit.moment, []).append(number)
        for pool, row in enumerate(self._pools):
            for place in chairs.places(pool):
                variable = solver.NumVar(0, infinity, "")
                row.SetCoefficient(variable, -1)
                for moment in range(*chairs.spans[place]):
                    for number in by_moment.get(moment, ()):
                        if chairs.concerns(chairs.limits[number], place):
                            self._limits[number].SetCoefficient(variable, 1)
        self._objective = solver.Objective()
        self._objective.SetMinimization()

    def add(self, columns: Iterable[Column]) -> int:
        """Add these courses; how many of them were new."""
        new = 0
        for column in columns:
            key = column.patient, column.candidates
            if key in self._known:
                continue
            self._known.add(key)
            new += 1
            variable = self._solver.NumVar(0, self._infinity, "")
            self._patients[column.patient].SetCoefficient(variable, 1)
            for pool in column.pools:
                if pool != NOWHERE:
                    self._pools[pool].SetCoefficient(variable, 1)
            priority = self.priorities[column.patient]
            self._seats.SetCoefficient(variable, priority)
            weights = self.weights
            cost = column.delay * weights.delay + column.spacing * weights.spacing
            value = (cost - priority * weights.seat) / self._unit
            self._objective.SetCoefficient(variable, value)
            self.columns.append(column)
            self._variables.append(variable)
        return new

    def seat_at_most(self, most: int) -> None:
        """No more than these seats, as is proven."""
        self._seats.SetUb(most)

    def solve(self) -> Relaxed | None:
        """The best of the relaxation; None where its numbers are too much for the solver."""
        if not any(self._is_solved(way) for way in WAYS):
            return None
        return Relaxed(
            self._objective.Value() * self._unit,
            [variable.solution_value() for variable in self._variables],
            [-row.dual_value() * self._unit for row in self._limits],
            -self._seats.dual_value() * self._unit,
        )

    def _is_solved(self, way: str) -> bool:
        self._solver.SetSolverSpecificParametersAsString(way)
        return bool(self._solver.Solve() == pywraplp.Solver.OPTIMAL)

    @property
    def iterations(self) -> int:
        """How many steps the last solution took."""
        return int(self._solver.iterations())
