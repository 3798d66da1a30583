"""Visits that a change adds to a course: boosters, and make-up visits for missed ones."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from ketasched.errors import BadRequest
from ketasched.model import MAKE_UP_SUFFIX, TAKES_PLACE, Change, Course, Visit, Window
from ketasched.model.drivers import driver_of_added
from ketasched.model.identifiers import make_uid
from ketasched.model.replay import known_visits
from ketasched.model.review_gates import first_closed_gate, make_tentative
from ketasched.model.wall_clock import day_text, moment_text
from ketasched.revising.intents import Draft, VisitIntent, unchanged_intents
from ketasched.revising.validation import (
    REVISE,
    is_over,
    refuse_day,
    refuse_unclear_day,
    requested_day,
)

NOT_PRECEDED = TAKES_PLACE | {"missed"}
"""Statuses of visits before which no visit is added once they are over."""


def make_up_drafts(
    course: Course, missed: Visit, intents: list[VisitIntent], now: datetime
) -> list[Draft]:
    """A draft for each position that a make-up visit for the `missed` one could have.

    The visit comes before the next gate if it can; else it is tentative until the gate opens.
    Raises `BadRequest` if visits are held, if the visit is made up for already, if the course has
    been ceased, or if there is no position.
    """
    label = f"{missed.of.removesuffix(MAKE_UP_SUFFIX)}{MAKE_UP_SUFFIX}"
    for visit in course.visits[missed.number :]:
        if visit.of == label and visit.phase == missed.phase and visit.status != "omitted":
            said = f"visit {visit.number} makes up for visit {missed.number} already"
            raise BadRequest("make_up", said)
    if any(one.status == "ceased" for one in course.visits):
        said = "the course has been ceased: nothing is added to it"
        raise BadRequest("make_up", said, next_step="--no-make-up")
    if any(intent.visit.status == "held" for intent in intents):
        raise BadRequest("make_up", "visits are held", next_step=f"{REVISE} resume --on DATE")
    make_up = replace(
        _undated_visit(course, missed.phase, missed.kind, now), of=label, driver=missed.driver
    )
    numbered = list(enumerate(intents, start=1))
    first = max(n for n, one in numbered if one.pinned and one.visit.status in NOT_PRECEDED)
    last = max(n for n, one in numbered if one.visit.phase == missed.phase)
    gate = first_closed_gate(course.companions)
    if gate is not None and missed.number <= gate and first <= gate:
        last = min(last, gate)
    elif gate is not None:
        make_up = make_tentative(make_up)
    if first > last:
        said = f"nothing can be added to {missed.phase}: visits after it are over"
        raise BadRequest("make_up", said, next_step="--no-make-up")
    new = VisitIntent(make_up, free=True)
    return [
        Draft((*intents[:n], new, *intents[n:]), course.companions, missed.end)
        for n in range(first, last + 1)
    ]


def booster_drafts(course: Course, change: Change, now: datetime) -> list[Draft]:
    """The draft with a new booster on the requested day.

    Raises `BadRequest` if the course can have no booster, or not on that day.
    """
    phase = course.protocol.booster_phase
    if phase is None:
        raise BadRequest("verb", f"{course.protocol.id} has no booster phase")
    if any(visit.status == "ceased" for visit in course.visits):
        said = "the course has been ceased: nothing is added to it"
        raise BadRequest("course", said, next_step="plan a new course: ketasched plan --help")
    own = [visit.status for visit in course.visits if visit.phase == phase.name]
    if sum(status in TAKES_PLACE | {"held"} for status in own) >= phase.count.max:
        raise BadRequest("verb", f"{course.protocol.id} has at most {phase.count.max} boosters")
    refuse_unclear_day(change)
    if any(visit.status == "held" for visit in course.visits):
        raise BadRequest("verb", "visits are held", next_step=f"{REVISE} resume --on DATE")
    on = requested_day(course, change, now) or now.date()
    refuse_day(course, change, on, now)
    taking = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    earlier = [visit for visit in taking if visit.phase != phase.name]
    if earlier and on <= earlier[-1].start.date():
        said = f"{day_text(on)} is not after visit {earlier[-1].number}, the last before boosters"
        raise BadRequest("on" if change.on else "after", said, next_step="a later day")
    booster = _undated_visit(course, phase.name, phase.visit, now)
    if course.protocol.visits[phase.visit].needs_driver:
        booster = replace(booster, driver=driver_of_added(course, on, now))
    new = VisitIntent(booster, free=True, on=on, time=change.time, moves_freely=True)
    intents = list(unchanged_intents(course, now))
    before = [replace(one, pinned=True) for one in intents if one.visit.start.date() <= on]
    relabelled = _relabel((*before, new, *intents[len(before) :]), phase.name, now)
    return [Draft(tuple(relabelled), course.companions)]


def booster_text(before: Course, _change: Change, after: Course) -> str:
    """When the new booster is, for the history: "booster on Thu 10 Dec 2026, 09:00"."""
    known = {visit.uid for visit in before.visits}
    new = next(visit for visit in after.visits if visit.uid not in known)
    return f"booster on {moment_text(new.start)}"


def _relabel(intents: Sequence[VisitIntent], phase: str, now: datetime) -> Iterator[VisitIntent]:
    """The intents with new labels ("2 of 3") for the visits of the phase that are still to come.

    Make-up visits are not counted; omitted visits are, as in any phase.
    """

    def counts(visit: Visit) -> bool:
        return visit.phase == phase and not visit.of.endswith(MAKE_UP_SUFFIX)

    count = sum(counts(intent.visit) for intent in intents)
    number = 0
    for intent in intents:
        number += counts(intent.visit)
        if counts(intent.visit) and (intent.free or not is_over(intent.visit, now)):
            yield replace(intent, visit=replace(intent.visit, of=f"{number} of {count}"))
        else:
            yield intent


def _undated_visit(course: Course, phase: str, kind: str, now: datetime) -> Visit:
    """A visit without a date yet; its UID has the next ordinal that no visit has, or had."""
    today, number = now.date(), len(course.visits) + 1
    known = known_visits(course)
    uids = (make_uid(course.course_id, "visit", ordinal) for ordinal in count(number))
    return Visit(
        number=number,
        phase=phase,
        of="1 of 1",
        kind=kind,
        status="planned",
        start=now,
        treatment_start=now,
        end=now,
        no_driving_until=None,
        window=Window(today, today, today),
        uid=next(uid for uid in uids if uid not in known),
    )
