"""reschedule: new places, planned as one, for all visits that do not fit their clinic any more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations
from typing import TypeVar

from ketasched.errors import NoPlan
from ketasched.model import WAIVABLE, Change, Course, DisruptionValue, NewStart, Waivable
from ketasched.model.holds import holds_of, holds_of_companions, holds_of_slots
from ketasched.model.occupancy import Occupancy
from ketasched.revising.revise import revise
from ketasched.rules.base import PlanningContext, unlimited
from ketasched.together.affected import Affected, affected_courses, bookings_of_others
from ketasched.together.capacity import SlotClasses, unit_capacity
from ketasched.together.disruption import Disruption, NotPlaced, Proposal, Rescheduled
from ketasched.together.layered_graph import PatientGraph, Value, sum_of
from ketasched.together.plan import refuse_without_extra, solver
from ketasched.together.seating import CourseGraph, Place, Seating

Rule = TypeVar("Rule", bound=str)

Places = dict[int, Place]
"""The places of the courses that are kept, by the number of the course."""


def reschedule(
    disruption: Disruption,
    *,
    why: str = "",
    by: str = "",
    limit: float = 60,
    seed: int = 1,
    more_time: Callable[[], bool] = unlimited,
) -> Proposal:
    """The best way to give every displaced visit another place, without moving other courses.

    The objectives, in order: the most courses kept, with a place for all their displaced visits;
    the fewest days by which overridden rules are broken; the fewest visits moved; the fewest days
    later in sum; the best spacing. Then each course, beside the others, has the fewest weekdays
    and the fewest minutes from the old times. A booster that has no day is left out. A visit moves
    to one of the next few days on which it could be, or around its old day. The proposal is never
    worse than one course after another. `limit` is in seconds of a usual machine: effort is
    counted, not measured, so that the same input and `seed` give the same proposal. Raises
    `BadRequest` if the extra `together` is not installed, and `OutOfTime` once there is no
    `more_time`.
    """
    refuse_without_extra()
    planner = _Planner(disruption, affected_courses(disruption), more_time)
    places, bound = planner.solve(limit, seed)
    rescheduled = planner.revised(places, why, by)
    while planner.refused.keys() & places.keys():
        places, _ = planner.solve(limit, seed)
        rescheduled = planner.revised(places, why, by)
    objective = planner.value(places)
    return Proposal(
        tuple(rescheduled),
        tuple(planner.not_placed(places)),
        objective,
        min(bound, objective, key=lambda one: one.order),
    )


class _Planner:
    """Plans the courses of a disruption; a course is known by its number."""

    def __init__(
        self, disruption: Disruption, affected: Sequence[Affected], more_time: Callable[[], bool]
    ) -> None:
        self.disruption, self.affected, self.more_time = disruption, affected, more_time
        self.others = bookings_of_others(disruption, affected)
        self.slot_classes: SlotClasses = {}
        # Whoever is not displaced may move away, but nobody moves to a time that is overfull.
        bookings = Occupancy(self.others)
        for one in affected[:1]:
            bookings.add(one.overfull.barriers())
        self.graphs = [self._graph(one, bookings) for one in affected]
        self.refused: dict[int, NoPlan] = {}
        """The courses that a rule refuses about which the graphs know nothing."""

    def _graph(self, affected: Affected, bookings: Occupancy) -> CourseGraph:
        """The graph of a course, without its last boosters if there is no day for them."""
        context = PlanningContext.of(affected.course, bookings, self.more_time)
        boosters = affected.boosters
        for count in range(len(boosters) + 1):
            left_out = boosters[:count]
            graph = affected.graph(
                context,
                self.disruption.overrides,
                slot_classes=self.slot_classes,
                may_stay=affected.crowded,
                without=left_out,
            )
            if layers := graph.layers():
                return CourseGraph(affected, graph, layers, left_out)
        return CourseGraph(affected, graph, ())

    def seating(self, places: Places) -> Seating:
        """Who sits when with these places."""
        seating = Seating(self.others, self.affected)
        for number, place in places.items():
            graph = self.graphs[number]
            seating.remove(graph.holds_at(None))
            seating.add(graph.holds_at(place))
        return seating

    def improve(self, places: Places) -> Places:
        """The best place of one course after the other, beside the others and their places."""
        found, seating = dict(places), self.seating(places)
        for number, graph in enumerate(self.graphs):
            place = found.get(number)
            seating.remove(graph.holds_at(place))
            place = seating.best_place(graph) or place
            seating.add(graph.holds_at(place))
            if place:
                found[number] = place
        return found

    def solve(self, limit: float, seed: int) -> tuple[Places, DisruptionValue]:
        """The best places found, no worse than one after the other, and the bound."""
        known = self.improve({})
        if not (self.disruption.clinic.counts_visits and any(one.layers for one in self.graphs)):
            return known, self.value(known)
        numbers = [number for number, one in enumerate(self.graphs) if one.layers]
        graphs = [self._patient_graph(self.graphs[number]) for number in numbers]
        others, staying = Occupancy(self.others), Occupancy()
        for graph in self.graphs:
            (staying if graph.layers else others).add(graph.holds_at(None))
        capacity = unit_capacity(self.disruption.clinic, others, self.slot_classes, staying)
        warm_start = {
            patient: (Value(1, known[number].costs), known[number].slots)
            for patient, number in enumerate(numbers)
            if number in known
        }
        solution = solver()(graphs, capacity, warm_start, costs=4, limit=limit, seed=seed)
        places = {
            number: Place(tuple(one.slot for one in chosen), ())
            for number, chosen in zip(numbers, solution.candidates, strict=True)
            if chosen
        }
        found = min(self.improve(places), known, key=lambda one: self.value(one).order)
        return found, _disruption_value(solution.bound)

    def _patient_graph(self, graph: CourseGraph) -> PatientGraph:
        """The graph for the solver; without a place the course keeps chairs, too."""
        now = graph.affected.now.timestamp()
        kept = [one for one in graph.holds_at(None) if one.begin > now]
        stays = (self.slot_classes.setdefault(((one,),), len(self.slot_classes)) for one in kept)
        return PatientGraph(graph.layers, 1, graph.graph.offered, tuple(stays))

    def value(self, places: Places) -> DisruptionValue:
        """The objective value of these places."""
        return _disruption_value(sum_of(Value(1, place.costs) for place in places.values()))

    def revised(self, places: Places, why: str, by: str) -> list[Rescheduled]:
        """The courses that change, each revised beside all others at their places.

        A course that is refused has no place from now on, so that the others are planned again.
        """
        taken, found = self._taken(places), []
        for number, place in sorted(places.items()):
            graph = self.graphs[number]
            if starts := graph.new_starts(place):
                own = [*graph.holds_at(place), *holds_of_companions(graph.affected.course)]
                taken.remove(own)
                try:
                    after = self._revise(graph.affected, starts, taken, why, by)
                except NoPlan as error:
                    self.refused[number] = error
                    self.graphs[number] = replace(graph, layers=())
                    taken.add(own)
                    continue
                taken.add(holds_of(after))
                displaced = tuple(one.visit for one in graph.affected.misfits)
                found.append(Rescheduled(graph.affected.before, after, displaced))
        return found

    def _taken(self, places: Places) -> Occupancy:
        """All visits with these places; what has none is where it was."""
        taken = Occupancy(self.others)
        for number, graph in enumerate(self.graphs):
            place = places.get(number)
            slots = graph.slots_at(place) if place else graph.affected.slots
            taken.add(holds_of_slots(self.disruption.clinic, slots.values()))
        return taken

    def _revise(
        self,
        affected: Affected,
        starts: tuple[NewStart, ...],
        bookings: Occupancy,
        why: str,
        by: str,
    ) -> Course:
        """The next revision of a course, which overrides as few rules as possible."""
        *fewer, most = _subsets(self.disruption.overrides)
        for overrides in (*fewer, most):
            change = Change("reschedule", starts=starts, overrides=overrides)
            try:
                return revise(
                    affected.before,
                    change,
                    at=self.disruption.at,
                    why=why,
                    by=by,
                    clinic=self.disruption.clinic,
                    bookings=bookings,
                    more_time=self.more_time,
                )
            except NoPlan:
                if overrides == most:
                    raise
        raise AssertionError("the last subset returns or raises")

    def not_placed(self, places: Places) -> Iterator[NotPlaced]:
        """The courses without a place, each with the reason, and what would give it one."""
        seating = self.seating(places)
        for number, graph in enumerate(self.graphs):
            if number not in places:
                affected = graph.affected
                seating.remove(graph.holds_at(None))
                context = PlanningContext.of(affected.course, seating.moving, self.more_time)
                reason = self.refused.get(number) or affected.refusal(context)
                overrides = (
                    () if number in self.refused else self._helpful_overrides(affected, context)
                )
                seating.add(graph.holds_at(None))
                yield NotPlaced(affected.before, affected.misfits, reason, overrides)

    def _helpful_overrides(
        self, affected: Affected, context: PlanningContext
    ) -> tuple[Waivable, ...]:
        """The smallest set of rules without which the course has a place; () if there is none."""
        for overrides in _subsets(WAIVABLE):
            if set(overrides) > set(self.disruption.overrides):
                graph = affected.graph(
                    context, overrides, slot_classes={}, without=affected.boosters
                )
                graph = replace(graph, other_starts=False)
                if graph.fewest_moves(len(graph.domains)) is not None:
                    return overrides
        return ()


def _subsets(rules: Sequence[Rule]) -> Iterator[tuple[Rule, ...]]:
    """The subsets of the rules, the smallest first."""
    return chain.from_iterable(combinations(rules, size) for size in range(len(rules) + 1))


def _disruption_value(value: Value) -> DisruptionValue:
    excess, moved, delay, spacing = value.costs or (0, 0, 0, 0)
    return DisruptionValue(value.seated, excess, moved, delay, spacing)
