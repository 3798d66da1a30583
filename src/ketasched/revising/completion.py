"""Visits that took place: recorded as planned, or on another day, or though nobody planned it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest
from ketasched.model import TAKES_PLACE, Change, Course, Finding, Visit
from ketasched.model.effective_kind import effective_kind
from ketasched.model.replay import standing_entries
from ketasched.model.wall_clock import add_minutes, exists, moment_text, slot_at
from ketasched.revising.validation import REVISE, refuse_future, visit_of

UNPLANNED = "unplanned"
"""The name of the findings about visits that took place other than planned."""


def completed_visit(course: Course, change: Change, now: datetime) -> Visit:
    """The visit as completed, on the day and at the time that the change says, if it does.

    Raises `BadRequest` if the visit is completed already, if that day or time is still to come, or
    if another visit was at that time.
    """
    visit = visit_of(course, change)
    if visit.status == "completed":
        said = f"visit {visit.number} is completed already"
        raise BadRequest("visit", said, next_step=f"if the last change was wrong: {REVISE} undo")
    note = "" if visit.status == "tentative" else visit.note
    completed = replace(visit, status="completed", held_from=None, note=note)
    start = _start_of(visit, change)
    if start == visit.start:
        refuse_future(visit, now, step="the day on which the visit took place: --on DATE")
        return completed
    _refuse_start(course, visit, start, now)
    kind = effective_kind(course.protocol, course.clinic, visit.kind)
    treatment = add_minutes(start, kind.minutes.check_in)
    return replace(completed, start=start, treatment_start=treatment, end=slot_at(kind, start).end)


def _start_of(visit: Visit, change: Change) -> datetime:
    """The check-in on the day and at the time of the change, else those of the visit."""
    time = change.time.time if change.time else visit.start.time()
    day = change.on or visit.start.date()
    start = datetime.combine(day, time, visit.start.tzinfo)
    return visit.start if start == visit.start else start


def _refuse_start(course: Course, visit: Visit, start: datetime, now: datetime) -> None:
    """Refuse a check-in that cannot have been: still to come, skipped, or of another visit."""
    said, step = "", "as the visit was: --on DATE --time HH:MM"
    if start.timestamp() > now.timestamp():
        said = f"{moment_text(start)} is still to come"
    elif not exists(start):
        said = f"the clocks skip {moment_text(start)}"
    for other in course.visits:
        if other is not visit and other.status in TAKES_PLACE and other.start == start:
            said = f"visit {other.number} is at that time: {moment_text(start)}"
            step = f"if that is the one: {REVISE} complete {other.number}"
    if said:
        raise BadRequest("on", said, next_step=step)


def unplanned_findings(course: Course) -> Iterator[Finding]:
    """A finding for each visit that took place other than planned, by the history's results."""
    was = {
        change.now.uid: change.was
        for _, entry in standing_entries(course.history)
        if entry.change and entry.change.verb == "complete" and entry.result
        for change in entry.result.visits
        if change.was and change.now and change.now.status == "completed" != change.was.status
    }
    for visit in course.visits:
        if visit.status == "completed" and visit.uid in was:
            before = was[visit.uid]
            reasons = [] if before.status == "planned" else [f"it was {before.status}"]
            if visit.start != before.start:
                reasons.append(f"it was to be on {moment_text(before.start)}")
            when, why = moment_text(visit.start), ", and ".join(reasons)
            said = f"Visit {visit.number} took place on {when}; {why}."
            yield from [Finding(UNPLANNED, "given-up", said, visit.number)] if reasons else []
