"""The verbs: what each change wants of a course's visits, before any visit gets a new date.

The function of a verb returns drafts, of which the best is taken, and raises `BadRequest` if the
change is impossible.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeVar

from ketasched.errors import BadRequest
from ketasched.model import Change, Course, Driver, Review, Verb, Visit
from ketasched.model.review_gates import (
    confirm_visit,
    first_closed_gate,
    is_pending,
    release_visit,
)
from ketasched.model.wall_clock import day_text
from ketasched.revising.added_visits import booster_drafts, make_up_drafts
from ketasched.revising.intents import Draft, VisitIntent, unchanged_intents
from ketasched.revising.validation import (
    FINAL_STATUSES,
    is_over,
    refuse_day,
    refuse_future,
    refuse_past,
    refuse_unclear_day,
    requested_day,
    visit_of,
)

Item = TypeVar("Item", Visit, Review)


def drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The drafts of a change, one or more; `now` is local to the clinic.

    Raises `BadRequest` if the change is impossible.
    """
    statuses = {visit.status for visit in course.visits}
    reviewed = change.verb == "review" and any(map(is_pending, course.reviews))
    if "ceased" in statuses and statuses <= FINAL_STATUSES and not reviewed:
        said = "the course has been ceased: nothing in it can change any more"
        raise BadRequest("course", said, next_step="ketasched plan, for a new course")
    return VERBS[change.verb](course, change, now)


def _complete(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned")
    refuse_future(visit, now)
    return [_draft_with(course, visit, replace(visit, status="completed"))]


def _miss(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative")
    refuse_future(visit, now)
    if change.make_up is None:
        raise BadRequest(
            "make_up",
            "whether a missed visit is made up for is the clinician's decision",
            next_step="--make-up or --no-make-up",
        )
    intents = list(unchanged_intents(course, now))
    intents[visit.number - 1] = VisitIntent(replace(visit, status="missed"), pinned=True)
    if not change.make_up:
        return [Draft(tuple(intents), course.reviews)]
    if any(one.status == "ceased" for one in course.visits):
        said = "the course has been ceased: nothing is added to it"
        raise BadRequest("make_up", said, next_step="--no-make-up")
    return make_up_drafts(course, visit, intents, now)


def _defer(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative")
    refuse_past(visit, now)
    refuse_unclear_day(change)
    on = requested_day(course, change, now) or visit.start.date()
    refuse_day(course, change, on, now)
    time = change.time.time if change.time else visit.start.time()
    if (on, time) == (visit.start.date(), visit.start.time()):
        said = f"visit {visit.number} is on {day_text(on)} already"
        raise BadRequest("to", said, next_step="another day or time")
    deferred = VisitIntent(visit, on=on, time=change.time)
    return [_draft_around(course, now, deferred, pins_later=change.scope == "visit")]


def _omit(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative", "held")
    if visit.status == "planned":
        refuse_past(visit, now)
    omitted = VisitIntent(replace(visit, status="omitted", held_from=None), pinned=True)
    return [_draft_around(course, now, omitted)]


def _hold(course: Course, change: Change, now: datetime) -> list[Draft]:
    if all(is_over(visit, now) or visit.status == "held" for visit in course.visits):
        raise BadRequest("verb", "there is no visit to hold")
    return [_draft_for_all(course, now, "held", after=0)]


def _resume(course: Course, change: Change, now: datetime) -> list[Draft]:
    held = [visit for visit in course.visits if visit.status == "held"]
    if not held:
        raise BadRequest("verb", "no visit is held", next_step="defer N --to DATE moves one")
    if change.on is None:
        raise BadRequest("on", "expected the day of the next visit", next_step="--on DATE")
    refuse_day(course, change, change.on, now)
    intents = []
    for intent in unchanged_intents(course, now):
        visit = intent.visit
        resumed = _resumed(visit)
        if visit is held[0]:
            intents.append(
                VisitIntent(resumed, free=True, on=change.on, time=change.time, is_anchor=True)
            )
        elif visit.status == "held":
            intents.append(VisitIntent(resumed, free=visit.start.date() <= change.on))
        else:
            intents.append(intent)
    return [Draft(tuple(intents), tuple(map(_resumed, course.reviews)))]


def _resumed(item: Item) -> Item:
    """The visit or review with the status that it had before it was held, if it is held."""
    if item.status != "held":
        return item
    return replace(item, status=item.held_from or "planned", held_from=None)


def _cease(course: Course, change: Change, now: datetime) -> list[Draft]:
    after = change.visit or 0
    if change.visit is not None:
        visit_of(course, change)
    completed = [one.number for one in course.visits if one.status == "completed"]
    if change.visit is not None and completed and completed[-1] > after:
        said = f"visit {completed[-1]}, after it, has taken place"
        raise BadRequest("after", said, next_step=f"cease --after {completed[-1]}")
    if not any(_is_ahead(visit, now) for visit in course.visits[after:]):
        raise BadRequest("verb", "there is no visit left to cease")
    return [_draft_for_all(course, now, "ceased", after=after)]


def _confirm(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "tentative")
    gate = first_closed_gate(course.reviews)
    if gate is not None and gate < visit.number:
        said = f"visit {visit.number} waits for the review after visit {gate}"
        raise BadRequest("visit", said, next_step=f"review {gate} --outcome go-on")
    return [_draft_with(course, visit, confirm_visit(course, visit))]


def _review(course: Course, change: Change, now: datetime) -> list[Draft]:
    own = [review for review in course.reviews if review.after == change.visit]
    review = next(filter(is_pending, own), None)
    if review is None:
        is_ceased = any(one.status == "ceased" for one in own)
        said = "has been cancelled" if is_ceased else "has been recorded"
        said = said if own else "there is none after this visit"
        raise BadRequest("visit", f"review after visit {change.visit}: {said}")
    refuse_future(course.visits[review.after - 1], now)
    gate = first_closed_gate(course.reviews)
    if review.gate and gate is not None and gate < review.after:
        said = f"the review after visit {gate} comes first"
        raise BadRequest("visit", said, next_step=f"review {gate} --outcome go-on")
    recorded = tuple(
        replace(one, status="completed") if one is review else one for one in course.reviews
    )
    if change.outcome == "stop":
        draft = _draft_for_all(course, now, "ceased", after=review.after)
        both = zip(recorded, draft.reviews, strict=True)
        reviews = (one if one.status == "completed" else ceased for one, ceased in both)
        return [replace(draft, reviews=tuple(reviews))]
    until = first_closed_gate(recorded) or len(course.visits)
    optional = {phase.name for phase in course.protocol.phases if phase.tentative}
    visits = (
        release_visit(course, visit)
        if review.gate and visit.phase not in optional and review.after < visit.number <= until
        else visit
        for visit in course.visits
    )
    return [_pinned_draft(visits, recorded)]


def _driver(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative", "held")
    refuse_past(visit, now, step="")
    if not course.protocol.visits[visit.kind].needs_driver:
        raise BadRequest("visit", f"visit {visit.number} needs no driver")
    driver = _known_phone(course, change.driver)
    if driver == visit.driver:
        who = f"{driver.name} drives" if driver else "nobody drives"
        raise BadRequest("visit", f"{who} to visit {visit.number} already")
    return [_draft_with(course, visit, replace(visit, driver=driver))]


def _known_phone(course: Course, driver: Driver | None) -> Driver | None:
    """The driver; without a phone number, with the one known in this course for that name."""
    known = (one.driver for one in course.visits if one.driver and one.driver.phone)
    same = (one for one in known if driver and one.name == driver.name)
    return driver if driver is None or driver.phone else next(same, driver)


VERBS: Mapping[Verb, Callable[[Course, Change, datetime], list[Draft]]] = MappingProxyType(
    {
        "complete": _complete,
        "miss": _miss,
        "defer": _defer,
        "omit": _omit,
        "hold": _hold,
        "resume": _resume,
        "cease": _cease,
        "booster": booster_drafts,
        "confirm": _confirm,
        "review": _review,
        "driver": _driver,
    }
)
"""The function of each verb, which makes its drafts."""


def _is_ahead(visit: Visit, now: datetime) -> bool:
    """Whether a visit can still be held or ceased.

    A tentative or held visit has not taken place, whatever the clock says. So a review at a
    visit's check-in can cease that visit.
    """
    return visit.status in ("held", "tentative") or not is_over(visit, now)


def _pinned_draft(visits: Iterable[Visit], reviews: Iterable[Review]) -> Draft:
    return Draft(tuple(VisitIntent(visit, pinned=True) for visit in visits), tuple(reviews))


def _draft_with(course: Course, visit: Visit, changed: Visit) -> Draft:
    """The draft with one visit changed and none moved."""
    visits = (changed if one is visit else one for one in course.visits)
    return _pinned_draft(visits, course.reviews)


def _draft_around(
    course: Course, now: datetime, changed: VisitIntent, *, pins_later: bool = False
) -> Draft:
    """The draft with a changed intent for one visit, and the visits before it pinned.

    With `pins_later` the visits after it are pinned, too.
    """
    number = changed.visit.number
    intents = (
        replace(intent, pinned=intent.pinned or pins_later or intent.visit.number < number)
        for intent in unchanged_intents(course, now)
    )
    return Draft(
        tuple(changed if one.visit.number == number else one for one in intents), course.reviews
    )


def _draft_for_all(
    course: Course, now: datetime, status: Literal["held", "ceased"], *, after: int
) -> Draft:
    """The draft that holds or ceases all visits ahead after visit `after`, and their reviews.

    A review has not taken place, whatever the clock says, if it is held or its visit is ahead.
    """
    numbers = {visit.number for visit in course.visits[after:] if _is_ahead(visit, now)}

    def concerns(item: Visit | Review) -> bool:
        if isinstance(item, Visit):
            return item.number in numbers and item.status != status
        if item.status == "held":
            return status == "ceased" and item.after > after
        return is_pending(item) and item.after in numbers

    def changed(item: Item) -> Item:
        held_from = item.status if status == "held" else None
        return replace(item, status=status, held_from=held_from) if concerns(item) else item

    return _pinned_draft(map(changed, course.visits), map(changed, course.reviews))
