"""A change that is asked for: how it is made and entered, and how its refusal is explained."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ketasched.api.new_courses import Budget
from ketasched.errors import BadRequest, NoPlan, NothingToDo
from ketasched.files.load import refuse_mismatch
from ketasched.files.option_values import refuse_unsafe_words
from ketasched.model import Change, Course, Protocol
from ketasched.model.occupancy import Occupancy
from ketasched.planning.explain import explain_refusal, refusal_lines, remedy_text
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.revising.alternatives import WhatIf, refusal_with_alternatives
from ketasched.revising.revise import revise
from ketasched.revising.switch import ended_course, request_after_switch, switch
from ketasched.revising.verbs import VERBS, refuse_overrides
from ketasched.rules.base import PlanningContext

LATER = "--latest-start"
"""How a remedy begins that is a later first visit; `switch` has --on for it."""


@dataclass(frozen=True, slots=True)
class AskedChange:
    """A change of the course `before`, asked for at an aware moment, for a reason, by somebody.

    `newer` is `before` with the clinic and the busy times as they are now. Alternatives to a
    change that is refused are looked for within the `budget` of time.
    """

    before: Course
    newer: Course
    change: Change
    at: datetime
    reason: str
    by_whom: str
    budget: Budget

    def refuse_missing_reason(self) -> None:
        """Raise `BadRequest` if the change needs a reason and has none, or for odd characters."""
        change, overrides = self.change, self.change.overrides
        needs_reason = VERBS[change.verb].needs_reason or change.outcome == "stop"
        if not self.reason.strip() and (needs_reason or overrides):
            named = f"{change.verb} {change.outcome or ''}".strip()
            said = f"{'an override' if overrides else named} needs a reason"
            raise BadRequest("reason", said, next_step="--reason TEXT")
        refuse_unsafe_words(self.reason, self.by_whom)

    def booking(self) -> BookingRequest:
        """How the next revision is made and entered; `NothingToDo` if nothing would change."""
        line = LogEntry(self.at, "", self.by_whom)
        before, clinic = self.before, self.newer.clinic
        return BookingRequest(clinic, self._make, line, before=before, explain=self._explain)

    def _make(self, bookings: Occupancy) -> Course:
        before = self.before
        after = revise(
            before,
            self.change,
            at=self.at,
            why=self.reason,
            by=self.by_whom,
            clinic=self.newer.clinic,
            busy=self.newer.request.busy,
            bookings=bookings,
        )
        if after is before:
            raise NothingToDo(f"nothing to do: {before.patient} stands like this already")
        return after

    def _explain(self, error: NoPlan, bookings: Occupancy) -> NoPlan:
        what_if = WhatIf(self.newer, self.at, bookings, self.budget())
        return refusal_with_alternatives(error, self.change, what_if)


def switch_booking(asked: AskedChange, protocol: Protocol, clinic_name: str) -> BookingRequest:
    """How the course that follows is made, and entered with the end of the one before.

    Raises `BadFile` if the clinic, which an error calls `clinic_name`, and the protocol do not
    fit each other, and `BadRequest` for an override.
    """
    before, course, at = asked.before, asked.newer, asked.at
    on = asked.change.on or at.date()
    refuse_mismatch(course.clinic, protocol, clinic_name)
    refuse_overrides(asked.change)

    def make(bookings: Occupancy) -> Course:
        is_same = before.protocol == protocol and before.request.start == on
        if is_same and before.follows and any(one.is_here for one in before.visits):
            said = f"nothing to do: {before.patient} was switched like this already"
            raise NothingToDo(said)
        return switch(
            before,
            protocol,
            on,
            at=at,
            why=asked.reason,
            by=asked.by_whom,
            clinic=course.clinic,
            busy=course.request.busy,
            bookings=bookings,
        )

    def explain(error: NoPlan, bookings: Occupancy) -> NoPlan:
        request = request_after_switch(course.request, on)
        more_time = asked.budget()
        context = PlanningContext(protocol, course.clinic, request, at, bookings, more_time)
        found = explain_refusal(error, context)
        later = next((one for one in found.remedies if one.change.startswith(LATER)), None)
        step = "other wishes first: ketasched revise COURSE wishes --help"
        if later:
            step = remedy_text(replace(later, change=f"--on {later.dates[0]}"))
        details = [*refusal_lines(error.refusals)]
        return NoPlan(error.what, findings=error.findings, details=details, next_step=step)

    line = LogEntry(at, "", asked.by_whom)
    ended = partial(ended_course, before)
    return BookingRequest(course.clinic, make, line, before=before, explain=explain, ended=ended)
