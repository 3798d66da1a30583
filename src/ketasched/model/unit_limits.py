"""The limits of a clinic's units: how many visits may hold a chair, a start or a resource at once.

The rules `capacity` and `staff`, the register and the joint plan compare holds with these limits.
"""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketasched.model.clinic import Clinic
from ketasched.model.holds import AN_INSTANT, CHAIR, START, Hold, holds, joined_spans
from ketasched.model.memo import memoised_by_item
from ketasched.model.resource import Resource
from ketasched.model.visit import Slot
from ketasched.model.wall_clock import moment_at


def limit_on(clinic: Clinic, unit: str, day: date) -> int | None:
    """How many visits may hold a unit at once on a local date, a resource's hours aside.

    None means any number. Chairs that are out of order and people who are away do not count.
    """
    if unit == CHAIR:
        out = clinic.closures.chairs_out_of_order(day)[0]
        return None if clinic.chairs is None else clinic.chairs - out
    if unit == START:
        return clinic.starts_per_slot
    resource = find_resource(clinic, unit)
    return resource.patients(day) if resource else None


def find_resource(clinic: Clinic, name: str) -> Resource | None:
    """The resource of this name, if the clinic has one."""
    return next((one for one in clinic.resources if one.name == name), None)


@memoised_by_item
def limit_of(clinic: Clinic, hold: Hold) -> int | None:
    """How many visits may hold a unit at once during this hold; None for any number.

    The limit is 0 if the hold is not all inside the hours of its resource.
    """
    day = datetime.fromtimestamp(hold.begin, ZoneInfo(clinic.timezone)).date()
    spans = _hours_on(clinic, hold.unit, day)
    if spans is not None and not any(
        begin <= hold.begin and hold.end <= end for begin, end in spans
    ):
        return 0
    return limit_on(clinic, hold.unit, day)


@memoised_by_item
def limited_holds(clinic: Clinic, slot: Slot) -> tuple[tuple[Hold, int], ...]:
    """What a visit in this slot holds of limited units, each hold with its limit."""
    limits = ((hold, limit_of(clinic, hold)) for hold in holds(clinic, slot))
    return tuple((hold, limit) for hold, limit in limits if limit is not None)


def limit_at(clinic: Clinic, unit: str, instant: float) -> int:
    """How many visits may hold a limited unit at an instant."""
    return limit_of(clinic, Hold(unit, instant, instant + AN_INSTANT)) or 0


def _hours_on(clinic: Clinic, unit: str, day: date) -> list[tuple[float, float]] | None:
    """The hours of a resource on a date, in POSIX seconds; None without hours of its own.

    Hours that meet are one: somebody who is there until ten and from ten on is there at ten.
    """
    zone, resource = ZoneInfo(clinic.timezone), find_resource(clinic, unit)
    if resource is None or resource.hours is None:
        return None
    edges = ((one.start, one.end) for one in resource.hours.on(day.weekday()))
    return list(
        joined_spans(
            (moment_at(day, start, zone).timestamp(), moment_at(day, end, zone).timestamp())
            for start, end in edges
        )
    )


def limit_instants(clinic: Clinic, hold: Hold) -> Iterator[float]:
    """The instants of a hold at which its limit can fall: its start, and the ends of hours."""
    yield hold.begin
    day = datetime.fromtimestamp(hold.begin, ZoneInfo(clinic.timezone)).date()
    for _, end in _hours_on(clinic, hold.unit, day) or ():
        if hold.begin < end < hold.end:
            yield end


def chairs_out_of_order_text(clinic: Clinic, day: date) -> str:
    """The chairs out of order on a date: "1 of 4 chairs is out of order (pump repair)", or ""."""
    out, label = clinic.closures.chairs_out_of_order(day)
    if not out:
        return ""
    if out == clinic.chairs:
        chairs = "the chair" if out == 1 else f"all {out} chairs"
    else:
        chairs = f"{out} of {clinic.chairs} chairs"
    named = f" ({label})" if label else ""
    return f"{chairs} {'is' if out == 1 else 'are'} out of order{named}"


def resources_away_text(clinic: Clinic, unit: str, day: date) -> str:
    """Who is away on a date: "1 of 3 monitors is away (course)", or ""."""
    resource = find_resource(clinic, unit)
    out, label = resource.away(day) if resource else (0, "")
    if resource is None or not out:
        return ""
    if out == resource.count:
        those = f"the {unit}" if out == 1 else f"all {out} {unit}s"
    else:
        those = f"{out} of {resource.count} {unit}s"
    return f"{those} {'is' if out == 1 else 'are'} away{f' ({label})' if label else ''}"
