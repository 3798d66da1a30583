"""The kernel against the judge that tries every chain, on small graphs of any prices."""

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

Steps = dict[tuple[Candidate, Candidate], int]
"""What each step costs that there is."""

Told = tuple[int, int, int, tuple[datetime, ...]]
"""Price, weekdays, minutes from the wanted times, starts: what chains are compared by."""


def stop_at(day: int, minutes: int) -> Candidate:
    start = MONDAY + timedelta(day, minutes=minutes)
    slot = Slot(INFUSION, start, start + timedelta(hours=1))
    return Candidate(slot, start.toordinal(), abs(minutes - WANTED))


class Graph:
    """Layers of stops, the steps between them, and where a chain may end."""

    def __init__(self, layers, firsts, steps, ends):
        self.layers, self.firsts, self.ends = layers, firsts, ends
        self.steps: Steps = steps

    def onward(
        self, index: int, stop: Candidate, most: float
    ) -> Iterator[tuple[int, list[Candidate]]]:
        for after in self.layers[index]:
            price = self.steps.get((stop, after))
            if price is not None and price <= most:
                yield price, [after]

    def every_chain(self, budget: float = inf) -> Iterator[Told]:
        """All chains that there are."""
        for stops in product(*self.layers):
            steps = [self.steps.get(step) for step in pairwise(stops)]
            first = self.firsts.get(stops[0])
            if first is None or None in steps or stops[-1] not in self.ends:
                continue
            price = first + sum(step for step in steps if step)
            if price <= budget:
                weekdays = len({stop.weekday for stop in stops})
                minutes = sum(stop.minutes for stop in stops)
                yield price, weekdays, minutes, tuple(stop.slot.start for stop in stops)


PRICES = st.one_of(st.none(), st.integers(0, 3))


@st.composite
def graphs(draw) -> Graph:
    count = draw(st.integers(1, 4))
    layers = [
        [
            stop_at(3 * layer + day, minutes)
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
    firsts = {stop: price for stop in layers[0] if (price := draw(PRICES)) is not None}
    steps = {
        step: price
        for before, after in pairwise(layers)
        for step in product(before, after)
        if (price := draw(PRICES)) is not None
    }
    ends = {stop for stop in layers[-1] if draw(st.booleans())} or set(layers[-1])
    return Graph(layers, firsts, steps, ends)


def told(chain: VisitSequence | None):
    return chain and (chain.cost, chain.weekdays, chain.minutes, chain.starts)


@given(graphs(), st.one_of(st.just(inf), st.integers(0, 9)))
def test_the_chain_is_the_best_of_all_that_there_are(graph, budget):
    firsts = [(price, stop) for stop, price in graph.firsts.items()]
    chain = cheapest_sequence(
        firsts, len(graph.layers), graph.onward, graph.ends.__contains__, budget
    )
    assert told(chain) == min(graph.every_chain(budget), default=None)
    if chain:
        assert chain.starts == tuple(stop.slot.start for stop in chain.candidates)


@given(graphs(), st.one_of(st.just(inf), st.integers(0, 9)))
def test_the_lowest_price_is_that_of_the_cheapest_chain(graph, budget):
    graph.ends = set(graph.layers[-1])
    firsts = [(price, stop) for stop, price in graph.firsts.items()]
    lowest = lowest_cost(firsts, len(graph.layers), graph.onward, budget)
    assert lowest == min((price for price, *_ in graph.every_chain(budget)), default=None)


@given(graphs())
def test_stops_that_cost_the_same_may_come_together_and_be_one_list_for_many(graph):
    """Whoever goes on to the same stops at the same price is given the same list."""
    for step in (step for pair in pairwise(graph.layers) for step in product(*pair)):
        graph.steps[step] = step[1].day % 3
    lists = {
        (index, price): [stop for stop in layer if stop.day % 3 == price]
        for index, layer in enumerate(graph.layers)
        for price in range(3)
    }

    def onward(index: int, stop: Candidate, most: float) -> Iterator[tuple[int, list[Candidate]]]:
        yield from ((price, lists[index, price]) for price in range(3) if lists[index, price])

    firsts = [(price, stop) for stop, price in graph.firsts.items()]
    chain = cheapest_sequence(firsts, len(graph.layers), onward, graph.ends.__contains__, inf)
    assert told(chain) == min(graph.every_chain(), default=None)


@pytest.mark.parametrize("budget", [0, 3])
def test_a_chain_may_cost_all_of_the_budget_and_no_more(budget):
    first, last = stop_at(0, 540), stop_at(2, 540)
    found = cheapest_sequence([(1, first)], 2, lambda *_: [(2, [last])], lambda _: True, budget)
    assert bool(found) is (budget == 3)
