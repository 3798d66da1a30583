"""Infeasibility: why a course cannot begin on a day, or a phase cannot follow the one before."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from math import inf

from ketasched.model import Finding
from ketasched.model.wall_clock import day_text
from ketasched.planning.availability import PATIENT_DAY_RULES, PATIENT_SLOT_RULES
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate

PATIENT_RULES = frozenset(rule.name for rule in (*PATIENT_DAY_RULES, *PATIENT_SLOT_RULES))
"""The names of the rules that look at the patient, or at the bookings of others."""

MOST_REASONS = 3
"""How many reasons are given for a visit without a day, the most frequent ones first."""


def start_infeasibility(search: Search, day: date) -> Finding:
    """The finding that keeps the first visit from `day`.

    A rule refuses the day itself, or no later visits fit after it.
    """
    candidates = search.candidates(0, 0, day.toordinal())
    if candidates:
        return _sequence_infeasibility(search, 0, candidates[0])
    kind = search.phase_plans[0].kind
    refusal = search.availability.refusal(kind, day.toordinal())
    if refusal is None and search.before:  # it is too near to a visit elsewhere
        found = search.availability.candidates(kind, day.toordinal(), by_clock=True)
        refusal = search.step_finding(0, search.before, found[-1])
    assert refusal is not None  # noqa: S101 - a rule refuses each day without candidates
    return refusal


def phase_infeasibility(search: Search, number: int, last: Candidate) -> Finding:
    """The finding that keeps the next decided phase, from `number` on, from following `last`."""
    while search.is_pencilled(number):
        number += 1
    firsts = _successors(search, number, 0, [last])
    if firsts:
        return _sequence_infeasibility(search, number, firsts[0])
    return _no_day(search, number, 0, [last])


def extension_infeasibility(
    search: Search, number: int, own: Sequence[Candidate], last: Candidate
) -> Finding | None:
    """The finding that keeps phase `number` from another visit after those in `own`, or None.

    `last` is the last visit of the course so far, of the phase or before it.
    """
    following = _successors(search, number, len(own), [last])
    if not following:
        return _no_day(search, number, len(own), [last])
    ends = [(search.end_finding(number, own[0] if own else one, one), one) for one in following]
    in_time = [one for finding, one in ends if finding is None]
    if not in_time:
        return ends[0][0]
    if not any(search.fits_after(number + 1, one) for one in in_time):
        return phase_infeasibility(search, number + 1, in_time[0])
    return None


def _sequence_infeasibility(search: Search, number: int, first: Candidate) -> Finding:
    """The finding that keeps phase `number` from an end if it begins at `first`."""
    reached, latest = [first], search.latest_end(number, first)
    for index in range(1, search.phase_plans[number].count):
        following = _successors(search, number, index, reached, latest)
        if not following and _successors(search, number, index, reached[:1]):
            return _span_infeasibility(search, number, index, first, reached[0])
        if not following:
            return _no_day(search, number, index, reached)
        reached = following
    for last in reached:
        finding = search.end_finding(number, first, last)
        if finding is None:
            return phase_infeasibility(search, number + 1, last)
    assert finding is not None  # noqa: S101 - else the loop had returned
    return finding


def _span_infeasibility(
    search: Search, number: int, index: int, first: Candidate, candidate: Candidate
) -> Finding:
    """The finding against phase `number` from `first`, if visits come as early as they can.

    `candidate` is the last visit before visit `index`.
    """
    for later in range(index, search.phase_plans[number].count):
        following = _successors(search, number, later, [candidate])
        if not following:
            return _no_day(search, number, later, [candidate])
        candidate = following[0]
    finding = search.end_finding(number, first, candidate)
    assert finding is not None  # noqa: S101 - a phase that ends in time is not infeasible
    return finding


def _successors(
    search: Search, number: int, index: int, candidates: Sequence[Candidate], latest: float = inf
) -> list[Candidate]:
    """The candidates for visit `index` that may follow any of these, the earliest first."""
    found = {
        after: None
        for candidate in candidates
        for _, following in search.successors(number, index, candidate, candidate.day, inf, latest)
        for after in following
    }
    return sorted(found, key=lambda candidate: candidate.slot.start)


def _refusals(
    search: Search, number: int, index: int, candidates: Sequence[Candidate]
) -> Iterator[Finding]:
    """The findings against each day on which visit `index` could follow these candidates."""
    kind, gap = search.phase_plans[number].kind, search.phase_plans[number].phase.gap_days
    for candidate in candidates:
        for day in range(candidate.day + gap.min, candidate.day + gap.max + 1):
            refusal = search.availability.refusal(kind, day)
            if refusal is not None:
                yield refusal
            for following in search.candidates(number, index, day):
                finding = search.step_finding(number, candidate, following)
                if finding is not None:
                    yield finding


def _no_day(search: Search, number: int, index: int, candidates: Sequence[Candidate]) -> Finding:
    """The finding that visit `index` has no day after these candidates, with the main reasons."""
    gap = search.phase_plans[number].phase.gap_days
    earlier = sum(phase_plan.count for phase_plan in search.phase_plans[:number])
    visit = len(search.context.request.prior) + earlier + index + 1
    counts = Counter(_refusals(search, number, index, candidates))
    # Reasons of this patient come before those that every patient of the clinic has.
    order = sorted(counts, key=lambda one: (one.rule not in PATIENT_RULES, -counts[one]))
    reasons = order[:MOST_REASONS]
    said = "; ".join(dict.fromkeys(reason.message for reason in reasons))
    earliest = date.fromordinal(candidates[0].day + gap.min)
    latest = date.fromordinal(candidates[-1].day + gap.max)
    days = f"on {day_text(earliest)}"
    if latest > earliest:
        days = f"from {day_text(earliest, year=False)} to {day_text(latest)}"
    return replace(reasons[0], message=f"visit {visit} has no place {days}: {said}")
