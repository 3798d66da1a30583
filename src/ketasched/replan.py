"""The rest of a course in new places, as few visits as possible moved.

The same kernel as for a new course finds the cheapest chain; here the price of a step is, before
all else, whether the visit changes its start, then the spacing phase by phase.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from math import inf

from ketasched.chain import Chain, Stop, cheapest_chain, lowest_price
from ketasched.model import Clock, Finding, Slot
from ketasched.openings import openings, starts
from ketasched.pace import Run
from ketasched.rules import DAY_RULES, ENDS_RULES, PAIR_RULES, SLOT_RULES
from ketasched.search import Days
from ketasched.shapes import Given, first_broken
from ketasched.times import at, day_text, minute_of, slot_at

MOVED = 10**18
"""The price of moving a visit: more than any spacing can cost."""

PER_PHASE = 10**6
"""How much more a phase's spacing weighs than that of the phase after it."""

MOVES = (0, 1, 2, 4, 8)
"""Numbers of moves that are tried, one after the other: mostly few are enough."""

SPACINGS = ((0, 0), (0, 64), (4, 64), (16, 1024), (64, 4096), (256, 4096), (1024, 16384))
"""Prices for the spacing of the first and of the later phases that are tried."""

MOST_REASONS = 3

OVER = Finding("start", "broken", "that is over already")
"""What speaks against a day where no rule does."""

FIRST_DAYS = 60
"""How far after its old day a first visit is looked for."""

MOST_DAYS_MORE = 28
"""How much longer than allowed a gap may be where a visit may wait and we choose the day."""


@dataclass(frozen=True, slots=True)
class Breach:
    """What a visit breaks already, because that was overridden: it may go on as it is, no worse.

    `rules` are those about its own slot, or about the step to it from the visit that begins at
    `follows`. `last` is the last day of its phase, where that takes too long.
    """

    rules: frozenset[str] = frozenset()
    follows: datetime | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a visit of the rest may be.

    `old` is the slot that it has, None for one that has none to keep; one that is `pinned` stays
    there. `on` and `time` are where it has to be. `offset` is its ideal distance in days from the
    anchor of its phase (None where visits come so many a week); with `anchors` it is the anchor
    itself. `lenient` are the rules that are not asked for it; if it `may_wait`, the gap before it
    may be longer than the rule allows; `breach` is what it breaks already.
    """

    run: Run
    index: int
    old: Slot | None = None
    pinned: bool = False
    on: date | None = None
    time: Clock | None = None
    offset: int | None = None
    anchors: bool = False
    lenient: frozenset[str] = frozenset()
    may_wait: bool = False
    breach: Breach = Breach()


@dataclass(frozen=True, slots=True)
class Begun:
    """What comes before the rest: the last visit that takes place, and by phase the first one's
    day and the day that the pace counts from (`date.toordinal`).
    """

    last: Slot | None = None
    firsts: dict[str, int] = field(default_factory=dict)
    anchors: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Rest:
    """The places of the rest of a course, and the steps from one to the next."""

    given: Given
    places: Sequence[Place]
    begun: Begun
    now: datetime
    heeds_spacing: bool = True
    days: Days = field(init=False)
    _weights: dict[str, int] = field(init=False)
    _offers: dict[tuple[int, int], list[Stop]] = field(init=False, default_factory=dict)
    _tags: dict[Stop, tuple[Stop, int, int]] = field(init=False, default_factory=dict)
    _copies: dict[tuple[Stop, int, int, str], Stop] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.days = Days(self.given)
        self._weights = self._weights_of()

    def best(self, most: int | None = None) -> Chain | None:
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

    def _cheapest(self, budget: float) -> Chain | None:
        firsts, count = list(self._firsts()), len(self.places)
        return cheapest_chain(firsts, count, self._onward, lambda stop: True, budget)

    def _fewest_moves(self, most: int) -> int | None:
        """How many visits have to change their start, at least; None if more than `most`."""
        blind = replace(self, heeds_spacing=False)
        budgets = (*(moves for moves in MOVES if moves < most), most)
        tried = (blind.moves_within(budget) for budget in budgets)
        return next((moves for moves in tried if moves is not None), None)

    def moves_within(self, most: int) -> int | None:
        """How many visits the way that costs least moves, if that is at most `most`."""
        firsts, count = list(self._firsts()), len(self.places)
        price = lowest_price(firsts, count, self._onward, most * MOVED)
        return None if price is None else price // MOVED

    def _weights_of(self) -> dict[str, int]:
        """By phase, how much its spacing weighs, that of the first one most."""
        names = list(dict.fromkeys(place.run.phase.name for place in self.places))
        powers = reversed(range(len(names)))
        return {name: PER_PHASE**power for name, power in zip(names, powers, strict=True)}

    def refusal(self, index: int, day: date) -> Finding | None:
        """Why the visit at `index` cannot be on this day, whatever the others do."""
        place = self.places[index]
        if self.offers(index, day.toordinal()):
            return None
        minutes = place.time.minutes if place.time else self.given.wanted
        slot = slot_at(place.run.kind, at(day, minutes, self.given.zone))
        return self._broken(slot, place.lenient)

    def why_stuck(self, number: int) -> tuple[list[Finding], list[tuple[date, Finding]]]:
        """Why the last place, that of visit `number`, has no stop although those before it do.

        First what the rules say in a sentence, then what refuses each of its days.
        """
        index, place = len(self.places) - 1, self.places[-1]
        gap, name = place.run.phase.gap_days, place.run.phase.name
        chain = replace(self, places=self.places[:-1]).best() if index else None
        stops = chain.stops if chain else ()
        before = stops[-1].slot if stops else self.begun.last
        own = [n for n, one in enumerate(self.places[:-1]) if one.run.phase.name == name]
        first = self.begun.firsts.get(name, stops[own[0]].day if own else None)
        begin = before.start.date() if before else self.now.astimezone(self.given.zone).date()
        days = [begin + timedelta(n) for n in range(gap.min if before else 0, gap.max + 1)]
        fixed = place.on or (place.old.start.date() if place.pinned and place.old else None)
        against = {
            day: list(self._against(index, before, first, day)) or [OVER]
            for day in ([fixed] if fixed else days)
        }
        refusals = [(day, findings[0]) for day, findings in against.items()]
        if fixed:
            reasons = against[fixed][:MOST_REASONS]
            why = "; ".join(dict.fromkeys(reason.message for reason in reasons))
            said = f"visit {number} cannot be on {day_text(fixed)}: {why}"
            rules = dict.fromkeys(reason.rule for reason in reasons)
            return [Finding(name, "broken", said, number) for name in rules], refusals
        # It could be on other days if the rule about gaps, or about the span, let it.
        everything = {finding.rule for findings in against.values() for finding in findings}
        said = f"visit {number} has no day {_span_text(days)}"
        return [
            Finding("span" if "span" in everything else "gap", "broken", said, number)
        ], refusals

    def _against(
        self, index: int, before: Slot | None, first: int | None, day: date
    ) -> Iterator[Finding]:
        """What speaks against the visit at `index` on this day, its phase having begun `first`."""
        phase = self.places[index].run.phase
        refusal = self.refusal(index, day)
        if refusal is not None:
            yield refusal
        for stop in self.offers(index, day.toordinal()):
            found = [
                rule.pair(before, stop.slot, phase, self.given) for rule in PAIR_RULES if before
            ]
            if first is not None:
                begin = date.fromordinal(first)
                concerned = (rule for rule in ENDS_RULES if rule.concerns(phase))
                found += [rule.ends(begin, day, phase, self.given) for rule in concerned]
            yield from filter(None, found)

    def offers(self, index: int, day: int) -> list[Stop]:
        """Where the visit at `index` could be on a day (`date.toordinal`)."""
        key = index, day
        if key not in self._offers:
            self._offers[key] = list(self._ask(self.places[index], day))
        return self._offers[key]

    def _ask(self, place: Place, day: int) -> Iterator[Stop]:
        kept = self._kept(place, day)
        if place.pinned:
            yield from [kept] if kept else []
            return
        if place.on is not None and day != place.on.toordinal():
            return
        found = self._free(place, date.fromordinal(day))
        if kept and not any(stop.slot.start == kept.slot.start for stop in found):
            yield kept
        for stop in found:
            if stop.slot.start.astimezone(UTC) >= self.now.astimezone(UTC):
                yield stop

    def _kept(self, place: Place, day: int) -> Stop | None:
        """The stop where the visit is, if it is on this day and may stay there."""
        if place.old is None or place.old.start.toordinal() != day:
            return None
        if place.on is not None and (day != place.on.toordinal() or place.time):
            return None
        if not place.pinned and self._broken(place.old, place.lenient | place.breach.rules):
            return None
        start = place.old.start
        return Stop(place.old, day, abs(minute_of(start) - self.given.wanted))

    def _free(self, place: Place, day: date) -> list[Stop]:
        """The stops of a day, by clock only where the phase counts hours or a time is asked."""
        by_clock = any(rule.by_clock(one.run.phase) for one in self.places for rule in PAIR_RULES)
        if not place.lenient and place.time is None:
            return self.days.stops(place.run.kind, day.toordinal(), by_clock=by_clock)
        zone, wanted = self.given.zone, self.given.wanted
        clock = self._grid(place, day)
        slots = [slot_at(place.run.kind, at(day, minutes, zone)) for minutes in clock]
        fine = [slot for slot in slots if not self._broken(slot, place.lenient)]
        found = [Stop(slot, day.toordinal(), abs(minute_of(slot.start) - wanted)) for slot in fine]
        found.sort(key=lambda stop: (stop.minutes, stop.slot.start))
        return found if by_clock else found[:1]

    def _grid(self, place: Place, day: date) -> list[int]:
        if place.time is not None:
            return [place.time.minutes]
        kind, clinic = place.run.kind, self.given.clinic
        found = starts(openings(clinic, day), kind.minutes.total, clinic.slot_minutes)
        return sorted({*found, self.given.wanted})

    def _broken(self, slot: Slot, spared: frozenset[str]) -> Finding | None:
        """What the rules about one visit have against a slot, those that are spared aside."""
        day = slot.start.date()
        by_day = (rule.day(day, self.given) for rule in DAY_RULES if rule.name not in spared)
        by_slot = (rule.slot(slot, self.given) for rule in SLOT_RULES if rule.name not in spared)
        return first_broken((*by_day, *by_slot))

    def _firsts(self) -> Iterator[tuple[int, Stop]]:
        place, last = self.places[0], self.begun.last
        if last is not None:
            before = Stop(last, last.start.toordinal(), 0)
            yield from self._steps(0, before, None, inf)
            return
        begin = self.now.astimezone(self.given.zone).date().toordinal()
        old = place.old.start.toordinal() if place.old else begin
        days = range(begin, max(begin, old) + FIRST_DAYS)
        if place.on or (place.pinned and place.old):
            days = range(old, old + 1) if place.on is None else _just(place.on)
        for day in days:
            for stop in self.offers(0, day):
                yield self._toll(place, stop), self._tagged(0, stop, None)

    def _onward(self, index: int, stop: Stop, most: float) -> Iterator[tuple[int, Stop]]:
        base, *_ = self._tags[stop]
        yield from self._steps(index, base, stop, most)

    def _steps(
        self, index: int, base: Stop, tagged: Stop | None, most: float
    ) -> Iterator[tuple[int, Stop]]:
        """The steps from the stop `base` to the visit at `index` that cost `most` at most."""
        self.given.go_on()
        place = self.places[index]
        for gap in self._gaps(place, base):
            for stop in self.offers(index, base.day + gap):
                if self._may_follow(place, base, stop):
                    following = self._tagged(index, stop, tagged, base.day)
                    price = self._toll(place, stop) + self._spacing(index, gap, following)
                    if price <= most and self._in_span(index, following):
                        yield price, following

    def _gaps(self, place: Place, base: Stop) -> Iterable[int]:
        """The days from the stop `base` after which a visit may come."""
        allowed = place.run.phase.gap_days
        usual = range(allowed.min, allowed.max + 1)
        day = place.on or (place.old.start.date() if place.old and place.pinned else None)
        if day is not None:
            return [max(day.toordinal() - base.day, 0)]
        if place.may_wait:
            return range(allowed.min, allowed.max + MOST_DAYS_MORE + 1)
        if place.old and place.breach.follows == base.slot.start:
            return sorted({*usual, max(place.old.start.toordinal() - base.day, 1)})
        return usual

    def _toll(self, place: Place, stop: Stop) -> int:
        moved = place.old is not None and stop.slot.start != place.old.start
        return MOVED if moved and place.on is None else 0

    def _spacing(self, index: int, gap: int, stop: Stop) -> int:
        place = self.places[index]
        if not self.heeds_spacing or place.anchors:
            return 0
        weight = self._weights[place.run.phase.name]
        if place.offset is None:
            return place.run.price(place.index, gap, 0) * weight
        _, anchor, _ = self._tags[stop]
        return (stop.day - anchor - place.offset) ** 2 * weight

    def _may_follow(self, place: Place, before: Stop, stop: Stop) -> bool:
        same = place.old and (before.slot.start, stop.slot.start) == (
            place.breach.follows,
            place.old.start,
        )
        spared = place.lenient | place.breach.rules if same else place.lenient
        if place.may_wait and stop.day - before.day > place.run.phase.gap_days.max:
            spared |= {"gap"}
        found = (
            rule.pair(before.slot, stop.slot, place.run.phase, self.given)
            for rule in PAIR_RULES
            if rule.name not in spared
        )
        return first_broken(found) is None

    def _tagged(
        self, index: int, stop: Stop, before: Stop | None, day_before: int | None = None
    ) -> Stop:
        """The stop with what the later ones of its phase go by: the anchor and the first day."""
        place = self.places[index]
        name = place.run.phase.name
        same = before is not None and self.places[index - 1].run.phase.name == name
        if same and before is not None:
            _, anchor, first = self._tags[before]
        else:
            first = self.begun.firsts.get(name, stop.day)
            anchor = self.begun.anchors.get(name, stop.day if day_before is None else day_before)
        if place.anchors:
            anchor = stop.day
        heeds = self.heeds_spacing and place.offset is not None
        matters = heeds, place.run.phase.span_days is not None
        key = stop, anchor if matters[0] else 0, first if matters[1] else 0, name
        if key not in self._copies:
            copy = Stop(stop.slot, stop.day, stop.minutes)
            self._copies[key] = copy
            self._tags[copy] = stop, anchor, first
        return self._copies[key]

    def _in_span(self, index: int, stop: Stop) -> bool:
        """Whether the phase may still be going on, or end, at this stop."""
        place = self.places[index]
        _, _, first = self._tags[stop]
        days = date.fromordinal(first), date.fromordinal(stop.day)
        if place.breach.last and days[1] <= place.breach.last:
            return True
        spared = place.lenient
        found = (
            rule.ends(*days, place.run.phase, self.given)
            for rule in ENDS_RULES
            if rule.name not in spared and rule.concerns(place.run.phase)
        )
        return first_broken(found) is None

    def anchor(self, stop: Stop) -> int:
        """The day (`date.toordinal`) that the pace counts from at a stop of a chain."""
        return self._tags[stop][1]


def _span_text(days: Sequence[date]) -> str:
    return f"from {day_text(days[0], year=False)} to {day_text(days[-1])}"


def _just(day: date) -> range:
    return range(day.toordinal(), day.toordinal() + 1)
