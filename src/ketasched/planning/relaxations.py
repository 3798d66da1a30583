"""Relaxations: the smallest single changes with which a refused request would fit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from ketasched.errors import BadRequest
from ketasched.model import WEEKDAYS, Phase, Remedy, SpanDays, TimeRange, WeekHours
from ketasched.planning.planner import best_slots
from ketasched.rules.base import OutOfTime, PlanningContext

DAYS_TO_TRY = 60
"""How many days after the latest start later ones are tried."""

WEEK = 7

LONGER_DAYS, CLOSER_DAYS, CLOSER_HOURS, WIDER_MINUTES = 7, 3, 12, 240
"""How much longer spans, closer visits and wider hours of the patient are tried, at most."""

Week = TypeVar("Week", bound=WeekHours)

Variant = tuple[str, PlanningContext]
"""A change in words, and the context with it; empty words: a later start."""


def remedies(context: PlanningContext, latest: date) -> Iterator[Remedy]:
    """The changes with which a refused request would fit: the first that does of each kind.

    Each one is planned before it is named, as long as there is more time. `latest` is the latest
    day that was tried for the first visit.
    """
    for variants in (
        _later_start(context, latest),
        _without_absence(context),
        _without_calendar(context),
        _more_weekdays(context),
        _wider_hours(context),
        _other_pace(context),
        _fewer_boosters(context),
        _longer_span(context),
        _closer_days(context),
        _closer_hours(context),
        _open_on_more_days(context),
    ):
        for change, variant in variants:
            if not context.more_time():
                return
            dates = _dates(variant)
            if dates:
                yield Remedy(change or f"--latest-start {dates[0]}", dates)
                break


def _dates(context: PlanningContext) -> tuple[date, ...]:
    """The dates of the best course; empty if there is none."""
    try:
        slots = best_slots(context) or ()
    except (BadRequest, OutOfTime):
        return ()
    return tuple(slot.start.date() for slot in slots)


def _with_request(context: PlanningContext, **changes: object) -> PlanningContext:
    request = replace(context.request, **changes)  # type: ignore[arg-type]  # its fields
    return replace(context, request=request)


def _with_phase(context: PlanningContext, phase: Phase, **changes: object) -> PlanningContext:
    changed = replace(phase, **changes)  # type: ignore[arg-type]  # fields of a phase
    phases = tuple(changed if one is phase else one for one in context.protocol.phases)
    return replace(context, protocol=replace(context.protocol, phases=phases))


def _later_start(context: PlanningContext, latest: date) -> Iterator[Variant]:
    for days in range(WEEK, DAYS_TO_TRY + WEEK, WEEK):
        yield "", _with_request(context, latest_start=latest + timedelta(days))


def _without_absence(context: PlanningContext) -> Iterator[Variant]:
    absences = context.request.unavailable
    for absence in absences:
        others = tuple(one for one in absences if one is not absence)
        said = f"without --unavailable {absence.plain()}"
        yield said, _with_request(context, unavailable=others)


def _without_calendar(context: PlanningContext) -> Iterator[Variant]:
    busy = context.request.busy
    for name in dict.fromkeys(one.calendar for one in busy):
        others = tuple(one for one in busy if one.calendar != name)
        yield f"without the calendar {name}", _with_request(context, busy=others)


def _more_weekdays(context: PlanningContext) -> Iterator[Variant]:
    days = context.request.days
    for name in WEEKDAYS if days else ():
        if name not in days:
            more = tuple(one for one in WEEKDAYS if one in (*days, name))
            yield f"--days {','.join(more)}", _with_request(context, days=more)


def _wider_hours(context: PlanningContext) -> Iterator[Variant]:
    between, step = context.request.between, context.clinic.slot_minutes
    if between is None:
        return
    for wider in range(step, WIDER_MINUTES + 1, step):
        for start, end in ((0, wider), (wider, 0)):
            hours = TimeRange(max(between.start - start, 0), min(between.end + end, 1440))
            yield f"--between {hours}", _with_request(context, between=hours)


def _other_pace(context: PlanningContext) -> Iterator[Variant]:
    protocol, request = context.protocol, context.request
    for phase in protocol.phases_in_turn:
        if phase is protocol.booster_phase:
            continue
        if phase.per_week:
            current = request.per_week or phase.per_week.default
            for pace in sorted(set(phase.per_week.choices) - {current}):
                yield f"--per-week {pace}", _with_request(context, per_week=pace)
        if phase.every_days and len(phase.every_days.choices) > 1:
            current = request.every_days or phase.every_days.steps[0]
            for pace in phase.every_days.choices:
                if pace != current:
                    yield f"--every-days {pace}", _with_request(context, every_days=pace)


def _fewer_boosters(context: PlanningContext) -> Iterator[Variant]:
    phase = context.protocol.booster_phase
    if phase is None or phase.tentative:
        return  # boosters that are pencilled in refuse no course
    for number in range(context.request.boosters - 1, -1, -1):
        fewer = _with_request(context, boosters=number, booster_every=None)
        yield f"--boosters {number}", fewer


def _longer_span(context: PlanningContext) -> Iterator[Variant]:
    for phase in context.protocol.phases_in_turn:
        if phase.span_days is None:
            continue
        for longer in range(1, LONGER_DAYS + 1):
            days = phase.span_days.max + longer
            said = f"{phase.name} in {days} days (span_days in the protocol)"
            yield said, _with_phase(context, phase, span_days=SpanDays(days))


def _closer_days(context: PlanningContext) -> Iterator[Variant]:
    for phase in context.protocol.phases_in_turn:
        for days in range(1, CLOSER_DAYS + 1):
            gap = phase.gap_days
            for low, high in ((gap.min - days, gap.max), (gap.min, gap.max + days)):
                if low >= 1:
                    said = f"{phase.name} {low} to {high} days apart (gap_days in the protocol)"
                    changed = replace(gap, min=low, max=high)
                    yield said, _with_phase(context, phase, gap_days=changed)


def _closer_hours(context: PlanningContext) -> Iterator[Variant]:
    for phase in context.protocol.phases_in_turn:
        hours = phase.gap_hours
        if hours is None or not hours.min:
            continue
        for least in range(hours.min - 1, max(hours.min - CLOSER_HOURS - 1, 0), -1):
            said = f"{phase.name} at least {least} hours apart (gap_hours in the protocol)"
            yield said, _with_phase(context, phase, gap_hours=replace(hours, min=least))


def _open_on_more_days(context: PlanningContext) -> Iterator[Variant]:
    clinic, hours = context.clinic, context.clinic.hours
    for number, name in enumerate(WEEKDAYS):
        if not all(week.on(number) for week in hours.weeks.values()):
            changes = {since: _opened(week, number) for since, week in hours.changes.items()}
            opened = replace(_opened(hours, number), changes=changes)
            changed = replace(clinic, hours=opened)
            yield f"the clinic open on {name}, too", replace(context, clinic=changed)


def _opened(week: Week, weekday: int) -> Week:
    """The week in which a weekday that is closed has the openings of the first open day."""
    usual = next(week.on(day) for day in range(7) if week.on(day))
    return replace(week, **{WEEKDAYS[weekday]: week.on(weekday) or usual})
