"""The courses that a disruption affects, and their displaced visits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo

from ketasched.model import Course, Misfit, Slot
from ketasched.model.holds import Hold, holds, holds_of, holds_of_companions, slots_of
from ketasched.model.occupancy import Occupancy
from ketasched.planning.misfits import misfits_of_all
from ketasched.revising.displacement import Displacement
from ketasched.rules import OCCUPANCY_NAMES
from ketasched.rules.base import PlanningContext, unlimited
from ketasched.together.disruption import Disruption
from ketasched.together.overfull import OverfullTimes, overfull_times


@dataclass(frozen=True)
class Affected:
    """A course with displaced visits, whose misfits are given, as it was `before`."""

    before: Course
    misfits: tuple[Misfit, ...]
    displacement: Displacement
    overfull: OverfullTimes

    @property
    def course(self) -> Course:
        """The course with the newer clinic."""
        return self.displacement.course

    @cached_property
    def slots(self) -> Mapping[int, Slot]:
        """The slots of the visits that take place, by number."""
        visits = (visit for visit in self.course.visits if visit.is_here)
        numbers = (visit.number for visit in visits)
        return dict(zip(numbers, slots_of(self.course), strict=True))

    @cached_property
    def kept_holds(self) -> list[Hold]:
        """What the course holds if it has no place.

        Its displaced visits take none from those that stay at an overfull time.
        """
        displaced, found = self.displacement.displaced, list[Hold]()
        for number, slot in self.slots.items():
            for hold in holds(self.course.clinic, slot):
                found += self.overfull.rest_of(hold) if number in displaced else [hold]
        return found

    def context(
        self, bookings: Occupancy, more_time: Callable[[], bool] = unlimited
    ) -> PlanningContext:
        """The context of the course beside these visits of others."""
        return PlanningContext.of(self.course, bookings, more_time)


def affected_courses(disruption: Disruption) -> list[Affected]:
    """The courses with displaced visits, in the order of the first of these, then of patients."""
    clinic, days = disruption.clinic, disruption.days
    now = disruption.at.astimezone(ZoneInfo(clinic.timezone))
    newer = [replace(course, clinic=clinic) for course in disruption.courses]
    everybody = Occupancy(one for course in newer for one in holds_of(course))
    overfull, misfits = overfull_times(clinic, everybody), misfits_of_all(newer, clinic)
    found = []
    for before, course in zip(disruption.courses, newer, strict=True):
        moment = max(now, before.history[-1].at) if before.history else now
        unfit = (one for one in misfits[course.course_id] if not one.companion)
        ahead = [one for one in unfit if one.start > moment]
        own = tuple(
            one for one in ahead if not days or any(one.start.date() in some for some in days)
        )
        if own and course.patient not in disruption.excepted:
            crowded = frozenset(one.visit for one in own if one.rule in OCCUPANCY_NAMES)
            displaced = frozenset(one.visit for one in own)
            pinned = frozenset(one.visit for one in ahead) - displaced
            displacement = Displacement(
                course, moment.astimezone(now.tzinfo), displaced - crowded, crowded, pinned
            )
            found.append(Affected(before, own, displacement, overfull))
    return sorted(found, key=lambda one: (one.misfits[0].start.timestamp(), one.course.patient))


def bookings_of_others(disruption: Disruption, affected: Sequence[Affected]) -> Occupancy:
    """What stays as it is, held of the clinic as it is now.

    These are the courses that are not affected, and the companions of those that are: a companion
    moves after its visit, beside all that is booked then.
    """
    known = {one.before.course_id: one.course for one in affected}
    others = (course for course in disruption.courses if course.course_id not in known)
    newer = (replace(course, clinic=disruption.clinic) for course in others)
    found = Occupancy(hold for course in newer for hold in holds_of(course))
    found.add(hold for course in known.values() for hold in holds_of_companions(course))
    return found
