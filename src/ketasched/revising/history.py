"""The history of a course: what is entered into it, and in which words."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from ketasched.events.rides import has_ride
from ketasched.model import TAKES_PLACE, Change, Course, Entry, Former, Review, Visit
from ketasched.model.wall_clock import clock_text, day_text


def what_was_done(before: Course, change: Change, course: Course) -> str:
    """What a change did, in words, for the history: "visit 3 deferred to Thu 10 Dec 2026"."""
    moved = {visit.uid: visit for visit in course.visits}
    known = {visit.uid for visit in before.visits}
    number = f"visit {change.visit}"
    if change.verb == "defer" and change.visit:
        to = moved[before.visits[change.visit - 1].uid].start
        return f"{number} deferred to {day_text(to)}, {clock_text(to)}"
    if change.verb == "booster":
        new = next(visit for visit in course.visits if visit.uid not in known)
        return f"booster on {day_text(new.start)}, {clock_text(new.start)}"
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
    done = {"complete": "completed", "omit": "omitted", "confirm": "confirmed", "hold": "held"}
    return f"{number} {done[change.verb]}" if change.visit else done[change.verb]


def entered(course: Course, entry: Entry) -> Course:
    """The course with another line of history, and what that changed one further in sequence."""
    changed = entry.changed
    return replace(
        course,
        visits=tuple(
            replace(visit, sequence=_next(visit.sequence, visit.uid, changed))
            for visit in course.visits
        ),
        reviews=tuple(
            replace(review, sequence=_next(review.sequence, review.uid, changed))
            for review in course.reviews
        ),
        history=(*course.history, entry),
    )


def _next(sequence: int, uid: str, changed: Collection[str]) -> int:
    return sequence + 1 if uid in changed else sequence


def ended_dates(before: Course, course: Course) -> Iterator[Former]:
    """The dates that no longer hold: of visits, of rides that somebody else gives, of reviews."""
    visits = {visit.uid: visit for visit in course.visits}
    for visit in before.visits:
        new, ride = visits[visit.uid], has_ride(before, visit)
        driver = visit.driver.name if ride and visit.driver else ""
        theirs = driver in ("", new.driver.name if new.driver else "")
        if not (theirs and _still_on(visit, new)):
            yield Former(visit.uid, visit.start, ride, driver)
    reviews = {review.uid: review for review in course.reviews}
    for review in before.reviews:
        if not _still_on(review, reviews.get(review.uid)):
            yield Former(review.uid, review.start)


def _still_on(old: Visit | Review, new: Visit | Review | None) -> bool:
    """Whether the date of a visit or a review holds, if it did."""
    if old.status not in TAKES_PLACE:
        return True
    return new is not None and new.start == old.start and new.status in TAKES_PLACE
