"""The rules about one visit: its day, then its exact slot."""

from collections.abc import Collection
from datetime import date

from ketasched.model import WEEKDAYS, Finding, Slot, TimeRange, VisitKind
from ketasched.model.busy_times import engagements_of
from ketasched.model.occupancy import seats_of
from ketasched.model.opening_hours import closure, openings
from ketasched.model.wall_clock import at, day_text, exists, minute_of, times_shown, wall_minutes
from ketasched.rules.base import ClinicRule, PlanningContext, VisitRule


class OpenHours(ClinicRule):
    """The whole visit, check-in to end, lies inside one opening of the clinic, in local time."""

    name = "open-hours"

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """A weekday on which the clinic does not open; a closure speaks for itself."""
        if openings(context.clinic, day) or closure(context.clinic, day) is not None:
            return None
        return self.says("the clinic is not open on this weekday")

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """A visit that begins too early, ends too late, or has no opening long enough."""
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
            return self.says(f"no opening ({hours}) has {slot.kind.minutes.total} minutes")
        said = f"{slot.start:%H:%M}-{slot.end:%H:%M} is not inside an opening ({hours})"
        return self.says(said)


class Closure(ClinicRule):
    """The date is no closure and no holiday; a one-off opening wins over both."""

    name = "closure"

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """A date on which the clinic is closed."""
        called = closure(context.clinic, day)
        if called is None:
            return None
        return self.says(f"the clinic is closed ({called})" if called else "the clinic is closed")


class Availability(VisitRule):
    """The patient can come: their weekdays, their absences, and `between` for the whole visit.

    No visit overlaps a time at which a calendar says that they, or the clinician, are busy.
    """

    name = "availability"

    def concerns(self, context: PlanningContext) -> bool:
        """Only where the patient said when they can come."""
        request = context.request
        return bool(request.days or request.unavailable or request.between or request.busy)

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """A weekday or a date on which the patient cannot come."""
        request = context.request
        if request.days and WEEKDAYS[day.weekday()] not in request.days:
            return self.says(f"the patient can only come on {', '.join(request.days)}")
        for away in request.unavailable:
            if day in away:
                label = f" ({away.label})" if away.label else ""
                return self.says(f"the patient cannot come{label}")
        return None

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """A visit that is not wholly inside the hours that the patient has, or at a busy time."""
        between, busy = context.request.between, context.request.busy
        if between is not None:
            day = slot.start.date()
            start, end = wall_minutes(slot.start, day), wall_minutes(slot.end, day)
            if start < between.start or between.end < end:
                return self.says(f"the patient can only come between {_spoken(between)}")
        if not busy:
            return None
        ends = slot.start.timestamp(), slot.end.timestamp()
        found = engagements_of(busy).overlapping(*ends)
        return self.says(f"busy ({found.calendar})") if found else None


class Start(VisitRule):
    """No visit is before the asked start."""

    name = "start"

    def day(self, day: date, context: PlanningContext) -> Finding | None:
        """A date before the asked start."""
        asked = context.request.start
        return self.says(f"before the asked start, {day_text(asked)}") if day < asked else None


class Capacity(VisitRule):
    """A chair is free for all of the visit, and no more than `starts_per_slot` begin together.

    Only visits at the clinic take a chair. Without `chairs` any number fits.
    """

    name = "capacity"

    def concerns(self, context: PlanningContext) -> bool:
        """Only where somebody else comes."""
        return bool(context.bookings)

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """A time at which all chairs, or all starts, are taken."""
        clinic = context.clinic
        taken = context.bookings.get(slot.start.date(), ())
        if slot.kind.place != "clinic" or not taken:
            return None
        seats = seats_of(taken)
        start, end = slot.start.timestamp(), slot.end.timestamp()
        together = seats.beginning(start) if clinic.starts_per_slot is not None else 0
        if clinic.starts_per_slot is not None and together >= clinic.starts_per_slot:
            said = "a visit begins" if together == 1 else f"{together} visits begin"
            refusal = self.says(f"{said} at {slot.start:%H:%M} already")
        elif clinic.chairs is not None and seats.most_at_once(start, end) >= clinic.chairs:
            which = "the chair is" if clinic.chairs == 1 else f"all {clinic.chairs} chairs are"
            refusal = self.says(f"{which} taken at {slot.start:%H:%M}")
        else:
            return None
        if not slot.start.fold:
            seats.full[clinic.chairs, clinic.starts_per_slot, slot.kind.minutes.total].add(
                minute_of(slot.start)
            )
        return refusal

    def refused(self, day: date, kind: VisitKind, context: PlanningContext) -> Collection[int]:
        """The times at which somebody found the chairs taken: nobody has left since."""
        taken = context.bookings.get(day, ())
        if kind.place != "clinic" or not taken:
            return ()
        clinic = context.clinic
        full = seats_of(taken).full
        return full[clinic.chairs, clinic.starts_per_slot, kind.minutes.total]


class OnTheClock(ClinicRule):
    """The start is a time that the clocks show that day; where they show it twice, the first.

    On the day that the clocks go forward some times are skipped: no visit can begin at one.
    """

    name = "clock"
    overridable = False  # no wish makes a time exist that the clocks skip

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """A skipped start; a warning for one that comes twice, or was wanted but is skipped."""
        shown = times_shown(slot.start)
        if shown == 0:
            return self.says(f"{slot.start:%H:%M} does not exist: the clocks go forward")
        if shown == 2:
            which = "second" if slot.start.fold else "first"
            said = f"{slot.start:%H:%M} comes twice, as the clocks go back: the {which} is meant"
            return self.says(said, "warning")
        wanted = at(slot.start.date(), context.wanted, context.zone)
        if wanted != slot.start and not exists(wanted):
            said = f"{wanted:%H:%M} does not exist: the clocks go forward"
            return self.says(f"{said}; the visit is at {slot.start:%H:%M}", "warning")
        return None


def _spoken(times: TimeRange) -> str:
    start, end = times.plain().split("-")
    return f"{start} and {end}"
