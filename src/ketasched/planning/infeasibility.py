"""Why a course cannot begin on a day: the finding that stopped it, wherever that was."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from math import inf

from ketasched.model import Finding
from ketasched.model.wall_clock import day_text
from ketasched.planning.search import OWN_DAY_RULES, OWN_SLOT_RULES, Search
from ketasched.planning.shortest_path import Stop

OWN_RULES = frozenset(rule.name for rule in (*OWN_DAY_RULES, *OWN_SLOT_RULES))
"""The rules that look at the patient, or at who else comes."""

MOST_REASONS = 3
"""How many reasons are given for a visit without a place, those met most often first."""


def why_not_on(search: Search, day: date) -> Finding:
    """The finding that keeps the first visit from `day`.

    Either the day itself is refused, or the visits after it get stuck.
    """
    stops = search.stops(0, 0, day.toordinal())
    if stops:
        return _why_stuck(search, 0, stops[0])
    refusal = search.days.refusal(search.runs[0].kind, day.toordinal())
    assert refusal is not None  # noqa: S101 - a day without stops has been refused
    return refusal


def why_not_after(search: Search, number: int, last: Stop) -> Finding:
    """The finding that keeps run `number` from following `last`, the visit before it."""
    firsts = _onward(search, number, 0, [last])
    if firsts:
        return _why_stuck(search, number, firsts[0])
    return _no_day(search, number, 0, [last])


def _why_stuck(search: Search, number: int, first: Stop) -> Finding:
    """The finding that keeps run `number` from going on from `first` to an end."""
    reached, latest = [first], search.latest_end(number, first)
    for index in range(1, search.runs[number].count):
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


def _too_long(search: Search, number: int, index: int, first: Stop, stop: Stop) -> Finding:
    """The finding against the end of a run that goes on from `stop` as early as it can."""
    for later in range(index, search.runs[number].count):
        following = _onward(search, number, later, [stop])
        if not following:
            return _no_day(search, number, later, [stop])
        stop = following[0]
    finding = search.end_finding(number, first, stop)
    assert finding is not None  # noqa: S101 - a run that could end in time is not too long
    return finding


def _onward(
    search: Search, number: int, index: int, stops: Sequence[Stop], latest: float = inf
) -> list[Stop]:
    found = {
        after: None
        for stop in stops
        for _, following in search.steps(number, index, stop, stop.day, inf, latest)
        for after in following
    }
    return sorted(found, key=lambda stop: stop.slot.start)


def _refusals(search: Search, number: int, index: int, stops: Sequence[Stop]) -> Iterator[Finding]:
    """What is said against each day on which the next visit could be."""
    kind, gap = search.runs[number].kind, search.runs[number].phase.gap_days
    for stop in stops:
        for day in range(stop.day + gap.min, stop.day + gap.max + 1):
            refusal = search.days.refusal(kind, day)
            if refusal is not None:
                yield refusal
            for following in search.stops(number, index, day):
                finding = search.step_finding(number, stop, following)
                if finding is not None:
                    yield finding


def _no_day(search: Search, number: int, index: int, stops: Sequence[Stop]) -> Finding:
    """A finding that visit `index` of a run has no day, with the reason met most often."""
    gap = search.runs[number].phase.gap_days
    visit = sum(run.count for run in search.runs[:number]) + index + 1
    counts = Counter(_refusals(search, number, index, stops))
    # First what is in this patient's way, then what every week is like for everybody.
    order = sorted(counts, key=lambda one: (one.rule not in OWN_RULES, -counts[one]))
    reasons = order[:MOST_REASONS]
    finding = reasons[0]
    said = "; ".join(dict.fromkeys(reason.message for reason in reasons))
    earliest = date.fromordinal(stops[0].day + gap.min)
    latest = date.fromordinal(stops[-1].day + gap.max)
    days = f"on {day_text(earliest)}"
    if latest > earliest:
        days = f"from {day_text(earliest, year=False)} to {day_text(latest)}"
    return replace(finding, message=f"visit {visit} has no place {days}: {said}")
