"""backfill: which visit could take a free slot without breaking a rule, and what is free."""

from datetime import date, datetime

from ketasched.model import Change, Clinic, Clock, Course, Request, Visit, VisitKind
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import minute_of_day
from ketasched.planning.availability import NO_MOMENT, NO_PROTOCOL, PatientAvailability
from ketasched.revising.alternatives import WhatIf
from ketasched.rules.base import NO_BOOKINGS, PlanningContext


def visit_that_could_come_sooner(
    course: Course, slot: datetime, *, at: datetime, bookings: Occupancy = NO_BOOKINGS
) -> Visit | None:
    """The planned visit of a course that could be moved to `slot` (local), on an earlier day.

    Every rule holds then, and no other visit moves. It is the first visit after the slot, as no
    visit overtakes another one. None if there is no such visit. `at` is the aware moment of the
    change, `bookings` are the visits of others.
    """
    later = (
        visit
        for visit in course.visits
        if visit.is_here and visit.start.timestamp() > slot.timestamp()
    )
    visit = next(later, None)
    if visit is None or visit.status != "planned" or visit.start.date() == slot.date():
        return None
    time = Clock(minute_of_day(slot))
    move = Change("defer", visit.number, slot.date(), time, scope="visit")
    moved = WhatIf(course, at, bookings).courses([move])
    return visit if next(moved, None) else None


def free_starts(
    clinic: Clinic, kind: VisitKind, day: date, *, bookings: Occupancy = NO_BOOKINGS
) -> list[datetime]:
    """The starts (local) of a day at which a visit of this kind finds the clinic open and a chair.

    The earliest is the first. `bookings` are the visits of all patients.
    """
    context = PlanningContext(NO_PROTOCOL, clinic, Request(day), NO_MOMENT, bookings)
    found = PatientAvailability(context).candidates(kind, day.toordinal(), by_clock=True)
    return sorted((one.slot.start for one in found), key=datetime.timestamp)
