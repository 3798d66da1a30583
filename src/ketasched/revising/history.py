"""The history of a course: its entries, their wording, and the dates that a change ended."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from ketasched.events.rides import needs_ride
from ketasched.model import TAKES_PLACE, Change, Course, Entry, Former, Review, Visit
from ketasched.model.wall_clock import day_text, moment_text

Item = TypeVar("Item", Visit, Review)


def entry_text(before: Course, change: Change, course: Course) -> str:
    """What a change did, in words: "visit 3 deferred to Thu 10 Dec 2026, 09:00"."""
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
        return f"{number}: driver {who}"
    if change.verb == "review":
        return f"review after {number}: {change.outcome}"
    if change.verb == "miss":
        return f"{number} missed, {'made up for' if change.make_up else 'not made up for'}"
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
        reviews=tuple(map(raised, course.reviews)),
        history=(*course.history, entry),
    )


def ended_dates(before: Course, course: Course) -> Iterator[Former]:
    """The dates that no longer hold: of visits and reviews, and of rides with another driver."""
    visits = {visit.uid: visit for visit in course.visits}
    for visit in before.visits:
        new, ride = visits[visit.uid], needs_ride(before, visit)
        driver = visit.driver.name if ride and visit.driver else ""
        is_same_driver = driver in ("", new.driver.name if new.driver else "")
        if not (is_same_driver and _still_holds(visit, new)):
            yield Former(visit.uid, visit.start, ride, driver)
    reviews = {review.uid: review for review in course.reviews}
    for review in before.reviews:
        if not _still_holds(review, reviews.get(review.uid)):
            yield Former(review.uid, review.start)


def _still_holds(old: Visit | Review, new: Visit | Review | None) -> bool:
    """Whether the date of a visit or a review holds, or did not hold before."""
    if old.status not in TAKES_PLACE:
        return True
    return new is not None and new.start == old.start and new.status in TAKES_PLACE
