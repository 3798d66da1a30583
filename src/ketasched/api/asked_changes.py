"""A change that is asked for: how it is made and entered, and how its refusal is explained."""

from dataclasses import dataclass
from datetime import datetime

from ketasched.api.new_courses import Budget
from ketasched.errors import BadRequest, NoPlan, NothingToDo
from ketasched.files.option_values import refuse_unsafe_words
from ketasched.model import Change, Course
from ketasched.model.occupancy import Occupancy
from ketasched.register.records import BookingRequest, LogEntry
from ketasched.revising.alternatives import WhatIf, refusal_with_alternatives
from ketasched.revising.revise import revise
from ketasched.revising.verbs import VERBS


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
