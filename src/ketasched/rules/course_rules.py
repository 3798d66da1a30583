"""Preconditions of a course: `age`, `clearance`, `no-driving`, `observation`, `past`."""

from datetime import UTC, date

from ketasched.model import Finding, NoDriving, Slot
from ketasched.model.wall_clock import clock_text, day_text
from ketasched.rules.base import PlanningContext, Precondition


class Age(Precondition):
    """The patient is 18 or older on the date of the first visit, where a birth date is given.

    Born on 29 February: 18 on 1 March. A younger patient is refused, not slid to a later date.
    """

    name = "age"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """The finding against a patient who is not 18 on the date of the first visit."""
        born = context.request.born
        if born is None or first.start.date() >= eighteenth_birthday(born):
            return None
        said = f"the patient is not 18 before {day_text(eighteenth_birthday(born))}"
        return self.finding(said)


class Clearance(Precondition):
    """A clinician's clearance is recorded. Unknown is a warning; nobody is declared eligible."""

    name = "clearance"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A warning about a missing, incomplete or too late clearance."""
        by, on = context.request.cleared_by, context.request.cleared_on
        if not by and on is None:
            said = "no clinician's clearance is recorded"
        elif not by:
            said = "a clearance is recorded, but not by whom"
        elif on is None:
            said = f"a clearance by {by} is recorded, but not of which day"
        elif on > first.start.date():
            said = f"the recorded clearance, {day_text(on)}, is after the first visit"
        else:
            return None
        return self.finding(said, "warning")


class NoDrivingKept(Precondition):
    """A clinic's own no-driving rule ends no sooner than the protocol's: else a warning."""

    name = "no-driving"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A warning about an override that could end sooner than the protocol's rule."""
        for name, own in context.clinic.overrides.get(context.protocol.id, {}).items():
            kind = context.protocol.visits.get(name)
            asked = kind.no_driving if kind else None
            if asked and own.no_driving and _ends_sooner(own.no_driving, asked):
                said = f"the clinic's no-driving time after a visit ({name}) is shorter than"
                return self.finding(f"{said} the protocol's", "warning")
        return None


class ObservationKept(Precondition):
    """A clinic observes no shorter than the protocol says: else a warning."""

    name = "observation"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A warning about kinds of visit with a shorter observation at the clinic."""
        shorter = [
            name
            for name, own in context.clinic.overrides.get(context.protocol.id, {}).items()
            if name in context.protocol.visits
            and own.minutes.observation is not None
            and own.minutes.observation < context.protocol.visits[name].minutes.observation
        ]
        if not shorter:
            return None
        named = ", ".join(shorter)
        said = f"the clinic's observation after a visit ({named}) is shorter than the protocol's"
        return self.finding(said, "warning")


class Past(Precondition):
    """The first visit is not before the moment at which it is planned: else a warning."""

    name = "past"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A warning about a start that was over when the course was planned."""
        today = context.made_at.astimezone(context.zone).date()
        if context.request.start < today:
            return self.finding(
                f"the start is in the past (today is {day_text(today)})", "warning"
            )
        over = first.start.astimezone(UTC) < context.made_at
        said = f"the first visit, at {clock_text(first.start)} today, is over"
        return self.finding(said, "warning") if over else None


def eighteenth_birthday(born: date) -> date:
    """The first day on which somebody born on `born` is 18; 1 March for 29 February."""
    try:
        return born.replace(year=born.year + 18)
    except ValueError:
        return date(born.year + 18, 3, 1)


def _ends_sooner(own: NoDriving, asked: NoDriving) -> bool:
    """Whether `own` can end before `asked` on a day without a change of the clocks."""

    def until(rule: NoDriving, end: int) -> int:
        elapsed = end + rule.hours * 60 if rule.hours is not None else 0
        return max(elapsed, 1440 + rule.next_morning.minutes if rule.next_morning else 0)

    return any(until(own, end) < until(asked, end) for end in range(1440))
