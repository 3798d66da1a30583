"""The verbs: what each change wants of a course's visits, before any visit gets a new date.

The function of a verb returns drafts, of which the best is taken, and raises `BadRequest` if the
change is impossible.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeVar

from ketasched.errors import BadRequest
from ketasched.model import Change, Companion, Course, Verb, Visit
from ketasched.model.review_gates import (
    confirm_visit,
    first_closed_gate,
    is_pending,
    release_visit,
)
from ketasched.model.wall_clock import day_text
from ketasched.revising.added_visits import booster_drafts, make_up_drafts
from ketasched.revising.completion import completed_visit
from ketasched.revising.driver_changes import driver_drafts
from ketasched.revising.intents import Draft, VisitIntent, pinned_draft, unchanged_intents
from ketasched.revising.recording import authorise_drafts, record_drafts
from ketasched.revising.rescheduling import reschedule_drafts
from ketasched.revising.validation import (
    FINAL_STATUSES,
    REVISE,
    is_over,
    refuse_day,
    refuse_future,
    refuse_past,
    refuse_unclear_day,
    requested_day,
    visit_of,
)
from ketasched.revising.wishes import is_time_wished_on_hold, wishes_drafts

Item = TypeVar("Item", Visit, Companion)


def drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The drafts of a change, one or more; `now` is local to the clinic.

    Raises `BadRequest` if the change is impossible.
    """
    if change.verb not in VERBS:
        said = f"{change.verb} is no change of the visits"
        raise BadRequest("verb", said, next_step="ketasched register rename OLD NEW")
    statuses = {visit.status for visit in course.visits}
    reviews = (one for one in course.companions if one.is_review)
    reviewed = change.verb == "review" and any(map(is_pending, reviews))
    happened = change.verb in ("complete", "miss", "clear", "authorise", "switch")
    if "ceased" in statuses and statuses <= FINAL_STATUSES and not (reviewed or happened):
        _refuse_switched(course)
        said = "the course has been ceased: nothing in it can change any more"
        raise BadRequest("course", said, next_step=f"if that was wrong: {REVISE} undo")
    return VERBS[change.verb](course, change, now)


def _complete(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change)
    return [_draft_with(course, visit, completed_visit(course, change, now))]


def _miss(course: Course, change: Change, now: datetime) -> list[Draft]:
    # A visit that was missed can be made up for later.
    visit = visit_of(course, change, "planned", "tentative", "held", "completed", "missed")
    refuse_future(visit, now)
    note = "" if visit.status == "tentative" else visit.note
    missed = replace(visit, status="missed", held_from=None, note=note)
    if not change.make_up:
        return [_draft_with(course, visit, missed)]
    intents = list(unchanged_intents(course, now))
    intents[visit.number - 1] = VisitIntent(missed, pinned=True)
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
    deferred = VisitIntent(visit, on=on, time=change.time, moves_freely=True)
    return [_draft_around(course, now, deferred, pins_later=change.scope == "visit")]


def _omit(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative", "held", "omitted")
    return [_draft_with(course, visit, replace(visit, status="omitted", held_from=None))]


def _hold(course: Course, change: Change, now: datetime) -> list[Draft]:
    if all(is_over(visit, now) for visit in course.visits):
        raise BadRequest("verb", "there is no visit to hold")
    return [_draft_for_all(course, now, "held", after=0)]


def _resume(course: Course, change: Change, now: datetime) -> list[Draft]:
    held = [visit for visit in course.visits if visit.status == "held"]
    if not held:
        raise BadRequest(
            "verb",
            "no visit is held",
            next_step="to move one: ketasched revise COURSE defer N --to DATE --reason WHY",
        )
    if change.on is None:
        raise BadRequest("on", "expected the day of the next visit", next_step="--on DATE")
    refuse_day(course, change, change.on, now)
    keeps_day = is_time_wished_on_hold(course)
    intents = []
    for intent in unchanged_intents(course, now):
        visit = intent.visit
        resumed = _resumed(visit)
        if visit is held[0]:
            named = VisitIntent(resumed, free=True, on=change.on, time=change.time)
            intents.append(replace(named, moves_freely=True, is_anchor=True))
        elif visit.status == "held":
            is_free = visit.start.date() <= change.on
            intents.append(VisitIntent(resumed, free=is_free, keeps_day=keeps_day))
        else:
            intents.append(intent)
    return [Draft(tuple(intents), tuple(map(_resumed, course.companions)))]


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
        raise BadRequest(
            "after", said, next_step=f"{REVISE} cease --after {completed[-1]} --reason WHY"
        )
    if not any(_is_ahead(visit, now) for visit in course.visits[after:]):
        raise BadRequest("verb", "there is no visit left to cease")
    return [_draft_for_all(course, now, "ceased", after=after)]


def _refuse_switched(course: Course) -> None:
    if any(entry.change and entry.change.verb == "switch" for entry in course.history):
        said = "the patient was switched to another course: this one is over"
        step = "the course that follows, by the patient's name"
        raise BadRequest("course", said, next_step=step)


def _switch(course: Course, change: Change, now: datetime) -> list[Draft]:
    _refuse_switched(course)
    refuse_day(course, change, change.on or now.date(), now)
    draft = _draft_for_all(course, now, "ceased", after=0)
    reviews = (
        replace(one, status="ceased") if is_pending(one) and one.start > now else one
        for one in draft.companions
    )
    return [replace(draft, companions=tuple(reviews))]


def _confirm(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "tentative", "planned")
    gate = first_closed_gate(course.companions)
    if visit.status == "planned":
        return [_draft_with(course, visit, visit)]  # it is so already
    if gate is not None and gate < visit.number:
        said = f"visit {visit.number} waits for the review after visit {gate}"
        raise BadRequest("visit", said, next_step=f"{REVISE} review {gate} --outcome go-on")
    return [_draft_with(course, visit, confirm_visit(course, visit, now))]


def _review(course: Course, change: Change, now: datetime) -> list[Draft]:
    own = [one for one in course.companions if one.after == change.visit and one.is_review]
    review = next(filter(is_pending, own), None)
    if review is None:
        is_cancelled = any(one.status in ("ceased", "omitted") for one in own)
        said = "has been cancelled" if is_cancelled else "has been recorded"
        said = said if own else "there is none after this visit"
        raise BadRequest("visit", f"review after visit {change.visit}: {said}")
    refuse_future(course.visits[review.after - 1], now)
    gate = first_closed_gate(course.companions)
    if review.gate and gate is not None and gate < review.after:
        said = f"the review after visit {gate} comes first"
        raise BadRequest("visit", said, next_step=f"{REVISE} review {gate} --outcome go-on")
    recorded = tuple(
        replace(one, status="completed") if one is review else one for one in course.companions
    )
    if change.outcome == "stop":
        draft = _draft_for_all(course, now, "ceased", after=review.after)
        both = zip(recorded, draft.companions, strict=True)
        reviews = (one if one.status == "completed" else ceased for one, ceased in both)
        return [replace(draft, companions=tuple(reviews))]
    until = first_closed_gate(recorded) or len(course.visits)
    optional = {phase.name for phase in course.protocol.phases if phase.tentative}
    visits = (
        release_visit(course, visit, now)
        if review.gate and visit.phase not in optional and review.after < visit.number <= until
        else visit
        for visit in course.visits
    )
    return [pinned_draft(visits, recorded)]


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
        "driver": driver_drafts,
        "wishes": wishes_drafts,
        "clear": record_drafts,
        "authorise": authorise_drafts,
        "switch": _switch,
        "reschedule": reschedule_drafts,
    }
)
"""The function of each verb, which makes its drafts."""


def _is_ahead(visit: Visit, now: datetime) -> bool:
    """Whether a visit can still be held or ceased.

    A tentative or held visit has not taken place, whatever the clock says. So a review at a
    visit's check-in can cease that visit.
    """
    return visit.status in ("held", "tentative") or not is_over(visit, now)


def _draft_with(course: Course, visit: Visit, changed: Visit) -> Draft:
    """The draft with one visit changed, and none that moves because of the change."""
    visits = (changed if one is visit else one for one in course.visits)
    in_order = sorted(visits, key=lambda one: one.start.timestamp())
    return pinned_draft(in_order, course.companions)


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
        tuple(changed if one.visit.number == number else one for one in intents), course.companions
    )


def _draft_for_all(
    course: Course, now: datetime, status: Literal["held", "ceased"], *, after: int
) -> Draft:
    """The draft that holds or ceases all visits ahead after visit `after`, and their reviews.

    A review has not taken place, whatever the clock says, if it is held or its visit is ahead.
    """
    numbers = {visit.number for visit in course.visits[after:] if _is_ahead(visit, now)}

    def concerns(item: Visit | Companion) -> bool:
        if isinstance(item, Visit):
            return item.number in numbers and item.status != status
        if item.status == "held":
            return status == "ceased" and item.after > after
        return is_pending(item) and item.after in numbers

    def changed(item: Item) -> Item:
        held_from = item.status if status == "held" else None
        return replace(item, status=status, held_from=held_from) if concerns(item) else item

    return pinned_draft(map(changed, course.visits), map(changed, course.companions))
