"""Wishes: what the patient can from now on, and what of a course follows from a new wish."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest
from ketasched.model import Change, Course, Finding, Request, Wishes
from ketasched.planning.check import check
from ketasched.revising.intents import Draft, pinned_draft, unchanged_intents
from ketasched.rules import Availability

AIMED_TIME = "time"
"""The name of the finding about visits that are not at the wanted time."""


def wishes_drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The draft of new wishes; `course` has them in its request.

    The visits stay where they fit; all of them, if no wish is a reason to move any. With a wanted
    time each visit to come keeps its day only, and gets the start that is nearest to that time.
    Raises `BadRequest` if there is no wish.
    """
    wishes = change.wishes
    if wishes is None or wishes == Wishes():
        said = "expected what the patient can from now on"
        step = "some of: --days mon,wed --between 08:00-12:00 --time 10:00 --unavailable DATE"
        raise BadRequest("verb", said, next_step=step)
    if wishes.move_nobody:
        return [pinned_draft(course)]
    intents = (
        replace(intent, keeps_day=wishes.time is not None)
        for intent in unchanged_intents(course, now)
    )
    return [Draft(tuple(intents), course.companions)]


def is_time_wished_on_hold(course: Course) -> bool:
    """Whether the wanted time is a wish that came while the visits were held."""
    for entry in reversed(course.history):
        change = entry.change
        if change and change.verb == "hold":
            return False
        if change and change.wishes and change.wishes.time:
            return change.wishes.time == course.request.time
    return False


def lasting_findings(course: Course, request: Request) -> tuple[Finding, ...]:
    """The findings of a course that are still true with another request.

    Left out is that a visit is not when the patient could, if the reason is another one now: it
    was overridden for a reason that does not hold any more, so the visit has to fit or to move.
    """
    wished = check(replace(course, request=request))
    known = {(one.visit, one.message) for one in wished if one.rule == Availability.name}
    is_same_time = request.time == course.request.time
    return tuple(
        finding
        for finding in course.findings
        if (finding.rule != Availability.name or (finding.visit, finding.message) in known)
        and (finding.rule != AIMED_TIME or is_same_time)
    )


def wishes_text(before: Course, change: Change, course: Course) -> str:
    """What new wishes did, in words: "wishes: days mon, wed; visits 3 and 5 moved"."""
    starts = {visit.uid: visit.start for visit in before.visits}
    moved = [str(one.number) for one in course.visits if one.start != starts[one.uid]]
    listed = " and ".join(filter(None, (", ".join(moved[:-1]), *moved[-1:])))
    said = f"visit{'s' * (len(moved) > 1)} {listed} moved" if moved else "no visit moved"
    wishes = ", ".join(_wish_texts(change.wishes)) if change.wishes else ""
    return f"wishes: {wishes}; {said}"


def _wish_texts(wishes: Wishes) -> Iterator[str]:
    given = {
        "days": ", ".join(wishes.days or ()),
        "between": str(wishes.between or ""),
        "time": str(wishes.time or ""),
        "unavailable": ", ".join(dates.plain() for dates in wishes.unavailable or ()),
        "language": wishes.language,
        "driver's language": wishes.driver_language,
        "patient's phone": wishes.patient_phone,
        "patient's email": wishes.patient_email,
        "reminders": "" if wishes.reminders is None else "yes" if wishes.reminders else "no",
    }
    for name, text in given.items():
        if text:
            yield f"{name} {text}"
        elif name.replace("'s ", "_") in wishes.emptied:
            yield f"{name} none"
