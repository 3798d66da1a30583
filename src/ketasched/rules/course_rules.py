"""The rules about a course as a whole, asked once its first visit is known."""

from datetime import UTC, date

from ketasched.model import Finding, NoDriving, Slot
from ketasched.model.wall_clock import day_text
from ketasched.rules.base import PlanningContext, Precondition


class Age(Precondition):
    """The patient is 18 or older on the date of the first visit, where a birth date is given.

    Born on 29 February: 18 on 1 March. A younger patient is refused, not slid to a later date.
    """

    name = "age"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A patient who is not 18 by the first visit."""
        born = context.request.born
        if born is None or first.start.date() >= eighteenth_birthday(born):
            return None
        said = f"the patient is not 18 before {day_text(eighteenth_birthday(born))}"
        return self.says(said)


class Clearance(Precondition):
    """A clinician's clearance is recorded. Unknown is a warning; nobody is declared eligible."""

    name = "clearance"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """No clearance, half of one, or one that is dated after the first visit."""
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
        return self.says(said, "warning")


class NoDrivingKept(Precondition):
    """A clinic's own no-driving rule ends no sooner than the protocol's: else a warning."""

    name = "no-driving"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A rule of the clinic that could end sooner, whenever a visit ends."""
        for name, own in context.clinic.overrides.get(context.protocol.id, {}).items():
            kind = context.protocol.visits.get(name)
            asked = kind.no_driving if kind else None
            if asked and own.no_driving and _ends_sooner(own.no_driving, asked):
                said = f"the clinic's no-driving time after a visit ({name}) is shorter than"
                return self.says(f"{said} the protocol's", "warning")
        return None


class ObservationKept(Precondition):
    """A clinic observes no shorter than the protocol says: else a warning."""

    name = "observation"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """Kinds of visit with fewer minutes of observation than the protocol has."""
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
        return self.says(said, "warning")


class Past(Precondition):
    """The first visit is not before the moment at which it is planned: else a warning."""

    name = "past"

    def ask(self, first: Slot, context: PlanningContext) -> Finding | None:
        """A start that was over when the course was planned."""
        today = context.made_at.astimezone(context.zone).date()
        if context.request.start < today:
            return self.says(f"the start is in the past (today is {day_text(today)})", "warning")
        over = first.start.astimezone(UTC) < context.made_at
        said = f"the first visit, at {first.start:%H:%M} today, is over"
        return self.says(said, "warning") if over else None


def eighteenth_birthday(born: date) -> date:
    """The first day on which somebody born on `born` is 18; 1 March for 29 February."""
    try:
        return born.replace(year=born.year + 18)
    except ValueError:
        return date(born.year + 18, 3, 1)


def _ends_sooner(own: NoDriving, asked: NoDriving) -> bool:
    """Whether, after some visit, `own` is over before `asked` is (in minutes of a plain day)."""

    def until(rule: NoDriving, end: int) -> int:
        elapsed = end + rule.hours * 60 if rule.hours is not None else 0
        return max(elapsed, 1440 + rule.next_morning.minutes if rule.next_morning else 0)

    return any(until(own, end) < until(asked, end) for end in range(1440))
