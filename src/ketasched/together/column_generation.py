"""Column generation: dual prices of the chairs, and a bound on every joint plan.

The restricted master problem sets the dual prices; at these prices the pricing problem finds
cheaper courses, which become new columns. The Lagrangian bound holds at any prices. The prices are
rounded to integers, so that the bound is exact.
"""

from dataclasses import dataclass
from operator import mul

import numpy as np

from ketasched.together.capacity import UnitCapacity
from ketasched.together.pricing import (
    CheapestPaths,
    Column,
    Numbers,
    StackedGraphs,
    slot_class_costs,
)
from ketasched.together.restricted_master import Relaxation, RestrictedMaster

SCALE = 1 << 12
"""Parts of a point of spacing, so that rounding the prices costs nothing."""

COLUMNS_PER_PATIENT = 3
"""How many courses of a patient, with different last days, become columns in one round."""

TOLERANCE = 0.01
"""The column generation ends when the relaxation is this near to the bound, in points."""


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
            quote = self._quote(relaxed)
            if self.best is None or quote.bound > self.best.bound:
                self.best = quote
            if relaxed.value * SCALE - self.best.bound < TOLERANCE * SCALE:
                return
            new = self.master.add(quote.priced.best(quote.rewards, COLUMNS_PER_PATIENT))
            if not effort.spend(self._cost()) or not new:
                return

    def next_stage(self, most: int) -> None:
        """Minimise the next objective; the one so far is at most `most`."""
        self.caps.append(most)
        self.master.next_stage(most)
        self.best, self._proven = None, 0

    def _quote(self, relaxed: Relaxation) -> PricingRound:
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
