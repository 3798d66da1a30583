"""How full a week is: a picture in text of each chair's hours, day by day."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from ketasched.events.view import clinic_locale
from ketasched.model import Clinic, TimeRange, misfit_count
from ketasched.model.holds import CHAIR
from ketasched.model.opening_hours import closure, openings
from ketasched.model.unit_limits import limit_on
from ketasched.model.wall_clock import wall_minutes
from ketasched.render.day_sheet.unit_use import missing_text

STEP = 30
"""The minutes of a character."""

DAY_MINUTES = 24 * 60

NOBODY: Mapping[date, int] = {}

TAKEN, FREE, CLOSED = "#", ".", " "

ChairVisits = Sequence[tuple[int | None, datetime, datetime]]
"""Visits as (chair, start, end): chairs count from 0, times are local to the clinic."""


def draw_week(
    clinic: Clinic, begin: date, visits: ChairVisits, booked_unfit: Mapping[date, int] = NOBODY
) -> Iterator[str]:
    """The seven days from `begin`: a line for each chair on each open day, and its share taken.

    `booked_unfit` is how many booked visits of a day do not fit the clinic any more; a line says
    so. The picture has the openings of the week, and what is taken on its open days outside them.
    """
    days = [begin + timedelta(number) for number in range(7)]
    if clinic.name:
        yield clinic.name
    locale = clinic_locale(clinic)
    ends = f"{locale.day_text(begin)} to {locale.day_text(days[-1])}"
    yield f"{ends}; {TAKEN} taken, {FREE} free"
    on_days = {
        day: [visit for visit in visits if visit[1].date() <= day <= visit[2].date()]
        for day in days
    }
    steps = _steps(clinic, on_days)
    if not steps and not any(visits) and not any(booked_unfit.get(day) for day in days):
        yield "closed all week"
        return
    hours = range(steps.start // 60, (steps.stop + 59) // 60, 2)
    labels = "".join(f"{locale.hour_text(hour):<4}" for hour in hours)
    yield ""
    if labels:
        yield f"{'':<{_name_width(clinic) + 4}}{labels}".rstrip()
    for day, on_day in on_days.items():
        yield from _draw_day(clinic, day, steps, on_day, booked_unfit.get(day, 0))


def _name_width(clinic: Clinic) -> int:
    """The characters before the number of a chair."""
    return clinic_locale(clinic).day_width(year=False) + 2


def _steps(clinic: Clinic, on_days: Mapping[date, ChairVisits]) -> range:
    """The steps of the picture, in minutes after midnight; empty if the clinic is closed."""
    ends = []
    for day, visits in on_days.items():
        if opened := openings(clinic, day):
            ends += [(opening.start, opening.end) for opening in opened]
            ends += [
                (wall_minutes(start, day), wall_minutes(end, day)) for _, start, end in visits
            ]
    first = min((start for start, _ in ends), default=0)
    last = max((end for _, end in ends), default=0)
    return range(max(first, 0) // 60 * 60, min(last, DAY_MINUTES), STEP)


def _draw_day(
    clinic: Clinic, day: date, steps: range, visits: ChairVisits, booked_unfit: int
) -> Iterator[str]:
    width, opened = _name_width(clinic), openings(clinic, day)
    name = f"{clinic_locale(clinic).day_text(day, year=False):<{width}}"
    if not opened:
        label = closure(clinic, day)
        booked = max(booked_unfit, sum(start.date() == day for _, start, _ in visits))
        more = f": {booked} booked" if booked else ""
        yield f"{name}closed{f' ({label})' if label else ''}{more}"
        return
    there = limit_on(clinic, CHAIR, day)
    rows = max([1 if there is None else there, *((used or 0) + 1 for used, _, _ in visits)])
    for chair in range(rows):
        spans = [
            (wall_minutes(start, day), wall_minutes(end, day))
            for used, start, end in visits
            if (used or 0) == chair
        ]
        picture = "".join(_symbol(minutes, opened, spans) for minutes in steps)
        taken = picture.count(TAKEN)
        share = round(100 * taken / max(taken + picture.count(FREE), 1))
        yield f"{name if chair == 0 else '':<{width}}{chair + 1:<4}{picture}  {share:>3} %"
    notes = missing_text(clinic, day), booked_unfit and misfit_count(booked_unfit)
    for number, note in enumerate(filter(None, notes)):
        yield f"{'' if rows or number else name:<{width}}{note}"


def _symbol(begin: int, opened: Sequence[TimeRange], visits: Sequence[tuple[int, int]]) -> str:
    """The character for the step from `begin`: taken if it overlaps a visit, in minutes."""
    end = begin + STEP
    if any(visit_start < end and begin < visit_end for visit_start, visit_end in visits):
        return TAKEN
    return FREE if any(one.start < end and begin < one.end for one in opened) else CLOSED
