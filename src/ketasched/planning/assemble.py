"""Assembly of a course from chosen slots: visits with windows and statuses, dated companions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import chain, count
from math import inf

from ketasched.model import (
    TO_BE_DECIDED,
    Companion,
    Course,
    Driver,
    Entry,
    PhaseReview,
    Place,
    Request,
    Slot,
    Visit,
    Window,
)
from ketasched.model.authorised_visits import with_tentative_beyond
from ketasched.model.companion_slots import REVIEW
from ketasched.model.drivers import driver_on
from ketasched.model.identifiers import make_course_id, make_uid, make_uid_key
from ketasched.model.no_driving import is_without_driving, no_driving_until, run_on, with_home_days
from ketasched.model.opening_hours import openings, start_times
from ketasched.model.review_gates import with_usual_drivers
from ketasched.model.wall_clock import add_minutes
from ketasched.planning.availability import PatientAvailability
from ketasched.planning.companions import COMPANION, date_companions
from ketasched.planning.elsewhere import visits_elsewhere
from ketasched.planning.home_days import date_home_days
from ketasched.planning.spacing_cost import PhasePlan, counted_phases
from ketasched.rules.base import PlanningContext

LATEST_REVIEW_DAYS = 28
"""How many days after the last visit of a course its review is, at most."""


def assemble(
    context: PlanningContext,
    phase_plans: Sequence[PhasePlan],
    slots: Sequence[Sequence[Slot]],
    latest: date,
    course_id: str,
) -> Course:
    """The course at these slots, phase by phase, without findings.

    `latest` is the latest day on which the first visit may be.
    """
    request = context.request
    made_at = context.made_at.astimezone(context.zone)
    course_id = course_id or make_course_id(context.clinic, request, made_at)
    elsewhere = tuple(visits_elsewhere(context, course_id))
    numbered = [*_numbered_reviews(context, phase_plans)]
    gate = min((after for after, one in numbered if one.gate), default=inf)
    planned = tuple(_visits(context, phase_plans, slots, latest, course_id, gate))
    here = with_tentative_beyond(request.authorised, planned)
    visits = run_on((*elsewhere, *here), context.protocol.visits)
    reviews = tuple(_reviews(context, numbered, visits, course_id))
    home_days = tuple(date_home_days(context, visits, reviews, course_id))
    if home_days:
        visits, home_days = with_home_days(visits, home_days, context.protocol, context.clinic)
    others = (*reviews, *home_days)
    companions = date_companions(context, visits, others, course_id)
    course = Course(
        format=1,
        course_id=course_id,
        patient=request.patient,
        timezone=context.clinic.timezone,
        made_at=made_at,
        revision=1,
        visits=visits,
        companions=(*others, *companions),
        findings=(),
        history=(Entry(made_at, "planned"),),
        protocol=context.protocol,
        clinic=context.clinic,
        request=request,
        uid_key=make_uid_key(context.clinic, course_id),
    )
    has_gate = any(review.gate for review in reviews)
    return with_usual_drivers(course, made_at) if has_gate else course


def with_identity(
    course: Course,
    course_id: str,
    uid_key: str,
    made_at: datetime,
    known: Sequence[Companion] = (),
) -> Course:
    """A course of revision 1 with the identifiers and the moment of planning of an earlier one.

    If that is on the same dates, calendars recognise its events. `known` are the companions that
    it has, or had, reviews aside: one that it left out gives its identifier to no other.
    """
    visits = (replace(one, uid=make_uid(course_id, "visit", one.number)) for one in course.visits)
    reviews = [one for one in course.companions if one.is_review]
    others = [one for one in course.companions if not one.is_review]
    companions = (
        *(
            replace(one, uid=make_uid(course_id, "review", ordinal))
            for ordinal, one in enumerate(reviews, start=1)
        ),
        *_with_known_uids(others, known, course_id),
    )
    first = replace(course.history[0], at=made_at)
    return replace(
        course,
        course_id=course_id,
        uid_key=uid_key,
        made_at=made_at,
        visits=tuple(visits),
        companions=companions,
        history=(first, *course.history[1:]),
    )


def companions_in_turn(
    companions: Iterable[Companion],
) -> Iterator[tuple[tuple[str, int, bool, int], Companion]]:
    """Companions with what identifies each when a course is planned again.

    That is its name, its visit and its side of that, and its ordinal among such companions.
    """
    ordinals: Counter[tuple[str, int, bool]] = Counter()
    for one in sorted(companions, key=lambda one: one.start.timestamp()):
        key = one.name, one.after, one.before
        ordinals[key] += 1
        yield (*key, ordinals[key]), one


def _with_known_uids(
    companions: Sequence[Companion], known: Sequence[Companion], course_id: str
) -> Iterator[Companion]:
    """The companions, each with the uid of the known one for which it is, else with a new one."""
    known_uids = {key: one.uid for key, one in companions_in_turn(known)}
    keys = {one.uid: key for key, one in companions_in_turn(companions)}
    taken = {one.uid for one in known}
    uids = (make_uid(course_id, COMPANION, ordinal) for ordinal in count(1))
    new = (uid for uid in uids if uid not in taken)
    for one in companions:
        yield replace(one, uid=known_uids.get(keys[one.uid]) or next(new))


def _visits(
    context: PlanningContext,
    phase_plans: Sequence[PhasePlan],
    slots: Sequence[Sequence[Slot]],
    latest: date,
    course_id: str,
    gate: float,
) -> Iterator[Visit]:
    request, number = context.request, len(context.request.prior)
    before: date | None = None
    for phase_plan, own in zip(phase_plans, slots, strict=True):
        anchor, elsewhere = before or own[0].start.date(), phase_plan.elsewhere
        for index, slot in enumerate(own):
            number += 1
            day = slot.start.date()
            if before is None:
                earliest = _earliest_start(request, phase_plan)
                window = Window(earliest, earliest, latest)
            else:
                window = phase_plan.window(index, before, anchor)
            treatment_start, until = _further_times(slot)
            tentative = phase_plan.phase.tentative or number > gate
            if phase_plan.phase.tentative:
                # The target of a tentative visit is a date that keeps the rules: its own.
                window = Window(window.earliest, day, window.latest)
            yield Visit(
                number=number,
                phase=phase_plan.phase.name,
                of=f"{elsewhere + index + 1} of {elsewhere + phase_plan.count}",
                kind=phase_plan.phase.visit,
                status="tentative" if tentative else "planned",
                start=slot.start,
                treatment_start=treatment_start,
                end=slot.end,
                no_driving_until=until,
                window=window,
                uid=make_uid(course_id, "visit", number),
                driver=None if tentative else _driver(request, phase_plan, day),
                note=TO_BE_DECIDED if tentative else "",
            )
            before = day


def _earliest_start(request: Request, phase_plan: PhasePlan) -> date:
    """The earliest date of the first visit here: the asked start, or after visits elsewhere."""
    gap = timedelta(phase_plan.phase.gap_days.min)
    return max([request.start, *(day + gap for day in request.prior)])


def _driver(request: Request, phase_plan: PhasePlan, day: date) -> Driver | None:
    return driver_on(request, day) if phase_plan.kind.needs_driver else None


# Patients share slots, and so the results.
@lru_cache(maxsize=4096)
def _further_times(slot: Slot) -> tuple[datetime, datetime | None]:
    """When the treatment begins, and until when the patient must not drive."""
    until = no_driving_until(slot.end, slot.start.date(), slot.kind.no_driving)
    return add_minutes(slot.start, slot.kind.minutes.check_in), until


def _numbered_reviews(
    context: PlanningContext, phase_plans: Sequence[PhasePlan]
) -> Iterator[tuple[int, PhaseReview]]:
    """The reviews of the phases, each with the number of the visit that it follows.

    A review after more visits than its phase has is left out; so is one after a visit elsewhere,
    unless it is a gate, which is closed until somebody records it.
    """
    prior = len(context.request.prior)
    counts = [(one.phase, one.elsewhere + one.count) for one in phase_plans]
    if prior and not phase_plans[0].elsewhere:
        counts = [*counted_phases(context.protocol, context.request)[:1], *counts]
    visits = 0
    for phase, number in counts:
        for review in phase.reviews:
            if review.after <= number and (review.gate or visits + review.after > prior):
                yield visits + review.after, review
        visits += number


def _reviews(
    context: PlanningContext,
    numbered: Iterable[tuple[int, PhaseReview]],
    visits: Sequence[Visit],
    course_id: str,
) -> Iterator[Companion]:
    availability, prior = PatientAvailability(context), len(context.request.prior)
    for ordinal, (after, review) in enumerate(numbered, start=1):
        number = max(after, prior)  # a gate after a visit elsewhere is before the first one here
        visit = visits[number - 1]
        following = visits[number] if number < len(visits) else None
        yield Companion(
            after=after,
            title=review.title,
            gate=review.gate,
            place=review.place,
            start=review_start(availability, visit, following, review.place),
            uid=make_uid(course_id, "review", ordinal),
            status="planned" if after <= prior else visit.status,
        )


def review_start(
    availability: PatientAvailability, visit: Visit, following: Visit | None, place: Place
) -> datetime:
    """The start of the review between `visit` and the visit `following` it, if there is one.

    It is on the first day between them on which clinic and patient have the clinic's preferred
    time free, else the first on which they have any time free. At the clinic it is not while the
    patient must not drive, unless the next visit is elsewhere. Without such a day the review is at
    the check-in of the next visit, or after the last visit at the start of that visit itself.
    """
    clinic, day = availability.context.clinic, visit.start.toordinal()
    days = range(day + 1, following.start.toordinal() if following else day + LATEST_REVIEW_DAYS)
    preferred = ((each, clinic.preferred_start.minutes) for each in days)
    other = (
        (each, minutes)
        for each in days
        for minutes in start_times(
            openings(clinic, date.fromordinal(each)), REVIEW.minutes.total, clinic.slot_minutes
        )
    )
    kinds = availability.context.protocol.visits
    has_ride = following is not None and kinds[following.kind].place == "clinic"
    waits = place == "clinic" and (following is None or has_ride)
    for each, minutes in chain(preferred, other):
        slot = availability.slot_at(REVIEW, each, minutes)
        if slot is not None and not (waits and is_without_driving(visit, slot.start)):
            return slot.start
    return following.start if following else visit.start
