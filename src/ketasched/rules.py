"""The hard rules: one small class each, of one of four shapes (`shapes`), and one table, `RULES`.

A rule answers with a finding, or None where it holds. The message is a clause without the date
("the clinic is closed (winter break)"); who shows it says which day it is about. A class's
docstring is its entry in the manual.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, date, timedelta
from types import MappingProxyType

from ketasched.busy import engagements_of
from ketasched.model import WEEKDAYS, Finding, NoDriving, Phase, Slot, TimeRange, VisitKind
from ketasched.openings import closure, openings
from ketasched.seating import seats_of
from ketasched.shapes import ClinicRule, EndsRule, Given, PairRule, Precondition, Rule, VisitRule
from ketasched.times import (
    at,
    day_text,
    exists,
    gap_days,
    gap_hours,
    minute_of,
    times_shown,
    wall_minutes,
)


class OpenHours(ClinicRule):
    """The whole visit, check-in to end, lies inside one opening of the clinic, in local time."""

    name = "open-hours"

    def day(self, day: date, given: Given) -> Finding | None:
        """A weekday on which the clinic does not open; a closure speaks for itself."""
        if openings(given.clinic, day) or closure(given.clinic, day) is not None:
            return None
        return self.says("the clinic is not open on this weekday")

    def slot(self, slot: Slot, given: Given) -> Finding | None:
        """A visit that begins too early, ends too late, or has no opening long enough."""
        day = slot.start.date()
        start, end = wall_minutes(slot.start, day), wall_minutes(slot.end, day)
        open_then = openings(given.clinic, day)
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

    def day(self, day: date, given: Given) -> Finding | None:
        """A date on which the clinic is closed."""
        called = closure(given.clinic, day)
        if called is None:
            return None
        return self.says(f"the clinic is closed ({called})" if called else "the clinic is closed")


class Availability(VisitRule):
    """The patient can come: their weekdays, their absences, and `between` for the whole visit.

    No visit overlaps a time at which a calendar says that they, or the clinician, are busy.
    """

    name = "availability"

    def concerns(self, given: Given) -> bool:
        """Only where the patient said when they can come."""
        request = given.request
        return bool(request.days or request.unavailable or request.between or request.busy)

    def day(self, day: date, given: Given) -> Finding | None:
        """A weekday or a date on which the patient cannot come."""
        request = given.request
        if request.days and WEEKDAYS[day.weekday()] not in request.days:
            return self.says(f"the patient can only come on {', '.join(request.days)}")
        for away in request.unavailable:
            if day in away:
                label = f" ({away.label})" if away.label else ""
                return self.says(f"the patient cannot come{label}")
        return None

    def slot(self, slot: Slot, given: Given) -> Finding | None:
        """A visit that is not wholly inside the hours that the patient has, or at a busy time."""
        between, busy = given.request.between, given.request.busy
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

    def day(self, day: date, given: Given) -> Finding | None:
        """A date before the asked start."""
        asked = given.request.start
        return self.says(f"before the asked start, {day_text(asked)}") if day < asked else None


class Capacity(VisitRule):
    """A chair is free for all of the visit, and no more than `starts_per_slot` begin together.

    Only visits at the clinic take a chair. Without `chairs` any number fits.
    """

    name = "capacity"

    def concerns(self, given: Given) -> bool:
        """Only where somebody else comes."""
        return bool(given.bookings)

    def slot(self, slot: Slot, given: Given) -> Finding | None:
        """A time at which all chairs, or all starts, are taken."""
        clinic = given.clinic
        taken = given.bookings.get(slot.start.date(), ())
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

    def refused(self, day: date, kind: VisitKind, given: Given) -> Collection[int]:
        """The times at which somebody found the chairs taken: nobody has left since."""
        taken = given.bookings.get(day, ())
        if kind.place != "clinic" or not taken:
            return ()
        clinic = given.clinic
        full = seats_of(taken).full
        return full[clinic.chairs, clinic.starts_per_slot, kind.minutes.total]


class OnTheClock(ClinicRule):
    """The start is a time that the clocks show that day; where they show it twice, the first.

    On the day that the clocks go forward some times are skipped: no visit can begin at one.
    """

    name = "clock"

    def slot(self, slot: Slot, given: Given) -> Finding | None:
        """A skipped start; a warning for one that comes twice, or was wanted but is skipped."""
        shown = times_shown(slot.start)
        if shown == 0:
            return self.says(f"{slot.start:%H:%M} does not exist: the clocks go forward")
        if shown == 2:
            which = "second" if slot.start.fold else "first"
            said = f"{slot.start:%H:%M} comes twice, as the clocks go back: the {which} is meant"
            return self.says(said, "warning")
        wanted = at(slot.start.date(), given.wanted, given.zone)
        if wanted != slot.start and not exists(wanted):
            said = f"{wanted:%H:%M} does not exist: the clocks go forward"
            return self.says(f"{said}; the visit is at {slot.start:%H:%M}", "warning")
        return None


class Gap(PairRule):
    """The days from a visit to the next are within `gap_days`, and the hours in `gap_hours`.

    Days are counted by the calendar (Mon to Wed is 2); hours from start to start, in UTC.
    """

    name = "gap"

    def by_clock(self, phase: Phase) -> bool:
        """Only where the phase counts hours."""
        return phase.gap_hours is not None

    def pair(self, before: Slot, after: Slot, phase: Phase, given: Given) -> Finding | None:
        """A step that is too short or too long."""
        days, allowed = gap_days(before.start, after.start), phase.gap_days
        if days < 1:
            return self.says("it would not be after the visit before any more")
        if not allowed.min <= days <= allowed.max:
            after_it = f"{days} {'day' if days == 1 else 'days'} after the visit before"
            return self.says(f"{after_it}; {allowed.min} to {allowed.max} are allowed")
        if phase.gap_hours is None:
            return None
        hours, least, most = gap_hours(before.start, after.start), *_ends(phase)
        if least <= hours <= most:
            return None
        said = f"at least {least}" if hours < least else f"at most {most}"
        return self.says(f"{hours:g} hours after the visit before; {said} are asked for")

    def within(self, before: Slot, phase: Phase, given: Given) -> tuple[float, float]:
        """The days, from midnight to midnight, in as far as the hours leave them."""
        day, begin, allowed = before.start.date(), before.start.timestamp(), phase.gap_days
        ends = (allowed.min, 0), (allowed.max, 24 * 60 - 1)
        first, last = (
            at(day + timedelta(days), minutes, given.zone).timestamp() for days, minutes in ends
        )
        if phase.gap_hours is None:
            return first, last
        least, most = _ends(phase)
        return max(first, begin + least * 3600), min(last, begin + most * 3600)


class Span(EndsRule):
    """The days from the first to the last visit of a phase, both counted, are within the span."""

    name = "span"

    def concerns(self, phase: Phase) -> bool:
        """Only where the phase has a span."""
        return phase.span_days is not None

    def latest(self, first: date, phase: Phase) -> date | None:
        """The last day of the span."""
        span = phase.span_days
        return first + timedelta(span.max - 1) if span else None

    def ends(self, first: date, last: date, phase: Phase, given: Given) -> Finding | None:
        """A phase that takes too many days."""
        days = (last - first).days + 1
        if phase.span_days is None or days <= phase.span_days.max:
            return None
        said = f"{phase.name} takes {days} days; {phase.span_days.max} are allowed"
        return self.says(said)


class Age(Precondition):
    """The patient is 18 or older on the date of the first visit, where a birth date is given.

    Born on 29 February: 18 on 1 March. A younger patient is refused, not slid to a later date.
    """

    name = "age"

    def ask(self, first: Slot, given: Given) -> Finding | None:
        """A patient who is not 18 by the first visit."""
        born = given.request.born
        if born is None or first.start.date() >= eighteenth_birthday(born):
            return None
        said = f"the patient is not 18 before {day_text(eighteenth_birthday(born))}"
        return self.says(said)


class Clearance(Precondition):
    """A clinician's clearance is recorded. Unknown is a warning; nobody is declared eligible."""

    name = "clearance"

    def ask(self, first: Slot, given: Given) -> Finding | None:
        """No clearance, half of one, or one that is dated after the first visit."""
        by, on = given.request.cleared_by, given.request.cleared_on
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

    def ask(self, first: Slot, given: Given) -> Finding | None:
        """A rule of the clinic that could end sooner, whenever a visit ends."""
        for name, own in given.clinic.overrides.get(given.protocol.id, {}).items():
            kind = given.protocol.visits.get(name)
            asked = kind.no_driving if kind else None
            if asked and own.no_driving and _ends_sooner(own.no_driving, asked):
                said = f"the clinic's no-driving time after a visit ({name}) is shorter than"
                return self.says(f"{said} the protocol's", "warning")
        return None


class ObservationKept(Precondition):
    """A clinic observes no shorter than the protocol says: else a warning."""

    name = "observation"

    def ask(self, first: Slot, given: Given) -> Finding | None:
        """Kinds of visit with fewer minutes of observation than the protocol has."""
        shorter = [
            name
            for name, own in given.clinic.overrides.get(given.protocol.id, {}).items()
            if name in given.protocol.visits
            and own.minutes.observation is not None
            and own.minutes.observation < given.protocol.visits[name].minutes.observation
        ]
        if not shorter:
            return None
        named = ", ".join(shorter)
        said = f"the clinic's observation after a visit ({named}) is shorter than the protocol's"
        return self.says(said, "warning")


class Past(Precondition):
    """The first visit is not before the moment at which it is planned: else a warning."""

    name = "past"

    def ask(self, first: Slot, given: Given) -> Finding | None:
        """A start that was over when the course was planned."""
        today = given.made_at.astimezone(given.zone).date()
        if given.request.start < today:
            return self.says(f"the start is in the past (today is {day_text(today)})", "warning")
        over = first.start.astimezone(UTC) < given.made_at
        said = f"the first visit, at {first.start:%H:%M} today, is over"
        return self.says(said, "warning") if over else None


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            Start(),
            Closure(),
            OpenHours(),
            Availability(),
            Capacity(),
            OnTheClock(),
            Gap(),
            Span(),
            Age(),
            Clearance(),
            NoDrivingKept(),
            ObservationKept(),
            Past(),
        )
    }
)
"""Every rule by its name. Adding one is a class above, a row here and its cases in the tests."""

VISIT_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, VisitRule))
DAY_RULES = tuple(rule for rule in VISIT_RULES if type(rule).day is not VisitRule.day)
SLOT_RULES = tuple(rule for rule in VISIT_RULES if type(rule).slot is not VisitRule.slot)
PAIR_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, PairRule))
ENDS_RULES = tuple(rule for rule in RULES.values() if isinstance(rule, EndsRule))
PRECONDITIONS = tuple(rule for rule in RULES.values() if isinstance(rule, Precondition))


def eighteenth_birthday(born: date) -> date:
    """The first day on which somebody born on `born` is 18; 1 March for 29 February."""
    try:
        return born.replace(year=born.year + 18)
    except ValueError:
        return date(born.year + 18, 3, 1)


def _spoken(times: TimeRange) -> str:
    start, end = times.plain().split("-")
    return f"{start} and {end}"


def _ends(phase: Phase) -> tuple[float, float]:
    hours = phase.gap_hours
    least = hours.min if hours and hours.min is not None else 0
    most = hours.max if hours and hours.max is not None else float("inf")
    return least, most


def _ends_sooner(own: NoDriving, asked: NoDriving) -> bool:
    """Whether, after some visit, `own` is over before `asked` is (in minutes of a plain day)."""

    def until(rule: NoDriving, end: int) -> int:
        elapsed = end + rule.hours * 60 if rule.hours is not None else 0
        return max(elapsed, 1440 + rule.next_morning.minutes if rule.next_morning else 0)

    return any(until(own, end) < until(asked, end) for end in range(1440))
