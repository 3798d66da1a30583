"""The objectives of the solver, in their order: first the most seats, then one cost after another.

Each objective is minimised in a stage of its own; what the stage finds is a limit for the later
stages. In a weighted sum the numbers would be too large for a linear programme to be exact.
"""

from collections.abc import Iterable
from typing import NamedTuple

Costs = tuple[int, ...]
"""What an arc or a course costs, in the order of the objectives."""


class Value(NamedTuple):
    """What a course or a plan is worth: the priority that is seated, and the costs."""

    seated: int
    costs: Costs

    def part(self, stage: int) -> int:
        """What a stage minimises: in the first (0) the seats, as a negative number."""
        if stage == 0:
            return -self.seated
        return self.costs[stage - 1] if self.costs else 0


def sum_of(values: Iterable[Value]) -> Value:
    """The sum of values; one without costs costs nothing."""
    found = list(values)
    costs = zip(*(value.costs for value in found if value.costs), strict=True)
    return Value(sum(value.seated for value in found), tuple(map(sum, costs)))
