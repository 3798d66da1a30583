"""The search for the best plan: which slots a day has, and which chain of them wins.

It asks the rules and sets the prices; the kernel in `chain` finds the cheapest chain. It knows
the shapes of rules, and no rule by name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from math import inf

from ketasched.chain import Chain, Stop, cheapest_chain
from ketasched.model import Finding, TimeRange, VisitKind
from ketasched.openings import openings, starts
from ketasched.pace import Run
from ketasched.rules import DAY_RULES, ENDS_RULES, PAIR_RULES, SLOT_RULES
from ketasched.shapes import Given, first_broken
from ketasched.times import at, minutes_gone_back, slot_at

BUDGETS = (0, 4, 64, 256, 1024, 4096, inf)
"""Prices up to which a chain is looked for, one after the other: most plans cost little, and a
chain found within a budget is the cheapest there is."""


@dataclass(slots=True)
class Days:
    """What each day has to offer, asked once and kept."""

    given: Given
    _stops: dict[tuple[int, int, bool], list[Stop]] = field(default_factory=dict)
    _refused: dict[tuple[int, int], Finding] = field(default_factory=dict)
    _grids: dict[tuple[tuple[TimeRange, ...], int], list[int]] = field(default_factory=dict)

    def refusal(self, kind: VisitKind, day: int) -> Finding | None:
        """Why a day has no stop, once it has been asked for some."""
        return self._refused.get((day, id(kind)))

    def stops(self, kind: VisitKind, day: int, *, by_clock: bool) -> list[Stop]:
        """The stops of a day: all of them if `by_clock`, else the one nearest to the wanted time.

        Without rules about the clock that one is as good as the others for every other visit.
        """
        key = day, id(kind), by_clock
        if key not in self._stops:
            self._stops[key] = self._ask(kind, date.fromordinal(day), by_clock=by_clock)
        return self._stops[key]

    def _ask(self, kind: VisitKind, day: date, *, by_clock: bool) -> list[Stop]:
        given, zone, wanted = self.given, self.given.zone, self.given.wanted
        refusal = first_broken(rule.day(day, given) for rule in DAY_RULES)
        found: list[Stop] = []
        for minutes in () if refusal else self._grid(kind, day, wanted):
            slot = slot_at(kind, at(day, minutes, zone))
            broken = first_broken(rule.slot(slot, given) for rule in SLOT_RULES)
            refusal = refusal or broken
            if broken is None:
                found.append(Stop(slot, day.toordinal(), abs(minutes - wanted)))
                if not by_clock:
                    break
        if refusal and not found:
            self._refused[day.toordinal(), id(kind)] = refusal
        return found

    def _grid(self, kind: VisitKind, day: date, wanted: int) -> list[int]:
        """The start times of a day, the nearest to the wanted one first.

        Never empty on an open day: where no opening is long enough, the wanted time stands in,
        for a rule to refuse.
        """
        clinic = self.given.clinic
        shortest = max(kind.minutes.total - minutes_gone_back(day, self.given.zone), 1)
        key = openings(clinic, day), shortest
        if key not in self._grids:
            found = sorted(starts(*key, clinic.slot_minutes))
            self._grids[key] = sorted(found, key=lambda start: abs(start - wanted)) or [wanted]
        return self._grids[key]


@dataclass(slots=True, eq=False)
class Search:
    """The runs of one course, and what the days have to offer them."""

    given: Given
    runs: tuple[Run, ...]
    days: Days = field(init=False)
    _clocks: list[tuple[bool, bool]] = field(init=False)
    _allowed: dict[tuple[Stop, Stop, int], bool] = field(default_factory=dict)
    _follows: dict[tuple[int, Stop], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.days = Days(self.given)
        clocks = [any(rule.by_clock(run.phase) for rule in PAIR_RULES) for run in self.runs]
        self._clocks = list(zip(clocks, [*clocks[1:], False], strict=True))

    def best_from(
        self, number: int, firsts: Sequence[tuple[int, Stop]], anchor: int
    ) -> Chain | None:
        """The best chain of run `number` from one of `firsts`, each with its price.

        It ends only where the later runs still fit, up to a tentative one. `anchor` is the day
        that an every-so-many-days pace counts from.
        """
        run = self.runs[number]
        # A rule about the first and the last day is asked for one first day after the other.
        ends = any(rule.concerns(run.phase) for rule in ENDS_RULES)
        by_day = groupby(firsts, key=lambda first: first[1].day if ends else 0)
        groups = [list(group) for _, group in by_day]
        for budget in BUDGETS:
            found = [
                chain
                for group in groups
                if (chain := self._cheapest(number, group, anchor, budget)) is not None
            ]
            if found:
                return min(found)
        return None

    def steps(
        self, number: int, index: int, stop: Stop, anchor: int, most: float, latest: float = inf
    ) -> Iterator[tuple[int, Stop]]:
        """The steps from `stop` to visit `index` of a run that cost `most` at most.

        Those from which the run could not end by the day `latest` are left out.
        """
        self.given.go_on()
        run = self.runs[number]
        shortest = run.phase.gap_days.min
        latest -= shortest * (run.count - 1 - index)
        for gap in range(shortest, run.phase.gap_days.max + 1):
            day = stop.day + gap
            if day > latest:
                return
            price = run.price(index, gap, day - anchor)
            if price <= most:
                for following in self.stops(number, index, day):
                    if self._may_follow(number, stop, following):
                        yield price, following

    def _cheapest(
        self, number: int, firsts: list[tuple[int, Stop]], anchor: int, budget: float
    ) -> Chain | None:
        run = self.runs[number]
        first = firsts[0][1]
        latest = self.latest_end(number, first)
        return cheapest_chain(
            firsts,
            run.count,
            lambda index, stop, most: self.steps(number, index, stop, anchor, most, latest),
            lambda last: self._may_end(number, first, last),
            budget,
        )

    def stops(self, number: int, index: int, day: int) -> list[Stop]:
        """Where visit `index` of a run could be on `day`."""
        run, (own, following) = self.runs[number], self._clocks[number]
        by_clock = own or (following and index == run.count - 1)
        return self.days.stops(run.kind, day, by_clock=by_clock)

    def step_finding(self, number: int, stop: Stop, following: Stop) -> Finding | None:
        """What a rule has against going from `stop` to `following`, a visit of run `number`."""
        phase = self.runs[number].phase
        return first_broken(
            rule.pair(stop.slot, following.slot, phase, self.given) for rule in PAIR_RULES
        )

    def latest_end(self, number: int, first: Stop) -> float:
        """The last day (`date.toordinal`) on which a run from `first` may end."""
        phase = self.runs[number].phase
        ends = (
            rule.latest(date.fromordinal(first.day), phase)
            for rule in ENDS_RULES
            if rule.concerns(phase)
        )
        return min((day.toordinal() for day in ends if day), default=inf)

    def end_finding(self, number: int, first: Stop, last: Stop) -> Finding | None:
        """What a rule has against a run from `first` to `last`."""
        phase = self.runs[number].phase
        days = date.fromordinal(first.day), date.fromordinal(last.day)
        return first_broken(
            rule.ends(*days, phase, self.given) for rule in ENDS_RULES if rule.concerns(phase)
        )

    def _may_follow(self, number: int, stop: Stop, following: Stop) -> bool:
        key = stop, following, number
        if key not in self._allowed:
            self._allowed[key] = self.step_finding(number, stop, following) is None
        return self._allowed[key]

    def _may_end(self, number: int, first: Stop, last: Stop) -> bool:
        fine = self.end_finding(number, first, last) is None
        return fine and self._later_fit(number + 1, last)

    def _later_fit(self, number: int, last: Stop) -> bool:
        """Whether run `number` and those after it, up to a tentative one, fit after `last`."""
        if number == len(self.runs) or self.runs[number].phase.tentative:
            return True
        key = number, last
        if key not in self._follows:
            firsts = self.steps(number, 0, last, last.day, inf)
            self._follows[key] = any(self._reaches_end(number, first) for _, first in firsts)
        return self._follows[key]

    def _reaches_end(self, number: int, first: Stop) -> bool:
        """Whether a run that begins at `first` can come to an end; the earliest way is first."""
        latest, most = self.latest_end(number, first), self.runs[number].count - 1
        waiting, seen = [(0, first)], {(0, first)}
        while waiting:
            index, stop = waiting.pop()
            if index == most and self._may_end(number, first, stop):
                return True
            onward = (
                self.steps(number, index + 1, stop, first.day, inf, latest) if index < most else ()
            )
            found = [(index + 1, after) for _, after in onward]
            waiting += [one for one in reversed(found) if one not in seen]
            seen.update(found)
        return False
