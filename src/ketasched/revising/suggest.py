"""suggest: the other times for one visit, the one that disturbs least first."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise

from ketasched.model import TAKES_PLACE, Change, Course, Visit
from ketasched.model.wall_clock import DAYS, clock_text, day_text, minute_of
from ketasched.planning.cadence import phase_plan_for
from ketasched.revising.alternatives import Attempts, near_times
from ketasched.revising.validation import refuse_past, visit_of
from ketasched.rules.base import NO_BOOKINGS, Bookings, unlimited

DAYS_TO_TRY = 42
"""How far from today, or from the visit's own day, others are looked for."""

MOST_DAYS = 12
"""More alternatives than these are no help; the nearest are tried first."""


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
    more_time: Callable[[], bool] = unlimited,
) -> list[Alternative]:
    """The alternatives for a visit that is still to come, the best first.

    They are other times of its own day and the days around it, tried as long as there is
    `more_time`. Best is what moves the fewest others, then what gives up least, then the nearest.
    Raises `BadRequest` if the visit cannot be moved at all.
    """
    attempts = Attempts(course, at, bookings, more_time)
    visit = visit_of(course, Change("defer", visit=number), "planned", "tentative")
    refuse_past(visit, attempts.now)
    found = [
        _alternative(course, visit, outcome)
        for outcome in (
            *_courses(_at_other_times(course, visit), attempts),
            *islice(_courses(_on_other_days(visit, attempts.now), attempts), MOST_DAYS),
        )
    ]
    return sorted(found, key=lambda one: (len(one.moves), len(one.gives_up), _off(visit, one)))


def _courses(changes: Iterable[Change], attempts: Attempts) -> Iterator[Course]:
    for _, outcome in attempts.made(changes):
        if isinstance(outcome, Course):
            yield outcome


def _at_other_times(course: Course, visit: Visit) -> Iterator[Change]:
    """The visit on its own day at the nearest times before and after, the first and the last."""
    day = visit.start.date()
    times = list(near_times(course, visit.kind, day, minute_of(visit.start)))
    clock = sorted(times, key=lambda time: time.minutes)
    earlier = [time for time in times if time.time < visit.start.time()]
    later = [time for time in times if time.time > visit.start.time()]
    for time in dict.fromkeys((*earlier[:1], *later[:1], *clock[:1], *clock[-1:])):
        yield Change("defer", visit=visit.number, on=day, time=time)


def _on_other_days(visit: Visit, now: datetime) -> Iterator[Change]:
    """The visit on other days, the nearest first."""
    own, today = visit.start.date(), now.date()
    last = max(today, own) + timedelta(DAYS_TO_TRY)
    days = [today + timedelta(number) for number in range((last - today).days + 1)]
    for day in sorted(days, key=lambda day: abs(day - own)):
        if day != own:
            yield Change("defer", visit=visit.number, on=day)


def _off(visit: Visit, one: Alternative) -> tuple[timedelta, timedelta]:
    return abs(one.start.date() - visit.start.date()), abs(one.start - visit.start)


def _alternative(course: Course, visit: Visit, moved: Course) -> Alternative:
    new = {one.uid: one for one in moved.visits}
    moves = tuple(
        (one.number, new[one.uid].start)
        for one in course.visits
        if one.uid != visit.uid and new[one.uid].start != one.start
    )
    before = set(_off_wishes(course))
    gives_up = (said for said in _off_wishes(moved) if said not in before)
    return Alternative(new[visit.uid].start, moves, tuple(gives_up))


def _off_wishes(course: Course) -> Iterator[str]:
    """What of the preferences a course does not keep, in words: pace, few weekdays, the time."""
    visits = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    for before, visit in pairwise(visits):
        days = (visit.start.date() - before.start.date()).days
        ideal = _ideal_gap(course, visit)
        if ideal and days not in ideal:
            said = " or ".join(map(str, ideal))
            yield f"visit {visit.number} comes {days} days after the one before, not {said}"
        if not ideal and visit.start.date() != visit.window.target:
            ideal_day = day_text(visit.window.target, year=False)
            yield f"visit {visit.number} is not on its ideal day, {ideal_day}"
    for weekday in sorted({visit.start.weekday() for visit in visits}):
        yield f"another weekday, {DAYS[weekday]}"
    wanted = course.request.time or course.clinic.preferred_start
    for visit in visits:
        if visit.start.time() != wanted.time:
            yield f"visit {visit.number} is not at {wanted}"


def _ideal_gap(course: Course, visit: Visit) -> tuple[int, ...]:
    """The days from the visit before that so many visits a week ask for; else nothing."""
    phase = next(one for one in course.protocol.phases if one.name == visit.phase)
    names = [one.phase for one in course.visits]
    phase_plan = phase_plan_for(
        course.protocol,
        course.clinic,
        course.request,
        phase,
        names.count(visit.phase),
        is_first=visit.phase == names[0],
    )
    if phase_plan.per_week is None:
        return ()
    gaps = range(1, 8)
    return tuple(gap for gap in gaps if phase_plan.cost(1, gap, 0) == 0)


def alternative_text(one: Alternative) -> str:
    """An alternative on one line: "Thu 10 Dec 2026, 09:00; moves visit 4 to Sat 12 Dec, 09:00"."""
    moves = ", ".join(
        f"visit {number} to {day_text(start, year=False)}, {clock_text(start)}"
        for number, start in one.moves
    )
    said = f"{day_text(one.start)}, {clock_text(one.start)}"
    return "; ".join((said, *([f"moves {moves}"] if moves else []), *one.gives_up))
