"""Holds: the units of a clinic that a visit takes, and when.

A visit holds a chair from check-in to its end, a start at the instant at which it begins, and each
of the clinic's resources that it needs in some of its parts. All units are counted alike
(`occupancy`), against their limits (`unit_limits`).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ketasched.model.clinic import Clinic
from ketasched.model.companion_slots import companion_slots
from ketasched.model.course import Course
from ketasched.model.effective_kind import effective_kind
from ketasched.model.memo import memoised_by_item
from ketasched.model.resource import UNITS, VisitPart
from ketasched.model.visit import Slot, Visit

CHAIR, START = UNITS
"""The units of every clinic; the other units are named as its resources."""

AN_INSTANT = 1.0
"""The seconds for which a visit holds its start: no two starts are nearer."""


class Usage(NamedTuple):
    """The parts of a visit at a clinic, and what the visit needs there.

    The visit begins with the check-in; the treatment ends where the observation begins. All are
    POSIX seconds. `needs` has the names of resources, whether the clinic has a limited number of
    them or not; None means every resource.
    """

    begin: float
    treatment: float
    observation: float
    end: float
    takes_chair: bool = True
    needs: tuple[str, ...] | None = None

    def part(self, name: VisitPart) -> tuple[float, float]:
        """The start and the end of a part of the visit."""
        edges = {
            "check_in": (self.begin, self.treatment),
            "treatment": (self.treatment, self.observation),
            "observation": (self.observation, self.end),
        }
        return edges[name]


class Hold(NamedTuple):
    """A unit that a visit holds from `begin` until before `end`, in POSIX seconds."""

    unit: str
    begin: float
    end: float


def usage_of(slot: Slot) -> Usage:
    """What a visit in this slot uses."""
    kind, begin = slot.kind, slot.start.timestamp()
    treatment = begin + kind.minutes.check_in * 60
    needs = kind.needs if kind.needs is not None or kind.place == "clinic" else ()
    end = slot.end.timestamp()
    observation = min(treatment + kind.minutes.treatment * 60, end)
    return Usage(begin, min(treatment, end), observation, end, kind.takes_chair, needs)


def holds_of_usage(clinic: Clinic, usage: Usage) -> list[Hold]:
    """The units of a clinic that a visit holds: those of which the clinic has a limited number."""
    found = []
    if usage.takes_chair:
        if clinic.starts_per_slot is not None:
            found.append(Hold(START, usage.begin, usage.begin + AN_INSTANT))
        if clinic.chairs is not None:
            found.append(Hold(CHAIR, usage.begin, usage.end))
    for resource in clinic.resources:
        if usage.needs is None or resource.name in usage.needs:
            parts = sorted({usage.part(name) for name in resource.during})
            found += [Hold(resource.name, *span) for span in joined_spans(parts)]
    return found


def joined_spans(spans: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The spans, in order, without empty ones; spans that meet are one."""
    last: tuple[float, float] | None = None
    for begin, end in spans:
        if begin == end:
            continue
        if last and last[1] == begin:
            last = last[0], end
            continue
        if last:
            yield last
        last = begin, end
    if last:
        yield last


@memoised_by_item
def holds(clinic: Clinic, slot: Slot) -> tuple[Hold, ...]:
    """The units of a clinic that a visit in this slot holds."""
    return tuple(holds_of_usage(clinic, usage_of(slot)))


def holds_of_slots(clinic: Clinic, slots: Iterable[Slot]) -> list[Hold]:
    """The units of a clinic that visits in these slots hold."""
    return [hold for slot in slots for hold in holds_of_usage(clinic, usage_of(slot))]


def holds_of(course: Course) -> list[Hold]:
    """The units that a course holds at its clinic, those of its companions, too."""
    return [*holds_of_slots(course.clinic, slots_of(course)), *holds_of_companions(course)]


def holds_of_companions(course: Course) -> list[Hold]:
    """The units that the companions of a course hold at its clinic."""
    return holds_of_slots(course.clinic, (slot for _, slot in companion_slots(course)))


def slots_of(course: Course) -> Iterator[Slot]:
    """The slots of a course's visits that take place here."""
    return (slot_of(course, visit) for visit in course.visits if visit.is_here)


def slot_of(course: Course, visit: Visit) -> Slot:
    """The slot of a visit."""
    kind = effective_kind(course.protocol, course.clinic, visit.kind)
    return Slot(kind, visit.start, visit.end, visit.elsewhere)
