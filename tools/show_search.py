"""Show one search of the planner: the candidates of each visit, their costs, and the winner.

`python -m tools.show_search PROTOCOL CLINIC START` (START is a date) shows the first phase. The
example in CONTRIBUTING.md is made by this script; a test compares the two.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime

from ketasched.files.load import load_clinic, load_protocol
from ketasched.model import Request
from ketasched.model.wall_clock import day_text
from ketasched.planning.planner import requested_phases
from ketasched.planning.search import BUDGETS, Search
from ketasched.planning.shortest_path import Candidate
from ketasched.rules.base import PlanningContext

SHOWN = 6
"""How many of the cheapest sequences are shown."""

Path = tuple[int, tuple[Candidate, ...]]
"""The cost of the first visits of a course, and their candidates."""


def main() -> None:
    """Print the search that the arguments name."""
    print(*lines(search_for(*sys.argv[1:])), sep="\n")  # noqa: T201 - a report


def search_for(protocol: str, clinic: str, start: str) -> Search:
    """The search for a course that begins on a date."""
    request = Request(date.fromisoformat(start))
    made_at = datetime(2026, 11, 23, 15, tzinfo=UTC)
    context = PlanningContext(load_protocol(protocol), load_clinic(clinic), request, made_at)
    return Search(context, requested_phases(context))


def lines(search: Search) -> Iterator[str]:
    """The search of the first phase, line by line."""
    day = search.context.request.start.toordinal()
    best = search.best_first_phase(day)
    if best is None:
        yield f"no sequence begins on {day_text(date.fromordinal(day))}"
        return
    budget = next(budget for budget in BUDGETS if best.cost <= budget)
    paths: list[Path] = [(0, (first,)) for first in search.candidates(0, 0, day)]
    yield f"Candidates within a budget of {budget}, each with the lowest cost of a way to it:"
    for index in range(search.phase_plans[0].count):
        if index:
            paths = [longer for path in paths for longer in steps(search, index, path, budget)]
        costs: dict[str, int] = {}
        for cost, candidates in sorted(paths, key=lambda path: path[1][-1].day):
            name = short(candidates[-1])
            costs[name] = min(cost, costs.get(name, cost))
        yield f"  visit {index + 1}  " + ", ".join(f"{name}: {costs[name]}" for name in costs)
    cheapest = sorted(
        (weekdays(candidates), [one.day for one in candidates], candidates)
        for cost, candidates in paths
        if cost == best.cost and search.end_finding(0, candidates[0], candidates[-1]) is None
    )
    yield f"Sequences that cost {best.cost}: {len(cheapest)}; those on the fewest weekdays first:"
    for number, _, candidates in cheapest[:SHOWN]:
        mark = "  <- the plan" if candidates == best.candidates else ""
        yield f"  {', '.join(map(short, candidates))}: {number} weekdays{mark}"


def steps(search: Search, index: int, path: Path, budget: float) -> Iterator[Path]:
    """The paths that go one visit further, within the budget."""
    cost, candidates = path
    last, first = candidates[-1], candidates[0]
    for more, successors in search.successors(0, index, last, first.day, budget - cost):
        yield from ((cost + more, (*candidates, successor)) for successor in successors)


def weekdays(candidates: tuple[Candidate, ...]) -> int:
    """The number of different weekdays."""
    return len({candidate.weekday for candidate in candidates})


def short(candidate: Candidate) -> str:
    """The weekday and the day of the month: "Tue 8"."""
    return " ".join(day_text(date.fromordinal(candidate.day)).split()[:2])


if __name__ == "__main__":
    main()
