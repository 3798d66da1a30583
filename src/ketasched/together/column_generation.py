"""What the chairs are worth: prices rise where too many want to sit, until nobody finds better.

The relaxation of the courses found so far sets the prices; at these every patient looks for
cheaper courses, which join it. What all together would gain at most at some prices bounds what any
plan is worth, whatever the prices are: they are whole numbers, so it is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

import numpy as np

from ketasched.together.capacity import Chairs
from ketasched.together.pricing import Column, Courses, Numbers, Priced, Weights, tolls_of
from ketasched.together.records import Worth
from ketasched.together.restricted_master import Master, Relaxed

SCALE = 1 << 12
"""Into how many parts a point of spacing is cut, so that rounding the prices costs nothing."""

ENDS = 3
"""So many courses of a patient, with different last days, join the relaxation at once."""

CLOSE = 0.01
"""A relaxation so near to the bound, in points of spacing, gets no better."""


@dataclass(slots=True)
class Effort:
    """How much may still be done, in seconds of a usual machine: counted, never measured."""

    left: float

    def spend(self, seconds: float) -> bool:
        """Spend some; whether there is any left."""
        self.left -= seconds
        return self.left > 0


@dataclass(frozen=True, slots=True)
class Quote:
    """The courses at some prices: what no plan is below (`bound`), in parts of a point.

    `rewards` is what a patient's seat is worth, `lowest` what their cheapest course costs.
    """

    bound: int
    priced: Priced
    rewards: Numbers
    lowest: Numbers


class Market:
    """The prices, and the best bound so far. Values are to be as low as can be."""

    def __init__(
        self,
        chairs: Chairs,
        courses: Courses,
        priorities: Sequence[int] | Numbers,
        weights: Weights,
    ) -> None:
        self.chairs, self.courses, self.weights = chairs, courses, weights
        self.priorities = np.array(priorities, np.int64)
        self.seats = int(self.priorities.sum())
        self.master = Master(chairs, self.priorities.tolist(), weights)
        self.best: Quote | None = None
        self.relaxed: Relaxed | None = None
        self._proven = -self.seats * weights.seat
        self._most = [limit.most for limit in chairs.limits]

    @property
    def bound(self) -> int:
        """The value below which no plan is: a whole number, for a plan's value is one, too."""
        return max(self._proven, -(-self.best.bound // SCALE)) if self.best else self._proven

    def prove(self, value: int) -> None:
        """It is proven that no plan has a lower value than this."""
        self._proven = max(self._proven, value)

    def near(self, value: int, most: int) -> list[Column] | None:
        """All courses that could be part of a plan of a lower value; None if more than `most`.

        What a course costs more than the patient's best, at these prices, it costs the plan.
        """
        if self.best is None:
            return None
        gap = (value - 1) * SCALE - self.best.bound
        least = np.minimum(self.best.lowest, self.best.rewards)
        return self.best.priced.below(least + gap + 1, most)

    def settle(self, effort: Effort) -> None:
        """Let the prices find their level, as far as the effort goes."""
        while True:
            relaxed = self.master.solve()
            if relaxed is None:
                return
            self.relaxed = relaxed
            quote = self._quote(relaxed)
            if self.best is None or quote.bound > self.best.bound:
                self.best = quote
            if relaxed.value * SCALE - self.best.bound < CLOSE * SCALE:
                return
            new = self.master.add(quote.priced.best(quote.rewards, ENDS))
            if not effort.spend(self._cost()) or not new:
                return

    def seat_at_most(self, most: int) -> None:
        """It is proven that no more can be seated: bounds and prices heed it from now on."""
        self.prove(max(self.bound, -most * self.weights.seat))
        self.seats, self.best = most, None
        self.master.seat_at_most(most)

    @property
    def seated(self) -> float:
        """How many the relaxation seats, weighted."""
        shares = self.relaxed.shares if self.relaxed else []
        columns = self.master.columns
        return float(
            sum(
                share * self.priorities[column.patient]
                for share, column in zip(shares, columns, strict=False)
            )
        )

    def _quote(self, relaxed: Relaxed) -> Quote:
        prices = np.maximum(np.rint(np.array(relaxed.prices) * SCALE), 0).astype(np.int64)
        seat_price = max(round(relaxed.seat_price * SCALE), 0)
        weights = self.weights
        parts = Weights(weights.seat * SCALE, weights.delay * SCALE, weights.spacing * SCALE)
        priced = self.courses.cheapest(parts, tolls_of(self.chairs, prices))
        rewards = self.priorities * (parts.seat - seat_price)
        lowest = priced.lowest()
        # In Python's own numbers: sums of these can be larger than 64 bits.
        bound = sum(np.minimum(lowest - rewards, 0).tolist())
        bound -= sum(map(mul, prices.tolist(), self._most))
        return Quote(bound - seat_price * self.seats, priced, rewards, lowest)

    def _cost(self) -> float:
        """What a round costs, in seconds of a usual machine."""
        ways = sum(len(level.sources) for level in self.courses.levels)
        return 1e-6 * (ways + 10 * len(self.master.columns) + 100 * self.master.iterations)


def worth_at(value: int, weights: Weights) -> Worth:
    """What a plan of this value is worth; a bound is read in the same way."""
    seated = -(value // weights.seat)
    delay, spacing = divmod(value + seated * weights.seat, weights.delay)
    return Worth(seated, delay, spacing)


def value_of(worth: Worth, weights: Weights) -> int:
    """The value of a plan: one number, the lower the better."""
    return worth.delay * weights.delay + worth.spacing - worth.seated * weights.seat
