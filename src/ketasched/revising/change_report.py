"""What a change did, as lines of text or as plain data, and what somebody has to do about it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from ketasched.events.diff import is_collected_now
from ketasched.events.rides import items_with_ride, needs_ride
from ketasched.events.wording import is_at_check_in
from ketasched.model import TAKES_PLACE, Companion, Course, Visit, visits_text
from ketasched.model.authorised_visits import fit_text
from ketasched.model.replay import items_of, name_of
from ketasched.model.wall_clock import clock_text, day_text, moment_text
from ketasched.planning.check import is_to_come
from ketasched.revising.validation import REVISE

Item = Visit | Companion
"""What a change can change."""


def change_lines(before: Course, after: Course) -> Iterator[str]:
    """A line for the change, and one for each visit and review that it changed."""
    yield f"{after.patient}, revision {after.revision}: {after.history[-1].what}"
    for old, new in _pairs(before, after):
        one = new or old
        was, now = _state(before, old) if old else "new", _state(after, new) if new else "removed"
        if one and was != now:
            label = f"{_name(one)}, {one.of}" if isinstance(one, Visit) else _name(one)
            yield f"  {label}: {was} -> {now}"


def change_data(before: Course, after: Course) -> dict[str, Any]:
    """The new revision, and each changed visit and review as it was and as it is.

    An item that is new was None, one that is removed is None.
    """
    return {
        "patient": after.patient,
        "revision": after.revision,
        "what": after.history[-1].what,
        "changed": [{"was": old, "is": new} for old, new in _pairs(before, after) if old != new],
        "findings": after.findings,
    }


def _pairs(before: Course, after: Course) -> Iterator[tuple[Item | None, Item | None]]:
    """Each visit and review before and after the change (None: new, or removed)."""
    old, new = items_of(before), items_of(after)
    return ((old.get(uid), new.get(uid)) for uid in dict.fromkeys((*new, *old)))


def _name(one: Item) -> str:
    if isinstance(one, Companion) and one.is_review:
        return f"the talk {one.side} visit {one.after}"
    return name_of(one)


def follow_ups(before: Course, after: Course, *, is_done: bool = True) -> Iterator[str]:
    """A line for everything that somebody has to do, or to know, after this change.

    Unless the change `is_done`, there is no command for visits that only the change would add.
    """
    yield from _driver_lines(before, after)
    yield from _number_lines(before, after)
    yield from _time_lines(after)
    yield from _early_lines(after)
    yield from _session_lines(before, after)
    entry = after.history[-1]
    today = entry.at.date()
    for one in items_of(after).values():
        is_due = one.status == "planned" and one.start.date() < today
        if is_due and (isinstance(one, Visit) or one.gate):
            verbs = "complete or miss" if isinstance(one, Visit) else "review"
            yield f"{_name(one)}, {day_text(one.start)}, is not recorded: {verbs}"
    if is_done:
        yield from _new_rides_without_driver(before, after)
    if entry.change and entry.change.verb in ("driver", "undo"):
        for visit in after.visits:
            is_due = visit.start.date() == today and visit.status != "completed"
            if is_due and visit.end > entry.at and needs_ride(after, visit) and not visit.driver:
                phone = f", {after.request.patient_phone}" if after.request.patient_phone else ""
                yield f"visit {visit.number} is today and has no driver: call the patient{phone}"


def _driver_lines(before: Course, after: Course) -> Iterator[str]:
    """Which drivers to tell of rides that are new or given up: a driver knows only dates."""
    moment = after.history[-1].at
    completed = {visit.uid for visit in after.visits if visit.status == "completed"}
    had, have = (_rides(course, moment, completed) for course in (before, after))
    begun = (one for one in items_with_ride(before) if is_collected_now(one, after, moment))
    waiting = {one.start for one in begun}
    drivers = (one.driver for course in (before, after) for one in items_of(course).values())
    phones = {driver.name: driver.phone for driver in drivers if driver}
    for name in dict.fromkeys((*had, *have)):
        gone, new = had.get(name, set()), have.get(name, set())
        said = ["to collect now, if the patient was brought"] if gone & waiting else []
        if lost := sorted(gone - new - waiting):
            said += [f"no ride any more: {_dates(lost)}"]
        if gained := sorted(new - gone):
            now = [start for start in gained if start <= moment]
            said += [f"a new ride: {_dates(gained)}" + (", to collect" if now else "")]
        if said:
            yield f"tell {', '.join(filter(None, (name, phones[name])))}: {'; '.join(said)}"


def _new_rides_without_driver(before: Course, after: Course) -> Iterator[str]:
    """The visits to come that have no driver, and had one before, or needed none.

    A visit counts if one of its companions is so, too: the driver is named for both.
    """
    change = after.history[-1].change
    is_removed = change is not None and change.verb == "driver"
    without = {one.uid for one in items_with_ride(before) if one.driver is None or is_removed}
    numbers = sorted(
        {
            one.number if isinstance(one, Visit) else one.after
            for one in items_with_ride(after)
            if one.driver is None and one.uid not in without
            if one.start > after.history[-1].at
        }
    )
    if numbers:
        verb = "has" if len(numbers) == 1 else "have"
        step = f"{REVISE} driver {','.join(map(str, numbers))} --name NAME"
        yield f"{visits_text(numbers)} {verb} no driver: once somebody drives: {step}"


def _rides(
    course: Course, moment: datetime, completed: Collection[str]
) -> dict[str, set[datetime]]:
    """By driver the starts of visits and companions with a ride that is not over."""
    found: dict[str, set[datetime]] = {}
    for one in items_with_ride(course):
        is_ahead = one.end > moment and one.uid not in completed
        if one.driver and is_ahead:
            found.setdefault(one.driver.name, set()).add(one.start)
    return found


def _dates(starts: Iterable[datetime]) -> str:
    return ", ".join(f"{day_text(one, year=False)} {clock_text(one)}" for one in starts)


def _time_lines(after: Course) -> Iterator[str]:
    """How many visits to come are not at a time that was wished just now."""
    change = after.history[-1].change
    if change and change.wishes and change.wishes.time:
        wanted = change.wishes.time
        taking = (visit for visit in after.visits if visit.status in TAKES_PLACE)
        ahead = [visit for visit in taking if is_to_come(after, visit)]
        others = [visit for visit in ahead if visit.start.time() != wanted.time]
        if others:
            said = f"{len(others)} of {len(ahead)} visits to come are not at {wanted}"
            yield f"{said}: it is not free, or the visit would not end in time"


def _early_lines(after: Course) -> Iterator[str]:
    """That a visit was recorded before its check-in."""
    entry = after.history[-1]
    is_completion = entry.change is not None and entry.change.verb == "complete"
    for one in entry.result.visits if entry.result and is_completion else ():
        visit = one.now
        if visit and visit.status == "completed" and visit.start > entry.at:
            when = clock_text(visit.start)
            yield f"visit {visit.number} is recorded before its check-in at {when}"


def _session_lines(before: Course, after: Course) -> Iterator[str]:
    """How many visits have an authorised session, where a change makes a difference to that."""
    was, now = (fit_text(one.request.authorised, one.visits) for one in (before, after))
    if now and now != was:
        yield now
    authorised = after.request.authorised
    if authorised != before.request.authorised:
        spans = Counter((one.first, one.last) for one in authorised)
        if any(count > 1 for count in spans.values()):
            step = f"{REVISE} authorise none SESSIONS"
            yield f"those of the same days all count; if only the last is meant: {step}"
    if was and before.course_id != after.course_id:
        said = f"what was authorised was for {before.protocol.id}, and nothing is so far for"
        yield f"{said} {after.protocol.id}: {REVISE} authorise SESSIONS"


def _number_lines(before: Course, after: Course) -> Iterator[str]:
    """Which visits have other numbers now: commands ask for them."""
    now = {visit.uid: visit.number for visit in after.visits}
    others = [one for one in before.visits if now.get(one.uid, one.number) != one.number]
    if others:
        said = ", ".join(f"{one.number} is now {now[one.uid]}" for one in others)
        yield f"visits have other numbers: {said}"
    visits_before = {
        review.uid: before.visits[review.after - 1].uid for review in before.companions
    }
    for review in after.companions:
        if review.uid not in visits_before or not review.is_review:
            continue
        was = now.get(visits_before[review.uid])
        if was is None:
            yield f"the talk after the visit that is removed is now after visit {review.after}"
        elif was != review.after and review.status in TAKES_PLACE:
            yield f"the talk after visit {was} is now after visit {review.after}"


def _state(course: Course, one: Item) -> str:
    """When a visit or a review is, its status, who drives, and whether a review is at check-in."""
    more = f", driver {one.driver.name}" if one.driver else ""
    if isinstance(one, Companion) and one.is_review and is_at_check_in(course, one):
        more = ", at check-in"
    status = f" ({one.status})" if one.status != "planned" else ""
    return f"{moment_text(one.start)}{status}{more}" if one.status in TAKES_PLACE else one.status
