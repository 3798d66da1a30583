"""The history of a course: entries with their results, the dates that a change ended, and undo.

An undo brings back the visits, the reviews and the request of before the last change that is not
undone. Every item keeps its SEQUENCE, which only rises; the clinic and the busy times are today's.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ketasched.errors import BadRequest, NoPlan
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
)
from ketasched.model.no_driving import with_home_days
from ketasched.model.occupancy import Occupancy
from ketasched.model.replay import (
    course_at,
    entry_to_undo,
    item_of,
    items_of,
    name_of,
    replay_problems,
    uid_of,
)
from ketasched.model.wall_clock import moment_text
from ketasched.planning.check import check
from ketasched.revising.validation import REVISE, has_begun
from ketasched.revising.verbs import is_fact
from ketasched.rules import OCCUPANCY_NAMES

Item = TypeVar("Item", Visit, Companion)

SWITCH_BACK = "switch --protocol ID --on DATE --by-whom NAME"
"""How to go back to an earlier protocol, of the course that follows."""


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


def course_to_restore(course: Course) -> Course:
    """The course as it was before the last change that is not undone.

    Raises `BadRequest` if there is no such change, or if its entry does not say what it did.
    """
    index = entry_to_undo(course.history)
    if index is None:
        said = "there is nothing to undo: the course is as it was planned"
        step = "another verb, which changes it"
        if course.follows:
            said += " when the patient was switched, and a switch cannot be undone"
            step = f"a course by the earlier protocol again: {REVISE} {SWITCH_BACK}"
        raise BadRequest("verb", said, next_step=step)
    entry = course.history[index]
    if entry.change and entry.change.verb == "switch":
        said = "a switch cannot be undone: the course that follows has dates and chairs of its own"
        step = f"the same for the course that follows: {SWITCH_BACK}"
        raise BadRequest("verb", said, next_step=step)
    if entry.result is None:
        said = f"“{entry.what}” cannot be undone: version 1.0 did not record what it changed"
        raise BadRequest("verb", said, next_step="the verb that changes it back")
    if replay_problems(course, index):
        said = "the course is not the one of its history: it was edited by hand"
        raise BadRequest("course", said, next_step="see where: ketasched check COURSE")
    return course_at(course, index)


def undone_course(course: Course, change: Change, now: datetime, bookings: Occupancy) -> Course:
    """The next revision of the course, which is as it was before the last change not undone.

    Raises `BadRequest` if a visit would be on a date that is over, and `NoPlan` if the chair of a
    visit to come is taken, unless that is overridden. A fact about a visit that has begun by `now`
    is undone whatever has become of the date and of the chair.
    """
    earlier = course_to_restore(course)
    undone = course.history[earlier.revision].change
    back = [*_coming_back(items_of(course), items_of(earlier))]
    if undone and is_fact(undone):
        to_come = {visit.uid for visit in course.visits if not has_begun(visit, now)}
        to_come |= {one.uid for one in course.companions if one.start > now}
        back = [item for item in back if item.uid in to_come]
    _refuse_over(course, back, now)
    items = (_with_sequences(course, earlier.visits), _with_sequences(course, earlier.companions))
    visits, companions = with_home_days(*items, course.protocol, course.clinic)
    after = replace(
        course,
        patient=earlier.patient,
        request=earlier.request,
        visits=visits,
        companions=companions,
        revision=course.revision + 1,
    )
    if asked := OCCUPANCY_NAMES.difference(change.overrides):
        _refuse_taken(after, {item.uid for item in back if item.start > now}, asked, bookings)
    return after


def _refuse_over(course: Course, back: Iterable[Visit | Companion], now: datetime) -> None:
    """Raise `BadRequest` if a visit would be moved to a time that is over.

    A review whose time is over comes back as one that is due.
    """
    there = {visit.uid: visit for visit in course.visits}
    for visit in back:
        known = there.get(visit.uid)
        is_there = known is not None and known.start == visit.start
        if isinstance(visit, Visit) and visit.start <= now and not is_there:
            said = f"visit {visit.number} would be on {moment_text(visit.start)} again"
            step = f"{REVISE} defer {known.number} --to DATE --reason WHY" if known else ""
            raise BadRequest("verb", f"{said}, which is over", next_step=step)


def _refuse_taken(
    course: Course, uids: Collection[str], asked: Collection[str], bookings: Occupancy
) -> None:
    """Raise `NoPlan` if one of these items breaks a rule that is `asked`: its chair is taken."""
    findings = check(course, bookings=bookings)
    taken = [one for one in findings if one.rule in asked and uid_of(course, one) in uids]
    item = item_of(course, taken[0]) if taken else None
    if item:
        raise NoPlan(f"undo: {name_of(item)} cannot have its time back", findings=taken)


def _coming_back(
    current: Mapping[str, Visit | Companion], restored: Mapping[str, Visit | Companion]
) -> Iterator[Visit | Companion]:
    """The restored items that take place, but do not do so today, or at another time."""
    for uid, item in restored.items():
        known = current.get(uid)
        is_there = known and known.status in TAKES_PLACE and known.start == item.start
        if item.status in TAKES_PLACE and not is_there:
            yield item


def _with_sequences(course: Course, items: Iterable[Item]) -> tuple[Item, ...]:
    """The items with the SEQUENCE that the course has given each so far."""
    changes = Counter(uid for entry in course.history for uid in entry.changed)
    there = {uid: item.sequence for uid, item in items_of(course).items()}
    found = ((item, there.get(item.uid, changes[item.uid])) for item in items)
    return tuple(replace(item, sequence=sequence) for item, sequence in found)
