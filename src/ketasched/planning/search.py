"""The search for the best plan: which slots a day has, and which chain of them wins.

It asks the rules and sets the prices; the kernel in `chain` finds the cheapest chain. It knows
the shapes of rules, and no rule by name.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from math import inf

from ketasched.model import Finding, Phase, Slot, VisitKind
from ketasched.model.wall_clock import at, minute_of, slot_at
from ketasched.planning.availability import Offer, Offers, offers_of
from ketasched.planning.cadence import Run
from ketasched.planning.shortest_path import Chain, Stop, cheapest_chain
from ketasched.rules import DAY_RULES, ENDS_RULES, PAIR_RULES, SLOT_RULES
from ketasched.rules.base import ClinicRule, Given, VisitRule, first_broken

USUAL = 4
BUDGETS = (0, USUAL, 64, 256, 1024, 4096, inf)
"""Prices up to which a chain is looked for, one after the other: most plans cost little, and a
chain found within a budget is the cheapest there is. Where there is none within the usual ones,
it is asked first whether there is any."""


FEW = 2
"""So few stops of a day are asked about one by one."""

OWN_DAY_RULES = [rule for rule in DAY_RULES if not isinstance(rule, ClinicRule)]
OWN_SLOT_RULES = [rule for rule in SLOT_RULES if not isinstance(rule, ClinicRule)]
"""The rules that look at the patient, or at who else comes."""


@dataclass(slots=True)
class Days:
    """What each day has to offer to one patient, asked once and kept."""

    given: Given
    _stops: dict[tuple[int, int, bool], list[Stop]] = field(default_factory=dict)
    _refused: set[tuple[int, int]] = field(default_factory=set)
    _offers: dict[int, Offers] = field(default_factory=dict)
    _day_rules: list[VisitRule] = field(init=False)
    _slot_rules: list[VisitRule] = field(init=False)

    def __post_init__(self) -> None:
        self._day_rules = [rule for rule in OWN_DAY_RULES if rule.concerns(self.given)]
        self._slot_rules = [rule for rule in OWN_SLOT_RULES if rule.concerns(self.given)]

    def refusal(self, kind: VisitKind, day: int) -> Finding | None:
        """Why a day has no stop, once it has been asked for some."""
        if (day, id(kind)) not in self._refused:
            return None
        given, offer = self.given, self._offer(kind, day)
        refusal = first_broken(rule.day(offer.day, given) for rule in DAY_RULES)
        if refusal is not None:
            return refusal
        # Of the time that got furthest: that it is taken tells more than that nobody wants it.
        starts = (at(offer.day, start, given.zone) for start in offer.starts(given.wanted))
        slots = (slot_at(kind, start) for start in starts)
        found = [first_broken(rule.slot(slot, given) for rule in SLOT_RULES) for slot in slots]
        return max(found, key=_how_far)

    def stops(self, kind: VisitKind, day: int, *, by_clock: bool) -> list[Stop]:
        """The stops of a day: all of them if `by_clock`, else the one nearest to the wanted time.

        Without rules about the clock that one is as good as the others for every other visit.
        """
        key = day, id(kind), by_clock
        found = self._stops.get(key)
        if found is None:
            found = self._stops[key] = self._ask(self._offer(kind, day), by_clock=by_clock)
            if not found:
                self._refused.add(key[:2])
        return found

    def slot_at(self, kind: VisitKind, day: int, minutes: int) -> Slot | None:
        """The slot at this time of the day, if the rules leave it."""
        offer = self._offer(kind, day)
        slot = None if self._refuses(offer) else offer.slot(minutes)
        return slot if slot is not None and self._has_room(slot) else None

    def _offer(self, kind: VisitKind, day: int) -> Offer:
        offers = self._offers.get(id(kind))
        if offers is None:
            offers = offers_of(self.given.clinic, kind)
            self._offers[id(kind)] = offers
        return offers.on(day)

    def _ask(self, offer: Offer, *, by_clock: bool) -> list[Stop]:
        found: list[Stop] = []
        wanted = self.given.wanted
        if self._refuses(offer):
            return found
        if not self._slot_rules and not by_clock:
            return offer.nearest(wanted)
        kind = offer.offers.kind
        refused = [rule.refused(offer.day, kind, self.given) for rule in self._slot_rules]
        refused = [times for times in refused if times]
        for minutes in offer.starts(wanted):
            if refused and any(minutes in times for times in refused):
                continue
            stop = offer.stop(minutes, wanted)
            if stop is not None and self._has_room(stop.slot):
                found.append(stop)
                if not by_clock:
                    break
        return found

    def _refuses(self, offer: Offer) -> bool:
        if offer.refused:
            return True
        found = [rule.day(offer.day, self.given) for rule in self._day_rules]
        return first_broken(found) is not None

    def _has_room(self, slot: Slot) -> bool:
        """Whether the patient's own rules leave a slot that the clinic's do."""
        found = (rule.slot(slot, self.given) for rule in self._slot_rules)
        return not self._slot_rules or first_broken(found) is None


def may_follow(
    before: Slot,
    stops: list[Stop],
    phase: Phase,
    given: Given,
    spared: Collection[str] = frozenset(),
) -> list[Stop]:
    """Those of the stops of a day that may follow a visit, the rules in `spared` aside.

    Whatever is spared, nobody has two visits at once.
    """
    if stops and stops[0].day == before.start.toordinal():
        stops = [stop for stop in stops if stop.moment >= before.end.timestamp()]
    for rule in PAIR_RULES:
        if rule.name in spared:
            continue
        ends = rule.within(before, phase, given) if len(stops) > FEW else None
        if ends is None:
            found = [(stop, rule.pair(before, stop.slot, phase, given)) for stop in stops]
            stops = [stop for stop, finding in found if first_broken([finding]) is None]
        else:
            first, last = ends
            stops = [stop for stop in stops if first <= stop.moment <= last]
    return stops


def _how_far(finding: Finding | None) -> int:
    """How many of the rules about a time said nothing against it."""
    names = [rule.name for rule in SLOT_RULES]
    return names.index(finding.rule) if finding else len(names)


@dataclass(slots=True, eq=False)
class Search:
    """The runs of one course, and what the days have to offer them."""

    given: Given
    runs: tuple[Run, ...]
    days: Days = field(init=False)
    _clocks: list[tuple[bool, bool]] = field(init=False)
    _onward: dict[tuple[int, Stop, int, bool], list[Stop]] = field(default_factory=dict)
    _follows: dict[tuple[int, Stop], bool] = field(default_factory=dict)
    _dead_ends: dict[tuple[int, int], set[tuple[int, Stop]]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def __post_init__(self) -> None:
        self.days = Days(self.given)
        clocks = [any(rule.by_clock(run.phase) for rule in PAIR_RULES) for run in self.runs]
        self._clocks = list(zip(clocks, [*clocks[1:], False], strict=True))

    def best_from(
        self, number: int, firsts: Callable[[float], Iterable[tuple[int, Stop]]], anchor: int
    ) -> Chain | None:
        """The best chain of run `number`.

        `firsts(most)` are the first stops that cost at most `most`, each with its price.

        It ends only where the later runs still fit, up to a tentative one. `anchor` is the day
        that an every-so-many-days pace counts from.
        """
        run = self.runs[number]
        # A rule about the first and the last day is asked for one first day after the other.
        ends = any(rule.concerns(run.phase) for rule in ENDS_RULES)
        for budget in BUDGETS:
            by_day = groupby(firsts(budget), key=lambda first: first[1].day if ends else 0)
            found = [
                chain
                for _, group in by_day
                if (chain := self._cheapest(number, list(group), anchor, budget)) is not None
            ]
            if found:
                return min(found)
            if budget == USUAL and not any(
                self.reaches_end(number, one) for _, one in firsts(inf)
            ):
                break
        return None

    def steps(
        self, number: int, index: int, stop: Stop, anchor: int, most: float, latest: float = inf
    ) -> Iterator[tuple[int, list[Stop]]]:
        """The steps from `stop` to visit `index` of a run that cost `most` at most, day by day.

        Those from which the run could not end by the day `latest` are left out.
        """
        self.given.go_on()
        run = self.runs[number]
        latest -= run.phase.gap_days.min * (run.count - 1 - index)
        by_clock = self.by_clock(number, index)
        for gap in run.gaps(index, stop.day - anchor, most):
            day = stop.day + gap
            if day > latest:
                return
            key = number, stop, gap, by_clock
            if key not in self._onward:
                found = self.days.stops(run.kind, day, by_clock=by_clock)
                self._onward[key] = may_follow(stop.slot, found, run.phase, self.given)
            if self._onward[key]:
                yield run.price(index, gap, day - anchor), self._onward[key]

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
        by_clock = self.by_clock(number, index)
        return self.days.stops(self.runs[number].kind, day, by_clock=by_clock)

    def stop_at(self, kind: VisitKind, day: int, minutes: int) -> Stop | None:
        """The stop of a day at this time, if the rules leave it."""
        stops = self.days.stops(kind, day, by_clock=True)
        return next((stop for stop in stops if minute_of(stop.slot.start) == minutes), None)

    def by_clock(self, number: int, index: int) -> bool:
        """Whether a rule looks at the time of visit `index` of a run, not at its day alone."""
        own, following = self._clocks[number]
        return own or (following and index == self.runs[number].count - 1)

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
            self._follows[key] = any(
                self.reaches_end(number, first) for _, stops in firsts for first in stops
            )
        return self._follows[key]

    def reaches_end(self, number: int, first: Stop) -> bool:
        """Whether a run that begins at `first` can come to an end; the earliest way is first.

        What was found to lead nowhere leads nowhere from another first stop of the day, either,
        and from no other day where no rule looks at the first and the last one.
        """
        latest, most = self.latest_end(number, first), self.runs[number].count - 1
        ends = any(rule.concerns(self.runs[number].phase) for rule in ENDS_RULES)
        dead = self._dead_ends[number, first.day if ends else 0]
        if (0, first) in dead:
            return False
        waiting, seen = [(0, first)], {(0, first)}
        looked_at: set[tuple[int, int]] = set()
        while waiting:
            index, stop = waiting.pop()
            if index == most and self._may_end(number, first, stop):
                return True
            onward = (
                self.steps(number, index + 1, stop, first.day, inf, latest) if index < most else ()
            )
            days = {id(stops): stops for _, stops in onward}
            found = [
                one
                for key, stops in days.items()
                if (index, key) not in looked_at
                for after in stops
                if (one := (index + 1, after)) not in dead and one not in seen
            ]
            looked_at.update((index, key) for key in days)
            waiting += reversed(found)
            seen.update(found)
        dead |= seen
        return False
