"""The kernel against a judge that tries every sequence, on small graphs with any costs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasched.model import Slot
from ketasched.planning.shortest_path import (
    Candidate,
    VisitSequence,
    cheapest_sequence,
    lowest_cost,
)
from tests.support.nouns import INFUSION

MONDAY = datetime(2026, 12, 7, tzinfo=UTC)
WANTED = 9 * 60

Arcs = dict[tuple[Candidate, Candidate], int]
"""The arcs of a graph with their costs."""

Order = tuple[int, int, int, tuple[datetime, ...]]
"""What sequences are compared by: cost, weekdays, minutes from the wanted times, starts."""


def candidate_at(day: int, minutes: int) -> Candidate:
    start = MONDAY + timedelta(day, minutes=minutes)
    slot = Slot(INFUSION, start, start + timedelta(hours=1))
    return Candidate(slot, start.toordinal(), abs(minutes - WANTED))


class Graph:
    """Layers of candidates, the arcs between them, and where a sequence may end."""

    def __init__(self, layers, firsts, arcs, ends):
        self.layers, self.firsts, self.ends = layers, firsts, ends
        self.arcs: Arcs = arcs

    def successors(
        self, index: int, candidate: Candidate, budget: float
    ) -> Iterator[tuple[int, list[Candidate]]]:
        for after in self.layers[index]:
            cost = self.arcs.get((candidate, after))
            if cost is not None and cost <= budget:
                yield cost, [after]

    def all_sequences(self, budget: float = inf) -> Iterator[Order]:
        """Every sequence of the graph within the budget."""
        for candidates in product(*self.layers):
            costs = [self.arcs.get(arc) for arc in pairwise(candidates)]
            first = self.firsts.get(candidates[0])
            if first is None or None in costs or candidates[-1] not in self.ends:
                continue
            cost = first + sum(one for one in costs if one)
            if cost <= budget:
                weekdays = len({one.weekday for one in candidates})
                minutes = sum(one.minutes for one in candidates)
                yield cost, weekdays, minutes, tuple(one.slot.start for one in candidates)


COSTS = st.one_of(st.none(), st.integers(0, 3))


@st.composite
def graphs(draw) -> Graph:
    count = draw(st.integers(1, 4))
    layers = [
        [
            candidate_at(3 * layer + day, minutes)
            for day, minutes in draw(
                st.lists(
                    st.tuples(st.integers(0, 8), st.sampled_from([480, 530, 540, 550, 600])),
                    min_size=1,
                    max_size=4,
                    unique=True,
                )
            )
        ]
        for layer in range(count)
    ]
    firsts = {one: cost for one in layers[0] if (cost := draw(COSTS)) is not None}
    arcs = {
        arc: cost
        for before, after in pairwise(layers)
        for arc in product(before, after)
        if (cost := draw(COSTS)) is not None
    }
    ends = {one for one in layers[-1] if draw(st.booleans())} or set(layers[-1])
    return Graph(layers, firsts, arcs, ends)


def order_of(sequence: VisitSequence | None):
    return sequence and (sequence.cost, sequence.weekdays, sequence.minutes, sequence.starts)


@given(graphs(), st.one_of(st.just(inf), st.integers(0, 9)))
def test_the_sequence_is_the_best_of_all(graph, budget):
    firsts = [(cost, candidate) for candidate, cost in graph.firsts.items()]
    sequence = cheapest_sequence(
        firsts, len(graph.layers), graph.successors, graph.ends.__contains__, budget
    )
    assert order_of(sequence) == min(graph.all_sequences(budget), default=None)
    if sequence:
        assert sequence.starts == tuple(one.slot.start for one in sequence.candidates)


@given(graphs(), st.one_of(st.just(inf), st.integers(0, 9)))
def test_the_lowest_cost_is_that_of_the_cheapest_sequence(graph, budget):
    graph.ends = set(graph.layers[-1])
    firsts = [(cost, candidate) for candidate, cost in graph.firsts.items()]
    lowest = lowest_cost(firsts, len(graph.layers), graph.successors, budget)
    assert lowest == min((cost for cost, *_ in graph.all_sequences(budget)), default=None)


@given(graphs())
def test_successors_of_one_cost_may_come_as_one_list_that_many_candidates_share(graph):
    for arc in (arc for pair in pairwise(graph.layers) for arc in product(*pair)):
        graph.arcs[arc] = arc[1].day % 3
    lists = {
        (index, cost): [one for one in layer if one.day % 3 == cost]
        for index, layer in enumerate(graph.layers)
        for cost in range(3)
    }

    def successors(
        index: int, candidate: Candidate, budget: float
    ) -> Iterator[tuple[int, list[Candidate]]]:
        yield from ((cost, lists[index, cost]) for cost in range(3) if lists[index, cost])

    firsts = [(cost, candidate) for candidate, cost in graph.firsts.items()]
    sequence = cheapest_sequence(
        firsts, len(graph.layers), successors, graph.ends.__contains__, inf
    )
    assert order_of(sequence) == min(graph.all_sequences(), default=None)


@pytest.mark.parametrize("budget", [0, 3])
def test_a_sequence_may_cost_all_of_the_budget_and_no_more(budget):
    first, last = candidate_at(0, 540), candidate_at(2, 540)
    found = cheapest_sequence([(1, first)], 2, lambda *_: [(2, [last])], lambda _: True, budget)
    assert bool(found) is (budget == 3)
