"""The companions of a course after a change: each beside its visit, moved only if it has to be.

A companion whose visit does not take place does not either. One that no longer fits is dated anew,
never into the past; without a day it is left out. A visit that is new, or whose companion was left
out, gets its companion as soon as there is a day for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from ketasched.model import TAKES_PLACE, Companion, Course, Driver, Slot, Status, Visit
from ketasched.model.companion_slots import companion_kind, companion_slot
from ketasched.model.drivers import driver_of_added, driver_of_moved
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
from ketasched.revising.reviews import place_reviews
from ketasched.rules.base import PlanningContext

FALLS_AWAY: Mapping[Status, Status] = {
    "missed": "omitted",
    "omitted": "omitted",
    "ceased": "ceased",
}
"""What becomes of a companion whose visit has one of these statuses."""


def place_companions(
    context: PlanningContext,
    companions: Sequence[Companion],
    visits: Sequence[Visit],
    course: Course,
    now: datetime,
) -> tuple[Companion, ...]:
    """The companions beside the `visits`, which are in order of time and have their dates.

    The visits have the numbers that they had in `course`; a new visit has a number of its own.
    Reviews come first, as if there were no other companions; then home days, then the others.
    """
    own = [one for one in companions if one.is_review]
    reviews = place_reviews(context, own, visits, course, now)
    protocol = context.protocol
    if not protocol.companions and not protocol.home_phases:
        return reviews
    uids = _new_uids(course)
    home = tuple(place_home_days(context, companions, visits, reviews, course, now, uids))
    visits, home = with_home_days(visits, home, protocol, context.clinic)
    others = [one for one in companions if companion_kind(protocol, one)]
    placing = _Placing(context, visits, (*reviews, *home), course, now)
    placed = {one.uid: one for one in (*reviews, *home, *placing.place(others, uids))}
    # The order is that of before, with what is new at the end: so replay finds it again.
    order = dict.fromkeys((*(one.uid for one in companions), *placed))
    return tuple(placed[uid] for uid in order)


class _Placing:
    """Places the companions of one revision, reviews and home days aside."""

    def __init__(
        self,
        context: PlanningContext,
        visits: Sequence[Visit],
        beside: Sequence[Companion],
        course: Course,
        now: datetime,
    ) -> None:
        self.context, self.course, self.now = context, course, now
        self.beside = beside
        self.visits = visits
        self.by_number = {visit.number: visit for visit in visits}
        self.before = {one.uid: one for one in course.companions}

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
            if old in staying or (old is None and is_over):
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

    def _as_its_visit(self, companion: Companion) -> Companion:
        """The companion with the status that its visit gives it; as it was, if it is over."""
        before, visit = self.before[companion.uid], self.by_number[companion.after]
        if self._is_over(before):
            return before
        if companion.status not in ("planned", "tentative"):
            return companion
        if visit.status in FALLS_AWAY:
            return replace(companion, status=FALLS_AWAY[visit.status])
        if visit.status == "tentative":
            return replace(companion, status="tentative", driver=None)
        return replace(companion, status="planned", driver=self._driver(companion))

    def _driver(self, companion: Companion) -> Driver | None:
        """Who drives to a companion that takes place: whoever would to a visit that is added."""
        slot = companion_slot(self.course, companion)
        if self.before[companion.uid].status != "tentative" or not slot.kind.needs_driver:
            return companion.driver
        return companion.driver or driver_of_added(self.course, slot.start.date(), self.now)

    def _is_over(self, before: Companion) -> bool:
        return before.status in TAKES_PLACE and before.start < self.now

    def _stays(
        self, companion: Companion, wanted: Sequence[Wanted], alone: CompanionDates
    ) -> bool:
        """Whether a companion keeps its time, or the time at which it was to be."""
        if self._is_over(self.before[companion.uid]):
            return True
        if companion.status not in TAKES_PLACE:
            return companion.status != "omitted"
        own = next((one for one in wanted if one.is_of(companion)), None)
        return own is None or alone.allows(own, companion_slot(self.course, companion))

    def _moved(self, old: Companion, wanted: Wanted, slot: Slot | None) -> Companion:
        """A companion at its new time; without one it is left out."""
        if slot is None:
            return replace(old, status="omitted")
        new = new_companion(self.context, wanted, slot, old.uid)
        driver = driver_of_moved(self.context.request, old, slot.start.date())
        return replace(new, sequence=old.sequence, driver=driver if _has_ride(new, slot) else None)

    def _new(self, wanted: Wanted, slot: Slot) -> Companion:
        new = new_companion(self.context, wanted, slot, "")
        driver = driver_of_added(self.course, slot.start.date(), self.now)
        return replace(new, driver=driver or new.driver) if _has_ride(new, slot) else new


def _new_uids(course: Course) -> Iterator[str]:
    """The uids of new companions: ordinals are given in turn, and never again."""
    known = known_companions(course)
    uids = (make_uid(course.course_id, COMPANION, ordinal) for ordinal in count(1))
    return (uid for uid in uids if uid not in known)


def _has_ride(companion: Companion, slot: Slot) -> bool:
    return slot.kind.needs_driver and companion.status == "planned"
