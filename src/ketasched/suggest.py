"""suggest: the other days on which a visit could be, the one that disturbs least first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import WEEKDAYS, Change, Course, Visit
from ketasched.planner import NO_BOOKINGS
from ketasched.revise import revise
from ketasched.shapes import Bookings
from ketasched.times import clock_text, day_text

DAYS_TO_TRY = 42
"""How far from today, or from the visit's own day, others are looked for."""

MOST = 12
"""More alternatives than these are no help; the nearest days are tried first."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another time for a visit (local), the other visits that it would move, by number with their
    new start, and in words what it gives up.
    """

    start: datetime
    moves: tuple[tuple[int, datetime], ...]
    gives_up: tuple[str, ...]


def suggest(
    course: Course,
    number: int,
    *,
    at: datetime,
    bookings: Bookings = NO_BOOKINGS,
    more_time: Callable[[], bool] = lambda: True,
) -> list[Alternative]:
    """The alternatives for a visit that is still to come, the best first.

    Days are tried as long as there is `more_time`. Best is what moves the fewest
    others, then what gives up least, then the nearest day. Raises
    `BadRequest` if the visit cannot be moved at all.
    """
    if not 1 <= number <= len(course.visits):
        said = f"there is no visit {number}: the course has {len(course.visits)}"
        raise BadRequest("visit", said)
    visit = course.visits[number - 1]
    today = at.astimezone(visit.start.tzinfo).date()
    last = max(today, visit.start.date()) + timedelta(DAYS_TO_TRY)
    found: list[Alternative] = []
    days = sorted(_days(today, last), key=lambda day: abs(day - visit.start.date()))
    for day in days:
        if len(found) == MOST or not more_time():
            break
        change = Change("defer", visit=number, on=day)
        try:
            moved = revise(course, change, at=at, why="", bookings=bookings)
        except NoPlan:
            continue
        except BadRequest:
            if day == visit.start.date():
                continue  # where it is already
            raise
        found.append(_alternative(course, visit, moved))
    day_of = visit.start.date()
    return sorted(
        found,
        key=lambda one: (len(one.moves), len(one.gives_up), abs(one.start.date() - day_of)),
    )


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(number)


def _alternative(course: Course, visit: Visit, moved: Course) -> Alternative:
    new = {one.uid: one for one in moved.visits}
    moves = tuple(
        (one.number, new[one.uid].start)
        for one in course.visits
        if one.uid != visit.uid and new[one.uid].start != one.start
    )
    return Alternative(new[visit.uid].start, moves, tuple(_given_up(course, new[visit.uid])))


def _given_up(course: Course, visit: Visit) -> Iterator[str]:
    """What of the preferences a visit at this time does not keep, in words."""
    weekdays = {one.start.weekday() for one in course.visits if one.uid != visit.uid}
    if visit.start.weekday() not in weekdays:
        yield f"another weekday, {WEEKDAYS[visit.start.weekday()]}"
    wanted = course.request.time or course.clinic.preferred_start
    if visit.start.time() != wanted.time:
        yield f"not at {wanted}"
    if visit.start.date() != visit.window.target:
        yield f"not on the ideal day, {day_text(visit.window.target, year=False)}"


def alternative_text(one: Alternative) -> str:
    """An alternative on one line: "Thu 10 Dec 2026, 09:00; moves visit 4 to Sat 12 Dec, 09:00"."""
    said = [f"{day_text(one.start)}, {clock_text(one.start)}"]
    for number, start in one.moves:
        said.append(f"moves visit {number} to {day_text(start, year=False)}, {clock_text(start)}")
    return "; ".join((*said, *one.gives_up))
