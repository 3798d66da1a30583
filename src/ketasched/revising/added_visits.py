"""Visits that a change adds to a course: boosters, and those that make up for a missed one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ketasched.errors import BadRequest
from ketasched.model import TAKES_PLACE, Change, Course, Visit, Window
from ketasched.model.gates import as_status, first_gate
from ketasched.model.identifiers import uid
from ketasched.model.wall_clock import day_text
from ketasched.revising.intents import Draft, Wish, stay
from ketasched.revising.validation import asked_day, is_over, refuse_before_today, refuse_off_grid

AGAIN = ", again"
"""How the label ends of a visit that makes up for another."""

STAYS = TAKES_PLACE | {"missed"}
"""Statuses of visits that nothing is put before, once they are over."""


def made_up(course: Course, visit: Visit, wishes: list[Wish], now: datetime) -> list[Draft]:
    """A visit that makes up for a missed one, in each place that it could have.

    It is one of those after which the next gate comes, if it can; else it waits for the gate.
    Raises `BadRequest`.
    """
    if any(wish.visit.status == "held" for wish in wishes):
        raise BadRequest("make_up", "visits are held", next_step="resume --on DATE first")
    again = replace(
        _new(course, visit.phase, visit.kind, now),
        of=f"{visit.of.removesuffix(AGAIN)}{AGAIN}",
        driver=visit.driver,
    )
    stay = (n for n, wish in enumerate(wishes) if wish.pinned and wish.visit.status in STAYS)
    first = max(stay) + 1
    last = max(n for n, wish in enumerate(wishes) if wish.visit.phase == visit.phase) + 1
    gate = first_gate(course.reviews)
    if gate is not None and visit.number <= gate and first <= gate:
        last = min(last, gate)
    elif gate is not None:
        again = as_status(course, again, "tentative")
    if first > last:
        said = f"nothing can be added to {visit.phase}: visits after it are over"
        raise BadRequest("make_up", said, next_step="--no-make-up")
    return [
        Draft(
            (*wishes[:place], Wish(again, free=True), *wishes[place:]), course.reviews, visit.end
        )
        for place in range(first, last + 1)
    ]


def booster(course: Course, change: Change, now: datetime) -> list[Draft]:
    """A booster on the asked day, among those that are there. Raises `BadRequest`."""
    phase = course.protocol.booster_phase
    if phase is None:
        raise BadRequest("verb", f"{course.protocol.id} has no booster phase")
    if any(visit.status == "ceased" for visit in course.visits):
        said = "the course has been ceased: nothing is added to it"
        raise BadRequest("course", said, next_step="ketasched plan, for a new course")
    there = [visit for visit in course.visits if visit.phase == phase.name]
    if sum(visit.status in TAKES_PLACE | {"held"} for visit in there) >= phase.count.max:
        raise BadRequest("verb", f"{course.protocol.id} has at most {phase.count.max} boosters")
    if (change.on is None) == (change.days is None):
        raise BadRequest(
            "on", "expected one of --on and --after", next_step="--on DATE, or --after DAYS"
        )
    if any(visit.status == "held" for visit in course.visits):
        raise BadRequest("verb", "visits are held", next_step="resume --on DATE, then add it")
    on = asked_day(course, change, now) or now.date()
    field = "on" if change.on else "after"
    refuse_before_today(field, on, now)
    refuse_off_grid(course, field, on, change.time)
    taking = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    earlier = [visit for visit in taking if visit.phase != phase.name]
    if earlier and on <= earlier[-1].start.date():
        said = f"{day_text(on)} is not after visit {earlier[-1].number}, the last before boosters"
        raise BadRequest(field, said, next_step="a later day")
    new = _new(course, phase.name, phase.visit, now)
    new = as_status(course, new, "planned")
    wishes = list(stay(course, now))
    place = sum(wish.visit.start.date() <= on for wish in wishes)
    wish = Wish(new, free=True, on=on, time=change.time)
    pinned = [replace(one, pinned=True) for one in wishes[:place]]
    all_of_them = _counted((*pinned, wish, *wishes[place:]), phase.name, now)
    return [Draft(tuple(all_of_them), course.reviews)]


def _counted(wishes: Sequence[Wish], phase: str, now: datetime) -> Iterator[Wish]:
    """The wishes with those of the phase that are still to come counted anew: "2 of 3".

    Those that make up for another are not counted; those that are left out are, as in any phase.
    """

    def counts(visit: Visit) -> bool:
        return visit.phase == phase and not visit.of.endswith(AGAIN)

    count = sum(counts(wish.visit) for wish in wishes)
    number = 0
    for wish in wishes:
        number += counts(wish.visit)
        if counts(wish.visit) and (wish.free or not is_over(wish.visit, now)):
            yield replace(wish, visit=replace(wish.visit, of=f"{number} of {count}"))
        else:
            yield wish


def _new(course: Course, phase: str, kind: str, now: datetime) -> Visit:
    """A visit that has no date yet; its identifier is of the next ordinal, none comes twice."""
    today = now.date()
    return Visit(
        number=len(course.visits) + 1,
        phase=phase,
        of="1 of 1",
        kind=kind,
        status="planned",
        start=now,
        treatment_start=now,
        end=now,
        no_driving_until=None,
        window=Window(today, today, today),
        uid=uid(course.course_id, "visit", len(course.visits) + 1),
    )
