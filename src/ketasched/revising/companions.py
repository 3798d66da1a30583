"""The companions of a course after a change: each beside its visit, moved only if it has to be.

A companion whose visit does not take place does not either. One that no longer fits is dated anew,
never into the past; without a day it is left out. A visit that is new, or whose companion was left
out, gets its companion with the next change for which there is a day for it. A fact, such as who
drives, moves and adds no companion of a visit whose own date stays.

Home days that are still free stay, others move. If visits of the phase beside which they are do
not take place, home days that would be before these are held, ceased or omitted as the visits are.
A fact moves a home day only off the day of a treatment, or back into the phase, and adds none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from ketasched.model import TAKES_PLACE, Companion, Course, Driver, Slot, Status, Visit
from ketasched.model.companion_slots import companion_kind, companion_slot, kind_of
from ketasched.model.drivers import driver_of_added, driver_of_confirmed, driver_of_moved
from ketasched.model.identifiers import make_uid
from ketasched.model.no_driving import with_home_days
from ketasched.model.replay import known_companions
from ketasched.planning.companions import (
    COMPANION,
    CompanionDates,
    Wanted,
    new_companion,
    wanted_companions,
)
from ketasched.planning.home_days import HomeDays
from ketasched.rules.base import PlanningContext

FALLS_AWAY: Mapping[Status, Status] = {
    "missed": "omitted",
    "omitted": "omitted",
    "ceased": "ceased",
}
"""What becomes of a companion whose visit has one of these statuses."""

OPEN_STATUSES = ("planned", "tentative")


def with_companions(
    context: PlanningContext, before: Course, after: Course, now: datetime, *, stay: bool
) -> Course:
    """The course `after` a change, its companions beside its visits, which have their dates.

    Its reviews have theirs: they come first, as if there were no other companions. Then come home
    days, then the others. Its companions are the draft's, and `before` is the course before the
    change. If they `stay`, because the change is a fact, only the companions of visits whose own
    dates it changes get another time, or are added.
    """
    protocol = context.protocol
    if not protocol.companions and not protocol.home_phases:
        return after
    return _Placing(context, before, after, now, stay=stay).place()


class _Placing:
    """Places the companions of one revision, reviews aside."""

    def __init__(
        self, context: PlanningContext, before: Course, after: Course, now: datetime, *, stay: bool
    ) -> None:
        self.context, self.after, self.now, self.stay = context, after, now, stay
        self.before = {one.uid: one for one in before.companions}
        self.uids = _new_uids(before)
        known = set(map(_dates, before.visits)) if stay else set()
        self.untouched = {visit.uid for visit in after.visits if _dates(visit) in known}

    def place(self) -> Course:
        """The course with its companions placed."""
        context, companions = self.context, self.after.companions
        reviews = [one for one in companions if one.is_review]
        home = tuple(self._home_days(reviews))
        visits, home = with_home_days(self.after.visits, home, context.protocol, context.clinic)
        self.after, beside = replace(self.after, visits=visits), (*reviews, *home)
        placed = {one.uid: one for one in (*beside, *self._others(beside))}
        # The order is that of before, with what is new at the end: so replay finds it again.
        order = dict.fromkeys((*(one.uid for one in companions), *placed))
        return replace(self.after, companions=tuple(placed[uid] for uid in order))

    def _is_over(self, companion: Companion) -> bool:
        before = self.before[companion.uid]
        return before.status in TAKES_PLACE and before.start < self.now

    def _home_days(self, reviews: Iterable[Companion]) -> Iterator[Companion]:
        """The home days of each phase that has any, then those that are new."""
        after = self.after
        taken = [companion_slot(after, one) for one in reviews if one.status in TAKES_PLACE]
        for phase in self.context.protocol.home_phases:
            own = [one for one in after.companions if one.name == phase.name]
            # A home day that is over keeps its status, whatever the draft says.
            ended = [one for one in own if self._is_over(one)]
            over = [replace(self.before[one.uid], after=one.after) for one in ended]
            home = HomeDays(self.context, phase, after.visits, taken, self.now)
            placed = self._placed_home_days(home, [one for one in own if one not in ended], over)
            taken += [companion_slot(after, one) for one in placed if one.status in TAKES_PLACE]
            yield from (*over, *placed)

    def _placed_home_days(
        self, home: HomeDays, own: Sequence[Companion], over: Sequence[Companion]
    ) -> list[Companion]:
        """The home days of one phase that are not over, and those that are new."""
        beside = {visit.status for visit in self.after.visits if visit.phase == home.phase.beside}
        statuses: tuple[Status, ...] = ("held", "ceased")
        instead: Status = next((one for one in statuses if one in beside), "omitted")
        kept = {one.uid: slot for one in own if (slot := self._kept_slot(home, one))}
        days = [one.start.date() for one in over]
        days += [slot.start.date() for slot in kept.values()]
        missing = home.phase.count.default - len(days) if instead == "omitted" else 0
        if self.stay:
            moving = sum(one.status in OPEN_STATUSES and one.uid not in kept for one in own)
            missing = min(missing, moving)
        chosen = home.choose(home.free_days(), days, missing)
        slots = iter([*filter(None, map(home.slot, chosen))])
        placed = []
        for one in own:
            is_open = one.status in OPEN_STATUSES
            new = one
            if one.status == "held" and instead == "ceased":
                new = replace(one, status="ceased", held_from=None)
            elif is_open or (one.status == "omitted" and not self.stay):
                if slot := kept.get(one.uid) or next(slots, None):
                    new = replace(home.companion(slot, one.uid), sequence=one.sequence)
                    # Who stays at the same time takes as long, whatever the clinic says now.
                    minutes = one.minutes if new.start == one.start else new.minutes
                    new = replace(new, minutes=minutes)
                elif is_open:
                    held_from = one.status if instead == "held" else None
                    new = replace(one, status=instead, held_from=held_from)
            placed.append(new)
        return placed + [home.companion(slot, next(self.uids)) for slot in slots]

    def _kept_slot(self, home: HomeDays, one: Companion) -> Slot | None:
        """The slot of a home day that stays on its day; None if that is no longer free."""
        if one.status not in OPEN_STATUSES or one.start.date() not in home.days():
            return None
        if self.stay or home.is_free(one):
            return Slot(home.kind, one.start, one.end)
        return home.slot(one.start.date())

    def _others(self, beside: Sequence[Companion]) -> Iterator[Companion]:
        """The other companions beside their visits, and then those that are new."""
        after, protocol = self.after, self.context.protocol
        wanted = [*wanted_companions(protocol, after.visits)]
        others = [one for one in after.companions if companion_kind(protocol, one)]
        placed = {one.uid: self._as_its_visit(one) for one in others}
        alone = CompanionDates(self.context, after.visits, beside, self.now)
        staying = [one for one in placed.values() if self._stays(one, wanted, alone)]
        dates = CompanionDates(self.context, after.visits, (*beside, *staying), self.now)
        new: list[Companion] = []
        is_over = any(visit.status == "ceased" for visit in after.visits)
        for one in wanted:
            old = next(filter(one.is_of, placed.values()), None)
            if old in staying or (old is None and (is_over or self._is_untouched(one))):
                continue
            slot = dates.best_slot(one)
            if slot:
                dates.take(slot)
            if old:
                placed[old.uid] = self._moved(old, one, slot)
            elif slot:
                new.append(self._new(one, slot))
        yield from placed.values()
        yield from (replace(one, uid=next(self.uids)) for one in new)

    def _is_untouched(self, wanted: Wanted) -> bool:
        """Whether the change, a fact, is not about the date of a companion's visit."""
        return wanted.visit.uid in self.untouched

    def _as_its_visit(self, companion: Companion) -> Companion:
        """The companion with the status that its visit gives it; as it was, if it is over."""
        before, visit = self.before[companion.uid], self.after.visits[companion.after - 1]
        if self._is_over(companion):
            return replace(before, after=companion.after)
        if companion.status not in OPEN_STATUSES:
            return companion
        if visit.status in FALLS_AWAY:
            return replace(companion, status=FALLS_AWAY[visit.status])
        if visit.status == "tentative":
            # Whom somebody named while it waits drives once it is planned.
            driver = None if before.status == "planned" else companion.driver
            return replace(companion, status="tentative", driver=driver)
        return replace(companion, status="planned", driver=self._driver(companion))

    def _driver(self, companion: Companion) -> Driver | None:
        """Who drives to a companion that takes place: whoever would to a visit so confirmed."""
        kind = kind_of(self.after, companion)
        if self.before[companion.uid].status != "tentative" or not kind.needs_driver:
            return companion.driver
        return companion.driver or driver_of_confirmed(self.after, companion, self.now)

    def _stays(
        self, companion: Companion, wanted: Sequence[Wanted], alone: CompanionDates
    ) -> bool:
        """Whether a companion keeps its time, or the time at which it was to be."""
        own = next((one for one in wanted if one.is_of(companion)), None)
        if self._is_over(companion) or (own and self._is_untouched(own)):
            return True
        if companion.status not in TAKES_PLACE:
            return companion.status != "omitted"
        return own is None or alone.allows(own, companion_slot(self.after, companion))

    def _moved(self, old: Companion, wanted: Wanted, slot: Slot | None) -> Companion:
        """A companion at its new time; without one it is left out."""
        if slot is None:
            return replace(old, status="omitted")
        new = new_companion(self.context, wanted, slot, old.uid)
        driver = driver_of_moved(self.context.request, old, slot.start.date())
        return replace(new, sequence=old.sequence, driver=driver if _has_ride(new, slot) else None)

    def _new(self, wanted: Wanted, slot: Slot) -> Companion:
        new = new_companion(self.context, wanted, slot, "")
        driver = driver_of_added(self.after, slot.start.date(), self.now)
        return replace(new, driver=driver or new.driver) if _has_ride(new, slot) else new


def _dates(visit: Visit) -> tuple[str, datetime, bool]:
    """What companions depend on: when a visit is, and whether it takes place."""
    return visit.uid, visit.start, visit.status in TAKES_PLACE


def _new_uids(course: Course) -> Iterator[str]:
    """The uids of new companions: ordinals are given in turn, and never again."""
    known = known_companions(course)
    uids = (make_uid(course.course_id, COMPANION, ordinal) for ordinal in count(1))
    return (uid for uid in uids if uid not in known)


def _has_ride(companion: Companion, slot: Slot) -> bool:
    return slot.kind.needs_driver and companion.status == "planned"
