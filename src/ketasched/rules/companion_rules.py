"""The constraint on a companion and its visit: how far apart they are."""

from ketasched.model import CompanionKind, Finding, Slot
from ketasched.model.wall_clock import gap_days
from ketasched.rules.base import CompanionRule


class Within(CompanionRule):
    """A companion is `within_days` of its visit, on its side, both ends inclusive.

    Days are counted by the calendar (Mon to Wed is 2). A companion without such a day is left out,
    with a finding of this name. A home day lies between two visits of the phase it accompanies,
    never on the day of a treatment.
    """

    name = "companion"

    def beside(self, kind: CompanionKind, companion: Slot, visit: Slot) -> Finding | None:
        """The finding against a companion that is too near, too far, or on the other side."""
        side, ends = "after", (visit.start, companion.start)
        if kind.before:
            side, ends = "before", (companion.start, visit.start)
        days, within = gap_days(*ends), kind.within_days
        if within.min <= days <= within.max:
            return None
        number = f"{days} {'day' if days == 1 else 'days'} {side} its visit"
        if days < 1:
            number = f"not on a day {side} its visit"
        return self.finding(f"{number}; {within.min} to {within.max} are allowed")

    def at_home(self, home_day: Slot, before: Slot, after: Slot | None) -> Finding | None:
        """The finding against a home day on the day of a visit, or outside its phase."""
        day = home_day.start.date()
        if day == before.start.date() or (after and day == after.start.date()):
            return self.finding("it is on the day of a treatment visit")
        if not after or not before.start.date() < day < after.start.date():
            return self.finding("it is not between two visits of its phase")
        return None
