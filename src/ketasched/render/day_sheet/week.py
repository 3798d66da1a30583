"""How full a week is: a picture in text of each chair's hours, day by day."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from ketasched.model import Clinic, TimeRange
from ketasched.model.opening_hours import closure, openings
from ketasched.model.wall_clock import day_text, wall_minutes

STEP = 30
"""The minutes of a character."""

TAKEN, FREE, CLOSED = "#", ".", " "

ChairVisits = Sequence[tuple[int | None, datetime, datetime]]
"""Visits as (chair, start, end): chairs count from 0, times are local to the clinic."""


def draw_week(clinic: Clinic, begin: date, visits: ChairVisits) -> Iterator[str]:
    """The seven days from `begin`: a line for each chair on each open day, and its share taken."""
    days = [begin + timedelta(number) for number in range(7)]
    hours = [opening for day in days for opening in openings(clinic, day)]
    if clinic.name:
        yield clinic.name
    yield f"{day_text(begin)} to {day_text(days[-1])}; {TAKEN} taken, {FREE} free"
    if not hours:
        yield "closed all week"
        return
    first = min(opening.start for opening in hours) // 60 * 60
    last = max(opening.end for opening in hours)
    labels = [f"{minutes // 60:02}" for minutes in range(first, last, 120)]
    yield ""
    yield " " * LABEL_WIDTH + "".join(f"{label:<{120 // STEP}}" for label in labels).rstrip()
    for day in days:
        on_day = [visit for visit in visits if visit[1].date() <= day <= visit[2].date()]
        yield from _draw_day(clinic, day, range(first, last, STEP), on_day)


LABEL_WIDTH = len("Mon 28 Dec  10  ")


def _draw_day(clinic: Clinic, day: date, steps: range, visits: ChairVisits) -> Iterator[str]:
    name, opened = f"{day_text(day, year=False):<12}", openings(clinic, day)
    if not opened:
        label = closure(clinic, day)
        yield f"{name}closed{f' ({label})' if label else ''}"
        return
    for chair in range(max([clinic.chairs or 1, *((used or 0) + 1 for used, _, _ in visits)])):
        spans = [
            (wall_minutes(start, day), wall_minutes(end, day))
            for used, start, end in visits
            if (used or 0) == chair
        ]
        picture = "".join(_symbol(minutes, opened, spans) for minutes in steps)
        taken = picture.count(TAKEN)
        share = round(100 * taken / max(taken + picture.count(FREE), 1))
        yield f"{name if chair == 0 else '':<12}{chair + 1:<4}{picture}  {share:>3} %"


def _symbol(begin: int, opened: Sequence[TimeRange], visits: Sequence[tuple[int, int]]) -> str:
    """The character for the step from `begin`: taken if it overlaps a visit, in minutes."""
    end = begin + STEP
    if any(visit_start < end and begin < visit_end for visit_start, visit_end in visits):
        return TAKEN
    return FREE if any(one.start < end and begin < one.end for one in opened) else CLOSED
