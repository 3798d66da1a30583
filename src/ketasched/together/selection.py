"""Which of the courses it shall be: at most one a patient, and a place for each visit."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from ketasched.together.capacity import Chairs
from ketasched.together.layered_graph import NOWHERE
from ketasched.together.pricing import Column, Weights


@dataclass(frozen=True, slots=True)
class Chosen:
    """The courses, and by pool how many visits each of its places (by number) gets.

    Where none was found nobody is seated, and `value` is 0. `proven` says that there is no better
    one among these; `spent` is in the solver's own deterministic seconds.
    """

    value: int
    columns: tuple[Column, ...]
    places: dict[int, dict[int, int]]
    spent: float
    proven: bool = False


class _UntilGood(cp_model.CpSolverSolutionCallback):
    """Ends the search with the first choice that is proven to be the best already."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self._good = good

    def on_solution_callback(self) -> None:
        if self.objective_value <= self._good:
            self.stop_search()


class Choice:
    """The courses to choose from, as a model of CP-SAT."""

    def __init__(
        self,
        chairs: Chairs,
        columns: Sequence[Column],
        priorities: Sequence[int],
        weights: Weights,
    ) -> None:
        self.columns = columns
        self._model = model = cp_model.CpModel()
        self._takes = [model.new_bool_var("") for _ in columns]
        self._places: dict[int, dict[int, cp_model.IntVar]] = {}
        by_patient: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        by_pool: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for column, takes in zip(columns, self._takes, strict=True):
            by_patient[column.patient].append(takes)
            for pool in column.pools:
                if pool != NOWHERE:
                    by_pool[pool].append(takes)
        for own in by_patient.values():
            model.add_at_most_one(own)
        self._share(chairs, by_pool)
        seats = [priorities[column.patient] for column in columns]
        self._seated = cp_model.LinearExpr.weighted_sum(self._takes, seats)
        costs = [
            column.delay * weights.delay + column.spacing * weights.spacing for column in columns
        ]
        self._costs = cp_model.LinearExpr.weighted_sum(self._takes, costs)
        self._weights = weights

    def _share(self, chairs: Chairs, by_pool: dict[int, list[cp_model.IntVar]]) -> None:
        """Give each visit a place of its pool, within the limits."""
        model = self._model
        there: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        begins: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for pool, visits in by_pool.items():
            own = self._places[pool] = {}
            for place in chairs.places(pool):
                own[place] = model.new_int_var(0, len(visits), "")
                first, last = chairs.spans[place]
                begins[first].append(own[place])
                for moment in range(first, last):
                    there[moment].append(own[place])
            model.add(sum(visits) == sum(own.values()))
        for limit in chairs.limits:
            held = (begins if limit.begins else there)[limit.moment]
            if held:
                model.add(sum(held) <= limit.most)

    def begin_with(self, known: Chosen) -> None:
        """Look for better choices from a known one on, as far as its courses are among these."""
        asked = {(column.patient, column.candidates) for column in known.columns}
        for column, takes in zip(self.columns, self._takes, strict=True):
            self._model.add_hint(takes, (column.patient, column.candidates) in asked)
        for pool, own in self._places.items():
            visits = known.places.get(pool, {})
            for place, number in own.items():
                self._model.add_hint(number, visits.get(place, 0))

    def best(self, good: int, seated: int | None, seconds: float, seed: int) -> Chosen:
        """The best choice that is found in so many deterministic seconds.

        Below `good` there is none, as is known. With `seated` so many have to be, which is quicker
        than to have seats weigh most.
        """
        model, offset = self._model, 0
        if seated is None:
            model.minimize(self._costs - self._weights.seat * self._seated)
        else:
            model.add(self._seated == seated)
            model.minimize(self._costs)
            offset = seated * self._weights.seat
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = seconds
        status = solver.solve(model, _UntilGood(good + offset))
        spent = solver.response_proto.deterministic_time
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Chosen(0, (), {}, spent, status == cp_model.INFEASIBLE)
        taken = map(solver.boolean_value, self._takes)
        places = {
            pool: {place: solver.value(number) for place, number in own.items()}
            for pool, own in self._places.items()
        }
        return Chosen(
            round(solver.objective_value) - offset,
            tuple(column for column, takes in zip(self.columns, taken, strict=True) if takes),
            places,
            spent,
            status == cp_model.OPTIMAL,
        )
