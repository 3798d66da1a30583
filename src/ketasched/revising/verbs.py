"""The verbs, in one table: what each wants of a course's visits, may override, and is called.

The drafts of a verb are what it wants before any visit gets a new date; the best is taken.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeVar

from ketasched.errors import BadRequest
from ketasched.model import WAIVABLE, Change, Companion, Course, Verb, Visit
from ketasched.model.replay import entry_to_undo, items_of
from ketasched.model.review_gates import (
    confirm_visit,
    first_closed_gate,
    is_pending,
    release_visit,
)
from ketasched.model.wall_clock import day_text, moment_text
from ketasched.revising.added_visits import booster_drafts, booster_text, make_up_drafts
from ketasched.revising.completion import completed_visit
from ketasched.revising.driver_changes import driver_drafts, driver_text
from ketasched.revising.intents import Draft, VisitIntent, pinned_draft, unchanged_intents
from ketasched.revising.request_changes import (
    authorise_drafts,
    authorise_text,
    is_time_wished_on_hold,
    record_drafts,
    record_text,
    wishes_drafts,
    wishes_text,
)
from ketasched.revising.rescheduling import reschedule_drafts, reschedule_text
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
from ketasched.rules import OCCUPANCY_NAMES, RULES, Earlier, Gap, Notice, Span

Item = TypeVar("Item", Visit, Companion)


def drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The drafts of a change, one or more; `now` is local to the clinic.

    Raises `BadRequest` if the change is impossible.
    """
    find_drafts = VERBS[change.verb].drafts
    if find_drafts is None:
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
    return find_drafts(course, change, now)


def _complete(course: Course, change: Change, now: datetime) -> list[Draft]:
    return [pinned_draft(course, [completed_visit(course, change, now)])]


def _miss(course: Course, change: Change, now: datetime) -> list[Draft]:
    # A visit that was missed can be made up for later.
    visit = visit_of(course, change, "planned", "tentative", "held", "completed", "missed")
    refuse_future(visit, now)
    note = "" if visit.status == "tentative" else visit.note
    missed = replace(visit, status="missed", held_from=None, note=note)
    if not change.make_up:
        return [pinned_draft(course, [missed])]
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
    last_pinned = len(course.visits) if change.scope == "visit" else visit.number - 1
    intents = [
        replace(one, pinned=one.pinned or one.visit.number <= last_pinned)
        for one in unchanged_intents(course, now)
    ]
    intents[visit.number - 1] = deferred
    return [Draft(tuple(intents), course.companions)]


def _omit(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "planned", "tentative", "held", "omitted")
    return [pinned_draft(course, [replace(visit, status="omitted", held_from=None)])]


def _hold(course: Course, change: Change, now: datetime) -> list[Draft]:
    if all(is_over(visit, now) for visit in course.visits):
        raise BadRequest("verb", "there is no visit to hold")
    return [pinned_draft(course, _stopped(course, now, "held"))]


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
    return [pinned_draft(course, _stopped(course, now, "ceased", after))]


def _refuse_switched(course: Course) -> None:
    if any(entry.change and entry.change.verb == "switch" for entry in course.history):
        said = "the patient was switched to another course: this one is over"
        step = "the course that follows, by the patient's name"
        raise BadRequest("course", said, next_step=step)


def _switch(course: Course, change: Change, now: datetime) -> list[Draft]:
    _refuse_switched(course)
    refuse_day(course, change, change.on or now.date(), now)
    reviews = (one for one in course.companions if is_pending(one) and one.start > now)
    ceased = (replace(one, status="ceased") for one in reviews)
    return [pinned_draft(course, (*ceased, *_stopped(course, now, "ceased")))]


def _confirm(course: Course, change: Change, now: datetime) -> list[Draft]:
    visit = visit_of(course, change, "tentative", "planned")
    gate = first_closed_gate(course.companions)
    if visit.status == "planned":
        return [pinned_draft(course)]  # it is so already
    if gate is not None and gate < visit.number:
        said = f"visit {visit.number} waits for the review after visit {gate}"
        raise BadRequest("visit", said, next_step=f"{REVISE} review {gate} --outcome go-on")
    return [pinned_draft(course, [confirm_visit(course, visit, now)])]


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
    recorded = replace(review, status="completed")
    if change.outcome == "stop":
        ceased = _stopped(course, now, "ceased", review.after)
        return [pinned_draft(course, (*ceased, recorded))]
    until = first_closed_gate([one for one in course.companions if one is not review])
    optional = {phase.name for phase in course.protocol.phases if phase.tentative}
    behind = course.visits[review.after : until] if review.gate else ()
    released = (release_visit(course, one, now) for one in behind if one.phase not in optional)
    return [pinned_draft(course, (recorded, *released))]


def _is_ahead(visit: Visit, now: datetime) -> bool:
    """Whether a visit can still be held or ceased.

    A tentative or held visit has not taken place, whatever the clock says. So a review at a
    visit's check-in can cease that visit.
    """
    return visit.status in ("held", "tentative") or not is_over(visit, now)


def _stopped(
    course: Course, now: datetime, status: Literal["held", "ceased"], after: int = 0
) -> Iterator[Visit | Companion]:
    """All visits ahead after visit `after`, and their reviews, as held or ceased.

    A review has not taken place, whatever the clock says, if it is held or its visit is ahead.
    """
    numbers = {visit.number for visit in course.visits[after:] if _is_ahead(visit, now)}

    def concerns(item: Visit | Companion) -> bool:
        if isinstance(item, Visit):
            return item.number in numbers and item.status != status
        if item.status == "held":
            return status == "ceased" and item.after > after
        return is_pending(item) and item.after in numbers

    for item in filter(concerns, items_of(course).values()):
        yield replace(item, status=status, held_from=item.status if status == "held" else None)


def _miss_text(before: Course, change: Change, _after: Course) -> str:
    missed = f"visit {change.visit}"
    if visit_of(before, change).status != "missed":
        missed += " missed"
    return f"{missed}, made up for" if change.make_up else missed


def _defer_text(before: Course, change: Change, after: Course) -> str:
    start = items_of(after)[visit_of(before, change).uid].start
    return f"visit {change.visit} deferred to {moment_text(start)}"


def _cease_text(_before: Course, change: Change, _after: Course) -> str:
    return f"ceased after visit {change.visit}" if change.visit else "ceased"


def _undo_text(before: Course, _change: Change, _after: Course) -> str:
    index = entry_to_undo(before.history)
    return "undone" if index is None else f"undone: {before.history[index].what}"


@dataclass(frozen=True, slots=True)
class VerbKind:
    """What is known of a verb.

    `drafts` makes the drafts of a change, and raises `BadRequest` if it is impossible; None if
    the verb is no change of the visits. `says` is how the history words a change: a format with
    the `change` and the day `on`, or a function of the courses before and after. `overrides` are
    the rules that the verb can break, because it gives a visit a new date. A verb that `is_fact`
    records what happened or was decided: no rule refuses it, and no visit moves. `fallback` is
    the next step if no alternative was found in time.
    """

    drafts: Callable[[Course, Change, datetime], list[Draft]] | None
    says: str | Callable[[Course, Change, Course], str]
    is_fact: bool = True
    needs_reason: bool = False
    overrides: tuple[str, ...] = ()
    fallback: str = ""


OVERRIDABLE = tuple(name for name, rule in RULES.items() if rule.overridable)
"""The rules that a change can override."""

_ABOUT_GAPS = (Gap.name, Span.name, Earlier.name, Notice.name)
_TAKEN = tuple(name for name in RULES if name in OCCUPANCY_NAMES)

VERBS: Mapping[Verb, VerbKind] = MappingProxyType(
    {
        "complete": VerbKind(_complete, "visit {change.visit} completed"),
        "miss": VerbKind(
            _miss,
            _miss_text,
            overrides=_ABOUT_GAPS,
            fallback="--no-make-up\n--override gap --override span",
        ),
        "defer": VerbKind(
            _defer,
            _defer_text,
            is_fact=False,
            needs_reason=True,
            overrides=OVERRIDABLE,
            fallback="another day, or omit the visit",
        ),
        "omit": VerbKind(_omit, "visit {change.visit} omitted", needs_reason=True),
        "hold": VerbKind(_hold, "held"),
        "resume": VerbKind(
            _resume,
            "resumed on {on}",
            is_fact=False,
            overrides=OVERRIDABLE,
            fallback="a later day, with --override gap",
        ),
        "cease": VerbKind(_cease, _cease_text, needs_reason=True),
        "booster": VerbKind(
            booster_drafts,
            booster_text,
            is_fact=False,
            overrides=OVERRIDABLE,
            fallback="another day",
        ),
        "confirm": VerbKind(_confirm, "visit {change.visit} confirmed"),
        "review": VerbKind(_review, "review after visit {change.visit}: {change.outcome}"),
        "driver": VerbKind(driver_drafts, driver_text),
        "clear": VerbKind(record_drafts, record_text),
        "authorise": VerbKind(authorise_drafts, authorise_text),
        "wishes": VerbKind(
            wishes_drafts,
            wishes_text,
            is_fact=False,
            overrides=_ABOUT_GAPS,
            fallback="more days or hours, or: --override gap --override span --reason WHY",
        ),
        "switch": VerbKind(_switch, "switched to {change.protocol} from {on} on"),
        "reschedule": VerbKind(
            reschedule_drafts, reschedule_text, is_fact=False, overrides=WAIVABLE
        ),
        "undo": VerbKind(
            None,
            _undo_text,
            is_fact=False,
            overrides=_TAKEN,
            fallback="--override capacity --reason WHY",
        ),
        "rename": VerbKind(None, "renamed"),
    }
)
"""All verbs. A verb that overrides no rule gives no visit a new date."""


def is_fact(change: Change) -> bool:
    """Whether a change only records what happened or was decided, and asks for no new date."""
    if change.wishes and change.wishes.move_nobody:
        return True
    return VERBS[change.verb].is_fact and not change.make_up


def plans_dates(change: Change) -> bool:
    """Whether a change asks for new dates, so that the rules may refuse it."""
    return not is_fact(change) and change.verb != "undo"


def entry_text(before: Course, change: Change, after: Course) -> str:
    """What a change did, in words: "visit 3 deferred to Thu 10 Dec 2026, 09:00"."""
    says = VERBS[change.verb].says
    if not isinstance(says, str):
        return says(before, change, after)
    return says.format(change=change, on=day_text(change.on) if change.on else "")


def refuse_overrides(change: Change) -> None:
    """Refuse to override a rule that no change can override, or that this verb never breaks."""
    useful = VERBS[change.verb].overrides
    for name in change.overrides:
        if name not in useful:
            listed = ", ".join(useful) or "none"
            said = f"{name} is never in the way of {change.verb}; what can be: {listed}"
            if useful and name not in OVERRIDABLE:
                said = f"expected one of {listed}, not {name}"
            raise BadRequest("override", said, next_step=f"the same without --override {name}")
