"""The courses that a disruption affects, their displaced visits, and the times that are overfull.

At an overfull time visits hold more of a unit, such as a chair, than the clinic now has. Nobody
moves to such a time. A visit that has to leave one, but has no other place, takes nothing there
from those that stay.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import pairwise, repeat
from zoneinfo import ZoneInfo

from ketasched.errors import NoPlan
from ketasched.model import Clinic, Course, Misfit, Slot
from ketasched.model.holds import Hold, holds, holds_of, holds_of_companions, slots_of
from ketasched.model.occupancy import Occupancy
from ketasched.model.unit_limits import limit_at, limit_instants
from ketasched.planning.misfits import misfits_of_all
from ketasched.revising.intents import (
    Draft,
    VisitDomain,
    is_pencilled,
    left_out,
    unchanged_intents,
)
from ketasched.revising.least_moves import SINGLE_VISIT_RULES
from ketasched.revising.placement import explain_no_sequence, rescheduler_of
from ketasched.rules import OCCUPANCY_NAMES, Gap, Span
from ketasched.rules.base import PlanningContext
from ketasched.together.capacity import SlotClasses
from ketasched.together.disruption import Disruption
from ketasched.together.rescheduling_graph import ReschedulingGraph


@dataclass(frozen=True, slots=True)
class OverfullTimes:
    """The spans, each of a unit, during which too many visits hold that unit."""

    clinic: Clinic
    spans: tuple[Hold, ...]

    def barriers(self) -> Iterator[Hold]:
        """Holds that, as bookings, keep everybody from moving to an overfull time."""
        for span in self.spans:
            yield from repeat(span, limit_at(self.clinic, span.unit, span.begin))

    def touches(self, slot: Slot) -> bool:
        """Whether a slot is at an overfull time, at least in part."""
        return any(
            _overlap(span, hold) for hold in holds(self.clinic, slot) for span in self.spans
        )

    def rest_of(self, hold: Hold) -> Iterator[Hold]:
        """The parts of a hold that are not overfull."""
        begin = hold.begin
        for span in self.spans:
            if _overlap(span, hold):
                if begin < span.begin:
                    yield hold._replace(begin=begin, end=span.begin)
                begin = span.end
        if begin < hold.end:
            yield hold._replace(begin=begin)


def _overlap(one: Hold, other: Hold) -> bool:
    return one.unit == other.unit and one.begin < other.end and other.begin < one.end


def overfull_times(clinic: Clinic, everybody: Occupancy) -> OverfullTimes:
    """The overfull times of a clinic at which these visits are booked."""
    edges: dict[str, set[float]] = {}
    for hold in everybody:
        edges.setdefault(hold.unit, set()).update((*limit_instants(clinic, hold), hold.end))
    spans = (
        Hold(unit, begin, end)
        for unit, instants in edges.items()
        for begin, end in pairwise(sorted(instants))
        if everybody.at(unit, begin) > limit_at(clinic, unit, begin)
    )
    return OverfullTimes(clinic, tuple(spans))


@dataclass(frozen=True)
class Affected:
    """A course with displaced visits, at the moment `now` (local), as it was `before`.

    `course` has the newer clinic, `misfits` are those of the displaced visits. Of these the
    `crowded` ones stay if there is a chair for them, the others have to move; all move freely.
    Visits that are `pinned` (by number) stay as they are.
    """

    before: Course
    course: Course
    now: datetime
    misfits: tuple[Misfit, ...]
    pinned: frozenset[int]
    overfull: OverfullTimes

    @cached_property
    def displaced(self) -> frozenset[int]:
        """The numbers of the visits that have to move, or may have to."""
        return frozenset(one.visit for one in self.misfits)

    @cached_property
    def crowded(self) -> frozenset[int]:
        """The numbers of the visits that have to move unless there is a chair for them."""
        return frozenset(one.visit for one in self.misfits if one.rule in OCCUPANCY_NAMES)

    @property
    def boosters(self) -> tuple[int, ...]:
        """The numbers of the boosters to come that can be left out, the last one first.

        One visit to come stays.
        """
        intents = (one for one in unchanged_intents(self.course, self.now) if not one.pinned)
        ahead = [one.visit for one in intents if one.visit.is_here][::-1]
        found = [one.number for one in ahead if is_pencilled(self.course, one)]
        return tuple(one for one in found[: len(ahead) - 1] if one not in self.pinned)

    @cached_property
    def slots(self) -> Mapping[int, Slot]:
        """The slots of the visits that take place, by number."""
        numbers = (visit.number for visit in self.course.visits if visit.is_here)
        return dict(zip(numbers, slots_of(self.course), strict=True))

    @cached_property
    def kept_holds(self) -> list[Hold]:
        """What the course holds if it has no place.

        Its displaced visits take none from those that stay at an overfull time.
        """
        found = list[Hold]()
        for number, slot in self.slots.items():
            for hold in holds(self.course.clinic, slot):
                found += self.overfull.rest_of(hold) if number in self.displaced else [hold]
        return found

    def graph(
        self,
        context: PlanningContext,
        overrides: Collection[str] = (),
        *,
        slot_classes: SlotClasses,
        may_stay: Collection[int] = (),
        without: Collection[int] = (),
    ) -> ReschedulingGraph:
        """The graph of all visits to come `without` some.

        Of the crowded visits those that `may_stay` have their current slot. What a visit breaks
        by itself is no reason to move it, unless it is displaced.
        """
        draft = self._draft(overrides, may_stay, without)
        plain = rescheduler_of(self.course, context, draft, self.now)
        domains = [_with_current_slot(domain) for domain in plain.domains]
        return ReschedulingGraph(
            context, domains, plain.prefix, plain.now, plain.not_before, slot_classes=slot_classes
        )

    def _draft(
        self, overrides: Collection[str], may_stay: Collection[int], without: Collection[int]
    ) -> Draft:
        waived, may_wait = frozenset(overrides) & {Span.name}, Gap.name in overrides
        intents = []
        for intent in unchanged_intents(self.course, self.now):
            number = intent.visit.number
            wanted = replace(
                intent,
                pinned=intent.pinned or number in self.pinned,
                free=number in self.displaced.difference(may_stay),
                moves_freely=number in self.displaced,
                waived=waived,
                may_wait=may_wait,
            )
            intents.append(left_out(intent.visit) if number in without else wanted)
        return Draft(tuple(intents), self.course.companions)

    def refusal(self, context: PlanningContext) -> NoPlan:
        """Why the visits have no other place, day by day."""
        graph = self.graph(context, slot_classes={}, without=self.boosters)
        findings, refusals = explain_no_sequence(graph)
        return NoPlan(
            "no way to reschedule it keeps every rule", findings=findings, refusals=refusals
        )


def _with_current_slot(domain: VisitDomain) -> VisitDomain:
    """The domain of a visit that keeps its current slot, whatever a rule about one visit says."""
    rules = domain.violation.rules | SINGLE_VISIT_RULES
    return replace(domain, violation=replace(domain.violation, rules=rules))


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
            pinned = frozenset(one.visit for one in ahead) - {one.visit for one in own}
            moment = moment.astimezone(now.tzinfo)
            found.append(Affected(before, course, moment, own, pinned, overfull))
    return sorted(found, key=lambda one: (one.misfits[0].start.timestamp(), one.course.patient))


def bookings_of_others(disruption: Disruption, affected: Sequence[Affected]) -> Occupancy:
    """The occupancy of all that stays as it is, at the clinic as it is now.

    That is what the unaffected courses hold, and the companions of the affected ones: a companion
    moves only after its visit, beside all that is booked then.
    """
    known = {one.before.course_id: one.course for one in affected}
    others = (course for course in disruption.courses if course.course_id not in known)
    newer = (replace(course, clinic=disruption.clinic) for course in others)
    found = Occupancy(hold for course in newer for hold in holds_of(course))
    found.add(hold for course in known.values() for hold in holds_of_companions(course))
    return found
