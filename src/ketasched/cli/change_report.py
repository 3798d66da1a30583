"""What a change did, as lines of text or as plain data, and what somebody has to do about it."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from ketasched.events.diff import is_collected_now
from ketasched.events.rides import needs_ride
from ketasched.events.wording import is_at_check_in
from ketasched.model import TAKES_PLACE, Course, Review, Visit
from ketasched.model.wall_clock import clock_text, day_text, moment_text

Item = Visit | Review
"""What a change can change."""


def change_lines(before: Course, after: Course) -> Iterator[str]:
    """A line for the change, and one for each visit and review that it changed."""
    yield f"{after.patient}, revision {after.revision}: {after.history[-1].what}"
    for old, new in _pairs(before, after):
        was, now = _state(before, old) if old else "new", _state(after, new)
        if was != now:
            label = f"{_name(new)}, {new.of}" if isinstance(new, Visit) else _name(new)
            yield f"  {label}: {was} -> {now}"


def change_data(before: Course, after: Course) -> dict[str, Any]:
    """The new revision, and each changed visit and review as it was (None: new) and as it is."""
    return {
        "patient": after.patient,
        "revision": after.revision,
        "what": after.history[-1].what,
        "changed": [{"was": old, "is": new} for old, new in _pairs(before, after) if old != new],
        "findings": after.findings,
    }


def _items(course: Course) -> tuple[Item, ...]:
    return (*course.visits, *course.reviews)


def _pairs(before: Course, after: Course) -> Iterator[tuple[Item | None, Item]]:
    """Each visit and review after the change, with the same one before it (None: new)."""
    old = {one.uid: one for one in _items(before)}
    return ((old.get(one.uid), one) for one in _items(after))


def _name(one: Item) -> str:
    return f"visit {one.number}" if isinstance(one, Visit) else f"the talk after visit {one.after}"


def follow_ups(before: Course, after: Course) -> Iterator[str]:
    """A line for everything that somebody has to do, or to know, after this change."""
    yield from _driver_lines(before, after)
    yield from _number_lines(before, after)
    entry = after.history[-1]
    today = entry.at.date()
    for one in _items(after):
        is_due = one.status == "planned" and one.start.date() < today
        if is_due and (isinstance(one, Visit) or one.gate):
            verbs = "complete or miss" if isinstance(one, Visit) else "review"
            yield f"{_name(one)}, {day_text(one.start)}, is not recorded: {verbs}"
    if entry.change and entry.change.verb == "driver":
        for visit in after.visits:
            if visit.start.date() == today and needs_ride(after, visit) and not visit.driver:
                yield f"visit {visit.number} is today and has no driver: call the patient"


def _driver_lines(before: Course, after: Course) -> Iterator[str]:
    """Which drivers to tell of rides that are new or given up: a driver knows only dates."""
    moment = after.history[-1].at
    completed = {visit.uid for visit in after.visits if visit.status == "completed"}
    had, have = (_rides(course, moment, completed) for course in (before, after))
    waiting = {one.start for one in before.visits if is_collected_now(one, after, moment)}
    for name in dict.fromkeys((*had, *have)):
        gone, new = had.get(name, set()), have.get(name, set())
        said = ["to collect now"] if gone & waiting else []
        if lost := sorted(gone - new - waiting):
            said += [f"no ride any more: {_dates(lost)}"]
        if gained := sorted(new - gone):
            now = [start for start in gained if start <= moment]
            said += [f"a new ride: {_dates(gained)}" + (", to collect" if now else "")]
        if said:
            yield f"tell {name}: {'; '.join(said)}"


def _rides(
    course: Course, moment: datetime, completed: Collection[str]
) -> dict[str, set[datetime]]:
    """By driver the starts of visits with a ride that is not over."""
    found: dict[str, set[datetime]] = {}
    for visit in course.visits:
        is_ahead = visit.end > moment and visit.uid not in completed
        if visit.driver and is_ahead and needs_ride(course, visit):
            found.setdefault(visit.driver.name, set()).add(visit.start)
    return found


def _dates(starts: Iterable[datetime]) -> str:
    return ", ".join(f"{day_text(one, year=False)} {clock_text(one)}" for one in starts)


def _number_lines(before: Course, after: Course) -> Iterator[str]:
    """Which visits have other numbers now: commands ask for them."""
    now = {visit.uid: visit.number for visit in after.visits}
    others = [one for one in before.visits if now[one.uid] != one.number]
    if others:
        said = ", ".join(f"{one.number} is now {now[one.uid]}" for one in others)
        yield f"visits have other numbers: {said}"
    visits_before = {review.uid: before.visits[review.after - 1].uid for review in before.reviews}
    for review in after.reviews:
        was = now[visits_before[review.uid]]
        if was != review.after and review.status in TAKES_PLACE:
            yield f"the talk after visit {was} is now after visit {review.after}"


def _state(course: Course, one: Item) -> str:
    """When a visit or a review is, its status, who drives, and whether a review is at check-in."""
    if isinstance(one, Visit):
        more = f", driver {one.driver.name}" if one.driver else ""
    else:
        more = ", at check-in" if is_at_check_in(course, one) else ""
    status = f" ({one.status})" if one.status != "planned" else ""
    return f"{moment_text(one.start)}{status}{more}" if one.status in TAKES_PLACE else one.status
