"""From chosen slots to a course: visits with their windows and statuses, and dated reviews."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from ketasched.model import (
    TO_BE_DECIDED,
    Course,
    Driver,
    Entry,
    Minutes,
    PhaseReview,
    Request,
    Review,
    Slot,
    Visit,
    VisitKind,
    Window,
)
from ketasched.model.gates import with_usual_drivers
from ketasched.model.identifiers import identity, uid
from ketasched.model.opening_hours import openings, starts
from ketasched.model.wall_clock import after, no_driving_until
from ketasched.planning.cadence import PhasePlan
from ketasched.planning.search import PatientAvailability
from ketasched.rules.base import PlanningContext

REVIEW = VisitKind("Review", Minutes(check_in=0, treatment=15, observation=0), place="phone")
"""How long a review takes; it needs no chair, wherever it is."""

MOST_SLOTS = 4096

LATEST_REVIEW_DAYS = 28
"""How far after the last visit of a course a day for its review is looked for."""


def assemble(
    context: PlanningContext,
    phase_plans: Sequence[PhasePlan],
    slots: Sequence[Sequence[Slot]],
    latest: date,
    course_id: str,
) -> Course:
    """The course at these slots, run by run, without findings.

    `latest` is the latest day on which the first visit may be.
    """
    request = context.request
    made_at = context.made_at.astimezone(context.zone)
    course_id = course_id or identity(context.clinic, request, made_at)
    gates = [after_visit for after_visit, review in _reviews_of(phase_plans) if review.gate]
    visits = tuple(
        _visits(context, phase_plans, slots, latest, course_id, min(gates, default=None))
    )
    reviews = tuple(_reviews(context, phase_plans, visits, course_id))
    course = Course(
        format=1,
        course_id=course_id,
        patient=request.patient,
        timezone=context.clinic.timezone,
        made_at=made_at,
        revision=1,
        visits=visits,
        reviews=reviews,
        findings=(),
        history=(Entry(made_at, "planned"),),
        protocol=context.protocol,
        clinic=context.clinic,
        request=request,
    )
    return with_usual_drivers(course) if gates else course


def planned_before(course: Course, course_id: str, made_at: datetime) -> Course:
    """A course of the first revision as if it had been planned at that moment, by that name.

    Where nobody's dates changed, calendars then know its events again.
    """
    visits = (replace(one, uid=uid(course_id, "visit", one.number)) for one in course.visits)
    reviews = (
        replace(one, uid=uid(course_id, "review", ordinal))
        for ordinal, one in enumerate(course.reviews, start=1)
    )
    first = replace(course.history[0], at=made_at)
    return replace(
        course,
        course_id=course_id,
        made_at=made_at,
        visits=tuple(visits),
        reviews=tuple(reviews),
        history=(first, *course.history[1:]),
    )


def _visits(
    context: PlanningContext,
    phase_plans: Sequence[PhasePlan],
    slots: Sequence[Sequence[Slot]],
    latest: date,
    course_id: str,
    gate: int | None,
) -> Iterator[Visit]:
    number, driver = 0, _driver(context.request)
    before: date | None = None
    for phase_plan, own in zip(phase_plans, slots, strict=True):
        anchor = before or own[0].start.date()
        for index, slot in enumerate(own):
            number += 1
            day = slot.start.date()
            if before is None:
                window = Window(context.request.start, context.request.start, latest)
            else:
                window = phase_plan.window(index, before, anchor)
            treatment_start, until = _further_times(slot)
            tentative = phase_plan.phase.tentative or (gate is not None and number > gate)
            if phase_plan.phase.tentative:
                # A pencilled visit's target is a date that keeps the rules: the one it is on.
                window = Window(window.earliest, day, window.latest)
            yield Visit(
                number=number,
                phase=phase_plan.phase.name,
                of=f"{index + 1} of {phase_plan.count}",
                kind=phase_plan.phase.visit,
                status="tentative" if tentative else "planned",
                start=slot.start,
                treatment_start=treatment_start,
                end=slot.end,
                no_driving_until=until,
                window=window,
                uid=uid(course_id, "visit", number),
                driver=driver if phase_plan.kind.needs_driver and not tentative else None,
                note=TO_BE_DECIDED if tentative else "",
            )
            before = day


# Slots are shared between patients, and so is what follows from one.
@lru_cache(maxsize=MOST_SLOTS)
def _further_times(slot: Slot) -> tuple[datetime, datetime | None]:
    """When the treatment begins, and until when nobody drives afterwards."""
    until = no_driving_until(slot.end, slot.start.date(), slot.kind.no_driving)
    return after(slot.start, slot.kind.minutes.check_in), until


def _driver(request: Request) -> Driver | None:
    return Driver(request.driver_name, request.driver_phone) if request.driver_name else None


def _reviews_of(phase_plans: Sequence[PhasePlan]) -> Iterator[tuple[int, PhaseReview]]:
    """The reviews that the runs get to, each with the number of the visit that it follows."""
    done = 0
    for phase_plan in phase_plans:
        for review in phase_plan.phase.reviews:
            if review.after <= phase_plan.count:
                yield done + review.after, review
        done += phase_plan.count


def _reviews(
    context: PlanningContext,
    phase_plans: Sequence[PhasePlan],
    visits: Sequence[Visit],
    course_id: str,
) -> Iterator[Review]:
    days = PatientAvailability(context)
    for ordinal, (number, review) in enumerate(_reviews_of(phase_plans), start=1):
        visit = visits[number - 1]
        following = visits[number] if number < len(visits) else None
        yield Review(
            after=number,
            title=review.title,
            gate=review.gate,
            place=review.place,
            start=review_start(days, visit, following),
            uid=uid(course_id, "review", ordinal),
            status=visit.status,
        )


def review_start(known: PatientAvailability, visit: Visit, following: Visit | None) -> datetime:
    """When a review takes place: on the first day before the next visit that has a time for it.

    The day is open, without treatment, and one on which the patient can, at the clinic's usual
    time; where there is none, at any time that the patient can. Where there is no such day at all
    it is at the next visit's check-in, or after the last visit at that visit itself.
    """
    context, day = known.context, visit.start.toordinal()
    days = range(day + 1, following.start.toordinal() if following else day + LATEST_REVIEW_DAYS)
    usual = context.clinic.preferred_start.minutes
    at_usual = ((each, usual) for each in days)
    at_any = (
        (each, minutes)
        for each in days
        for minutes in starts(
            openings(context.clinic, date.fromordinal(each)),
            REVIEW.minutes.total,
            context.clinic.slot_minutes,
        )
    )
    slots = (
        known.slot_at(REVIEW, each, minutes) for each, minutes in itertools.chain(at_usual, at_any)
    )
    found = next(filter(None, slots), None)
    if found:
        return found.start
    return following.start if following else visit.start
