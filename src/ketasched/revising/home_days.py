"""The home days of a course after a change: those that are still free stay, others move.

If visits of the phase beside which they are do not take place, home days that would be before
these are held, ceased or omitted as the visits are. A fact, such as who drives, moves a home day
only off the day of a treatment, or back into the phase, and adds none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ketasched.model import TAKES_PLACE, Companion, Course, Slot, Status
from ketasched.model.companion_slots import companion_slot
from ketasched.planning.home_days import HomeDays
from ketasched.rules.base import PlanningContext

OPEN_STATUSES = ("planned", "tentative")


def place_home_days(
    context: PlanningContext,
    before: Course,
    after: Course,
    now: datetime,
    uids: Iterator[str],
    *,
    stay: bool,
) -> Iterator[Companion]:
    """The home days of each phase that has any, then those that are new, with the next `uids`.

    The companions of the course `after` the change are the draft's; its visits have their dates.
    `stay` says that the change is a fact.
    """
    known = {one.uid: one for one in before.companions}
    taken = [
        companion_slot(after, one)
        for one in after.companions
        if one.is_review and one.status in TAKES_PLACE
    ]
    for phase in context.protocol.home_phases:
        own = [one for one in after.companions if one.name == phase.name]
        # A home day that is over keeps its status, whatever the draft says.
        over = {
            one.uid: replace(known[one.uid], after=one.after)
            for one in own
            if _is_over(known[one.uid], now)
        }
        ahead = [one for one in own if one.uid not in over]
        home = HomeDays(context, phase, after.visits, taken, now)
        placed = _Placing(home, after, stay=stay).place(ahead, list(over.values()), uids)
        taken += [companion_slot(after, one) for one in placed if one.status in TAKES_PLACE]
        yield from over.values()
        yield from placed


def _is_over(before: Companion, now: datetime) -> bool:
    return before.status in TAKES_PLACE and before.start < now


class _Placing:
    """Places the home days of one phase that are not over."""

    def __init__(self, home: HomeDays, after: Course, *, stay: bool) -> None:
        self.home, self.stay = home, stay
        beside = {visit.status for visit in after.visits if visit.phase == home.phase.beside}
        self.instead: Status = "omitted"
        if "held" in beside:
            self.instead = "held"
        elif "ceased" in beside:
            self.instead = "ceased"

    def place(
        self, own: Sequence[Companion], over: Sequence[Companion], uids: Iterator[str]
    ) -> list[Companion]:
        """These home days, and those that are new."""
        kept = {one.uid: slot for one in own if (slot := self._kept_slot(one))}
        days = [one.start.date() for one in over]
        days += [slot.start.date() for slot in kept.values()]
        moving = sum(one.status in OPEN_STATUSES and one.uid not in kept for one in own)
        chosen = self.home.choose(self.home.free_days(), days, self._missing(len(days), moving))
        slots = iter([*filter(None, map(self.home.slot, chosen))])
        placed = [self._placed(one, kept.get(one.uid), slots) for one in own]
        return placed + [self.home.companion(slot, next(uids)) for slot in slots]

    def _missing(self, there: int, moving: int) -> int:
        """How many home days get a day, beside those that are `there`."""
        if self.instead != "omitted":
            return 0
        missing = self.home.phase.count.default - there
        return min(missing, moving) if self.stay else missing

    def _kept_slot(self, one: Companion) -> Slot | None:
        """The slot of a home day that stays on its day; None if that is no longer free."""
        if one.status not in OPEN_STATUSES or one.start.date() not in self.home.days():
            return None
        if self.stay or self.home.is_free(one):
            return Slot(self.home.kind, one.start, one.end)
        return self.home.slot(one.start.date())

    def _placed(self, one: Companion, kept: Slot | None, slots: Iterator[Slot]) -> Companion:
        is_open = one.status in OPEN_STATUSES
        if one.status == "held" and self.instead == "ceased":
            return replace(one, status="ceased", held_from=None)
        if not is_open and (self.stay or one.status != "omitted"):
            return one
        slot = kept or next(slots, None)
        if slot:
            new = replace(self.home.companion(slot, one.uid), sequence=one.sequence)
            # Who stays at the same time takes as long as before, whatever the clinic says now.
            return replace(new, minutes=one.minutes) if new.start == one.start else new
        if not is_open:
            return one
        held_from = one.status if self.instead == "held" else None
        return replace(one, status=self.instead, held_from=held_from)
