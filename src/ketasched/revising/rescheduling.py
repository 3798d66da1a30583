"""The change `reschedule`: visits that get new starts because some do not fit the clinic."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest
from ketasched.model import Change, Clock, Course
from ketasched.model.wall_clock import minute_of_day, moment_text
from ketasched.revising.intents import Draft, VisitIntent, is_pencilled, left_out, pinned_draft
from ketasched.revising.validation import refuse_day, refuse_past, visit_of


def reschedule_drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The draft that puts visits at exactly their new starts; every other visit is pinned.

    A booster without a start is left out. Raises `BadRequest` if there is no new start, if a visit
    has two, or if it cannot move.
    """
    numbers = Counter(one.visit for one in change.starts)
    if not numbers or max(numbers.values()) > 1:
        raise BadRequest("starts", "expected a new start for each visit that moves")
    intents = [*pinned_draft(course).intents]
    for one in change.starts:
        visit = visit_of(course, replace(change, visit=one.visit), "planned", "tentative")
        refuse_past(visit, now)
        if one.start is None:
            if not is_pencilled(course, visit):
                raise BadRequest("starts", f"visit {one.visit} is no booster: it needs a start")
            intents[one.visit - 1] = left_out(visit)
            continue
        start = one.start.astimezone(now.tzinfo)
        on, time = start.date(), Clock(minute_of_day(start))
        refuse_day(course, replace(change, on=on, time=time), on, now)
        intents[one.visit - 1] = VisitIntent(visit, on=on, time=time, moves_freely=one.displaced)
    return [Draft(tuple(intents), course.companions)]


def reschedule_text(before: Course, change: Change, course: Course) -> str:
    """The moves, for the history: "rescheduled: visit 3 from Wed 9 Dec 2026, 09:00 to …"."""
    starts = {visit.uid: visit.start for visit in course.visits}
    moves = []
    for one in change.starts:
        visit = before.visits[one.visit - 1]
        was, now = moment_text(visit.start), moment_text(starts[visit.uid])
        moved = f"from {was} to {now}" if one.start else f"({was}) left out"
        moves.append(f"visit {visit.number} {moved}")
    return f"rescheduled: {'; '.join(moves)}"
