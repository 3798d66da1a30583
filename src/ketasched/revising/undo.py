"""undo: the visits, the reviews and the request of before the last change that is not undone.

Every item keeps its SEQUENCE, which only rises; the clinic and the busy times are today's.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import TAKES_PLACE, Change, Companion, Course, Visit
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
