"""How full a week is: a small picture in text of each chair's hours, day by day."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from ketasched.model import Clinic, TimeRange
from ketasched.model.opening_hours import closure, openings
from ketasched.model.wall_clock import day_text, minute_of

STEP = 30
"""Minutes that a character stands for."""

TAKEN, FREE, CLOSED = "#", ".", " "

Seats = Sequence[tuple[int | None, datetime, datetime]]
"""The chair (from 0) of each visit of a week, its start and its end, local to the clinic."""


def week_lines(clinic: Clinic, begin: date, seats: Seats) -> Iterator[str]:
    """The picture: a line for each chair of each day that is open, and how much of it is taken.

    The seven days are those from `begin` on, included.
    """
    days = [begin + timedelta(number) for number in range(7)]
    hours = [one for day in days for one in openings(clinic, day)]
    if clinic.name:
        yield clinic.name
    yield f"{day_text(begin)} to {day_text(days[-1])}; {TAKEN} taken, {FREE} free"
    if not hours:
        yield "closed all week"
        return
    first = min(one.start for one in hours) // 60 * 60
    last = max(one.end for one in hours)
    yield ""
    yield " " * LABEL + "".join(f"{hour:<{120 // STEP}}" for hour in _hours(first, last)).rstrip()
    for day in days:
        own = [one for one in seats if one[1].date() == day]
        yield from _day(clinic, day, range(first, last, STEP), own)


LABEL = len("Mon 28 Dec  10  ")


def _hours(first: int, last: int) -> Iterator[str]:
    return (f"{minutes // 60:02}" for minutes in range(first, last, 120))


def _day(clinic: Clinic, day: date, steps: range, seats: Seats) -> Iterator[str]:
    name, opened = f"{day_text(day, year=False):<12}", openings(clinic, day)
    if not opened:
        label = closure(clinic, day)
        yield f"{name}closed{f' ({label})' if label else ''}"
        return
    for chair in range(max([clinic.chairs or 1, *((one[0] or 0) + 1 for one in seats)])):
        own = [one for one in seats if (one[0] or 0) == chair]
        picture = "".join(_sign(minutes, opened, own) for minutes in steps)
        taken = picture.count(TAKEN)
        share = round(100 * taken / max(taken + picture.count(FREE), 1))
        yield f"{name if chair == 0 else '':<12}{chair + 1:<4}{picture}  {share:>3} %"


def _sign(minutes: int, opened: Sequence[TimeRange], seats: Seats) -> str:
    end = minutes + STEP
    if any(minute_of(one[1]) < end and minutes < minute_of(one[2]) for one in seats):
        return TAKEN
    return FREE if any(one.start < end and minutes < one.end for one in opened) else CLOSED
