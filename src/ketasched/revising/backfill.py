"""backfill: which visit could take a free slot without breaking a rule, and what is free."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from ketasched.errors import BadRequest, Refused, command_line
from ketasched.model import Change, Clinic, Clock, Course, Protocol, Request, Visit, VisitKind
from ketasched.model.effective_kind import effective_kind
from ketasched.model.occupancy import Occupancy
from ketasched.model.opening_hours import closure
from ketasched.model.wall_clock import (
    add_minutes,
    clock_text,
    day_text,
    minute_of_day,
    moment_text,
)
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


def shortest_kind(clinic: Clinic, protocols: Sequence[Protocol]) -> VisitKind:
    """The shortest visit at the clinic: where it does not fit, none does."""
    kinds = (effective_kind(one, clinic, name) for one in protocols for name in one.visits)
    return min(kinds, key=lambda kind: (kind.place != "clinic", kind.minutes.total))


def refuse_slot(
    clinic: Clinic,
    kind: VisitKind,
    slot: datetime,
    now: datetime,
    courses: Sequence[Course],
    bookings: Occupancy,
) -> None:
    """Raise `BadRequest` or `Refused` if no visit of this kind can begin at the slot (local).

    If it is taken the error says by which visits of the `courses`. `bookings` are the visits of
    all patients on that day.
    """
    if slot.timestamp() <= now.timestamp():
        said = f"{moment_text(slot)} is over (it is {moment_text(now)})"
        raise BadRequest("on", said, next_step="a day and a time to come")
    day = slot.date()
    starts = free_starts(clinic, kind, day)
    if not starts:
        why = closure(clinic, day)
        said = f"the clinic is closed on {day_text(day)}{f' ({why})' if why else ''}"
        raise BadRequest("on", said, next_step="another day")
    free = free_starts(clinic, kind, day, bookings=bookings)
    if slot in free:
        return
    coming = [one for one in free if one.timestamp() > now.timestamp()]
    step = f"what is free that day: {_ranges(coming, clinic)}"
    if not coming:
        step = f"nothing is free that day: {command_line('day', str(day), '--week')}"
    if slot not in starts:
        said = f"no visit begins at {clock_text(slot)} on {day_text(day)}"
        raise BadRequest("time", said, next_step=step)
    there = [*_visits_at(courses, slot, add_minutes(slot, kind.minutes.total))]
    details = [
        f"{course.patient}, visit {visit.number}: "
        f"{clock_text(visit.start)} to {clock_text(visit.end)}"
        for course, visit in there
    ]
    for course, visit in there[:1]:
        words = "revise", course.patient, "defer", str(visit.number), "--to", "DATE"
        defer = command_line(*words, "--scope", "visit", "--reason", "WHY")
        whom = "one of them" if there[1:] else "it"
        step += f"\nto free the slot first, move {whom}: {defer}"
    raise Refused(f"{moment_text(slot)} is taken", details=details, next_step=step)


def _visits_at(
    courses: Sequence[Course], begin: datetime, end: datetime
) -> Iterator[tuple[Course, Visit]]:
    """The visits that are at the clinic between two moments, each with its course."""
    for course in courses:
        for visit in course.visits:
            is_then = visit.start.timestamp() < end.timestamp()
            is_then = is_then and begin.timestamp() < visit.end.timestamp()
            at_clinic = course.protocol.visits[visit.kind].place == "clinic"
            if is_then and visit.is_here and at_clinic:
                yield course, visit


def _ranges(starts: Sequence[datetime], clinic: Clinic) -> str:
    """The starts in words: "09:00 to 10:30, 14:00"."""
    step, ranges = timedelta(minutes=clinic.slot_minutes), list[list[datetime]]()
    for start in starts:
        if ranges and start - ranges[-1][-1] == step:
            ranges[-1].append(start)
        else:
            ranges.append([start])
    return ", ".join(
        " to ".join(dict.fromkeys(map(clock_text, (one[0], one[-1])))) for one in ranges
    )
