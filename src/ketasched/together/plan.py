"""together: many patients on one clinic's chairs, planned as one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import Clinic, Course
from ketasched.model.wall_clock import minute_of
from ketasched.planning.cadence import phase_plans_for
from ketasched.planning.planner import choose_slots_at, course_of, plan
from ketasched.planning.search import Search
from ketasched.planning.shortest_path import Candidate
from ketasched.rules.base import NO_BOOKINGS, Bookings, PlanningContext
from ketasched.together.occupancy import Table, slots_of, table_of
from ketasched.together.records import NOTHING, Asked, Together, Waits, Worth

if TYPE_CHECKING:
    from ketasched.together.solve import Solution

LATER = timedelta(weeks=26)
"""How far after the asked start a first visit is looked for, for those who wait."""

Seated = dict[int, Course]
"""The courses of those who are seated, by the number of the patient."""


def together(
    asked: Sequence[Asked],
    clinic: Clinic,
    *,
    made_at: datetime,
    bookings: Bookings = NO_BOOKINGS,
    limit: float = 60,
    seed: int = 1,
) -> Together:
    """The best plan for all who ask, on the chairs that `bookings` leave:

    the most patients, weighted by priority; the fewest days in sum from the asked starts to the
    first visits; the best spacing in sum. It is never worse than planning them in this order, one
    by one. `limit` is in seconds of a usual machine: effort is counted and not measured, so that
    the same input and `seed` give the same plan. Raises `BadRequest` where the extra is missing.
    """
    room = _Room(asked, clinic, made_at, bookings)
    refused, alone = room.alone()
    if not clinic.counts_visits:
        worth = room.worth(alone)
        return Together(room.outcomes(alone, refused), worth, worth, worth)
    in_order = room.in_order(alone)
    seated = in_order
    found = room.jointly(list(alone), in_order, limit, seed)
    if found.worth.order < room.worth(in_order).order:
        chosen = zip(alone, found.candidates, strict=True)
        jointly = room.seated(
            {number: candidates for number, candidates in chosen if candidates}, alone
        )
        seated = min(in_order, jointly, key=lambda one: room.worth(one).order)
    worth = room.worth(seated)
    bound = min(found.bound, worth, key=lambda one: one.order)
    return Together(room.outcomes(seated, refused), worth, bound, room.worth(in_order))


@dataclass(frozen=True, slots=True)
class _Room:
    """The clinic, who asks, and what is booked already."""

    asked: Sequence[Asked]
    clinic: Clinic
    made_at: datetime
    bookings: Bookings

    def planned(self, number: int, bookings: Bookings) -> Course:
        """The best course of patient `number` beside these bookings."""
        one = self.asked[number]
        return plan(
            one.protocol,
            self.clinic,
            one.request,
            made_at=self.made_at,
            course_id=one.course_id,
            bookings=bookings,
        )

    def alone(self) -> tuple[dict[int, BadRequest | NoPlan], Seated]:
        """Whom the rules refuse even without the others, and the courses of all others."""
        refused: dict[int, BadRequest | NoPlan] = {}
        alone: Seated = {}
        for number in range(len(self.asked)):
            try:
                alone[number] = self.planned(number, self.bookings)
            except (BadRequest, NoPlan) as error:
                refused[number] = error
        return refused, alone

    def in_order(self, numbers: Iterable[int]) -> Seated:
        """Those who find room one by one, in row order."""
        table, seated = table_of(self.bookings), Seated()
        for number in numbers:
            self._seat(table, seated, number)
        return seated

    def jointly(
        self, numbers: Sequence[int], known: Seated, limit: float, seed: int
    ) -> "Solution":
        """The plan of these patients as one, from a known one on."""
        searches = [self._search(number, self.bookings) for number in numbers]
        priorities = [self.asked[number].priority for number in numbers]
        courses = {
            patient: (self.worth_of(number, known[number]), list(slots_of(known[number])))
            for patient, number in enumerate(numbers)
            if number in known
        }
        return _solver()(
            searches, priorities, self.clinic, self.bookings, courses, limit=limit, seed=seed
        )

    def seated(self, chosen: Mapping[int, Sequence[Candidate]], numbers: Iterable[int]) -> Seated:
        """The courses of those with these stops, each planned again beside the others where that
        is no worse: at the times that they want.

        Then, in order, who of all `numbers` has no course yet is seated where there is room after
        all: who waited, and whose stops break a rule that only `plan` knows.
        """
        table, seated = table_of(self.bookings), Seated()
        for number, candidates in chosen.items():
            table.sit(number, (candidate.slot for candidate in candidates))
        for number, candidates in chosen.items():
            table.rise(number)
            if course := self._again(number, candidates, table.taken):
                table.seat(number, course)
                seated[number] = course
        for number in numbers:
            if number not in seated:
                self._seat(table, seated, number)
        return seated

    def _again(
        self, number: int, candidates: Sequence[Candidate], bookings: Bookings
    ) -> Course | None:
        """The course planned beside these bookings, or that of these stops if it is better.

        None where a rule speaks against the stops: the prices know chairs, and no other rule about
        who else comes.
        """
        own = self._worth(number, [candidate.day for candidate in candidates])
        with suppress(NoPlan):
            course = self.planned(number, bookings)
            if self.worth_of(number, course).order <= own.order:
                return course
        context = self._given(number, bookings)
        starts = [
            (candidate.slot.start.date(), minute_of(candidate.slot.start))
            for candidate in candidates
        ]
        decided = choose_slots_at(context, starts)
        course_id = self.asked[number].course_id
        return course_of(decided, context, course_id=course_id) if decided else None

    def outcomes(
        self, seated: Seated, refused: dict[int, BadRequest | NoPlan]
    ) -> tuple[Course | Waits, ...]:
        """For each who asked, in order, their course or why they wait."""
        table = table_of(self.bookings)
        for number, course in seated.items():
            table.seat(number, course)
        return tuple(
            seated[number]
            if number in seated
            else self._waits(number, table.taken, refused.get(number))
            for number in range(len(self.asked))
        )

    def worth(self, seated: Seated) -> Worth:
        """What these courses are worth in sum."""
        return sum((self.worth_of(*one) for one in seated.items()), NOTHING)

    def worth_of(self, number: int, course: Course) -> Worth:
        """What the course of patient `number` is worth."""
        return self._worth(number, [visit.start.toordinal() for visit in course.visits])

    def _worth(self, number: int, days: Sequence[int]) -> Worth:
        """What visits of patient `number` on these days (`date.toordinal`) are worth."""
        one = self.asked[number]
        spacing, done = 0, 0
        for phase_plan in phase_plans_for(one.protocol, self.clinic, one.request):
            anchor = days[done - 1] if done else days[0]
            for index, day in enumerate(days[done : done + phase_plan.count]):
                if done + index:
                    spacing += phase_plan.cost(index, day - days[done + index - 1], day - anchor)
            done += phase_plan.count
        return Worth(one.priority, days[0] - one.request.start.toordinal(), spacing)

    def _seat(self, table: Table, seated: Seated, number: int) -> None:
        """Seat a patient, if there is room."""
        try:
            course = self.planned(number, table.taken)
        except (BadRequest, NoPlan):
            return
        table.seat(number, course)
        seated[number] = course

    def _waits(self, number: int, taken: Bookings, refused: BadRequest | NoPlan | None) -> Waits:
        """Why a patient waits, and when there would be room."""
        reason = refused or self._refusal(number, taken)
        one = self.asked[number]
        later = replace(
            one.request,
            latest_start=one.request.start + LATER,
            busy=one.busy or one.request.busy,
        )
        try:
            course = plan(one.protocol, self.clinic, later, made_at=self.made_at, bookings=taken)
        except (BadRequest, NoPlan):
            return Waits(reason)
        return Waits(reason, course.visits[0].start.date())

    def _refusal(self, number: int, bookings: Bookings) -> NoPlan:
        """Why a patient has no room beside these bookings."""
        try:
            self.planned(number, bookings)
        except NoPlan as error:
            return error
        raise AssertionError("who has room is seated")

    def _search(self, number: int, bookings: Bookings) -> Search:
        context = self._given(number, bookings)
        return Search(context, phase_plans_for(context.protocol, context.clinic, context.request))

    def _given(self, number: int, bookings: Bookings) -> PlanningContext:
        one = self.asked[number]
        return PlanningContext(one.protocol, self.clinic, one.request, self.made_at, bookings)


def refuse_without_extra() -> None:
    """Raise `BadRequest` where the extra is missing."""
    _solver()


def _solver() -> "Callable[..., Solution]":
    """What finds the joint plan. Raises `BadRequest` where the extra is missing."""
    try:
        # Imported here because only who plans many as one has it, and it takes a second to load.
        from ketasched.together.solve import solve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] not in ("ortools", "numpy"):
            raise
        said = "needs the extra that brings OR-tools"
        step = "pip install 'ketasched[together]'"
        raise BadRequest("together", said, next_step=step) from None
    return solve
