"""together: plan many patients on the chairs of one clinic jointly."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import Clinic, Course
from ketasched.model.holds import holds_of, holds_of_slots, slots_of
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import minute_of_day
from ketasched.planning.planner import choose_slots, choose_slots_at, course_of
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.planning.spacing_cost import PhasePlan, decided_phases, phase_plans_for
from ketasched.rules.base import NO_BOOKINGS, PlanningContext
from ketasched.together.capacity import SlotClasses, unit_capacity
from ketasched.together.layered_graph import GraphBuilder, Value
from ketasched.together.records import ZERO, Demand, JointPlan, ObjectiveValue, Unscheduled

if TYPE_CHECKING:
    from ketasched.together.solve import Solution

LATER = timedelta(weeks=26)
"""How far after the asked start a later start is looked for, for unscheduled patients."""

Courses = dict[int, Course]
"""The courses of the patients who are scheduled, by the number of the demand."""


def together(
    asked: Sequence[Demand],
    clinic: Clinic,
    *,
    made_at: datetime,
    bookings: Occupancy = NO_BOOKINGS,
    limit: float = 60,
    seed: int = 1,
) -> JointPlan:
    """The best plan for all demands beside the `bookings`.

    The objectives, in order: the most patients, weighted by priority; the fewest days in sum from
    the asked starts to the first visits; the best spacing in sum. Visits that are pencilled in
    after the last decided phase count for none of them: they are planned last, in the order of the
    demands. The plan is never worse than planning the demands one by one in their order. `limit`
    is in seconds of a usual machine: effort is counted, not measured, so that the same input and
    `seed` give the same plan. Raises `BadRequest` if the extra `together` is not installed.
    """
    planner = _Planner(asked, clinic, made_at, bookings)
    alone, refusals = planner.plan_alone()
    if not clinic.counts_visits:
        objective = planner.objective(alone)
        return JointPlan(planner.outcomes(alone, refusals), objective, objective, objective)
    best = one_by_one = planner.plan_in_order(alone)
    solution = planner.solve(alone, one_by_one, limit, seed)
    if _objective_of(solution.value).order < planner.objective(one_by_one).order:
        numbered = zip(alone, solution.candidates, strict=True)
        solved = planner.realise({number: chosen for number, chosen in numbered if chosen}, alone)
        best = min(one_by_one, solved, key=lambda courses: planner.objective(courses).order)
    objective = planner.objective(best)
    return JointPlan(
        planner.outcomes(best, refusals),
        objective,
        min(_objective_of(solution.bound), objective, key=lambda one: one.order),
        planner.objective(one_by_one),
    )


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans demands of one clinic; a patient is known by the number of the demand."""

    demands: Sequence[Demand]
    clinic: Clinic
    made_at: datetime
    bookings: Occupancy

    def plan_beside(self, number: int, occupancy: Occupancy) -> Course:
        """The best course of a patient beside other visits. Raises `BadRequest`, `NoPlan`."""
        context = self._context(number, occupancy)
        chosen, course_id = choose_slots(context), self.demands[number].course_id
        return course_of(chosen, context, course_id=course_id)

    def plan_alone(self) -> tuple[Courses, dict[int, BadRequest | NoPlan]]:
        """The course of each patient without the other patients, or the refusal."""
        courses: Courses = {}
        refusals: dict[int, BadRequest | NoPlan] = {}
        for number in range(len(self.demands)):
            try:
                courses[number] = self.plan_beside(number, self.bookings)
            except (BadRequest, NoPlan) as error:
                refusals[number] = error
        return courses, refusals

    def plan_in_order(self, numbers: Iterable[int]) -> Courses:
        """The courses of the patients who find room one by one, in this order."""
        occupancy, courses = Occupancy(self.bookings), Courses()
        for number in numbers:
            self._add_if_possible(occupancy, courses, number)
        return courses

    def solve(self, alone: Courses, known: Courses, limit: float, seed: int) -> "Solution":
        """The joint solution for the patients with a course `alone`, which is no worse than the
        `known` courses.

        Phases that are pencilled in before a decided one have as many visits as they have alone.
        """
        plans = [self._decided_plans(number, course) for number, course in alone.items()]
        searches = [
            Search(self._context(number, self.bookings), own)
            for number, own in zip(alone, plans, strict=True)
        ]
        slot_classes: SlotClasses = {}
        graphs = [
            GraphBuilder(search, slot_classes).build(self.demands[number].priority)
            for number, search in zip(alone, searches, strict=True)
        ]
        warm_start = {
            patient: (
                _value_of(self.objective_of(number, known[number])),
                list(slots_of(known[number]))[: sum(one.count for one in plans[patient])],
            )
            for patient, number in enumerate(alone)
            if number in known and self._decided_plans(number, known[number]) == plans[patient]
        }
        capacity = unit_capacity(self.clinic, self.bookings, slot_classes)
        return solver()(graphs, capacity, warm_start, costs=2, limit=limit, seed=seed)

    def realise(self, chosen: Mapping[int, Sequence[Candidate]], alone: Courses) -> Courses:
        """The courses at the chosen candidates, each planned again beside the others.

        Planning again finds the times that the patients want. Then each patient of `alone`
        without a course gets one if there is room after all: the unscheduled ones, and those whose
        candidates break a rule that the solver does not know.
        """
        occupancy, courses = Occupancy(self.bookings), Courses()
        held = {
            number: holds_of_slots(self.clinic, (candidate.slot for candidate in candidates))
            for number, candidates in chosen.items()
        }
        for own in held.values():
            occupancy.add(own)
        for number, candidates in chosen.items():
            occupancy.remove(held[number])
            plans = self._decided_plans(number, alone[number])
            if course := self._plan_again(number, plans, candidates, occupancy):
                occupancy.add(holds_of(course))
                courses[number] = course
        for number in alone:
            if number not in courses:
                self._add_if_possible(occupancy, courses, number)
        return courses

    def _plan_again(
        self,
        number: int,
        phase_plans: Sequence[PhasePlan],
        candidates: Sequence[Candidate],
        occupancy: Occupancy,
    ) -> Course | None:
        """The best course beside other visits, or the one at these candidates if it is better.

        None if a rule refuses the candidates: the solver knows the chairs, and no other rule about
        other patients.
        """
        days = [candidate.day for candidate in candidates]
        chosen = self._objective(number, phase_plans, days)
        with suppress(NoPlan):
            course = self.plan_beside(number, occupancy)
            if self.objective_of(number, course).order <= chosen.order:
                return course
        context = self._context(number, occupancy)
        starts = [(one.slot.start.date(), minute_of_day(one.slot.start)) for one in candidates]
        slots = choose_slots_at(context, starts, pencils_in=True)
        course_id = self.demands[number].course_id
        return course_of(slots, context, course_id=course_id) if slots else None

    def outcomes(
        self, courses: Courses, refusals: Mapping[int, BadRequest | NoPlan]
    ) -> tuple[Course | Unscheduled, ...]:
        """For each demand, in order, the course, or why the patient is not scheduled."""
        occupancy = Occupancy(self.bookings)
        for course in courses.values():
            occupancy.add(holds_of(course))
        return tuple(
            courses.get(number) or self._unscheduled(number, occupancy, refusals.get(number))
            for number in range(len(self.demands))
        )

    def objective(self, courses: Courses) -> ObjectiveValue:
        """The objective value of these courses in sum."""
        return sum((self.objective_of(*numbered) for numbered in courses.items()), ZERO)

    def objective_of(self, number: int, course: Course) -> ObjectiveValue:
        """The objective value of one course."""
        days = [visit.start.toordinal() for visit in course.visits if not visit.elsewhere]
        return self._objective(number, self._decided_plans(number, course), days)

    def _decided_plans(self, number: int, course: Course) -> list[PhasePlan]:
        """The plans of the phases up to the last decided one, with the visits of `course`."""
        demand = self.demands[number]
        phase_plans = phase_plans_for(demand.protocol, self.clinic, demand.request)
        counts = Counter(visit.phase for visit in course.visits if not visit.elsewhere)
        return [
            phase_plan.with_count(counts[phase_plan.phase.name])
            for phase_plan in phase_plans[: decided_phases(phase_plans)]
            if counts[phase_plan.phase.name]
        ]

    def _objective(
        self, number: int, phase_plans: Sequence[PhasePlan], days: Sequence[int]
    ) -> ObjectiveValue:
        """The objective value of visits on these days (`date.toordinal`)."""
        demand = self.demands[number]
        spacing, before, left = 0, 0, iter(days)
        for phase_plan in phase_plans:
            anchor = before or days[0]
            for index, day in enumerate(islice(left, phase_plan.count)):
                spacing += phase_plan.cost(index, day - before, day - anchor) if before else 0
                before = day
        delay = days[0] - demand.request.start.toordinal()
        return ObjectiveValue(demand.priority, delay, spacing)

    def _add_if_possible(self, occupancy: Occupancy, courses: Courses, number: int) -> None:
        """Add the course of a patient, if there is room."""
        with suppress(BadRequest, NoPlan):
            courses[number] = course = self.plan_beside(number, occupancy)
            occupancy.add(holds_of(course))

    def _unscheduled(
        self, number: int, occupancy: Occupancy, refusal: BadRequest | NoPlan | None
    ) -> Unscheduled:
        """Why a patient is not scheduled, and when there is room."""
        demand = self.demands[number]
        try:
            self.plan_beside(number, occupancy)
        except (BadRequest, NoPlan) as error:
            refusal = refusal or error
        assert refusal is not None  # noqa: S101 - a patient with room has a course
        later = replace(
            demand.request,
            latest_start=demand.request.start + LATER,
            busy=demand.busy or demand.request.busy,
        )
        try:
            moved = replace(self._context(number, occupancy), request=later)
            first = choose_slots(moved).slots[0][0]
        except (BadRequest, NoPlan):
            return Unscheduled(refusal)
        return Unscheduled(refusal, first.start.date())

    def _context(self, number: int, occupancy: Occupancy) -> PlanningContext:
        one = self.demands[number]
        return PlanningContext(one.protocol, self.clinic, one.request, self.made_at, occupancy)


def _value_of(objective: ObjectiveValue) -> Value:
    return Value(objective.seated, (objective.delay, objective.spacing))


def _objective_of(value: Value) -> ObjectiveValue:
    return ObjectiveValue(value.seated, *(value.costs or (0, 0)))


def refuse_without_extra() -> None:
    """Raise `BadRequest` if the extra `together` is not installed."""
    solver()


def solver() -> "Callable[..., Solution]":
    """The function `solve`. Raises `BadRequest` if the extra `together` is not installed."""
    try:
        # Imported late: OR-tools is an extra, and takes a second to load.
        from ketasched.together.solve import solve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] not in ("ortools", "numpy"):
            raise
        said = "planning many courses as one needs the extra that brings OR-tools"
        step = "pip install 'ketasched[together]'"
        raise BadRequest("verb", said, next_step=step) from None
    return solve
