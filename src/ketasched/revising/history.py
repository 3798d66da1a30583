"""The history of a course: its entries, their results, and the dates that a change ended."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from ketasched.events.rides import needs_ride
from ketasched.model import (
    TAKES_PLACE,
    Companion,
    CompanionChange,
    Course,
    Entry,
    Former,
    RequestChange,
    Result,
    Visit,
    VisitChange,
)
from ketasched.model.replay import items_of

Item = TypeVar("Item", Visit, Companion)


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
