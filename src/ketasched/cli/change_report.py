"""What a change did, told on a terminal or as data, and what somebody has to see to now."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from ketasched.events.diff import is_collected_now
from ketasched.events.rides import has_ride
from ketasched.events.wording import is_at_check_in
from ketasched.files.codec import plain
from ketasched.model import TAKES_PLACE, Course, Review, Visit
from ketasched.model.wall_clock import clock_text, day_text


def told(before: Course, after: Course) -> Iterator[str]:
    """A line for the change, and one for each visit and review that is not as it was."""
    yield f"{after.patient}, revision {after.revision}: {after.history[-1].what}"
    old = {visit.uid: visit for visit in before.visits}
    for visit in after.visits:
        was = old.get(visit.uid)
        if was is None or _when(was) != _when(visit):
            said = "new" if was is None else _when(was)
            yield f"  visit {visit.number}, {visit.of}: {said} -> {_when(visit)}"
    talks = {review.uid: review for review in before.reviews}
    for review in after.reviews:
        was_then, is_now = (
            _when(one) + _where(course, one)
            for course, one in ((before, talks[review.uid]), (after, review))
        )
        if was_then != is_now:
            yield f"  the talk after visit {review.after}: {was_then} -> {is_now}"


def told_as_data(before: Course, after: Course) -> dict[str, Any]:
    """The same as plain data: the new revision, and of what changed how it was and how it is."""
    old: dict[str, Visit | Review] = {one.uid: one for one in before.visits}
    old |= {one.uid: one for one in before.reviews}
    now: list[Visit | Review] = [*after.visits, *after.reviews]
    changed = [
        {"was": plain(old[item.uid]) if item.uid in old else None, "is": plain(item)}
        for item in now
        if old.get(item.uid) != item
    ]
    return {
        "patient": after.patient,
        "revision": after.revision,
        "what": after.history[-1].what,
        "changed": changed,
        "findings": [plain(finding) for finding in after.findings],
    }


def notes(before: Course, after: Course) -> Iterator[str]:
    """What somebody has to see to after this change."""
    yield from _about_drivers(before, after)
    yield from _about_numbers(before, after)
    today = after.history[-1].at.date()
    for visit in after.visits:
        if visit.status == "planned" and visit.start.date() < today:
            day = day_text(visit.start.date())
            yield f"visit {visit.number}, {day}, is not recorded: complete or miss"
    for review in after.reviews:
        if review.gate and review.status == "planned" and review.start.date() < today:
            day = day_text(review.start.date())
            yield f"the talk after visit {review.after}, {day}, is not recorded: review"
    if after.history[-1].change and after.history[-1].change.verb == "driver":
        for visit in after.visits:
            if visit.start.date() == today and has_ride(after, visit) and not visit.driver:
                yield f"visit {visit.number} is today and has no driver: call the patient"


def _about_drivers(before: Course, after: Course) -> Iterator[str]:
    """Whom to tell of rides that are new, or not theirs any more: a driver knows only dates."""
    moment = after.history[-1].at
    done = {visit.uid for visit in after.visits if visit.status == "completed"}
    had, have = (_rides(course, moment, done) for course in (before, after))
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


def _rides(course: Course, moment: datetime, done: Collection[str]) -> dict[str, set[datetime]]:
    """By driver when the rides are that are not over."""
    found: dict[str, set[datetime]] = {}
    for visit in course.visits:
        is_ahead = visit.end > moment and visit.uid not in done
        if visit.driver and is_ahead and has_ride(course, visit):
            found.setdefault(visit.driver.name, set()).add(visit.start)
    return found


def _dates(starts: Iterable[datetime]) -> str:
    return ", ".join(f"{day_text(one, year=False)} {clock_text(one)}" for one in starts)


def _about_numbers(before: Course, after: Course) -> Iterator[str]:
    """That visits have other numbers now, which commands ask for."""
    now = {visit.uid: visit.number for visit in after.visits}
    other = [one for one in before.visits if now[one.uid] != one.number]
    if other:
        said = ", ".join(f"{one.number} is now {now[one.uid]}" for one in other)
        yield f"visits have other numbers: {said}"
    talks = {review.uid: review for review in before.reviews}
    for review in after.reviews:
        was = now[before.visits[talks[review.uid].after - 1].uid]
        if was != review.after and review.status in TAKES_PLACE:
            yield f"the talk after visit {was} is now after visit {review.after}"


def _where(course: Course, review: Review) -> str:
    """Where a review is, unless it is where its protocol has it."""
    return ", at check-in" if is_at_check_in(course, review) else ""


def _when(visit: Visit | Review) -> str:
    if visit.status not in TAKES_PLACE:
        return visit.status
    status = f" ({visit.status})" if visit.status != "planned" else ""
    driver = f", driver {visit.driver.name}" if isinstance(visit, Visit) and visit.driver else ""
    return f"{day_text(visit.start)}, {clock_text(visit.start)}{status}{driver}"
