"""Constraints on one visit: start, closure, open-hours, availability, clock."""

from datetime import date

from ketasched.model import WEEKDAYS, Finding, Slot, TimeRange
from ketasched.model.busy_index import busy_index
from ketasched.model.opening_hours import closure, openings
from ketasched.model.wall_clock import (
    clock_text,
    day_text,
    exists,
    moment_at,
    times_shown,
    wall_minutes,
)
from ketasched.rules.base import ClinicRule, PlanningContext, VisitRule


class OpenHours(ClinicRule):
    """The whole visit, check-in to end, lies inside one opening of the clinic, in local time."""

    name = "open-hours"

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """The finding against a weekday without openings; a closure has a rule of its own."""
        if openings(context.clinic, day) or closure(context.clinic, day) is not None:
            return None
        return self.finding("the clinic is not open on this weekday")

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """The finding against a visit that does not lie inside one opening."""
        day = slot.start.date()
        start, end = wall_minutes(slot.start, day), wall_minutes(slot.end, day)
        open_then = openings(context.clinic, day)
        if not open_then or any(
            opening.start <= start and end <= opening.end for opening in open_then
        ):
            return None
        hours = " and ".join(map(str, open_then))
        longest = max((opening.end - opening.start for opening in open_then), default=0)
        if slot.kind.minutes.total > longest:
            return self.finding(f"no opening ({hours}) has {slot.kind.minutes.total} minutes")
        times = f"{clock_text(slot.start)}-{clock_text(slot.end)}"
        return self.finding(f"{times} is not inside an opening ({hours})")


class Closure(ClinicRule):
    """The date is no closure and no holiday; a one-off opening wins over both."""

    name = "closure"

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """The finding against a date on which the clinic is closed."""
        called = closure(context.clinic, day)
        if called is None:
            return None
        return self.finding(
            f"the clinic is closed ({called})" if called else "the clinic is closed"
        )


class Availability(VisitRule):
    """The patient can come: their weekdays, their absences, and `between` for the whole visit.

    No visit overlaps a time at which a calendar says that they, or the clinician, are busy. What
    the patient can may change (`revise wishes`), so visits that have begun are not asked.
    """

    name = "availability"
    only_ahead = True

    def concerns(self, context: PlanningContext) -> bool:
        """Whether the request limits when the patient can come."""
        request = context.request
        return bool(request.days or request.unavailable or request.between or request.busy)

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """The finding against a weekday or a date on which the patient cannot come."""
        request = context.request
        if request.days and WEEKDAYS[day.weekday()] not in request.days:
            return self.finding(f"the patient can only come on {', '.join(request.days)}")
        for away in request.unavailable:
            if day in away:
                label = f" ({away.label})" if away.label else ""
                return self.finding(f"the patient cannot come{label}")
        return None

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """The finding against a visit outside the patient's hours, or at a busy time."""
        between, busy = context.request.between, context.request.busy
        if between is not None:
            day = slot.start.date()
            start, end = wall_minutes(slot.start, day), wall_minutes(slot.end, day)
            if start < between.start or between.end < end:
                return self.finding(f"the patient can only come between {_spoken(between)}")
        if not busy:
            return None
        ends = slot.start.timestamp(), slot.end.timestamp()
        found = busy_index(busy).overlapping(*ends)
        return self.finding(f"busy ({found.calendar})") if found else None


class Start(VisitRule):
    """No visit is before the asked start."""

    name = "start"

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """The finding against a date before the asked start."""
        asked = context.request.start
        return self.finding(f"before the asked start, {day_text(asked)}") if day < asked else None


class OnTheClock(ClinicRule):
    """The start is a time that the clocks show that day; where they show it twice, the first.

    On the day that the clocks go forward some times are skipped: no visit can begin at one.
    """

    name = "clock"
    overridable = False  # no wish makes a time exist that the clocks skip

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """The finding against a skipped start; a warning for a repeated or a moved one."""
        times = times_shown(slot.start)
        if times == 0:
            return self.finding(f"{clock_text(slot.start)} does not exist: the clocks go forward")
        if times == 2:
            start, which = clock_text(slot.start), "second" if slot.start.fold else "first"
            said = f"{start} comes twice, as the clocks go back: the {which} is meant"
            return self.finding(said, "warning")
        wanted = moment_at(slot.start.date(), context.wanted, context.zone)
        if wanted != slot.start and not exists(wanted):
            said = f"{clock_text(wanted)} does not exist: the clocks go forward"
            return self.finding(f"{said}; the visit is at {clock_text(slot.start)}", "warning")
        return None


def _spoken(times: TimeRange) -> str:
    start, end = times.plain().split("-")
    return f"{start} and {end}"
