"""Why a course cannot begin on a day: the finding that stopped it, wherever that was."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from math import inf

from ketasched.model import Finding
from ketasched.model.wall_clock import day_text
from ketasched.planning.search import OWN_DAY_RULES, OWN_SLOT_RULES, Search
from ketasched.planning.shortest_path import Candidate

OWN_RULES = frozenset(rule.name for rule in (*OWN_DAY_RULES, *OWN_SLOT_RULES))
"""The rules that look at the patient, or at who else comes."""

MOST_REASONS = 3
"""How many reasons are given for a visit without a place, those met most often first."""


def why_not_on(search: Search, day: date) -> Finding:
    """The finding that keeps the first visit from `day`.

    Either the day itself is refused, or the visits after it get stuck.
    """
    candidates = search.candidates(0, 0, day.toordinal())
    if candidates:
        return _why_stuck(search, 0, candidates[0])
    refusal = search.days.refusal(search.phase_plans[0].kind, day.toordinal())
    assert refusal is not None  # noqa: S101 - a day without stops has been refused
    return refusal


def why_not_after(search: Search, number: int, last: Candidate) -> Finding:
    """The finding that keeps run `number` from following `last`, the visit before it."""
    firsts = _onward(search, number, 0, [last])
    if firsts:
        return _why_stuck(search, number, firsts[0])
    return _no_day(search, number, 0, [last])


def _why_stuck(search: Search, number: int, first: Candidate) -> Finding:
    """The finding that keeps run `number` from going on from `first` to an end."""
    reached, latest = [first], search.latest_end(number, first)
    for index in range(1, search.phase_plans[number].count):
        following = _onward(search, number, index, reached, latest)
        if not following and _onward(search, number, index, reached[:1]):
            return _too_long(search, number, index, first, reached[0])
        if not following:
            return _no_day(search, number, index, reached)
        reached = following
    for last in reached:
        finding = search.end_finding(number, first, last)
        if finding is None:
            return why_not_after(search, number + 1, last)
    assert finding is not None  # noqa: S101 - else the loop had returned
    return finding


def _too_long(
    search: Search, number: int, index: int, first: Candidate, candidate: Candidate
) -> Finding:
    """The finding against the end of a run that goes on from `candidate` as early as it can."""
    for later in range(index, search.phase_plans[number].count):
        following = _onward(search, number, later, [candidate])
        if not following:
            return _no_day(search, number, later, [candidate])
        candidate = following[0]
    finding = search.end_finding(number, first, candidate)
    assert finding is not None  # noqa: S101 - a run that could end in time is not too long
    return finding


def _onward(
    search: Search, number: int, index: int, candidates: Sequence[Candidate], latest: float = inf
) -> list[Candidate]:
    found = {
        after: None
        for candidate in candidates
        for _, following in search.steps(number, index, candidate, candidate.day, inf, latest)
        for after in following
    }
    return sorted(found, key=lambda candidate: candidate.slot.start)


def _refusals(
    search: Search, number: int, index: int, candidates: Sequence[Candidate]
) -> Iterator[Finding]:
    """What is said against each day on which the next visit could be."""
    kind, gap = search.phase_plans[number].kind, search.phase_plans[number].phase.gap_days
    for candidate in candidates:
        for day in range(candidate.day + gap.min, candidate.day + gap.max + 1):
            refusal = search.days.refusal(kind, day)
            if refusal is not None:
                yield refusal
            for following in search.candidates(number, index, day):
                finding = search.step_finding(number, candidate, following)
                if finding is not None:
                    yield finding


def _no_day(search: Search, number: int, index: int, candidates: Sequence[Candidate]) -> Finding:
    """A finding that visit `index` of a run has no day, with the reason met most often."""
    gap = search.phase_plans[number].phase.gap_days
    visit = sum(phase_plan.count for phase_plan in search.phase_plans[:number]) + index + 1
    counts = Counter(_refusals(search, number, index, candidates))
    # First what is in this patient's way, then what every week is like for everybody.
    order = sorted(counts, key=lambda one: (one.rule not in OWN_RULES, -counts[one]))
    reasons = order[:MOST_REASONS]
    finding = reasons[0]
    said = "; ".join(dict.fromkeys(reason.message for reason in reasons))
    earliest = date.fromordinal(candidates[0].day + gap.min)
    latest = date.fromordinal(candidates[-1].day + gap.max)
    days = f"on {day_text(earliest)}"
    if latest > earliest:
        days = f"from {day_text(earliest, year=False)} to {day_text(latest)}"
    return replace(finding, message=f"visit {visit} has no place {days}: {said}")
