"""The home days of a course after a change: those that are still free stay, others move.

If visits of the phase beside which they are do not take place, home days that would be before
these are held, ceased or omitted as the visits are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ketasched.model import TAKES_PLACE, Companion, Course, Phase, Slot, Status, Visit
from ketasched.model.companion_slots import companion_slot
from ketasched.planning.home_days import HomeDays
from ketasched.rules.base import PlanningContext

OPEN_STATUSES = ("planned", "tentative")


def place_home_days(
    context: PlanningContext,
    companions: Sequence[Companion],
    visits: Sequence[Visit],
    reviews: Sequence[Companion],
    course: Course,
    now: datetime,
    uids: Iterator[str],
) -> Iterator[Companion]:
    """The home days of each phase that has any, then those that are new, with the next `uids`.

    `companions` are those of the draft, `visits` have their dates.
    """
    for phase in context.protocol.home_phases:
        own = [one for one in companions if one.name == phase.name]
        before = {one.uid: one for one in course.companions}
        over = [one for one in own if _is_over(before[one.uid], now)]
        placing = _Placing(context, phase, visits, reviews, course, now)
        placed = placing.place([one for one in own if one not in over], over, uids)
        yield from (before[one.uid] for one in over)
        yield from placed


def _is_over(before: Companion, now: datetime) -> bool:
    return before.status in TAKES_PLACE and before.start < now


class _Placing:
    """Places the home days of one phase that are not over."""

    def __init__(
        self,
        context: PlanningContext,
        phase: Phase,
        visits: Sequence[Visit],
        reviews: Sequence[Companion],
        course: Course,
        now: datetime,
    ) -> None:
        self.phase, self.now = phase, now
        taken = [companion_slot(course, one) for one in reviews if one.status in TAKES_PLACE]
        self.home = HomeDays(context, phase, visits, taken)
        beside = {visit.status for visit in visits if visit.phase == phase.beside}
        self.instead: Status = "omitted"
        if "held" in beside:
            self.instead = "held"
        elif "ceased" in beside:
            self.instead = "ceased"
        self.free = [day for day in self.home.free_days() if day >= now.date()]

    def place(
        self, own: Sequence[Companion], over: Sequence[Companion], uids: Iterator[str]
    ) -> list[Companion]:
        """These home days, and those that are new."""
        kept = {one.uid: slot for one in own if (slot := self._kept_slot(one))}
        there = [one.start.date() for one in over]
        days = [*there, *(slot.start.date() for slot in kept.values())]
        missing = 0 if self.instead != "omitted" else self.phase.count.default - len(days)
        found = filter(None, map(self.home.slot, self.home.choose(self.free, days, missing)))
        slots = iter([slot for slot in found if slot.start >= self.now])
        placed = [self._placed(one, kept.get(one.uid), slots) for one in own]
        return placed + [self.home.companion(slot, next(uids)) for slot in slots]

    def _kept_slot(self, one: Companion) -> Slot | None:
        """The slot of a home day that stays on its day; None if that is no longer free."""
        if one.status not in OPEN_STATUSES or one.start.date() not in self.free:
            return None
        if one.start >= self.now and self.home.is_free(one):
            return Slot(self.home.kind, one.start, one.end)
        return self.home.slot(one.start.date())

    def _placed(self, one: Companion, kept: Slot | None, slots: Iterator[Slot]) -> Companion:
        if one.status not in (*OPEN_STATUSES, "omitted"):
            return one
        slot = kept or next(slots, None)
        if slot:
            return replace(self.home.companion(slot, one.uid), sequence=one.sequence)
        if one.status == "omitted":
            return one
        held_from = one.status if self.instead == "held" else None
        return replace(one, status=self.instead, held_from=held_from)
