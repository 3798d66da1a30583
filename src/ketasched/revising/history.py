"""The history of a course: its entries, their wording, and the dates that a change ended."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from ketasched.events.rides import needs_ride
from ketasched.model import (
    TAKES_PLACE,
    Change,
    Companion,
    CompanionChange,
    Course,
    Entry,
    Former,
    RequestChange,
    Result,
    Visit,
    VisitChange,
    visits_text,
)
from ketasched.model.replay import items_of
from ketasched.model.wall_clock import day_text, moment_text
from ketasched.revising.recording import authorise_text, record_text
from ketasched.revising.rescheduling import reschedule_text
from ketasched.revising.undo import undo_text
from ketasched.revising.wishes import wishes_text

Item = TypeVar("Item", Visit, Companion)


def entry_text(before: Course, change: Change, course: Course) -> str:
    """What a change did, in words: "visit 3 deferred to Thu 10 Dec 2026, 09:00"."""
    if change.verb == "undo":
        return undo_text(before)
    if change.verb == "wishes":
        return wishes_text(before, change, course)
    if change.verb == "clear":
        return record_text(change)
    if change.verb == "authorise":
        return authorise_text(change)
    if change.verb == "switch" and change.on:
        return f"switched to {change.protocol} from {day_text(change.on)} on"
    if change.verb == "reschedule":
        return reschedule_text(before, change, course)
    return _visit_text(before, change, course)


def _visit_text(before: Course, change: Change, course: Course) -> str:
    """What a change did that is about visits or a review."""
    number = f"visit {change.visit}"
    if change.verb == "defer" and change.visit:
        uid = before.visits[change.visit - 1].uid
        to = next(visit.start for visit in course.visits if visit.uid == uid)
        return f"{number} deferred to {moment_text(to)}"
    if change.verb == "booster":
        known = {visit.uid for visit in before.visits}
        new = next(visit for visit in course.visits if visit.uid not in known)
        return f"booster on {moment_text(new.start)}"
    if change.verb == "driver":
        who = change.driver.name if change.driver else "nobody yet"
        both = zip(before.visits, course.visits, strict=True)
        numbers = {old.number for old, new in both if old.driver != new.driver}
        drivers = {one.uid: one.driver for one in course.companions}
        beside = (one for one in before.companions if one.driver != drivers.get(one.uid))
        numbers.update(one.after for one in beside)
        return f"{visits_text(sorted(numbers))}: driver {who}"
    if change.verb == "review":
        return f"review after {number}: {change.outcome}"
    if change.verb == "miss":
        was_missed = before.visits[(change.visit or 1) - 1].status == "missed"
        missed = number if was_missed else f"{number} missed"
        return f"{missed}, made up for" if change.make_up else missed
    if change.verb == "resume" and change.on:
        return f"resumed on {day_text(change.on)}"
    if change.verb == "cease":
        return f"ceased after {number}" if change.visit else "ceased"
    past = {"complete": "completed", "omit": "omitted", "confirm": "confirmed", "hold": "held"}
    return f"{number} {past[change.verb]}" if change.visit else past[change.verb]


def add_entry(course: Course, entry: Entry) -> Course:
    """The course with another entry, and a SEQUENCE higher by one for what the entry changed."""

    def raised(item: Item) -> Item:
        return replace(item, sequence=item.sequence + (item.uid in entry.changed))

    return replace(
        course,
        visits=tuple(map(raised, course.visits)),
        companions=tuple(map(raised, course.companions)),
        history=(*course.history, entry),
    )


def with_result(before: Course, course: Course) -> Course:
    """The course with the result in its last entry: how it differs from the course `before`.

    The clinic and the busy times of before are in fields of their own.
    """
    old, new = (replace(one.request, busy=()) for one in (before, course))
    result = Result(
        tuple(VisitChange(*pair) for pair in _differing(before.visits, course.visits)),
        tuple(CompanionChange(*pair) for pair in _differing(before.companions, course.companions)),
        None if old == new else RequestChange(old, new),
    )
    *earlier, last = course.history
    return replace(course, history=(*earlier, replace(last, result=result)))


def _differing(
    before: Sequence[Item], after: Sequence[Item]
) -> Iterator[tuple[Item | None, Item | None]]:
    """The items that differ, by uid, each as it was and as it is; None where it was not."""
    old: dict[str, Item] = {item.uid: item for item in before}
    new: dict[str, Item] = {item.uid: item for item in after}
    for uid in dict.fromkeys((*old, *new)):
        if old.get(uid) != new.get(uid):
            yield old.get(uid), new.get(uid)


def ended_dates(before: Course, course: Course) -> Iterator[Former]:
    """The dates that no longer hold: of visits, companions, and rides with another driver."""
    there = items_of(course)
    for uid, old in items_of(before).items():
        new, ride = there.get(uid), needs_ride(before, old)
        driver = old.driver.name if ride and old.driver else ""
        is_same_driver = driver in ("", new.driver.name if new and new.driver else "")
        if not (is_same_driver and _still_holds(old, new)):
            yield Former(uid, old.start, ride, driver)


def _still_holds(old: Visit | Companion, new: Visit | Companion | None) -> bool:
    """Whether the date of a visit or a review holds, or did not hold before."""
    if old.status not in TAKES_PLACE:
        return True
    return new is not None and new.start == old.start and new.status in TAKES_PLACE
