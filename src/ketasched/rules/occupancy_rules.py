"""Constraints on what a visit holds beside other patients' visits: capacity, staff."""

from datetime import datetime, timedelta

from ketasched.model import Finding, Resource, Slot
from ketasched.model.holds import AN_INSTANT, CHAIR, START, Hold
from ketasched.model.occupancy import Occupancy
from ketasched.model.unit_limits import (
    chairs_out_of_order_text,
    find_resource,
    limited_holds,
    resources_away_text,
)
from ketasched.model.wall_clock import clock_text, moment_at
from ketasched.rules.base import PlanningContext, VisitRule


def has_room(slot: Slot, context: PlanningContext) -> bool:
    """Whether every unit that a slot holds is there and free: all rules of this module at once."""
    limited = limited_holds(context.clinic, slot)
    return not any(limit <= 0 or context.bookings.peak(hold) >= limit for hold, limit in limited)


class OccupancyRule(VisitRule):
    """A constraint on the units that a visit holds: their limits, and what others hold of them."""

    def counts(self, unit: str) -> bool:
        """Whether the rule is about this unit."""
        raise NotImplementedError

    def slot(self, slot: Slot, context: PlanningContext) -> Finding | None:
        """The finding against a slot one of whose units is taken, or not there."""
        if taken := self._taken(slot, context):
            return self.finding(self.refusal(slot, *taken, context))
        return None

    def allows(self, slot: Slot, context: PlanningContext) -> bool:
        """See `VisitRule.allows`."""
        return self._taken(slot, context) is None

    def _taken(self, slot: Slot, context: PlanningContext) -> tuple[Hold, int] | None:
        """The first hold of a slot for which its unit is taken, or not there, and the limit."""
        for hold, limit in limited_holds(context.clinic, slot):
            if self.counts(hold.unit) and (limit <= 0 or context.bookings.peak(hold) >= limit):
                return hold, limit
        return None

    def refusal(self, slot: Slot, hold: Hold, limit: int, context: PlanningContext) -> str:
        """Why a slot cannot hold a unit, as a clause."""
        raise NotImplementedError


class Capacity(OccupancyRule):
    """A chair is free for all of the visit, and no more than `starts_per_slot` begin together.

    Only visits at the clinic take a chair, and not those whose kind says `chair = false`. Without
    `chairs` any number fits. Chairs that are out of order on the day of a visit do not count.
    """

    name = "capacity"

    def counts(self, unit: str) -> bool:
        """Whether the unit is a chair or a start."""
        return unit in (CHAIR, START)

    def concerns(self, context: PlanningContext) -> bool:
        """Whether other patients have visits, or chairs are out of order."""
        return bool(context.bookings or context.clinic.closures.chairs)

    def refusal(self, slot: Slot, hold: Hold, limit: int, context: PlanningContext) -> str:
        """Why no chair, or no start, is left."""
        at = clock_text(slot.start)
        if hold.unit == START:
            beginning = context.bookings.at(START, hold.begin)
            said = "a visit begins" if beginning == 1 else f"{beginning} visits begin"
            return f"{said} at {at} already"
        return _taken(limit, at, chairs_out_of_order_text(context.clinic, slot.start.date()))


class Staff(OccupancyRule):
    """Of each resource that the visit needs, one is there and free in the parts that need one.

    A resource is there in its `hours`, those who are away (`absences`) apart; each serves as many
    patients at once as its `serves` says. A visit at the clinic needs every resource, unless its
    kind `needs` only some; a visit elsewhere needs those that its kind names. Without
    `[[resources]]` any number fits.
    """

    name = "staff"

    def counts(self, unit: str) -> bool:
        """Whether the unit is one of the clinic's resources."""
        return unit not in (CHAIR, START)

    def concerns(self, context: PlanningContext) -> bool:
        """Whether the clinic has resources that can be taken, or not there."""
        return any(
            context.bookings or one.hours is not None or one.absences
            for one in context.clinic.resources
        )

    def refusal(self, slot: Slot, hold: Hold, limit: int, context: PlanningContext) -> str:
        """Why nothing of the resource is left, and from when on there is some that day."""
        day, unit = slot.start.date(), hold.unit
        away = resources_away_text(context.clinic, unit, day)
        if limit <= 0:
            return _not_there(find_resource(context.clinic, unit), hold, context) or away
        midnight = moment_at(day + timedelta(1), 0, context.zone).timestamp()
        free = _free_from(context.bookings, hold, limit, midnight - AN_INSTANT)
        when = "at" if free is None else "before"
        clock = _clock(hold.begin if free is None else free, context)
        others = f"{away}, and " if away else ""
        return f"{others}no {unit} is free {when} {clock}"


def _free_from(occupancy: Occupancy, hold: Hold, limit: int, until: float) -> float | None:
    """The first instant after its start at which a hold of this length finds its unit free.

    None if that is not up to `until`, in POSIX seconds.
    """
    length = hold.end - hold.begin
    for begin in occupancy.ends_after(hold, until):
        if occupancy.peak(Hold(hold.unit, begin, begin + length)) < limit:
            return begin
    return None


def _not_there(resource: Resource | None, hold: Hold, context: PlanningContext) -> str:
    """Why a resource is not there, apart from those who are away: its hours; or ""."""
    day = datetime.fromtimestamp(hold.begin, context.zone).date()
    if resource is None or resource.hours is None or resource.patients(day) <= 0:
        return ""
    hours = " and ".join(map(str, resource.hours.on(day.weekday())))
    if not hours:
        return f"no {resource.name} is there on this weekday"
    times = f"from {_clock(hold.begin, context)} to {_clock(hold.end, context)}"
    return f"no {resource.name} is there {times} ({hours})"


def _clock(instant: float, context: PlanningContext) -> str:
    return clock_text(datetime.fromtimestamp(instant, context.zone))


def _taken(chairs: int, at: str, out_of_order: str) -> str:
    """Why no chair is free; `chairs` are those in order, the rest is `out_of_order`."""
    if not out_of_order:
        return f"{'the chair is' if chairs == 1 else f'all {chairs} chairs are'} taken at {at}"
    others = "the other is" if chairs == 1 else "the others are"
    return f"{out_of_order}, {others} taken at {at}" if chairs > 0 else out_of_order
