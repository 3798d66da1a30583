"""Boosters that are pencilled in: a change that leaves no day for them leaves them out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from ketasched.errors import BadRequest, NoPlan
from ketasched.model import TAKES_PLACE, Change, Course, Finding, Visit
from ketasched.model.wall_clock import day_text
from ketasched.planning.left_out import LEFT_OUT
from ketasched.revising.intents import Draft, VisitIntent

DAYS_AHEAD = 60
"""How many days after the last visit a day is looked for on which a booster could be."""


def is_pencilled(course: Course, visit: Visit) -> bool:
    """Whether a visit is only pencilled in, after the last decided phase."""
    tentative = {phase.name for phase in course.protocol.phases if phase.tentative}
    return visit.phase in tentative and visit.status == "tentative"


def left_out(visit: Visit) -> VisitIntent:
    """The intent of a visit that is left out."""
    return VisitIntent(replace(visit, status="omitted"), pinned=True)


def drafts_without_pencilled(course: Course, draft: Draft) -> Iterator[Draft]:
    """The draft without its last pencilled visit, then without its last two, and so on."""
    intents = list(draft.intents)
    for index in reversed(range(len(intents))):
        intent = intents[index]
        moves = not (intent.pinned or intent.free or intent.on)
        if moves and is_pencilled(course, intent.visit):
            intents[index] = left_out(intent.visit)
            yield replace(draft, intents=tuple(intents))


def with_next_day(course: Course, revise: Callable[[Course, Change], Course]) -> Course:
    """The course with the next day for a booster in the first new finding about one left out.

    `revise` makes a change. The day counts from the last visit that takes place.
    """
    phase = course.protocol.booster_phase
    finding = next((one for one in course.findings if _is_unsaid(one)), None)
    takes_place = [visit for visit in course.visits if visit.status in TAKES_PLACE]
    if finding is None or phase is None or not takes_place:
        return course
    first = takes_place[-1].start.date() + timedelta(phase.gap_days.min)
    for day in (first + timedelta(days) for days in range(DAYS_AHEAD)):
        try:
            revise(course, Change("booster", on=day))
        except (BadRequest, NoPlan):
            continue
        said = f"{finding.message} It could be on {day_text(day)}: booster --on {day}."
        new = replace(finding, message=said)
        return replace(
            course, findings=tuple(new if one is finding else one for one in course.findings)
        )
    return course


def _is_unsaid(finding: Finding) -> bool:
    return finding.rule == LEFT_OUT and finding.message.endswith("no day any more.")
