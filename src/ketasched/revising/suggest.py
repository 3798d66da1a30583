"""suggest: other times for one visit, the least disturbing first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise

from ketasched.model import TAKES_PLACE, Change, Course, Visit
from ketasched.model.occupancy import Occupancy
from ketasched.model.wall_clock import DAY_NAMES, day_text, minute_of_day, moment_text
from ketasched.revising.alternatives import WhatIf, nearest_times
from ketasched.revising.placement import phase_plan_of
from ketasched.revising.validation import refuse_past, visit_of
from ketasched.rules.base import NO_BOOKINGS, unlimited

DAYS_TO_TRY = 42
"""How many days after today, and after the visit's own day, are tried."""

MOST_DAYS = 12
"""The most other days that are suggested."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another start for a visit (local).

    `moves` are the other visits that would move, by number with their new start; `gives_up` are
    the preferences that would not be met any more, in words.
    """

    start: datetime
    moves: tuple[tuple[int, datetime], ...]
    gives_up: tuple[str, ...]


def suggest(
    course: Course,
    number: int,
    *,
    at: datetime,
    bookings: Occupancy = NO_BOOKINGS,
    more_time: Callable[[], bool] = unlimited,
) -> list[Suggestion]:
    """Other times for a visit that is still to come, the best first.

    These are other times of its own day and other days, tried as long as there is `more_time`. The
    best one moves the fewest other visits, then gives up the fewest preferences, then is the
    nearest. Raises `BadRequest` if the visit cannot be moved at all.
    """
    what_if = WhatIf(course, at, bookings, more_time)
    visit = visit_of(course, Change("defer", visit=number), "planned", "tentative")
    refuse_past(visit, what_if.now)
    own_day = what_if.courses(_at_other_times(course, visit))
    other_days = islice(what_if.courses(_on_other_days(visit, what_if.now)), MOST_DAYS)
    found = [_suggestion(course, visit, after) for _, after in (*own_day, *other_days)]

    def disturbance(one: Suggestion) -> tuple[int, int, timedelta, timedelta]:
        days_off = abs(one.start.date() - visit.start.date())
        return len(one.moves), len(one.gives_up), days_off, abs(one.start - visit.start)

    return sorted(found, key=disturbance)


def _at_other_times(course: Course, visit: Visit) -> Iterator[Change]:
    """The visit on its own day at the nearest times before and after, the first and the last."""
    day, own = visit.start.date(), minute_of_day(visit.start)
    times = sorted(nearest_times(course, visit.kind, day, own), key=lambda time: time.minutes)
    earlier = [time for time in times if time.minutes < own]
    later = times[len(earlier) :]
    for time in dict.fromkeys((*earlier[-1:], *later[:1], *times[:1], *times[-1:])):
        yield Change("defer", visit=visit.number, on=day, time=time)


def _on_other_days(visit: Visit, now: datetime) -> Iterator[Change]:
    """The visit on other days, the nearest first."""
    own, today = visit.start.date(), now.date()
    last = max(today, own) + timedelta(DAYS_TO_TRY)
    days = [today + timedelta(number) for number in range((last - today).days + 1)]
    for day in sorted(days, key=lambda day: abs(day - own)):
        if day != own:
            yield Change("defer", visit=visit.number, on=day)


def _suggestion(course: Course, visit: Visit, after: Course) -> Suggestion:
    new_starts = {one.uid: one.start for one in after.visits}
    moves = tuple(
        (one.number, new_starts[one.uid])
        for one in course.visits
        if one.uid != visit.uid and new_starts[one.uid] != one.start
    )
    unmet_before = set(_unmet_preferences(course))
    gives_up = (text for text in _unmet_preferences(after) if text not in unmet_before)
    return Suggestion(new_starts[visit.uid], moves, tuple(gives_up))


def _unmet_preferences(course: Course) -> Iterator[str]:
    """The preferences that a course does not meet, in words: pace, few weekdays, time of day."""
    visits = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    for before, visit in pairwise(visits):
        days = (visit.start.date() - before.start.date()).days
        ideal = _ideal_gaps(course, visit)
        if ideal and days not in ideal:
            said = " or ".join(map(str, ideal))
            yield f"visit {visit.number} comes {days} days after the one before, not {said}"
        if not ideal and visit.start.date() != visit.window.target:
            ideal_day = day_text(visit.window.target, year=False)
            yield f"visit {visit.number} is not on its ideal day, {ideal_day}"
    for weekday in sorted({visit.start.weekday() for visit in visits}):
        yield f"another weekday, {DAY_NAMES[weekday]}"
    wanted = course.request.time or course.clinic.preferred_start
    for visit in visits:
        if visit.start.time() != wanted.time:
            yield f"visit {visit.number} is not at {wanted}"


def _ideal_gaps(course: Course, visit: Visit) -> tuple[int, ...]:
    """The ideal days from the visit before; empty unless the pace is so many visits a week."""
    phase_plan = phase_plan_of(course, visit.phase, [one.phase for one in course.visits])
    if phase_plan.per_week is None:
        return ()
    return tuple(gap for gap in range(1, 8) if phase_plan.cost(1, gap, 0) == 0)


def suggestion_text(suggestion: Suggestion) -> str:
    """A suggestion on one line: "Thu 10 Dec 2026, 09:00; moves visit 4 to Sat 12 Dec, 09:00"."""
    moves = ", ".join(
        f"visit {number} to {moment_text(start, year=False)}" for number, start in suggestion.moves
    )
    start = moment_text(suggestion.start)
    return "; ".join((start, *([f"moves {moves}"] if moves else []), *suggestion.gives_up))
