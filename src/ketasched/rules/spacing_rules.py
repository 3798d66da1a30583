"""Constraints on days apart: `gap` of two visits, `span` of a phase, `companion` of its visit."""

from datetime import date, datetime, timedelta
from math import inf

from ketasched.model import CompanionKind, Finding, Phase, Slot
from ketasched.model.wall_clock import day_text, gap_days, gap_hours, moment_at
from ketasched.rules.base import CompanionRule, EndsRule, PairRule, PlanningContext


class Gap(PairRule):
    """The days from a visit to the next are within `gap_days`, and the hours in `gap_hours`.

    Days are counted by the calendar (Mon to Wed is 2); hours from start to start, in UTC. After a
    visit elsewhere only the smallest gap is required, a longer one is given up; as the time of
    such a visit is not known, hours count from the end of its day.
    """

    name = "gap"

    def by_clock(self, phase: Phase) -> bool:
        """Whether the phase sets `gap_hours`."""
        return phase.gap_hours is not None

    def pair(
        self, before: Slot, after: Slot, phase: Phase, context: PlanningContext
    ) -> Finding | None:
        """The finding against a gap that is too short or too long."""
        days, allowed = gap_days(before.start, after.start), phase.gap_days
        if days < 1:
            return self.finding("it would not come after the previous visit")
        if not allowed.min <= days <= allowed.max:
            after_it = f"{days} {'day' if days == 1 else 'days'} after the visit before"
            if before.elsewhere:
                after_it += f", which was elsewhere on {day_text(before.start)}"
            said = f"{after_it}; {allowed.min} to {allowed.max} are allowed"
            is_fact = after.elsewhere or (before.elsewhere and days > allowed.max)
            return self.finding(said, "given-up" if is_fact else "broken")
        if phase.gap_hours is None or after.elsewhere:
            return None
        least, most = _allowed_hours(phase, before)
        hours = gap_hours(_latest_start(before, context), after.start)
        if least <= hours <= most:
            return None
        said = f"at least {least}" if hours < least else f"at most {most}"
        return self.finding(f"{hours:g} hours after the visit before; {said} are asked for")

    def within(self, before: Slot, phase: Phase, context: PlanningContext) -> tuple[float, float]:
        """The instants of the allowed days, cut to the allowed hours."""
        day, allowed = before.start.date(), phase.gap_days
        ends = (allowed.min, 0), (allowed.max, 24 * 60 - 1)
        first, last = (
            moment_at(day + timedelta(days), minutes, context.zone).timestamp()
            for days, minutes in ends
        )
        last = inf if before.elsewhere else last
        if phase.gap_hours is None:
            return first, last
        begin = _latest_start(before, context).timestamp()
        least, most = _allowed_hours(phase, before)
        return max(first, begin + least * 3600), min(last, begin + most * 3600)


class Span(EndsRule):
    """The days from the first to the last visit of a phase, both counted, are within the span."""

    name = "span"

    def concerns(self, phase: Phase) -> bool:
        """Whether the phase sets `span_days`."""
        return phase.span_days is not None

    def latest(self, first: date, phase: Phase) -> date | None:
        """The last date of the span that begins on `first`."""
        span = phase.span_days
        return first + timedelta(span.max - 1) if span else None

    def ends(
        self, first: date, last: date, phase: Phase, context: PlanningContext
    ) -> Finding | None:
        """The finding against a phase that takes too many days."""
        days = (last - first).days + 1
        if phase.span_days is None or days <= phase.span_days.max:
            return None
        said = f"{phase.name} takes {days} days; {phase.span_days.max} are allowed"
        return self.finding(said)


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


def _allowed_hours(phase: Phase, before: Slot) -> tuple[float, float]:
    """The smallest and the largest gap in hours after a visit."""
    hours = phase.gap_hours
    least = hours.min if hours and hours.min is not None else 0
    most = hours.max if hours and hours.max is not None and not before.elsewhere else inf
    return least, most


def _latest_start(visit: Slot, context: PlanningContext) -> datetime:
    """The start of a visit; of one elsewhere the end of its day."""
    if not visit.elsewhere:
        return visit.start
    return moment_at(visit.start.date() + timedelta(1), 0, context.zone)
