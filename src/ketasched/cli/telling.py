"""What a change did, told on a terminal or as data, and what somebody has to see to now."""

from collections.abc import Iterator
from typing import Any

from ketasched.forms import plain
from ketasched.model import TAKES_PLACE, Course, Review, Visit
from ketasched.render.rides import has_ride
from ketasched.times import clock_text, day_text


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
        was_then = _when(talks[review.uid])
        if was_then != _when(review):
            said = f"the talk after visit {review.after}"
            yield f"  {said}: {was_then} -> {_when(review)}"


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
    if after.history[-1].change and after.history[-1].change.verb == "driver":
        for visit in after.visits:
            if visit.start.date() == today and has_ride(after, visit) and not visit.driver:
                yield f"visit {visit.number} is today and has no driver: call the patient"


def _about_drivers(before: Course, after: Course) -> Iterator[str]:
    """Whom to tell of rides that are new, at another time, or not theirs any more."""
    old = {visit.uid: visit for visit in before.visits}
    moment = after.history[-1].at
    rides: dict[tuple[str, str], list[str]] = {}
    for visit in after.visits:
        was = old.get(visit.uid)
        had = was.driver.name if was and was.driver and was.status == "planned" else ""
        has = visit.driver.name if visit.driver and visit.status == "planned" else ""
        number = str(visit.number)
        if had and had != has and was and was.end > moment and visit.status != "completed":
            rides.setdefault((had, "no ride any more"), []).append(number)
        if has and has != had:
            rides.setdefault((has, "a new ride"), []).append(number)
        elif has and was and was.start != visit.start:
            rides.setdefault((has, "another time"), []).append(number)
    for (name, what), numbers in rides.items():
        visits = "visit" if len(numbers) == 1 else "visits"
        yield f"tell {name}: {what}, {visits} {', '.join(numbers)}"


def _about_numbers(before: Course, after: Course) -> Iterator[str]:
    """That visits have other numbers now, which commands ask for."""
    now = {visit.uid: visit.number for visit in after.visits}
    other = [one for one in before.visits if now[one.uid] != one.number]
    if other:
        said = ", ".join(f"{one.number} is now {now[one.uid]}" for one in other)
        yield f"visits have other numbers: {said}"


def _when(visit: Visit | Review) -> str:
    if visit.status not in TAKES_PLACE:
        return visit.status
    status = f" ({visit.status})" if visit.status != "planned" else ""
    driver = f", driver {visit.driver.name}" if isinstance(visit, Visit) and visit.driver else ""
    return f"{day_text(visit.start)}, {clock_text(visit.start)}{status}{driver}"
