"""A course with visits that do not fit the clinic any more: where its visits may be instead."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ketasched.errors import NoPlan
from ketasched.model import Course
from ketasched.revising.crowded import CrowdedRescheduler
from ketasched.revising.intents import Draft, VisitDomain, VisitIntent, unchanged_intents
from ketasched.revising.least_moves import SINGLE_VISIT_RULES
from ketasched.revising.pencilled import is_pencilled, left_out
from ketasched.revising.placement import explain_no_sequence, rescheduler_of
from ketasched.revising.validation import is_over
from ketasched.rules import Gap, Span
from ketasched.rules.base import PlanningContext


@dataclass(frozen=True, slots=True)
class Displacement:
    """A course of the newer clinic, at the moment `now`, with the numbers of its misfits.

    Visits that are `evicted` have to move. Visits that are `crowded` stay if there is a chair for
    them. Both move freely. Visits that are `pinned` stay as they are.
    """

    course: Course
    now: datetime
    evicted: frozenset[int]
    crowded: frozenset[int]
    pinned: frozenset[int]

    @property
    def displaced(self) -> frozenset[int]:
        """The numbers of the visits that have to move, or may have to."""
        return self.evicted | self.crowded

    @property
    def boosters(self) -> tuple[int, ...]:
        """The numbers of the boosters to come that can be left out, the last one first.

        One visit to come stays.
        """
        visits = reversed(self.course.visits)
        ahead = [one for one in visits if one.is_here and not is_over(one, self.now)]
        found = [one.number for one in ahead if is_pencilled(self.course, one)]
        return tuple(one for one in found[: len(ahead) - 1] if one not in self.pinned)

    def rescheduler(
        self,
        context: PlanningContext,
        overrides: Collection[str],
        *,
        may_stay: Collection[int],
        without: Collection[int] = (),
    ) -> CrowdedRescheduler:
        """The rescheduler of all visits to come `without` some, in a crowded clinic.

        Of the crowded visits those that `may_stay` have their current slot. What a visit breaks
        by itself is no reason to move it, unless it is displaced.
        """
        draft = self._draft(overrides, may_stay, without)
        plain = rescheduler_of(self.course, context, draft, self.now)
        domains = [_with_current_slot(domain) for domain in plain.domains]
        return CrowdedRescheduler(context, domains, plain.prefix, plain.now, plain.not_before)

    def refusal(self, context: PlanningContext) -> NoPlan:
        """Why the visits have no other place, day by day."""
        rescheduler = self.rescheduler(context, (), may_stay=(), without=self.boosters)
        findings, refusals = explain_no_sequence(rescheduler)
        return NoPlan(
            "no way to reschedule it keeps every rule", findings=findings, refusals=refusals
        )

    def _draft(
        self, overrides: Collection[str], may_stay: Collection[int], without: Collection[int]
    ) -> Draft:
        intents = (
            left_out(intent.visit) if intent.visit.number in without else intent
            for intent in self._intents(overrides, may_stay)
        )
        return Draft(tuple(intents), self.course.companions)

    def _intents(
        self, overrides: Collection[str], may_stay: Collection[int]
    ) -> Iterator[VisitIntent]:
        waived, may_wait = frozenset(overrides) & {Span.name}, Gap.name in overrides
        leaving = self.displaced.difference(may_stay)
        for intent in unchanged_intents(self.course, self.now):
            number = intent.visit.number
            yield replace(
                intent,
                pinned=intent.pinned or number in self.pinned,
                free=number in leaving,
                moves_freely=number in self.displaced,
                waived=waived,
                may_wait=may_wait,
            )


def _with_current_slot(domain: VisitDomain) -> VisitDomain:
    """The domain of a visit that keeps its current slot, whatever a rule about one visit says."""
    rules = domain.violation.rules | SINGLE_VISIT_RULES
    return replace(domain, violation=replace(domain.violation, rules=rules))
