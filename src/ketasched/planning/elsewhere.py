"""The visits of a course that took place elsewhere, before the first one here."""

from collections.abc import Iterator
from dataclasses import replace

from ketasched.model import Slot, Visit, Window
from ketasched.model.effective_kind import effective_kind
from ketasched.model.identifiers import make_uid
from ketasched.model.wall_clock import add_minutes, moment_at, slot_at
from ketasched.planning.spacing_cost import counted_phases
from ketasched.rules.base import PlanningContext


def slots_elsewhere(context: PlanningContext) -> list[Slot]:
    """The slots of the visits elsewhere, in order, at the clinic's usual time for want of theirs.

    They are of the kind of the first phase.
    """
    request = context.request
    if not request.prior:
        return []
    phase, _ = counted_phases(context.protocol, request)[0]
    kind = effective_kind(context.protocol, context.clinic, phase.visit)
    minutes = context.clinic.preferred_start.minutes
    starts = (moment_at(day, minutes, context.zone) for day in sorted(request.prior))
    slots = (slot_at(kind, start) for start in starts)
    return [replace(slot, elsewhere=True) for slot in slots]


def visits_elsewhere(context: PlanningContext, course_id: str) -> Iterator[Visit]:
    """The visits elsewhere: completed, and numbered in the course."""
    for number, slot in enumerate(slots_elsewhere(context), start=1):
        phase, count = counted_phases(context.protocol, context.request)[0]
        day = slot.start.date()
        yield Visit(
            number=number,
            phase=phase.name,
            of=f"{number} of {count}",
            kind=phase.visit,
            status="completed",
            start=slot.start,
            treatment_start=add_minutes(slot.start, slot.kind.minutes.check_in),
            end=slot.end,
            no_driving_until=None,
            window=Window(day, day, day),
            uid=make_uid(course_id, "visit", number),
            elsewhere=True,
        )
