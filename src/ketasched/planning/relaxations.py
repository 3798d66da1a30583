"""The smallest single changes with which a course would fit, each planned before it is named."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import (
    WEEKDAYS,
    Clinic,
    Course,
    Phase,
    Protocol,
    Remedy,
    Request,
    SpanDays,
    TimeRange,
)
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import plan
from ketasched.rules.base import NO_BOOKINGS, OutOfTime

DAYS_TO_TRY = 60
"""How far after the latest start another one is looked for."""

WEEK = 7

LATER = ""
"""The change that is named after the day that it leads to."""

LONGER_DAYS, CLOSER_DAYS, CLOSER_HOURS, WIDER_MINUTES = 7, 3, 12, 240
"""How much longer a span, closer two visits, and wider the patient's hours are tried, at most."""


Variant = tuple[str, Protocol, Clinic, Request]
"""A change in words, and all that the course is planned from with it."""


def remedies(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    made_at: datetime,
    latest: date,
    more_time: Callable[[], bool],
    bookings: Occupancy = NO_BOOKINGS,
) -> Iterator[Remedy]:
    """What would make a refused request fit, one of each kind, as long as there is `more_time`.

    `latest` is the latest day that the first visit was tried on; `bookings` are the chairs that
    others hold.
    """
    kinds = (
        _later(protocol, clinic, request, latest),
        _without_an_absence(protocol, clinic, request),
        _without_a_calendar(protocol, clinic, request),
        _more_weekdays(protocol, clinic, request),
        _wider_hours(protocol, clinic, request),
        _other_pace(protocol, clinic, request),
        _fewer_boosters(protocol, clinic, request),
        _longer_span(protocol, clinic, request),
        _closer(protocol, clinic, request),
        _fewer_hours(protocol, clinic, request),
        _open_on(protocol, clinic, request),
    )
    for ways in kinds:
        for change, rules, place, wish in ways:
            if not more_time():
                return
            course = _planned(rules, place, wish, made_at, more_time, bookings)
            if course is not None:
                dates = tuple(visit.start.date() for visit in course.visits)
                yield Remedy(change or f"--latest-start {dates[0]}", dates)
                break


def _planned(
    protocol: Protocol,
    clinic: Clinic,
    request: Request,
    made_at: datetime,
    more_time: Callable[[], bool],
    bookings: Occupancy,
) -> Course | None:
    try:
        return plan(
            protocol, clinic, request, made_at=made_at, bookings=bookings, more_time=more_time
        )
    except (NoPlan, BadRequest, OutOfTime):
        return None


def _later(
    protocol: Protocol, clinic: Clinic, request: Request, latest: date
) -> Iterator[Variant]:
    for days in range(1, DAYS_TO_TRY, WEEK):
        later = replace(request, latest_start=latest + timedelta(days + WEEK - 1))
        yield LATER, protocol, clinic, later


def _without_an_absence(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    for away in request.unavailable:
        rest = tuple(one for one in request.unavailable if one is not away)
        yield (
            f"without --unavailable {away.plain()}",
            protocol,
            clinic,
            replace(request, unavailable=rest),
        )


def _without_a_calendar(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    for name in dict.fromkeys(one.calendar for one in request.busy):
        rest = tuple(one for one in request.busy if one.calendar != name)
        yield f"without --busy {name}", protocol, clinic, replace(request, busy=rest)


def _more_weekdays(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    for name in WEEKDAYS if request.days else ():
        if name not in request.days:
            days: Any = tuple(one for one in WEEKDAYS if one in (*request.days, name))
            yield f"--days {','.join(days)}", protocol, clinic, replace(request, days=days)


def _wider_hours(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    between = request.between
    if between is None:
        return
    for wider in range(clinic.slot_minutes, WIDER_MINUTES + 1, clinic.slot_minutes):
        for start, end in ((0, wider), (wider, 0)):
            found = TimeRange(max(between.start - start, 0), min(between.end + end, 1440))
            asked = replace(request, between=found)
            yield f"--between {found}", protocol, clinic, asked


def _other_pace(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    for phase in protocol.phases:
        if phase is protocol.booster_phase:
            continue
        if phase.per_week:
            now = request.per_week or phase.per_week.default
            for pace in sorted(set(phase.per_week.choices) - {now}):
                yield f"--per-week {pace}", protocol, clinic, replace(request, per_week=pace)
        if phase.every_days and len(phase.every_days.choices) > 1:
            for pace in phase.every_days.choices:
                if pace != (request.every_days or phase.every_days.steps[0]):
                    asked = replace(request, every_days=pace)
                    yield f"--every-days {pace}", protocol, clinic, asked


def _fewer_boosters(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    for number in range(request.boosters - 1, -1, -1):
        fewer = replace(request, boosters=number, booster_every=None)
        yield f"--boosters {number}", protocol, clinic, fewer


def _with_phase(protocol: Protocol, phase: Phase, **more: object) -> Protocol:
    other = replace(phase, **more)  # type: ignore[arg-type]  # fields of a phase
    phases = tuple(other if one is phase else one for one in protocol.phases)
    return replace(protocol, phases=phases)


def _longer_span(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    for phase in protocol.phases:
        for days in range(1, LONGER_DAYS + 1) if phase.span_days else ():
            most = phase.span_days.max + days if phase.span_days else days
            said = f"{phase.name} in {most} days (span_days in the protocol)"
            other = _with_phase(protocol, phase, span_days=SpanDays(most))
            yield said, other, clinic, request


def _closer(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    for phase in protocol.phases:
        for days in range(1, CLOSER_DAYS + 1):
            for low, high in ((-days, 0), (0, days)):
                gap = replace(
                    phase.gap_days, min=phase.gap_days.min + low, max=phase.gap_days.max + high
                )
                if gap.min >= 1:
                    apart = f"{phase.name} {gap.min} to {gap.max} days apart"
                    said = f"{apart} (gap_days in the protocol)"
                    yield said, _with_phase(protocol, phase, gap_days=gap), clinic, request


def _fewer_hours(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    for phase in protocol.phases:
        hours = phase.gap_hours
        for fewer in range(1, CLOSER_HOURS + 1) if hours and hours.min else ():
            least = (hours.min if hours and hours.min else 0) - fewer
            if least > 0 and hours:
                other = _with_phase(protocol, phase, gap_hours=replace(hours, min=least))
                said = f"{phase.name} at least {least} hours apart (gap_hours in the protocol)"
                yield said, other, clinic, request


def _open_on(protocol: Protocol, clinic: Clinic, request: Request) -> Iterator[Variant]:
    usual = next(clinic.hours.on(day) for day in range(7) if clinic.hours.on(day))
    for number, name in enumerate(WEEKDAYS):
        if not clinic.hours.on(number):
            opened = replace(clinic, hours=replace(clinic.hours, **{name: usual}))
            yield f"the clinic open on {name}, too", protocol, opened, request
