"""The objective of the solver: first the most seats, then one cost after the other.

An integer programme has one number to minimise: a weighted sum in which no amount of a later cost
outweighs one unit of an earlier cost, and no cost outweighs a seat. Where the numbers of one sum
would be too large, the costs are minimised in stages: what a stage finds is a limit for the later
ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from operator import mul
from typing import NamedTuple

Costs = tuple[int, ...]
"""What an arc or a course costs, in the order of the objectives."""


class Value(NamedTuple):
    """What a course or a plan is worth: the priority that is seated, and the costs."""

    seated: int
    costs: Costs


def sum_of(values: Iterable[Value]) -> Value:
    """The sum of values; one without costs costs nothing."""
    found = list(values)
    costs = zip(*(value.costs for value in found if value.costs), strict=True)
    return Value(sum(value.seated for value in found), tuple(map(sum, costs)))


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a seat (for a priority of 1) and of each cost.

    Costs of other stages weigh 0, and so does a seat in all stages but the first.
    """

    seat: int
    costs: Costs

    def plus(self, other: "Weights", times: int) -> "Weights":
        """These weights and so many times the others."""
        pairs = zip(self.costs, other.costs, strict=True)
        costs = tuple(own + weight * times for own, weight in pairs)
        return Weights(self.seat + other.seat * times, costs)

    def cost(self, costs: Costs) -> int:
        """The weighted sum of these costs."""
        return sum(map(mul, costs, self.costs))

    def scalar(self, value: Value) -> int:
        """The weighted sum of all objectives; lower is better."""
        return self.cost(value.costs) - value.seated * self.seat

    def value(self, scalar: int) -> Value:
        """The objectives of a weighted sum, or of a bound; those of other stages are 0."""
        seated = -(scalar // self.seat) if self.seat else 0
        rest, costs = scalar + seated * self.seat, []
        for weight in self.costs:
            cost, rest = divmod(rest, weight) if weight else (0, rest)
            costs.append(cost)
        return Value(seated, tuple(costs))


def weights_in_stages(highest: Sequence[int], stages: Sequence[int]) -> list[Weights]:
    """The weights of each stage; `stages` has the numbers of costs that they minimise.

    The costs are at most `highest` in sum. The last cost of a stage weighs 1.
    """
    found, first = [], 0
    for count in stages:
        last = first + count
        seat, *costs = (prod(most + 1 for most in highest[n:last]) for n in range(first, last + 1))
        own = (*(0,) * first, *costs, *(0,) * (len(highest) - last))
        found.append(Weights(0 if first else seat, own))
        first = last
    return found
