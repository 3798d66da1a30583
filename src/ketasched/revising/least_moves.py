"""The rest of a course in new places, as few visits as possible moved.

The same kernel as for a new course finds the cheapest chain; here the price of a step is, before
all else, whether the visit changes its start, then the spacing phase by phase.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from math import inf
from typing import NamedTuple

from ketasched.model import Finding, Slot
from ketasched.model.opening_hours import openings, starts
from ketasched.model.wall_clock import at, minute_of, slot_at
from ketasched.planning.search import PatientAvailability, may_follow
from ketasched.planning.shortest_path import (
    Candidate,
    VisitSequence,
    cheapest_sequence,
    lowest_cost,
)
from ketasched.revising.domains import Begun, Place
from ketasched.rules import DAY_RULES, ENDS_RULES, PAIR_RULES, SLOT_RULES, Gap
from ketasched.rules.base import PlanningContext, first_broken

MOVED = 10**18
"""The price of moving a visit: more than any spacing can cost."""

PER_PHASE = 10**6
"""How much more a phase's spacing weighs than that of the phase after it."""

MOVES = (0, 1, 2, 4, 8)
"""Numbers of moves that are tried, one after the other: mostly few are enough."""

SPACINGS = ((0, 0), (0, 64), (4, 64), (16, 1024), (64, 4096), (256, 4096), (1024, 16384))
"""Prices for the spacing of the first and of the later phases that are tried."""


ABOUT_ONE = frozenset(rule.name for rule in (*DAY_RULES, *SLOT_RULES))
"""The rules about one visit, whatever the others do."""

FIRST_DAYS = 60
"""How far after its old day a first visit is looked for."""

MOST_DAYS_MORE = 28
"""How much longer than allowed a gap may be where a visit may wait and we choose the day."""


class Tag(NamedTuple):
    """What the later visits of a phase go by, as days (`date.toordinal`): the one that its pace
    counts from, and the phase's first one.
    """

    anchor: int
    first: int


@dataclass(slots=True, eq=False)
class Rest:
    """The places of the rest of a course, and the steps from one to the next."""

    context: PlanningContext
    places: Sequence[Place]
    begun: Begun
    now: datetime
    heeds_spacing: bool = True
    days: PatientAvailability = field(init=False)
    _weights: dict[str, int] = field(init=False)
    _by_clock: bool = field(init=False)
    _offers: dict[tuple[int, int], list[Candidate]] = field(init=False, default_factory=dict)
    # Lists of stops are known by their `id`: each is kept in one of these.
    _follow: dict[tuple[object, ...], list[Candidate]] = field(init=False, default_factory=dict)
    _parts: dict[tuple[int, datetime], tuple[list[Candidate], list[Candidate]]] = field(
        init=False, default_factory=dict
    )
    _tagged_lists: dict[tuple[int, str, int, int], list[Candidate]] = field(
        init=False, default_factory=dict
    )
    _tags: dict[Candidate, tuple[Candidate, Tag]] = field(init=False, default_factory=dict)
    _copies: dict[tuple[str, int, int], dict[Candidate, Candidate]] = field(
        init=False, default_factory=lambda: defaultdict(dict)
    )

    def __post_init__(self) -> None:
        self.days = PatientAvailability(self.context)
        self._weights = self._weights_of()
        phases = {
            place.phase_plan.phase.name: place.phase_plan.phase for place in self.places
        }.values()
        self._by_clock = any(rule.by_clock(phase) for phase in phases for rule in PAIR_RULES)

    def best(self, most: int | None = None) -> VisitSequence | None:
        """The best chain of these places; None where nothing keeps the rules, or only with more
        than `most` moves.

        First it is asked how many visits have to move, which needs no look at the spacing; then
        for the best chain of just so many moves, within budgets that grow: most spacing is good.
        """
        moves = self._fewest_moves(len(self.places) if most is None else most)
        if moves is None:
            return None
        first, *others = self._weights.values()
        for own, later in SPACINGS:
            budget = moves * MOVED + own * first + later * sum(others)
            chain = self._cheapest(budget)
            if chain is not None:
                return chain
        return self._cheapest(inf)

    def is_possible(self) -> bool:
        """Whether there is any chain at all."""
        blind = replace(self, heeds_spacing=False)
        return blind.moves_within(len(self.places)) is not None

    def _cheapest(self, budget: float) -> VisitSequence | None:
        firsts, count = list(self._firsts()), len(self.places)
        return cheapest_sequence(firsts, count, self._onward, lambda candidate: True, budget)

    def _fewest_moves(self, most: int) -> int | None:
        """How many visits have to change their start, at least; None if more than `most`."""
        blind = replace(self, heeds_spacing=False)
        budgets = (*(moves for moves in MOVES if moves < most), most)
        tried = (blind.moves_within(budget) for budget in budgets)
        return next((moves for moves in tried if moves is not None), None)

    def moves_within(self, most: int) -> int | None:
        """How many visits the way that costs least moves, if that is at most `most`."""
        firsts, count = list(self._firsts()), len(self.places)
        cost = lowest_cost(firsts, count, self._onward, most * MOVED)
        return None if cost is None else cost // MOVED

    def _weights_of(self) -> dict[str, int]:
        """By phase, how much its spacing weighs, that of the first one most."""
        names = list(dict.fromkeys(place.phase_plan.phase.name for place in self.places))
        powers = reversed(range(len(names)))
        return {name: PER_PHASE**power for name, power in zip(names, powers, strict=True)}

    def offers(self, index: int, day: int) -> list[Candidate]:
        """Where the visit at `index` could be on a day (`date.toordinal`)."""
        key = index, day
        if key not in self._offers:
            self._offers[key] = self._ask(self.places[index], day)
        return self._offers[key]

    def _ask(self, place: Place, day: int) -> list[Candidate]:
        kept = self._kept(place, day)
        if place.pinned:
            return [kept] if kept else []
        if place.on is not None and day != place.on.toordinal():
            return []
        found = self._free(place, date.fromordinal(day))
        if found and min(candidate.moment for candidate in found) < self.now.timestamp():
            found = [candidate for candidate in found if candidate.moment >= self.now.timestamp()]
        if kept and not any(candidate.moment == kept.moment for candidate in found):
            return [kept, *found]
        return found

    def _kept(self, place: Place, day: int) -> Candidate | None:
        """The stop where the visit is, if it is on this day and may stay there."""
        if place.old is None or place.on is not None or place.old.start.toordinal() != day:
            return None
        if not place.pinned and self.broken(place.old, place.lenient | place.breach.rules):
            return None
        start = place.old.start
        return Candidate(place.old, day, abs(minute_of(start) - self.context.wanted))

    def _free(self, place: Place, day: date) -> list[Candidate]:
        """The stops of a day, by clock only where the phase counts hours or a time is asked."""
        if place.time is None and place.lenient.isdisjoint(ABOUT_ONE):
            return self.days.candidates(
                place.phase_plan.kind, day.toordinal(), by_clock=self._by_clock
            )
        zone, wanted = self.context.zone, self.context.wanted
        clock = self._grid(place, day)
        slots = [slot_at(place.phase_plan.kind, at(day, minutes, zone)) for minutes in clock]
        fine = [slot for slot in slots if not self.broken(slot, place.lenient)]
        found = [
            Candidate(slot, day.toordinal(), abs(minute_of(slot.start) - wanted)) for slot in fine
        ]
        found.sort(key=lambda candidate: (candidate.minutes, candidate.slot.start))
        return found if self._by_clock else found[:1]

    def _grid(self, place: Place, day: date) -> list[int]:
        if place.time is not None:
            return [place.time.minutes]
        kind, clinic = place.phase_plan.kind, self.context.clinic
        found = starts(openings(clinic, day), kind.minutes.total, clinic.slot_minutes)
        return sorted({*found, self.context.wanted})

    def broken(self, slot: Slot, spared: frozenset[str]) -> Finding | None:
        """What the rules about one visit have against a slot, those that are spared aside."""
        day = slot.start.date()
        by_day = (rule.day(day, self.context) for rule in DAY_RULES if rule.name not in spared)
        by_slot = (rule.slot(slot, self.context) for rule in SLOT_RULES if rule.name not in spared)
        return first_broken((*by_day, *by_slot))

    def _firsts(self) -> Iterator[tuple[int, Candidate]]:
        place, last = self.places[0], self.begun.last
        if last is not None:
            before = Candidate(last, last.start.toordinal(), 0)
            for cost, candidates in self._steps(0, before, None, inf):
                yield from ((cost, candidate) for candidate in candidates)
            return
        begin = self.now.astimezone(self.context.zone).date().toordinal()
        old = place.old.start.toordinal() if place.old else begin
        days = range(begin, max(begin, old) + FIRST_DAYS)
        for day in days if place.only is None else [place.only.toordinal()]:
            for toll, candidates in self._tolled(place, self.offers(0, day)):
                yield from (
                    (toll, one) for one in self._tagged(place, candidates, self._tag(0, day, None))
                )

    def _onward(
        self, index: int, candidate: Candidate, most: float
    ) -> Iterator[tuple[int, list[Candidate]]]:
        base, _ = self._tags[candidate]
        yield from self._steps(index, base, candidate, most)

    def _steps(
        self, index: int, base: Candidate, tagged: Candidate | None, most: float
    ) -> Iterator[tuple[int, list[Candidate]]]:
        """The steps from the stop `base` to the visit at `index` that cost `most` at most."""
        self.context.go_on()
        place = self.places[index]
        gaps = self._gaps(place, base)
        if most < MOVED and place.old and place.on is None:  # it has to stay where it is
            gaps = {place.old.start.toordinal() - base.day}.intersection(gaps)
        for gap in gaps:
            day = base.day + gap
            offers = self.offers(index, day)
            if not offers:
                continue
            tag = self._tag(index, day, tagged, base.day)
            spacing = self._spacing(place, gap, day, tag.anchor)
            if spacing > most or not self._in_span(place, tag.first, day):
                continue
            for toll, candidates in self._tolled(place, self._following(place, base, offers)):
                if toll + spacing <= most and candidates:
                    yield toll + spacing, self._tagged(place, candidates, tag)

    def _gaps(self, place: Place, base: Candidate) -> Iterable[int]:
        """The days from the stop `base` after which a visit may come."""
        allowed = place.phase_plan.phase.gap_days
        usual = range(allowed.min, allowed.max + 1)
        if place.only is not None:
            return [max(place.only.toordinal() - base.day, 0)]
        if place.may_wait:
            return range(allowed.min, allowed.max + MOST_DAYS_MORE + 1)
        if place.old and place.breach.follows == base.slot.start:
            return sorted({*usual, place.old.start.toordinal() - base.day})
        return usual

    def _tolled(
        self, place: Place, candidates: list[Candidate]
    ) -> Iterator[tuple[int, list[Candidate]]]:
        """A day's stops by their toll: 0 where the visit stays, or has no place to keep."""
        if place.old is None or place.on is not None:
            yield 0, candidates
        elif not candidates or candidates[0].day != place.old.start.toordinal():
            yield MOVED, candidates
        else:
            start = place.old.start
            key = id(candidates), start
            if key not in self._parts:
                same = [candidate for candidate in candidates if candidate.slot.start == start]
                others = [candidate for candidate in candidates if candidate.slot.start != start]
                self._parts[key] = same, others
            same, others = self._parts[key]
            yield 0, same
            yield MOVED, others

    def _spacing(self, place: Place, gap: int, day: int, anchor: int) -> int:
        if not self.heeds_spacing or place.anchors:
            return 0
        weight = self._weights[place.phase_plan.phase.name]
        if place.offset is None:
            return place.phase_plan.cost(place.index, gap, 0) * weight
        return (day - anchor - place.offset) ** 2 * weight

    def _following(
        self, place: Place, before: Candidate, candidates: list[Candidate]
    ) -> list[Candidate]:
        """Those of a day's stops on which the visit may follow one at `before`."""
        phase, spared = place.phase_plan.phase, place.lenient
        if place.may_wait and candidates and candidates[0].day - before.day > phase.gap_days.max:
            spared |= {Gap.name}
        # It may stay where it is, as it was decided.
        stays = (
            place.old.start if place.old and place.breach.follows == before.slot.start else None
        )
        key = id(candidates), before, phase.name, spared, stays
        if key not in self._follow:
            fine = may_follow(before.slot, candidates, phase, self.context, spared)
            same = [one for one in candidates if one.slot.start == stays and one not in fine]
            spared |= place.breach.rules
            kept = may_follow(before.slot, same, phase, self.context, spared)
            self._follow[key] = [*kept, *fine] if kept else fine
        return self._follow[key]

    def _tag(
        self, index: int, day: int, before: Candidate | None, day_before: int | None = None
    ) -> Tag:
        """What a visit on `day`, and the later ones of its phase, go by.

        `before` is the stop of the place before it.
        """
        place = self.places[index]
        name = place.phase_plan.phase.name
        if before is not None and self.places[index - 1].phase_plan.phase.name == name:
            _, (anchor, first) = self._tags[before]
        else:
            first = self.begun.firsts.get(name, day)
            anchor = self.begun.anchors.get(name, day if day_before is None else day_before)
        return Tag(day if place.anchors else anchor, first)

    def _tagged(self, place: Place, candidates: list[Candidate], tag: Tag) -> list[Candidate]:
        """The stops with their tag; one and the same for tags that make no difference."""
        phase = place.phase_plan.phase
        heeds_anchor = self.heeds_spacing and place.offset is not None
        matters = tag.anchor if heeds_anchor else 0, tag.first if phase.span_days else 0
        key = id(candidates), phase.name, *matters
        if key not in self._tagged_lists:
            copies = self._copies[key[1:]]
            for candidate in candidates:
                if candidate not in copies:
                    copies[candidate] = copy = Candidate(
                        candidate.slot, candidate.day, candidate.minutes
                    )
                    self._tags[copy] = candidate, tag
            self._tagged_lists[key] = [copies[candidate] for candidate in candidates]
        return self._tagged_lists[key]

    def _in_span(self, place: Place, first: int, day: int) -> bool:
        """Whether the phase that began on `first` may still be going on, or end, on `day`."""
        days = date.fromordinal(first), date.fromordinal(day)
        if place.breach.last and days[1] <= place.breach.last:
            return True
        found = (
            rule.ends(*days, place.phase_plan.phase, self.context)
            for rule in ENDS_RULES
            if rule.name not in place.lenient and rule.concerns(place.phase_plan.phase)
        )
        return first_broken(found) is None

    def anchor(self, candidate: Candidate) -> int:
        """The day (`date.toordinal`) that the pace counts from at a stop of a chain."""
        return self._tags[candidate][1].anchor
