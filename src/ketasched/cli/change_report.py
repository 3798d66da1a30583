"""What a change did, as lines of text or as plain data, and what somebody has to do about it."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from ketasched.events.diff import is_collected_now
from ketasched.events.rides import needs_ride
from ketasched.events.wording import is_at_check_in
from ketasched.model import TAKES_PLACE, Course, Review, Visit
from ketasched.model.wall_clock import clock_text, day_text, moment_text


def change_lines(before: Course, after: Course) -> Iterator[str]:
    """A line for the change, and one for each visit and review that it changed."""
    yield f"{after.patient}, revision {after.revision}: {after.history[-1].what}"
    old = {visit.uid: _when(visit) for visit in before.visits}
    for visit in after.visits:
        was, now = old.get(visit.uid, "new"), _when(visit)
        if was != now:
            yield f"  visit {visit.number}, {visit.of}: {was} -> {now}"
    old = {review.uid: _when_and_where(before, review) for review in before.reviews}
    for review in after.reviews:
        was, now = old[review.uid], _when_and_where(after, review)
        if was != now:
            yield f"  the talk after visit {review.after}: {was} -> {now}"


def change_data(before: Course, after: Course) -> dict[str, Any]:
    """The new revision, and each changed visit and review as it was (None: new) and as it is."""
    old, new = _items(before), _items(after)
    return {
        "patient": after.patient,
        "revision": after.revision,
        "what": after.history[-1].what,
        "changed": [
            {"was": old.get(uid), "is": one} for uid, one in new.items() if old.get(uid) != one
        ],
        "findings": after.findings,
    }


def _items(course: Course) -> dict[str, Visit | Review]:
    """The visits and reviews by their uids."""
    items: tuple[Visit | Review, ...] = (*course.visits, *course.reviews)
    return {one.uid: one for one in items}


def follow_ups(before: Course, after: Course) -> Iterator[str]:
    """A line for everything that somebody has to do, or to know, after this change."""
    yield from _driver_lines(before, after)
    yield from _number_lines(before, after)
    entry = after.history[-1]
    today = entry.at.date()
    for visit in after.visits:
        if visit.status == "planned" and visit.start.date() < today:
            day = day_text(visit.start)
            yield f"visit {visit.number}, {day}, is not recorded: complete or miss"
    for review in after.reviews:
        if review.gate and review.status == "planned" and review.start.date() < today:
            day = day_text(review.start)
            yield f"the talk after visit {review.after}, {day}, is not recorded: review"
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


def _when_and_where(course: Course, review: Review) -> str:
    """When a review is, and whether it is at a check-in instead of where its protocol has it."""
    return _when(review) + (", at check-in" if is_at_check_in(course, review) else "")


def _when(visit: Visit | Review) -> str:
    if visit.status not in TAKES_PLACE:
        return visit.status
    status = f" ({visit.status})" if visit.status != "planned" else ""
    driver = f", driver {visit.driver.name}" if isinstance(visit, Visit) and visit.driver else ""
    return f"{moment_text(visit.start)}{status}{driver}"
