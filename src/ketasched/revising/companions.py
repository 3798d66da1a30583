"""The companions of a course after a change: each beside its visit, moved only if it has to be.

A companion whose visit does not take place does not either. One that no longer fits is dated anew,
never into the past; without a day it is left out. A visit that is new, or whose companion was left
out, gets its companion with the next change for which there is a day for it. A fact, such as who
drives, moves and adds no companion of a visit whose own date stays.
"""

from collections.abc import Iterator, Mapping, Sequence
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
from ketasched.revising.home_days import place_home_days
from ketasched.rules.base import PlanningContext

FALLS_AWAY: Mapping[Status, Status] = {
    "missed": "omitted",
    "omitted": "omitted",
    "ceased": "ceased",
}
"""What becomes of a companion whose visit has one of these statuses."""


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
    uids = _new_uids(before)
    reviews = [one for one in after.companions if one.is_review]
    home = tuple(place_home_days(context, before, after, now, uids, stay=stay))
    visits, home = with_home_days(after.visits, home, protocol, context.clinic)
    timed = replace(after, visits=visits)
    placing = _Placing(context, before, timed, (*reviews, *home), now, stay=stay)
    others = [one for one in after.companions if companion_kind(protocol, one)]
    placed = {one.uid: one for one in (*reviews, *home, *placing.place(others, uids))}
    # The order is that of before, with what is new at the end: so replay finds it again.
    order = dict.fromkeys((*(one.uid for one in after.companions), *placed))
    return replace(timed, companions=tuple(placed[uid] for uid in order))


class _Placing:
    """Places the companions of one revision, reviews and home days aside."""

    def __init__(
        self,
        context: PlanningContext,
        before: Course,
        after: Course,
        beside: Sequence[Companion],
        now: datetime,
        *,
        stay: bool,
    ) -> None:
        self.context, self.after, self.now = context, after, now
        self.beside = beside
        self.visits = after.visits
        self.by_number = {visit.number: visit for visit in after.visits}
        self.before = {one.uid: one for one in before.companions}
        known = set(map(_dates, before.visits)) if stay else set()
        self.untouched = {visit.uid for visit in after.visits if _dates(visit) in known}

    def place(self, others: Sequence[Companion], uids: Iterator[str]) -> Iterator[Companion]:
        """These companions beside their visits, and then those that are new."""
        alone = CompanionDates(self.context, self.visits, self.beside, self.now)
        wanted = [*wanted_companions(self.context.protocol, self.visits)]
        placed = {one.uid: self._as_its_visit(one) for one in others}
        staying = [one for one in placed.values() if self._stays(one, wanted, alone)]
        dates = CompanionDates(self.context, self.visits, (*self.beside, *staying), self.now)
        new: list[Companion] = []
        is_over = any(visit.status == "ceased" for visit in self.visits)
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
        yield from (replace(one, uid=next(uids)) for one in new)

    def _is_untouched(self, wanted: Wanted) -> bool:
        """Whether the change, a fact, is not about the date of a companion's visit."""
        return wanted.visit.uid in self.untouched

    def _as_its_visit(self, companion: Companion) -> Companion:
        """The companion with the status that its visit gives it; as it was, if it is over."""
        before, visit = self.before[companion.uid], self.by_number[companion.after]
        if self._is_over(before):
            return replace(before, after=companion.after)
        if companion.status not in ("planned", "tentative"):
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

    def _is_over(self, before: Companion) -> bool:
        return before.status in TAKES_PLACE and before.start < self.now

    def _stays(
        self, companion: Companion, wanted: Sequence[Wanted], alone: CompanionDates
    ) -> bool:
        """Whether a companion keeps its time, or the time at which it was to be."""
        own = next((one for one in wanted if one.is_of(companion)), None)
        if self._is_over(self.before[companion.uid]) or (own and self._is_untouched(own)):
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
