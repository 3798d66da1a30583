"""Find the misfits: what is booked and does not fit its clinic any more, as the clinic is now."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from ketasched.model import Clinic, Course, Finding, Misfit, Misfits, Slot, misfit_count
from ketasched.model.companion_slots import companion_kind, companion_slot, companion_slots
from ketasched.model.holds import Hold, holds_of_slots, slots_of
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import day_text
from ketasched.rules import OCCUPANCY_RULES, VISIT_RULES, OccupancyRule
from ketasched.rules.base import (
    NO_BOOKINGS,
    ClinicRule,
    PlanningContext,
    first_broken,
    visit_findings,
)
from ketasched.rules.overridden import is_overridden

BOOKED: frozenset[str] = frozenset({"planned", "tentative"})
"""The statuses of visits that are still expected to take place."""

CLINIC_RULES = [rule for rule in VISIT_RULES if isinstance(rule, ClinicRule | OccupancyRule)]
"""The rules on a visit that a newer clinic's file can break; the others are about the patient."""


def misfits(
    course: Course, clinic: Clinic, *, bookings: Occupancy = NO_BOOKINGS
) -> Iterator[Misfit]:
    """The booked visits of the course that do not fit `clinic`, as it is now, in their order.

    Then come the companions that do not, reviews and home days aside: these are not asked of the
    clinic's hours and resources. `bookings` are the visits of other patients. What breaks a rule
    because somebody overrode the rule for its visit is no misfit.
    """
    newer = replace(course, clinic=clinic)
    context = PlanningContext.of(newer, bookings)
    overridden = _overridden(course)
    visits = [visit for visit in course.visits if visit.is_here]
    for visit, slot in zip(visits, slots_of(newer), strict=True):
        waived = {rule for rule, number in overridden if number == visit.number}
        finding = _broken(slot, context, waived) if visit.status in BOOKED else None
        if finding:
            yield Misfit(visit.number, visit.start, finding.rule, finding.message)
    for one in course.companions:
        waived = {rule for rule, number in overridden if number == one.after}
        is_asked = one.status in BOOKED and companion_kind(course.protocol, one) is not None
        finding = _broken(companion_slot(newer, one), context, waived) if is_asked else None
        if finding:
            yield Misfit(one.after, one.start, finding.rule, finding.message, one.uid)


def _broken(slot: Slot, context: PlanningContext, waived: Collection[str]) -> Finding | None:
    """The first finding of a clinic's rules on a slot, apart from the waived rules."""
    found = visit_findings(slot, context, CLINIC_RULES)
    return first_broken(one for one in found if one.rule not in waived)


def misfits_of_all(courses: Collection[Course], clinic: Clinic) -> Misfits:
    """The misfits of each course; `courses` are all of the clinic's.

    Where more visits are booked at a time than fit, each of them is a misfit; a visit for which
    somebody overrode `capacity`, or `staff`, does not count there.
    """
    taken = Occupancy(one for course in courses for one in _counted_holds(course, clinic))
    found = {}
    for course in courses:
        own = _counted_holds(course, clinic)
        taken.remove(own)
        found[course.course_id] = tuple(misfits(course, clinic, bookings=taken))
        taken.add(own)
    return found


def _counted_holds(course: Course, clinic: Clinic) -> list[Hold]:
    """What a course holds at the clinic, apart from the units for which a rule is overridden."""
    overridden = _overridden(course)
    visits = [visit for visit in course.visits if visit.is_here]
    waived = {
        visit.number: [one for one in OCCUPANCY_RULES if (one.name, visit.number) in overridden]
        for visit in visits
    }
    beside = (slot for _, slot in companion_slots(course))
    return holds_of_slots(clinic, beside) + [
        hold
        for visit, slot in zip(visits, slots_of(course), strict=True)
        for hold in holds_of_slots(clinic, [slot])
        if not any(rule.counts(hold.unit) for rule in waived[visit.number])
    ]


def _overridden(course: Course) -> set[tuple[str, int | None]]:
    """The rules that the course breaks because somebody overrode them, each with its visit.

    What is broken because of a fact or an undo nobody decided.
    """
    return {
        (one.rule, one.visit)
        for one in course.findings
        if one.level == "broken" and not one.uid and is_overridden(course, one)
    }


MOST_REASONS = 3
"""How many reasons are said of one course; the number of visits is always said."""


def misfits_text(misfits: Sequence[Misfit] | None) -> str:
    """The misfits of a course by their reasons; "" if there are none.

    "2 visits no longer fit: Mon 11 Jan 2027, Wed 13 Jan 2027, the clinic is closed (pump repair)".
    Where a companion is one of them, they are appointments.
    """
    if not misfits:
        return ""
    days: dict[str, list[str]] = {}
    for one in misfits:
        days.setdefault(one.message, []).append(day_text(one.start))
    reasons = [f"{', '.join(found)}, {message}" for message, found in days.items()]
    more = len(reasons) - MOST_REASONS
    shown = [*reasons[:MOST_REASONS], *([f"and {more} more"] if more > 0 else [])]
    noun = "appointment" if any(one.companion for one in misfits) else "visit"
    return f"{misfit_count(len(misfits), noun)}: {'; '.join(shown)}"


def visit_misfits(misfits: Misfits) -> Misfits:
    """The misfits that are visits, of the courses that have any: `reschedule` moves these."""
    found = {
        course_id: [one for one in own if not one.companion] for course_id, own in misfits.items()
    }
    return {course_id: own for course_id, own in found.items() if own}
