"""Find the misfits: the booked visits that do not fit their clinic any more, as it is now."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from ketasched.model import Clinic, Course, Misfit, Misfits
from ketasched.model.occupancy import Interval, Occupancy, intervals, slots_of
from ketasched.rules import DAY_RULES, SLOT_RULES, Capacity
from ketasched.rules.base import NO_BOOKINGS, ClinicRule, PlanningContext, first_broken
from ketasched.rules.overridden import is_overridden

BOOKED: frozenset[str] = frozenset({"planned", "tentative"})
"""The statuses of visits that are still expected to take place."""

CLINIC_DAY_RULES, CLINIC_SLOT_RULES = (
    tuple(rule for rule in rules if isinstance(rule, ClinicRule | Capacity))
    for rules in (DAY_RULES, SLOT_RULES)
)
"""The rules on a visit that a newer clinic's file can break; the others are about the patient."""


def misfits(
    course: Course, clinic: Clinic, *, bookings: Occupancy = NO_BOOKINGS
) -> Iterator[Misfit]:
    """The booked visits of the course that do not fit `clinic`, as it is now, in their order.

    `bookings` are the visits of other patients. A visit that breaks a rule because somebody
    overrode the rule for it is no misfit.
    """
    newer = replace(course, clinic=clinic)
    context = PlanningContext(
        course.protocol, clinic, course.request, course.made_at, bookings=bookings
    )
    overridden = _overridden(course)
    visits = [visit for visit in course.visits if visit.is_here]
    for visit, slot in zip(visits, slots_of(newer), strict=True):
        if visit.status not in BOOKED:
            continue
        found = [rule.day(slot.start.date(), context) for rule in CLINIC_DAY_RULES]
        found += [rule.slot(slot, context) for rule in CLINIC_SLOT_RULES]
        broken = (one for one in found if one and (one.rule, visit.number) not in overridden)
        if finding := first_broken(broken):
            yield Misfit(visit.number, visit.start, finding.rule, finding.message)


def misfits_of_all(courses: Collection[Course], clinic: Clinic) -> Misfits:
    """The misfits of each course; `courses` are all of the clinic's.

    Where more visits are booked at a time than fit, each of them is a misfit; a visit for which
    somebody overrode `capacity` does not count.
    """
    taken = Occupancy(one for course in courses for one in _counted_intervals(course))
    found = {}
    for course in courses:
        own = _counted_intervals(course)
        taken.remove(own)
        found[course.course_id] = tuple(misfits(course, clinic, bookings=taken))
        taken.add(own)
    return found


def _counted_intervals(course: Course) -> list[Interval]:
    """The times at which a course holds a chair, those apart at which `capacity` is overridden."""
    overridden = _overridden(course)
    visits = [visit for visit in course.visits if visit.is_here]
    slots = zip(visits, slots_of(course), strict=True)
    return intervals(
        slot for visit, slot in slots if (Capacity.name, visit.number) not in overridden
    )


def _overridden(course: Course) -> set[tuple[str, int | None]]:
    """The rules that the course breaks because somebody overrode them, each with its visit.

    What is broken because of a fact or an undo nobody decided.
    """
    return {
        (one.rule, one.visit)
        for one in course.findings
        if one.level == "broken" and is_overridden(course, one)
    }
