"""Why a course cannot begin on a day: the finding that stopped it, wherever that was."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from math import inf

from ketasched.chain import Stop
from ketasched.model import Finding
from ketasched.search import Search
from ketasched.times import day_text


def why_not_on(search: Search, day: date) -> Finding:
    """The finding that keeps the first visit from `day`.

    Either the day itself is refused, or the visits after it get stuck.
    """
    stops = search.stops(0, 0, day.toordinal())
    if not stops:
        refusal = search.days.refusal(search.runs[0].kind, day.toordinal())
        assert refusal is not None  # noqa: S101 - a day without stops has been refused
        return refusal
    return why_stuck(search, 0, stops)


def why_stuck(search: Search, number: int, firsts: Sequence[Stop]) -> Finding:
    """The finding that keeps run `number` from reaching its end from these first visits."""
    run = search.runs[number]
    done = sum(earlier.count for earlier in search.runs[:number])
    reached: list[Stop] = list(firsts)
    for index in range(1, run.count):
        following = _onward(search, number, index, reached)
        if not following:
            refusals = _refusals(search, number, index, reached)
            return _no_day(done + index + 1, reached, refusals, run.phase.gap_days.max)
        reached = following
    for last in reached:
        finding = search.end_finding(number, firsts[0], last)
        if finding is None:
            following = _onward(search, number + 1, 0, [last])
            if following:
                return why_stuck(search, number + 1, following)
            later = search.runs[number + 1].phase.gap_days.max
            refusals = _refusals(search, number + 1, 0, [last])
            return _no_day(done + run.count + 1, [last], refusals, later)
    finding = search.end_finding(number, firsts[0], reached[0])
    assert finding is not None  # noqa: S101 - else the loop above had returned
    return finding


def _onward(search: Search, number: int, index: int, stops: Sequence[Stop]) -> list[Stop]:
    found = {
        after: None
        for stop in stops
        for _, after in search.steps(number, index, stop, stop.day, inf)
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


def _no_day(
    visit: int, stops: Sequence[Stop], refusals: Iterator[Finding], longest: int
) -> Finding:
    """A finding that visit number `visit` has no day, with the reason met most often."""
    finding, _ = Counter(refusals).most_common(1)[0]
    earliest, latest = (date.fromordinal(stop.day) for stop in (stops[0], stops[-1]))
    until = date.fromordinal(latest.toordinal() + longest)
    said = f"visit {visit} has no day from {day_text(earliest, year=False)} to {day_text(until)}"
    return replace(finding, message=f"{said}: {finding.message}")
